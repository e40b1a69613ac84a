"""The control plane: the operations of the `sagemaker` client that this project uses."""

from collections.abc import Callable
from typing import Any, cast

import botocore.session
from botocore.model import ListShape, Shape, StructureShape

from local.sagemaker import validation
from local.sagemaker.fleet import Fleet
from local.sagemaker.listing import page
from local.sagemaker.records import Record, Records
from local.sagemaker.refusals import Refusal, UnknownOperation
from local.sagemaker.services import Services


class ControlPlane:
    """Answers an operation by its name, with its input and output held against botocore's model."""

    def __init__(self, services: Services, fleet: Fleet) -> None:
        models, configs, endpoints = services.models, services.configs, services.endpoints
        self._model = botocore.session.get_session().get_service_model("sagemaker")
        self._operations: dict[str, Callable[[Record], Record | None]] = {
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
            "DeleteEndpoint": lambda members: fleet.delete(members["EndpointName"]),
        }

    def answer(self, operation: str, members: Record) -> Record:
        """The operation's output; raises Refusal."""
        if operation not in self._operations:
            raise UnknownOperation(f"This emulator does not know {operation}.")
        shapes = self._model.operation_model(operation)
        validation.check(cast(StructureShape, shapes.input_shape), members)
        answer = self._operations[operation](members)
        return _as_modelled(shapes.output_shape, answer) if answer else {}


def _as_modelled(shape: Shape | None, value: Any) -> Any:
    """Leave out the members that this output does not have: one record serves Create, Describe and List."""
    if isinstance(shape, StructureShape):
        return {name: _as_modelled(shape.members[name], value[name]) for name in shape.members.keys() & value.keys()}
    if isinstance(shape, ListShape):
        return [_as_modelled(shape.member, item) for item in value]
    return value


def _supported_model(members: Record) -> Record:
    if "PrimaryContainer" not in members:
        raise Refusal("This emulator runs models of one container, named PrimaryContainer.")
    if "ExecutionRoleArn" not in members:
        raise Refusal("This emulator runs models with an ExecutionRoleArn.")
    return members


def _supported_config(members: Record, models: Records) -> Record:
    variants = members["ProductionVariants"]
    if len(variants) != 1 or "ModelName" not in variants[0]:
        raise Refusal("This emulator runs configs of one production variant with a ModelName.")
    if "S3OutputPath" not in members.get("AsyncInferenceConfig", {}).get("OutputConfig", {}):
        raise Refusal("This emulator runs asynchronous endpoints only: AsyncInferenceConfig needs an S3OutputPath.")
    models.get(variants[0]["ModelName"])
    return members
