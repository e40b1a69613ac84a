"""A deployment, as far as the client sees it: the API, and the store that its links to parts lead to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.goc.endpoints import NOW, Endpoints
from tests.goc.serving import Request

KEY = "goc0123456789"
SIGNATURE = "X-Amz-Signature=0a1b2c"
MOST_LINKS = 500

# What a store may do with a part instead of taking it; the body has not been read yet.
Fault = Callable[[Request], None]


@dataclass
class Stored:
    size: int
    order: dict[str, Any]
    parts: dict[int, bytes] = field(default_factory=dict)
    state: str = "uploading"

    @property
    def content(self) -> bytes:
        return b"".join(self.parts[number] for number in sorted(self.parts))


class Deployment:
    def __init__(self) -> None:
        self.url = ""
        self.part_size = 100_000
        self.models: dict[str, Stored] = {}
        self.endpoints = Endpoints()
        self.link_uses = 1000  # of all links of an answer together, until they expire
        self.sent: list[int] = []  # the parts that have arrived, by number
        self.faults: dict[int, list[Fault]] = {}  # by part
        self.first_answers: list[tuple[int, Any, dict[str, str]]] = []  # before the API's own
        self.requests: list[tuple[str, str, dict[str, str]]] = []  # method, path, headers
        self.queries: list[dict[str, str]] = []  # of lists
        self.orders: list[Any] = []
        self.states: list[dict[str, Any]] = []  # of the job, one for each time it is asked for
        self.warnings: list[str] = []  # of an order
        self.found_wanting: str | None = None
        self.unheard = 0  # completions that nothing follows

    def __call__(self, request: Request) -> None:
        self.requests.append((request.command, request.place, dict(request.headers)))
        if request.place.startswith("/store/"):
            self._store(request)
        elif request.place.startswith("/pictures/"):
            request.answer(400 if "x-api-key" in request.headers else 200, request.place.encode())
        elif request.headers.get("x-api-key") != KEY:
            request.answer(403, {"detail": "The API key is missing or wrong."})
        elif self.first_answers:
            request.document()
            request.answer(*self.first_answers.pop(0))
        else:
            self._api(request)

    def _store(self, request: Request) -> None:
        _, _, type, name, part = request.place.split("/")
        assert "x-api-key" not in request.headers
        if self.faults.get(int(part)):
            self.faults[int(part)].pop(0)(request)
            return
        self.link_uses_left -= 1
        if self.link_uses_left < 0:
            expired(request)
            return
        content = b"".join(request.chunks())
        self.models[f"{type}/{name}"].parts[int(part)] = content
        self.sent.append(int(part))
        request.answer(200)

    def _api(self, request: Request) -> None:
        match request.command, request.place.strip("/").split("/"):
            case "POST", ["models"]:
                self._begin(request)
            case "POST", ["models", type, name, "complete"]:
                done = "failed" if self.found_wanting else "active"
                self.models[f"{type}/{name}"].state = "checking" if self.unheard else done
                self.unheard = max(0, self.unheard - 1)
                request.answer(202, self._model(f"{type}/{name}") | {"state": "checking"})
            case "GET", ["models", type, name]:
                request.answer(200, self._model(f"{type}/{name}"))
            case "GET", [("models" | "jobs") as name]:
                self._list(name, request)
            case "DELETE", ["models", type, name]:
                self._delete(f"{type}/{name}", request)
            case _, ["endpoints", *_]:
                self.endpoints(request)
            case "POST", ["jobs"]:
                self.orders.append((request.document(), request.headers.get("Idempotency-Key")))
                request.answer(202, job(status="queued", warnings=self.warnings))
            case "POST", ["jobs", _, "cancel"]:
                request.answer(200, job(status="cancelled"))
            case "DELETE", ["jobs", _]:
                request.answer(204)
            case "GET", ["jobs", _]:
                request.answer(200, self.states.pop(0) if len(self.states) > 1 else self.states[0])
            case _:
                request.answer(404, b"<html>not found</html>")

    def _begin(self, request: Request) -> None:
        self.link_uses_left = self.link_uses
        order = request.document()
        stem = order["name"].rpartition(".")[0]
        address = f"{order['type']}/{stem}"
        stored = self.models.setdefault(address, Stored(order["size"], order))
        count = -(-stored.size // self.part_size)
        missing = [self._part(address, number) for number in range(1, count + 1) if number not in stored.parts]
        upload = {"part_size": self.part_size, "part_count": count, "parts": missing[:MOST_LINKS], "expires_at": NOW}
        request.answer(200, {"model": self._model(address), "upload": upload})

    def _part(self, address: str, number: int) -> dict[str, Any]:
        size = min(self.part_size, self.models[address].size - (number - 1) * self.part_size)
        return {"number": number, "url": f"{self.url}/store/{address}/{number}?{SIGNATURE}", "size": size}

    def _model(self, address: str) -> dict[str, Any]:
        type, name = address.split("/")
        stored = self.models[address]
        return {
            "type": type,
            "name": name,
            "size": stored.size,
            "state": stored.state,
            "reason": self.found_wanting,
            "updated_at": NOW,
            "tensors": 42,
        }

    def _list(self, name: str, request: Request) -> None:
        """Two per page."""
        known = [job(status="succeeded", id=f"job-{number}") for number in range(3)]
        self.queries.append(request.query)
        if name == "models":
            known = [self._model(address) for address in sorted(self.models)]
            known = [each for each in known if request.query.get("type", each["type"]) == each["type"]]
        start = int(request.query.get("cursor", 0))
        further = str(start + 2) if start + 2 < len(known) else None
        request.answer(200, {name: known[start : start + 2], "next_cursor": further})

    def _delete(self, address: str, request: Request) -> None:
        if address in self.models and self.models[address].state == "in use" and "force" not in request.query:
            request.answer(409, {"detail": f"The {address.replace('/', ' ')} is in use."})
        elif address in self.models:
            del self.models[address]
            request.answer(204)
        else:
            request.answer(
                404, {"detail": f"There is no {address.replace('/', ' ')}: GET /models lists those there are."}
            )


def job(**fields: Any) -> dict[str, Any]:
    return {
        "id": "01a2-job",
        "status": "running",
        "endpoint": "goc-dev-one",
        "checkpoint": "tiny",
        "progress": 0.0,
        "created_at": NOW,
    } | fields


def break_off(request: Request) -> None:
    """Hang up in the middle of the body."""
    next(request.chunks())
    request.hang_up()


def forget(request: Request) -> None:
    """Say that the part has arrived, and drop it."""
    list(request.chunks())
    request.answer(200)


def expired(request: Request) -> None:
    """Refuse before reading the body, as S3 does."""
    request.answer(403, b"<Error><Code>AccessDenied</Code></Error>", {"Connection": "close"})
    request.hang_up()
