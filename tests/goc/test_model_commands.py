"""`goc models`."""

import signal
import subprocess
from pathlib import Path

import pytest

from goc import sources
from tests.goc.conftest import Goc, Said, Started
from tests.goc.deployment import KEY, SIGNATURE, Deployment, Stored, break_off
from tests.goc.serving import Request
from tests.goc.site import BEARER, Site
from tests.goc.terminal import terminal
from tests.waiting import eventually

ADDRESS = "lora/pixel-art"


def interrupted(process: "subprocess.Popen[str]") -> Said:
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_a_file_is_uploaded_with_its_progress_in_plain_lines(
    goc: Goc, deployment: Deployment, file: Path, content: bytes
) -> None:
    status, out, err = goc("models", "upload", str(file), "--type", "lora")
    assert (status, out) == (0, "lora pixel-art is ready.\n")
    assert deployment.models[ADDRESS].content == content
    assert (err.splitlines()[0], err.splitlines()[-1]) == ("uploading 0%", "checking 100%")


def test_a_terminal_shows_a_bar_with_speed_and_the_time_left(
    deployment: Deployment, started: Started, file: Path
) -> None:
    with terminal() as screen, started("models", "upload", str(file), "--type", "lora", stderr=screen.end) as process:
        shown = screen.until("checking")
        out, _ = process.communicate(timeout=60)
    assert out == "lora pixel-art is ready.\n"
    assert all(part in shown for part in ("100%", "612.3/612.3 kB", "B/s", "0:00:00"))


def test_ctrl_c_keeps_what_has_arrived_and_the_same_command_goes_on_from_there(
    goc: Goc, started: Started, deployment: Deployment, file: Path
) -> None:
    """Even if the connection of the part on its way hangs."""
    stopped: list[bool] = []

    def hang(request: Request) -> None:
        eventually(lambda: stopped, seconds=60)
        request.hang_up()

    deployment.faults[2] = [hang]
    upload = ("models", "upload", str(file), "--type", "lora")
    with started(*upload) as process:
        eventually(lambda: sorted(deployment.sent) == [1, 3, 4, 5, 6, 7], seconds=60)
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


def test_models_are_listed_with_a_tab_between_fields(goc: Goc, deployment: Deployment) -> None:
    deployment.models = {"lora/pixel-art": Stored(1_000_000, {}, state="active"), "vae/mse": Stored(2_340_000_000, {})}
    assert goc("models", "list") == (
        0,
        "lora\tpixel-art\t\t1.0 MB\tactive\t2026-01-02 03:04\t\nvae\tmse\t\t2.3 GB\tuploading\t2026-01-02 03:04\t\n",
        "",
    )


def test_a_list_is_asked_for_by_type_base_and_name(goc: Goc, deployment: Deployment) -> None:
    goc("models", "list", "--type", "vae", "--base", "SDXL", "--name", "m")
    assert deployment.queries == [{"type": "vae", "base": "SDXL", "name": "m"}]


def test_one_is_shown_with_all_that_is_known_of_it(goc: Goc, deployment: Deployment) -> None:
    deployment.models = {"lora/dots": Stored(1_000_000, {}, state="failed")}
    deployment.found_wanting = "It is truncated."
    shown = dict(line.split("\t") for line in goc("models", "show", "lora", "dots")[1].splitlines())
    assert (shown["state"], shown["reason"], shown["tensors"]) == ("failed", "It is truncated.", "42")


def test_a_model_in_use_is_deleted_by_force(goc: Goc, deployment: Deployment) -> None:
    deployment.models = {"lora/dots": Stored(1, {}, state="in use")}
    status, _, err = goc("models", "delete", "lora", "dots")
    assert (status, err) == (1, "The lora dots is in use.\n")
    assert goc("models", "delete", "lora", "dots", "--force") == (0, "lora dots is deleted.\n", "")
    assert not deployment.models
