"""Routes about the service itself."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from shared.parameters import SAMPLERS, Sampler
from shared.resolver import Resolver, entry

CONTRACT = Path(__file__).with_name("openapi.json")

app = Resolver()


class Capabilities(BaseModel):
    """What of the WebUI's choices an endpoint honours."""

    samplers: list[Sampler]
    schedule_types: list[str]
    upscalers: list[str]
    preprocessors: list[str]


@app.get("/ping")
def ping() -> dict[str, str]:
    """Is it up, and does the key open it?"""
    return {"status": "ok"}


@app.get("/capabilities")
def capabilities() -> Capabilities:
    """What of the WebUI's choices an endpoint honours."""
    return Capabilities(samplers=list(SAMPLERS), schedule_types=["Automatic"], upscalers=[], preprocessors=[])


@app.get("/openapi.json")
def openapi() -> dict[str, Any]:
    """This document."""
    contract: dict[str, Any] = json.loads(CONTRACT.read_text())
    return contract


handler = entry(app)
