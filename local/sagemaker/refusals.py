"""What the emulator answers when it will not do what it was asked; every one of them is a 400."""


class Refusal(Exception):
    """Refused by the control plane, in AWS's words where they are known."""

    code = "ValidationException"


class InvocationRefused(Refusal):
    """Refused by the runtime, which spells the same error differently."""

    code = "ValidationError"


class ObjectNotFound(Refusal):
    """Application Auto Scaling has no such target or policy."""

    code = "ObjectNotFoundException"


class ResourceNotFound(Refusal):
    """The same for what is named by its ARN."""

    code = "ResourceNotFoundException"


class ResourceLimitExceeded(Refusal):
    """More than the account's quota."""

    code = "ResourceLimitExceeded"


class Malformed(Refusal):
    """The request cannot be read into the operation's shape."""

    code = "SerializationException"


class UnknownOperation(Refusal):
    """The operation is not one that the emulator knows."""

    code = "UnknownOperationException"
