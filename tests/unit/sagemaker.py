"""A SageMaker that answers as a test wants, and counts what it was posted.

Its control plane keeps what it was told to create; an endpoint changes its state when a test says so. Application Auto
Scaling answers at the same address.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.unit.refused import Refused
from tests.unit.scaling import FakeScaling


class FakeSageMaker(ThreadingHTTPServer):
    """`status` 202 takes an order, 4xx refuses it, 5xx fails, and 0 breaks the connection without an answer."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reset()

    def reset(self) -> None:
        self.status = 202
        self._seconds = 1763632000
        self.scaling = FakeScaling()
        self.models: dict[str, Any] = {}
        self.configs: dict[str, Any] = {}
        self.endpoints: dict[str, Any] = {}  # what DescribeEndpoint says of each
        self.refusals: dict[str, tuple[str, str]] = {}  # by operation: a code and a message
        self.orders: list[tuple[dict[str, str], bytes]] = []
        self.callers: list[tuple[str, int]] = []  # where the connection of each order came from

    def become(self, name: str, status: str, instances: int = 1, desired: int | None = None, **more: Any) -> None:
        """From now on the endpoint is in this state; one that is not there yet was made elsewhere.

        With a PendingDeploymentSummary it is given a new config, else it is scaled.
        """
        self._seconds += 1
        counts = {"CurrentInstanceCount": instances, "DesiredInstanceCount": instances if desired is None else desired}
        said = {"EndpointName": name, "EndpointStatus": status, "LastModifiedTime": self._seconds}
        made = self.endpoints.get(name, {}).get("CreationTime", self._seconds)
        self.endpoints[name] = said | {"ProductionVariants": [counts], "CreationTime": made} | more

    def answer(self, operation: str, members: dict[str, Any]) -> dict[str, Any]:
        """Raises Refused."""
        if operation in self.refusals:
            raise Refused(*self.refusals[operation])
        if operation == "ListEndpoints":
            return {"Endpoints": list(self.endpoints.values())}
        kind = operation.removeprefix("Create").removeprefix("Describe").removeprefix("Delete")
        kept = {"Model": self.models, "EndpointConfig": self.configs, "Endpoint": self.endpoints}[kind]
        name = members[f"{kind}Name"]
        if operation.startswith("Create"):
            return self._create(kind, kept, name, members)
        if name not in kept:
            raise Refused("ValidationException", f'Could not find {kind} "{name}".')
        if operation == "DeleteEndpoint":
            if kept[name]["EndpointStatus"] not in ("InService", "Failed"):
                raise Refused("ValidationException", f'Cannot update in-progress endpoint "{name}".')
            self.become(name, "Deleting")
        elif operation.startswith("Delete"):
            del kept[name]
        return kept.get(name, {}) if operation.startswith("Describe") else {}

    def _create(self, kind: str, kept: dict[str, Any], name: str, members: dict[str, Any]) -> dict[str, Any]:
        if name in kept:
            raise Refused("ValidationException", f'Cannot create already existing {kind} "{name}".')
        kept[name] = members
        if kind == "Endpoint":
            self.become(name, "Creating", instances=0, desired=1, **members)
        return {f"{kind}Arn": f"arn:aws:sagemaker:us-east-1:123456789012:{kind.lower()}/{name}"}

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
    protocol_version = "HTTP/1.1"  # connections stay open for whoever wants
    wbufsize = -1  # an answer goes out in one piece: of two, the second waits for the first's acknowledgement, 40 ms
    server: FakeSageMaker

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if self.path == "/":
            self._control(json.loads(body))
        else:
            self.server.orders.append((dict(self.headers), body))
            self.server.callers.append(self.client_address)
            self._take()

    def _take(self) -> None:
        if not self.server.status:
            self.close_connection = True
        elif self.server.status == 202:
            self._answer(202, {"InferenceId": "given"})
        else:
            self._answer(self.server.status, {"message": "Endpoint of this name not found."})

    def _control(self, members: dict[str, Any]) -> None:
        service, operation = self.headers["X-Amz-Target"].split(".")
        answering = self.server if service == "SageMaker" else self.server.scaling
        try:
            self._answer(200, answering.answer(operation, members))
        except Refused as refused:
            self._answer(400, {"__type": refused.code, "message": str(refused)})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        if status >= 400 and "__type" not in body:
            self.send_header("x-amzn-errortype", "ValidationError")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Quiet."""
