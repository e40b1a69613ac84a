"""The web page: a private bucket behind CloudFront, which states with every file what the page may do."""

import json
from typing import cast

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct

from infrastructure import page
from infrastructure.api import Api
from infrastructure.storage import Storage

# The pictures' bucket allows this instead of the page's own origin: the page's policy names the bucket, and two
# resources can't name each other. A presigned link opens its object for anyone who has it, so this exposes no more.
ANY_DISTRIBUTION = "https://*.cloudfront.net"


class Console(Construct):
    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            removal_policy=RemovalPolicy.DESTROY,  # all of it is in the checkout
        )
        self._distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment="Generate on Cloud: the web page",
            default_root_object="index.html",
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.S3BucketOrigin.with_origin_access_control(self.bucket),
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                compress=True,
            ),
        )
        self.origin = f"https://{self._distribution.domain_name}"

    def serve(self, api: Api, storage: Storage) -> None:
        """Put the page there, for this API. A step of its own, since the functions need the page's origin first."""
        pictures, stack = storage.bucket, Stack.of(self)
        # The SDK decides whether links name the bucket with its region or without.
        policy = page.content_security_policy(
            f"https://{api.rest.rest_api_id}.execute-api.{stack.region}.{stack.url_suffix}",
            f"https://{pictures.bucket_domain_name}",
            f"https://{pictures.bucket_regional_domain_name}",
        )
        self._say_with_every_file(policy)
        deployment.BucketDeployment(
            self,
            "Files",
            destination_bucket=self.bucket,
            sources=[
                deployment.Source.asset(str(page.FOLDER)),
                deployment.Source.data(page.MERGES, page.merges()),
                deployment.Source.data(page.CONFIG, json.dumps(page.config(api.rest.url))),
            ],
            cache_control=[deployment.CacheControl.from_string("no-cache")],  # a new page never meets an old script
            retain_on_delete=False,
            memory_limit=256,
        )

    def _say_with_every_file(self, policy: str) -> None:
        headers = cloudfront.ResponseHeadersPolicy(
            self,
            "Headers",
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=policy, override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=Duration.days(365), include_subdomains=True, override=True
                ),
            ),
        )
        cfn_distribution = cast("cloudfront.CfnDistribution", self._distribution.node.default_child)
        cfn_distribution.add_property_override(
            "DistributionConfig.DefaultCacheBehavior.ResponseHeadersPolicyId", headers.response_headers_policy_id
        )
