"""Endpoints that come and go in the local cloud, which has room for few."""

import boto3

from goc.client import Client
from goc.shapes import Endpoint
from local.cloud import Cloud
from tests.waiting import eventually


def reconcile() -> None:
    """Do at once what is done each minute."""
    functions = boto3.client("lambda")
    for each in functions.list_functions()["Functions"]:
        if "EndpointReconciler" in each["FunctionName"] or "Sweeper" in each["FunctionName"]:
            functions.invoke(FunctionName=each["FunctionName"], Payload=b"{}")


def ended(client: Client, name: str) -> Endpoint:
    """The endpoint, once nothing of it is left."""

    def look() -> Endpoint | None:
        reconcile()
        endpoint = client.endpoint(name)
        return endpoint if endpoint.status in ("Deleted", "Failed") else None

    found = eventually(look, seconds=150, pause=1)
    assert found
    return found


def remove_all_but_the_first(cloud: Cloud) -> None:
    with Client(cloud.api, cloud.key) as client:
        others = [each.name for each in client.endpoints() if each.name != cloud.endpoint and each.status != "Deleted"]
        for name in others:
            client.delete_endpoint(name, force=True)
        for name in others:
            ended(client, name)
