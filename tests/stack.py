"""The stack as the CDK's command line synthesizes it, without the layer: that takes a while and has its own tests."""

import json
from pathlib import Path
from typing import Any

from aws_cdk import App
from aws_cdk.assertions import Template

from infrastructure.config import Config
from infrastructure.stack import GenerateOnCloud

ROOT = Path(__file__).parent.parent


# So that no image is built, which takes a while and has its own tests.
IMAGE = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/goc:1"


def application(image: str | None = IMAGE, **settings: Any) -> App:
    """The app of `app.py` with these settings."""
    flags = json.loads((ROOT / "cdk.json").read_text())["context"]
    own = {"image": image} if image else {}
    settings = {"console": False} | settings  # a library puts the page's files there, and has its own tests
    app = App(context=flags | {"aws:cdk:bundling-stacks": []} | settings | own)
    GenerateOnCloud(app, Config.from_context(app.node))
    return app


def synthesize(image: str | None = IMAGE, **settings: Any) -> Template:
    (stack,) = [child for child in application(image, **settings).node.children if isinstance(child, GenerateOnCloud)]
    return Template.from_stack(stack)


def properties(template: Template, type: str) -> dict[str, dict[str, Any]]:
    """The properties of each resource of that type, by its logical id."""
    return {id: resource["Properties"] for id, resource in template.find_resources(type).items()}
