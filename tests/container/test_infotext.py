import json
from typing import Any

import pytest

from container.infotext import Named, Seeds, infotext
from shared.infotext import Infotext
from shared.parameters import Img2ImgParameters, Parameters, Txt2ImgParameters

CHECKPOINT = Named("v1-5-pruned", "6ce0161689b3853acaa03779ec93eafe75a02f4ced659bee03f50797806fa2fa")
VAE = Named("vae-ft-mse", "735e4c3a447a3255760d7f86845f09f937809baa529c17370d83e4c3758f3c75")
BEFORE = "Sampler: Euler, Schedule type: Automatic, CFG scale: 7, Seed: 42, Size: 512x512, "
MODEL = "Model hash: 6ce0161689, Model: v1-5-pruned, "


def told(
    parameters: Parameters, vae: Named | None = None, networks: dict[str, str] | None = None, model: Named = CHECKPOINT
) -> str:
    return infotext(parameters, Seeds(42, 5), model, vae, networks or {})


def after_the_model(parameters: Parameters, **more: Any) -> str:
    """What stands between the model and the version."""
    text = told(parameters, **more)
    assert text.endswith("Version: goc-0.1.0")
    return text.partition(MODEL)[2].removesuffix("Version: goc-0.1.0").removesuffix(", ")


def over(**fields: Any) -> Img2ImgParameters:
    return Img2ImgParameters(init_images=["a.png"], **fields)


def test_an_infotext_reads_as_the_webui_writes_it() -> None:
    parameters = Txt2ImgParameters(
        prompt="a cat, sitting", negative_prompt="blurry", steps=20, sampler_name="Euler a", width=640, batch_size=2
    )
    assert told(parameters) == (
        "a cat, sitting\n"
        "Negative prompt: blurry\n"
        "Steps: 20, Sampler: Euler a, Schedule type: Automatic, CFG scale: 7, Seed: 42, Size: 640x512, "
        "Model hash: 6ce0161689, Model: v1-5-pruned, Version: goc-0.1.0"
    )


def test_no_negative_prompt_leaves_its_line_out() -> None:
    assert told(Txt2ImgParameters(prompt="a cat")) == f"a cat\nSteps: 50, {BEFORE}{MODEL}Version: goc-0.1.0"


@pytest.mark.parametrize(("scale", "text"), [(7, "7"), (7.5, "7.5"), (10.0, "10"), (1.05, "1.05")])
def test_a_cfg_scale_is_written_without_a_trailing_zero(scale: float, text: str) -> None:
    assert f", CFG scale: {text}, " in told(Txt2ImgParameters(cfg_scale=scale))


@pytest.mark.parametrize("name", ["a, b", "a: b", "a\nb"])
def test_a_name_with_marks_of_the_format_is_quoted(name: str) -> None:
    assert f", Model: {json.dumps(name)}, " in told(Txt2ImgParameters(), model=Named(name, ""))


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"subseed_strength": 0.25}, "Variation seed: 5, Variation seed strength: 0.25"),
        ({"seed_resize_from_w": 768, "seed_resize_from_h": 512}, "Seed resize from: 768x512"),
        ({"seed_resize_from_w": 768}, ""),
        ({"override_settings": {"CLIP_stop_at_last_layers": 2}}, "Clip skip: 2"),
        ({"override_settings": {"CLIP_stop_at_last_layers": 1}}, ""),
        ({"override_settings": {"eta_noise_seed_delta": 31337}}, "ENSD: 31337"),
        ({"tiling": True}, "Tiling: True"),
        ({"eta": 0}, "Eta: 0"),
        (
            {"s_churn": 2, "s_tmin": 0.5, "s_tmax": 10, "s_noise": 1.01},
            "Sigma churn: 2, Sigma tmin: 0.5, Sigma tmax: 10, Sigma noise: 1.01",
        ),
        ({"denoising_strength": 0.5}, ""),  # without a second pass
        (
            {"enable_hr": True, "denoising_strength": 0.7},
            "Denoising strength: 0.7, Hires upscale: 2, Hires upscaler: Latent",
        ),
        (
            {
                "enable_hr": True,
                "hr_resize_x": 1024,
                "hr_second_pass_steps": 10,
                "hr_upscaler": "Lanczos",
                "hr_sampler_name": "DDIM",
                "hr_scheduler": "Karras",
                "hr_prompt": "a dog, running",
                "hr_negative_prompt": "dull",
                "override_settings": {"CLIP_stop_at_last_layers": 2},
            },
            "Denoising strength: 0.75, Clip skip: 2, Hires resize: 1024x0, Hires steps: 10, Hires upscaler: Lanczos, "
            'Hires sampler: DDIM, Hires schedule type: Karras, Hires prompt: "a dog, running", '
            "Hires negative prompt: dull",
        ),
    ],
    ids=lambda each: str(each)[:40],
)
def test_what_shaped_the_picture_is_told_under_the_webuis_names(fields: dict[str, Any], text: str) -> None:
    assert after_the_model(Txt2ImgParameters(**fields)) == text


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "Denoising strength: 0.75"),
        ({"denoising_strength": 1, "initial_noise_multiplier": 0.5}, "Denoising strength: 1, Noise multiplier: 0.5"),
        ({"mask_blur": 8, "inpainting_fill": 2}, "Denoising strength: 0.75"),  # without a mask
        (
            {"mask": "m", "mask_blur": 8, "inpaint_full_res_padding": 32},
            "Denoising strength: 0.75, Mask blur: 8, Inpaint area: Only masked, Masked area padding: 32, "
            "Masked content: fill",
        ),
        (
            {"mask": "m", "mask_blur": 0, "inpaint_full_res": False, "inpainting_fill": 1},
            "Denoising strength: 0.75",
        ),
        (
            {"mask": "m", "inpaint_full_res": False, "inpainting_fill": 2, "inpainting_mask_invert": 1},
            "Denoising strength: 0.75, Mask mode: Inpaint not masked, Mask blur: 4, Masked content: latent noise",
        ),
        (
            {"mask": "m", "mask_blur": 0, "inpaint_full_res": False, "inpainting_fill": 3},
            "Denoising strength: 0.75, Masked content: latent nothing",
        ),
    ],
    ids=str,
)
def test_an_img2img_tells_its_strength_and_its_mask(fields: dict[str, Any], text: str) -> None:
    assert after_the_model(over(**fields)) == text


def test_everything_has_its_place() -> None:
    settings = {"CLIP_stop_at_last_layers": 2, "eta_noise_seed_delta": 1}
    parameters = over(subseed_strength=0.5, override_settings=settings, s_churn=1)
    networks = {"Lora hashes": "inked: 0123456789ab, bold: ba9876543210", "TI hashes": "face: 111111111111"}
    assert after_the_model(parameters, vae=VAE, networks=networks) == (
        "VAE hash: 735e4c3a44, VAE: vae-ft-mse, Variation seed: 5, Variation seed strength: 0.5, "
        "Denoising strength: 0.75, Clip skip: 2, ENSD: 1, Sigma churn: 1, "
        'Lora hashes: "inked: 0123456789ab, bold: ba9876543210", TI hashes: "face: 111111111111"'
    )


def units(*units: dict[str, Any]) -> dict[str, Any]:
    return {"alwayson_scripts": {"controlnet": {"args": list(units)}}}


def test_a_controlnet_unit_is_told_by_its_place_among_all() -> None:
    canny = {
        "enabled": True,
        "module": "canny",
        "model": "control_v11p_sd15_canny",
        "processor_res": 512,
        "threshold_a": 100,
        "threshold_b": 200,
    }
    plain = {"enabled": True, "model": "tile", "weight": 0.5, "guidance_end": 0.8, "pixel_perfect": True}
    assert after_the_model(Txt2ImgParameters(**units(canny, {"model": "off"}, plain | {"control_mode": 2}))) == (
        'ControlNet 0: "Module: canny, Model: control_v11p_sd15_canny, Weight: 1.0, Resize Mode: Crop and Resize, '
        "Processor Res: 512, Threshold A: 100.0, Threshold B: 200.0, Guidance Start: 0.0, Guidance End: 1.0, "
        'Pixel Perfect: False, Control Mode: Balanced", '
        'ControlNet 2: "Module: none, Model: tile, Weight: 0.5, Resize Mode: Crop and Resize, Guidance Start: 0.0, '
        'Guidance End: 0.8, Pixel Perfect: True, Control Mode: ControlNet is more important"'
    )


@pytest.mark.parametrize(
    "prompt", ["a cat", "猫, ünï", "two\nlines", "", "Steps: 3, of stone", 'say "hi", [a:b:0.5] <lora:x:1>']
)
@pytest.mark.parametrize("negative", ["", "blurry, (bad:1.2)"])
def test_what_is_written_is_read_back(prompt: str, negative: str) -> None:
    parameters = over(
        prompt=prompt,
        negative_prompt=negative,
        mask="m",
        **units({"enabled": True, "module": "canny", "model": "canny [abc]"}),
    )
    read = Infotext.parse(told(parameters, vae=Named('a "b", c', "f" * 64)))
    assert (read.prompt, read.negative_prompt) == (prompt, negative)
    assert read.settings["VAE"] == 'a "b", c'
    assert read.settings["ControlNet 0"].startswith("Module: canny, Model: canny [abc], Weight: 1.0, ")
    assert read.settings["Masked content"] == "fill"
