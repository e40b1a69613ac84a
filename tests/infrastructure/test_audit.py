"""What `make audit` makes of pip-audit's answers."""

from typing import Any

import pytest

from tests import audit

SOUND = {"name": "boto3", "version": "1.0", "vulns": []}
VULNERABLE = {"name": "pillow", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
UNKNOWN = {"name": "goc", "skip_reason": "Dependency not found on PyPI"}


@pytest.mark.parametrize(
    ("packages", "status", "said"),
    [
        ([SOUND, UNKNOWN], 0, "1 of 2 packages were looked up"),
        ([SOUND, VULNERABLE], 1, "pillow 1.0 has PYSEC-1, mended in 1.1"),
        ([UNKNOWN], 0, "can't be reached"),
        ([], 0, "can't be reached"),
    ],
)
def test_a_finding_fails_and_silence_is_said(
    packages: list[dict[str, Any]],
    status: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(audit, "asked", lambda: packages)
    assert audit.main() == status
    assert said in capsys.readouterr().out


def test_everything_that_is_pinned_is_asked_about() -> None:
    files = [
        "requirements.txt",
        *(str(path) for path in audit.ROOT.glob("*/*.txt")),
        "layers/dependencies/requirements.txt",
    ]
    pins = {pin for file in files for pin in pinned(file)}
    assert pins == {pin for file in audit.PINNED for pin in pinned(file)}


def pinned(file: str) -> set[str]:
    """The file's pins, without the conditions that some have."""
    lines = (audit.ROOT / file).read_text().splitlines()
    return {line.partition(";")[0].strip() for line in lines if "==" in line}
