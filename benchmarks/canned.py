"""An AWS that answers at once, so that the process itself is measured, not what it waits for."""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from shared.parameters import Txt2ImgParameters
from shared.tables.items import Item, to_item
from tests.jobs import queued


class CannedAws(ThreadingHTTPServer):
    """DynamoDB, which has one item per table and takes every write; SageMaker, which takes every order; and S3, which
    takes every object and has a single file, which it gives for every model."""

    def __init__(self, known: Mapping[str, Item], model: Path | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.known = known
        self.model = model


@contextmanager
def serving(known: Mapping[str, Item], model: Path | None = None) -> Iterator[str]:
    """Yields its URL."""
    with CannedAws(known, model) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def job() -> dict[str, Item]:
    """A table with one job, which a container gets whatever it asks for."""
    found = queued("alice", Txt2ImgParameters(prompt="a lighthouse at night"))
    return {"jobs": to_item(found.model_dump(mode="json") | {"owner": found.owner})}


class _Handler(BaseHTTPRequestHandler):
    server: CannedAws
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # send an answer in one piece: a second would wait until the first is acknowledged

    def do_POST(self) -> None:
        asked, target = json.loads(self._body()), self.headers.get("X-Amz-Target", "")
        if self.path.endswith("/async-invocations"):
            self._answer(202, {"InferenceId": "given"})
        elif target.endswith(".BatchGetItem"):
            found = {table: [item] for table, item in self.server.known.items() if table in asked["RequestItems"]}
            self._answer(200, {"Responses": found, "UnprocessedKeys": {}})
        elif target.endswith(".UpdateItem"):
            self._answer(200, {"Attributes": self.server.known[asked["TableName"]]})
        else:
            self._answer(200, {})

    def do_PUT(self) -> None:
        self._body()
        self._send(200, b"")

    def do_GET(self) -> None:
        if not self.server.model or "/models/" not in self.path:
            return self._send(404, b"<Error><Code>NoSuchKey</Code></Error>")
        first, last = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
        with self.server.model.open("rb") as file:
            content = os.pread(file.fileno(), last + 1 - first, first)
            return self._send(206, content, f"bytes {first}-{last}/{os.fstat(file.fileno()).st_size}")

    def handle_expect_100(self) -> bool:
        expected = super().handle_expect_100()
        self.wfile.flush()
        return expected

    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        self._send(status, json.dumps(body).encode())

    def _send(self, status: int, content: bytes, content_range: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        if content_range:
            self.send_header("Content-Range", content_range)
        self.end_headers()
        self.wfile.write(content)
