"""The CDK app. Synthesizes without credentials; what may be set is in infrastructure/config.py."""

import sys

from aws_cdk import App
from pydantic import ValidationError

from infrastructure.config import Config
from infrastructure.stack import GenerateOnCloud

app = App()
try:
    config = Config.from_context(app.node)
except ValidationError as wrong:
    sys.exit(str(wrong))
GenerateOnCloud(app, config)
app.synth()
