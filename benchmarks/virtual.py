"""An S3 with one file, of which only the beginning is stored: the rest reads as zeros."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from benchmarks.headers import Beginning


class VirtualFile(ThreadingHTTPServer):
    """`sent` counts the file's bytes that were read."""

    def __init__(self, beginning: Beginning) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.beginning = beginning
        self.sent = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def read(self, start: int, end: int) -> bytes:
        content = self.beginning.content[start:end].ljust(end - start, b"\0")
        self.sent += len(content)
        return content


@contextmanager
def serving(beginning: Beginning) -> Iterator[VirtualFile]:
    with VirtualFile(beginning) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: VirtualFile

    def do_HEAD(self) -> None:
        self._begin(200, self.server.beginning.size)

    def do_GET(self) -> None:
        """Sends the whole file if no range is asked for."""
        size = self.server.beginning.size
        asked = self.headers.get("Range", f"bytes=0-{size - 1}")
        first, last = map(int, asked.removeprefix("bytes=").split("-"))
        content = self.server.read(first, min(last + 1, size))
        self._begin(206, len(content), f"bytes {first}-{first + len(content) - 1}/{size}")
        self.wfile.write(content)

    def _begin(self, status: int, length: int, content_range: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.send_header("ETag", '"e1"')
        self.send_header("Last-Modified", self.date_time_string())
        if content_range:
            self.send_header("Content-Range", content_range)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Quiet."""
