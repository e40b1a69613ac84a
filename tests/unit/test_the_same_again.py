"""What a job shows is what to order to get its pictures again."""

import json
from typing import Any

import pytest

from shared.cloud import Cloud
from shared.shapes import ModelType
from tests.unit.api import Api
from tests.unit.sagemaker import FakeSageMaker
from tests.unit.things import ORDER, add_endpoint, add_model, picture

MUCH: dict[str, Any] = {
    "prompt": "a dog <lora:smile:0.8>", "negative_prompt": "blurry", "sampler_name": "DPM++ 2M Karras", "steps": 25,
    "cfg_scale": 6.5, "batch_size": 2, "n_iter": 3, "tiling": True, "eta": 0.3, "s_churn": 0.1, "s_tmax": 12,
    "subseed_strength": 0.25, "seed_resize_from_w": 256, "seed_resize_from_h": 256,
    "override_settings": {
        "CLIP_stop_at_last_layers": 2, "sd_vae": "Blessed.pt", "eta_noise_seed_delta": 31337, "return_grid": True,
        "randn_source": "CPU", "samples_format": "webp", "jpeg_quality": 60,
    },
}  # fmt: skip
HIRES: dict[str, Any] = {
    "enable_hr": True, "hr_scale": 1.5, "hr_upscaler": "latent (nearest)", "hr_second_pass_steps": 7,
    "denoising_strength": 0.55, "hr_sampler_name": "k_euler_a", "hr_scheduler": "exponential", "hr_prompt": "a cat",
}  # fmt: skip
INPAINTING: dict[str, Any] = {
    "init_images": [picture()], "mask": picture(), "mask_blur": 9, "inpainting_fill": 2, "inpaint_full_res": False,
    "inpaint_full_res_padding": 32, "inpainting_mask_invert": 1, "resize_mode": 1, "denoising_strength": 0.6,
}  # fmt: skip
POSE = {"people": [{"pose_keypoints_2d": [10.0, 20.0, 1.0] * 18}], "canvas_width": 512, "canvas_height": 512}
UNIT: dict[str, Any] = {"enabled": True, "model": "control", "control_mode": 2, "guidance": 0.5, "keypoints": POSE}


@pytest.fixture(autouse=True)
def _something_to_order(aws: Cloud) -> None:
    add_endpoint(aws)
    add_model(aws)
    add_model(aws, "smile", ModelType.LORA)
    add_model(aws, "blessed", ModelType.VAE)
    add_model(aws, "control", ModelType.CONTROLNET)


def submit(api: Api, task: str, parameters: dict[str, Any], **fields: Any) -> dict[str, Any]:
    answer = api.post("/jobs", ORDER | {"task": task, "parameters": parameters} | fields)
    assert answer.status == 202, answer.body
    job: dict[str, Any] = answer.body
    return job


@pytest.mark.parametrize(
    ("task", "parameters"),
    [
        ("txt2img", {}),
        ("txt2img", MUCH | HIRES),
        ("txt2img", MUCH | {"alwayson_scripts": {"controlnet": {"args": [{"enabled": False}, UNIT]}}}),
        ("img2img", MUCH | INPAINTING),
    ],
)
def test_a_jobs_parameters_sent_again_mean_the_same(api: Api, task: str, parameters: dict[str, Any]) -> None:
    first = submit(api, task, parameters)
    shown = api.get(f"/jobs/{first['id']}").body["parameters"]
    with_pictures = {name: INPAINTING[name] for name in ("init_images", "mask") if task == "img2img"}
    second = submit(api, task, shown | with_pictures)
    assert second["parameters"] == shown == first["parameters"]
    assert second["warnings"] == []


def test_a_listed_vae_is_among_the_parameters_to_order_again(api: Api) -> None:
    first = submit(api, "txt2img", {}, extra_networks={"vae": ["blessed"]})
    assert submit(api, "txt2img", first["parameters"])["parameters"] == first["parameters"]


def test_seeds_are_drawn_when_it_is_ordered(api: Api, sagemaker: FakeSageMaker) -> None:
    """A second delivery of the order then draws the same pictures."""
    one, two = (submit(api, "txt2img", {"prompt": "a dog"})["parameters"] for _ in range(2))
    assert 0 <= one["seed"] < 2**32
    assert 0 <= one["subseed"] < 2**32
    assert (one["seed"], one["subseed"]) != (two["seed"], two["subseed"])
    assert [json.loads(order)["parameters"] for _, order in sagemaker.orders] == [one, two]


def test_seeds_that_are_given_stay(api: Api) -> None:
    parameters = submit(api, "txt2img", {"seed": 0, "subseed": 2**32})["parameters"]
    assert (parameters["seed"], parameters["subseed"]) == (0, 2**32)


def test_an_order_that_leaves_its_seed_open_is_the_same_order_when_it_is_tried_again(api: Api) -> None:
    one, two = (api.post("/jobs", ORDER, **{"Idempotency-Key": "k1"}).body for _ in range(2))
    assert (one["id"], one["parameters"]) == (two["id"], two["parameters"])
