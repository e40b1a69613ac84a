"""What is shown of how far something is."""

from io import StringIO

import pytest

from goc.progress import Line, UploadProgress, amount, duration


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_one_line_with_percent_speed_and_the_time_left() -> None:
    out = Terminal()
    clock = iter([0.0, 0.0, 10.0, 20.0])
    with Line(out) as line:
        progress = UploadProgress(line, lambda: next(clock))
        for done in (500_000_000, 1_000_000_000, 2_000_000_000):
            progress(done, 2_000_000_000)
    assert out.getvalue() == (
        "\r 25% of 2.00 GB\x1b[K\r 50% of 2.00 GB, 50.0 MB/s, 0:20 left\x1b[K\r100% of 2.00 GB, being checked\x1b[K\n"
    )


def test_elsewhere_there_is_a_plain_line_for_every_tenth() -> None:
    out = StringIO()
    with Line(out) as line:
        for percent in range(101):
            line.show(f"{percent} %", percent / 100)
    assert out.getvalue().splitlines() == [f"{percent} %" for percent in range(0, 101, 10)]


def test_another_state_is_shown_although_nothing_is_further() -> None:
    out = StringIO()
    with Line(out) as line:
        for state in ("queued", "queued", "running"):
            line.show(state, 0, state)
    assert out.getvalue() == "queued\nrunning\n"


def test_a_terminal_on_which_nothing_was_shown_stays_as_it_was() -> None:
    out = Terminal()
    with Line(out):
        pass
    assert not out.getvalue()


@pytest.mark.parametrize(("seconds", "text"), [(5.4, "0:05"), (65, "1:05"), (7265, "2:01:05")])
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(("size", "text"), [(0, "0.0 MB"), (35_140_000, "35.1 MB"), (6_940_000_000, "6.94 GB")])
def test_amounts(size: int, text: str) -> None:
    assert amount(size) == text
