"""The web page's part of the stack, checked in the template that CloudFormation is given."""

import json
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

from infrastructure import page
from tests.stack import properties, synthesize


@pytest.fixture(scope="module")
def production() -> Template:
    return synthesize(stage="production", console=True)


def only(template: Template, type: str, name: str) -> tuple[str, dict[str, Any]]:
    """The one resource of that type whose logical id begins with `name`, with its id."""
    (found,) = [(id, each) for id, each in properties(template, type).items() if id.startswith(name)]
    return found


def test_the_page_lies_in_a_private_bucket_that_this_distribution_alone_reads(production: Template) -> None:
    id, bucket = only(production, "AWS::S3::Bucket", "Console")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    distribution, _ = only(production, "AWS::CloudFront::Distribution", "Console")
    (_, policy) = only(production, "AWS::S3::BucketPolicy", "Console")
    (reading,) = [each for each in policy["PolicyDocument"]["Statement"] if each["Action"] == "s3:GetObject"]
    assert reading["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert distribution in json.dumps(reading["Condition"])
    assert id in json.dumps(reading["Resource"])


def test_the_page_may_speak_to_its_api_and_the_pictures_bucket_and_to_nobody_else(production: Template) -> None:
    _, policy = only(production, "AWS::CloudFront::ResponseHeadersPolicy", "Console")
    headers = policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    csp = json.dumps(headers["ContentSecurityPolicy"]["ContentSecurityPolicy"])
    pictures, _ = only(production, "AWS::S3::Bucket", "Storage")
    api, _ = only(production, "AWS::ApiGateway::RestApi", "Api")
    assert api in csp
    assert pictures in csp
    assert "default-src 'none'; script-src 'self'" in csp
    assert "unsafe" not in csp
    assert "*" not in csp


def test_the_headers_come_with_every_file_over_tls_alone(production: Template) -> None:
    headers, _ = only(production, "AWS::CloudFront::ResponseHeadersPolicy", "Console")
    behavior = {"ResponseHeadersPolicyId": {"Ref": headers}, "ViewerProtocolPolicy": "redirect-to-https"}
    production.has_resource_properties(
        "AWS::CloudFront::Distribution",
        {"DistributionConfig": {"DefaultCacheBehavior": Match.object_like(behavior)}},
    )


def test_the_api_lets_the_pages_own_origin_call(production: Template) -> None:
    distribution, _ = only(production, "AWS::CloudFront::Distribution", "Console")
    _, jobs = only(production, "AWS::Lambda::Function", "FunctionsJobs")
    told = json.dumps(jobs["Environment"]["Variables"]["CORS_ORIGINS"])
    assert distribution in told
    _, pictures = only(production, "AWS::S3::Bucket", "Storage")
    (rule,) = pictures["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedOrigins"] == ["https://*.cloudfront.net"]


def test_a_deployment_without_the_page_has_nothing_of_it(template: Template) -> None:
    template.resource_count_is("AWS::CloudFront::Distribution", 0)
    template.resource_count_is("Custom::CDKBucketDeployment", 0)


def test_the_vocabulary_is_stable_diffusions() -> None:
    merges = page.merges().splitlines()
    assert len(merges) == 48_894
    assert merges[0] == "i n"
