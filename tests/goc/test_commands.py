"""The command line."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from goc import sources
from goc.commands import main
from tests.goc.deployment import KEY, SIGNATURE, Deployment, Stored, break_off, job
from tests.goc.serving import Request
from tests.goc.site import BEARER, Site
from tests.waiting import eventually

Said = tuple[int, str, str]
Goc = Callable[..., Said]
ADDRESS = "lora/pixel-art"
DRAW = ("draw", "--endpoint", "goc-dev-one", "--checkpoint", "tiny", "a lighthouse")


@pytest.fixture
def goc(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> Goc:
    """Answers the exit status, what is printed, and what is said of it."""

    def goc(*arguments: str, **environ: str) -> Said:
        status = main(arguments, {"GOC_API": deployment.url, "GOC_KEY": KEY} | environ)
        return status, *capsys.readouterr()

    return goc


@contextmanager
def started(deployment: Deployment, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A process of its own."""
    environ = os.environ | {"GOC_API": deployment.url, "GOC_KEY": KEY}
    command = [sys.executable, "-m", "goc", *arguments]
    with subprocess.Popen(command, env=environ, stdout=-1, stderr=-1, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def interrupted(process: "subprocess.Popen[str]") -> Said:
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    return process.returncode, out, err


def test_a_file_is_uploaded_with_its_progress_in_plain_lines(
    goc: Goc, deployment: Deployment, file: Path, content: bytes
) -> None:
    status, out, err = goc("models", "upload", str(file), "--type", "lora")
    assert (status, out) == (0, "lora pixel-art is ready.\n")
    assert deployment.models[ADDRESS].content == content
    assert err.splitlines()[0] == "  0% of 0.6 MB"
    assert err.splitlines()[-1] == "100% of 0.6 MB, being checked"


def test_ctrl_c_keeps_what_has_arrived_and_the_same_command_goes_on_from_there(
    goc: Goc, deployment: Deployment, file: Path
) -> None:
    """Even where the connection of the part on its way hangs."""
    stopped: list[bool] = []

    def hang(request: Request) -> None:
        eventually(lambda: stopped)
        request.hang_up()

    deployment.faults[2] = [hang]
    upload = ("models", "upload", str(file), "--type", "lora")
    with started(deployment, *upload) as process:
        eventually(lambda: sorted(deployment.sent) == [1, 3, 4, 5, 6, 7])
        status, out, err = interrupted(process)
    stopped.append(True)
    assert (status, out) == (130, "")
    assert err.endswith("Stopped. Every part that has arrived is kept: the same command goes on from there.\n")
    assert goc(*upload)[0] == 0
    assert sorted(deployment.sent) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("trouble", ["the store breaks", "the source is a web page", "the token is wrong", "none"])
def test_a_token_a_key_and_a_link_are_in_no_output(
    goc: Goc, deployment: Deployment, site: Site, address: str, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sources.TOKENS, "127.0.0.1", "HF_TOKEN")
    if trouble == "the store breaks":
        deployment.faults = {number: [break_off] * 20 for number in range(1, 8)}
    elif trouble == "the source is a web page":
        site.type = "text/html"
    elif trouble == "the token is wrong":
        site.token, site.redirect = "another", "/content"
    source = f"{address}?token={BEARER}"
    status, out, err = goc("models", "upload", source, "--type", "lora", "--name", "dots.pt", HF_TOKEN=BEARER)
    assert status == (0 if trouble == "none" else 1)
    assert not [secret for secret in (BEARER, KEY, SIGNATURE) if secret in out + err]


def test_what_breaks_too_often_says_that_the_same_command_goes_on(goc: Goc, deployment: Deployment, file: Path) -> None:
    deployment.faults[1] = [break_off] * 20
    status, _, err = goc("models", "upload", str(file), "--type", "lora")
    assert status == 1
    assert "The connection to the store broke" in err.splitlines()[-1]
    assert err.endswith("Every part that has arrived is kept: the same command goes on from there.\n")


def test_models_are_listed_in_columns(goc: Goc, deployment: Deployment) -> None:
    deployment.models = {"lora/pixel-art": Stored(1_000_000, {}, state="active"), "vae/mse": Stored(2_340_000_000, {})}
    assert goc("models", "list") == (
        0,
        "lora  pixel-art    1.0 MB   active\nvae   mse          2.34 GB  uploading\n",
        "",
    )
    assert goc("models", "list", "--type", "vae")[1].split() == ["vae", "mse", "2.34", "GB", "uploading"]


def test_a_refusal_is_one_sentence_and_status_1(goc: Goc) -> None:
    sentence = "There is no lora dots: GET /models lists those there are.\n"
    assert goc("models", "delete", "lora", "dots") == (1, "", sentence)


def test_a_model_in_use_is_deleted_by_force(goc: Goc, deployment: Deployment) -> None:
    deployment.models = {"lora/dots": Stored(1, {}, state="in use")}
    status, _, err = goc("models", "delete", "lora", "dots")
    assert (status, err) == (1, "The lora dots is in use.\n")
    assert goc("models", "delete", "lora", "dots", "--force") == (0, "lora dots is deleted.\n", "")
    assert not deployment.models


def test_endpoints_and_jobs_are_listed(goc: Goc) -> None:
    assert goc("endpoints") == (0, "goc-dev-one  InService\n", "")
    jobs = goc("jobs", "list")[1].splitlines()
    assert jobs[0] == "job-0  2026-01-02 03:04  succeeded  goc-dev-one  tiny"
    assert len(jobs) == 3


def test_a_picture_is_ordered_followed_and_saved(goc: Goc, deployment: Deployment, tmp_path: Path) -> None:
    (tmp_path / "night.json").write_text('{"steps": 20, "prompt": "a house"}')
    picture = {"file": "0.png", "url": f"{deployment.url}/pictures/0.png"}
    deployment.states = [job(status="succeeded", progress=1.0, images=[picture], warnings=["`eta` is left out."])]
    status, out, err = goc(*DRAW, "--parameters", f"{tmp_path}/night.json", "--out", f"{tmp_path}/out")
    assert (status, out, err) == (0, f"{tmp_path}/out/01a2-job-0.png\n", "succeeded 100%\n`eta` is left out.\n")
    assert (tmp_path / "out" / "01a2-job-0.png").exists()
    assert deployment.orders[0][0]["parameters"] == {"steps": 20, "prompt": "a lighthouse"}


def test_a_job_that_fails_gives_its_reason(goc: Goc, deployment: Deployment) -> None:
    deployment.states = [job(status="failed", error="The GPU is out of memory.")]
    status, _, err = goc(*DRAW)
    assert (status, err) == (1, "failed 0%\nThe job 01a2-job failed: The GPU is out of memory.\n")


def test_ctrl_c_cancels_the_job(goc: Goc, deployment: Deployment) -> None:
    deployment.states = [job(progress=0.5)]
    followed = ("GET", "/jobs/01a2-job")
    with started(deployment, *DRAW) as process:
        eventually(lambda: [request[:2] for request in deployment.requests].count(followed) == 2)
        said = interrupted(process)
    assert said == (130, "", "running 50%\nStopped: the job 01a2-job is cancelled.\n")
    assert deployment.requests[-1][:2] == ("POST", "/jobs/01a2-job/cancel")


def test_without_an_address_and_a_key_it_says_how_to_give_them(goc: Goc) -> None:
    status, _, err = goc("endpoints", GOC_API="", GOC_KEY="")
    assert (status, err) == (
        1,
        "The API's address and a key are needed: set GOC_API and GOC_KEY, or give --api and --key.\n",
    )


@pytest.mark.parametrize("parameters", ["{", "[]"])
def test_parameters_that_are_no_object_are_refused_by_the_file_s_name(
    goc: Goc, deployment: Deployment, tmp_path: Path, parameters: str
) -> None:
    (tmp_path / "night.json").write_text(parameters)
    status, _, err = goc(*DRAW, "--parameters", f"{tmp_path}/night.json")
    assert (status, err.startswith(f"{tmp_path}/night.json ")) == (1, True)
    assert not deployment.orders


def test_a_folder_that_takes_no_pictures_is_named(goc: Goc, deployment: Deployment, file: Path) -> None:
    deployment.states = [job(status="succeeded", progress=1.0)]
    status, _, err = goc(*DRAW, "--out", str(file))
    assert (status, err) == (1, f"succeeded 100%\n{file}: File exists\n")
