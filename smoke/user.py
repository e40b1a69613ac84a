"""What the API's user does."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import httpx

from shared.keys import owner_of
from shared.shapes import JobKey, Model
from smoke.results import CheckFailed, until

# A new key takes a while to reach every gateway; a first job waits for its checkpoint to be loaded.
KEY_SECONDS = 120
JOB_SECONDS = 1800
DELETE_SECONDS = 120  # a container may write for half a minute after its job was cancelled

FINAL = ("succeeded", "failed", "cancelled")

Document = dict[str, Any]


class User:
    def __init__(self, http: httpx.Client, key: str) -> None:
        self._http = http
        self.owner = owner_of(key)
        self.placed: list[str] = []

    def submit(self, order: Document) -> str:
        """Place an order; returns the job's id."""
        id: str = self._answer("POST", "/jobs", json=order)["id"]
        self.placed.append(id)
        return id

    def job(self, id: str) -> Document:
        return self._answer("GET", f"/jobs/{id}")

    def wait_for(self, id: str, *statuses: str) -> Document:
        """The job, once it is in one of these states or in a final one."""

        def reached() -> Document | None:
            job = self.job(id)
            return job if job["status"] in (*statuses, *FINAL) else None

        return until(reached, JOB_SECONDS, f"the end of {id}")

    def cancel(self, id: str) -> None:
        """Stop the job, unless it is final."""
        self._http.post(f"/jobs/{id}/cancel")

    def checkpoint(self, name: str) -> Model:
        """Raises CheckFailed if the API lists none of that name."""
        query: Document = {"type": "checkpoint", "limit": 100}
        while True:
            page = self._answer("GET", "/models", params=query)
            for model in page["models"]:
                if model["name"].casefold() == name.casefold():
                    return Model.model_validate(model)
            if not page["next_cursor"]:
                raise CheckFailed(f"The deployment has no checkpoint {name!r}: GET /models lists those it has.")
            query["cursor"] = page["next_cursor"]

    def picture(self, job: Document) -> bytes:
        """The job's first picture, by its link."""
        return httpx.get(job["images"][0]["url"], timeout=60).raise_for_status().content

    def key_of(self, id: str) -> JobKey:
        return JobKey(self.owner, id)

    def wait_until_known(self) -> None:
        """Wait until the gateway accepts the key. Raises CheckFailed."""
        try:
            until(lambda: self._http.get("/ping").is_success, KEY_SECONDS, "an answer to GET /ping")
        except httpx.HTTPError as error:
            raise CheckFailed(f"The API at {self._http.base_url} can't be reached: {error}") from error

    def forget_jobs(self) -> None:
        """Stop and remove every job placed, with its pictures."""
        for id in self.placed:
            self.cancel(id)
        until(lambda: all(map(self._deleted, self.placed)), DELETE_SECONDS, "the end of the jobs")

    def _deleted(self, id: str) -> bool:
        """False while its container may still write."""
        return self._http.delete(f"/jobs/{id}").status_code != HTTPStatus.CONFLICT

    def _answer(self, method: str, path: str, **request: Any) -> Document:
        answer = self._http.request(method, path, **request)
        if not answer.is_success:
            raise CheckFailed(f"{method} {path} was answered with {answer.status_code}: {answer.text[:500]}")
        document: Document = answer.json()
        return document


@contextmanager
def using(api: str, key: str) -> Iterator[User]:
    """A user of the API, whose jobs are removed at the end."""
    with httpx.Client(base_url=api, headers={"x-api-key": key}, timeout=30) as http:
        user = User(http, key)
        try:
            yield user
        finally:
            user.forget_jobs()
