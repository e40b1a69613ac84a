from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from shared.bucket import MANIFEST
from shared.cloud import Cloud
from shared.keys import owner_of
from shared.shapes import ExtraImage, JobKey, Manifest, ModelType, Outcome
from tests.unit.api import ALICE, BOB, Api
from tests.unit.calls import AwsCalls
from tests.unit.logs import Log
from tests.unit.things import ORDER, add_endpoint, add_job, add_model, drawn, picture

ENDPOINT = "goc-dev-" + "e" * 55


def test_a_job_shows_what_was_ordered(api: Api, aws: Cloud) -> None:
    job = add_job(aws)
    answer = api.get(f"/jobs/{job.id}")
    assert answer.status == 200
    assert answer.body["parameters"]["prompt"] == "a cute dog"
    assert answer.body["images"] == []
    assert "owner" not in answer.body


def test_a_drawn_job_shows_its_pictures_with_links_that_open_for_an_hour(api: Api, aws: Cloud) -> None:
    job = add_job(aws)
    aws.jobs.settle(job.key, drawn(pictures=2))
    body = api.get(f"/jobs/{job.id}").body
    assert (body["status"], body["progress"]) == ("succeeded", 1.0)
    assert [image["seed"] for image in body["images"]] == [0, 1]
    link = urlsplit(body["images"][0]["url"])
    assert link.path.endswith(f"jobs/{job.owner}/{job.id}/outputs/000-0.png")
    assert parse_qs(link.query)["X-Amz-Expires"] == ["3600"]
    assert body["images"][0]["infotext"] == "a cute dog\nSteps: 20"


def test_reading_a_job_takes_one_aws_call(api: Api, aws: Cloud, aws_calls: AwsCalls) -> None:
    job = add_job(aws)
    aws.jobs.settle(job.key, drawn())
    aws_calls.clear()
    api.get(f"/jobs/{job.id}")
    assert aws_calls == ["GetItem"]


def test_long_infotexts_come_from_the_manifest(api: Api, aws: Cloud) -> None:
    manifest = drawn(pictures=100, infotext="x" * 5000)
    job = add_job(aws)
    aws.bucket.put(job.key.output(MANIFEST), manifest.model_dump_json().encode(), "application/json")
    aws.jobs.settle(job.key, manifest)
    assert api.get(f"/jobs/{job.id}").body["images"][99]["infotext"] == "x" * 5000


def size(value: Any) -> int:
    """In bytes, as DynamoDB counts (its developer guide, "item sizes and formats")."""
    ((kind, content),) = value.items()
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + size(each) for name, each in content.items())
    if kind == "L":
        return 3 + sum(1 + size(each) for each in content)
    return 2 + len(content) // 2 if kind == "N" else len(str(content).encode())


def longest(api: Api, task: str, **parameters: Any) -> JobKey:
    """A job whose order has everything at its longest."""
    unit = {"enabled": True, "model": "c" * 50, "image": picture(), "mask": picture(), "weight": 1.234567}
    unit |= {"hr_option": "High res only", "control_mode": "ControlNet is more important"}
    unit |= {"advanced_weighting": [0.1234] * 13}
    parameters |= {"prompt": "🐕" * 3_000, "alwayson_scripts": {"controlnet": {"args": [unit] * 10}}}
    parameters["alwayson_scripts"] |= {f"script {number}": [True] for number in range(1000)}
    listed = {"textual_inversion": ["é" * 20] * 50}
    order = {"task": task, "endpoint": ENDPOINT, "checkpoint": "m" * 200, "extra_networks": listed}
    job = api.post("/jobs", order | {"parameters": parameters}).body
    return JobKey(owner_of(ALICE), job["id"])


@pytest.mark.parametrize(("pictures", "infotext"), [(100, "i" * 60), (6, "i" * 600), (1, "i" * 13_000)])
@pytest.mark.parametrize(
    ("task", "parameters"),
    [
        ("img2img", {"batch_size": 16, "init_images": [picture()] * 16, "mask": picture()}),
        ("txt2img", {"enable_hr": True, "hr_upscaler": "Latent (bicubic antialiased)", "hr_sampler_name": "UniPC"}),
    ],
)
def test_a_record_stays_under_32_kb_whatever_was_ordered_and_drawn(
    api: Api, aws: Cloud, task: str, parameters: dict[str, Any], pictures: int, infotext: str
) -> None:
    add_endpoint(aws, ENDPOINT)
    add_model(aws, "m" * 200)
    add_model(aws, "c" * 50, ModelType.CONTROLNET)
    add_model(aws, "é" * 20, ModelType.TEXTUAL_INVERSION)
    key = longest(api, task, **parameters)
    extra = [
        ExtraImage(kind="control_map", file=f"control-map-{unit}.png", width=4096, height=4096, unit=unit)
        for unit in range(11)
    ]
    warnings = [f"The unit {unit} was drawn without what it asks for." for unit in range(1000)]
    manifest = drawn(pictures, infotext, extra_images=extra, warnings=warnings, error="e" * 100_000)
    aws.bucket.put(key.output(MANIFEST), manifest.model_dump_json().encode(), "application/json")
    aws.jobs.settle(key, manifest)
    (record,) = aws.dynamodb.scan(TableName="jobs")["Items"]
    assert 23_000 < size({"M": record}) < 32_000
    assert len(api.get(f"/jobs/{key.id}").body["images"]) == pictures


def test_an_order_that_a_record_cannot_hold_is_refused(api: Api, aws: Cloud) -> None:
    add_endpoint(aws)
    add_model(aws)
    pose = {"people": [{"pose_keypoints_2d": [1234.567] * 54}], "canvas_width": 2048, "canvas_height": 2048}
    add_model(aws, "control", ModelType.CONTROLNET)
    unit = {"enabled": True, "model": "control", "keypoints": pose, "advanced_weighting": [1 / 3] * 13}
    answer = api.post("/jobs", ORDER | {"parameters": {"alwayson_scripts": {"controlnet": {"args": [unit] * 10}}}})
    assert (answer.status, answer.fields) == (422, ["parameters"])
    assert "send fewer ControlNet units" in answer.body["detail"]


def test_a_failed_job_shows_what_its_container_wrote_after_it_was_given_up(api: Api, aws: Cloud) -> None:
    job = add_job(aws)
    aws.jobs.settle(job.key, Manifest(outcome=Outcome.FAILED, error="It was not drawn by its deadline."))
    assert api.get(f"/jobs/{job.id}").body["images"] == []
    aws.bucket.put(job.key.output(MANIFEST), drawn(pictures=2).model_dump_json().encode(), "application/json")
    body = api.get(f"/jobs/{job.id}").body
    assert (body["status"], len(body["images"])) == ("failed", 2)
    assert all(image["url"] for image in body["images"])


def test_what_was_made_beside_the_pictures_has_links_too(api: Api, aws: Cloud) -> None:
    job = add_job(aws)
    aws.jobs.settle(job.key, drawn(extra_images=[ExtraImage(kind="grid", file="grid.jpg", width=64, height=64)]))
    (grid,) = api.get(f"/jobs/{job.id}").body["extra_images"]
    assert (grid["kind"], grid["unit"]) == ("grid", None)
    assert urlsplit(grid["url"]).path.endswith(f"{job.id}/outputs/grid.jpg")


def test_a_job_that_was_ordered_with_a_preview_links_to_it_while_it_is_drawn(
    api: Api, aws: Cloud, aws_calls: AwsCalls
) -> None:
    job = add_job(aws, preview=True)
    assert api.get(f"/jobs/{job.id}").body["preview_url"] is None
    aws.jobs.claim(job.key, "one")
    aws_calls.clear()
    shown = urlsplit(api.get(f"/jobs/{job.id}").body["preview_url"])
    assert aws_calls == ["GetItem"]
    assert shown.path.endswith(f"{job.id}/outputs/preview.jpg")
    aws.jobs.settle(job.key, drawn())
    assert api.get(f"/jobs/{job.id}").body["preview_url"] is None


def test_a_job_that_was_ordered_without_a_preview_has_none(api: Api, aws: Cloud) -> None:
    job = add_job(aws)
    aws.jobs.claim(job.key, "one")
    assert api.get(f"/jobs/{job.id}").body["preview_url"] is None


@pytest.mark.parametrize(
    "id", ["abc", "0" * 2000, "01a20631-e30e-74c5-b1ce-ad1925bb5db8", "01A20631-E30E-74C5-B1CE-AD1925BB5DB8"]
)
def test_a_job_that_is_not_there_is_not_found(api: Api, id: str) -> None:
    answer = api.get(f"/jobs/{id}")
    assert (answer.status, answer.body["title"]) == (404, "Not Found")


def test_another_owners_job_answers_as_one_that_is_not_there(api: Api, aws: Cloud) -> None:
    job = add_job(aws)
    answer = api.get(f"/jobs/{job.id}", key=BOB)
    assert (answer.status, answer.body["title"]) == (404, "Not Found")


@pytest.mark.parametrize("id", ["01a20631-e30e-74c5-b1ce-ad1925bb5db8", "a-cute-dog", "0" * 2000])
def test_a_request_about_a_job_is_logged_with_what_can_be_its_id(api: Api, log: Log, id: str) -> None:
    api.get(f"/jobs/{id}")
    (line,) = log.lines("answered")
    assert (line["route"], line.get("job")) == ("/jobs/{id}", id if id[:2] == "01" else None)


def test_a_record_that_cannot_be_read_is_a_fault_that_quotes_nothing_of_it(api: Api, aws: Cloud) -> None:
    """Lambda logs the text of what a function throws."""
    job = add_job(aws)
    aws.dynamodb.update_item(
        TableName="jobs",
        Key={"owner": {"S": job.owner}, "id": {"S": job.id}},
        UpdateExpression="SET #parameters.steps = :prompt",
        ExpressionAttributeNames={"#parameters": "parameters"},
        ExpressionAttributeValues={":prompt": {"S": "a marked prompt"}},
    )
    with pytest.raises(ValidationError) as fault:
        api.get(f"/jobs/{job.id}")
    assert "steps" in str(fault.value)
    assert "marked" not in str(fault.value)
    assert "cute dog" not in str(fault.value)


def test_a_replaced_key_keeps_its_owners_jobs(api: Api, aws: Cloud) -> None:
    job = add_job(aws)
    replaced = ALICE[:15] + "z" * 40
    assert api.get(f"/jobs/{job.id}", key=replaced).status == 200
