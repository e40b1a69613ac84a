"""`goc jobs`."""

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.goc.conftest import Goc, Said, Started
from tests.goc.deployment import Deployment, job
from tests.waiting import eventually

SUBMIT = ("jobs", "submit", "a lighthouse", "--endpoint", "goc-dev-one", "--checkpoint", "tiny")
FOLLOWED = ("GET", "/jobs/01a2-job")


def interrupted(deployment: Deployment, process: "subprocess.Popen[str]") -> Said:
    """Interrupt it once it follows the job."""
    eventually(lambda: [request[:2] for request in deployment.requests].count(FOLLOWED) >= 2, seconds=60)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def drawn(deployment: Deployment, **fields: Any) -> dict[str, Any]:
    return job(
        status="succeeded",
        progress=1.0,
        images=[{"file": "0.png", "url": f"{deployment.url}/pictures/0.png"}],
        parameters={"prompt": "a lighthouse", "steps": 20},
        **fields,
    )


def test_an_order_is_answered_with_its_id_and_its_warnings(goc: Goc, deployment: Deployment) -> None:
    deployment.warnings = ["`eta` is left out."]
    assert goc(*SUBMIT) == (0, "01a2-job\n", "`eta` is left out.\n")
    assert deployment.orders[0][0] == {
        "task": "txt2img",
        "endpoint": "goc-dev-one",
        "checkpoint": "tiny",
        "parameters": {"prompt": "a lighthouse"},
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_parameters_are_read_in_whichever_utf_they_are_written(
    goc: Goc, deployment: Deployment, tmp_path: Path, encoding: str
) -> None:
    file = tmp_path / "parameters.json"
    file.write_bytes('{"negative_prompt": "\u6c34"}'.encode(encoding))
    assert goc(*SUBMIT, "--parameters", str(file))[0] == 0
    assert deployment.orders[0][0]["parameters"]["negative_prompt"] == "\u6c34"


def test_an_order_names_models_beside_and_its_deadline(goc: Goc, deployment: Deployment) -> None:
    networks = ("--lora", "a", "--lora", "b", "--textual-inversion", "c", "--hypernetwork", "d", "--controlnet", "e")
    goc(*SUBMIT, *networks, "--vae", "f", "--detector", "g", "--deadline", "600")
    order = deployment.orders[0][0]
    assert order["deadline_seconds"] == 600
    assert order["extra_networks"] == {
        "lora": ["a", "b"],
        "textual_inversion": ["c"],
        "hypernetwork": ["d"],
        "controlnet": ["e"],
        "vae": ["f"],
        "detector": ["g"],
    }


def test_a_picture_is_ordered_followed_and_saved(goc: Goc, deployment: Deployment, tmp_path: Path) -> None:
    (tmp_path / "night.json").write_text('{"steps": 20, "prompt": "a house"}')
    deployment.states = [drawn(deployment, warnings=["`eta` is left out."])]
    status, out, err = goc(*SUBMIT, "--parameters", f"{tmp_path}/night.json", "--out", f"{tmp_path}/out")
    assert (status, out, err) == (0, f"{tmp_path}/out/01a2-job-0.png\n", "succeeded 100%\n`eta` is left out.\n")
    assert (tmp_path / "out" / "01a2-job-0.png").exists()
    assert deployment.orders[0][0]["parameters"] == {"steps": 20, "prompt": "a lighthouse"}


def test_waiting_says_for_what(goc: Goc, deployment: Deployment) -> None:
    deployment.states = [
        job(status="queued", waiting_for="instance", ahead=2),
        job(status="queued", waiting_for="turn", ahead=1),
        job(status="queued", waiting_for=None, ahead=0),
        job(progress=0.31),
        job(progress=0.38),
        job(progress=0.41),
        drawn(deployment),
    ]
    status, out, err = goc("jobs", "wait", "01a2-job")
    assert (status, out) == (0, "The job 01a2-job succeeded, with 1 picture: goc jobs download 01a2-job\n")
    assert err.splitlines() == [
        "waits for an instance; 2 jobs before it",
        "waits for its turn; 1 job before it",
        "queued",
        "running 31%",
        "running 41%",
        "succeeded 100%",
    ]


def test_a_job_that_fails_gives_its_reason(goc: Goc, deployment: Deployment) -> None:
    deployment.states = [job(status="failed", error="The GPU is out of memory.")]
    status, out, err = goc(*SUBMIT, "--wait", "--json")
    assert (status, err) == (1, "failed 0%\nThe job 01a2-job failed: The GPU is out of memory.\n")
    assert json.loads(out) == deployment.states[0]


def test_ctrl_c_cancels_the_job_that_was_ordered(started: Started, deployment: Deployment) -> None:
    deployment.states = [job(progress=0.5)]
    with started(*SUBMIT, "--wait") as process:
        said = interrupted(deployment, process)
    assert said == (130, "", "running 50%\nStopped: the job 01a2-job is cancelled.\n")
    assert deployment.requests[-1][:2] == ("POST", "/jobs/01a2-job/cancel")


def test_ctrl_c_leaves_the_job_that_is_only_waited_for(started: Started, deployment: Deployment) -> None:
    deployment.states = [job(progress=0.5)]
    with started("jobs", "wait", "01a2-job") as process:
        said = interrupted(deployment, process)
    assert said == (130, "", "running 50%\n")
    assert deployment.requests[-1][:2] == FOLLOWED


def test_jobs_are_listed_by_status_and_task_up_to_a_limit(goc: Goc, deployment: Deployment) -> None:
    line = "job-0\t2026-01-02 03:04\tsucceeded\t0%\tgoc-dev-one\ttiny\n"
    assert goc("jobs", "list", "--limit", "1", "--status", "failed", "--task", "img2img") == (0, line, "")
    assert deployment.queries == [{"status": "failed", "task": "img2img"}]
    assert len(goc("jobs", "list")[1].splitlines()) == 3


def test_a_job_is_shown_without_links(goc: Goc, deployment: Deployment) -> None:
    deployment.states = [drawn(deployment, finished_at=None)]
    shown = dict(line.split("\t") for line in goc("jobs", "show", "01a2-job")[1].splitlines())
    assert (shown["prompt"], shown["pictures"], shown["status"]) == ("a lighthouse", "0.png", "succeeded")
    assert not [value for value in shown.values() if "http" in value]
    assert "finished_at" not in shown


def test_pictures_are_downloaded(goc: Goc, deployment: Deployment, tmp_path: Path) -> None:
    deployment.states = [drawn(deployment)]
    assert goc("jobs", "download", "01a2-job", "--out", str(tmp_path)) == (0, f"{tmp_path}/01a2-job-0.png\n", "")
    assert (tmp_path / "01a2-job-0.png").exists()


def test_a_job_without_pictures_says_so(goc: Goc, deployment: Deployment) -> None:
    deployment.states = [job()]
    sentence = "The job 01a2-job has no pictures: it is running.\n"
    assert goc("jobs", "download", "01a2-job") == (1, "", sentence)


def test_jobs_are_cancelled_and_deleted(goc: Goc, deployment: Deployment) -> None:
    assert goc("jobs", "cancel", "01a2-job") == (0, "The job 01a2-job is cancelled.\n", "")
    assert goc("jobs", "delete", "01a2-job") == (0, "The job 01a2-job is deleted.\n", "")
    assert deployment.requests[-1][:2] == ("DELETE", "/jobs/01a2-job")


@pytest.mark.parametrize("parameters", ["{", "[]", None])
def test_parameters_that_are_no_object_are_refused_by_the_file_s_name(
    goc: Goc, deployment: Deployment, tmp_path: Path, parameters: str | None
) -> None:
    if parameters:
        (tmp_path / "night.json").write_text(parameters)
    status, _, err = goc(*SUBMIT, "--parameters", f"{tmp_path}/night.json")
    assert (status, err.startswith(f"{tmp_path}/night.json ")) == (1, True)
    assert not deployment.orders


def test_a_folder_that_takes_no_pictures_is_named(goc: Goc, deployment: Deployment, file: Path) -> None:
    deployment.states = [drawn(deployment)]
    status, _, err = goc(*SUBMIT, "--out", str(file))
    assert (status, err) == (1, f"succeeded 100%\n{file}: File exists\n")
