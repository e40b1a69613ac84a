"""Each minute, mends what events have missed and goes on with what was stopped half-way.

No event says that an endpoint is gone, so this is also what ends a deletion.
"""

from typing import Any

from lambdas.endpoints import life
from shared.cloud import Cloud, cloud
from shared.log import logger


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> None:
    reconcile(cloud())


def reconcile(cloud: Cloud) -> None:
    """Take every endpoint, known here or to SageMaker, a step further. Raises RuntimeError if some failed."""
    here = {endpoint.name for endpoint in cloud.endpoints.all() if not endpoint.gone}
    failed = [name for name in sorted(here.union(cloud.hosting.names())) if not _carried_on(name, cloud)]
    if failed:
        raise RuntimeError(f"{', '.join(failed)} could not be brought in line; the log says why.")


def _carried_on(name: str, cloud: Cloud) -> bool:
    try:
        life.carry_on(name, cloud)
    except Exception:
        logger.exception("not brought in line", endpoint=name)
        return False  # one endpoint must not keep the others from their turn
    return True
