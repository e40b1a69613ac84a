"""Pictures from pictures, as the WebUI's img2img takes them."""

import json
from typing import Any

import boto3
import pytest

from shared.cloud import Cloud
from tests.unit.api import Answer, Api
from tests.unit.calls import AwsCalls
from tests.unit.sagemaker import FakeSageMaker
from tests.unit.things import ORDER, add_endpoint, add_model, picture

# Every field that img2img has besides txt2img's, at its default (v1.10).
DEFAULTS: dict[str, Any] = {
    "resize_mode": 0, "denoising_strength": 0.75, "image_cfg_scale": None, "mask": None, "mask_blur_x": 4,
    "mask_blur_y": 4, "mask_blur": None, "inpainting_fill": 0, "inpaint_full_res": True,
    "inpaint_full_res_padding": 0, "inpainting_mask_invert": 0, "initial_noise_multiplier": None, "latent_mask": None,
    "include_init_images": False,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _something_to_order(aws: Cloud) -> None:
    add_endpoint(aws)
    add_model(aws)


def submit(api: Api, **parameters: Any) -> Answer:
    given = {"prompt": "a cute dog", "init_images": [picture()], **parameters}
    return api.post("/jobs", ORDER | {"task": "img2img", "parameters": given})


def inputs(job: dict[str, Any]) -> set[str]:
    """The names of the files among a job's inputs."""
    prefix = f"jobs/{'a' * 12}/{job['id']}/inputs/"
    listed = boto3.client("s3").list_objects_v2(Bucket="bucket", Prefix=prefix)
    return {each["Key"].removeprefix(prefix) for each in listed["Contents"]}


def test_its_picture_and_mask_are_moved_to_the_jobs_inputs(api: Api, sagemaker: FakeSageMaker) -> None:
    job = submit(api, init_images=[picture("JPEG")], mask=f"data:image/png;base64,{picture()}").body
    assert (job["task"], job["status"]) == ("img2img", "queued")
    (image,), mask = job["parameters"]["init_images"], job["parameters"]["mask"]
    assert image.endswith(".jpg")
    assert mask.endswith(".png")
    assert inputs(job) == {image, mask}
    ((_, order),) = sagemaker.orders
    assert json.loads(order)["parameters"] == job["parameters"]


def test_each_picture_of_a_batch_may_have_its_own(api: Api) -> None:
    job = submit(api, batch_size=2, init_images=[picture(), picture(width=32)]).body
    assert inputs(job) == set(job["parameters"]["init_images"])
    assert len(inputs(job)) == 2


def test_it_takes_one_aws_call_more_for_its_picture(api: Api, aws_calls: AwsCalls) -> None:
    submit(api)
    assert aws_calls == ["BatchGetItem", "PutObject", "PutItem", "InvokeEndpointAsync"]


def test_its_fields_at_their_defaults_pass_without_a_word(api: Api) -> None:
    answer = submit(api, **DEFAULTS)
    assert (answer.status, answer.body["warnings"]) == (202, [])


def test_its_old_names_are_understood(api: Api) -> None:
    parameters = submit(api, latent_mask=picture(), mask_blur=8).body["parameters"]
    assert parameters["mask"].endswith(".png")
    assert (parameters["mask_blur_x"], parameters["mask_blur_y"]) == (8, 8)


def test_a_schedule_type_is_honoured_with_dpm_fast(api: Api) -> None:
    assert submit(api, sampler_name="DPM fast", scheduler="Karras").body["warnings"] == []
    assert submit(api, sampler_name="DDIM", scheduler="Karras").body["warnings"]


def test_a_job_read_back_is_an_img2img(api: Api) -> None:
    job = submit(api, denoising_strength=0.4).body
    read = api.get(f"/jobs/{job['id']}").body
    assert (read["task"], read["parameters"]) == ("img2img", job["parameters"])
    assert read["parameters"]["denoising_strength"] == 0.4
    assert [each["id"] for each in api.get("/jobs", task="img2img").body["jobs"]] == [job["id"]]
    assert api.get("/jobs", task="txt2img").body["jobs"] == []


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"steps": 0}, "steps"),
        ({"denoising_strength": 2}, "denoising_strength"),
        ({"resize_mode": 4}, "resize_mode"),
        ({"inpainting_fill": "latent"}, "inpainting_fill"),
        ({"init_images": []}, "init_images"),
        ({"init_images": ["no base64!"]}, "init_images.0"),
        ({"init_images": [picture(), "aGk="], "batch_size": 2}, "init_images.1"),
        ({"init_images": [picture(width=5000)]}, "init_images.0"),
        ({"init_images": [picture(width=1, height=64)]}, "init_images.0"),
        ({"mask": picture(width=4096, height=1)}, "mask"),
        ({"mask_blur": 300}, "mask_blur"),
        ({"mask_blur": -1}, "mask_blur"),
        ({"mask_blur": "soft"}, "mask_blur"),
        ({"mask_blur_x": 300}, "mask_blur_x"),
        ({"mask": "aGk="}, "mask"),
        ({"enable_hr": True}, "enable_hr"),
        ({"int_images": []}, "int_images"),
    ],
)
def test_what_is_wrong_is_refused_by_name(api: Api, parameters: dict[str, Any], field: str) -> None:
    answer = submit(api, **parameters)
    assert (answer.status, answer.fields) == (422, [f"parameters.{field}"])


def test_a_strip_is_told_the_way_out_and_a_panorama_is_none(api: Api) -> None:
    assert "crop it" in submit(api, init_images=[picture(width=513, height=32)]).body["detail"]
    assert submit(api, init_images=[picture(width=512, height=32)]).status == 202


def test_an_img2img_without_parameters_is_told_what_it_needs(api: Api) -> None:
    order = {name: value for name, value in ORDER.items() if name != "parameters"}
    answer = api.post("/jobs", order | {"task": "img2img"})
    assert (answer.status, answer.fields) == (422, ["parameters.init_images"])


def test_pictures_that_are_neither_one_nor_as_many_as_a_batch_are_refused(api: Api) -> None:
    answer = submit(api, batch_size=3, init_images=[picture()] * 2)
    assert answer.status == 422
    assert "batch_size (3)" in answer.body["detail"]


def test_a_txt2img_takes_no_pictures(api: Api) -> None:
    answer = api.post("/jobs", ORDER | {"parameters": {"init_images": [picture()]}})
    assert (answer.status, answer.fields) == (422, ["parameters.init_images"])


@pytest.mark.parametrize(
    ("task", "field", "other"), [("txt2img", "init_images", "img2img"), ("img2img", "enable_hr", "txt2img")]
)
def test_a_field_of_the_other_task_is_refused_as_such(api: Api, task: str, field: str, other: str) -> None:
    given = {"init_images": [picture()]} if task == "img2img" else {}
    answer = api.post("/jobs", ORDER | {"task": task, "parameters": given | {field: [picture()]}})
    assert answer.fields == [f"parameters.{field}"]
    assert f"This is a field of {other}" in answer.body["detail"]
