"""A container of another make: takes the order, and answers as the WebUI's own API does, pictures and all."""

import json
import os
from base64 import b64encode
from io import BytesIO
from typing import Any

import uvicorn
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


def png(width: int, height: int, red: int, infotext: str = "") -> bytes:
    info = PngInfo()
    if infotext:
        info.add_text("parameters", infotext)
    file = BytesIO()
    Image.new("RGB", (width, height), (red, 0, 0)).save(file, "png", pnginfo=info)
    return file.getvalue()


def answer(order: dict[str, Any]) -> dict[str, Any]:
    """A grid, the pictures, and the map of each ControlNet unit, one after the other in one list."""
    asked = order["parameters"]
    seeds = [asked["seed"] + number for number in range(asked["batch_size"] * asked["n_iter"])]
    texts = [f"{asked['prompt']}\nSteps: {asked['steps']}, Seed: {seed}" for seed in seeds]
    pictures = [png(asked["width"], asked["height"], 10 + place, text) for place, text in enumerate(texts)]
    grids = [png(asked["width"] * len(seeds), asked["height"], 1)] if len(seeds) > 1 else []
    units = (asked["alwayson_scripts"] or {"controlnet": {"args": []}})["controlnet"]["args"]
    images = [*grids, *pictures, *(png(8, 8, 2) for _ in units)]
    info = {
        "index_of_first_image": len(grids),
        "all_seeds": seeds,
        "all_subseeds": seeds,
        "infotexts": [*texts[: len(grids)], *texts],
    }
    return {"images": [b64encode(each).decode() for each in images], "parameters": asked, "info": json.dumps(info)}


async def ping(_: Request) -> Response:
    return Response()


async def invocations(request: Request) -> Response:
    return JSONResponse(answer(await request.json()))


if __name__ == "__main__":
    app = Starlette(routes=[Route("/ping", ping), Route("/invocations", invocations, methods=["POST"])])
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["SAGEMAKER_BIND_TO_PORT"]), log_level="warning")
