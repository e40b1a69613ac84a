"""A SageMaker that answers as a test wants, and counts what it was posted."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class FakeSageMaker(ThreadingHTTPServer):
    """`status` 202 takes an order, 4xx refuses it, 5xx fails, and 0 breaks the connection without an answer."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reset()

    def reset(self) -> None:
        self.status = 202
        self.endpoint: dict[str, Any] | None = None  # what DescribeEndpoint says
        self.orders: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @classmethod
    @contextmanager
    def serving(cls) -> Iterator[Self]:
        with cls() as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield server
            finally:
                server.shutdown()
                thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: FakeSageMaker

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if self.path == "/":
            self._describe()
        else:
            self.server.orders.append((dict(self.headers), body))
            self._take()

    def _take(self) -> None:
        if not self.server.status:
            self.close_connection = True
        elif self.server.status == 202:
            self._answer(202, {"InferenceId": "given"})
        else:
            self._answer(self.server.status, {"message": "Endpoint of this name not found."})

    def _describe(self) -> None:
        if self.server.endpoint:
            self._answer(200, self.server.endpoint)
        else:
            self._answer(400, {"__type": "ValidationException", "message": 'Could not find endpoint "x".'})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        if status >= 400:
            self.send_header("x-amzn-errortype", "ValidationError")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Quiet."""
