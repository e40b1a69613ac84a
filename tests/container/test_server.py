"""SageMaker's contract, over the server's two routes."""

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import httpx
import pytest
import torch
from starlette.testclient import TestClient

from container import server
from container.architectures import UnusableCheckpoint
from container.failures import Failure
from container.files import DiskFull, MissingFile
from container.memory import Memory, NoMemory
from container.pipeline import NotDrawn
from container.progress import WEDGED_SECONDS, HandedBack
from container.server import DrawingThread, Server, app, device
from shared.parameters import Txt2ImgParameters
from shared.shapes import Manifest, Order, Outcome
from tests.container.aws import MODEL
from tests.waiting import eventually

ORDER = Order(owner="alice", id="1", checkpoint=MODEL, parameters=Txt2ImgParameters(prompt="a secret dog"))


def serving(run: Callable[[Order], Manifest], silent_seconds: float = 0) -> TestClient:
    return TestClient(app(DrawingThread(run, lambda: silent_seconds)))


def post(run: Callable[[Order], Manifest], body: str = ORDER.model_dump_json()) -> tuple[int, Any]:
    with serving(run) as client:
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
    assert (status, answer["outcome"], answer["error"]) == (200, "succeeded", "1")


def test_a_failure_is_answered_with_its_reason() -> None:
    answer = post(failing(Failure("Order a smaller width.")))
    assert answer == (500, {"error": "Order a smaller width."})


def test_an_order_that_is_handed_back_is_answered_so_that_it_is_delivered_again() -> None:
    assert post(failing(HandedBack()))[0] == 503


def test_what_is_no_order_is_refused_with_its_reason() -> None:
    assert post(failing(AssertionError()), "{}") == (400, {"error": "This is no order as the API sends it."})


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

    with serving(run) as client:
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

    with serving(run) as client:
        threads = [send(client) for _ in range(3)]
        for thread in threads:
            thread.join()
    assert most == [True, True, True]


@pytest.mark.parametrize("failure", [MissingFile, DiskFull, UnusableCheckpoint, NoMemory, NotDrawn])
def test_an_order_that_comes_to_nothing_leaves_the_server_healthy(failure: type[Failure]) -> None:
    runs = [lambda _: Manifest(outcome=Outcome.SUCCEEDED), failing(failure("Order another."))]
    with serving(lambda order: runs.pop()(order)) as client:
        assert client.post("/invocations", content=ORDER.model_dump_json()).status_code == 500
        assert client.get("/ping").status_code == 200
        assert client.post("/invocations", content=ORDER.model_dump_json()).status_code == 200


@pytest.mark.parametrize(("silent", "status"), [(WEDGED_SECONDS - 1, 200), (WEDGED_SECONDS + 1, 503)])
def test_a_drawing_that_gives_no_sign_of_life_is_not_healthy(silent: float, status: int) -> None:
    with serving(failing(AssertionError()), silent) as client:
        assert client.get("/ping").status_code == status


def cuda(monkeypatch: pytest.MonkeyPatch, *, works: bool) -> None:
    """CUDA as it is after a kernel has failed, unless it `works`: every later call fails, too."""

    def synchronize() -> None:
        if not works:
            raise torch.AcceleratorError("CUDA error: an illegal memory access was encountered")

    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "synchronize", synchronize)


def test_a_gpu_that_is_lost_is_not_healthy_and_claims_no_further_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn = []

    def run(order: Order) -> Manifest:
        drawn.append(order.id)
        raise RuntimeError("CUDA error: device-side assert triggered")

    cuda(monkeypatch, works=False)
    with serving(run) as client:
        assert client.post("/invocations", content=ORDER.model_dump_json()).status_code == 500
        assert client.get("/ping").status_code == 503
        assert client.post("/invocations", content=ORDER.model_dump_json()).status_code == 503
    assert drawn == [ORDER.id]


def test_a_server_whose_gpu_is_lost_answers_and_ends_so_that_the_next_order_waits_for_a_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cuda(monkeypatch, works=False)
    lost = failing(RuntimeError("CUDA error: device-side assert triggered"))
    with running(lost, lambda: None) as (_, url), httpx.Client() as sagemaker:
        assert sagemaker.post(url, content=ORDER.model_dump_json()).status_code == 500
        with pytest.raises(httpx.ConnectError):
            sagemaker.post(url, content=ORDER.model_dump_json())


@pytest.mark.parametrize(("gpu", "found"), [(False, False), (False, True), (True, True)])
def test_what_is_drawn_on_is_the_gpu_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, gpu: bool, found: bool
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: found)
    assert device(gpu).type == ("cuda" if found else "cpu")


def test_an_instance_whose_gpu_is_not_found_does_not_draw_on_its_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit, match="has a GPU that CUDA does not find"):
        device(gpu=True)


def test_a_gpu_that_ran_out_of_memory_is_healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda(monkeypatch, works=True)
    with serving(failing(torch.OutOfMemoryError("CUDA out of memory"))) as client:
        assert client.post("/invocations", content=ORDER.model_dump_json()).status_code == 500
        assert client.get("/ping").status_code == 200


@contextmanager
def running(run: Callable[[Order], Manifest], hand_back: Callable[[], None]) -> Iterator[tuple[Server, str]]:
    """A running server, and the address at which it takes orders. It ends with the block."""
    running = Server(DrawingThread(run, lambda: 0), hand_back, port=0, log_level="warning")
    with ThreadPoolExecutor() as pool:
        serving = pool.submit(running.run)
        eventually(lambda: running.started)
        yield running, f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}/invocations"
        serving.result(10)


def stopped(run: Callable[[Order], Manifest], hand_back: Callable[[], None]) -> int:
    """What a server that gets SIGTERM while it draws an order answers to that order before it ends."""
    drawing = threading.Event()

    def draw(order: Order) -> Manifest:
        drawing.set()
        eventually(lambda: stopping.should_exit)
        return run(order)

    with running(draw, hand_back) as (stopping, url), ThreadPoolExecutor() as pool:
        answer = pool.submit(httpx.post, url, content=ORDER.model_dump_json())
        assert drawing.wait(10)
        stopping.handle_exit(signal.SIGTERM, None)
        return answer.result(10).status_code


def test_a_server_that_is_told_to_stop_answers_what_it_can_finish() -> None:
    handed_back = threading.Event()
    assert stopped(lambda _: Manifest(outcome=Outcome.SUCCEEDED), handed_back.set) == 200
    assert not handed_back.is_set()


def test_a_server_that_is_told_to_stop_hands_back_what_it_cannot_finish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "FINISH_SECONDS", 0.01)
    handed_back = threading.Event()

    def run(_: Order) -> Manifest:
        assert handed_back.wait(10)
        raise HandedBack

    assert stopped(run, handed_back.set) == 503


def test_what_cannot_be_finished_is_handed_back_well_before_sagemaker_kills(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is 30 s after SIGTERM; the rest of the step and the answer take some of them."""
    begun: list[float] = []

    class Watch(threading.Timer):
        def start(self) -> None:
            begun.append(self.interval)

    monkeypatch.setattr(server, "Timer", Watch)
    Server(DrawingThread(failing(AssertionError()), lambda: 0), lambda: None).handle_exit(signal.SIGTERM, None)
    (seconds,) = begun
    assert seconds <= 25


def test_the_process_asks_its_runs_whether_they_are_wedged_has_them_hand_back_and_lets_them_free_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    runs, serving = Mock(silent_seconds=lambda: WEDGED_SECONDS + 1), Mock()
    making = Mock(return_value=runs)
    monkeypatch.setattr(server, "Runs", making)
    monkeypatch.setattr(server, "Server", serving)
    for name in ("BUCKET", "JOBS_TABLE", "MODELS_TABLE"):
        monkeypatch.setenv(name, name.lower())
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("MODELS_FOLDER", str(tmp_path))
    server.main()
    drawing, hand_back = serving.call_args.args
    assert not drawing.possible
    assert hand_back == runs.hand_back
    *_, let_go = making.call_args.args
    assert let_go.__func__ is Memory.let_go
