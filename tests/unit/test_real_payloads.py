"""Bodies as the WebUI and its users' scripts send them."""

import json
from base64 import b64encode
from typing import Any

import boto3
import pytest

from shared.cloud import Cloud
from shared.controlnet import Unit
from shared.overrides import OverrideSettings
from shared.shapes import ModelType
from shared.webui import Img2Img
from tests.unit.api import Answer, Api
from tests.unit.calls import AwsCalls
from tests.unit.sagemaker import FakeSageMaker
from tests.unit.things import ORDER, add_endpoint, add_model, picture

# Every field of the WebUI's txt2img, at its default (v1.10).
DEFAULTS: dict[str, Any] = {
    "prompt": "", "negative_prompt": "", "styles": None, "seed": -1, "subseed": -1, "subseed_strength": 0,
    "seed_resize_from_h": -1, "seed_resize_from_w": -1, "sampler_name": None, "scheduler": None,
    "sampler_index": "Euler", "batch_size": 1, "n_iter": 1, "steps": 50, "cfg_scale": 7.0, "width": 512,
    "height": 512, "restore_faces": None, "tiling": None, "do_not_save_samples": False, "do_not_save_grid": False,
    "eta": None, "denoising_strength": None, "s_min_uncond": None, "s_churn": None, "s_tmax": None, "s_tmin": None,
    "s_noise": None, "override_settings": None, "override_settings_restore_afterwards": True,
    "refiner_checkpoint": None, "refiner_switch_at": None, "disable_extra_networks": False,
    "firstpass_image": None, "comments": None, "enable_hr": False, "firstphase_width": 0, "firstphase_height": 0,
    "hr_scale": 2.0, "hr_upscaler": None, "hr_second_pass_steps": 0, "hr_resize_x": 0, "hr_resize_y": 0,
    "hr_checkpoint_name": None, "hr_sampler_name": None, "hr_scheduler": None, "hr_prompt": "",
    "hr_negative_prompt": "", "force_task_id": None, "script_name": None, "script_args": [], "send_images": True,
    "save_images": False, "alwayson_scripts": {}, "infotext": None,
}  # fmt: skip

# The same from a client that fills in what it likes while everything is switched off.
AT_REST = DEFAULTS | {
    "styles": [],
    "restore_faces": False,
    "tiling": False,
    "denoising_strength": 0.7,
    "hr_upscaler": "Latent",
    "hr_scale": 1.5,
    "s_churn": 0,
    "s_noise": 1,
    "override_settings": {},
    "refiner_checkpoint": "None",
    "refiner_switch_at": 0.8,
    "subseed": 123,
    "alwayson_scripts": {
        "ADetailer": {"args": [False, False, {"ad_model": "face_yolov8n.pt"}]},
        "Dynamic Prompts v2.17.1": {"args": [False, True, 1]},
        "Extra options": {"args": []},
        "Tiled Diffusion": [],
        "controlnet": {"args": [{"enabled": False, "image": "not looked at", "model": "None"}]},
    },
}


@pytest.fixture(autouse=True)
def _something_to_order(aws: Cloud) -> None:
    add_endpoint(aws)
    add_model(aws)
    add_model(aws, "control_v11p_sd15_openpose", ModelType.CONTROLNET)


def submit(api: Api, parameters: dict[str, Any]) -> Answer:
    return api.post("/jobs", ORDER | {"parameters": parameters})


def unit(**fields: Any) -> dict[str, Any]:
    model = "control_v11p_sd15_openpose [cab727d4]"
    controlled = {"enabled": True, "module": "none", "model": model, "image": picture(), **fields}
    off = {"enabled": False}
    return {"prompt": "a cute dog", "alwayson_scripts": {"controlnet": {"args": [off, controlled]}}}


@pytest.mark.parametrize("parameters", [DEFAULTS, AT_REST])
def test_fields_at_rest_pass_without_a_word(api: Api, parameters: dict[str, Any]) -> None:
    answer = submit(api, parameters)
    assert (answer.status, answer.body["warnings"]) == (202, [])


def test_null_is_the_default_of_every_field(api: Api) -> None:
    settings = {"CLIP_stop_at_last_layers", *OverrideSettings.model_fields, "eta_ancestral", "sd_model_checkpoint"}
    nulls: dict[str, Any] = dict.fromkeys(DEFAULTS)
    for inside in ({}, {"override_settings": dict.fromkeys(settings), "alwayson_scripts": {"controlnet": None}}):
        job = submit(api, nulls | inside).body
        plain = submit(api, {}).body
        drawn = {"seed": job["parameters"]["seed"], "subseed": job["parameters"]["subseed"]}
        assert job["parameters"] == plain["parameters"] | drawn
        assert job["warnings"] == []


def test_null_is_the_default_of_every_field_of_img2img(api: Api) -> None:
    order = ORDER | {"task": "img2img"}
    pictures = {"init_images": [picture()], "seed": 1, "subseed": 2}
    nulls = dict.fromkeys(Img2Img.model_fields) | pictures
    job = api.post("/jobs", order | {"parameters": nulls}).body
    plain = api.post("/jobs", order | {"parameters": pictures}).body
    assert (job["parameters"], job["warnings"]) == (plain["parameters"], [])
    refused = api.post("/jobs", order | {"parameters": nulls | {"init_images": None}})
    assert (refused.status, refused.fields) == (422, ["parameters.init_images"])


def test_null_is_the_default_of_every_field_of_a_unit(api: Api) -> None:
    nulls = dict.fromkeys([*Unit.model_fields, "input_image", "mask_image", "lowvram", "guidance"])
    told = unit()["alwayson_scripts"]["controlnet"]["args"][1]
    plain, job = submit(api, unit()).body, submit(api, unit(**nulls | told)).body
    assert job["parameters"]["alwayson_scripts"] == plain["parameters"]["alwayson_scripts"]
    assert submit(api, {"alwayson_scripts": {"controlnet": {"args": [nulls]}}}).status == 202


@pytest.mark.parametrize("name", ["promt", "None"])
def test_a_field_that_is_not_known_is_refused_with_null_too(api: Api, name: str) -> None:
    assert submit(api, {name: None}).fields == [f"parameters.{name}"]


def test_infinity_as_python_spells_it_passes(api: Api) -> None:
    body = json.dumps(ORDER | {"parameters": DEFAULTS | {"s_tmax": float("inf")}})
    assert "Infinity" in body
    answer = api.post("/jobs", body)
    assert (answer.status, answer.body["warnings"]) == (202, [])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("styles", ["cinematic"]), ("refiner_checkpoint", "xl"), ("restore_faces", True), ("s_min_uncond", 0.5),
        ("script_name", "X/Y/Z plot"), ("firstpass_image", "aGk="), ("hr_checkpoint_name", "other"),
    ],
)  # fmt: skip
def test_a_field_that_is_not_honoured_and_asks_for_something_is_warned_of(api: Api, name: str, value: object) -> None:
    (warning,) = submit(api, DEFAULTS | {name: value}).body["warnings"]
    assert warning.startswith(f"'{name}' is not honoured")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("enable_hr", True), ("tiling", True), ("s_churn", 0.5), ("scheduler", "Karras"), ("eta", 0.5),
        ("override_settings", {"CLIP_stop_at_last_layers": 2}), ("subseed_strength", 0.3), ("s_tmax", 5),
        ("disable_extra_networks", True), ("hr_prompt", "a dog"),
    ],
)  # fmt: skip
def test_a_field_that_is_honoured_passes_without_a_word(api: Api, name: str, value: object) -> None:
    job = submit(api, DEFAULTS | {name: value}).body
    kept = job["parameters"][name]
    assert job["warnings"] == []
    assert value.items() <= kept.items() if isinstance(value, dict) else kept == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("enable_hr", "perhaps"), ("denoising_strength", 1.5), ("hr_scale", -1), ("hr_second_pass_steps", 200),
        ("styles", "cinematic"), ("override_settings", []), ("subseed", -2), ("s_tmax", "endless"), ("eta", 2),
        ("script_args", {}), ("refiner_switch_at", 1.1), ("hr_resize_x", 0.5),
    ],
)  # fmt: skip
def test_every_field_is_checked_honoured_or_not(api: Api, name: str, value: object) -> None:
    answer = submit(api, DEFAULTS | {name: value})
    assert (answer.status, answer.fields[0].split(".")[1]) == (422, name)


@pytest.mark.parametrize("field", ["sampler_name", "sampler_index"])
@pytest.mark.parametrize("name", ["DPM++ 2M Exponential", "dpm++ 2m exponential"])
def test_a_sampler_may_bring_its_schedule_type_as_its_name_once_did(api: Api, field: str, name: str) -> None:
    job = submit(api, {field: name}).body
    assert (job["parameters"]["sampler_name"], job["parameters"]["scheduler"]) == ("DPM++ 2M", "Exponential")
    assert job["warnings"] == []


@pytest.mark.parametrize(
    ("format", "extension", "type"),
    [("PNG", "png", "image/png"), ("JPEG", "jpg", "image/jpeg"), ("WEBP", "webp", "image/webp")],
)
def test_a_units_picture_is_moved_to_the_jobs_inputs(
    api: Api, aws: Cloud, sagemaker: FakeSageMaker, format: str, extension: str, type: str
) -> None:
    job = submit(api, unit(image=picture(format))).body
    (moved,) = job["parameters"]["alwayson_scripts"]["controlnet"]["args"]
    assert moved["image"].endswith(f".{extension}")
    stored = boto3.client("s3").get_object(Bucket="bucket", Key=f"jobs/{'a' * 12}/{job['id']}/inputs/{moved['image']}")
    assert stored["ContentType"] == type
    ((_, order),) = sagemaker.orders
    assert json.loads(order)["parameters"] == job["parameters"]


def test_an_order_with_a_control_picture_takes_four_aws_calls(api: Api, aws_calls: AwsCalls) -> None:
    submit(api, unit(image=picture()))
    assert aws_calls == ["BatchGetItem", "PutObject", "PutItem", "InvokeEndpointAsync"]


@pytest.mark.parametrize("wrap", [lambda image: {"image": image, "mask": image}, lambda image: [image, image]])
def test_a_picture_may_bring_its_mask(api: Api, wrap: Any) -> None:
    job = submit(api, unit(image=wrap(picture()))).body
    (moved,) = job["parameters"]["alwayson_scripts"]["controlnet"]["args"]
    assert moved["mask"] == moved["image"]


def test_a_data_address_is_a_picture_too(api: Api) -> None:
    assert submit(api, unit(image=f"data:image/png;base64,{picture()}")).status == 202


@pytest.mark.parametrize(
    "image", ["not base64!", b64encode(b"no picture").decode(), b64encode(b"\x89PNG").decode(), picture("GIF")]
)
def test_what_is_no_picture_is_refused_by_its_field(api: Api, image: str) -> None:
    answer = submit(api, unit(image=image))
    assert (answer.status, answer.fields) == (422, ["parameters.alwayson_scripts.controlnet.args.1.image"])


def test_a_picture_that_is_too_large_is_refused(api: Api) -> None:
    answer = submit(api, unit(image=picture(width=5000)))
    assert answer.status == 422
    assert "5000x32" in answer.body["detail"]


def test_an_unknown_control_model_is_refused_with_the_nearest_names(api: Api) -> None:
    answer = submit(api, unit(model="control_v11p_sd15_openpse"))
    assert (answer.status, answer.fields) == (422, ["parameters.alwayson_scripts.controlnet.args.1.model"])
    assert "'control_v11p_sd15_openpose'" in answer.body["detail"]


def test_two_units_of_one_model_pass(api: Api) -> None:
    parameters = unit(image=picture())
    parameters["alwayson_scripts"]["controlnet"]["args"] *= 2
    assert submit(api, parameters).status == 202


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"resize_mode": 0}, {"resize_mode": "Just Resize"}),
        ({"control_mode": 2}, {"control_mode": "ControlNet is more important"}),
        ({"resize_mode": "Resize and Fill"}, {"resize_mode": "Resize and Fill"}),
        ({"guidance": 0.5, "lowvram": True}, {"guidance_end": 0.5, "low_vram": True}),
    ],
)  # fmt: skip
def test_old_names_and_numbers_of_a_unit_are_understood(
    api: Api, fields: dict[str, Any], shown: dict[str, Any]
) -> None:
    (kept,) = submit(api, unit(**fields)).body["parameters"]["alwayson_scripts"]["controlnet"]["args"]
    assert shown.items() <= kept.items()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"weight": 2.5}, "weight"),
        ({"guidance_start": -1}, "guidance_start"),
        ({"resize_mode": 3}, "resize_mode"),
        ({"control_mode": "Both"}, "control_mode"),
        ({"wieght": 1}, "wieght"),
    ],
)
def test_a_units_wrong_field_is_refused_by_name(api: Api, fields: dict[str, Any], field: str) -> None:
    answer = submit(api, unit(**fields))
    assert (answer.status, answer.fields) == (422, [f"parameters.alwayson_scripts.controlnet.args.1.{field}"])


def test_a_unit_that_ends_before_it_starts_is_refused(api: Api) -> None:
    assert submit(api, unit(guidance_start=0.8, guidance_end=0.2)).status == 422
