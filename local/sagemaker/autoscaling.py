"""Application Auto Scaling: the operations that put an endpoint's number of instances under rules.

It answers as AWS does for the variants of SageMaker's endpoints, and refuses what the emulator's scaling would not
follow: other resources, policies of other kinds, and metrics other than the endpoint's own backlog.
"""

import time
from uuid import uuid4

from local.sagemaker import policies
from local.sagemaker.endpoints import SERVING
from local.sagemaker.operations import Operation, Operations
from local.sagemaker.records import Record
from local.sagemaker.refusals import ObjectNotFound, Refusal, ResourceNotFound
from local.sagemaker.services import Services
from local.sagemaker.settings import ACCOUNT
from local.sagemaker.targets import DIMENSION, NAMESPACE, described, resource_id

ROLE = (
    f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)


def auto_scaling(services: Services) -> Operations:
    """The service's operations on the emulator's targets."""
    service = AutoScaling(services)
    operations: dict[str, Operation] = {
        "RegisterScalableTarget": service.register,
        "DescribeScalableTargets": service.targets,
        "DeregisterScalableTarget": service.deregister,
        "PutScalingPolicy": service.put_policy,
        "DescribeScalingPolicies": service.policies,
        "DeleteScalingPolicy": service.delete_policy,
    }
    tags: dict[str, Operation] = {"TagResource": service.tag, "ListTagsForResource": service.tags}
    supported = {name: _supported(operation) for name, operation in operations.items()}
    return Operations("application-autoscaling", supported | tags)


def _supported(operation: Operation) -> Operation:
    def checked(members: Record) -> Record | None:
        if members["ServiceNamespace"] != NAMESPACE or members.get("ScalableDimension", DIMENSION) != DIMENSION:
            raise Refusal(f"This emulator scales {DIMENSION} of the namespace {NAMESPACE} only.")
        return operation(members)

    return checked


class AutoScaling:
    """Writes the rules down; the scaler follows them."""

    def __init__(self, services: Services) -> None:
        self._targets = services.targets
        self._endpoints = services.endpoints
        self._region = services.settings.region

    def register(self, members: Record) -> Record:
        """Create a target or change its limits; raises Refusal if its endpoint cannot be scaled.

        Only a new one takes tags: AWS's words for the others are as Terraform's users reported them.
        """
        if "SuspendedState" in members:
            raise Refusal("This emulator does not suspend scaling.")
        old = self._targets.find(members["ResourceId"])
        if old is None:
            self._refuse_unfit(members["ResourceId"])
        elif members.get("Tags"):
            raise Refusal(
                "The scalable target that you tried to tag already exists. "
                "To update tags on an existing scalable target, use the TagResource API."
            )
        target = (old or self._new()) | members
        if not {"MinCapacity", "MaxCapacity"} <= target.keys():
            raise Refusal("MinCapacity and MaxCapacity are required to register a new scalable target.")
        if target["MinCapacity"] < 0 or target["MaxCapacity"] < target["MinCapacity"]:
            raise Refusal("Maximum capacity cannot be less than minimum capacity, and neither less than 0.")
        self._targets.save(target)
        return target

    def targets(self, members: Record) -> Record:
        """DescribeScalableTargets: all that are asked for, on one page."""
        wanted = members.get("ResourceIds")
        return {"ScalableTargets": [one for one in self._targets.all() if not wanted or one["ResourceId"] in wanted]}

    def deregister(self, members: Record) -> None:
        """Forget a target and its policies; raises ObjectNotFound."""
        self._targets.delete(members["ResourceId"])

    def put_policy(self, members: Record) -> Record:
        """Create or replace a policy; raises ObjectNotFound if its target is not registered."""
        target = self._targets.get(members["ResourceId"])
        policies.check(members)
        name = members["PolicyName"]
        arn = (
            f"arn:aws:autoscaling:{self._region}:{ACCOUNT}:scalingPolicy:{uuid4()}:"
            f"resource/{NAMESPACE}/{target['ResourceId']}:policyName/{name}"
        )
        first = target["Policies"].get(name, {"PolicyARN": arn, "CreationTime": time.time(), "Alarms": []})
        policy: Record = members | {member: first[member] for member in ("PolicyARN", "CreationTime", "Alarms")}
        self._targets.save(target | {"Policies": target["Policies"] | {name: policy}})
        return policy

    def policies(self, members: Record) -> Record:
        """DescribeScalingPolicies: all that are asked for, on one page."""
        names, resource = members.get("PolicyNames"), members.get("ResourceId")
        targets = [target for target in self._targets.all() if resource in (None, target["ResourceId"])]
        found = [policy for target in targets for policy in target["Policies"].values()]
        return {"ScalingPolicies": [policy for policy in found if not names or policy["PolicyName"] in names]}

    def delete_policy(self, members: Record) -> None:
        """Forget a policy; raises ObjectNotFound."""
        name, resource = members["PolicyName"], members["ResourceId"]
        target = self._targets.find(resource)
        if target is None or name not in target["Policies"]:
            raise ObjectNotFound(f"No scaling policy found for {described(resource)}, policy name: {name}")
        left = {other: policy for other, policy in target["Policies"].items() if other != name}
        self._targets.save(target | {"Policies": left})

    def tags(self, members: Record) -> Record:
        """ListTagsForResource; raises ResourceNotFound."""
        return {"Tags": self._named(members["ResourceARN"])["Tags"]}

    def tag(self, members: Record) -> None:
        """TagResource; raises ResourceNotFound."""
        target = self._named(members["ResourceARN"])
        self._targets.save(target | {"Tags": target["Tags"] | members["Tags"]})

    def _named(self, arn: str) -> Record:
        for target in self._targets.all():
            if target["ScalableTargetARN"] == arn:
                return target
        raise ResourceNotFound(f"There is no scalable target {arn}.")

    def _new(self) -> Record:
        arn = f"arn:aws:application-autoscaling:{self._region}:{ACCOUNT}:scalable-target/{uuid4()}"
        return {"ScalableTargetARN": arn, "RoleARN": ROLE, "CreationTime": time.time(), "Policies": {}, "Tags": {}}

    def _refuse_unfit(self, resource: str) -> None:
        for endpoint in self._endpoints.all():
            if resource_id(endpoint) == resource:
                if endpoint["EndpointStatus"] in SERVING:
                    return
                raise Refusal(f"The endpoint of {resource} is {endpoint['EndpointStatus']} and cannot be scaled.")
        raise Refusal(f"The endpoint or its variant does not exist: {resource}")
