"""The API, as methods. What it refuses is raised as Refused; what keeps breaking, as Broken."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from secrets import token_hex
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote
from uuid import uuid4

import httpx

from goc.api import Api, Document, given, listed
from goc.failures import Broken, Failure, Refused, reaching
from goc.retries import answered
from goc.shapes import Begun, Endpoint, Job, JobSummary, Model, NewModel, Picture

POLL_SECONDS = 1.0
FIRST_POLL_SECONDS = 0.125  # while a model is being checked, which is soon done; doubled after each look
CHECK_SECONDS = 1800  # far more than the check of the largest model takes
ASK_SECONDS = (10.0, 60.0)  # until completion is asked for again: the first time, and from then on


class Client:
    """Use it in a `with`, or close it. Lists are read page by page, as far as they are iterated."""

    def __init__(self, address: str, key: str) -> None:
        self._api = Api(address, key)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._api.close()

    def models(self, type: str | None = None, base: str | None = None, name: str | None = None) -> Iterator[Model]:
        return map(Model.of, self._api.pages("models", {"type": type, "base": base, "name": name}))

    def model(self, type: str, name: str) -> Model:
        return Model.of(self._api.get(_place("models", type, name)))

    def begin_upload(self, model: NewModel) -> Begun:
        """Begin an upload or go on with it: what has arrived of the same file is not asked for again."""
        order = model.model_dump(exclude_defaults=True)
        return Begun.of(self._api.answer("POST", "/models", repeatable=True, json=order))

    def complete_upload(self, model: Model) -> Model:
        """Returns the model once it has been checked. Raises Failure, with the reason, if the check failed."""
        self._complete(model)
        deadline = time.monotonic() + CHECK_SECONDS
        asked, (patience, later) = time.monotonic(), ASK_SECONDS
        pause = min(FIRST_POLL_SECONDS, POLL_SECONDS)
        while (now := self.model(model.type, model.name)).state != "active":
            if now.state == "failed":
                raise Failure(f"{now.name} has arrived, and is no model to be used: {now.reason}")
            if time.monotonic() > deadline:
                raise Failure(f"{now.name} is still being checked after half an hour: look again later.")
            if time.monotonic() > asked + patience:  # a new bucket sends no events for some minutes
                self._complete(model)
                asked, patience = time.monotonic(), later
            time.sleep(pause)
            pause = min(2 * pause, POLL_SECONDS)
        return now

    def _complete(self, model: Model) -> None:
        self._api.answer("POST", f"{_place('models', model.type, model.name)}/complete", repeatable=True)

    def delete_model(self, type: str, name: str, force: bool = False) -> None:
        self._api.answer("DELETE", _place("models", type, name), params=_forced(force))

    def endpoints(self, status: str | None = None) -> list[Endpoint]:
        """Newest first. `status` is SageMaker's word, such as InService."""
        return [Endpoint.of(each) for each in listed(self._api.get("/endpoints", {"status": status}), "endpoints")]

    def endpoint(self, name: str) -> Endpoint:
        return Endpoint.of(self._api.get(_place("endpoints", name)))

    def create_endpoint(
        self,
        instance_type: str,
        name: str | None = None,
        *,
        min_instances: int = 0,
        max_instances: int = 1,
        backlog_per_instance: int = 5,
        image: str | None = None,
    ) -> Endpoint:
        """Returns it as `Creating`. If no name is given, a unique one is made.

        So the order is sent again after a break, without being refused because an earlier try of it succeeded.
        """
        order = given(
            {
                "name": name or token_hex(4),
                "instance_type": instance_type,
                "min_instances": min_instances,
                "max_instances": max_instances,
                "backlog_per_instance": backlog_per_instance,
                "image": image,
            }
        )
        try:
            return Endpoint.of(self._api.answer("POST", "/endpoints", repeatable=True, json=order))
        except Refused as refused:
            again = refused.tries > 1 and refused.status == httpx.codes.CONFLICT
            made = self._made(order) if again else None
            if not made:
                raise
            return made

    def _made(self, order: Document) -> Endpoint | None:
        """The endpoint that exactly this order made, if any; the deployment puts its prefix before the name."""
        name, wanted = order["name"], {field: value for field, value in order.items() if field != "name"}
        called = [each for each in self.endpoints() if each.name == name or each.name.endswith(f"-{name}")]
        found = min(called, key=lambda each: len(each.name), default=None)
        return found if found and wanted.items() <= found.document.items() else None

    def rescale_endpoint(
        self,
        name: str,
        *,
        min_instances: int | None = None,
        max_instances: int | None = None,
        backlog_per_instance: int | None = None,
    ) -> Endpoint:
        """What is None stays as it is."""
        change = {
            "min_instances": min_instances,
            "max_instances": max_instances,
            "backlog_per_instance": backlog_per_instance,
        }
        return Endpoint.of(self._api.answer("PATCH", _place("endpoints", name), repeatable=True, json=given(change)))

    def delete_endpoint(self, name: str, force: bool = False) -> Endpoint:
        """Returns it as `Deleting`. `force` fails its unfinished jobs."""
        query = _forced(force)
        return Endpoint.of(self._api.answer("DELETE", _place("endpoints", name), repeatable=True, params=query))

    def wait_for_endpoint(self, name: str, progress: Callable[[Endpoint], None] = lambda _: None) -> Endpoint:
        """The endpoint, once its status no longer changes by itself; `progress` is given each state before that."""
        while not (endpoint := self.endpoint(name)).settled:
            progress(endpoint)
            time.sleep(POLL_SECONDS)
        return endpoint

    def order(self, endpoint: str, checkpoint: str, parameters: Document, **further: Any) -> Job:
        """Order once, however often that has to be sent. `parameters` with `init_images` are an img2img's.

        `further`: an order's other fields, by their names in docs/api.md, such as `extra_networks`, `deadline_seconds`.
        """
        order = {
            "task": "img2img" if "init_images" in parameters else "txt2img",
            "endpoint": endpoint,
            "checkpoint": checkpoint,
            "parameters": parameters,
        }
        headers = {"Idempotency-Key": str(uuid4())}
        return Job.of(self._api.answer("POST", "/jobs", True, json=order | further, headers=headers))

    def job(self, id: str) -> Job:
        return Job.of(self._api.get(_place("jobs", id)))

    def jobs(self, status: str | None = None, task: str | None = None) -> Iterator[JobSummary]:
        """The caller's own, newest first."""
        return map(JobSummary.of, self._api.pages("jobs", {"status": status, "task": task}))

    def wait(self, id: str, progress: Callable[[Job], None] = lambda _: None) -> Job:
        """The job, once it is done, however it ended; `progress` is given each state, the last included."""
        while not (job := self.job(id)).final:
            progress(job)
            time.sleep(POLL_SECONDS)
        progress(job)
        return job

    def cancel(self, id: str) -> Job:
        return Job.of(self._api.answer("POST", f"{_place('jobs', id)}/cancel", repeatable=True))

    def delete_job(self, id: str) -> None:
        self._api.answer("DELETE", _place("jobs", id))

    def save(self, job: Job, folder: Path) -> list[Path]:
        """Save the job's pictures in the folder, each named after the job and its own file; returns their paths."""
        folder.mkdir(parents=True, exist_ok=True)
        files = {
            folder / f"{job.id}-{PurePosixPath(each.file).name}": each for each in [*job.images, *job.extra_images]
        }
        with httpx.Client(timeout=60) as http:  # without the key: a link is all it takes
            for file, picture in files.items():
                file.write_bytes(_content(http, picture))
        return list(files)


def _place(*steps: str) -> str:
    return "".join(f"/{quote(step, safe='')}" for step in steps)


def _forced(force: bool) -> Document:
    return {"force": "true"} if force else {}


def _content(http: httpx.Client, picture: Picture) -> bytes:
    def send() -> httpx.Response:
        with reaching("the pictures' store"):
            return http.get(picture.url)

    answer = answered(send, repeatable=True)
    if not answer.is_success:
        raise Broken(f"The link of {picture.file} was answered {answer.status_code}.")
    return answer.content
