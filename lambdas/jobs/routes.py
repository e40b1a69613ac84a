"""Routes of jobs."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Query
from pydantic import BaseModel

from lambdas.jobs import ending, reading, submission
from lambdas.jobs.orders import SubmitJob
from shared import paging
from shared.cloud import cloud
from shared.errors import Conflict, NotFound
from shared.ids import is_id
from shared.resolver import Resolver, answers, entry
from shared.shapes import Job, JobKey, JobSummary, Status, Task

app = Resolver()


class JobList(BaseModel):
    jobs: list[JobSummary]
    next_cursor: str | None


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,255}$",
        description="Of the caller's choice: the same order with the same key makes one job, for a day.",
    ),
]


@app.post("/jobs", responses=answers(HTTPStatus.ACCEPTED, Conflict))
def submit(request: SubmitJob, idempotency_key: IdempotencyKey = None) -> Response[Job]:
    """Order pictures. Answers at once; the job says when they are there."""
    job = submission.submit(request, app.owner, idempotency_key, cloud())
    location = f"jobs/{job.id}"  # relative: the API's own address may have a path
    return Response(HTTPStatus.ACCEPTED, "application/json", job, headers={"Location": location})


@app.get("/jobs")
def list_jobs(
    status: Annotated[Status | None, Query(description="Only jobs in this state.")] = None,
    task: Annotated[Task | None, Query(description="Only jobs of this task.")] = None,
    limit: paging.Limit = 20,
    cursor: paging.Cursor = None,
) -> JobList:
    """The caller's own jobs, newest first."""
    before = paging.decode(cursor, is_id) if cursor else None
    jobs, last = cloud().jobs.page(app.owner, limit, before, status, task)
    return JobList(jobs=jobs, next_cursor=paging.after(last))


@app.get("/jobs/<id>", responses=answers(HTTPStatus.OK, NotFound))
def get_job(id: str) -> Job:
    """The job; once drawn, its pictures with fresh links."""
    return reading.job(JobKey(app.owner, id), cloud())


@app.post("/jobs/<id>/cancel", responses=answers(HTTPStatus.OK, NotFound, Conflict))
def cancel_job(id: str) -> Job:
    """Stop a job that is queued or running. What it has drawn by then is kept."""
    return ending.cancel(JobKey(app.owner, id), cloud())


@app.delete("/jobs/<id>", responses=answers(HTTPStatus.NO_CONTENT, NotFound, Conflict))
def delete_job(id: str) -> Response[str]:
    """Remove a job that is done, with its pictures."""
    ending.delete(JobKey(app.owner, id), cloud())
    return Response(HTTPStatus.NO_CONTENT, body="")  # the local gateway fails without a body


handler = entry(app)
