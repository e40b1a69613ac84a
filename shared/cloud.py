"""What handlers work with. Everything opens on first use: a function pays at start only for what it calls."""

from functools import cache, cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from shared.bucket import Bucket
from shared.multipart import Multipart
from shared.sagemaker import SageMaker
from shared.settings import Settings, endpoint_settings, settings
from shared.tables.endpoints import Endpoints
from shared.tables.jobs import Jobs
from shared.tables.models import Models

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_s3 import S3Client

    from shared.hosting import Hosting
    from shared.scaling import Scaling

# Links must carry the region's own signature and host: newer regions refuse the older global ones, and every region
# redirects them while a bucket is new, which a browser doesn't follow.
_LINKS = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})


class Cloud:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        return boto3.client("dynamodb")

    @cached_property
    def jobs(self) -> Jobs:
        return Jobs(self.dynamodb, self.settings.jobs_table)

    @cached_property
    def models(self) -> Models:
        return Models(self.dynamodb, self.settings.models_table)

    @cached_property
    def endpoints(self) -> Endpoints:
        return Endpoints(self.dynamodb, self.settings.endpoints_table)

    @cached_property
    def _s3(self) -> "S3Client":
        return boto3.client("s3", config=_LINKS)

    @cached_property
    def bucket(self) -> Bucket:
        return Bucket(self._s3, self.settings.bucket)

    @cached_property
    def multipart(self) -> Multipart:
        return Multipart(self._s3, self.settings.bucket)

    @cached_property
    def sagemaker(self) -> SageMaker:
        return SageMaker()

    @cached_property
    def hosting(self) -> "Hosting":
        from shared.hosting import Hosting  # only the endpoints' functions pay for it

        return Hosting(self.settings, endpoint_settings())

    @cached_property
    def scaling(self) -> "Scaling":
        from shared.scaling import Scaling

        return Scaling(endpoint_settings())


@cache
def cloud() -> Cloud:
    """This process's cloud."""
    return Cloud(settings())
