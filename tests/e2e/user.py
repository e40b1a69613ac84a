"""What the API's user does."""

from collections.abc import Callable
from typing import Any

import httpx

from tests.waiting import Found, eventually


def soon(look: Callable[[], Found]) -> Found:
    """What `look` finds within a minute, asked no more often than the usage plan lets a key."""
    return eventually(look, seconds=60, pause=0.1)


class User:
    def __init__(self, client: httpx.Client, endpoint: str) -> None:
        self.http = client
        self.endpoint = endpoint

    def order(self, checkpoint: str = "shapes", **parameters: Any) -> dict[str, Any]:
        return {
            "task": "txt2img",
            "endpoint": self.endpoint,
            "checkpoint": checkpoint,
            "parameters": {"prompt": "a cute dog", "steps": 2, "width": 64, "height": 64, **parameters},
        }

    def submit(self, checkpoint: str = "shapes", **parameters: Any) -> str:
        """Order; returns the job's id."""
        answer = self.http.post("/jobs", json=self.order(checkpoint, **parameters))
        assert answer.status_code == 202, answer.text
        id: str = answer.json()["id"]
        return id

    def job(self, id: str) -> dict[str, Any]:
        answer = self.http.get(f"/jobs/{id}")
        assert answer.status_code == 200, answer.text
        job: dict[str, Any] = answer.json()
        return job

    def wait_for(self, id: str, *statuses: str) -> dict[str, Any]:
        """The job, once it is in one of these states."""
        job: dict[str, Any] = {}

        def there() -> bool:
            job.update(self.job(id))
            return job["status"] in statuses

        try:
            soon(there)
        except AssertionError as error:
            raise AssertionError(f"still {job}") from error
        return job

    def finished(self, id: str) -> dict[str, Any]:
        return self.wait_for(id, "succeeded", "failed")

    def wait_until_listed(self, collection: str, name: str, listed: bool = True) -> None:
        """Wait until an endpoint or a model is in its list, or no longer is."""
        soon(lambda: listed is (name in [each["name"] for each in self.list(collection)]))

    def list(self, collection: str, **query: str) -> list[dict[str, Any]]:
        answer = self.http.get(f"/{collection}", params=query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()[collection]
        return found

    def picture(self, job: dict[str, Any], number: int = 0) -> bytes:
        """A picture by its link, which needs no key."""
        answer = httpx.get(job["images"][number]["url"])
        assert answer.status_code == 200
        return answer.content
