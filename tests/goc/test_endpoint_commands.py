"""`goc endpoints`."""

import json
import signal

import pytest

from tests.goc.conftest import Goc, Started
from tests.goc.deployment import Deployment
from tests.goc.terminal import terminal

CREATE = ("endpoints", "create", "--instance-type", "ml.g5.xlarge")


def test_one_is_created_and_its_price_is_said(goc: Goc, deployment: Deployment) -> None:
    status, out, err = goc(*CREATE)
    (asked,) = deployment.endpoints.asked
    name = asked.pop("name")
    assert (status, out) == (0, f"goc-dev-{name}\n")
    assert err == f"goc-dev-{name} runs 0 to 1 of ml.g5.xlarge; the price of each is 1.408 USD an hour.\n"
    assert asked == {"instance_type": "ml.g5.xlarge", "min_instances": 0, "max_instances": 1, "backlog_per_instance": 5}


def test_it_is_created_as_it_is_asked_for(goc: Goc, deployment: Deployment) -> None:
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/goc:1"
    further = ("--name", "two", "--min", "1", "--max", "3", "--backlog", "9", "--image", image, "--json")
    assert json.loads(goc(*CREATE, *further)[1])["status"] == "Creating"
    assert deployment.endpoints.asked == [
        {
            "name": "two",
            "instance_type": "ml.g5.xlarge",
            "min_instances": 1,
            "max_instances": 3,
            "backlog_per_instance": 9,
            "image": image,
        }
    ]


def test_its_creation_is_waited_for(goc: Goc, deployment: Deployment) -> None:
    deployment.endpoints.to_come = [{}, {}, {"status": "InService"}]
    status, out, err = goc(*CREATE, "--name", "two", "--wait")
    assert (status, out) == (0, "goc-dev-two\n")
    assert err.splitlines()[1:] == ["Creating"]


def test_a_creation_that_fails_gives_its_reason(goc: Goc, deployment: Deployment) -> None:
    deployment.endpoints.to_come = [{"status": "Failed", "reason": "Unable to provision\ncapacity."}]
    status, out, err = goc(*CREATE, "--name", "two", "--wait", "--json")
    assert (status, out) == (1, "")
    assert err.splitlines()[-1] == "goc-dev-two is Failed: Unable to provision capacity."


def test_a_price_that_is_not_known_is_said_to_be_so(goc: Goc, deployment: Deployment) -> None:
    deployment.first_answers = [(202, deployment.endpoints.known["goc-dev-one"] | {"hourly_usd": None}, {})]
    assert goc(*CREATE)[2].endswith("the price of each is not known here.\n")


def test_they_are_listed_by_status(goc: Goc) -> None:
    line = "goc-dev-one\tInService\t1\t0\t2\tml.g5.xlarge\t1.408\t2026-01-02 03:04\t\n"
    assert goc("endpoints", "list") == (0, line, "")
    assert goc("endpoints", "list", "--status", "Failed") == (0, "", "")


def test_one_that_was_made_elsewhere_is_listed_and_shown(goc: Goc, deployment: Deployment) -> None:
    known = deployment.endpoints.known["goc-dev-one"]
    deployment.endpoints.known["goc-dev-one"] = {
        name: value if name in ("name", "status", "created_at", "updated_at") else None for name, value in known.items()
    }
    assert goc("endpoints", "list")[1] == "goc-dev-one\tInService\t\t\t\t\t\t2026-01-02 03:04\t\n"
    shown = goc("endpoints", "show", "goc-dev-one")[1].splitlines()
    assert [line.split("\t")[0] for line in shown] == [
        "name", "status", "created_at", "updated_at", "backlog", "jobs_today"
    ]  # fmt: skip


def test_one_is_shown_with_its_backlog_and_the_jobs_of_today(goc: Goc) -> None:
    shown = dict(line.split("\t") for line in goc("endpoints", "show", "goc-dev-one")[1].splitlines())
    assert (shown["status"], shown["backlog"], shown["jobs_today"]) == ("InService", "3", "14")


def test_rescaling_changes_what_is_given_alone(goc: Goc, deployment: Deployment) -> None:
    shown = goc("endpoints", "rescale", "goc-dev-one", "--min", "0", "--max", "4")[1]
    assert deployment.endpoints.asked == [{"min_instances": 0, "max_instances": 4}]
    assert "max_instances\t4\n" in shown


def test_rescaling_to_nothing_else_is_refused(goc: Goc, deployment: Deployment) -> None:
    sentence = "Nothing is to be changed: give --min, --max or --backlog.\n"
    assert goc("endpoints", "rescale", "goc-dev-one") == (1, "", sentence)
    assert not deployment.requests


def test_one_with_jobs_is_deleted_by_force(goc: Goc, deployment: Deployment) -> None:
    deployment.endpoints.busy = True
    sentence = "The endpoint goc-dev-one has jobs that are not done.\n"
    assert goc("endpoints", "delete", "goc-dev-one") == (1, "", sentence)
    assert goc("endpoints", "delete", "goc-dev-one", "--force") == (0, "goc-dev-one is being deleted.\n", "")


def test_its_deletion_is_waited_for(goc: Goc, deployment: Deployment) -> None:
    deployment.endpoints.to_come = [{}, {"status": "Deleted"}]
    assert goc("endpoints", "delete", "goc-dev-one", "--wait") == (0, "goc-dev-one is deleted.\n", "Deleting\n")


@pytest.mark.parametrize(
    ("arguments", "answer", "deleted"), [((), "n\n", False), ((), "y\n", True), (("--yes",), "", True)]
)
def test_a_terminal_asks_before(
    started: Started, deployment: Deployment, arguments: tuple[str, ...], answer: str, deleted: bool
) -> None:
    with (
        terminal() as screen,
        started("endpoints", "delete", "goc-dev-one", *arguments, stdin=screen.end) as process,
    ):
        screen.type(answer)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == ((0, "goc-dev-one is being deleted.\n") if deleted else (1, ""))
    assert ("Delete the endpoint goc-dev-one?" in err) == bool(answer)
    assert ("Nothing was deleted." in err) != deleted
    assert (deployment.endpoints.known["goc-dev-one"]["status"] == "Deleting") == deleted


@pytest.mark.parametrize("key", ["Ctrl-C", "Ctrl-D"])
def test_who_leaves_at_the_question_deletes_nothing(started: Started, deployment: Deployment, key: str) -> None:
    with (
        terminal() as screen,
        started("endpoints", "delete", "goc-dev-one", stdin=screen.end, stderr=screen.end) as process,
    ):
        screen.until("goc-dev-one?")
        if key == "Ctrl-D":
            screen.type("\x04")
        else:
            process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
    assert not deployment.requests
