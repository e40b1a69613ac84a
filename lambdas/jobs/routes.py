"""Routes of jobs."""

from http import HTTPStatus
from operator import attrgetter

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel

from lambdas.jobs import reading, submission
from lambdas.jobs.submission import SubmitJob
from shared import paging
from shared.cloud import cloud
from shared.resolver import Resolver, entry
from shared.shapes import Job, JobKey, JobSummary

app = Resolver()


class JobList(BaseModel):
    jobs: list[JobSummary]
    next_cursor: str | None


@app.post("/jobs")
def submit(request: SubmitJob) -> Response[Job]:
    """Order pictures. Answers at once; the job says when they are there."""
    job = submission.submit(request, app.owner, cloud())
    location = f"jobs/{job.id}"  # relative: the API's own address may have a path
    return Response(HTTPStatus.ACCEPTED, "application/json", job, headers={"Location": location})


@app.get("/jobs")
def list_jobs(limit: paging.Limit = 20, cursor: paging.Cursor = None) -> JobList:
    """The caller's own jobs, newest first."""
    jobs = cloud().jobs.page(app.owner, limit, paging.decode(cursor) if cursor else None)
    return JobList(jobs=jobs, next_cursor=paging.after(jobs, limit, attrgetter("id")))


@app.get("/jobs/<id>")
def get_job(id: str) -> Job:
    """The job; once drawn, its pictures with fresh links."""
    return reading.job(JobKey(app.owner, id), cloud())


handler = entry(app)
