"""Orders that bring networks, pictures and ControlNet units along, from the bucket to the picture."""

import json
import shutil
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from container import architectures, random_weights
from container.architectures import Architecture
from container.failures import Failure
from container.files import Files
from container.gathering import UnreadablePicture, UnreadableTag, gather, weights
from container.memory import Memory
from container.models import Models
from container.tensors import UnusableFile
from shared.networks import tags
from shared.shapes import ModelType
from tests.container.drawing import difference, img2img, pixels, txt2img
from tests.container.library import PLENTY, Library, scene, units


def test_networks_of_no_weight_change_nothing(library: Library) -> None:
    assert np.array_equal(library.drawn(), library.drawn("a cat<lora:Inked:0><hypernet:hyper:0>"))


@pytest.mark.parametrize("tag", ["<lora:Inked:1>", "<LORA:inked:1>", "<lyco:Inked.safetensors>", "<hypernet:hyper:1>"])
def test_a_tag_puts_its_network_on_for_this_order(library: Library, tag: str) -> None:
    before = library.drawn()
    changed = library.drawn(f"a cat{tag}")
    assert difference(before, changed) > 0.1
    assert np.array_equal(library.drawn(), before)


def test_a_tag_itself_is_not_read_as_text_whatever_it_names(library: Library) -> None:
    for tag in ("<lora:Inked:0>", "<wildcard:animals>", "<a:<lora:Inked:1>"):
        assert np.array_equal(library.drawn(f"a cat{tag}"), library.drawn("a cat"))
    assert library.drawing(txt2img(prompt="a cat<lora:Inked:0>")).infotext.startswith("a cat<lora:Inked:0>\n")


def test_networks_that_are_switched_off_are_left_out_with_their_tags(library: Library) -> None:
    off = library.drawn("a cat<lora:Inked:1><hypernet:hyper:1>", disable_extra_networks=True)
    assert np.array_equal(off, library.drawn("a cat"))


def test_a_lora_weighs_on_the_unet_and_the_text_encoder_by_its_own_numbers(library: Library) -> None:
    both, text, unet, none = (
        library.drawn(f"a cat<lora:Inked:{weights}>") for weights in ("1", "1:0", "te=0:unet=1", "0:0")
    )
    pictures = {each.tobytes() for each in (both, text, unet, none)}
    assert len(pictures) == 4
    assert np.array_equal(none, library.drawn("a cat"))
    assert np.array_equal(library.drawn("a cat<lora:bold:0:1>"), library.drawn("a cat<lora:bold:1>"))


@pytest.mark.parametrize(
    ("tag", "unet", "text"),
    [
        ("<lora:a>", 1, 1),
        ("<lora:a:0.5>", 0.5, 0.5),
        ("<lora:a:0.5:0.25>", 0.25, 0.5),
        ("<lora:a:unet=0.5>", 0.5, 1),
        ("<lora:a:te=0.5>", 0.5, 0.5),
        ("<lora:a:0.5:te=-2:unet= 3>", 3, -2),
        ("<hypernet:a:0.5>", 0.5, 0.5),
    ],
)
def test_weights_are_read_as_the_webui_reads_them(tag: str, unet: float, text: float) -> None:
    assert weights(tags(tag)[0]) == (unet, text)


@pytest.mark.parametrize("weight", ["strong", "", "nan", "inf", "te=x", "1:none"])
def test_a_weight_that_is_no_number_is_refused(library: Library, weight: str) -> None:
    with pytest.raises(UnreadableTag, match=rf"names 'Inked' with the weight '{weight}', which is no number\. Write"):
        library.materials(txt2img(prompt=f"a cat<lora:Inked:{weight}>"))


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": "<lora:Inked:1><lora:wrong:1>"},
        {"prompt": "<lora:Inked:1>", "hr_prompt": "<lora:wrong:1>", "enable_hr": True},
    ],
    ids=["first pass", "second pass"],
)
def test_a_lora_for_another_base_is_refused_before_anything_is_drawn(library: Library, fields: dict[str, Any]) -> None:
    before = library.drawn()
    told: list[int] = []
    with pytest.raises(UnusableFile, match=r"'wrong' was made for SDXL, and the checkpoint is SD 1\.x"):
        library.draw(txt2img(**fields), on_step=lambda step, _of, _preview: told.append(step))
    assert told == []
    assert np.array_equal(library.drawn(), before)


HIRES: dict[str, Any] = {"enable_hr": True, "hr_scale": 1.5, "hr_upscaler": "Latent"}


def previews(library: Library, prompt: str, hr_prompt: str) -> list[bytes]:
    """The previews after each step of two batches of two passes."""
    made: list[bytes] = []
    order = txt2img(prompt=prompt, hr_prompt=hr_prompt, cfg_scale=1, n_iter=2, **HIRES)
    library.draw(order, on_step=lambda _step, _of, preview: made.append(preview()))
    return made


def test_each_pass_has_the_networks_that_its_own_prompt_names(library: Library) -> None:
    plain, inked = "a cat", "a cat<lora:Inked:1>"
    first, second, neither, both = (
        previews(library, *prompts) for prompts in ((inked, plain), (plain, inked), (plain, ""), (inked, ""))
    )
    assert [a == b for a, b in zip(second, neither, strict=True)] == [True, True, False, False] * 2
    assert [a == b for a, b in zip(first, both, strict=True)] == [True, True, False, False] * 2
    assert both == previews(library, inked, inked)


def test_an_embedding_is_read_where_its_name_stands(library: Library) -> None:
    named = library.drawing(txt2img(prompt="a shape on SHAPE", negative_prompt="blurry"))
    off = library.drawing(txt2img(prompt="a shap on shap", negative_prompt="blurry"))
    assert difference(pixels(named), pixels(off)) > 0.1
    assert "TI hashes" not in off.infotext
    assert f', TI hashes: "shape: {sha256(library, "Shape")[:12]}", Version' in named.infotext


def test_an_embedding_in_memory_for_one_architecture_is_not_taken_for_another_of_the_same_base(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.draw(txt2img(prompt="a shape"))
    wider = _wider(tmp_path)
    monkeypatch.setattr(architectures, "ARCHITECTURES", (*architectures.ARCHITECTURES, wider))
    random_weights.write(wider, tmp_path / "wider.safetensors")
    library.add(ModelType.CHECKPOINT, tmp_path / "wider.safetensors")
    order = library.order(txt2img(prompt="a shape")).model_copy(update={"checkpoint": library.shelf["wider"]})
    with pytest.raises(UnusableFile, match=r"The textual inversion 'Shape' is made for .*\(32\), this .*\(64\)"):
        gather(order, lambda: None, library.models, library.bucket, library.used.extend)


def _wider(folder: Path) -> Architecture:
    """Like `tiny`, of the same base, but with a text encoder twice as wide."""
    shutil.copytree(Architecture("tiny").folder, folder / "wider")
    for part, width in (("unet", "cross_attention_dim"), ("text_encoder", "hidden_size")):
        config = folder / "wider" / part / "config.json"
        config.write_text(json.dumps(json.loads(config.read_text()) | {width: 64}))
    return Architecture("wider", folder)


def test_an_embedding_of_the_negative_prompt_or_the_second_pass_is_told_of_too(library: Library) -> None:
    for fields in ({"negative_prompt": "shape"}, {"hr_prompt": "shape", **HIRES}):
        assert "TI hashes" in library.drawing(txt2img(**fields)).infotext


def sha256(library: Library, name: str) -> str:
    model = library.shelf[name]
    return library.files.fetch(model).sha256


def test_the_loras_of_both_passes_are_told_of_by_their_hashes(library: Library) -> None:
    drawing = library.drawing(txt2img(prompt="<lora:inked:1>", hr_prompt="<lora:bold:0.5>", **HIRES))
    materials = library.materials(txt2img(prompt="<lora:inked:1><lora:bold:1>"))
    hashes = [each.lora.hash for each in materials.networks.loras]
    assert f', Lora hashes: "Inked: {hashes[0]}, bold: {hashes[1]}", Version' in drawing.infotext
    assert [len(each) for each in hashes] == [12, 12]


def test_a_vae_takes_the_place_of_the_checkpoints_own_for_this_order(library: Library) -> None:
    order = txt2img(override_settings={"sd_vae": "dark.safetensors"})
    black = library.drawing(order)
    assert pixels(black).max() == 0
    assert f", VAE hash: {sha256(library, 'dark')[:10]}, VAE: dark.safetensors, Version" in black.infotext
    assert pixels(library.drawing(txt2img())).mean() > 50


def test_an_img2img_is_drawn_over_its_pictures_within_its_mask(library: Library, sketch: str) -> None:
    mask = Image.new("L", (100, 80))
    mask.paste(255, (20, 20, 52, 52))
    library.picture("mask.png", mask)
    found = pixels(library.drawing(img2img(init_images=[sketch], mask="mask.png", mask_blur=0)))
    masked = np.asarray(mask) > 0
    assert (found[~masked] == np.asarray(scene())[~masked]).all()
    assert difference(found[masked], np.asarray(scene(), np.int64)[masked]) > 5


def test_a_mask_that_leaves_nothing_to_draw_alone_is_warned_of_and_none(library: Library, sketch: str) -> None:
    blank, painted = (library.picture(f"{grey}.png", Image.new("L", (100, 80), grey)) for grey in (0, 255))
    alone, whole, other = (
        library.materials(img2img(init_images=[sketch], mask=mask, inpaint_full_res=full))
        for mask, full in ((blank, True), (blank, False), (painted, True))
    )
    assert alone.canvases[0].mask is None
    assert alone.warnings == ["The mask leaves nothing to draw: the whole picture was drawn anew, without a mask."]
    assert [*whole.warnings, *other.warnings] == []


def half() -> bytes:
    file = BytesIO()
    scene().save(file, "png")
    return file.getvalue()[:600]


@pytest.mark.parametrize("content", [b"", b"no picture", half(), None], ids=["empty", "other", "half", "missing"])
def test_a_broken_picture_is_named(library: Library, content: bytes | None) -> None:
    name = library.picture("bad.png", content) if content is not None else "none.png"
    with pytest.raises(UnreadablePicture, match=f"The picture '{name}' is damaged or not whole. Send it again."):
        library.materials(img2img(init_images=[name]))


def test_the_same_models_are_fetched_once(library: Library, sketch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    everything: dict[str, Any] = {
        "prompt": "a shape<lora:inked:1><hypernet:hyper:1>",
        "override_settings": {"sd_vae": "dark"},
        **units({"image": sketch}),
    }
    first = library.drawing(txt2img(**everything))
    monkeypatch.delattr(Files, "fetch")
    assert library.drawing(txt2img(**everything)).image.tobytes() == first.image.tobytes()


def test_what_is_in_memory_takes_no_room_on_the_disk(library: Library, sketch: str) -> None:
    library.draw(txt2img(prompt="a shape<lora:inked:1><hypernet:hyper:1>", **units({"image": sketch})))
    folder = library.files.fetch(library.shelf["tiny"]).path.parent
    # a file that is mapped keeps its disk space when it is removed
    assert str(folder) not in Path("/proc/self/maps").read_text()


def test_a_drawing_that_is_stopped_leaves_no_network_on(library: Library, sketch: str) -> None:
    before = library.drawn()

    def stop(step: int, _of: int, _preview: Callable[[], bytes]) -> None:
        if step == 2:
            raise Failure("cancelled")

    with pytest.raises(Failure, match="cancelled"):
        library.draw(txt2img(prompt="a cat<lora:Inked:1><hypernet:hyper:1>", **units({"image": sketch})), on_step=stop)
    assert np.array_equal(library.drawn(), before)


def test_gathering_can_be_stopped_while_files_arrive(library: Library, tmp_path: Path) -> None:
    models = Models(Files(library.s3, "bucket", tmp_path, PLENTY), Memory(PLENTY))

    def stop() -> None:
        raise KeyError("cancelled")

    with pytest.raises(KeyError, match="cancelled"):
        gather(library.order(txt2img()), stop, models, library.bucket, library.used.extend)


def test_what_was_loaded_is_noted_as_used(library: Library) -> None:
    library.used.clear()
    library.materials(txt2img(prompt="a cat"))
    assert library.used[0].name == "tiny"
    assert {"Inked", "canny"} <= {model.name for model in library.used}
