"""An order that is delivered more than once, or that another run takes over."""

import time
from collections.abc import Callable

import pytest

from container import progress
from container.failures import Failure
from container.pipeline import Materials, Pipeline
from container.progress import HandedBack
from container.runs import Runs
from shared.bucket import MANIFEST
from shared.shapes import Job, JobKey, Manifest, Order, Outcome
from shared.tables import jobs
from tests.container.aws import Aws
from tests.container.fakes import FakePipeline
from tests.container.running import manifest, runs


def test_a_second_delivery_of_an_order_that_is_being_drawn_is_not_its(aws: Aws) -> None:
    order = aws.order()
    aws.jobs.claim(order.key, "the first delivery's")
    assert runs(aws, FakePipeline()).run(order).outcome is Outcome.NOT_MINE
    assert aws.files(order) == set()


def test_an_order_whose_job_is_final_is_not_drawn(aws: Aws) -> None:
    order = aws.order()
    aws.jobs.settle(order.key, Manifest(outcome=Outcome.FAILED, error="too late"))
    assert runs(aws, FakePipeline()).run(order).outcome is Outcome.NOT_MINE


def test_what_a_run_that_died_had_drawn_to_the_end_is_not_drawn_again(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "LEASE_SECONDS", -1)
    order = aws.order()
    first = runs(aws, FakePipeline()).run(order)

    def fail(_: int) -> None:
        raise AssertionError("drawn again")

    assert runs(aws, FakePipeline(before=fail)).run(order) == first


def handed_back_at(number: int, aws: Aws, order: Order) -> Manifest:
    """The manifest after a run that is handed back before this picture."""

    def hand_back(at: int) -> None:
        if at == number:
            first.hand_back()

    first = runs(aws, FakePipeline(before=hand_back))
    with pytest.raises(HandedBack):
        first.run(order)
    return manifest(aws, order)


@pytest.mark.parametrize("moment", ["before the claim", "after the claim"])
def test_a_server_that_goes_down_as_an_order_arrives_hands_it_back(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    order, drawn = aws.order(), list[int]()
    going = runs(aws, FakePipeline(before=drawn.append))
    if moment == "before the claim":
        going.hand_back()
    else:
        claim = aws.jobs.claim

        def claim_late(key: JobKey, name: str) -> Job | None:
            job = claim(key, name)
            going.hand_back()
            return job

        monkeypatch.setattr(aws.jobs, "claim", claim_late)
    with pytest.raises(HandedBack):
        going.run(order)
    assert drawn == []
    monkeypatch.undo()
    assert runs(aws, FakePipeline()).run(order).outcome is Outcome.SUCCEEDED


def test_a_second_delivery_draws_what_the_first_has_not_stored(aws: Aws) -> None:
    order, again = aws.order(n_iter=5, batch_size=2), list[int]()
    known = handed_back_at(2, aws, order)
    answer = runs(aws, FakePipeline(before=again.append)).run(order)
    assert again == [2, 3, 4]
    assert answer.images[:4] == known.images
    assert [picture.file for picture in answer.images] == [f"{number:03}-{number}.png" for number in range(10)]
    assert answer.extra_images == known.extra_images
    assert manifest(aws, order) == answer


def test_a_second_delivery_that_fails_at_once_forgets_no_picture(aws: Aws) -> None:
    order = aws.order(n_iter=3)
    known = handed_back_at(2, aws, order)

    def gather(*_: object) -> tuple[Pipeline, Materials]:
        raise Failure("The checkpoint is damaged. Upload it again.")

    with pytest.raises(Failure):
        Runs(aws.jobs, aws.bucket, gather, lambda: False).run(order)
    kept = manifest(aws, order)
    assert kept.outcome is Outcome.FAILED
    assert (kept.images, kept.extra_images) == (known.images, known.extra_images)


def test_pictures_of_a_batch_that_was_not_stored_whole_are_drawn_again(aws: Aws) -> None:
    order = aws.order(n_iter=2, batch_size=2)
    half = handed_back_at(1, aws, order)
    half.images = half.images[:1]
    aws.bucket.put(order.key.output(MANIFEST), half.model_dump_json().encode(), "application/json")
    answer = runs(aws, FakePipeline()).run(order)
    assert [picture.seed for picture in answer.images] == [0, 1, 2, 3]


def test_a_grid_shows_the_pictures_of_the_first_delivery_too(aws: Aws) -> None:
    order, again = aws.order(n_iter=3, override_settings={"return_grid": True}), list[int]()
    handed_back_at(2, aws, order)
    assert len(runs(aws, FakePipeline(before=again.append)).run(order).images) == 3
    assert again == [0, 1, 2]


def test_what_the_first_delivery_warned_of_is_told_once(aws: Aws) -> None:
    class Minded(FakePipeline):
        def gather(self, order: Order, on_range: Callable[[], None]) -> tuple[Pipeline, Materials]:
            return super().gather(order, on_range)[0], Materials(warnings=["The mask leaves nothing to draw."])

    order = aws.order(n_iter=2)
    begun = Manifest(outcome=Outcome.DRAWING, warnings=["The mask leaves nothing to draw."])
    aws.bucket.put(order.key.output(MANIFEST), begun.model_dump_json().encode(), "application/json")
    assert runs(aws, Minded()).run(order).warnings == begun.warnings


def test_an_order_whose_pictures_are_all_stored_is_not_drawn_again(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "LEASE_SECONDS", -1)
    order = aws.order(n_iter=2)
    runs(aws, FakePipeline()).run(order)
    died = manifest(aws, order).model_copy(update={"outcome": Outcome.DRAWING, "warnings": ["none"]})
    aws.bucket.put(order.key.output(MANIFEST), died.model_dump_json().encode(), "application/json")
    again: list[int] = []
    answer = runs(aws, FakePipeline(before=again.append)).run(order)
    assert (answer.outcome, answer.images, answer.warnings, again) == (Outcome.SUCCEEDED, died.images, ["none"], [])


def test_a_run_that_lost_its_claim_leaves_the_manifest_to_its_successor(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "REPORT_SECONDS", 0.01)
    monkeypatch.setattr(jobs, "LEASE_SECONDS", -1)
    order, theirs = aws.order(n_iter=100), list[Manifest]()

    def lose_the_claim(number: int) -> None:
        if number == 1:
            theirs.append(runs(aws, FakePipeline()).run(order))
        time.sleep(0.02)

    assert runs(aws, FakePipeline(before=lose_the_claim)).run(order).outcome is Outcome.STOPPED
    assert manifest(aws, order) == theirs[0]


def test_a_run_that_is_told_to_hand_back_leaves_the_job_to_the_next_delivery(aws: Aws) -> None:
    order = aws.order(n_iter=3)
    handed_back_at(1, aws, order)
    assert len(runs(aws, FakePipeline()).run(order).images) == 3
