"""All endpoints of this emulator."""

import asyncio
import logging
import time

from local.sagemaker import quotas
from local.sagemaker.deployments import desired_instances, initial_instances, instance_type, resolve
from local.sagemaker.endpoints import Endpoint
from local.sagemaker.records import Record
from local.sagemaker.refusals import Refusal
from local.sagemaker.services import Services
from local.sagemaker.targets import resource_id

log = logging.getLogger(__name__)


class Fleet:
    """The endpoints by name, each with a record of its own."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._endpoints = {
            record["EndpointName"]: Endpoint(record, services, self._forget) for record in services.endpoints.all()
        }

    def resume(self) -> None:
        """Bring back what the last run left."""
        for endpoint in self._endpoints.values():
            endpoint.resume()

    async def shut_down(self) -> None:
        """Stop every container, and leave what is unfinished to the next run."""
        await asyncio.gather(*(endpoint.shut_down() for endpoint in self._endpoints.values()))

    def create(self, members: Record) -> Record:
        """Begin to create an endpoint.

        Raises Refusal for a name that is taken and for a config that does not exist, ResourceLimitExceeded beyond the
        quota of its instance type.
        """
        services = self._services
        deployment = resolve(members["EndpointConfigName"], services.configs, services.models)
        self._require(instance_type(deployment), initial_instances(deployment))
        beginning = {"EndpointStatus": "Creating", "LastModifiedTime": time.time(), "Deployment": deployment}
        record = services.endpoints.create(members | beginning)
        endpoint = Endpoint(record, services, self._forget)
        self._endpoints[endpoint.name] = endpoint
        endpoint.create()
        return record

    def update(self, members: Record) -> Record:
        """Begin to give an endpoint another config; raises as `create` does, and while it cannot be updated.

        The new instances stand beside the old ones for a while, so the quota must hold both, as on AWS.
        """
        record = self._services.endpoints.get(members["EndpointName"])
        deployment = resolve(members["EndpointConfigName"], self._services.configs, self._services.models)
        kept = members.get("RetainAllVariantProperties", False)
        count = desired_instances(record) if kept else initial_instances(deployment)
        self._require(instance_type(deployment), count)
        self._endpoints[members["EndpointName"]].update(deployment, count)
        return record

    def set_capacity(self, members: Record) -> Record:
        """Begin to change an endpoint's number of instances, whatever the limits of its scalable target are.

        Raises as `scale` does, and for anything but the DesiredInstanceCount of the only variant.
        """
        record = self._services.endpoints.get(members["EndpointName"])
        (wanted, *more) = members["DesiredWeightsAndCapacities"]
        only = record["Deployment"]["variant"]["VariantName"]
        if more or wanted.keys() != {"VariantName", "DesiredInstanceCount"} or wanted["VariantName"] != only:
            raise Refusal(f'This emulator changes the DesiredInstanceCount of the variant "{only}" only.')
        self.scale(self._endpoints[members["EndpointName"]], wanted["DesiredInstanceCount"])
        return record

    def scale(self, endpoint: Endpoint, count: int) -> None:
        """Begin to change an endpoint's number of instances; raises Refusal beyond the quota or unless InService."""
        self._require(instance_type(endpoint.record["Deployment"]), count - endpoint.instances)
        endpoint.scale(count)

    def delete(self, name: str) -> None:
        """Begin to delete an endpoint; raises Refusal when there is none, and while it cannot be deleted."""
        resource = resource_id(self._services.endpoints.get(name))
        self._endpoints[name].delete()
        if self._services.targets.find(resource):
            log.warning("%s is deleted before its scalable target was deregistered, which goes with it", name)
            self._services.targets.delete(resource)

    def find(self, name: str) -> Endpoint | None:
        """The endpoint, in whatever state it is."""
        return self._endpoints.get(name)

    def _require(self, wanted: str, more: int) -> None:
        if more > 0:
            quotas.require(wanted, more, self._services.endpoints.all(), self._services.settings.instance_quota)

    def _forget(self, name: str) -> None:
        del self._endpoints[name]
