"""EventBridge's event patterns, as far as rules on endpoints need them: exact values and prefixes."""

import logging
from collections.abc import Mapping
from typing import Any

log = logging.getLogger(__name__)


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether the event has, for every member of the pattern, a value that the pattern names."""
    return all(_member_matches(wanted, event.get(name)) for name, wanted in pattern.items())


def _member_matches(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(value, Mapping) and matches(wanted, value)
    values = value if isinstance(value, list) else [value]
    return any(_value_matches(choice, one) for choice in wanted for one in values)


def _value_matches(choice: Any, value: Any) -> bool:
    if not isinstance(choice, Mapping):
        return bool(choice == value)
    if choice.keys() == {"prefix"} and isinstance(choice["prefix"], str):
        return isinstance(value, str) and value.startswith(choice["prefix"])
    log.warning("this emulator knows no pattern like %s, so nothing matches it", dict(choice))
    return False
