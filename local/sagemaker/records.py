"""The control plane's records: one JSON file each, so that they outlive the emulator."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.sagemaker.files import write_atomically
from local.sagemaker.refusals import Refusal
from local.sagemaker.settings import ACCOUNT

Record = dict[str, Any]
"""Members as botocore's model names them, times in seconds since 1970; members it lacks are the emulator's own."""


@dataclass(frozen=True)
class Kind:
    """A kind of record, in the three ways that AWS spells it."""

    noun: str
    """How its members begin: `EndpointConfig` in `EndpointConfigName`."""
    arn: str
    words: str


MODEL = Kind("Model", "model", "model")
ENDPOINT_CONFIG = Kind("EndpointConfig", "endpoint-config", "endpoint configuration")
ENDPOINT = Kind("Endpoint", "endpoint", "endpoint")


class Records:
    """All records of one kind, by name."""

    def __init__(self, kind: Kind, state: Path, region: str) -> None:
        self.kind = kind
        self._folder = state / f"{kind.arn}s"
        self._region = region
        self._folder.mkdir(parents=True, exist_ok=True)
        files = self._folder.glob("*.json")
        self._records: dict[str, Record] = {file.stem: json.loads(file.read_text()) for file in files}

    def create(self, members: Record) -> Record:
        """Keep a new record; raises Refusal when the name is taken."""
        name = members[f"{self.kind.noun}Name"]
        if name in self._records:
            raise Refusal(f'Cannot create already existing {self.kind.words} "{self.arn(name)}".')
        return self.save({**members, f"{self.kind.noun}Arn": self.arn(name), "CreationTime": time.time()})

    def get(self, name: str) -> Record:
        """The record; raises Refusal when there is none."""
        if name not in self._records:
            raise Refusal(f'Could not find {self.kind.words} "{self.arn(name)}".')
        return self._records[name]

    def save(self, record: Record) -> Record:
        """Keep the record in place of an older one of its name."""
        name = record[f"{self.kind.noun}Name"]
        write_atomically(self._folder / f"{name}.json", json.dumps(record))
        self._records[name] = record
        return record

    def delete(self, name: str) -> None:
        """Forget the record; raises Refusal when there is none."""
        self.get(name)
        (self._folder / f"{name}.json").unlink()
        del self._records[name]

    def all(self) -> list[Record]:
        """Every record, in no particular order."""
        return list(self._records.values())

    def arn(self, name: str) -> str:
        """The ARN of the record that has, had or will have this name."""
        return f"arn:aws:sagemaker:{self._region}:{ACCOUNT}:{self.kind.arn}/{name}"
