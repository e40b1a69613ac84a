"""The HTTP API: which function answers which route, who may call it, and what is logged of each call."""

import json

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infrastructure.config import Config
from infrastructure.functions import Functions
from infrastructure.refusals import Refusals

# One line per request. Of what the caller sent, only the route: no query, body or header, and of the key only its id.
_ACCESS_LOG = {
    "request_id": "$context.requestId",
    "time": "$context.requestTime",
    "method": "$context.httpMethod",
    "route": "$context.resourcePath",
    "status": "$context.status",
    "latency_ms": "$context.responseLatency",
    "response_bytes": "$context.responseLength",
    "key_id": "$context.identity.apiKeyId",
    "trace": "$context.xrayTraceId",
}


class Api(Construct):
    def __init__(self, scope: Construct, id: str, config: Config, functions: Functions) -> None:
        super().__init__(scope, id)
        self.rest = apigateway.RestApi(
            self,
            "Rest",
            rest_api_name=config.service,
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            # The gateway can log only under a role set for the whole account and region. The role outlives this stack,
            # since by then another stage's gateway may log under it.
            cloud_watch_role=True,
            cloud_watch_role_removal_policy=RemovalPolicy.RETAIN,
            deploy_options=self._stage(config),
            default_method_options=apigateway.MethodOptions(api_key_required=True),
            default_cors_preflight_options=_preflight(config),
        )
        self._serve(functions)
        Refusals(self, "Refusals", config, self.rest)
        self.usage_plan = self._usage_plan(config)

    def _serve(self, functions: Functions) -> None:
        self._route("GET", "/ping", functions.service)
        self._route("GET", "/capabilities", functions.service)
        self._route("GET", "/openapi.json", functions.service)
        self._route("GET", "/endpoints", functions.endpoints)
        self._route("POST", "/endpoints", functions.endpoints)
        self._route("GET", "/endpoints/{name}", functions.endpoints)
        self._route("PATCH", "/endpoints/{name}", functions.endpoints)
        self._route("DELETE", "/endpoints/{name}", functions.endpoints)
        self._route("GET", "/models", functions.models)
        self._route("POST", "/models", functions.models)
        self._route("GET", "/models/{type}/{name}", functions.models)
        self._route("DELETE", "/models/{type}/{name}", functions.models)
        self._route("POST", "/models/{type}/{name}/complete", functions.models)
        self._route("POST", "/uploads", functions.uploads)
        self._route("POST", "/jobs", functions.jobs)
        self._route("GET", "/jobs", functions.jobs)
        self._route("GET", "/jobs/{id}", functions.jobs)
        self._route("POST", "/jobs/{id}/cancel", functions.jobs)
        self._route("DELETE", "/jobs/{id}", functions.jobs)

    def _stage(self, config: Config) -> apigateway.StageOptions:
        access_log = logs.LogGroup(
            self, "AccessLog", retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY
        )
        return apigateway.StageOptions(
            stage_name=config.stage,
            access_log_destination=apigateway.LogGroupLogDestination(access_log),
            access_log_format=apigateway.AccessLogFormat.custom(json.dumps(_ACCESS_LOG)),
            tracing_enabled=True,
        )

    def _route(self, method: str, path: str, function: lambda_.Function) -> None:
        resource = self.rest.root.resource_for_path(path)
        resource.add_method(method, apigateway.LambdaIntegration(function, allow_test_invoke=False))

    def _usage_plan(self, config: Config) -> apigateway.UsagePlan:
        plan = self.rest.add_usage_plan(
            "UsagePlan",
            throttle=apigateway.ThrottleSettings(rate_limit=config.requests_per_second, burst_limit=config.burst),
            quota=apigateway.QuotaSettings(limit=config.requests_per_day, period=apigateway.Period.DAY),
        )
        plan.add_api_stage(stage=self.rest.deployment_stage)
        return plan


def _preflight(config: Config) -> apigateway.CorsOptions | None:
    """The answer to a browser that asks, before it calls, whether its page may call."""
    if not config.origins:
        return None
    return apigateway.CorsOptions(
        allow_origins=list(config.origins),
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=["x-api-key", "content-type", "idempotency-key"],
        max_age=Duration.hours(1),
    )
