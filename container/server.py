"""The model server that SageMaker speaks to: `GET /ping`, `POST /invocations`, port 8080."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from threading import Timer
from types import FrameType

import boto3
import uvicorn
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from container.checkpoints import Checkpoints
from container.files import Files
from container.progress import HandedBack
from container.runs import Runs, for_the_user
from shared.bucket import Bucket
from shared.shapes import Manifest, Order
from shared.tables.jobs import Jobs

# SageMaker kills 30 s after SIGTERM: what is not drawn by then is handed back in time to say so.
FINISH_SECONDS = 20

log = logging.getLogger(__name__)


def app(run: Callable[[Order], Manifest]) -> Starlette:
    """The two routes, over a function that draws an order. One order is drawn at a time, `/ping` answers meanwhile."""
    drawing = ThreadPoolExecutor(max_workers=1)

    async def ping(_: Request) -> Response:
        return Response()

    async def invocations(request: Request) -> Response:
        try:
            order = Order.model_validate_json(await request.body())
        except ValidationError as error:
            return _problem(HTTPStatus.BAD_REQUEST, f"This is no order: {error.error_count()} fields are wrong.")
        try:
            manifest = await asyncio.get_running_loop().run_in_executor(drawing, run, order)
        except HandedBack:
            return _problem(HTTPStatus.SERVICE_UNAVAILABLE, "The server went down before the job was drawn.")
        except Exception as error:
            log.exception("job %s failed", order.id)
            return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, for_the_user(error))
        log.info("job %s: %s, %d pictures", order.id, manifest.outcome, len(manifest.images))
        return JSONResponse(manifest.model_dump(mode="json"))

    return Starlette(routes=[Route("/ping", ping), Route("/invocations", invocations, methods=["POST"])])


def _problem(status: HTTPStatus, error: str) -> Response:
    return JSONResponse({"error": error}, status)


class _Server(uvicorn.Server):
    """Answers what is under way before it goes down."""

    def __init__(self, config: uvicorn.Config, hand_back: Callable[[], None]) -> None:
        super().__init__(config)
        self._hand_back = Timer(FINISH_SECONDS, hand_back)
        self._hand_back.daemon = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self.should_exit:
            self._hand_back.start()
        super().handle_exit(sig, frame)


def main() -> None:
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    bucket, folder = os.environ["BUCKET"], Path(os.environ.get("MODELS_FOLDER", "/tmp/models"))
    s3 = boto3.client("s3")
    runs = Runs(
        Jobs(boto3.client("dynamodb"), os.environ["JOBS_TABLE"]),
        Bucket(s3, bucket),
        Checkpoints(Files(s3, bucket, folder)),
    )
    port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))
    config = uvicorn.Config(app(runs.run), host=os.environ.get("HOST", "127.0.0.1"), port=port, log_level="warning")
    _Server(config, runs.hand_back).run()


if __name__ == "__main__":
    main()
