"""What holds for every command."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.goc.conftest import Goc, Started
from tests.goc.deployment import KEY, Deployment, Stored, job
from tests.goc.terminal import terminal

LONG = "a-model-whose-name-is-longer-than-what-a-terminal-has-columns-" * 2
SENTENCE = "There is no lora dots: GET /models lists those there are.\n"


def test_a_refusal_is_one_sentence_and_status_1(goc: Goc) -> None:
    assert goc("models", "delete", "lora", "dots") == (1, "", SENTENCE)
    assert goc("models", "delete", "lora", "dots", "--json") == (1, "", SENTENCE)


def test_a_refusal_of_several_lines_is_one(goc: Goc, deployment: Deployment) -> None:
    errors = [{"field": "instance_type", "detail": "ml.g5.xlarge is\nno  such type."}]
    deployment.first_answers = [(409, {"detail": "AWS has\nnone:", "errors": errors}, {})]
    status, _, err = goc("endpoints", "create", "--instance-type", "ml.g5.xlarge")
    assert (status, err) == (1, "AWS has none: instance_type: ml.g5.xlarge is no such type.\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["models", "upload", "dots.pt"], "Missing option '--type'."),
        (["jobs", "wait"], "Missing argument 'ID'."),
        (["models", "show", "loras", "dots"], "Invalid value for 'TYPE': 'loras' is not one of 'checkpoint', 'lora'"),
        (["models", "lst"], "No such command 'lst'. Did you mean 'list'?"),
        (["jobs", "list", "--statsu", "failed"], "No such option: --statsu (Possible options: --status"),
        (["jobs", "list", "--limit", "few"], "Invalid value for '--limit'"),
    ],
)
def test_what_is_no_such_command_is_one_sentence_and_status_2(
    goc: Goc, deployment: Deployment, arguments: list[str], sentence: str
) -> None:
    status, out, err = goc(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith(sentence)
    assert len(err.splitlines()) == 1
    assert not deployment.requests


def test_without_a_command_it_shows_those_there_are(goc: Goc) -> None:
    status, out, err = goc()
    assert status == 2
    assert all(word in out for word in ("models", "endpoints", "jobs", "keys"))
    assert not err


@pytest.mark.parametrize(
    "answer", [{"endpoints": "none"}, {"endpoints": [{"name": "x"}]}, ["endpoints"], {"hello": "world"}]
)
def test_an_api_that_is_another_s_is_one_sentence(goc: Goc, deployment: Deployment, answer: object) -> None:
    deployment.first_answers = [(200, answer, {})]
    status, out, err = goc("endpoints", "list")
    assert (status, out) == (1, "")
    assert err.endswith("s the API's address right?\n")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("address", ["goc.example.org", "http://[", "http://127.0.0.1:9"])
def test_an_address_that_leads_nowhere_is_one_sentence(goc: Goc, address: str) -> None:
    status, out, err = goc("endpoints", "list", GOC_API=address)
    assert (status, out, len(err.splitlines())) == (1, "", 1)


def test_lists_are_one_array_of_all_that_the_api_says(goc: Goc, deployment: Deployment) -> None:
    deployment.models = {f"lora/{name}": Stored(1, {}) for name in "abc"}
    _, out, err = goc("models", "list", "--json")
    assert [(model["name"], model["tensors"]) for model in json.loads(out)] == [("a", 42), ("b", 42), ("c", 42)]
    assert not err
    assert [each["backlog_per_instance"] for each in json.loads(goc("endpoints", "list", "--json")[1])] == [5]
    assert len(json.loads(goc("jobs", "list", "--json")[1])) == 3


def test_one_thing_is_one_object_as_the_api_says_it(goc: Goc, deployment: Deployment, file: Path) -> None:
    deployment.states = [job(status="succeeded", finished_at="2026-01-02T03:05:06.000Z")]
    deployment.endpoints.known["goc-dev-one"]["spoken"] = "grüezi"
    assert json.loads(goc("models", "upload", str(file), "--type", "lora", "--json")[1])["tensors"] == 42
    assert json.loads(goc("models", "show", "lora", "pixel-art", "--json")[1])["tensors"] == 42
    assert json.loads(goc("endpoints", "show", "goc-dev-one", "--json")[1])["spoken"] == "grüezi"
    assert json.loads(goc("jobs", "show", "01a2-job", "--json")[1]) == deployment.states[0]
    assert json.loads(goc("jobs", "cancel", "01a2-job", "--json")[1])["status"] == "cancelled"


def test_what_the_api_answers_nothing_to_prints_nothing_as_json(goc: Goc, deployment: Deployment) -> None:
    deployment.models = {"lora/dots": Stored(1, {})}
    assert goc("models", "delete", "lora", "dots", "--json") == (0, "", "")
    assert goc("jobs", "delete", "01a2-job", "--json") == (0, "", "")


def test_a_terminal_shows_a_table_in_which_nothing_is_left_out(deployment: Deployment, started: Started) -> None:
    deployment.models = {f"lora/{LONG}": Stored(1_000_000, {}), "lora/foo [1a2b3c4d]": Stored(1, {})}
    with terminal() as screen, started("models", "list", stdout=screen.end) as process:
        shown = screen.until("foo [1a2b3c4d]")
        assert process.wait(timeout=60) == 0
    assert "TYPE" in shown
    assert LONG in shown


def test_who_reads_no_further_ends_it_without_a_word(started: Started) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    with started("endpoints", "list", stdout=writes) as process:
        os.close(writes)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (1, "")


def test_a_key_is_sent_as_it_is_given(goc: Goc) -> None:
    assert goc("--key", KEY, "endpoints", "list", GOC_KEY="wrong")[0] == 0
    assert goc("endpoints", "list", GOC_KEY="wrong") == (1, "", "The API key is missing or wrong.\n")
    assert goc("endpoints", "list", GOC_KEY="clé")[0] == 1


def test_goc_is_a_program(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("goc")
    done = subprocess.run([program, "--help"], cwd=tmp_path, capture_output=True, text=True)
    assert "Usage: goc" in done.stdout


def test_what_a_pipe_is_given_is_utf_8_whatever_the_locale_is(
    started: Started, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")
    deployment.models = {"lora/\u6c34": Stored(1, {})}
    with started("models", "list", "--json") as process:
        assert process.stdout
        printed = process.stdout.buffer.read()  # type: ignore[attr-defined]
    assert json.loads(printed.decode("utf-8"))[0]["name"] == "\u6c34"
