"""Target tracking: how many instances a backlog asks for, and when."""

from local.sagemaker.tracking import Tracking

CONFIGURATION = {"TargetValue": 5, "ScaleOutCooldown": 300, "ScaleInCooldown": 600}


def test_scaling_out_waits_for_its_cooldown() -> None:
    tracking = Tracking()

    wanted = [tracking.wanted(CONFIGURATION, count, backlog, now) for count, backlog, now in
              [(1, 11, 0), (3, 16, 299), (3, 16, 300)]]  # fmt: skip

    assert wanted == [3, 3, 4]


def test_scaling_in_takes_what_was_needed_at_most_during_its_cooldown() -> None:
    tracking = Tracking()

    wanted = [tracking.wanted(CONFIGURATION, 3, backlog, now) for backlog, now in [(0, 0), (7, 300), (0, 600)]]

    assert wanted == [3, 3, 2]


def test_zero_needs_a_whole_cooldown_without_backlog() -> None:
    tracking = Tracking()

    wanted = [tracking.wanted(CONFIGURATION, 1, backlog, now) for backlog, now in
              [(0, 0), (1, 500), (0, 600), (0, 1199), (0, 1200)]]  # fmt: skip

    assert wanted == [1, 1, 1, 1, 0]


def test_tracking_does_not_start_from_zero_and_keeps_what_it_may_not_remove() -> None:
    tracking = Tracking()

    assert tracking.wanted(CONFIGURATION, 0, 50, 0) == 0
    assert [tracking.wanted(CONFIGURATION | {"DisableScaleIn": True}, 2, 0, now) for now in (0, 600)] == [2, 2]
