"""The checks: each one's name is a sentence, and it returns what it saw. It raises CheckFailed, or NotShown."""

import time
from collections.abc import Callable, Iterator

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from lambdas.jobs.notices import Notice
from shared.shapes import Manifest
from smoke.results import CheckFailed, NotShown, Result, require, until
from smoke.site import NOTICE_SECONDS, Site
from smoke.user import Document

TTL_SECONDS = 60  # the least that SageMaker takes
EVENT_SECONDS = 300

# Minutes on a GPU, and over a minute with the local cloud's tiny checkpoint.
LONG: Document = {"steps": 150, "width": 512, "height": 512, "n_iter": 100}
# Still minutes on a GPU, since it takes a while to remove an instance; all of it has to be drawn.
OUTLIVING = LONG | {"n_iter": 30}

Check = Callable[[Site], str]


def an_order_is_drawn_end_to_end(site: Site) -> str:
    id = site.user.submit(site.order())
    seen = _drawn(site, id)
    site.keep("completed-inline" if site.orders.inline else "completed-s3", site.notice_of(id))
    return seen


def an_order_by_s3_is_drawn_end_to_end(site: Site) -> str:
    id = site.orders.place_by_s3(site.user.owner, site.quick())
    site.user.placed.append(id)
    seen = _drawn(site, id)
    site.keep("completed-s3", site.notice_of(id))
    return f"{seen}, its order read from the bucket"


def a_failure_has_its_reason(site: Site) -> str:
    id = site.orders.place_outdated(site.user.owner, site.quick())
    site.user.placed.append(id)
    job, notice = site.user.wait_for(id), site.notice_of(id)
    site.keep("failed", notice)
    require(job["status"] == "failed", f"the job {job['status']}")
    require("removed or replaced" in job["error"], f"the reason is another: {job['error']}")
    return f"the job says {job['error']!r}, the notice {notice.get('failureReason')!r}"


def an_order_delivered_twice_is_drawn_once(site: Site) -> str:
    id = site.user.submit(site.order())
    site.orders.repeat(site.user.key_of(id))
    job = site.user.wait_for(id)
    require(job["status"] == "succeeded", f"the job {job['status']}: {job['error']}")
    until(lambda: {"succeeded", "not_mine"} <= _outcomes(site, id), NOTICE_SECONDS, "a notice of each delivery")
    pictures = site.orders.pictures(site.user.key_of(id))
    require(pictures == len(job["images"]) == 1, f"there are {pictures} pictures")
    return "the second delivery answered not_mine"


def an_order_whose_time_runs_out_in_the_queue_fails(site: Site) -> str:
    busy = site.user.submit(site.order(**LONG))
    try:
        site.user.wait_for(busy, "running")
        waiting = site.user.submit(site.order() | {"deadline_seconds": TTL_SECONDS})
        time.sleep(TTL_SECONDS + 5)
    finally:
        site.user.cancel(busy)
    job = site.user.wait_for(waiting)
    if job["started_at"]:
        raise NotShown("the order did not have to wait: the endpoint drew it beside the long one, or after it")
    require(job["status"] == "failed", f"the job {job['status']}")
    notice = site.notice_of(waiting)
    require(notice["invocationStatus"] == "Failed", "SageMaker handed the order over after its time")
    site.keep("expired", notice)
    return f"the job says {job['error']!r}, the notice {notice.get('failureReason')!r}"


def a_job_outlives_its_instance(site: Site) -> str:
    id = site.user.submit(site.order(**OUTLIVING))
    site.user.wait_for(id, "running")
    count = site.capacity.count
    try:
        site.capacity.rescale(0)
        meanwhile = site.user.job(id)["status"]
    finally:
        site.capacity.rescale(count)
    job = site.user.wait_for(id)
    if job["status"] == "failed":
        require(bool(job["error"]), "the job failed without a reason")
    else:
        pictures = len(job["images"])
        require(
            pictures == OUTLIVING["n_iter"],
            f"the job {job['status']} with {pictures} pictures of {OUTLIVING['n_iter']}",
        )
    ending = f"the job {job['status']}, {job['error'] or 'all pictures drawn'}"
    return f"it was scaled to 0, where the job was {meanwhile}, and back to {count}: {ending}"


def endpoint_events_come_as_aws_spells_them(site: Site) -> str:
    if not site.capacity.changed:
        raise NotShown("nothing has changed the endpoint's state, which rescaling it would have done")
    events = until(site.events.messages, EVENT_SECONDS, "an event", pause=0)
    site.keep("endpoint-event", events[-1])
    return ", then ".join(event["detail"]["EndpointStatus"] for event in events)


ALL: tuple[Check, ...] = (
    an_order_is_drawn_end_to_end,
    an_order_by_s3_is_drawn_end_to_end,
    a_failure_has_its_reason,
    an_order_delivered_twice_is_drawn_once,
    an_order_whose_time_runs_out_in_the_queue_fails,
    a_job_outlives_its_instance,
    endpoint_events_come_as_aws_spells_them,
)


def name_of(check: Check) -> str:
    """The sentence that its name is."""
    return check.__name__.replace("_", " ")


def results(site: Site, left_out: list[str]) -> Iterator[Result]:
    """The results of all checks, one after the other; what goes wrong in one does not stop the next."""
    for check in ALL:
        name = name_of(check)
        if check.__name__ in left_out:
            yield Result(name, "not shown", "it was left out")
            continue
        try:
            yield Result(name, "passed", check(site))
        except NotShown as why:
            yield Result(name, "not shown", str(why))
        except (CheckFailed, ValueError, httpx.HTTPError, BotoCoreError, ClientError) as error:
            yield Result(name, "failed", str(error))  # ValueError: what came is no notice


def _drawn(site: Site, id: str) -> str:
    job = site.user.wait_for(id)
    require(job["status"] == "succeeded", f"the job {job['status']}: {job['error']}")
    picture = site.user.picture(job)
    require(picture.startswith(b"\x89PNG"), "what its link opens is no PNG")
    return f"{len(picture)} bytes of PNG, by its link"


def _outcomes(site: Site, id: str) -> set[str]:
    notices = [Notice.model_validate(each) for each in site.notices_of(id)]
    answers = [notice.response.decoded() for notice in notices if notice.status == "Completed" and notice.response]
    return {Manifest.model_validate_json(answer).outcome for answer in answers}
