"""Ids of jobs."""

from uuid import UUID


def is_id(text: str) -> bool:
    """Whether it can be a job's id: a UUID, spelt the way they are made here."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
