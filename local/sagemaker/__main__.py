"""Start the emulator: `python -m local.sagemaker`. SIGTERM or Ctrl-C ends it and its containers, within 30 seconds."""

import logging
import os
import shlex
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import uvicorn

from local.sagemaker import credentials
from local.sagemaker.app import build_app
from local.sagemaker.settings import Settings

PASSED_ON = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "MODELS_FOLDER", "OMP_NUM_THREADS", "GPU")
"""What a process needs from the machine that it shares; a container gets all else from its model, as on AWS."""


def settings(environ: Mapping[str, str]) -> Settings:
    """The settings that the environment names; raises KeyError for one that is missing and has no default."""
    command = environ.get("SAGEMAKER_EMULATOR_CONTAINER_COMMAND")
    return Settings(
        port=int(environ["SAGEMAKER_EMULATOR_PORT"]),
        state=Path(environ["SAGEMAKER_EMULATOR_STATE"]),
        transition_seconds=float(environ.get("SAGEMAKER_EMULATOR_TRANSITION_SECONDS", "1")),
        container_command=tuple(shlex.split(command)) if command else (sys.executable, "-m", "container.server"),
        container_environment={
            name: value
            for name, value in environ.items()
            if name in PASSED_ON or (name.startswith("AWS_") and name not in credentials.OWN)
        },
        speedup=float(environ.get("SAGEMAKER_EMULATOR_SPEEDUP", "30")),
        region=environ["AWS_DEFAULT_REGION"],
        aws_endpoint_url=environ["AWS_ENDPOINT_URL"],
    )


def main() -> None:
    """Serve on 127.0.0.1 until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("botocore", "httpx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    configuration = settings(os.environ)
    # Bound first: a second emulator must fail before it takes up the first one's endpoints, not after.
    with socket.create_server(("127.0.0.1", configuration.port)) as listener, suppress(KeyboardInterrupt):
        server = uvicorn.Server(uvicorn.Config(build_app(configuration), log_config=None, access_log=False))
        server.run(sockets=[listener])


if __name__ == "__main__":
    main()
