"""Why an invocation failed, in the words of AWS's own `failureReason`, as far as they are known."""

from http import HTTPStatus

LONGEST_MESSAGE = 1024
"""Characters of a container's own message that are kept; the failure object has the reason, the log has it all."""

EXPIRED = "The request was in the queue for longer than RequestTTLSeconds."
INSTANCE_LOST = "The instance that held the request was lost."


def container_error(status: int, message: str) -> str:
    """A container's 4xx or 5xx with its message; status 0 stands for no answer at all."""
    side = "client" if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR else "server"
    return f'Received {side} error ({status}) from primary with message "{message[:LONGEST_MESSAGE]}"'


def timed_out(seconds: float) -> str:
    """No answer within the invocation timeout."""
    return container_error(0, f"Your invocation timed out after {seconds:g} s while waiting for container primary.")


def container_lost(status: int | None) -> str:
    """The connection broke; `status` is the process's exit status, None if it is still running."""
    cause = "closed the connection" if status is None else f"exited with status {status}"
    return container_error(0, f"The container {cause} before it answered.")
