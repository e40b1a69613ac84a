"""Where the checks are made: everything that one of them needs."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lambdas.jobs.notices import Notice
from shared.parameters import Txt2ImgParameters
from smoke.capacity import Capacity
from smoke.orders import Orders
from smoke.recording import Message, Recording
from smoke.results import until
from smoke.user import Document, User

# A notice follows its job's end within seconds, or within a few minutes if nobody drew the order.
NOTICE_SECONDS = 300

QUICK: Document = {"prompt": "a lighthouse at night", "steps": 4, "width": 256, "height": 256, "seed": 1}


@dataclass(frozen=True)
class Site:
    endpoint: str
    checkpoint: str
    user: User
    orders: Orders
    capacity: Capacity
    notices: Recording
    events: Recording
    record: Path

    def order(self, **parameters: Any) -> Document:
        """An order for one picture that is drawn in seconds, unless the parameters say otherwise."""
        return {
            "task": "txt2img",
            "endpoint": self.endpoint,
            "checkpoint": self.checkpoint,
            "parameters": QUICK | parameters,
        }

    def quick(self) -> Txt2ImgParameters:
        return Txt2ImgParameters.model_validate(QUICK)

    def notices_of(self, id: str) -> list[Message]:
        """A job's notices so far, raw. Raises ValidationError for one that the stack's own function can't read."""
        inference_id = self.user.key_of(id).inference_id
        found = [each for each in self.notices.messages() if each.get("inferenceId") == inference_id]
        for each in found:
            Notice.model_validate(each)
        return found

    def notice_of(self, id: str) -> Message:
        """A job's first notice. Raises CheckFailed if none comes."""
        return until(lambda: self.notices_of(id), NOTICE_SECONDS, f"a notice of {id}", pause=0)[0]

    def keep(self, name: str, message: Message) -> None:
        """Record it under the name of the emulator's message that it is compared with."""
        (self.record / f"{name}.json").write_text(json.dumps(message, indent=2) + "\n")
