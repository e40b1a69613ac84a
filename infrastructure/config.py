"""What an operator may set for a deployment: `cdk deploy -c stage=production`, or the same in cdk.json's context."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, Field, model_validator

from lambdas.endpoints.requests import ECR_URI, INSTANCE_TYPE
from shared.suggestions import did_you_mean

if TYPE_CHECKING:  # importing it starts Node, which is not needed for a stack's name alone
    from constructs import Node


def _listed(value: object) -> object:
    """Accepts a list, as in cdk.json, or text with commas, as in `-c name=one,two`."""
    return [each.strip() for each in value.split(",") if each.strip()] if isinstance(value, str) else value


Days = Annotated[int, Field(ge=1, le=3650)]
Seconds = Annotated[int, Field(ge=60, le=21_600)]  # SageMaker keeps an asynchronous request for six hours at the most
Origin = Annotated[str, Field(pattern=r"^(\*|https?://[a-z0-9.-]+(:\d{1,5})?)$")]

_APART = ("cn-", "us-gov-")  # China and GovCloud: their partitions lack some services, or have them in another form


class Config(BaseModel, frozen=True):
    stage: str = Field("dev", pattern=r"^[a-z][a-z0-9]{0,15}$")  # one deployment per stage in an account
    region: str | None = Field(None, pattern=r"^[a-z]{2,}(-[a-z]+)+-\d$")  # by default, the caller's own
    python: str = Field("3.14", pattern=r"^3\.\d\d$")  # the functions' runtime
    architecture: Literal["aarch64", "x86_64"] = "aarch64"  # of the functions; Graviton is cheaper
    inline_bodies: bool = True  # false in a region whose InvokeEndpointAsync takes no body

    image: str | None = Field(None, pattern=ECR_URI)  # the endpoints' container; by default, it is built in the account
    first_endpoint: str | None = Field(None, pattern=INSTANCE_TYPE)  # make one of this instance type with the stack
    # Limits that guard the bill, for all endpoints together.
    most_endpoints: int = Field(3, ge=1)
    most_instances: int = Field(4, ge=1)  # that they may grow to, together

    deadline_seconds: Seconds = 3600  # for a job that names none, from its submission to its last picture
    most_deadline_seconds: Seconds = 21_600  # that a job may ask for
    retention_days: Days = 30  # of a job's record and pictures

    # Per API key; API Gateway enforces them on a best-effort basis.
    requests_per_second: int = Field(20, ge=1)
    burst: int = Field(40, ge=1)
    requests_per_day: int = Field(100_000, ge=1)
    cors_origins: Annotated[tuple[Origin, ...] | None, BeforeValidator(_listed)] = None  # see `origins`

    console: bool = True  # the web page; the local cloud serves it itself

    alarm_email: str | None = Field(None, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")  # told of alarms and of the budget
    monthly_budget: int | None = Field(None, ge=1)  # USD, of the whole account

    require_tls: bool = True  # for calls to bucket, topics and queues; the local cloud has no TLS
    deploy_as_caller: bool = False  # with the caller's own rights instead of those of the bootstrap's roles

    @classmethod
    def from_context(cls, node: "Node") -> Self:
        """Raises ValidationError naming a setting that does not exist, or whose value is not what it should be."""
        given: dict[str, Any] = node.get_all_context()
        # The CDK's own names have a colon: its feature flags, what its command line passes, what it has looked up.
        return cls.model_validate({name: value for name, value in given.items() if ":" not in name})

    @model_validator(mode="before")
    @classmethod
    def _all_known(cls, given: Iterable[str]) -> Iterable[str]:
        for name in given:
            if name not in cls.model_fields:
                raise ValueError(f"{name} is no setting.{did_you_mean(name, cls.model_fields)}")
        return given

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.deadline_seconds > self.most_deadline_seconds:
            raise ValueError("deadline_seconds must not be more than most_deadline_seconds.")
        if self.production and "*" in self.origins:
            raise ValueError("cors_origins must name the console's own origins in production, not *.")
        if "*" in self.origins and len(self.origins) > 1:
            raise ValueError("cors_origins is * or a list of origins, not both.")
        if self.monthly_budget and not self.alarm_email:
            raise ValueError("monthly_budget needs an alarm_email, to which AWS writes when it is reached.")
        if self.region and self.region.startswith(_APART):
            if self.console:
                raise ValueError(f"console must be false in {self.region}: this stack's CloudFront is not there.")
            if self.monthly_budget:
                raise ValueError(
                    f"monthly_budget can't be set in {self.region}: this stack's AWS Budgets is not there."
                )
        return self

    @property
    def production(self) -> bool:
        """Whether this is production, where tables and bucket outlive the stack."""
        return self.stage == "production"

    @property
    def origins(self) -> tuple[str, ...]:
        """The web pages that may call API and bucket from a browser: in production, only those that are set."""
        if self.cors_origins is None:
            return () if self.production else ("*",)
        return self.cors_origins

    def allowing(self, origin: str) -> Self:
        """A copy that allows one more web page; unchanged if all may call already."""
        return self if "*" in self.origins else self.model_copy(update={"cors_origins": (*self.origins, origin)})

    @property
    def stack_name(self) -> str:
        return f"GenerateOnCloud-{self.stage}"

    @property
    def service(self) -> str:
        """Marks this deployment's logs and metrics, so that those of two deployments don't mix."""
        return f"generate-on-cloud-{self.stage}"

    @property
    def endpoint_prefix(self) -> str:
        """What the names of this deployment's endpoints begin with, so that those of two deployments don't clash."""
        return f"goc-{self.stage}-"
