"""The functions: each declared in the same way, and each with exactly the rights that it uses."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infrastructure import code
from infrastructure.config import Config
from infrastructure.grants import Grants
from infrastructure.notices import SETTLE_TIMEOUT
from infrastructure.storage import Storage
from shared.settings import EndpointSettings, Settings

_TIMEOUT = Duration.seconds(29)  # the gateway waits no longer
_MEGABYTES = 1024  # half a core: a start takes half as long as at 512 MB, for the same price
# A container of another make may answer a hundred pictures at once, which are in memory three times while being read.
_SETTLE_MEGABYTES = 2048
_LONGEST_TIMEOUT = Duration.minutes(15)  # the most that a function may have
_RECONCILE_MEGABYTES = 2048  # four files at a time; the largest header that is read takes some 350 MB


class Functions(Construct):
    """`own` is what the functions that make endpoints must know; the endpoints work under the role `execution`."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        config: Config,
        storage: Storage,
        own: EndpointSettings,
        execution: iam.Role,
    ) -> None:
        super().__init__(scope, id)
        self._config = config
        self._layer = code.Dependencies(self, "Dependencies", config)
        self._code = code.own(config)
        self._environment = _settings(config, storage).to_env() | {"POWERTOOLS_SERVICE_NAME": config.service}
        grants = Grants(self, config, storage)
        self.service = self._function("Service", "lambdas.service.routes", [])
        self._make_endpoints_functions(grants, execution, own)
        self.models = self._function("Models", "lambdas.models.routes", grants.models())
        self.model_changed = self._function("ModelChanged", "lambdas.models.changed", grants.model_changed())
        self.reconciler = self._function(
            "Reconciler", "lambdas.models.reconciler", grants.reconciler(), _LONGEST_TIMEOUT, _RECONCILE_MEGABYTES
        )
        self.uploads = self._function("Uploads", "lambdas.uploads.routes", grants.uploads())
        self.jobs = self._function("Jobs", "lambdas.jobs.routes", grants.jobs())
        self.completed = self._function(
            "Completed", "lambdas.jobs.completed", grants.completed(), SETTLE_TIMEOUT, _SETTLE_MEGABYTES
        )
        self.sweeper = self._function(
            "Sweeper", "lambdas.jobs.sweeper", grants.sweeper(), Duration.minutes(1), _SETTLE_MEGABYTES
        )

    def _make_endpoints_functions(self, grants: Grants, execution: iam.Role, own: EndpointSettings) -> None:
        self.endpoints = self._function("Endpoints", "lambdas.endpoints.routes", grants.endpoints(execution))
        self.endpoint_changed = self._function(
            "EndpointChanged", "lambdas.endpoints.changed", grants.endpoint_changed(execution)
        )
        self.endpoint_reconciler = self._function(
            "EndpointReconciler", "lambdas.endpoints.reconciler", grants.endpoint_reconciler(execution)
        )
        self.endpoints_deployed = self._function(
            "EndpointsDeployed", "lambdas.endpoints.deployed", grants.endpoints(execution), _LONGEST_TIMEOUT
        )
        functions = (self.endpoints, self.endpoint_changed, self.endpoint_reconciler, self.endpoints_deployed)
        for name, value in own.to_env().items():
            for function in functions:
                function.add_environment(name, value)

    @property
    def background(self) -> list[lambda_.Function]:
        """Those that events start: no caller sees them fail."""
        return [
            self.endpoint_changed,
            self.endpoint_reconciler,
            self.model_changed,
            self.reconciler,
            self.completed,
            self.sweeper,
        ]

    def _function(
        self,
        id: str,
        module: str,
        grants: list[iam.PolicyStatement],
        timeout: Duration = _TIMEOUT,
        megabytes: int = _MEGABYTES,
    ) -> lambda_.Function:
        log_group = logs.LogGroup(
            self, f"{id}Logs", retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY
        )
        role = iam.Role(self, f"{id}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log_group.grant_write(role)
        for statement in grants:
            role.add_to_policy(statement)
        return lambda_.Function(
            self,
            id,
            code=self._code,
            handler=f"{module}.handler",
            runtime=code.runtime(self._config),
            architecture=code.architecture(self._config),
            memory_size=megabytes,
            timeout=timeout,
            layers=[self._layer],
            environment=self._environment,
            tracing=lambda_.Tracing.ACTIVE,  # by Lambda itself; the SDK that traces more would double a start's time
            role=role,
            log_group=log_group,
        )


def _settings(config: Config, storage: Storage) -> Settings:
    return Settings(
        jobs_table=storage.jobs.table_name,
        models_table=storage.models.table_name,
        endpoints_table=storage.endpoints.table_name,
        bucket=storage.bucket.bucket_name,
        inline_bodies=config.inline_bodies,
        deadline_seconds=config.deadline_seconds,
        most_deadline_seconds=config.most_deadline_seconds,
        retention_days=config.retention_days,
        cors_origins=",".join(config.origins),
    )
