from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from container.prompts.textual_inversion import read
from container.tensors import UnusableFile

VECTORS = torch.arange(8.0).reshape(2, 4)
WIDER = torch.arange(12.0).reshape(2, 6)


def webui(vectors: Any, **more: Any) -> dict[str, Any]:
    return {"string_to_token": {"*": 265}, "string_to_param": {"*": vectors}, "name": "face", "step": 500} | more


def saved(folder: Path, content: Any) -> Path:
    path = folder / "face.pt"
    torch.save(content, path)
    return path


def saved_safely(folder: Path, **tensors: Tensor) -> Path:
    path = folder / "face.safetensors"
    save_file(tensors, path)
    return path


@pytest.mark.parametrize(
    "content",
    [
        webui(VECTORS),
        webui(torch.nn.Parameter(VECTORS), sd_checkpoint="abc", sd_checkpoint_name=None),
        {"<face>": VECTORS},
        {"emb_params": VECTORS},
    ],
    ids=["the WebUI's", "with a trained parameter", "diffusers'", "one tensor"],
)
def test_a_pickled_file_is_read(tmp_path: Path, content: Any) -> None:
    (vectors,) = read(saved(tmp_path, content), "face", [4]).vectors
    assert torch.equal(vectors, VECTORS)
    assert not vectors.requires_grad


def test_a_file_of_before_torch_1_6_is_read(tmp_path: Path) -> None:
    torch.save(webui(VECTORS), tmp_path / "face.pt", _use_new_zipfile_serialization=False)
    (vectors,) = read(tmp_path / "face.pt", "face", [4]).vectors
    assert torch.equal(vectors, VECTORS)


def test_a_safetensors_file_is_read(tmp_path: Path) -> None:
    embedding = read(saved_safely(tmp_path, emb_params=VECTORS), "face", [4])
    assert torch.equal(embedding.vectors[0], VECTORS)
    assert len(embedding) == 2


def test_a_single_vector_may_stand_alone(tmp_path: Path) -> None:
    (vectors,) = read(saved(tmp_path, {"<face>": VECTORS[0]}), "face", [4]).vectors
    assert torch.equal(vectors, VECTORS[:1])


def test_a_file_for_two_text_encoders_has_their_order(tmp_path: Path) -> None:
    first, second = read(saved_safely(tmp_path, clip_g=WIDER, clip_l=VECTORS), "face", [4, 6]).vectors
    assert torch.equal(first, VECTORS)
    assert torch.equal(second, WIDER)


@pytest.mark.parametrize(
    ("tensors", "widths", "message"),
    [
        (
            {"emb_params": torch.ones(2, 1024)},
            [768],
            r"The textual inversion 'face' is made for SD 2.x \(1024\), this checkpoint is SD 1.x \(768\)\. Take its",
        ),
        (
            {"clip_l": torch.ones(2, 768), "clip_g": torch.ones(2, 1280)},
            [1024],
            r"for SDXL \(768 and 1280\), this checkpoint is SD 2.x \(1024\)",
        ),
        ({"emb_params": torch.ones(2, 768)}, [768, 1280], r"for SD 1.x \(768\), this checkpoint is SDXL"),
        ({"emb_params": torch.ones(2, 5)}, [768], r"for another model \(5\), this checkpoint is SD 1.x"),
    ],
    ids=["2.x", "SDXL", "1.x", "unknown"],
)
def test_a_width_that_is_not_the_checkpoints_is_refused_by_name(
    tmp_path: Path, tensors: dict[str, Tensor], widths: list[int], message: str
) -> None:
    with pytest.raises(UnusableFile, match=message):
        read(saved_safely(tmp_path, **tensors), "face", widths)


@pytest.mark.parametrize(
    "content",
    [
        [VECTORS],
        {},
        {"<face>": VECTORS, "<other>": VECTORS},
        {"<face>": "a word"},
        {"<face>": torch.ones(2, 4, dtype=torch.int64)},
        {"<face>": torch.ones(2, 2, 4)},
        {"<face>": torch.ones(0, 4)},
        webui(None),
    ],
    ids=["a list", "nothing", "two words", "a text", "whole numbers", "three dimensions", "no vector", "no tensor"],
)
def test_what_is_no_textual_inversion_is_refused(tmp_path: Path, content: Any) -> None:
    with pytest.raises(UnusableFile, match="'face' is in no format that is known"):
        read(saved(tmp_path, content), "face", [4])


def test_two_text_encoders_need_as_many_vectors_each(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match="in no format that is known"):
        read(saved_safely(tmp_path, clip_l=VECTORS, clip_g=WIDER[:1]), "face", [4, 6])


def test_values_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match=r"NaN.* Upload it again"):
        read(saved_safely(tmp_path, emb_params=VECTORS * torch.nan), "face", [4])


def test_a_file_that_would_run_something_is_refused_and_does_not_run_it(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, tuple[Path]]:
            return Path.touch, (tmp_path / "ran",)

    with pytest.raises(UnusableFile, match=r"'face' holds more than tensors.* Convert it to \.safetensors"):
        read(saved(tmp_path, webui(Trap())), "face", [4])
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("length", [0, 5, 100, 800])
@pytest.mark.parametrize("suffix", ["pt", "safetensors"])
def test_half_a_file_is_refused(tmp_path: Path, suffix: str, length: int) -> None:
    whole = saved(tmp_path, webui(VECTORS)) if suffix == "pt" else saved_safely(tmp_path, emb_params=torch.ones(99, 4))
    half = tmp_path / f"half.{suffix}"
    half.write_bytes(whole.read_bytes()[:length])
    with pytest.raises(UnusableFile, match=r"'face' .*Upload it again"):
        read(half, "face", [4])
