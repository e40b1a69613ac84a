"""The time left, from the pace of the steps."""

from container.progress import Pace
from shared.shapes import Report
from tests.container.clock import Clock


def steps(pace: Pace, clock: Clock, first: int, last: int, of: int, seconds: float) -> None:
    for step in range(first, last + 1):
        clock.now += seconds
        pace.step(step, of)


def eta(pace: Pace) -> float:
    eta_seconds = pace.report().eta_seconds
    assert eta_seconds is not None
    return eta_seconds


def test_the_time_left_is_that_of_the_steps_left(clock: Clock) -> None:
    pace = Pace()
    steps(pace, clock, 1, 3, of=10, seconds=1)
    clock.now += 0.5
    assert pace.report() == Report(0.3, 3, 10, 6.5)


def test_the_time_before_the_first_step_is_not_a_steps(clock: Clock) -> None:
    pace = Pace()
    assert pace.report() == Report()
    steps(pace, clock, 1, 1, of=10, seconds=300)
    assert pace.report() == Report(0.1, 1, 10, None)
    steps(pace, clock, 2, 2, of=10, seconds=1)
    assert eta(pace) == 8


def test_the_time_left_follows_the_pace_of_late(clock: Clock) -> None:
    pace = Pace()
    steps(pace, clock, 1, 100, of=300, seconds=0.1)
    steps(pace, clock, 101, 200, of=300, seconds=2)
    assert eta(pace) == 200


def test_a_pause_between_two_batches_hardly_stirs_the_time_left(clock: Clock) -> None:
    pace = Pace()
    steps(pace, clock, 1, 40, of=80, seconds=1)
    steps(pace, clock, 41, 41, of=80, seconds=9)
    assert 39 <= eta(pace) < 1.25 * 39


def test_the_time_left_is_never_less_than_none(clock: Clock) -> None:
    pace = Pace()
    steps(pace, clock, 1, 9, of=10, seconds=1)
    clock.now += 60
    assert eta(pace) == 0
