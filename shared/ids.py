"""Ids of jobs."""

from uuid import UUID


def is_id(text: str) -> bool:
    """Whether a job can have it: a UUID, spelt as they are made."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
