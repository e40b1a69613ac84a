"""Histories of jobs: everything that may happen to one, in any order, twice, late or never.

Callers submit, cancel and delete; SageMaker delivers orders and notices as it likes; containers finish, fail, fall
silent or die; time passes. Whatever the history, what the design promises must hold.
"""

from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lambdas.jobs.sweeper import sweep
from shared.bucket import MANIFEST
from shared.cloud import Cloud
from shared.shapes import Job, JobKey, Manifest, Outcome, Picture, Report, Status, now
from tests.unit.api import Api
from tests.unit.notices import deliver, failure, success
from tests.unit.sagemaker import FakeSageMaker
from tests.unit.things import ORDER, add_endpoint, add_model

MOST_JOBS = 2  # so that much happens to each
PAST = "2020-01-01T00:00:00.000Z"


class Run:
    """One delivery of an order that a container took."""

    def __init__(self, job: JobKey) -> None:
        self.job = job
        self.claim = str(uuid4())
        self.pictures: list[Picture] = []
        self.over = False  # finished, failed, or told to stop
        self.drawn = False  # to the end, by an earlier run


class Histories(RuleBasedStateMachine):
    jobs: Bundle[JobKey] = Bundle("jobs")
    runs: Bundle[Run] = Bundle("runs")
    notices: Bundle[dict[str, Any]] = Bundle("notices")

    def __init__(self, aws: Cloud, sagemaker: FakeSageMaker) -> None:
        super().__init__()
        self.aws, self.api, self.sagemaker = aws, Api(), sagemaker
        self.endpoint, self.owner = f"goc-dev-{uuid4().hex}", uuid4().hex[:12]
        self.key = f"goc{self.owner}{'1' * 40}"
        self.known: set[JobKey] = set()
        self.final: dict[JobKey, Job] = {}
        self.compared: dict[JobKey, Manifest] = {}  # with what the API shows, once each: what is final stays
        self.holder: dict[JobKey, Run] = {}  # whose lease has not run out
        add_endpoint(aws, self.endpoint)

    @precondition(lambda self: len(self.known) < MOST_JOBS)
    @rule(target=jobs, status=st.sampled_from([202, 202, 0, 503, 400]))
    def submit(self, status: int) -> Any:
        self.sagemaker.status = status
        before = {job["id"] for job in self._listed()}
        self.api.post("/jobs", ORDER | {"endpoint": self.endpoint}, key=self.key)
        (made,) = {job["id"] for job in self._listed()} - before
        job = JobKey(self.owner, made)
        self.known.add(job)
        return job

    @rule(target=runs, job=jobs)
    def deliver_order(self, job: JobKey) -> Any:
        """Also twice, and also of an order that SageMaker did not confirm."""
        run = Run(job)
        if not self.aws.jobs.claim(job, run.claim):
            return multiple()
        assert job not in self.holder, "drawn by two at once"
        before = self.aws.bucket.manifest(job)
        if before and before.outcome is Outcome.SUCCEEDED:  # then it is answered as it is
            run.drawn, run.pictures = True, before.images
        self.holder[job] = run
        return run

    @rule(run=runs)
    def report(self, run: Run) -> None:
        if self.aws.jobs.report(run.job, run.claim, Report(0.5)):
            self.holder[run.job] = run  # the lease is renewed, also when it had run out and nobody had taken over
        else:
            run.over = True

    @rule(run=runs)
    def draw_a_picture(self, run: Run) -> None:
        if self._draws(run) and not run.drawn:
            seed = len(run.pictures)
            run.pictures.append(Picture(file=f"{seed}.png", seed=seed, width=64, height=64, infotext="a dog"))
            self._write(run, Outcome.DRAWING)

    @rule(target=notices, run=runs)
    def finish(self, run: Run) -> Any:
        """It may have been cancelled, or given up, a moment ago: the container learns of that only when it reports."""
        if not self._draws(run):
            return multiple()
        run.over = True
        return success(run.job, self._write(run, Outcome.SUCCEEDED))

    @rule(target=notices, run=runs)
    def fail(self, run: Run) -> Any:
        if not self._draws(run) or run.drawn:
            return multiple()
        run.over = True
        self._write(run, Outcome.FAILED)
        return failure(run.job)

    @rule(target=notices, job=jobs)
    def die(self, job: JobKey) -> Any:
        """The container dies, or the order in the queue: a notice of failure without a word from the container."""
        return failure(job)

    @rule(notice=notices)
    def deliver_notice(self, notice: dict[str, Any]) -> None:
        assert deliver(notice) == []

    @rule(run=runs)
    def fall_silent(self, run: Run) -> None:
        """For long enough that another delivery may take over, or the sweeper gives the job up."""
        if self.holder.get(run.job) is run and self._status(run.job) is Status.RUNNING:
            self._set(run.job, "lease_until", {"N": "1"})
            del self.holder[run.job]

    @rule(job=jobs)
    def let_the_deadline_pass(self, job: JobKey) -> None:
        if self._status(job):
            self._set(job, "deadline", {"S": PAST})

    @precondition(lambda self: self.known - set(self.final))  # else most steps would be this one, and do nothing
    @rule()
    def sweep(self) -> None:
        sweep(self.aws)

    @rule(job=jobs)
    def cancel(self, job: JobKey) -> None:
        before = self._status(job)
        answer = self.api.post(f"/jobs/{job.id}/cancel", key=self.key)
        expected = {None: 404, Status.SUCCEEDED: 409, Status.FAILED: 409}
        assert answer.status == expected.get(before, 200)

    @rule(target=notices, run=runs)
    def cancel_just_before_the_end(self, run: Run) -> Any:
        """The container finishes before it learns of that, and its notice comes afterwards."""
        if not self._draws(run):
            return multiple()
        self.cancel(run.job)
        return self.finish(run)

    @rule(job=jobs)
    def delete(self, job: JobKey) -> None:
        before = self.aws.jobs.get(job)
        answer = self.api.delete(f"/jobs/{job.id}", key=self.key)
        if not before:
            assert answer.status == 404
            return
        written = before.status is Status.CANCELLED and (before.lease_until or 0) > now().timestamp()
        assert answer.status == (204 if before.status.final and not written else 409)
        if answer.status == 204:
            self.known.discard(job)
            self.final.pop(job, None)

    @invariant()
    def a_final_job_never_changes(self) -> None:
        for job in self.known:
            stored = self.aws.jobs.get(job)
            assert stored, "a job is gone that nobody deleted"
            if stored.status.final:
                assert self.final.setdefault(job, stored).model_copy(update={"deadline": stored.deadline}) == stored

    @invariant()
    def no_picture_that_was_made_is_lost(self) -> None:
        for job in self.final:
            manifest = self.aws.bucket.manifest(job)
            if manifest and self.compared.get(job) != manifest:
                self.compared[job] = manifest
                shown = self.api.get(f"/jobs/{job.id}", key=self.key).body["images"]
                assert [Picture(**image | {"url": None}) for image in shown] == manifest.images

    @invariant()
    def the_queue_of_the_endpoint_is_its_unfinished_jobs(self) -> None:
        waiting = {job.key for job in self.aws.jobs.unfinished(self.endpoint)}
        assert waiting == self.known - set(self.final)

    def teardown(self) -> None:
        """In the end no job is stuck: past its deadline, every one is settled."""
        for job in self.known:
            self._set(job, "deadline", {"S": PAST})
        sweep(self.aws)
        for job in self.known:
            assert self._status(job) not in (Status.QUEUED, Status.RUNNING)
        self.aws.dynamodb.delete_item(
            TableName="endpoints", Key={"collection": {"S": "endpoints"}, "name": {"S": self.endpoint}}
        )

    def _draws(self, run: Run) -> bool:
        """Whether the run is not over, and no other has taken over."""
        return not run.over and self.holder.get(run.job) in (None, run)

    def _listed(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.api.get("/jobs", key=self.key, limit="100").body["jobs"]
        return listed

    def _status(self, job: JobKey) -> Status | None:
        stored = self.aws.jobs.get(job)
        return stored.status if stored else None

    def _write(self, run: Run, outcome: Outcome) -> Manifest:
        error = "out of memory" if outcome is Outcome.FAILED else None
        manifest = Manifest(outcome=outcome, images=run.pictures, error=error)
        self.aws.bucket.put(run.job.output(MANIFEST), manifest.model_dump_json().encode(), "application/json")
        return manifest

    def _set(self, job: JobKey, name: str, value: Any) -> None:
        """Time passes: what was in the future when it was written is in the past now."""
        self.aws.dynamodb.update_item(
            TableName="jobs",
            Key={"owner": {"S": job.owner}, "id": {"S": job.id}},
            UpdateExpression="SET #name = :value",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":value": value},
        )


def test_whatever_happens_a_job_keeps_its_promises(aws: Cloud, sagemaker: FakeSageMaker) -> None:
    add_model(aws)
    run_state_machine_as_test(
        lambda: Histories(aws, sagemaker),  # type: ignore[arg-type]  # anything that makes one
        settings=settings(
            max_examples=8,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            derandomize=True,  # the same histories in every run: what fails here fails for everybody
        ),
    )
