"""A picture's parameters as the WebUI writes them into it: PNG Info and "Send to img2img" read them back."""

import json
from io import BytesIO

from PIL.Image import Image
from PIL.PngImagePlugin import PngInfo

from container import VERSION
from shared.parameters import Parameters


def infotext(parameters: Parameters, seed: int, model_name: str, model_hash: str) -> str:
    """The text for the picture of this seed; `model_hash` is the checkpoint's SHA-256 in hex."""
    settings = {
        "Steps": parameters.steps,
        "Sampler": parameters.sampler,
        "Schedule type": "Automatic",
        "CFG scale": str(parameters.cfg_scale).removesuffix(".0"),
        "Seed": seed,
        "Size": f"{parameters.width}x{parameters.height}",
        "Model hash": model_hash[:10],
        "Model": model_name,
        "Version": f"goc-{VERSION}",
    }
    negative = f"Negative prompt: {parameters.negative_prompt}" if parameters.negative_prompt else ""
    last = ", ".join(f"{name}: {_quote(str(value))}" for name, value in settings.items())
    return "\n".join(line for line in (parameters.prompt, negative, last) if line)


def png(image: Image, text: str) -> bytes:
    """The picture as a PNG file with its infotext inside."""
    info = PngInfo()
    info.add_text("parameters", text)
    file = BytesIO()
    image.save(file, "png", pnginfo=info)
    return file.getvalue()


def _quote(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if any(mark in value for mark in ",:\n") else value
