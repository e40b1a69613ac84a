"""The endpoints that come and go with the stack: the first is made with it, and none outlives it."""

from aws_cdk import CustomResource
from constructs import Construct, IDependable

from infrastructure.config import Config
from infrastructure.functions import Functions


class FirstEndpoint(Construct):
    """`needs` is all that an endpoint depends on: made before the first one, and removed after the last is gone."""

    def __init__(self, scope: Construct, id: str, config: Config, functions: Functions, *needs: IDependable) -> None:
        super().__init__(scope, id)
        resource = CustomResource(
            self,
            "Endpoints",
            service_token=functions.endpoints_deployed.function_arn,
            resource_type="Custom::Endpoints",
            properties={"InstanceType": config.first_endpoint} if config.first_endpoint else {},
        )
        resource.node.add_dependency(functions, *needs)
