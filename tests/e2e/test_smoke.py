"""The smoke test of a deployment on AWS, run against the local cloud: as far as that can show."""

import asyncio
import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import boto3
import pytest

from goc.keys import Keys
from local.cloud import Cloud
from local.place import REGION, ROOT
from local.sagemaker.events import Events
from local.sagemaker.records import ENDPOINT, Records
from smoke import checks, fields
from smoke.capacity import Capacity

NAMES = [check.__name__ for check in checks.ALL]
LASTS_OVER_A_MINUTE = "an_order_whose_time_runs_out_in_the_queue_fails"
NOT_SHOWN_HERE = ["a job outlives its instance", "endpoint events come as aws spells them"]


def command(cloud: Cloud, record: Path) -> list[str]:
    which = ["--endpoint", cloud.endpoint, "--checkpoint", cloud.checkpoint, "--api", cloud.api]
    return [sys.executable, "-m", "smoke", *which, "--record", str(record)]


def smoke(cloud: Cloud, record: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run as an operator runs it; the local cloud is in the environment that it inherits."""
    return subprocess.run(
        [*command(cloud, record), *arguments],
        cwd=ROOT,
        input=typed,
        capture_output=True,
        text=True,
        timeout=240,
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


def test_everything_passes_that_the_local_cloud_can_show(cloud: Cloud, tmp_path: Path) -> None:
    done = smoke(cloud, tmp_path, "--yes", "--leave-out", LASTS_OVER_A_MINUTE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(checks_that(done.stdout, "passed")) == 4
    assert checks_that(done.stdout, "not shown") == [LASTS_OVER_A_MINUTE.replace("_", " "), *NOT_SHOWN_HERE]
    (record,) = tmp_path.iterdir()
    notices = [json.loads(line) for line in (record / "notices.jsonl").read_text().splitlines()]
    assert {notice["invocationStatus"] for notice in notices} == {"Completed", "Failed"}
    for name in ("completed-inline", "completed-s3", "failed"):
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
    assert "of the endpoint goc-dev-demo (1 × ml.g5.xlarge)" in done.stdout
    assert "https://aws.amazon.com/sagemaker/ai/pricing/" in done.stdout
    assert not (tmp_path / "record").exists()


def test_the_expected_event_has_the_fields_of_the_emulators(cloud: Cloud) -> None:
    expected = json.loads((fields.EXPECTED / "endpoint-event.json").read_text())
    assert list(fields.differences(expected, emulated_event(cloud))) == []


def test_each_field_in_which_a_message_differs_is_named() -> None:
    recorded, emulated = {"a": 1, "b": {"new": []}}, {"a": "1", "b": {}, "c": [{"d": None}]}
    assert list(fields.differences(recorded, emulated)) == [
        "b.new (list) came, and the emulator does not send it",
        "c (list) is sent by the emulator, and did not come",
        "c[] (dict) is sent by the emulator, and did not come",
        "c[].d (NoneType) is sent by the emulator, and did not come",
        "a came as int, and the emulator sends str",
    ]


def test_an_endpoint_is_scaled_to_nothing_and_back_while_it_draws() -> None:
    """What only AWS can do, by a stand-in: that the check asks for it in its order."""
    site = Mock()
    site.capacity.count = 2
    site.user.job.return_value = {"status": "running"}
    site.user.wait_for.side_effect = [{"status": "running"}, {"status": "failed", "error": "lost", "images": []}]
    seen = checks.a_job_outlives_its_instance(site)
    assert [call.args for call in site.capacity.rescale.call_args_list] == [(0,), (2,)]
    assert seen == "it was scaled to 0, where the job was running, and back to 2: the job failed, lost"


def test_rescaling_waits_for_the_instances(monkeypatch: pytest.MonkeyPatch) -> None:
    sagemaker = Mock()
    states = [("InService", 1), ("Updating", 1), ("Updating", 0), ("InService", 0)]
    sagemaker.describe_endpoint.side_effect = [
        {
            "EndpointStatus": status,
            "ProductionVariants": [{"VariantName": "all", "CurrentInstanceCount": count, "DesiredInstanceCount": 0}],
        }
        for status, count in states
    ]
    monkeypatch.setattr("boto3.client", lambda _: sagemaker)
    monkeypatch.setattr("time.sleep", lambda _: None)
    capacity = Capacity("one")
    capacity.rescale(0)
    assert capacity.changed
    wanted = [{"VariantName": "all", "DesiredInstanceCount": 0}]
    sagemaker.update_endpoint_weights_and_capacities.assert_called_once_with(
        EndpointName="one", DesiredWeightsAndCapacities=wanted
    )


def emulated_event(cloud: Cloud) -> dict[str, Any]:
    """What the emulator tells of the endpoint as its records have it."""
    functions = Mock()
    events = Events(functions, "", REGION)
    events.tell(Records(ENDPOINT, cloud.deployment.folder / "sagemaker", REGION).get(cloud.endpoint))
    with suppress(TimeoutError):  # it would wait for the next
        asyncio.run(asyncio.wait_for(events.send(), timeout=1))
    event: dict[str, Any] = json.loads(functions.invoke.call_args.kwargs["Payload"])
    return event
