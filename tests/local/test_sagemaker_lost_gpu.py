"""What becomes of the orders behind one that loses the container its GPU."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local.sagemaker.app import build_app
from shared.parameters import Txt2ImgParameters
from shared.shapes import Model, ModelType, Order, now
from tests.local.clients import Client
from tests.local.conftest import settings_for
from tests.local.fake_aws import FakeAws
from tests.local.serving import served
from tests.stack import ROOT


@pytest.fixture
def emulator(aws: FakeAws, tmp_path: Path) -> Iterator[Client]:
    settings = replace(
        settings_for(aws, tmp_path),
        container_command=(sys.executable, "-m", "tests.local.lost_gpu"),
        container_environment={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )
    with served(build_app(settings)) as url:
        yield Client(url)


def order(id: str) -> dict[str, Any]:
    checkpoint = Model(type=ModelType.CHECKPOINT, name="a", key="a", size=1, updated_at=now())
    return Order(owner="alice", id=id, checkpoint=checkpoint, parameters=Txt2ImgParameters()).model_dump(mode="json")


def test_they_wait_for_the_next_container_and_are_drawn(emulator: Client, aws: FakeAws) -> None:
    endpoint = emulator.deploy(emulator.configure(included=["SUCCESS_NOTIFICATION_TOPIC"]))
    orders = [emulator.order(endpoint, order(id)) for id in ("loses it", "second", "third")]
    lost, *others = (aws.notice(each).notice for each in orders)
    assert "error (500)" in lost["failureReason"]
    assert [each["invocationStatus"] for each in others] == ["Completed", "Completed"]
