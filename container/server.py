"""The model server that SageMaker speaks to: `GET /ping`, `POST /invocations`, port 8080."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from pathlib import Path
from threading import Timer
from types import FrameType
from typing import Any

import boto3
import torch
import uvicorn
from botocore.config import Config
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from container import orders
from container.files import CONNECTIONS, Files, share_of_disk
from container.gathering import gather
from container.loading import Place
from container.memory import Memory, budget
from container.models import Models
from container.orders import NoOrder
from container.progress import WEDGED_SECONDS, HandedBack
from container.runs import Runs, for_the_user
from container.usage import Usage
from shared.bucket import Bucket
from shared.shapes import Manifest, Order
from shared.tables.jobs import Jobs
from shared.tables.models import Models as ModelsTable

# SageMaker kills 30 s after SIGTERM: what is not drawn in this time is handed back, with time left to say so.
FINISH_SECONDS = 20

# A claim holds 30 s: no call that renews it may take longer than that, retries included.
_TO_DYNAMODB = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
# A connection for each range, and some for pictures and previews.
_TO_S3 = Config(connect_timeout=5, read_timeout=20, max_pool_connections=CONNECTIONS + 4)

log = logging.getLogger(__name__)


class DrawingThread:
    """Draws one order at a time, off the thread that answers, and knows whether it still can."""

    def __init__(self, run: Callable[[Order], Manifest], silent_seconds: Callable[[], float]) -> None:
        self._run = run
        self._silent_seconds = silent_seconds
        self._thread = ThreadPoolExecutor(max_workers=1)
        self.gpu_is_lost = False

    @property
    def possible(self) -> bool:
        """False once the order under way has been silent for WEDGED_SECONDS, or the GPU is lost."""
        return not self.gpu_is_lost and self._silent_seconds() < WEDGED_SECONDS

    async def draw(self, order: Order) -> Manifest:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._draw, order)

    def _draw(self, order: Order) -> Manifest:
        if self.gpu_is_lost:  # unclaimed, the order can be drawn by the next container
            raise HandedBack
        try:
            return self._run(order)
        except Exception:
            self.gpu_is_lost = _gpu_is_lost()
            raise


def app(drawing: DrawingThread, leave: Callable[[], None] = lambda: None) -> Starlette:
    """The two routes. `/ping` answers while an order is drawn, with 503 once no more can be drawn, for SageMaker to
    replace the container. `leave` is called if the GPU is lost, before the order that lost it is answered."""

    async def ping(_: Request) -> Response:
        return Response(status_code=HTTPStatus.OK if drawing.possible else HTTPStatus.SERVICE_UNAVAILABLE)

    async def invocations(request: Request) -> Response:
        try:
            order = orders.read(await request.body())
        except NoOrder as error:
            log.warning("an order was refused: %s", error)
            return _problem(HTTPStatus.BAD_REQUEST, str(error))
        try:
            manifest = await drawing.draw(order)
        except HandedBack:
            return _problem(HTTPStatus.SERVICE_UNAVAILABLE, "The server went down before the job was drawn.")
        except Exception as error:
            log.exception("job %s failed", order.id)
            answer = _problem(HTTPStatus.INTERNAL_SERVER_ERROR, for_the_user(error))
            if drawing.gpu_is_lost:
                leave()
                answer.headers["connection"] = "close"
            return answer
        log.info("job %s: %s, %d pictures", order.id, manifest.outcome, len(manifest.images))
        return JSONResponse(manifest.model_dump(mode="json"))

    return Starlette(routes=[Route("/ping", ping), Route("/invocations", invocations, methods=["POST"])])


def _problem(status: HTTPStatus, error: str) -> Response:
    return JSONResponse({"error": error}, status)


def _gpu_is_lost() -> bool:
    """After an illegal access or a failed assertion, CUDA answers everything with that error until the process ends.

    Running out of memory is no such error. So ask the GPU itself: exceptions say it in many ways.
    """
    if not torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        return False
    try:
        torch.cuda.synchronize()
    except RuntimeError:
        return True
    return False


class Server(uvicorn.Server):
    """Answers the orders under way before it goes down.

    It goes down by itself when the GPU is lost, since a new process can use it again. The next order should find no
    server, and so be sent again: one that is answered 503 has failed.
    """

    def __init__(self, drawing: DrawingThread, hand_back: Callable[[], None], **config: Any) -> None:
        """`config` is uvicorn's."""
        super().__init__(uvicorn.Config(app(drawing, self._leave), **config))
        self._hand_back = Timer(FINISH_SECONDS, hand_back)
        self._hand_back.daemon = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self.should_exit:
            self._hand_back.start()
        super().handle_exit(sig, frame)

    def _leave(self) -> None:
        for listening in self.servers:
            listening.close()
        self.should_exit = True


def device(gpu: bool) -> torch.device:
    """The device to draw on. Ends the process if that is no GPU although the instance has one (`gpu`).

    On its CPU, an order would take hours, and nobody would know why.
    """
    found = Place.best().device
    if gpu and found.type != "cuda":
        sys.exit(
            "The instance has a GPU that CUDA does not find: its driver may be older than torch's CUDA, or the "
            "container was started without NVIDIA's runtime. Without GPU in its environment it draws on the CPU."
        )
    return found


def main() -> None:
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    log.info("drawing on %s, with torch %s", device(gpu=bool(os.environ.get("GPU"))), torch.__version__)
    bucket, folder = os.environ["BUCKET"], Path(os.environ.get("MODELS_FOLDER", "/tmp/models"))
    s3 = boto3.client("s3", config=_TO_S3)
    pictures = Bucket(s3, bucket)
    memory = Memory(budget())
    models = Models(Files(s3, bucket, folder, share_of_disk(folder)), memory)
    dynamodb = boto3.client("dynamodb", config=_TO_DYNAMODB)
    jobs = Jobs(dynamodb, os.environ["JOBS_TABLE"])
    noted = Usage(ModelsTable(dynamodb, os.environ["MODELS_TABLE"])).note
    runs = Runs(jobs, pictures, partial(gather, models=models, bucket=pictures, note=noted), memory.let_go)
    port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))
    drawing = DrawingThread(runs.run, runs.silent_seconds)
    Server(drawing, runs.hand_back, host=os.environ.get("HOST", "127.0.0.1"), port=port, log_level="warning").run()
    if drawing.gpu_is_lost:
        sys.exit("The GPU answers nothing any more. A new process may use it again.")


if __name__ == "__main__":
    main()
