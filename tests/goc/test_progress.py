"""How progress is shown."""

import pytest

from goc.progress import Lines


def test_off_a_terminal_there_is_a_line_for_every_tenth_and_every_state(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    lines.show("queued", None)
    lines.show("queued", None)
    for percent in range(101):
        lines.show("running", percent / 100)
    assert capsys.readouterr().err.splitlines() == ["queued", *(f"running {percent}%" for percent in range(0, 101, 10))]
