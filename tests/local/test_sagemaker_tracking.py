"""Target tracking: how many instances a backlog asks for, and when."""

from local.sagemaker.tracking import Tracking

CONFIGURATION = {"TargetValue": 5, "ScaleOutCooldown": 300, "ScaleInCooldown": 600}


def test_scaling_out_waits_for_its_cooldown() -> None:
    tracking = Tracking()

    wanted = [tracking.wanted(CONFIGURATION, count, backlog, now) for count, backlog, now in
              [(1, 11, 0), (3, 16, 299), (3, 16, 300)]]  # fmt: skip

    assert wanted == [3, 3, 4]


def test_scaling_in_waits_for_fifteen_minutes_below_nine_tenths_of_the_target() -> None:
    tracking = Tracking()

    wanted = [tracking.wanted(CONFIGURATION, 3, backlog, now) for backlog, now in
              [(0, 0), (14, 300), (7, 600), (7, 1499), (7, 1500)]]  # fmt: skip

    assert wanted == [3, 3, 3, 3, 2]


def test_its_cooldown_is_the_time_between_two_scalings_in() -> None:
    tracking = Tracking()
    configuration = CONFIGURATION | {"ScaleInCooldown": 600}

    wanted = [tracking.wanted(configuration, count, backlog, now) for count, backlog, now in
              [(3, 6, 0), (3, 6, 900), (2, 0, 1499), (2, 0, 1500)]]  # fmt: skip

    assert wanted == [3, 2, 2, 0]


def test_tracking_does_not_start_from_zero_and_keeps_what_it_may_not_remove() -> None:
    tracking = Tracking()

    assert tracking.wanted(CONFIGURATION, 0, 50, 0) == 0
    assert [tracking.wanted(CONFIGURATION | {"DisableScaleIn": True}, 2, 0, now) for now in (0, 900)] == [2, 2]
