"""The API, as methods. What it refuses is raised as Refused; what breaks, more than once, as Broken."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote
from uuid import uuid4

import httpx

from goc.failures import Broken, Failure, Refused, reaching
from goc.retries import answered
from goc.shapes import Begun, Endpoint, Job, JobSummary, Model, NewModel, Picture

POLL_SECONDS = 1.0
CHECK_SECONDS = 1800  # far more than the check of the largest model takes

Document = dict[str, Any]


class Client:
    """Use it in a `with`, or close it. Lists are read page by page, as far as they are iterated."""

    def __init__(self, address: str, key: str) -> None:
        if not address.startswith(("http://", "https://")):
            raise Failure(f"The API's address begins with https:// (or http://, locally); {address!r} does not.")
        self._http = httpx.Client(base_url=address, headers={"x-api-key": key}, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, type: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def endpoints(self) -> list[Endpoint]:
        return [Endpoint.model_validate(each) for each in self._get("/endpoints")["endpoints"]]

    def models(self, type: str | None = None, base: str | None = None, name: str | None = None) -> Iterator[Model]:
        query = {"type": type, "base": base, "name": name}
        return map(Model.model_validate, self._pages("models", query))

    def model(self, type: str, name: str) -> Model:
        return Model.model_validate(self._get(_place(type, name)))

    def begin_upload(self, model: NewModel) -> Begun:
        """Begins it, or finds it begun: what has arrived of the same file is not asked for again."""
        order = model.model_dump(exclude_defaults=True)
        return Begun.model_validate(self._answer("POST", "/models", repeatable=True, json=order))

    def complete_upload(self, model: Model) -> Model:
        """Answers the model once it has been checked. Raises Failure with the reason if it was found wanting."""
        self._answer("POST", f"{_place(model.type, model.name)}/complete", repeatable=True)
        deadline = time.monotonic() + CHECK_SECONDS
        while (now := self.model(model.type, model.name)).state != "active":
            if now.state == "failed":
                raise Failure(f"{now.name} has arrived, and is no model to be used: {now.reason}")
            if time.monotonic() > deadline:
                raise Failure(f"{now.name} is still being checked after half an hour: look again later.")
            time.sleep(POLL_SECONDS)
        return now

    def delete_model(self, type: str, name: str, force: bool = False) -> None:
        self._answer("DELETE", _place(type, name), params={"force": "true"} if force else {})

    def order(self, endpoint: str, checkpoint: str, parameters: Document, **further: Any) -> Job:
        """Orders once, however often it has to be sent. `parameters` with `init_images` are an img2img's."""
        order = {
            "task": "img2img" if "init_images" in parameters else "txt2img",
            "endpoint": endpoint,
            "checkpoint": checkpoint,
            "parameters": parameters,
        }
        headers = {"Idempotency-Key": str(uuid4())}
        return Job.model_validate(self._answer("POST", "/jobs", True, json=order | further, headers=headers))

    def job(self, id: str) -> Job:
        return Job.model_validate(self._get(f"/jobs/{id}"))

    def jobs(self) -> Iterator[JobSummary]:
        """One's own, newest first."""
        return map(JobSummary.model_validate, self._pages("jobs", {}))

    def wait(self, id: str, progress: Callable[[Job], None]) -> Job:
        """The job, once it is done, however it ended; `progress` is shown each state of it before."""
        while not (job := self.job(id)).final:
            progress(job)
            time.sleep(POLL_SECONDS)
        progress(job)
        return job

    def cancel(self, id: str) -> Job:
        return Job.model_validate(self._answer("POST", f"/jobs/{id}/cancel", repeatable=True))

    def delete_job(self, id: str) -> None:
        self._answer("DELETE", f"/jobs/{id}")

    def save(self, job: Job, folder: Path) -> list[Path]:
        """The job's pictures into the folder, each named for the job and its own file."""
        folder.mkdir(parents=True, exist_ok=True)
        files = {
            folder / f"{job.id}-{PurePosixPath(each.file).name}": each for each in [*job.images, *job.extra_images]
        }
        with httpx.Client(timeout=60) as http:  # without the key: a link is all it takes
            for file, picture in files.items():
                file.write_bytes(_content(http, picture))
        return list(files)

    def _get(self, path: str, query: Document | None = None) -> Document:
        document: Document = self._answer("GET", path, repeatable=True, params=query)
        return document

    def _pages(self, name: str, query: Document) -> Iterator[Document]:
        query = {field: value for field, value in query.items() if value is not None}
        cursor = None
        while True:
            page = self._get(f"/{name}", query | ({"cursor": cursor} if cursor else {}))
            yield from page[name]
            if not (cursor := page["next_cursor"]):
                return

    def _answer(self, method: str, path: str, repeatable: bool = False, **request: Any) -> Any:
        def send() -> httpx.Response:
            with reaching(f"the API at {self._http.base_url.host}"):
                return self._http.request(method, path, **request)

        answer = answered(send, repeatable)
        if not answer.is_success:
            raise Refused.of(answer)
        try:
            return answer.json() if answer.content else None
        except ValueError as error:
            raise Refused.of(answer) from error


def _place(type: str, name: str) -> str:
    return f"/models/{quote(type, safe='')}/{quote(name, safe='')}"


def _content(http: httpx.Client, picture: Picture) -> bytes:
    def send() -> httpx.Response:
        with reaching("the pictures' store"):
            return http.get(picture.url)

    answer = answered(send, repeatable=True)
    if not answer.is_success:
        raise Broken(f"The link of {picture.file} was answered {answer.status_code}.")
    return answer.content
