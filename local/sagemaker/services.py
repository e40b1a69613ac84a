"""What all endpoints share: the settings, the local AWS, and what reports their changes and results."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
import httpx
from botocore.config import Config

from local.sagemaker.alarms import Alarms
from local.sagemaker.events import Events
from local.sagemaker.faults import Faults
from local.sagemaker.notices import Notices
from local.sagemaker.objects import Objects
from local.sagemaker.records import ENDPOINT, ENDPOINT_CONFIG, MODEL, Records
from local.sagemaker.settings import Settings
from local.sagemaker.targets import Targets

if TYPE_CHECKING:
    from types_boto3_events import EventBridgeClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_s3 import S3Client
    from types_boto3_sns import SNSClient
    from types_boto3_sqs import SQSClient

# The local AWS answers in milliseconds or is not there; the retries outlast a restart of it.
CLIENT_CONFIG = Config(
    connect_timeout=2,
    read_timeout=10,
    retries={"total_max_attempts": 4, "mode": "standard"},
    s3={"addressing_style": "path"},
)


@dataclass(frozen=True)
class Services:
    """One of each, made at the start of the emulator."""

    settings: Settings
    models: Records
    configs: Records
    endpoints: Records
    targets: Targets
    alarms: Alarms
    faults: Faults
    objects: Objects
    notices: Notices
    events: Events
    http: httpx.AsyncClient
    """To the containers. It keeps no connection: one that the container closed as idle would look like its death."""

    @classmethod
    def connect(cls, settings: Settings) -> "Services":
        """Read the records, and make the clients; none of them calls yet."""
        session = boto3.Session(region_name=settings.region)
        where = settings.aws_endpoint_url
        s3: S3Client = session.client("s3", endpoint_url=where, config=CLIENT_CONFIG)
        sns: SNSClient = session.client("sns", endpoint_url=where, config=CLIENT_CONFIG)
        functions: LambdaClient = session.client("lambda", endpoint_url=where, config=CLIENT_CONFIG)
        rules: EventBridgeClient = session.client("events", endpoint_url=where, config=CLIENT_CONFIG)
        queues: SQSClient = session.client("sqs", endpoint_url=where, config=CLIENT_CONFIG)
        faults = Faults()
        return cls(
            settings=settings,
            models=Records(MODEL, settings.state, settings.region),
            configs=Records(ENDPOINT_CONFIG, settings.state, settings.region),
            endpoints=Records(ENDPOINT, settings.state, settings.region),
            targets=Targets(settings.state),
            alarms=Alarms(settings.state),
            faults=faults,
            objects=Objects(s3),
            notices=Notices(sns, faults, settings.region),
            events=Events(rules, functions, queues, settings.region),
            http=httpx.AsyncClient(timeout=None, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)),
        )
