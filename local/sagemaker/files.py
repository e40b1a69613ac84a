"""Files that are whole or absent, however the emulator ends."""

from pathlib import Path


def write_atomically(path: Path, text: str) -> None:
    """Write beside the file, then put the new one in its place."""
    draft = path.with_suffix(".draft")
    draft.write_text(text)
    draft.replace(path)
