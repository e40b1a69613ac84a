"""The endpoints' container image: the operator's own, or one that AWS builds while the stack is deployed."""

from pathlib import Path

from aws_cdk import IgnoreMode, Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk.aws_ecr_assets import Platform
from cdklabs.deploy_time_build import ContainerImageBuild
from constructs import Construct

from infrastructure.config import Config

_ROOT = Path(__file__).parent.parent


class Image(Construct):
    """`uri` is the image as a SageMaker model names it, in `repository`."""

    def __init__(self, scope: Construct, id: str, config: Config) -> None:
        super().__init__(scope, id)
        if config.image:
            account, _, _, region, *_ = config.image.split(".")
            name = config.image.partition("/")[2].partition("@")[0].partition(":")[0]
            arn = Stack.of(self).format_arn(
                service="ecr", region=region, account=account, resource="repository", resource_name=name
            )
            self.repository: ecr.IRepository = ecr.Repository.from_repository_attributes(
                self, "Own", repository_arn=arn, repository_name=name
            )
            self.uri = config.image
        else:
            build = self._build()
            self.repository, self.uri = build.repository, build.image_uri

    def _build(self) -> ContainerImageBuild:
        """By CodeBuild, so that deploying needs no container engine."""
        return ContainerImageBuild(
            self,
            "Build",
            directory=str(_ROOT),
            file="container/Dockerfile",
            exclude=["*", "!container", "!shared", "container/demo", "**/__pycache__"],
            ignore_mode=IgnoreMode.DOCKER,
            platform=Platform.LINUX_AMD64,
        )
