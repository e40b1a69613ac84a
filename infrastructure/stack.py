"""The stack, as a table of contents."""

from aws_cdk import CfnOutput, CliCredentialsStackSynthesizer, DefaultStackSynthesizer, Environment, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infrastructure import exceptions
from infrastructure.api import Api
from infrastructure.config import Config
from infrastructure.console import ANY_DISTRIBUTION, Console
from infrastructure.events import Events
from infrastructure.first_endpoint import FirstEndpoint
from infrastructure.functions import Functions
from infrastructure.grants import Grants
from infrastructure.image import Image
from infrastructure.monitoring import Monitoring
from infrastructure.notices import Notices
from infrastructure.storage import Storage
from shared.settings import EndpointSettings


class GenerateOnCloud(Stack):
    def __init__(self, scope: Construct, config: Config) -> None:
        synthesizer = CliCredentialsStackSynthesizer() if config.deploy_as_caller else DefaultStackSynthesizer()
        # Without a region, the template is valid in any, and the command line deploys to the caller's.
        env = Environment(region=config.region) if config.region else None
        super().__init__(scope, config.stack_name, synthesizer=synthesizer, env=env)
        console = Console(self, "Console") if config.console else None
        storage = Storage(self, "Storage", config.allowing(ANY_DISTRIBUTION) if console else config)
        config = config.allowing(console.origin) if console else config
        notices = Notices(self, "Notices", config)
        image = Image(self, "Image", config)
        # The role that SageMaker and the container work under.
        role = iam.Role(self, "EndpointExecution", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        for statement in Grants(self, config, storage).container(notices, image):
            role.add_to_policy(statement)
        functions = Functions(self, "Functions", config, storage, _of_endpoints(config, image, role, notices), role)
        events = Events(self, "Events", config, storage, functions, notices)
        api = Api(self, "Api", config, functions)
        if console:
            console.serve(api, storage)
            exceptions.acknowledge_page(console)
            CfnOutput(self, "ConsoleUrl", value=console.origin)
        Monitoring(self, "Monitoring", config, notices, functions, events, api)
        FirstEndpoint(self, "FirstEndpoint", config, functions, storage, notices, events, role)
        exceptions.acknowledge(config, storage, functions, events, api, role)

        for name, value in _outputs(config, storage, notices, api).items():
            CfnOutput(self, name, value=value)


def _outputs(config: Config, storage: Storage, notices: Notices, api: Api) -> dict[str, str]:
    return {
        "ApiUrl": api.rest.url,
        "UsagePlan": api.usage_plan.usage_plan_id,
        "Bucket": storage.bucket.bucket_name,
        "JobsTable": storage.jobs.table_name,
        "InlineBodies": "true" if config.inline_bodies else "false",
        "EndpointPrefix": config.endpoint_prefix,
        "SuccessTopic": notices.success.topic_arn,
        "ErrorTopic": notices.error.topic_arn,
    }


def _of_endpoints(config: Config, image: Image, role: iam.Role, notices: Notices) -> EndpointSettings:
    return EndpointSettings(
        stage=config.stage,
        endpoint_prefix=config.endpoint_prefix,
        endpoint_image=image.uri,
        endpoint_role=role.role_arn,
        success_topic=notices.success.topic_arn,
        error_topic=notices.error.topic_arn,
        most_endpoints=config.most_endpoints,
        most_instances=config.most_instances,
    )
