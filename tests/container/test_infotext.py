import json
from typing import Any

import pytest

from container.diffusion import alphas_cumprod
from container.infotext import Named, Seeds, infotext
from container.sampling import courses
from container.sampling.schedules import NoiseSchedule
from shared.infotext import Infotext
from shared.parameters import Img2ImgParameters, Parameters, Txt2ImgParameters
from shared.samplers import Sampler, ScheduleType

CHECKPOINT = Named("v1-5-pruned", "6ce0161689b3853acaa03779ec93eafe75a02f4ced659bee03f50797806fa2fa")
VAE = Named("vae-ft-mse", "735e4c3a447a3255760d7f86845f09f937809baa529c17370d83e4c3758f3c75")
BEFORE = "Sampler: Euler, Schedule type: Automatic, CFG scale: 7, Seed: 42, Size: 512x512, "
MODEL = "Model hash: 6ce0161689, Model: v1-5-pruned, "


def told(
    parameters: Parameters,
    vae: Named | None = None,
    networks: dict[str, str] | None = None,
    model: Named = CHECKPOINT,
    zero_terminal_snr: bool = False,
) -> str:
    return infotext(parameters, Seeds(42, 5), model, vae, networks or {}, zero_terminal_snr)


def after_the_model(parameters: Parameters, **more: Any) -> str:
    """What the infotext has between the model and the version."""
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
        ({"override_settings": {"randn_source": "GPU"}}, ""),
        ({"override_settings": {"randn_source": "NV"}}, "RNG: NV"),
        ({"override_settings": {"randn_source": "CPU"}}, "RNG: CPU"),
        ({"override_settings": {"CLIP_stop_at_last_layers": 1}}, ""),
        ({"tiling": True}, "Tiling: True"),
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
                "hr_sampler_name": "LMS",
                "hr_scheduler": "Karras",
                "hr_prompt": "a dog, running",
                "hr_negative_prompt": "dull",
                "override_settings": {"CLIP_stop_at_last_layers": 2},
            },
            'Denoising strength: 0.75, Clip skip: 2, Hires sampler: LMS, Hires prompt: "a dog, running", '
            "Hires negative prompt: dull, Hires schedule type: Karras, Hires resize: 1024x0, Hires steps: 10, "
            "Hires upscaler: Lanczos",
        ),
        (
            {
                "prompt": "a dog",
                "negative_prompt": "dull",
                "scheduler": "Karras",
                "enable_hr": True,
                "hr_sampler_name": "Euler",
                "hr_scheduler": "Karras",
                "hr_prompt": "a dog",
                "hr_negative_prompt": "dull",
            },
            "Denoising strength: 0.75, Hires upscale: 2, Hires upscaler: Latent",  # nothing equal to the first pass's
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
            {"mask": "m", "mask_blur_x": 8, "mask_blur_y": 0, "inpaint_full_res": False, "inpainting_fill": 1},
            "Denoising strength: 0.75",  # the infotext has one number for both
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


@pytest.mark.parametrize(
    ("sampler", "schedule", "text"),
    [
        ("DPM++ 2M", "Automatic", "Karras"),
        ("DPM++ 3M SDE", "Automatic", "Exponential"),
        ("DPM++ 2M", "Beta", "Beta"),
        ("Euler", "Automatic", "Automatic"),  # the model's own levels, which have no other name
        ("Euler", "Uniform", "Uniform"),
        ("DPM fast", "Automatic", "Automatic"),
        ("DPM adaptive", "Karras", "Karras"),
        ("DDIM", "Automatic", "Automatic"),
    ],
)
def test_the_schedule_type_is_the_one_that_was_used(sampler: str, schedule: str, text: str) -> None:
    assert f"Sampler: {sampler}, Schedule type: {text}, " in told(
        Txt2ImgParameters(sampler_name=sampler, scheduler=schedule)
    )


PARAMETERS: dict[str, Any] = {
    "eta": 0.5,
    "s_churn": 2,
    "s_tmin": 0.5,
    "s_tmax": 10,
    "s_noise": 1.01,
    "override_settings": {"eta_noise_seed_delta": 31337},
}
CHURN = "Sigma churn: 2, Sigma tmin: 0.5, Sigma tmax: 10, Sigma noise: 1.01"


@pytest.mark.parametrize(
    ("sampler", "text"),
    [
        ("Euler", CHURN),
        ("Heun", CHURN),
        ("DPM2", CHURN),
        ("Euler a", "ENSD: 31337, Eta: 0.5"),
        ("DPM2 a", "ENSD: 31337, Eta: 0.5, Sigma noise: 1.01"),
        ("DPM++ 2S a", "ENSD: 31337, Eta: 0.5, Sigma noise: 1.01"),
        ("DPM fast", "ENSD: 31337, Eta: 0.5, Sigma noise: 1.01"),
        ("DPM adaptive", "ENSD: 31337, Eta: 0.5"),
        ("DPM++ SDE", "Eta: 0.5, Sigma noise: 1.01"),
        ("DPM++ 3M SDE", "Eta: 0.5, Sigma noise: 1.01"),
        ("DDIM", "Eta DDIM: 0.5"),
        ("DDIM CFG++", "Eta DDIM: 0.5"),
        ("Restart", ""),
        ("UniPC", ""),
        ("DPM++ 2M", ""),
        ("LCM", ""),
    ],
)
def test_a_samplers_parameters_are_told_of_samplers_that_have_them(sampler: str, text: str) -> None:
    assert after_the_model(Txt2ImgParameters(sampler_name=sampler, **PARAMETERS)) == text


@pytest.mark.parametrize(
    ("sampler", "eta", "text"),
    [
        ("Euler a", None, "ENSD: 7"),
        ("Euler a", 1, "ENSD: 7"),
        ("Euler a", 0, "Eta: 0"),
        ("DDIM", 0, ""),
        ("DDIM", 1, "Eta DDIM: 1"),
    ],
)
def test_an_eta_is_told_where_it_is_not_the_samplers_own(sampler: str, eta: float | None, text: str) -> None:
    settings = {"eta_noise_seed_delta": 7}
    assert after_the_model(Txt2ImgParameters(sampler_name=sampler, eta=eta, override_settings=settings)) == text


def test_the_samplers_of_both_passes_are_told_of() -> None:
    parameters = Txt2ImgParameters(
        sampler_name="DDIM", enable_hr=True, hr_sampler_name="Euler a", hr_scheduler="Beta", eta=0.5
    )
    assert after_the_model(parameters) == (
        "Denoising strength: 0.75, Hires sampler: Euler a, Hires schedule type: Beta, Hires upscale: 2, "
        "Hires upscaler: Latent, Eta DDIM: 0.5, Beta schedule alpha: 0.6, Beta schedule beta: 0.6, Eta: 0.5"
    )


def levels(sampler: Sampler, schedule: ScheduleType) -> list[float]:
    noise = NoiseSchedule.from_alphas_cumprod(alphas_cumprod()).known_to(sampler)
    found: list[float] = courses.txt2img(schedule, 10, noise, sampler).sigmas.tolist()
    return found


@pytest.mark.parametrize("hr_scheduler", [None, "Automatic", "SGM Uniform"])
@pytest.mark.parametrize("scheduler", ["Automatic", "Karras"])
@pytest.mark.parametrize("hr_sampler", [None, "Euler", "DPM++ 2M", "DPM++ 2M SDE", "DDIM"])
@pytest.mark.parametrize("sampler", ["Euler", "DPM++ 2M", "DPM++ 2M SDE", "DDIM"])
def test_an_order_by_an_infotext_passes_the_same_noise_levels(
    sampler: Sampler, scheduler: ScheduleType, hr_sampler: Sampler | None, hr_scheduler: ScheduleType | None
) -> None:
    parameters = Txt2ImgParameters(
        sampler_name=sampler, scheduler=scheduler, enable_hr=True, hr_sampler_name=hr_sampler, hr_scheduler=hr_scheduler
    )
    settings = Infotext.parse(told(parameters)).settings
    again = Txt2ImgParameters(
        sampler_name=settings["Sampler"],
        scheduler=settings["Schedule type"],
        enable_hr=True,
        hr_sampler_name=settings.get("Hires sampler"),
        hr_scheduler=settings.get("Hires schedule type"),
    )
    one, other = (
        [
            levels(each.sampler_name, each.scheduler),
            levels(each.hr_sampler_name or each.sampler_name, each.hr_scheduler or each.scheduler),
        ]
        for each in (parameters, again)
    )
    assert one == other
    assert told(again) == told(parameters)


def test_a_zero_terminal_snr_is_told() -> None:
    text = told(Txt2ImgParameters(sampler_name="DDIM", eta=1), networks={"TI hashes": "a"}, zero_terminal_snr=True)
    assert text.endswith(", TI hashes: a, Noise Schedule: Zero Terminal SNR, Eta DDIM: 1, Version: goc-0.1.0")


def test_everything_has_its_place() -> None:
    parameters = over(
        sampler_name="DPM2 a",
        scheduler="Beta",
        subseed_strength=0.5,
        override_settings={"CLIP_stop_at_last_layers": 2, "eta_noise_seed_delta": 1, "randn_source": "CPU"},
        tiling=True,
        mask="m",
        initial_noise_multiplier=0.5,
        eta=0.5,
        s_noise=1.01,
        **units({"enabled": True, "model": "tile"}),
    )
    networks = {"Lora hashes": "inked: 0123456789ab, bold: ba9876543210", "TI hashes": "face: 111111111111"}
    assert [*Infotext.parse(told(parameters, vae=VAE, networks=networks)).settings] == [
        *("Steps", "Sampler", "Schedule type", "CFG scale", "Seed", "Size", "Model hash", "Model", "VAE hash", "VAE"),
        *("Variation seed", "Variation seed strength", "Denoising strength", "Clip skip", "ENSD", "RNG", "Tiling"),
        *("ControlNet 0", "Mask blur", "Inpaint area", "Masked area padding", "Masked content"),
        *("Lora hashes", "TI hashes", "Noise multiplier", "Beta schedule alpha", "Beta schedule beta"),
        *("Eta", "Sigma noise", "Version"),
    ]


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
        'ControlNet 2: "Module: none, Model: tile, Weight: 0.5, Resize Mode: Crop and Resize, Processor Res: 512, '
        "Threshold A: 0.5, Threshold B: 0.5, Guidance Start: 0.0, "
        'Guidance End: 0.8, Pixel Perfect: True, Control Mode: ControlNet is more important"'
    )


@pytest.mark.parametrize(
    ("unit", "numbers"),
    [
        ({"module": "canny"}, "Processor Res: 512, Threshold A: 100.0, Threshold B: 200.0"),
        ({"module": "canny", "processor_res": 768, "threshold_a": 30}, "768, Threshold A: 30.0, Threshold B: 200.0"),
        ({"module": "canny", "processor_res": 32, "threshold_b": 999}, "512, Threshold A: 100.0, Threshold B: 200.0"),
        ({"module": "openpose", "threshold_a": 64}, "Processor Res: 512, Threshold A: 0.5, Threshold B: 0.5"),
        ({"module": "invert"}, "Processor Res: 0.5, Threshold A: 0.5, Threshold B: 0.5"),
        ({"module": "blur_gaussian"}, "Processor Res: 512, Threshold A: 9.0, Threshold B: 0.5"),
    ],
    ids=str,
)
def test_a_units_numbers_are_told_as_they_are_understood(unit: dict[str, Any], numbers: str) -> None:
    text = told(Txt2ImgParameters(**units({"enabled": True, "model": "a", **unit})))
    assert f"{numbers}, Guidance Start" in text


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
