"""The CDK app. Synthesizes without credentials; what may be set is in infrastructure/config.py."""

from aws_cdk import App

from infrastructure.config import Config
from infrastructure.stack import GenerateOnCloud

app = App()
GenerateOnCloud(app, Config.from_context(app.node))
app.synth()
