"""What an operator may set of a deployment: `cdk deploy -c stage=production`, or the same in cdk.json's context."""

from typing import Annotated, Literal, Self

from constructs import Node
from pydantic import BaseModel, Field

Days = Annotated[int, Field(ge=1, le=3650)]


class Config(BaseModel, frozen=True):
    stage: str = Field("dev", pattern=r"^[a-z][a-z0-9]{0,15}$")  # one deployment for each stage in an account
    python: str = Field("3.13", pattern=r"^3\.\d\d$")  # the functions' runtime
    architecture: Literal["aarch64", "x86_64"] = "aarch64"  # of the functions; Graviton is the cheaper
    inline_bodies: bool = True  # false in a region whose InvokeEndpointAsync takes no body
    deadline_seconds: int = Field(3600, ge=60, le=21_600)  # of a job, from its submission to its last picture
    retention_days: Days = 30  # of a job's record and pictures
    requests_per_second: int = Field(20, ge=1)  # of one API key; best effort, as API Gateway has it
    burst: int = Field(40, ge=1)

    require_tls: bool = True  # of who speaks to bucket, topics and queues; the local cloud has none
    deploy_as_caller: bool = False  # with the caller's own rights, instead of those of the roles that bootstrap made

    @classmethod
    def from_context(cls, node: Node) -> Self:
        """Raises ValidationError naming a setting whose value is not what it should be."""
        given = {name: node.try_get_context(name) for name in cls.model_fields}
        return cls.model_validate({name: value for name, value in given.items() if value is not None})

    @property
    def production(self) -> bool:
        """Then tables and bucket outlive the stack."""
        return self.stage == "production"

    @property
    def endpoint_prefix(self) -> str:
        """What the names of this deployment's endpoints begin with, so that two deployments don't meet."""
        return f"goc-{self.stage}-"
