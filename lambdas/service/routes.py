"""Routes about the service itself."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from shared.controlnet import PREPROCESSORS, Preprocessor
from shared.overrides import IMAGE_FORMATS, ImageFormat
from shared.resolver import Resolver, entry
from shared.samplers import SAMPLERS, SCHEDULE_TYPES, Sampler, ScheduleType
from shared.upscalers import UPSCALERS, Upscaler

CONTRACT = Path(__file__).with_name("openapi.json")

app = Resolver()


class Capabilities(BaseModel):
    """What of the WebUI's choices an endpoint honours."""

    samplers: list[Sampler]
    schedule_types: list[ScheduleType]
    upscalers: list[Upscaler]
    preprocessors: list[Preprocessor]
    image_formats: list[ImageFormat]


@app.get("/ping")
def ping() -> dict[str, str]:
    """Is it up, and does the key open it?"""
    return {"status": "ok"}


@app.get("/capabilities")
def capabilities() -> Capabilities:
    """What of the WebUI's choices an endpoint honours."""
    return Capabilities(
        samplers=list(SAMPLERS),
        schedule_types=list(SCHEDULE_TYPES),
        upscalers=list(UPSCALERS),
        preprocessors=list(PREPROCESSORS),
        image_formats=list(IMAGE_FORMATS),
    )


@app.get("/openapi.json")
def openapi() -> dict[str, Any]:
    """This document."""
    contract: dict[str, Any] = json.loads(CONTRACT.read_text())
    return contract


handler = entry(app)
