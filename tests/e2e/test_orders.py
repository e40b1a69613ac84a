"""Orders go in over REST, pictures come out."""

from collections.abc import Iterator
from io import BytesIO

import boto3
import pytest
from PIL import Image

from goc import keys
from local.cloud import Cloud
from tests.e2e.user import User, soon
from tests.model_files import safetensors


def test_an_order_becomes_a_picture_with_its_infotext_inside(user: User) -> None:
    job = user.finished(user.submit(seed=7, negative_prompt="a cat", sampler_name="DPM++ 2M", width=128))
    assert (job["status"], job["progress"], job["error"]) == ("succeeded", 1.0, None)
    picture = Image.open(BytesIO(user.picture(job)))
    assert (picture.format, picture.size) == ("PNG", (128, 64))
    assert picture.info["parameters"] == job["images"][0]["infotext"]
    assert job["images"][0]["infotext"].startswith(
        "a cute dog\nNegative prompt: a cat\n"
        "Steps: 2, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 7, Size: 128x64, Model hash: "
    )


def test_an_order_is_answered_with_the_place_of_its_job(user: User) -> None:
    answer = user.http.post("/jobs", json=user.order())
    place = answer.url.join(answer.headers["location"])
    assert user.http.get(place).json()["id"] == answer.json()["id"]


def test_the_same_seed_gives_the_same_picture(user: User) -> None:
    one, two = (user.finished(user.submit(seed=5)) for _ in range(2))
    assert user.picture(one) == user.picture(two)


def test_a_seed_is_drawn_and_said(user: User) -> None:
    seed = user.finished(user.submit(seed=-1))["images"][0]["seed"]
    assert 0 <= seed < 2**32


def test_batches_count_their_seeds_up(user: User) -> None:
    job = user.finished(user.submit(seed=10, batch_size=2, n_iter=2))
    assert [image["seed"] for image in job["images"]] == [10, 11, 12, 13]
    assert len({user.picture(job, number) for number in range(4)}) == 4


def test_a_hundred_pictures_come_back_with_all_their_infotexts(user: User) -> None:
    job = user.finished(user.submit(prompt="a dog, " * 100, batch_size=10, n_iter=10, steps=1))
    assert len(job["images"]) == 100
    assert all(f"Seed: {image['seed']}," in image["infotext"] for image in job["images"])


def test_two_orders_in_flight_are_drawn_one_after_the_other(user: User) -> None:
    first, second = user.submit(steps=40, width=256, height=256), user.submit()
    user.wait_for(first, "running")
    assert user.job(second)["status"] == "queued"
    one, two = user.finished(first), user.finished(second)
    assert (one["status"], two["status"]) == ("succeeded", "succeeded")
    assert one["created_at"] < one["started_at"] < two["started_at"]


def test_the_list_shows_jobs_newest_first(user: User) -> None:
    ids = [user.submit() for _ in range(3)]
    for id in ids:
        user.finished(id)
    listed = user.http.get("/jobs", params={"limit": 3}).json()
    assert [job["id"] for job in listed["jobs"]] == ids[::-1]
    assert {job["status"] for job in listed["jobs"]} == {"succeeded"}
    older = user.http.get("/jobs", params={"cursor": listed["next_cursor"]}).json()
    assert not {job["id"] for job in older["jobs"]} & set(ids)


def test_a_checkpoint_that_cannot_be_drawn_with_fails_its_job_with_the_reason(user: User, cloud: Cloud) -> None:
    """Its header is sound, so that only the container sees that it holds no Stable Diffusion."""
    s3 = boto3.client("s3")
    body = safetensors({"model.diffusion_model.something.else": [4]})
    s3.put_object(Bucket=cloud.deployment.bucket, Key="models/checkpoint/other.safetensors", Body=body)
    user.wait_until_listed("models", "other")
    job = user.finished(user.submit(checkpoint="other"))
    assert job["status"] == "failed"
    assert "no checkpoint that can be loaded" in job["error"]
    assert user.finished(user.submit())["status"] == "succeeded"  # the endpoint is as sound as before


def test_a_checkpoint_that_is_gone_is_no_longer_offered(user: User, cloud: Cloud) -> None:
    s3 = boto3.client("s3")
    s3.put_object(Bucket=cloud.deployment.bucket, Key="models/checkpoint/short.safetensors", Body=b"x")
    user.wait_until_listed("models", "short")
    s3.delete_object(Bucket=cloud.deployment.bucket, Key="models/checkpoint/short.safetensors")
    user.wait_until_listed("models", "short", listed=False)
    assert user.http.post("/jobs", json=user.order("short")).status_code == 422


def test_another_owner_sees_nothing_of_a_job(user: User, cloud: Cloud) -> None:
    id = user.submit()
    gateway = boto3.client("apigateway")
    value = keys.issue("somebody else")
    key = gateway.create_api_key(name="else", value=value, enabled=True)
    gateway.create_usage_plan_key(usagePlanId=cloud.deployment.usage_plan, keyId=key["id"], keyType="API_KEY")
    other = {"x-api-key": value}
    assert user.http.get(f"/jobs/{id}", headers=other).status_code == 404
    assert user.http.get("/jobs", headers=other).json()["jobs"] == []
    assert user.finished(id)


def test_a_new_endpoint_takes_orders_only_when_it_is_in_service(user: User, cloud: Cloud) -> None:
    sagemaker = boto3.client("sagemaker")
    name = f"{cloud.deployment.endpoint_prefix}second"
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=cloud.endpoint)
    user.wait_until_listed("endpoints", name)
    refused = user.http.post("/jobs", json=user.order() | {"endpoint": name})
    assert refused.status_code == 409
    assert "is Creating" in refused.json()["detail"]
    soon(lambda: name in [each["name"] for each in user.list("endpoints", status="InService")])
    answer = user.http.post("/jobs", json=user.order() | {"endpoint": name})
    assert answer.status_code == 202
    assert user.finished(answer.json()["id"])["status"] == "succeeded"
    sagemaker.delete_endpoint(EndpointName=name)


@pytest.mark.parametrize("key", ["", "wrong", "goc" + "a" * 52])
def test_a_key_that_is_none_opens_nothing(user: User, key: str) -> None:
    answer = user.http.get("/ping", headers={"x-api-key": key})
    assert (answer.status_code, answer.json()["title"]) == (403, "Forbidden")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"\xff\xfe", 400), (b"", 422), (b"[]", 422), (b'{"task": "draw"}', 422), (b"{}" * 100, 400)],
)
def test_a_body_that_is_no_order_is_refused_through_the_gateway_too(user: User, body: bytes, status: int) -> None:
    answer = user.http.post("/jobs", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    problem = answer.json()
    assert problem["status"] == status
    assert problem["request_id"]
    assert problem["errors"]


@pytest.fixture
def impatient(cloud: Cloud) -> Iterator[None]:
    """The usage plan lets a key ask once in ten seconds, so that this machine's speed does not matter."""
    plan = boto3.client("apigateway").get_usage_plan(usagePlanId=cloud.deployment.usage_plan)["throttle"]
    limit(cloud, rate=0.1, burst=1)
    yield
    limit(cloud, plan["rateLimit"], plan["burstLimit"])


def limit(cloud: Cloud, rate: float, burst: int) -> None:
    values = {"/throttle/rateLimit": str(rate), "/throttle/burstLimit": str(burst)}
    boto3.client("apigateway").update_usage_plan(
        usagePlanId=cloud.deployment.usage_plan,
        patchOperations=[{"op": "replace", "path": path, "value": value} for path, value in values.items()],
    )


def test_a_key_that_asks_too_often_is_told_when_to_ask_again(user: User, impatient: None) -> None:
    answers = [user.http.get("/ping") for _ in range(5)]
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["content-type"] == "application/problem+json"
    assert "wait a second" in refused.json()["detail"]
