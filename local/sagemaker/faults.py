"""Faults on request: what tests ask to go wrong with the next notices, as SNS does now and then."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, NonNegativeFloat


class Delay(BaseModel):
    """Deliver the notice, this many seconds late."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    delay: NonNegativeFloat


Fault = Literal["double", "lose"] | Delay
"""What happens to one notice: it comes twice, never, or late."""


class Faults(BaseModel):
    """The faults that are still to come, one per notice, in this order."""

    model_config = ConfigDict(extra="forbid")

    notices: list[Fault] = []

    def next(self) -> Fault | None:
        """Use up the next one, if there is one."""
        return self.notices.pop(0) if self.notices else None
