"""SageMaker's contract, over the server's two routes."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from container.failures import Failure
from container.progress import HandedBack
from container.server import app
from shared.parameters import Parameters
from shared.shapes import Manifest, Order, Outcome
from tests.container.aws import MODEL

ORDER = Order(owner="alice", id="1", checkpoint=MODEL, parameters=Parameters(prompt="a secret dog"))


def post(run: Callable[[Order], Manifest], body: str = ORDER.model_dump_json()) -> tuple[int, Any]:
    with TestClient(app(run)) as client:
        answer = client.post("/invocations", content=body)
        return answer.status_code, answer.json()


def send(client: TestClient) -> threading.Thread:
    thread = threading.Thread(target=lambda: client.post("/invocations", content=ORDER.model_dump_json()))
    thread.start()
    return thread


def failing(error: Exception) -> Callable[[Order], Manifest]:
    def run(_: Order) -> Manifest:
        raise error

    return run


def test_an_order_is_answered_with_its_manifest() -> None:
    status, answer = post(lambda order: Manifest(outcome=Outcome.SUCCEEDED, error=order.id))
    assert (status, answer) == (200, {"outcome": "succeeded", "images": [], "error": "1"})


def test_a_failure_is_answered_with_its_reason() -> None:
    answer = post(failing(Failure("Order a smaller width.")))
    assert answer == (500, {"error": "Order a smaller width."})


def test_an_order_that_is_handed_back_is_answered_so_that_it_is_delivered_again() -> None:
    assert post(failing(HandedBack()))[0] == 503


@pytest.mark.parametrize("body", ["", "{}", "no JSON", "[]"])
def test_what_is_no_order_is_refused(body: str) -> None:
    status, answer = post(failing(AssertionError()), body)
    assert status == 400
    assert "error" in answer


def test_no_prompt_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    post(lambda _: Manifest(outcome=Outcome.SUCCEEDED))
    post(failing(Failure("no")))
    assert caplog.text
    assert "secret" not in caplog.text


def test_ping_answers_while_an_order_is_drawn() -> None:
    drawing, done = threading.Event(), threading.Event()

    def run(_: Order) -> Manifest:
        drawing.set()
        assert done.wait(10)
        return Manifest(outcome=Outcome.SUCCEEDED)

    with TestClient(app(run)) as client:
        thread = send(client)
        assert drawing.wait(10)
        assert client.get("/ping").status_code == 200
        done.set()
        thread.join()


def test_orders_are_drawn_one_at_a_time() -> None:
    at_once, most = threading.Semaphore(1), []

    def run(_: Order) -> Manifest:
        most.append(at_once.acquire(blocking=False))
        threading.Event().wait(0.05)
        at_once.release()
        return Manifest(outcome=Outcome.SUCCEEDED)

    with TestClient(app(run)) as client:
        threads = [send(client) for _ in range(3)]
        for thread in threads:
            thread.join()
    assert most == [True, True, True]
