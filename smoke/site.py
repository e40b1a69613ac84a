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

# A notice follows its job's end within seconds; one of an order that nobody drew, within a few minutes.
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
        """Of one picture that is drawn in seconds, unless the parameters say otherwise."""
        return {
            "task": "txt2img",
            "endpoint": self.endpoint,
            "checkpoint": self.checkpoint,
            "parameters": QUICK | parameters,
        }

    def quick(self) -> Txt2ImgParameters:
        return Txt2ImgParameters.model_validate(QUICK)

    def notices_of(self, id: str) -> list[Message]:
        """Those of a job so far, raw. All must be such as the stack's own function reads: raises ValidationError."""
        inference_id = self.user.key_of(id).inference_id
        found = [each for each in self.notices.messages() if each.get("inferenceId") == inference_id]
        for each in found:
            Notice.model_validate(each)
        return found

    def notice_of(self, id: str) -> Message:
        """The first one of a job. Raises CheckFailed where none comes."""
        return until(lambda: self.notices_of(id), NOTICE_SECONDS, f"a notice of {id}", pause=0)[0]

    def keep(self, name: str, message: Message) -> None:
        """Record it under the name by which it is compared with the emulator's."""
        (self.record / f"{name}.json").write_text(json.dumps(message, indent=2) + "\n")
