"""Fills a folder with the third-party code that the functions import: for their platform, trimmed, with byte-code."""

import shutil
import subprocess
import sys
from pathlib import Path

from layers import bytecode

REQUIREMENTS = Path(__file__).parent / "requirements.txt"

# The AWS services that functions call; botocore brings the descriptions of some 400.
SERVICES = {"application-autoscaling", "cloudwatch", "dynamodb", "s3", "sagemaker", "sagemaker-runtime"}


def build(target: Path, python: str, architecture: str) -> None:
    """Install into `target/python`, where Lambda looks. `python` is a minor version ("3.13"), `architecture` the
    machine's name ("aarch64" or "x86_64"). Needs no container engine: only wheels, none of them built here."""
    packages = target / "python"
    platform = ["--python-platform", f"{architecture}-manylinux2014", "--python-version", python]
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"]
    subprocess.run([*install, *platform, "--target", packages, "--requirements", REQUIREMENTS], check=True)
    _trim(packages)
    bytecode.add(packages, python)
    if python != bytecode.OWN:
        print(
            f"The functions are for Python {python} and this is {bytecode.OWN}: without byte-code they take "
            f"twice as long to start. Set up with make PYTHON=python{python} to deploy them with byte-code.",
            file=sys.stderr,
        )


def _trim(packages: Path) -> None:
    """Take out what no function reads; half the layer."""
    for service in (packages / "botocore/data").iterdir():
        if service.is_dir() and service.name not in SERVICES:
            shutil.rmtree(service)
    for name in ("bin", "boto3/examples"):
        shutil.rmtree(packages / name, ignore_errors=True)
