"""The endpoints of the deployment that the tests play."""

from typing import Any

from tests.goc.serving import Request

NOW = "2026-01-02T03:04:05.000Z"


def endpoint(**fields: Any) -> dict[str, Any]:
    return {
        "name": "goc-dev-one",
        "status": "InService",
        "reason": None,
        "instance_type": "ml.g5.xlarge",
        "image": None,
        "instances": 1,
        "min_instances": 0,
        "max_instances": 2,
        "backlog_per_instance": 5,
        "hourly_usd": 1.408,
        "created_at": NOW,
        "updated_at": NOW,
    } | fields


class Endpoints:
    def __init__(self) -> None:
        self.known = {"goc-dev-one": endpoint()}
        self.asked: list[dict[str, Any]] = []  # the bodies of POST and PATCH
        self.to_come: list[dict[str, Any]] = []  # what changes in one, each time that it is looked at
        self.busy = False  # jobs are not done
        self.unanswered = 0  # the next creations that are carried out, but answered by a gateway that waited too long

    def __call__(self, request: Request) -> None:
        _, _, name = request.place.strip("/").partition("/")
        if request.command == "POST":
            self._create(request)
        elif not name:
            wanted = request.query.get("status")
            request.answer(
                200, {"endpoints": [each for each in self.known.values() if wanted in (None, each["status"])]}
            )
        elif name not in self.known:
            request.answer(404, {"detail": f"There is no endpoint {name}."})
        else:
            self._one(name, request)

    def _create(self, request: Request) -> None:
        order = request.document()
        self.asked.append(order)
        name = f"goc-dev-{order['name']}"
        taken = name in self.known
        self.known.setdefault(name, endpoint() | order | {"name": name, "status": "Creating"})
        if self.unanswered:
            self.unanswered -= 1
            request.answer(504, {"message": "Endpoint request timed out"})
        elif taken:
            request.answer(409, {"detail": f"There is an endpoint {name} already."})
        else:
            request.answer(202, self.known[name])

    def _one(self, name: str, request: Request) -> None:
        known = self.known[name]
        if request.command == "PATCH":
            self.asked.append(request.document())
            known.update(self.asked[-1])
        elif request.command == "DELETE":
            if self.busy and "force" not in request.query:
                request.answer(409, {"detail": f"The endpoint {name} has jobs that are not done."})
                return
            known["status"] = "Deleting"
        elif self.to_come:
            known.update(self.to_come.pop(0))
        request.answer(202 if request.command == "DELETE" else 200, known | {"backlog": 3, "jobs_today": 14})
