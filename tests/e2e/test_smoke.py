"""The smoke test of a deployment on AWS, run against the local cloud."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import boto3
import pytest
from botocore.exceptions import ClientError

from goc.keys import Keys
from local.cloud import Cloud
from local.place import ROOT
from smoke import checks, fields
from smoke.capacity import Capacity

NAMES = [check.__name__ for check in checks.ALL]
LASTS_OVER_A_MINUTE = "an_order_whose_time_runs_out_in_the_queue_fails"

# As `python -m smoke`, but for the length of one job: a processor needs as long for the tiny checkpoint at this size as
# a GPU for a real one at its own.
SMOKE = """
import sys
from smoke import __main__, checks
checks.OUTLIVING |= {"width": 128, "height": 128, "n_iter": 6}
sys.exit(__main__.main())
"""


def command(cloud: Cloud, record: Path) -> list[str]:
    which = ["--endpoint", cloud.endpoint, "--checkpoint", cloud.checkpoint, "--api", cloud.api]
    return [sys.executable, "-c", SMOKE, *which, "--record", str(record)]


def smoke(cloud: Cloud, record: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run as an operator runs it; the local cloud is in the environment that it inherits."""
    return subprocess.run(
        [*command(cloud, record), *arguments],
        cwd=ROOT,
        input=typed,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def checks_that(printed: str, verdict: str) -> list[str]:
    lines = [line for line in printed.splitlines() if line.startswith(verdict)]
    return [line.removeprefix(verdict).strip().split(":")[0] for line in lines]


def temporary(cloud: Cloud) -> list[str]:
    """What a run has made in the account and not removed."""
    queues = boto3.client("sqs").list_queues(QueueNamePrefix="goc-smoke-").get("QueueUrls", [])
    subscriptions = [each["Endpoint"] for each in boto3.client("sns").list_subscriptions()["Subscriptions"]]
    keys = [key.name for key in Keys(cloud.deployment.usage_plan).all()]
    rules = [each["Name"] for each in boto3.client("events").list_rules()["Rules"]]
    return [*queues, *(each for each in [*subscriptions, *keys, *rules] if "smoke-" in each)]


def test_everything_passes_on_the_local_cloud_too(cloud: Cloud, tmp_path: Path) -> None:
    done = smoke(cloud, tmp_path, "--yes", "--leave-out", LASTS_OVER_A_MINUTE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(checks_that(done.stdout, "passed")) == len(NAMES) - 1, done.stdout
    assert checks_that(done.stdout, "not shown") == [LASTS_OVER_A_MINUTE.replace("_", " ")]
    (record,) = tmp_path.iterdir()
    notices = [json.loads(line) for line in (record / "notices.jsonl").read_text().splitlines()]
    assert {notice.get("invocationStatus") for notice in notices if "topic" not in notice} == {"Completed", "Failed"}
    assert len({notice["topic"] for notice in notices if "topic" in notice}) == 2  # sent to test the queue
    for name in ("completed-inline", "completed-s3", "failed", "endpoint-event"):
        assert f"{name}: has the fields of the emulator" in done.stdout
    assert temporary(cloud) == []


@pytest.mark.slow
def test_a_time_that_runs_out_is_shown_too(cloud: Cloud, tmp_path: Path) -> None:
    others = [name for name in NAMES if name != LASTS_OVER_A_MINUTE]
    done = smoke(cloud, tmp_path, "--yes", "--leave-out", *others)
    assert checks_that(done.stdout, "passed") == [LASTS_OVER_A_MINUTE.replace("_", " ")], done.stdout + done.stderr
    assert "expired: has the fields of the emulator" in done.stdout


def test_nothing_is_left_where_it_fails(cloud: Cloud, tmp_path: Path) -> None:
    done = smoke(cloud, tmp_path, "--yes", "--checkpoint", "absent")
    assert done.returncode == 1
    assert "no checkpoint 'absent'" in done.stderr
    assert temporary(cloud) == []


def test_nothing_is_left_where_it_is_stopped(cloud: Cloud, tmp_path: Path) -> None:
    with subprocess.Popen([*command(cloud, tmp_path), "--yes"], cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout
        next(line for line in run.stdout if line.startswith("passed"))
        assert temporary(cloud) != []
        run.terminate()
    assert run.returncode == 1
    assert temporary(cloud) == []


@pytest.mark.parametrize("typed", ["", "no\n"])
def test_nothing_is_begun_without_a_yes(cloud: Cloud, tmp_path: Path, typed: str) -> None:
    done = smoke(cloud, tmp_path / "record", typed=typed)
    assert (done.returncode, done.stderr) == (1, "")
    assert "of the endpoint goc-dev-main (1 × ml.g5.xlarge)" in done.stdout
    assert "https://aws.amazon.com/sagemaker/ai/pricing/" in done.stdout
    assert not (tmp_path / "record").exists()


def test_each_field_in_which_a_message_differs_is_named() -> None:
    recorded, emulated = {"a": 1, "b": {"new": []}}, {"a": "1", "b": {}, "c": [{"d": None}]}
    assert list(fields.differences(recorded, emulated)) == [
        "b.new (list) came, and the emulator does not send it",
        "c (list) is sent by the emulator, and did not come",
        "c[] (dict) is sent by the emulator, and did not come",
        "c[].d (NoneType) is sent by the emulator, and did not come",
        "a came as int, and the emulator sends str",
    ]


def test_events_are_not_waited_for_where_nothing_was_rescaled(cloud: Cloud, tmp_path: Path) -> None:
    others = [name for name in NAMES if name != "endpoint_events_come_as_aws_spells_them"]
    done = smoke(cloud, tmp_path, "--yes", "--leave-out", *others)
    assert "nothing has changed the endpoint's state" in done.stdout, done.stdout + done.stderr


def described(status: str, count: int) -> dict[str, object]:
    return {"EndpointStatus": status, "ProductionVariants": [{"VariantName": "all", "CurrentInstanceCount": count}]}


@pytest.fixture
def sagemaker(monkeypatch: pytest.MonkeyPatch) -> Mock:
    sagemaker = Mock()
    monkeypatch.setattr("boto3.client", lambda _: sagemaker)
    monkeypatch.setattr("time.sleep", lambda _: None)
    return sagemaker


def test_rescaling_waits_for_the_instances_but_not_for_what_the_endpoint_s_own_scaling_does_next(
    sagemaker: Mock,
) -> None:
    states = [("InService", 1), ("Updating", 1), ("Updating", 0), ("Updating", 1)]
    sagemaker.describe_endpoint.side_effect = [described(*state) for state in states]
    capacity = Capacity("one")
    capacity.rescale(0)
    assert capacity.changed
    assert sagemaker.describe_endpoint.call_count == 3
    wanted = [{"VariantName": "all", "DesiredInstanceCount": 0}]
    sagemaker.update_endpoint_weights_and_capacities.assert_called_once_with(
        EndpointName="one", DesiredWeightsAndCapacities=wanted
    )


def test_an_endpoint_that_its_own_scaling_brings_back_is_not_rescaled(sagemaker: Mock) -> None:
    states = [("Updating", 0), ("InService", 1), ("InService", 1)]
    sagemaker.describe_endpoint.side_effect = [described(*state) for state in states]
    Capacity("one").rescale(1)
    sagemaker.update_endpoint_weights_and_capacities.assert_not_called()


def test_rescaling_is_asked_for_again_where_the_endpoint_s_own_scaling_was_first(sagemaker: Mock) -> None:
    refusal: Any = {"Error": {"Code": "ValidationException", "Message": 'Cannot update in-progress endpoint "one".'}}
    sagemaker.update_endpoint_weights_and_capacities.side_effect = [ClientError(refusal, "Update"), {}]
    states = [("InService", 0), ("Updating", 0), ("InService", 1), ("InService", 2)]
    sagemaker.describe_endpoint.side_effect = [described(*state) for state in states]
    Capacity("one").rescale(2)
    assert sagemaker.update_endpoint_weights_and_capacities.call_count == 2
