from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from container import loading
from container.loading import StableDiffusion
from container.networks.hypernetworks import Applied, applied, read
from container.tensors import UnusableFile
from tests.container.networks import answers, unchanged, weights

CONTEXT = 32  # what the tiny checkpoint's cross-attention reads of a prompt


@pytest.fixture(scope="module")
def tiny(checkpoint: Path) -> StableDiffusion:
    return loading.load(checkpoint)


def layers(*structure: nn.Module) -> nn.Sequential:
    """Layers of random weights, large enough to make a difference."""
    random = torch.Generator().manual_seed(len(structure))
    network = nn.Sequential(*structure).eval()
    for weight in network.parameters():
        nn.init.normal_(weight, std=0.3, generator=random)
    return network


def state(network: nn.Sequential) -> dict[str, Tensor]:
    return {f"linear.{name}": tensor for name, tensor in network.state_dict().items()}


def write(path: Path, keys: Any, values: Any = None, size: int = CONTEXT, **settings: Any) -> Path:
    """A file as the WebUI writes it."""
    content: dict[Any, Any] = {size: (keys, values or keys), "name": "inked", "step": 10, **settings}
    torch.save(content, path)
    return path


def ordered(stable_diffusion: StableDiffusion, file: Path, multiplier: float = 1) -> Applied:
    return Applied(read(file, "inked", stable_diffusion.unet), multiplier)


def drawn(stable_diffusion: StableDiffusion, *hypernetworks: Applied) -> Tensor:
    with applied(stable_diffusion.unet, hypernetworks):
        return answers(stable_diffusion)[0]


def keys_and_values(stable_diffusion: StableDiffusion, *hypernetworks: Applied) -> tuple[Tensor, Tensor, Tensor]:
    """A prompt, and what the first cross-attention makes of it."""
    attention = stable_diffusion.unet.down_blocks[0].attentions[0].transformer_blocks[0].attn2
    prompt = torch.randn(1, 77, CONTEXT, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode(), applied(stable_diffusion.unet, hypernetworks):
        return prompt, attention.to_k(prompt), attention.to_v(prompt)


LINEAR = layers(nn.Linear(32, 64), nn.Linear(64, 32))


def test_it_changes_the_picture_and_leaves_nothing_behind(tiny: StableDiffusion, tmp_path: Path) -> None:
    before, plain = weights(tiny), answers(tiny)[0]
    assert not torch.allclose(drawn(tiny, ordered(tiny, write(tmp_path / "a.pt", state(LINEAR)))), plain, atol=1e-3)
    assert torch.equal(answers(tiny)[0], plain)
    assert unchanged(before, tiny)


def test_nothing_is_left_behind_after_an_error(tiny: StableDiffusion, tmp_path: Path) -> None:
    plain = answers(tiny)[0]
    hypernetwork = ordered(tiny, write(tmp_path / "a.pt", state(LINEAR)))
    with pytest.raises(KeyError), applied(tiny.unet, [hypernetwork]):
        raise KeyError("cancelled")
    assert torch.equal(answers(tiny)[0], plain)


def test_one_of_zeros_changes_nothing(tiny: StableDiffusion, tmp_path: Path) -> None:
    zeros = {name: torch.zeros_like(tensor) for name, tensor in state(LINEAR).items()}
    assert torch.equal(drawn(tiny, ordered(tiny, write(tmp_path / "a.pt", zeros))), answers(tiny)[0])


def test_keys_and_values_have_networks_of_their_own(tiny: StableDiffusion, tmp_path: Path) -> None:
    other = layers(nn.Linear(32, 32))
    file = write(tmp_path / "a.pt", state(LINEAR), state(other))
    attention = tiny.unet.down_blocks[0].attentions[0].transformer_blocks[0].attn2
    prompt, keys, values = keys_and_values(tiny, ordered(tiny, file, 0.5))
    torch.testing.assert_close(keys, attention.to_k(prompt + 0.5 * LINEAR(prompt)))
    torch.testing.assert_close(values, attention.to_v(prompt + 0.5 * other(prompt)))


def test_several_work_on_each_others_answers_in_their_order(tiny: StableDiffusion, tmp_path: Path) -> None:
    other = layers(nn.Linear(32, 32))
    first, second = (
        ordered(tiny, write(tmp_path / "a.pt", state(LINEAR))),
        ordered(tiny, write(tmp_path / "b.pt", state(other)), 2),
    )
    attention = tiny.unet.down_blocks[0].attentions[0].transformer_blocks[0].attn2
    prompt, keys, _ = keys_and_values(tiny, first, second)
    after_first = prompt + LINEAR(prompt)
    torch.testing.assert_close(keys, attention.to_k(after_first + 2 * other(after_first)))


def test_attention_of_a_picture_to_itself_is_changed_too(tiny: StableDiffusion, tmp_path: Path) -> None:
    file = write(tmp_path / "a.pt", state(layers(nn.Linear(64, 64))), size=64)  # no prompt is this wide
    assert not torch.allclose(drawn(tiny, ordered(tiny, file)), answers(tiny)[0], atol=1e-3)


def test_files_of_the_first_format_are_read(tiny: StableDiffusion, tmp_path: Path) -> None:
    old = {
        name.replace("linear.0", "linear1").replace("linear.1", "linear2"): each for name, each in state(LINEAR).items()
    }
    torch.save({CONTEXT: (old, old)}, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    new = write(tmp_path / "new.pt", state(LINEAR), layer_structure=[1, 2, 1], activation_func="linear")
    assert torch.equal(drawn(tiny, ordered(tiny, tmp_path / "old.pt")), drawn(tiny, ordered(tiny, new)))


@pytest.mark.parametrize(
    ("name", "activation"),
    [
        ("relu", nn.ReLU()),
        ("leakyrelu", nn.LeakyReLU()),
        ("elu", nn.ELU()),
        ("swish", nn.Hardswish()),
        ("tanh", nn.Tanh()),
        ("sigmoid", nn.Sigmoid()),
        ("softsign", nn.Softsign()),
        ("mish", nn.Mish()),
    ],
)
@pytest.mark.parametrize("at_the_end", [True, False])
def test_activations_are_the_webuis(
    name: str, activation: nn.Module, at_the_end: bool, tiny: StableDiffusion, tmp_path: Path
) -> None:
    network = layers(nn.Linear(32, 64), activation, nn.Linear(64, 32), *([activation] if at_the_end else []))
    file = write(tmp_path / "a.pt", state(network), activation_func=name, activate_output=at_the_end)
    attention = tiny.unet.down_blocks[0].attentions[0].transformer_blocks[0].attn2
    prompt, keys, _ = keys_and_values(tiny, ordered(tiny, file))
    torch.testing.assert_close(keys, attention.to_k(prompt + network(prompt)))


def test_norms_are_applied_and_dropout_is_not(tiny: StableDiffusion, tmp_path: Path) -> None:
    network = layers(
        *(nn.Linear(32, 48), nn.ReLU(), nn.LayerNorm(48), nn.Dropout(0.3)),
        *(nn.Linear(48, 32), nn.ReLU(), nn.LayerNorm(32)),
    )
    settings: dict[str, Any] = {"is_layer_norm": True, "dropout_structure": [0, 0.3, 0], "use_dropout": True}
    file = write(tmp_path / "a.pt", state(network), layer_structure=[1, 1.5, 1], activation_func="relu", **settings)
    attention = tiny.unet.down_blocks[0].attentions[0].transformer_blocks[0].attn2
    prompt, keys, _ = keys_and_values(tiny, ordered(tiny, file))
    torch.testing.assert_close(keys, attention.to_k(prompt + network(prompt)))


def refused(stable_diffusion: StableDiffusion, file: Path, reason: str) -> None:
    with pytest.raises(UnusableFile, match=f"The hypernetwork 'inked' {reason}"):
        read(file, "inked", stable_diffusion.unet)


def test_a_safetensors_file_is_refused(tiny: StableDiffusion, tmp_path: Path) -> None:
    save_file(state(LINEAR), tmp_path / "a.safetensors")
    refused(tiny, tmp_path / "a.safetensors", r"is no \.pt file as the WebUI writes them")


def test_a_file_with_code_inside_is_refused(tiny: StableDiffusion, tmp_path: Path) -> None:
    refused(tiny, write(tmp_path / "evil.pt", state(LINEAR), code=nn.ReLU()), "holds more than tensors")


@pytest.mark.parametrize("content", [{"name": "x"}, [1, 2]])
def test_a_file_of_something_else_is_refused(content: Any, tiny: StableDiffusion, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "other.pt")
    refused(tiny, tmp_path / "other.pt", r"holds no hypernetwork\. Upload the \.pt file")


def test_a_truncated_file_is_refused(tiny: StableDiffusion, tmp_path: Path) -> None:
    path = write(tmp_path / "a.pt", state(LINEAR))
    path.write_bytes(path.read_bytes()[:-100])
    refused(tiny, path, "is damaged or not whole.* Upload it again")


@pytest.mark.parametrize(("size", "base"), [(768, "SD 1.x"), (1024, "SD 2.x"), (2048, "SDXL")])
def test_one_made_for_another_base_is_refused_by_its_name(
    size: int, base: str, tiny: StableDiffusion, tmp_path: Path
) -> None:
    refused(tiny, write(tmp_path / "a.pt", state(layers(nn.Linear(8, 8))), size=size), f"was made for {base}")


def test_an_unknown_activation_is_refused_by_its_name(tiny: StableDiffusion, tmp_path: Path) -> None:
    refused(tiny, write(tmp_path / "a.pt", state(LINEAR), activation_func="magic"), ".*'magic' is not known")


@pytest.mark.parametrize(
    "broken",
    [
        state(layers(nn.Linear(16, 32))),
        state(layers(nn.Linear(32, 16))),
        state(layers(nn.Linear(32, 64), nn.Linear(32, 32))),
        {"linear.0.weight": torch.ones(32, 32)},
        {},
        "text",
    ],
    ids=["input", "output", "between", "no bias", "empty", "text"],
)
def test_one_whose_layers_do_not_fit_is_refused(broken: Any, tiny: StableDiffusion, tmp_path: Path) -> None:
    refused(tiny, write(tmp_path / "a.pt", broken), "is of a kind that can't be applied: .* Choose another one")
