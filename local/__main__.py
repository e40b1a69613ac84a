"""`python -m local up` keeps a local cloud running; `python -m local demo` starts one, draws a picture and stops it."""

import argparse
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

from local import demo
from local.cloud import Cloud, running
from local.failures import LocalCloudFailed
from local.place import ROOT, Place

_stopping = threading.Event()


def main() -> int:
    arguments = _arguments()
    place = Place(arguments.folder, arguments.port)
    environment = place.environment(os.environ)
    os.environ.clear()
    os.environ.update(environment)  # whatever this process or its children call is this place
    for each in (signal.SIGINT, signal.SIGTERM):  # `kill` stops it properly, as Ctrl-C does
        signal.signal(each, _stop)
    try:
        with running(place, environment, _say) as cloud:
            if arguments.command == "demo":
                _say(f"\n       saved as {demo.draw(cloud, ROOT / 'out', _say)}")
            else:
                _serve_until_stopped(cloud)
            _say("stopping ...")
    except LocalCloudFailed as failure:
        _say(f"\n{failure}")
        return 1
    except KeyboardInterrupt:
        _say("\nstopped.")
    return 0


def _stop(*_: object) -> None:
    """Remembers it, too: an exception raised while an object is being deleted gets lost."""
    _stopping.set()
    raise KeyboardInterrupt


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("command", choices=["up", "demo"])
    parser.add_argument(
        "--port", type=int, default=4566, help="of the local AWS; the next two are SageMaker's and the page's"
    )
    parser.add_argument("--folder", type=Path, default=ROOT / ".local", help="where everything is kept")
    return parser.parse_args()


def _serve_until_stopped(cloud: Cloud) -> None:
    _say(_how_to_use(cloud))
    with suppress(KeyboardInterrupt):
        while not _stopping.wait(0.5):
            cloud.check()


def _how_to_use(cloud: Cloud) -> str:
    curl = f"curl -s -H 'x-api-key: {cloud.key}'"
    order = (
        f'{{"task": "txt2img", "endpoint": "{cloud.endpoint}", "checkpoint": "{cloud.checkpoint}",'
        ' "parameters": {"prompt": "a yellow triangle on a purple background",'
        ' "steps": 20, "width": 128, "height": 128}}'
    )
    return f"""
The web page, with its key:  {cloud.console}/#key={cloud.key}

API={cloud.api}
KEY={cloud.key}

{curl} {cloud.api}/endpoints
JOB=$({curl} -d '{order}' {cloud.api}/jobs | tee /dev/stderr | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')
{curl} {cloud.api}/jobs/$JOB

Ctrl-C stops it; what was made is there again with the next `make up`."""


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
