"""The stack as the CDK's command line synthesizes it, without the layer: that takes a while and has its own tests."""

import json
from pathlib import Path
from typing import Any

from aws_cdk import App
from aws_cdk.assertions import Template

from infrastructure.config import Config
from infrastructure.stack import GenerateOnCloud

ROOT = Path(__file__).parent.parent


def synthesize(**settings: Any) -> Template:
    flags = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = App(context=flags | {"aws:cdk:bundling-stacks": []} | settings)
    return Template.from_stack(GenerateOnCloud(app, Config.from_context(app.node)))
