"""The project's own CDK stack, deployed to the local AWS by the CDK's own command line."""

import json
import platform
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

from local.failures import LocalCloudFailed
from local.place import ACCOUNT, REGION, ROOT, Place
from local.sagemaker.processes import end_with_parent

STAGE = "dev"
FIRST_ENDPOINT = "ml.g5.xlarge"

_CDK = [str(ROOT / "node_modules/.bin/cdk"), "--no-notices", "--no-color"]
# The functions run on this interpreter and machine. The caller deploys as itself, since the emulator enforces IAM and
# the roles of the CDK's bootstrap are not made for that; and it has no TLS.
_CONTEXT = {
    "stage": STAGE,
    "python": f"{sys.version_info.major}.{sys.version_info.minor}",
    "architecture": "aarch64" if platform.machine() in ("arm64", "aarch64") else "x86_64",
    "deploy_as_caller": "true",
    "require_tls": "false",
    "console": "false",  # the function that copies its files finds no boto3 here; local/console.py serves it
    "first_endpoint": FIRST_ENDPOINT,
    "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/none:none",  # containers are processes here
}


@dataclass(frozen=True)
class Deployment:
    """What the stack's outputs say."""

    folder: Path
    api: str
    usage_plan: str
    bucket: str
    jobs_table: str
    endpoint_prefix: str
    success_topic: str
    error_topic: str


def deploy(place: Place, environment: Mapping[str, str]) -> Deployment:
    """Deploy what the checkout holds; what is there already is changed only where it differs."""
    environment = {**environment, "CDK_HOME": str(place.folder / "cdk-home"), "CDK_DISABLE_CLI_TELEMETRY": "true"}
    if not _bootstrapped():
        # away from cdk.json, whose app would be synthesized for nothing
        _run(["bootstrap", f"aws://{ACCOUNT}/{REGION}"], place, environment, place.folder)
    outputs = place.folder / "outputs.json"
    _run(["deploy", "--require-approval", "never", "--outputs-file", str(outputs)], place, environment)
    (stack,) = json.loads(outputs.read_text()).values()
    return Deployment(
        folder=place.folder,
        api=f"{place.aws}/restapis/{_api_id(stack['ApiUrl'])}/{STAGE}/_user_request_",
        usage_plan=stack["UsagePlan"],
        bucket=stack["Bucket"],
        jobs_table=stack["JobsTable"],
        endpoint_prefix=stack["EndpointPrefix"],
        success_topic=stack["SuccessTopic"],
        error_topic=stack["ErrorTopic"],
    )


def _run(command: list[str], place: Place, environment: Mapping[str, str], folder: Path = ROOT) -> None:
    context = [part for name, value in _CONTEXT.items() for part in ("--context", f"{name}={value}")]
    log, assembly = place.folder / "cdk.log", place.folder / "cdk.out"
    for stale in assembly.glob("*.lock"):  # left by a CDK that was killed; the folder is ours alone (`Place.taken`)
        stale.unlink()
    with log.open("wb") as output:
        done = subprocess.run(
            [*_CDK, *command, *context, "--output", str(assembly)],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=partial(end_with_parent, signal.SIGTERM),
            check=False,
        )
    if done.returncode:
        end = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise LocalCloudFailed(f"cdk {command[0]} failed; {log} has all of it:\n{end}")


def _bootstrapped() -> bool:
    try:
        boto3.client("s3").head_bucket(Bucket=f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}")
    except ClientError:
        return False
    return True


def _api_id(url: str) -> str:
    """The id in the output, which is AWS's address; the emulator has the same API under its own address."""
    return url.removeprefix("https://").split(".")[0]
