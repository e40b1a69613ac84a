"""What a new AWS account may have of an instance type, and what AWS itself has run out of.

Accounts' quotas differ; those here are as small as a new one's, so that their refusals are met on a laptop.
"""

from collections.abc import Iterable

from local.sagemaker.deployments import desired_instances, instance_type
from local.sagemaker.records import Record
from local.sagemaker.refusals import ResourceLimitExceeded

FORBIDDEN = "ml.p"
"""The beginning of the types of which a new account may have none."""
UNAVAILABLE = "ml.g5.48xlarge"
"""The type that is never available here, whatever the quota."""
NO_CAPACITY = (
    "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error. "
    "Please retry using a different ML instance type or after some time."
)
"""AWS's words in the FailureReason of such an endpoint."""


def require(wanted: str, more: int, endpoints: Iterable[Record], quota: int) -> None:
    """Raise ResourceLimitExceeded if `more` instances of the wanted type would exceed the quota."""
    limit = 0 if wanted.startswith(FORBIDDEN) else quota
    holding = [endpoint for endpoint in endpoints if endpoint["EndpointStatus"] != "Failed"]
    used = sum(desired_instances(endpoint) for endpoint in holding if instance_type(endpoint["Deployment"]) == wanted)
    if used + more > limit:
        raise ResourceLimitExceeded(
            f"The account-level service limit '{wanted} for endpoint usage' is {limit} Instances, with current "
            f"utilization of {used} Instances and a request delta of {more} Instances. Please use AWS Service Quotas "
            "to request an increase for this quota. If AWS Service Quotas is not available, contact AWS support to "
            "request an increase for this quota."
        )
