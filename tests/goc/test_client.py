"""The API, as methods."""

from pathlib import Path

import pytest

from goc import client as client_module
from goc import retries
from goc.client import Client
from goc.failures import Broken, Failure, Refused
from goc.retries import TRIES
from goc.shapes import Model
from tests.goc.deployment import Deployment, Stored, job
from tests.goc.endpoints import NOW

BUSY = (429, {"detail": "Too many requests."}, {"Retry-After": "7"})
DOWN = (503, {"detail": "The service is unavailable."}, dict[str, str]())
ORDER = ("goc-dev-one", "tiny", {"prompt": "a lighthouse", "steps": 4})


def test_lists_go_over_all_pages(client: Client, deployment: Deployment) -> None:
    deployment.models = {f"lora/{name}": Stored(1, {}) for name in "abcde"} | {"vae/f": Stored(1, {})}
    assert [model.name for model in client.models(type="lora")] == ["a", "b", "c", "d", "e"]
    assert [job.id for job in client.jobs()] == ["job-0", "job-1", "job-2"]


@pytest.mark.parametrize("trouble", [BUSY, DOWN])
def test_a_list_is_asked_for_again_when_the_api_is_busy_or_down(
    client: Client, deployment: Deployment, trouble: tuple[int, object, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    deployment.first_answers = [trouble] * (TRIES - 1)
    assert [endpoint.name for endpoint in client.endpoints()] == ["goc-dev-one"]


def test_the_pause_is_as_long_as_the_api_asks_for(
    client: Client, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    monkeypatch.setattr(retries, "FIRST_PAUSE", 1.0)
    deployment.first_answers = [BUSY, DOWN]
    client.endpoints()
    assert slept == [7, 2]


def test_a_pause_that_is_asked_for_and_longer_than_anybody_waits_is_told(
    client: Client, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    deployment.first_answers = [(429, {"detail": "Too many requests."}, {"Retry-After": "3600"})]
    with pytest.raises(Broken, match=r"asks to wait for 60 minutes: try again then"):
        client.endpoints()
    assert slept == []


def test_a_model_that_stays_unchecked_has_its_check_asked_for_again(
    client: Client, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new bucket sends no events in its first minutes."""
    passed = 0.0

    def pass_time(seconds: float) -> None:
        nonlocal passed
        passed += seconds

    monkeypatch.setattr("time.sleep", pass_time)
    monkeypatch.setattr("time.monotonic", lambda: passed)
    monkeypatch.setattr(client_module, "POLL_SECONDS", 1.0)
    deployment.models["lora/dots"] = Stored(1000, {}, state="checking")
    deployment.unheard = 3
    model = client.model("lora", "dots")
    assert client.complete_upload(model).state == "active"
    asked = [path for method, path, _ in deployment.requests if method == "POST"]
    assert (len(asked), 130 < passed < 140) == (4, True)


def test_a_model_that_is_being_checked_is_looked_at_often_at_first(
    client: Client, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    monkeypatch.setattr(client_module, "POLL_SECONDS", 1.0)
    checking = {"type": "lora", "name": "dots", "size": 1000, "state": "checking", "updated_at": NOW}
    deployment.first_answers = [
        (202, checking, {}),
        *[(200, checking, {})] * 5,
        (200, checking | {"state": "active"}, {}),
    ]
    assert client.complete_upload(Model.of(checking)).state == "active"
    assert slept == [0.125, 0.25, 0.5, 1, 1]


def test_an_api_that_stays_down_is_refused_in_its_words(client: Client, deployment: Deployment) -> None:
    deployment.first_answers = [DOWN] * TRIES
    with pytest.raises(Refused, match="The service is unavailable"):
        client.endpoints()


def test_an_order_that_is_sent_again_has_the_same_key_and_another_order_another(
    client: Client, deployment: Deployment
) -> None:
    deployment.first_answers = [DOWN]
    client.order(*ORDER)
    client.order(*ORDER)
    keys = [headers["Idempotency-Key"] for method, path, headers in deployment.requests if path == "/jobs"]
    assert len(keys) == 3
    assert keys[0] == keys[1] != keys[2]


def test_what_may_have_been_done_is_not_done_again(client: Client, deployment: Deployment) -> None:
    deployment.first_answers = [DOWN]
    with pytest.raises(Refused):
        client.delete_model("lora", "dots")
    assert len(deployment.requests) == 1


def test_an_order_of_pictures_is_an_img2img(client: Client, deployment: Deployment) -> None:
    client.order(*ORDER, deadline_seconds=60)
    client.order("goc-dev-one", "tiny", {"init_images": ["aGVsbG8="]})
    first, second = (order for order, _ in deployment.orders)
    assert (first["task"], first["deadline_seconds"], second["task"]) == ("txt2img", 60, "img2img")


def test_pictures_are_saved_under_their_job_s_name_and_without_the_key(
    client: Client, deployment: Deployment, tmp_path: Path
) -> None:
    pictures = [{"file": "../0.png", "url": f"{deployment.url}/pictures/0.png"}]
    deployment.states = [job(status="succeeded", images=pictures)]
    done = client.wait("01a2-job", lambda _: None)
    (saved,) = client.save(done, tmp_path / "out")
    assert saved == tmp_path / "out" / "01a2-job-0.png"
    assert saved.read_bytes() == b"/pictures/0.png"


def test_waiting_shows_every_state_up_to_the_last(client: Client, deployment: Deployment) -> None:
    deployment.states = [job(status="queued"), job(progress=0.5), job(status="failed", error="no such VAE")]
    seen: list[str] = []
    done = client.wait("01a2-job", lambda job: seen.append(job.status))
    assert (seen, done.error) == (["queued", "running", "failed"], "no such VAE")


def test_a_job_is_cancelled_and_a_model_deleted(client: Client, deployment: Deployment) -> None:
    deployment.models = {"lora/a b": Stored(1, {})}
    client.delete_model("lora", "a b")
    assert not deployment.models
    assert client.cancel("01a2-job").status == "cancelled"


def test_an_answer_that_is_not_the_api_s_says_so(client: Client) -> None:
    with pytest.raises(
        Refused, match=r"GET http://127\.0\.0\.1:\d+/jobs/a%2Fb was answered 404: is the API's address right"
    ):
        client.job("a/b")


def test_a_gateway_behind_which_the_api_broke_says_so(client: Client, deployment: Deployment) -> None:
    deployment.first_answers = [(502, {"message": "Internal server error"}, {})]
    with pytest.raises(Refused, match="was answered 502: the API broke; try again later"):
        client.delete_model("lora", "dots")


def test_an_api_that_can_t_be_reached_is_named() -> None:
    with Client("http://127.0.0.1:9", "key") as client, pytest.raises(Broken, match=r"the API at 127\.0\.0\.1 broke"):
        client.endpoints()


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(Failure, match="begins with https://"):
        Client("goc.example.org", "key")


def test_an_endpoint_is_created_again_after_a_break_and_always_under_the_same_name(
    client: Client, deployment: Deployment
) -> None:
    deployment.first_answers = [DOWN, DOWN]
    first, second = client.create_endpoint("ml.g5.xlarge"), client.create_endpoint("ml.g5.xlarge")
    assert len({first.name, second.name, "goc-dev-one"}) == 3
    assert client.create_endpoint("ml.g5.xlarge", "two").name == "goc-dev-two"


def test_an_endpoint_that_an_unanswered_try_has_made_is_no_refusal(client: Client, deployment: Deployment) -> None:
    deployment.endpoints.unanswered = 1
    assert client.create_endpoint("ml.g5.xlarge", "two", max_instances=2).name == "goc-dev-two"
    assert len(deployment.endpoints.asked) == 2


@pytest.mark.parametrize("unanswered", [0, 1])
def test_an_endpoint_of_another_order_is_a_refusal(client: Client, deployment: Deployment, unanswered: int) -> None:
    client.create_endpoint("ml.g5.xlarge", "two", max_instances=1 + unanswered)
    deployment.endpoints.unanswered = unanswered
    with pytest.raises(Refused, match="There is an endpoint goc-dev-two already"):
        client.create_endpoint("ml.g5.xlarge", "two", max_instances=1)


def test_an_endpoint_is_waited_for_until_its_status_changes_no_more(client: Client, deployment: Deployment) -> None:
    deployment.endpoints.to_come = [{"status": "Updating"}, {"status": "RollingBack"}, {"status": "InService"}]
    seen: list[str] = []
    endpoint = client.wait_for_endpoint("goc-dev-one", lambda endpoint: seen.append(endpoint.status))
    assert (seen, endpoint.status, endpoint.jobs_today) == (["Updating", "RollingBack"], "InService", 14)


def test_what_a_client_has_no_name_for_is_in_the_document(client: Client, deployment: Deployment) -> None:
    deployment.endpoints.known["goc-dev-one"]["colour"] = "blue"
    assert client.endpoint("goc-dev-one").document["colour"] == "blue"
