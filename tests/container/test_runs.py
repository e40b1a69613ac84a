"""One order from its claim to its manifest, with a pipeline that behaves as a test wants."""

import time
from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image

from container import progress
from container.encoding import encode
from container.failures import Failure
from container.pipeline import Extra, Materials, Pipeline, TooLarge
from shared.shapes import Manifest, Order, Outcome, Status
from tests.container.aws import Aws
from tests.container.clock import Clock
from tests.container.fakes import FakePipeline
from tests.container.running import manifest, record, runs
from tests.waiting import eventually


def test_a_run_claims_the_job_draws_its_pictures_and_answers_with_their_manifest(aws: Aws) -> None:
    order = aws.order(n_iter=2)
    answer = runs(aws, FakePipeline()).run(order)
    assert answer.outcome is Outcome.SUCCEEDED
    assert [picture.file for picture in answer.images] == ["000-0.png", "001-1.png"]
    assert manifest(aws, order) == answer
    assert record(aws, order).status is Status.RUNNING  # the notice settles it, not the container
    assert aws.files(order) == {"000-0.png", "001-1.png", "control_map-0.png", "manifest.json"}


def test_a_picture_holds_its_infotext_and_its_manifest_tells_it(aws: Aws) -> None:
    order = aws.order()
    (picture,) = runs(aws, FakePipeline()).run(order).images
    assert picture.infotext == "infotext 0"
    body = aws.s3.get_object(Bucket="bucket", Key=order.key.output("000-0.png"))
    assert body["ContentType"] == "image/png"
    assert Image.open(BytesIO(body["Body"].read())).info["parameters"] == "infotext 0"


def test_a_drawing_that_is_silent_is_known_to_be_and_none_under_way_is_not(aws: Aws, clock: Clock) -> None:
    heard: list[float] = []

    def be_silent(_: int) -> None:
        clock.now += 700
        heard.append(drawing.silent_seconds())

    drawing = runs(aws, FakePipeline(before=be_silent))
    drawing.run(aws.order())
    assert heard == [700]
    assert drawing.silent_seconds() == 0


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


def test_a_jpeg_is_of_the_quality_that_was_asked_for(aws: Aws) -> None:
    order = aws.order(override_settings={"samples_format": "jpg", "jpeg_quality": 10})
    (picture,) = runs(aws, FakePipeline()).run(order).images
    file = encode(Image.new("RGB", (64, 64)), "infotext 0", "jpg", quality=10)
    assert aws.bucket.get(order.key.output(picture.file)) == file.content


@pytest.mark.parametrize(("strength", "told"), [(0, None), (0.5, 10)])
def test_a_variations_seed_is_told_where_one_is_mixed_in(aws: Aws, strength: float, told: int | None) -> None:
    (picture,) = runs(aws, FakePipeline()).run(aws.order(subseed_strength=strength)).images
    assert (picture.seed, picture.subseed) == (0, told)


def test_the_orders_warnings_stay_with_what_was_drawn(aws: Aws) -> None:
    order = aws.order().model_copy(update={"warnings": ["'styles' is not honoured"]})
    assert runs(aws, FakePipeline()).run(order).warnings == ["'styles' is not honoured"]


class Minded(FakePipeline):
    """Has a warning for each order, and a grid with an infotext."""

    def gather(self, order: Order, on_range: Callable[[], None]) -> tuple[Pipeline, Materials]:
        pipeline, _ = super().gather(order, on_range)
        grid = Extra("grid", Image.new("RGB", (8, 8)), infotext="a cat")
        return pipeline, Materials(maps=[grid], warnings=["The mask leaves nothing to draw."])


def test_what_came_up_while_an_order_was_gathered_is_warned_of_too(aws: Aws) -> None:
    order = aws.order().model_copy(update={"warnings": ["'styles' is not honoured"]})
    answer = runs(aws, Minded()).run(order)
    assert answer.warnings == ["'styles' is not honoured", "The mask leaves nothing to draw."]


def test_a_grid_is_told_as_one_and_has_its_infotext_in_its_file(aws: Aws) -> None:
    order = aws.order()
    (grid,) = runs(aws, Minded()).run(order).extra_images
    assert (grid.kind, grid.unit, grid.file) == ("grid", None, "grid.png")
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


@pytest.mark.parametrize("asked", [True, False])
def test_a_preview_is_stored_where_it_was_asked_for_and_not_elsewhere(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, asked: bool
) -> None:
    monkeypatch.setattr(progress, "PREVIEW_SECONDS", 0.01)
    monkeypatch.setattr(progress, "REPORT_SECONDS", 0.1)  # by the first of them there was time for previews
    order = aws.order(n_iter=2).model_copy(update={"preview": asked})

    def look(number: int) -> None:
        if number == 1:
            eventually(lambda: record(aws, order).progress, seconds=10)
            eventually(lambda: not asked or "preview.jpg" in aws.files(order), seconds=10)

    runs(aws, FakePipeline(before=look)).run(order)
    assert ("preview.jpg" in aws.files(order)) is asked


@pytest.mark.parametrize("part", ["gathering", "drawing"])
def test_a_cancel_is_heeded_while_models_arrive_and_within_a_step(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setattr(progress, "REPORT_SECONDS", 0.01)
    order = aws.order()

    def go_on(check: Callable[[], None]) -> None:
        aws.jobs.cancel(order.key)
        eventually(check, seconds=10)

    slow = FakePipeline(gathering=go_on) if part == "gathering" else FakePipeline(drawing=go_on)
    assert runs(aws, slow).run(order).outcome is Outcome.STOPPED


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
