"""What the emulator is told when it starts."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ACCOUNT = "000000000000"
"""The account in every ARN: the one that ministack gives to the key `test`."""


@dataclass(frozen=True)
class Settings:
    """The whole configuration. `__main__` says which variable of the environment each part comes from."""

    port: int
    state: Path
    """Folder for records, queued invocations and the containers' logs."""
    region: str
    aws_endpoint_url: str
    """The local AWS, which has S3, SNS, SQS, Lambda and EventBridge's rules."""
    transition_seconds: float
    """How long Creating, Updating and Deleting take at least; minutes on AWS."""
    container_command: tuple[str, ...]
    container_environment: Mapping[str, str]
    """What every container gets besides its model's own environment or in place of it: the local AWS, this machine."""
    speedup: float = 30.0
    """How much faster the clock of scaling runs: an alarm's period of 60 s is over after 2."""
    instance_quota: int = 4
    """Instances of one type over all endpoints, except for the types of which a new account may have none."""
    startup_seconds: float = 480.0
    """How long a container may take to its first good ping when its config names no limit: 8 minutes, as AWS's guide
    on bringing your own inference code has it."""
