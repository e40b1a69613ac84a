"""A container's credentials: those of its model's execution role, asked for over HTTP as in any container of AWS's."""

from typing import TYPE_CHECKING

import boto3

from local.sagemaker.settings import Settings

if TYPE_CHECKING:
    from types_boto3_sts import STSClient

OWN = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""The emulator's own credentials, which no container is given."""


def assume(role: str, settings: Settings) -> dict[str, str]:
    """Temporary credentials of a role, in the form that AWS's SDKs expect of a container's credentials endpoint."""
    sts: STSClient = boto3.client("sts", endpoint_url=settings.aws_endpoint_url, region_name=settings.region)
    given = sts.assume_role(RoleArn=role, RoleSessionName="SageMaker")["Credentials"]
    return {
        "RoleArn": role,
        "AccessKeyId": given["AccessKeyId"],
        "SecretAccessKey": given["SecretAccessKey"],
        "Token": given["SessionToken"],
        "Expiration": given["Expiration"].isoformat(),
    }
