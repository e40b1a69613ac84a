"""The links that browsers and clients are given: they have to reach a bucket in any region, even one made just now."""

import pytest

from shared.cloud import Cloud
from tests.unit.aws import CREDENTIALS, SETTINGS

HOST = "https://bucket.s3.eu-central-1.amazonaws.com/"


@pytest.fixture
def abroad(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    for name, value in (CREDENTIALS | {"AWS_DEFAULT_REGION": "eu-central-1"}).items():
        monkeypatch.setenv(name, value)
    return Cloud(SETTINGS)


def test_every_link_names_the_buckets_own_region(abroad: Cloud) -> None:
    assert abroad.bucket.link("jobs/a.png").startswith(f"{HOST}jobs/a.png?")
    assert abroad.multipart.link("models/a.pt", "id", 1, 5, 3600).startswith(f"{HOST}models/a.pt?")
    assert abroad.bucket.form("uploads/a", "image/png", 5, 3600)["url"] == HOST


def test_an_address_in_place_of_aws_is_not_given_the_buckets_name(
    abroad: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:4566")
    assert abroad.bucket.link("jobs/a.png").startswith("http://127.0.0.1:4566/bucket/jobs/a.png?")
