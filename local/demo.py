"""One order, from its submission to its picture, as a script with an API key would place it."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from local.cloud import Cloud
from local.failures import LocalCloudFailed

# The demo model composes best when small, as larger ones do at 512 pixels: a second pass makes the picture 256 wide.
PARAMETERS = {
    "prompt": "a yellow triangle on a purple background",
    "sampler_name": "Euler a",
    "steps": 20,
    "cfg_scale": 5,
    "width": 64,
    "height": 64,
    "enable_hr": True,
    "hr_scale": 4,
    "hr_upscaler": "Lanczos",
    "hr_second_pass_steps": 8,
    "denoising_strength": 0.55,
    "seed": -1,
}


def draw(cloud: Cloud, folder: Path, say: Callable[[str], None]) -> Path:
    """Submit a txt2img job, follow it, and save its picture into `folder`. Raises LocalCloudFailed."""
    order = {
        "task": "txt2img",
        "endpoint": cloud.endpoint,
        "checkpoint": cloud.checkpoint,
        "parameters": PARAMETERS,
    }
    with cloud.client() as client:
        submitted = client.post("/jobs", json=order).raise_for_status().json()
        say(f"POST /jobs answered at once: job {submitted['id']} is {submitted['status']}")
        job = _followed(client, submitted["id"], cloud, say)
    say(json.dumps(job, indent=2, ensure_ascii=False))
    if job["status"] != "succeeded":
        raise LocalCloudFailed(f"The job {job['status']}: {job['error']}")
    return _saved(job, folder)


def _followed(client: httpx.Client, id: str, cloud: Cloud, say: Callable[[str], None]) -> dict[str, Any]:
    start, shown = time.monotonic(), ""
    while True:
        job: dict[str, Any] = client.get(f"/jobs/{id}").raise_for_status().json()
        state = f"{job['status']} {job['progress']:.0%}"
        if state != shown:
            say(f"{time.monotonic() - start:5.1f} s  {state}")
            shown = state
        if job["status"] not in ("queued", "running"):
            return job
        cloud.check()
        time.sleep(0.3)


def _saved(job: dict[str, Any], folder: Path) -> Path:
    (picture,) = job["images"]
    folder.mkdir(exist_ok=True)
    path = folder / f"{job['id']}.png"
    path.write_bytes(httpx.get(picture["url"], trust_env=False).raise_for_status().content)
    return path
