"""What an order may ask of its pictures, through the real gateway and the real container."""

from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import httpx
import numpy as np
import pytest
from PIL import Image

from container.architectures import Architecture
from container.controlnet import poses
from local.cloud import Cloud
from tests.container import controlnets, markers
from tests.e2e.user import User, soon

OPENPOSE = "control_v11p_sd15_openpose"


def opened(url: str) -> Image.Image:
    return Image.open(BytesIO(httpx.get(url).raise_for_status().content))


def encoded(image: Image.Image) -> str:
    file = BytesIO()
    image.save(file, "png")
    return b64encode(file.getvalue()).decode()


def img2img(user: User, **parameters: Any) -> dict[str, Any]:
    order = user.order(**parameters) | {"task": "img2img"}
    answer = user.http.post("/jobs", json=order)
    assert answer.status_code == 202, answer.text
    return user.finished(answer.json()["id"])


@pytest.fixture(scope="module")
def openpose(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A ControlNet of random weights under the name of the real one, uploaded as an operator uploads models."""
    model = controlnets.controlnet(controlnets.unet(Architecture("tiny")))
    file = controlnets.save(controlnets.as_ldm(model), tmp_path_factory.mktemp("models") / f"{OPENPOSE}.safetensors")
    boto3.client("s3").upload_file(str(file), cloud.deployment.bucket, f"models/controlnet/{file.name}")
    with cloud.client() as client:
        User(client, cloud.endpoint).wait_until_listed("models", OPENPOSE)
    return OPENPOSE


@pytest.fixture
def detector(cloud: Cloud, user: User, tmp_path: Path) -> str:
    """A detector of the real one's layers, which sees people by the markers that they wear; uploaded likewise."""
    file = markers.write(tmp_path / "body_pose_model.pth")
    boto3.client("s3").upload_file(str(file), cloud.deployment.bucket, f"models/detector/{file.name}")
    user.wait_until_listed("models", file.stem)
    return file.stem


def test_a_persons_picture_guides_a_cute_dog(user: User, openpose: str, detector: str) -> None:
    """The guide's own walk: a checkpoint, an openpose ControlNet, a person's picture, the prompt."""
    person = Image.fromarray(markers.marked(controlnets.standing(), 256, 256))
    unit = {"enabled": True, "module": "openpose", "model": openpose, "image": encoded(person), "pixel_perfect": True}
    asked: dict[str, Any] = {"prompt": "a cute dog", "seed": 1, "width": 256, "height": 256}
    plain = user.finished(user.submit(**asked))
    job = user.finished(user.submit(**asked, alwayson_scripts={"controlnet": {"args": [unit]}}))
    assert (job["status"], job["error"], job["warnings"]) == ("succeeded", None, [])
    assert user.picture(job) != user.picture(plain)
    (map,) = job["extra_images"]
    seen = np.asarray(opened(map["url"]), np.float64)
    drawn = np.asarray(Image.fromarray(poses.draw([controlnets.standing()], 256, 256)), np.float64)
    assert np.corrcoef(seen.ravel(), drawn.ravel())[0, 1] > 0.8


def test_a_pose_guides_the_picture_and_its_map_comes_back(user: User, openpose: str) -> None:
    person = {
        "people": [{"pose_keypoints_2d": [number for at in controlnets.STANDING for number in (at.x, at.y, 1.0)]}],
        "canvas_width": 256,
        "canvas_height": 256,
    }
    unit = {"enabled": True, "module": "openpose", "model": f"{openpose} [cab727d4]", "keypoints": person}
    plain = user.finished(user.submit(prompt="a cute dog", seed=1))
    job = user.finished(user.submit(prompt="a cute dog", seed=1, alwayson_scripts={"controlnet": {"args": [unit]}}))
    assert (job["status"], job["error"], job["warnings"]) == ("succeeded", None, [])
    assert user.picture(job) != user.picture(plain)
    assert f'ControlNet 0: "Module: openpose, Model: {openpose}' in job["images"][0]["infotext"]
    (map,) = job["extra_images"]
    assert (map["kind"], map["unit"], map["width"]) == ("control_map", 0, 64)
    colours = {tuple(colour) for colour in np.asarray(opened(map["url"])).reshape(-1, 3).tolist()}
    assert (0, 0, 0) in colours
    assert len(colours) > 10


def test_a_drawn_pose_guides_it_too_and_its_map_may_be_left_out(user: User, openpose: str) -> None:
    drawn = Image.fromarray(poses.draw([controlnets.standing()], 256, 256))
    unit = {"enabled": True, "model": openpose, "image": encoded(drawn), "save_detected_map": False}
    job = user.finished(user.submit(alwayson_scripts={"controlnet": {"args": [unit]}}))
    assert (job["status"], job["extra_images"]) == ("succeeded", [])


def test_a_controlnet_of_another_base_is_refused_by_name(user: User, cloud: Cloud, tmp_path: Path) -> None:
    model = controlnets.controlnet(controlnets.unet(Architecture("tiny")))
    tensors = controlnets.as_ldm(model)
    wide = next(name for name in tensors if name.endswith("attn2.to_k.weight"))
    file = controlnets.save(tensors | {wide: tensors[wide].new_zeros(64, 768)}, tmp_path / "other_base.safetensors")
    boto3.client("s3").upload_file(str(file), cloud.deployment.bucket, f"models/controlnet/{file.name}")
    user.wait_until_listed("models", "other_base")
    unit = {"enabled": True, "model": "other_base", "image": encoded(Image.new("RGB", (64, 64)))}
    job = user.finished(user.submit(alwayson_scripts={"controlnet": {"args": [unit]}}))
    assert job["status"] == "failed"
    assert "'other_base' was made for SD 1.x" in job["error"]


def test_a_picture_is_drawn_over_where_its_mask_is_white_alone(user: User) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (96, 128, 3), dtype=np.uint8))
    mask = Image.new("L", (128, 96))
    mask.paste(255, (0, 0, 48, 96))
    job = img2img(user, init_images=[encoded(noise)], mask=encoded(mask), mask_blur=0, denoising_strength=0.9)
    assert (job["status"], job["task"]) == ("succeeded", "img2img")
    drawn, given = np.asarray(opened(job["images"][0]["url"])), np.asarray(noise)
    assert drawn.shape == given.shape
    assert (drawn[:, 48:] == given[:, 48:]).all()
    assert (drawn[:, :48] != given[:, :48]).any()
    assert job["parameters"]["init_images"][0].endswith(".png")
    assert img2img(user, init_images=[encoded(noise)])["images"][0]["width"] == 64


def test_a_second_pass_a_grid_and_a_format_are_as_ordered(user: User) -> None:
    settings = {"return_grid": True, "samples_format": "webp"}
    job = user.finished(user.submit(enable_hr=True, hr_scale=1.5, batch_size=2, override_settings=settings))
    assert [(each["width"], each["file"][-5:]) for each in job["images"]] == [(96, ".webp")] * 2
    assert "Hires upscale: 1.5" in job["images"][0]["infotext"]
    (grid,) = job["extra_images"]
    assert (grid["kind"], grid["width"], grid["height"]) == ("grid", 192, 96)
    assert opened(job["images"][1]["url"]).format == "WEBP"


def test_a_running_job_says_how_far_it_is_and_shows_itself_where_asked(user: User) -> None:
    order = user.order(steps=40, width=256, height=256, n_iter=100) | {"preview": True}
    id = user.http.post("/jobs", json=order).json()["id"]
    job = soon(lambda: (job := user.job(id))["preview_url"] and job["eta_seconds"] and job)
    assert job
    assert (job["steps"], job["status"]) == (4000, "running")
    assert 0 < job["step"] < 4000
    assert job["eta_seconds"] > 0
    preview = soon(lambda: (answer := httpx.get(job["preview_url"])).is_success and answer)
    assert preview
    assert Image.open(BytesIO(preview.content)).size == (256, 256)
    user.http.post(f"/jobs/{id}/cancel").raise_for_status()


def test_what_can_be_asked_for_is_listed(user: User) -> None:
    listed = user.http.get("/capabilities").json()
    assert {"DPM++ 2M", "Euler a", "UniPC"} <= set(listed["samplers"])
    assert {"Karras", "Exponential"} <= set(listed["schedule_types"])
    assert {"Latent", "Lanczos"} <= set(listed["upscalers"])
    assert {"canny", "openpose"} <= set(listed["preprocessors"])
