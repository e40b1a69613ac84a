"""The HTTP API: which function answers which route, who may call, and the gateway's own refusals."""

import json
from typing import NamedTuple

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infrastructure.config import Config
from infrastructure.functions import Functions


class Refused(NamedTuple):
    """One of the gateway's own refusals, said as the functions say theirs (RFC 9457)."""

    type: apigateway.ResponseType
    status: int
    title: str
    detail: str


_REFUSED = [
    Refused(
        apigateway.ResponseType.INVALID_API_KEY,
        403,
        "Forbidden",
        "The x-api-key header is missing or no key of this API.",
    ),
    Refused(
        apigateway.ResponseType.MISSING_AUTHENTICATION_TOKEN,
        403,
        "Forbidden",
        "There is no such route, or not for this method.",
    ),
    Refused(apigateway.ResponseType.THROTTLED, 429, "Too Many Requests", "Too many requests at once; wait a second."),
    Refused(apigateway.ResponseType.QUOTA_EXCEEDED, 429, "Too Many Requests", "The key has used up its quota."),
    Refused(apigateway.ResponseType.REQUEST_TOO_LARGE, 413, "Content Too Large", "The body is larger than 10 MB."),
    Refused(apigateway.ResponseType.DEFAULT_5_XX, 500, "Internal Server Error", "This is a fault here; try again."),
]


class Api(Construct):
    def __init__(self, scope: Construct, id: str, config: Config, functions: Functions) -> None:
        super().__init__(scope, id)
        self.rest = apigateway.RestApi(
            self,
            "Rest",
            rest_api_name=f"generate-on-cloud-{config.stage}",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=False,
            deploy_options=apigateway.StageOptions(stage_name=config.stage),
            default_method_options=apigateway.MethodOptions(api_key_required=True),
        )
        self._route("GET", "/ping", functions.service)
        self._route("GET", "/endpoints", functions.endpoints)
        self._route("GET", "/models", functions.models)
        self._route("POST", "/jobs", functions.jobs)
        self._route("GET", "/jobs", functions.jobs)
        self._route("GET", "/jobs/{id}", functions.jobs)
        for refused in _REFUSED:
            self._refusal(refused)
        self.usage_plan = self._usage_plan(config)

    def _route(self, method: str, path: str, function: lambda_.Function) -> None:
        resource = self.rest.root.resource_for_path(path)
        resource.add_method(method, apigateway.LambdaIntegration(function, allow_test_invoke=False))

    def _refusal(self, refused: Refused) -> None:
        problem = {
            "type": "about:blank",
            "title": refused.title,
            "status": refused.status,
            "detail": refused.detail,
            "request_id": "$context.requestId",
        }
        self.rest.add_gateway_response(
            refused.title.replace(" ", "") + refused.type.response_type,
            type=refused.type,
            status_code=str(refused.status),
            response_headers={"Content-Type": "'application/problem+json'"},
            templates={"application/json": json.dumps(problem)},
        )

    def _usage_plan(self, config: Config) -> apigateway.UsagePlan:
        throttle = apigateway.ThrottleSettings(rate_limit=config.requests_per_second, burst_limit=config.burst)
        plan = self.rest.add_usage_plan("UsagePlan", throttle=throttle)
        plan.add_api_stage(stage=self.rest.deployment_stage)
        return plan
