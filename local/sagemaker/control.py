"""The control plane: the operations of the `sagemaker` client that this project uses."""

from local.sagemaker.fleet import Fleet
from local.sagemaker.listing import page
from local.sagemaker.operations import Operations
from local.sagemaker.records import Record, Records
from local.sagemaker.refusals import Refusal
from local.sagemaker.services import Services
from local.sagemaker.tags import Tags


def control_plane(services: Services, fleet: Fleet) -> Operations:
    """SageMaker's operations on the emulator's records and endpoints."""
    models, configs, endpoints = services.models, services.configs, services.endpoints
    tags = Tags(models, configs, endpoints)
    return Operations(
        "sagemaker",
        {
            "CreateModel": lambda members: models.create(_supported_model(members)),
            "DescribeModel": lambda members: models.get(members["ModelName"]),
            "ListModels": lambda members: page(models, members),
            "DeleteModel": lambda members: models.delete(members["ModelName"]),
            "CreateEndpointConfig": lambda members: configs.create(_supported_config(members, models)),
            "DescribeEndpointConfig": lambda members: configs.get(members["EndpointConfigName"]),
            "DeleteEndpointConfig": lambda members: configs.delete(members["EndpointConfigName"]),
            "CreateEndpoint": fleet.create,
            "DescribeEndpoint": lambda members: endpoints.get(members["EndpointName"]),
            "ListEndpoints": lambda members: page(endpoints, members),
            "UpdateEndpoint": fleet.update,
            "UpdateEndpointWeightsAndCapacities": fleet.set_capacity,
            "DeleteEndpoint": lambda members: fleet.delete(members["EndpointName"]),
            "AddTags": tags.add,
            "ListTags": tags.of,
        },
    )


def _supported_model(members: Record) -> Record:
    if "PrimaryContainer" not in members:
        raise Refusal("This emulator runs models of one container, named PrimaryContainer.")
    if "ExecutionRoleArn" not in members:
        raise Refusal("This emulator runs models with an ExecutionRoleArn.")
    return members


def _supported_config(members: Record, models: Records) -> Record:
    variants = members["ProductionVariants"]
    if len(variants) != 1 or not {"ModelName", "InstanceType"} <= variants[0].keys():
        raise Refusal("This emulator runs configs of one production variant with a ModelName and an InstanceType.")
    if "S3OutputPath" not in members.get("AsyncInferenceConfig", {}).get("OutputConfig", {}):
        raise Refusal("This emulator runs asynchronous endpoints only: AsyncInferenceConfig needs an S3OutputPath.")
    models.get(variants[0]["ModelName"])
    return members
