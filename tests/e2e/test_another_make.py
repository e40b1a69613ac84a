"""An endpoint that runs the WebUI itself, or anything that answers as it does, works with the functions as they are."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from goc.client import Client
from local.cloud import Cloud
from tests.e2e import webui
from tests.e2e.endpoints import ended
from tests.e2e.test_pictures import encoded
from tests.e2e.user import User


@pytest.fixture(scope="module")
def endpoint(cloud: Cloud) -> Iterator[str]:
    """Like the local cloud's own, but for its image."""
    image = "000000000000.dkr.ecr.us-east-1.amazonaws.com/tests.e2e.webui:module"
    with Client(cloud.api, cloud.key) as client:
        name = client.create_endpoint("ml.g5.xlarge", "webui", min_instances=1, image=image).name
        assert client.wait_for_endpoint(name).status == "InService"
        yield name
        client.delete_endpoint(name, force=True)
        ended(client, name)


def drawn(user: User, endpoint: str, **parameters: Any) -> dict[str, Any]:
    order = user.order(seed=7, **parameters) | {"endpoint": endpoint}
    answer = user.http.post("/jobs", json=order)
    assert answer.status_code == 202, answer.text
    return user.finished(answer.json()["id"])


def test_its_pictures_are_stored_as_they_are_with_their_infotexts(user: User, endpoint: str) -> None:
    job = drawn(user, endpoint)
    assert (job["status"], job["error"], job["extra_images"]) == ("succeeded", None, [])
    (image,) = job["images"]
    assert (image["seed"], image["width"], image["infotext"]) == (7, 64, "a cute dog\nSteps: 2, Seed: 7")
    assert user.picture(job) == webui.png(64, 64, 10, image["infotext"])


def test_a_grid_and_maps_are_told_from_the_pictures(user: User, endpoint: str) -> None:
    unit = {"enabled": True, "model": "canny", "image": encoded(Image.new("RGB", (64, 64)))}
    job = drawn(user, endpoint, batch_size=2, alwayson_scripts={"controlnet": {"args": [unit]}})
    assert [image["seed"] for image in job["images"]] == [7, 8]
    assert [(each["kind"], each["width"]) for each in job["extra_images"]] == [("grid", 128), ("control_map", 8)]
    reds = [
        Image.open(BytesIO(httpx.get(each["url"]).content)).getpixel((0, 0))
        for each in [*job["images"], *job["extra_images"]]
    ]
    assert reds == [(10, 0, 0), (11, 0, 0), (1, 0, 0), (2, 0, 0)]


def test_a_hundred_pictures_come_through(user: User, endpoint: str) -> None:
    job = drawn(user, endpoint, batch_size=10, n_iter=10)
    assert (job["status"], len(job["images"])) == ("succeeded", 100)
