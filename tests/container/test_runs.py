"""One order from its claim to its manifest, with a pipeline that behaves as a test wants."""

import time
from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image

from container import progress
from container.failures import Failure
from container.pipeline import Extra, Materials, Pipeline, TooLarge
from container.progress import HandedBack
from container.runs import Runs
from shared.bucket import MANIFEST
from shared.shapes import Job, JobKey, Manifest, Order, Outcome, Status
from shared.tables import jobs
from tests.container.aws import Aws
from tests.container.clock import Clock
from tests.container.fakes import FakePipeline


def runs(aws: Aws, pipeline: FakePipeline, let_go: Callable[[], bool] = lambda: False) -> Runs:
    return Runs(aws.jobs, aws.bucket, pipeline.gather, let_go)


def record(aws: Aws, order: Order) -> Job:
    found = aws.jobs.get(order.key)
    assert found
    return found


def manifest(aws: Aws, order: Order) -> Manifest:
    found = aws.bucket.manifest(order.key)
    assert found
    return found


def test_a_run_claims_the_job_draws_its_pictures_and_answers_with_their_manifest(aws: Aws) -> None:
    order = aws.order(n_iter=2)
    answer = runs(aws, FakePipeline()).run(order)
    assert answer.outcome is Outcome.SUCCEEDED
    assert [picture.file for picture in answer.images] == ["000-0.png", "001-1.png"]
    assert manifest(aws, order) == answer
    assert record(aws, order).status is Status.RUNNING  # the notice settles it, not the container
    assert aws.files(order) == {"000-0.png", "001-1.png", "control_map-0.png", "manifest.json"}


def test_a_picture_holds_its_infotext(aws: Aws) -> None:
    order = aws.order()
    runs(aws, FakePipeline()).run(order)
    body = aws.s3.get_object(Bucket="bucket", Key=order.key.output("000-0.png"))
    assert body["ContentType"] == "image/png"
    assert Image.open(BytesIO(body["Body"].read())).info["parameters"] == "infotext 0"


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
    """What the manifest knows after a run that stopped before that picture."""

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


def test_a_drawing_that_is_silent_is_known_to_be_and_none_under_way_is_not(aws: Aws, clock: Clock) -> None:
    heard: list[float] = []

    def be_silent(_: int) -> None:
        clock.now += 700
        heard.append(drawing.silent_seconds())

    drawing = runs(aws, FakePipeline(before=be_silent))
    drawing.run(aws.order())
    assert heard == [700]
    assert drawing.silent_seconds() == 0


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


def test_an_order_whose_pictures_are_all_stored_is_not_drawn_again(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "LEASE_SECONDS", -1)
    order = aws.order(n_iter=2)
    runs(aws, FakePipeline()).run(order)
    died = manifest(aws, order).model_copy(update={"outcome": Outcome.DRAWING})
    aws.bucket.put(order.key.output(MANIFEST), died.model_dump_json().encode(), "application/json")
    again: list[int] = []
    answer = runs(aws, FakePipeline(before=again.append)).run(order)
    assert (answer.outcome, answer.images, again) == (Outcome.SUCCEEDED, died.images, [])


def test_a_failure_keeps_the_pictures_made_so_far_and_its_reason(aws: Aws) -> None:
    def fail_at_the_third(number: int) -> None:
        if number == 2:
            raise Failure("The memory is too small. Order a smaller width.")

    order = aws.order(n_iter=3)
    with pytest.raises(Failure):
        runs(aws, FakePipeline(before=fail_at_the_third)).run(order)
    kept = manifest(aws, order)
    assert (kept.outcome, kept.error) == (Outcome.FAILED, "The memory is too small. Order a smaller width.")
    assert len(kept.images) == 2


def test_a_bug_is_told_to_the_user_without_its_text(aws: Aws) -> None:
    def fail(_: int) -> None:
        raise KeyError("a prompt, perhaps")

    order = aws.order()
    with pytest.raises(KeyError):
        runs(aws, FakePipeline(before=fail)).run(order)
    error = manifest(aws, order).error
    assert error
    assert "KeyError" in error
    assert "prompt" not in error


def test_maps_and_grids_are_apart_from_the_pictures(aws: Aws) -> None:
    order = aws.order()
    answer = runs(aws, FakePipeline()).run(order)
    (map,) = answer.extra_images
    assert (map.kind, map.unit, map.file, map.width) == ("control_map", 0, "control_map-0.png", 8)
    assert len(answer.images) == 1


@pytest.mark.parametrize(("format", "kind"), [("jpg", "jpeg"), ("webp", "webp")])
def test_pictures_are_of_the_format_that_was_asked_for(aws: Aws, format: str, kind: str) -> None:
    order = aws.order(override_settings={"samples_format": format})
    (picture,) = runs(aws, FakePipeline()).run(order).images
    body = aws.s3.get_object(Bucket="bucket", Key=order.key.output(picture.file))
    assert (picture.file, body["ContentType"]) == (f"000-0.{format}", f"image/{kind}")


@pytest.mark.parametrize(("strength", "told"), [(0, None), (0.5, 10)])
def test_a_variations_seed_is_told_where_one_is_mixed_in(aws: Aws, strength: float, told: int | None) -> None:
    (picture,) = runs(aws, FakePipeline()).run(aws.order(subseed_strength=strength)).images
    assert (picture.seed, picture.subseed) == (0, told)


def test_the_orders_warnings_stay_with_what_was_drawn(aws: Aws) -> None:
    order = aws.order().model_copy(update={"warnings": ["'styles' is not honoured"]})
    assert runs(aws, FakePipeline()).run(order).warnings == ["'styles' is not honoured"]


class Minded(FakePipeline):
    """Of whose orders there is something to be said, and a grid with an infotext."""

    def gather(self, order: Order, on_range: Callable[[], None]) -> tuple[Pipeline, Materials]:
        pipeline, _ = super().gather(order, on_range)
        grid = Extra("grid", Image.new("RGB", (8, 8)), infotext="a cat")
        return pipeline, Materials(maps=[grid], warnings=["The mask leaves nothing to draw."])


def test_what_came_up_while_an_order_was_gathered_is_warned_of_too(aws: Aws) -> None:
    order = aws.order().model_copy(update={"warnings": ["'styles' is not honoured"]})
    answer = runs(aws, Minded()).run(order)
    assert answer.warnings == ["'styles' is not honoured", "The mask leaves nothing to draw."]


def test_a_grid_has_its_infotext_in_its_file(aws: Aws) -> None:
    order = aws.order()
    (grid,) = runs(aws, Minded()).run(order).extra_images
    body = aws.s3.get_object(Bucket="bucket", Key=order.key.output(grid.file))["Body"]
    assert Image.open(BytesIO(body.read())).info["parameters"] == "a cat"


def test_what_cannot_be_stored_fails_the_run(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    order = aws.order(n_iter=2)

    def lose(key: str, *_: object) -> str:
        if key.endswith(".png"):
            raise OSError("the bucket is gone")
        return ""

    monkeypatch.setattr(aws.bucket, "put", lose)
    with pytest.raises(OSError, match="the bucket is gone"):
        runs(aws, FakePipeline()).run(order)


@pytest.mark.parametrize("freed", [True, False])
def test_a_batch_that_is_too_large_is_drawn_again_without_what_others_left_in_memory(aws: Aws, freed: bool) -> None:
    attempts: list[int] = []

    def run_out_at_first(number: int) -> None:
        attempts.append(number)
        if len(attempts) == 1:
            raise TooLarge("Order a smaller batch_size.")

    order = aws.order(n_iter=2)
    drawing = runs(aws, FakePipeline(before=run_out_at_first), let_go=lambda: freed)
    if freed:
        assert len(drawing.run(order).images) == 2
        assert attempts == [0, 0, 1]
    else:
        with pytest.raises(TooLarge):
            drawing.run(order)


def test_progress_is_written_while_drawing(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "REPORT_SECONDS", 0.01)
    order = aws.order(n_iter=4)
    seen: list[float] = []

    def look(number: int) -> None:
        deadline = time.monotonic() + 10
        while record(aws, order).progress < number / 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        seen.append(record(aws, order).progress)

    runs(aws, FakePipeline(before=look)).run(order)
    assert seen == [0, 0.25, 0.5, 0.75]


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


def test_a_job_that_was_cancelled_keeps_the_pictures_made_by_then(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "REPORT_SECONDS", 0.01)
    order = aws.order(n_iter=100)

    def cancel_at_the_second(number: int) -> None:
        if number == 1:
            aws.jobs.cancel(order.key)
        time.sleep(0.02)

    answer = runs(aws, FakePipeline(before=cancel_at_the_second)).run(order)
    assert manifest(aws, order) == answer
    assert len(answer.images) >= 1


def test_a_job_that_became_final_meanwhile_is_not_drawn_on(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "REPORT_SECONDS", 0.01)
    order = aws.order(n_iter=100)

    def settle_at_the_second(number: int) -> None:
        if number == 1:
            aws.jobs.settle(order.key, Manifest(outcome=Outcome.FAILED, error="timed out"))
        time.sleep(0.05)

    answer = runs(aws, FakePipeline(before=settle_at_the_second)).run(order)
    assert answer.outcome is Outcome.STOPPED
    assert 1 <= len(answer.images) < 100
    assert record(aws, order).status is Status.FAILED


def test_a_run_that_is_told_to_hand_back_leaves_the_job_to_the_next_delivery(aws: Aws) -> None:
    order = aws.order(n_iter=3)
    handed_back_at(1, aws, order)
    assert len(runs(aws, FakePipeline()).run(order).images) == 3
