"""All endpoints of this emulator."""

import asyncio
import time

from local.sagemaker.deployments import resolve
from local.sagemaker.endpoints import Endpoint
from local.sagemaker.records import Record
from local.sagemaker.services import Services


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
        """Begin to create an endpoint; raises Refusal for a name that is taken and for a config that does not exist."""
        services = self._services
        deployment = resolve(members["EndpointConfigName"], services.configs, services.models)
        beginning = {"EndpointStatus": "Creating", "LastModifiedTime": time.time(), "Deployment": deployment}
        record = services.endpoints.create(members | beginning)
        endpoint = Endpoint(record, services, self._forget)
        self._endpoints[endpoint.name] = endpoint
        endpoint.create()
        return record

    def update(self, members: Record) -> Record:
        """Begin to give an endpoint another config; raises Refusal as `create` does, and while it cannot be updated."""
        record = self._services.endpoints.get(members["EndpointName"])
        deployment = resolve(members["EndpointConfigName"], self._services.configs, self._services.models)
        self._endpoints[members["EndpointName"]].update(deployment)
        return record

    def delete(self, name: str) -> None:
        """Begin to delete an endpoint; raises Refusal when there is none, and while it cannot be deleted."""
        self._services.endpoints.get(name)
        self._endpoints[name].delete()

    def find(self, name: str) -> Endpoint | None:
        """The endpoint, in whatever state it is."""
        return self._endpoints.get(name)

    def _forget(self, name: str) -> None:
        del self._endpoints[name]
