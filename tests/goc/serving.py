"""HTTP on 127.0.0.1 for what the tests play."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

CHUNK = 64 * 1024


class Request(BaseHTTPRequestHandler):
    """One request, and what can be done with it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    app: Callable[["Request"], None]

    def parse_request(self) -> bool:
        read = super().parse_request()
        if read:
            split = urlsplit(self.path)
            self.place, self.query = unquote(split.path), dict(parse_qsl(split.query))
        return read

    def handle_it(self) -> None:
        type(self).app(self)

    @property
    def length(self) -> int:
        return int(self.headers.get("Content-Length", 0))

    def chunks(self) -> Iterator[bytes]:
        """The body's chunks, as they come; raises ConnectionError if the other side breaks off."""
        left = self.length
        while left:
            chunk = self.rfile.read1(min(CHUNK, left))
            if not chunk:
                raise ConnectionError
            left -= len(chunk)
            yield chunk

    def document(self) -> Any:
        return json.loads(b"".join(self.chunks()) or "null")

    def answer(self, status: int, body: object = None, headers: Mapping[str, str] | None = None) -> None:
        """Bytes go out as they are, anything else as JSON."""
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        self.begin(status, {"Content-Length": str(len(content))} | dict(headers or {}))
        self.wfile.write(content)

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def hang_up(self) -> None:
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignored: tests have the other side break off."""


@contextmanager
def served(app: Callable[[Request], None]) -> Iterator[str]:
    """Serve it, and yield its address."""
    methods = {f"do_{method}": Request.handle_it for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")}
    handler = type("Handler", (Request,), {"app": staticmethod(app), **methods})
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
