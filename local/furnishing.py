"""What a local cloud needs besides the stack before an order can be placed: a key, models, an endpoint.

All of it is made as a user makes it, with the client.
"""

from collections.abc import Callable

from goc.client import Client
from goc.keys import Keys
from goc.uploads import upload
from local.deployment import FIRST_ENDPOINT, Deployment
from local.failures import LocalCloudFailed
from local.place import ROOT

MODELS = ROOT / "container/demo/models"
CHECKPOINT = "shapes"
_KEY_NAME = "local"


def api_key(deployment: Deployment) -> str:
    """The local user's key, issued the first time."""
    keys = Keys(deployment.usage_plan)
    return keys.value(_KEY_NAME) or keys.issue(_KEY_NAME)


def upload_models(client: Client) -> None:
    """Upload those of the demo's models that are missing there or differ in size."""
    there = {(model.type, model.name): model for model in client.models() if model.state == "active"}
    for file in sorted(MODELS.glob("*/*.safetensors")):
        known = there.get((file.parent.name, file.stem))
        if not known or known.size != file.stat().st_size:
            upload(client, str(file), file.parent.name, replace=True)


def endpoint_name(deployment: Deployment) -> str:
    """The name of the stack's first endpoint."""
    return f"{deployment.endpoint_prefix}main"


def ensure_endpoint(client: Client, name: str, check: Callable[[], None]) -> None:
    """Wait until the first endpoint is in service, made anew if it was deleted or has failed.

    It keeps an instance, so that nobody waits for one here. `check` is called over and over meanwhile. Raises
    LocalCloudFailed.
    """
    there = {endpoint.name: endpoint.status for endpoint in client.endpoints()}
    if there.get(name, "Deleted") in ("Deleted", "Failed"):
        client.create_endpoint(FIRST_ENDPOINT, name)
    endpoint = client.wait_for_endpoint(name, lambda _: check())
    if endpoint.status != "InService":
        raise LocalCloudFailed(f"The endpoint is {endpoint.status}: {endpoint.reason} Its log is under sagemaker/logs.")
    if endpoint.min_instances == 0:
        client.rescale_endpoint(name, min_instances=1)
