"""An Application Auto Scaling that keeps what it was told, and refuses what AWS refuses."""

from typing import Any

from tests.unit.refused import Refused

Members = dict[str, Any]


class FakeScaling:
    def __init__(self) -> None:
        self.targets: dict[str, Members] = {}  # by resource
        self.policies: dict[str, Members] = {}  # by name
        self.tags: dict[str, Members] = {}  # by ARN
        self.refusals: dict[str, tuple[str, str]] = {}  # by operation: a code and a message

    def answer(self, operation: str, members: Members) -> Members:
        """Raises Refused."""
        if operation in self.refusals:
            raise Refused(*self.refusals[operation])
        if operation == "TagResource":
            self.tags[members["ResourceARN"]] = members["Tags"]
            return {}
        resource = members["ResourceId"]
        arn = f"arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target/{resource}"
        if operation == "RegisterScalableTarget":
            self.targets[resource] = members
            return {"ScalableTargetARN": arn}
        if resource not in self.targets:
            words = f"No scalable target found for service namespace: sagemaker, resource ID: {resource}"
            raise Refused("ObjectNotFoundException", words)
        if operation == "PutScalingPolicy":
            self.policies[members["PolicyName"]] = members
            return {"PolicyARN": f"{arn}:{members['PolicyName']}", "Alarms": []}
        assert operation == "DeregisterScalableTarget"
        del self.targets[resource]
        self.policies = {name: each for name, each in self.policies.items() if each["ResourceId"] != resource}
        return {}
