"""Containers of another make, which answer what the WebUI's own API answers."""

import json
from base64 import b64decode, b64encode
from typing import Any

import boto3
import pytest

from lambdas.jobs import answers
from lambdas.jobs.sweeper import sweep
from shared.bucket import MANIFEST, RESPONSE
from shared.cloud import Cloud
from shared.shapes import Job, JobKey, Outcome, Status
from tests.unit.api import Api
from tests.unit.notices import deliver, failure, success
from tests.unit.things import add_endpoint, add_job, drawn, picture


def answer(images: list[str], seeds: list[int], **info: Any) -> dict[str, Any]:
    infotexts = [f"a dog\nSteps: 20, Seed: {seed}" for seed in seeds]
    told = {"all_seeds": seeds, "all_subseeds": [seed + 1 for seed in seeds], "infotexts": infotexts}
    told |= {"subseed_strength": 0, "index_of_first_image": 0, "sd_model_hash": "1a2b3c4d"}
    return {"images": images, "parameters": {"prompt": "a dog"}, "info": json.dumps(told | info)}


def respond(aws: Cloud, job: Job, response: object) -> None:
    """Store it as SageMaker stores an answer that is too large for a notice."""
    aws.bucket.put(job.key.output(RESPONSE), json.dumps(response).encode(), "application/json")


def settled(aws: Cloud, key: JobKey) -> Job:
    job = aws.jobs.get(key)
    assert job
    return job


def stored(job: Job, file: str) -> tuple[bytes, str]:
    found = boto3.client("s3").get_object(Bucket="bucket", Key=job.key.output(file))
    return found["Body"].read(), found["ContentType"]


def test_its_pictures_are_stored_as_they_are_with_their_seeds_and_infotexts(aws: Cloud) -> None:
    job, images = add_job(aws), [picture(width=64), picture(width=128)]
    respond(aws, job, answer(images, [7, 8]))
    assert deliver(success(job.key)) == []
    found = settled(aws, job.key)
    assert (found.status, found.error) == (Status.SUCCEEDED, None)
    one, two = found.images
    assert (one.seed, one.width, one.height, one.subseed) == (7, 64, 32, None)
    assert (two.seed, two.width, two.infotext) == (8, 128, "a dog\nSteps: 20, Seed: 8")
    assert stored(job, one.file) == (b64decode(images[0]), "image/png")
    assert stored(job, two.file) == (b64decode(images[1]), "image/png")


def test_its_job_is_shown_with_links(api: Api, aws: Cloud) -> None:
    job = add_job(aws)
    respond(aws, job, answer([picture()], [7]))
    deliver(success(job.key))
    (image,) = api.get(f"/jobs/{job.id}").body["images"]
    assert "/outputs/000-7.png" in image["url"]


def test_a_small_answer_comes_inside_the_notice(aws: Cloud) -> None:
    job = add_job(aws)
    content = b64encode(json.dumps(answer([picture()], [7])).encode()).decode()
    deliver(success(job.key) | {"responseBody": {"content": content, "encoding": "BASE64"}})
    assert [image.seed for image in settled(aws, job.key).images] == [7]


def test_a_grid_and_control_maps_are_told_from_the_pictures(aws: Cloud) -> None:
    grid, map = picture(width=256), picture(width=96)
    job = add_job(aws)
    texts = ["of the grid", "of the first", "of the second"]
    images = [grid, picture(), picture(), map]
    respond(aws, job, answer(images, [7, 8], index_of_first_image=1, infotexts=texts))
    deliver(success(job.key))
    found = settled(aws, job.key)
    assert [(image.seed, image.infotext) for image in found.images] == [(7, "of the first"), (8, "of the second")]
    assert [(each.kind, each.width) for each in found.extra_images] == [("grid", 256), ("control_map", 96)]
    assert stored(job, found.extra_images[0].file)[0] == b64decode(grid)
    assert stored(job, found.extra_images[1].file)[0] == b64decode(map)


def test_seeds_of_variations_are_told(aws: Cloud) -> None:
    job = add_job(aws)
    respond(aws, job, answer([picture()], [7], subseed_strength=0.5))
    deliver(success(job.key))
    assert settled(aws, job.key).images[0].subseed == 8


@pytest.mark.parametrize(("format", "extension"), [("JPEG", "jpg"), ("WEBP", "webp")])
def test_pictures_may_be_of_other_formats_too(aws: Cloud, format: str, extension: str) -> None:
    job = add_job(aws)
    respond(aws, job, answer([picture(format)], [7]))
    deliver(success(job.key))
    assert settled(aws, job.key).images[0].file == f"000-7.{extension}"


def test_a_hundred_pictures_with_long_infotexts_are_all_shown(api: Api, aws: Cloud) -> None:
    job, seeds = add_job(aws), list(range(100))
    respond(aws, job, answer([picture()] * 100, seeds, infotexts=["i" * 1000] * 100))
    deliver(success(job.key))
    images = api.get(f"/jobs/{job.id}").body["images"]
    assert [image["seed"] for image in images] == seeds
    assert all(image["infotext"] == "i" * 1000 for image in images)


def test_a_notice_that_comes_twice_settles_its_job_once(aws: Cloud) -> None:
    job = add_job(aws)
    respond(aws, job, answer([picture()], [7]))
    deliver(success(job.key))
    first = settled(aws, job.key)
    respond(aws, job, answer([picture()], [9]))  # a second delivery of the order was drawn as well
    assert deliver(success(job.key), failure(job.key)) == []
    assert settled(aws, job.key) == first
    manifest = aws.bucket.manifest(job.key)
    assert manifest
    assert [image.seed for image in manifest.images] == [7]


@pytest.mark.parametrize("upload", range(3))
def test_a_settling_that_broke_off_anywhere_is_done_by_the_notice_given_again(
    aws: Cloud, monkeypatch: pytest.MonkeyPatch, upload: int
) -> None:
    """At one of the two pictures, or at the manifest."""
    job = add_job(aws)
    respond(aws, job, answer([picture(), picture()], [7, 8]))
    put, puts = aws.bucket.put, iter(range(10))

    def break_off(*arguments: Any) -> str:
        if next(puts) == upload:
            raise ConnectionError
        return put(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(aws.bucket, "put", break_off)
        patch.setattr(answers, "UPLOADS", 1)
        assert deliver(success(job.key)) == ["0"]
    assert settled(aws, job.key).status is Status.QUEUED
    assert deliver(success(job.key)) == []
    assert [image.seed for image in settled(aws, job.key).images] == [7, 8]


def test_a_job_whose_notice_was_lost_is_settled_by_the_sweeper(aws: Cloud) -> None:
    add_endpoint(aws)
    job = add_job(aws)
    respond(aws, job, answer([picture()], [7]))
    aws.dynamodb.update_item(
        TableName="jobs",
        Key={"owner": {"S": job.owner}, "id": {"S": job.id}},
        UpdateExpression="SET deadline = :past",
        ExpressionAttributeValues={":past": {"S": "2020-01-01T00:00:00.000Z"}},
    )
    sweep(aws)
    found = settled(aws, job.key)
    assert (found.status, len(found.images)) == (Status.SUCCEEDED, 1)


@pytest.mark.parametrize(
    "response",
    [
        "no object",
        {},
        {"images": [], "info": "{}"},
        {"images": [picture()]},
        {"images": [picture()], "info": "no JSON"},
        {"images": [picture()], "info": json.dumps({"all_seeds": []})},
        {"images": [5], "info": json.dumps({"all_seeds": [7]})},
        {"detail": "Not Found"},
    ],
)
def test_an_answer_that_cannot_be_read_fails_its_job_with_a_reason(aws: Cloud, response: object) -> None:
    job = add_job(aws)
    respond(aws, job, response)
    assert deliver(success(job.key)) == []
    found = settled(aws, job.key)
    assert found.status is Status.FAILED
    assert "answer can't be read" in (found.error or "")


@pytest.mark.parametrize(("images", "kept"), [([], 0), ([picture(), "no base64!"], 1), ([picture(), "aGk="], 1)])
def test_an_answer_that_lacks_pictures_fails_its_job_and_keeps_those_there_are(
    aws: Cloud, images: list[str], kept: int
) -> None:
    job = add_job(aws)
    respond(aws, job, answer(images, [7, 8]))
    deliver(success(job.key))
    found = settled(aws, job.key)
    assert (found.status, len(found.images)) == (Status.FAILED, kept)
    assert found.error == f"Of 2 pictures, the endpoint answered {kept} that can be read."


def test_a_manifest_in_the_bucket_is_preferred_to_a_response_beside_it(aws: Cloud) -> None:
    """The project's own container answers with its manifest, so that lies there as the response, too."""
    job = add_job(aws)
    respond(aws, job, {"outcome": Outcome.NOT_MINE})
    aws.bucket.put(job.key.output(MANIFEST), drawn(pictures=2).model_dump_json().encode(), "application/json")
    deliver(success(job.key))
    assert len(settled(aws, job.key).images) == 2


def test_an_answer_of_a_job_that_was_cancelled_changes_nothing_of_its_state(api: Api, aws: Cloud) -> None:
    job = add_job(aws)
    api.post(f"/jobs/{job.id}/cancel")
    respond(aws, job, answer([picture()], [7]))
    assert deliver(success(job.key)) == []
    body = api.get(f"/jobs/{job.id}").body
    assert (body["status"], len(body["images"])) == ("cancelled", 1)
