"""The gateway: who may call, from where, what it refuses by itself, and what it logs."""

import json
from typing import Any

import pytest
from aws_cdk.assertions import Template

from tests.stack import properties, synthesize

CONSOLE = "https://console.example.org"


@pytest.fixture(scope="module")
def production() -> Template:
    return synthesize(stage="production", cors_origins=CONSOLE)


def refusals(template: Template) -> dict[str, dict[str, Any]]:
    found = properties(template, "AWS::ApiGateway::GatewayResponse").values()
    return {each["ResponseType"]: each for each in found}


def headers(refusal: dict[str, Any]) -> dict[str, str]:
    parameters: dict[str, str] = refusal["ResponseParameters"]
    return {name.removeprefix("gatewayresponse.header."): value for name, value in parameters.items()}


def preflights(template: Template) -> list[dict[str, Any]]:
    methods = properties(template, "AWS::ApiGateway::Method").values()
    return [method for method in methods if method["HttpMethod"] == "OPTIONS"]


def test_every_route_asks_for_a_key(template: Template) -> None:
    methods = properties(template, "AWS::ApiGateway::Method").values()
    called = [method for method in methods if method["HttpMethod"] != "OPTIONS"]
    assert called
    assert all(method["ApiKeyRequired"] for method in called)


def test_a_key_has_a_rate_and_a_quota() -> None:
    template = synthesize(requests_per_second=5, burst=10, requests_per_day=1000)
    template.has_resource_properties(
        "AWS::ApiGateway::UsagePlan",
        {"Throttle": {"RateLimit": 5, "BurstLimit": 10}, "Quota": {"Limit": 1000, "Period": "DAY"}},
    )


def test_a_browser_may_ask_without_a_key_and_send_what_the_api_reads(template: Template) -> None:
    asked = preflights(template)
    assert asked
    for method in asked:
        assert not method["ApiKeyRequired"]
        (answer,) = method["Integration"]["IntegrationResponses"]
        allowed = answer["ResponseParameters"]["method.response.header.Access-Control-Allow-Headers"]
        assert allowed == "'x-api-key,content-type,idempotency-key'"


def test_in_production_only_the_consoles_origin_is_allowed(production: Template) -> None:
    for method in preflights(production):
        (answer,) = method["Integration"]["IntegrationResponses"]
        assert answer["ResponseParameters"]["method.response.header.Access-Control-Allow-Origin"] == f"'{CONSOLE}'"
    for refusal in refusals(production).values():
        assert headers(refusal)["Access-Control-Allow-Origin"] == f"'{CONSOLE}'"
    (bucket,) = properties(production, "AWS::S3::Bucket").values()
    (rule,) = bucket["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedOrigins"] == [CONSOLE]
    assert sorted(rule["AllowedMethods"]) == ["GET", "POST", "PUT"]
    for function in properties(production, "AWS::Lambda::Function").values():
        assert function["Environment"]["Variables"]["CORS_ORIGINS"] == CONSOLE


def test_in_production_without_a_console_no_page_may_call() -> None:
    template = synthesize(stage="production")
    assert not preflights(template)
    (bucket,) = properties(template, "AWS::S3::Bucket").values()
    assert "CorsConfiguration" not in bucket
    assert all("Access-Control-Allow-Origin" not in headers(refusal) for refusal in refusals(template).values())


def test_the_gateways_own_refusals_are_problems_too(template: Template) -> None:
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "REQUEST_TOO_LARGE", "INVALID_API_KEY"} <= set(refusals(template))
    for refusal in refusals(template).values():
        assert headers(refusal)["Content-Type"] == "'application/problem+json'"
        problem = json.loads(refusal["ResponseTemplates"]["application/json"])
        assert set(problem) == {"type", "title", "status", "detail", "request_id"}
        assert str(problem["status"]) == refusal["StatusCode"]


def test_who_sends_too_much_is_told_the_way_out(template: Template) -> None:
    problem = json.loads(refusals(template)["REQUEST_TOO_LARGE"]["ResponseTemplates"]["application/json"])
    assert "POST /uploads" in problem["detail"]


def test_who_asks_too_often_is_told_when_to_come_back(template: Template) -> None:
    assert headers(refusals(template)["THROTTLED"])["Retry-After"] == "'1'"
    assert headers(refusals(template)["QUOTA_EXCEEDED"])["Retry-After"] == "'3600'"


def test_a_line_of_the_access_log_tells_what_happened_and_nothing_that_was_sent(template: Template) -> None:
    (stage,) = properties(template, "AWS::ApiGateway::Stage").values()
    line = json.loads(stage["AccessLogSetting"]["Format"])
    assert {"request_id", "method", "route", "status", "latency_ms", "response_bytes", "key_id"} <= set(line)
    sent = ("input", "context.path", "querystring", "header", "body")
    assert not any(part in variable for variable in line.values() for part in sent)
    assert "$context.identity.apiKey" not in line.values()


def test_the_gateway_may_log_before_its_stage_is_made_and_after_another_stack_is_gone(template: Template) -> None:
    (account,) = template.find_resources("AWS::ApiGateway::Account")
    (stage,) = template.find_resources("AWS::ApiGateway::Stage").values()
    assert account in stage["DependsOn"]
    (role,) = [
        role
        for role in template.find_resources("AWS::IAM::Role").values()
        if "AmazonAPIGatewayPushToCloudWatchLogs" in json.dumps(role)
    ]
    assert role["DeletionPolicy"] == "Retain"
