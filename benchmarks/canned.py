"""An AWS that answers at once, so that a process is measured and not what it waits for."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from shared.tables.items import Item


class CannedAws(ThreadingHTTPServer):
    """DynamoDB, which knows one item a table and takes every write, and SageMaker, which takes every order."""

    def __init__(self, known: Mapping[str, Item]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.known = known


@contextmanager
def serving(known: Mapping[str, Item]) -> Iterator[str]:
    """Its URL."""
    with CannedAws(known) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: CannedAws
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one piece: the second of two would wait until the first is acknowledged

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/async-invocations"):
            self._answer(202, {"InferenceId": "given"})
        elif self.headers["X-Amz-Target"].endswith(".BatchGetItem"):
            found = {table: [item] for table, item in self.server.known.items() if table in asked["RequestItems"]}
            self._answer(200, {"Responses": found, "UnprocessedKeys": {}})
        else:
            self._answer(200, {})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Quiet."""
