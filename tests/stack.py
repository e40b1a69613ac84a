"""The stack as the CDK's command line synthesizes it, without the layer: that takes a while and has its own tests."""

import json
from pathlib import Path
from typing import Any

from aws_cdk import App
from aws_cdk.assertions import Template

from infrastructure.config import Config
from infrastructure.stack import GenerateOnCloud

ROOT = Path(__file__).parent.parent


def application(**settings: Any) -> App:
    """The app of `app.py` with these settings."""
    flags = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = App(context=flags | {"aws:cdk:bundling-stacks": []} | settings)
    GenerateOnCloud(app, Config.from_context(app.node))
    return app


def synthesize(**settings: Any) -> Template:
    (stack,) = [child for child in application(**settings).node.children if isinstance(child, GenerateOnCloud)]
    return Template.from_stack(stack)


def properties(template: Template, type: str) -> dict[str, dict[str, Any]]:
    """Of each resource of that type, by its logical id."""
    return {id: resource["Properties"] for id, resource in template.find_resources(type).items()}
