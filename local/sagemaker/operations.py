"""AWS JSON 1.1: an operation by its name, with its input and output matched with botocore's model of the service."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import botocore.session
from botocore.model import ListShape, Shape, StructureShape

from local.sagemaker import validation
from local.sagemaker.records import Record
from local.sagemaker.refusals import UnknownOperation

Operation = Callable[[Record], Record | None]


class Operations:
    """The operations of one service that the emulator plays."""

    def __init__(self, service: str, operations: Mapping[str, Operation]) -> None:
        self._model = botocore.session.get_session().get_service_model(service)
        self._operations = operations

    @property
    def target(self) -> str:
        """What precedes the operation in the header X-Amz-Target."""
        return str(self._model.metadata["targetPrefix"])

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
