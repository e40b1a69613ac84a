"""Deployments: what an endpoint runs, copied from its config and model, which may be deleted meanwhile, as on AWS."""

from typing import TypedDict

from local.sagemaker.records import Record, Records


class Deployment(TypedDict):
    """One config with its only variant's model, in the form that is kept in the endpoint's record."""

    config_name: str
    variant: Record
    async_inference: Record
    image: str
    environment: dict[str, str]
    role: str


def resolve(config_name: str, configs: Records, models: Records) -> Deployment:
    """The deployment that a config asks for; raises Refusal when the config or its model does not exist."""
    config = configs.get(config_name)
    variant = config["ProductionVariants"][0]
    model = models.get(variant["ModelName"])
    container = model["PrimaryContainer"]
    return Deployment(
        config_name=config_name,
        variant=variant,
        async_inference=config["AsyncInferenceConfig"],
        image=container.get("Image", ""),
        environment=container.get("Environment", {}),
        role=model["ExecutionRoleArn"],
    )


def instance_type(deployment: Deployment) -> str:
    """The type of its instances."""
    return str(deployment["variant"]["InstanceType"])


def initial_instances(deployment: Deployment) -> int:
    """The number of instances that its config starts with."""
    return int(deployment["variant"].get("InitialInstanceCount", 1))


def desired_instances(endpoint: Record) -> int:
    """The number of instances that an endpoint has, or is about to have."""
    if "ProductionVariants" in endpoint:
        return int(endpoint["ProductionVariants"][0]["DesiredInstanceCount"])
    return initial_instances(endpoint["Deployment"])


def described(deployment: Deployment, current: int, desired: int) -> Record:
    """What DescribeEndpoint says of a deployment with this number of instances."""
    variant = deployment["variant"]
    weight = variant.get("InitialVariantWeight", 1.0)
    summary = {
        "VariantName": variant["VariantName"],
        "DeployedImages": [{"SpecifiedImage": deployment["image"]}],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
        "CurrentInstanceCount": current,
        "DesiredInstanceCount": desired,
    }
    return {
        "EndpointConfigName": deployment["config_name"],
        "ProductionVariants": [summary],
        "AsyncInferenceConfig": deployment["async_inference"],
        "Deployment": deployment,
    }
