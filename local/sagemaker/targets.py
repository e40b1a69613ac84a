"""Scalable targets: what Application Auto Scaling knows of an endpoint, each with its policies in one JSON file."""

import json
from pathlib import Path

from local.sagemaker.files import write_atomically
from local.sagemaker.records import Record
from local.sagemaker.refusals import ObjectNotFound

NAMESPACE = "sagemaker"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"


def resource_id(endpoint: Record) -> str:
    """What Application Auto Scaling calls the only variant of an endpoint."""
    return f"endpoint/{endpoint['EndpointName']}/variant/{endpoint['Deployment']['variant']['VariantName']}"


class Targets:
    """All scalable targets by resource id; `Policies` of each is the emulator's own member: its policies by name."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "scalable-targets"
        self._folder.mkdir(parents=True, exist_ok=True)
        found = [json.loads(file.read_text()) for file in self._folder.glob("*.json")]
        self._targets: dict[str, Record] = {target["ResourceId"]: target for target in found}

    def find(self, resource: str) -> Record | None:
        """The target, if it is registered."""
        return self._targets.get(resource)

    def get(self, resource: str) -> Record:
        """The target; raises ObjectNotFound if none is registered."""
        if resource not in self._targets:
            raise ObjectNotFound(f"No scalable target found for {described(resource)}")
        return self._targets[resource]

    def save(self, target: Record) -> None:
        """Keep the target in place of an older one of its resource."""
        write_atomically(self._file(target["ResourceId"]), json.dumps(target))
        self._targets[target["ResourceId"]] = target

    def delete(self, resource: str) -> None:
        """Forget the target with its policies; raises ObjectNotFound if none is registered."""
        self.get(resource)
        self._file(resource).unlink()
        del self._targets[resource]

    def all(self) -> list[Record]:
        """Every target, in no particular order."""
        return list(self._targets.values())

    def _file(self, resource: str) -> Path:
        return self._folder / f"{resource.replace('/', '.')}.json"


def described(resource: str) -> str:
    """A target as AWS's messages name it."""
    return f"service namespace: {NAMESPACE}, resource ID: {resource}, scalable dimension: {DIMENSION}"
