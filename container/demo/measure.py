"""Measure what the demo model draws, with the stock pipeline: Euler a, 20 steps, CFG 6.

    python -m container.demo.measure [FOLDER]

FOLDER is as `train` leaves it; without one, the models that come with the project are measured.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import diffusers
import torch
from diffusers import (
    ControlNetModel,
    EulerAncestralDiscreteScheduler,
    StableDiffusionControlNetPipeline,
    StableDiffusionPipeline,
)
from PIL import Image

from container.architectures import Architecture
from container.demo.pictures import HELD_OUT, SHAPES, TRAINED, Picture, Scene, scattered
from container.demo.seeing import look, overlap
from container.tokenizer import tokenizer

MODELS = Path(__file__).parent / "models"
_BATCH = 12


def load(models: Path) -> StableDiffusionPipeline:
    """The demo checkpoint of a folder, ready to draw on the CPU."""
    architecture = Architecture("tiny")
    pipeline = StableDiffusionPipeline.from_single_file(
        str(models / "checkpoint/shapes.safetensors"),
        config=str(architecture.folder),
        tokenizer=tokenizer(architecture.vocabulary_size),
        local_files_only=True,
    )
    pipeline.scheduler = EulerAncestralDiscreteScheduler.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def load_controlled(models: Path, pipeline: StableDiffusionPipeline) -> StableDiffusionControlNetPipeline:
    """The same model with the demo's ControlNet."""
    path = models / "controlnet/canny.safetensors"
    with TemporaryDirectory() as config:
        ControlNetModel.from_unet(pipeline.unet).save_config(config)
        controlnet = ControlNetModel.from_single_file(str(path), config=config, local_files_only=True)
    controlled = StableDiffusionControlNetPipeline(**pipeline.components, controlnet=controlnet)
    controlled.set_progress_bar_config(disable=True)
    return controlled


def draw(
    pipeline: Any, prompts: list[str], pixels: int, negative: str = "", edges: list[Picture] | None = None
) -> list[Picture]:
    """One picture for each prompt, always the same ones."""
    pictures: list[Picture] = []
    for start in range(0, len(prompts), _BATCH):
        some = slice(start, start + _BATCH)
        control = {} if edges is None else {"image": [Image.fromarray(lines) for lines in edges[some]]}
        numbers = range(start, start + len(prompts[some]))
        drawn = pipeline(
            prompts[some],
            negative_prompt=[negative] * len(numbers),
            width=pixels,
            height=pixels,
            num_inference_steps=20,
            guidance_scale=6.0,
            generator=[torch.Generator().manual_seed(number) for number in numbers],
            output_type="np",
            **control,
        ).images
        pictures += list((drawn * 255).round().astype("uint8"))
    return pictures


def share(truths: Iterable[bool]) -> float:
    truths = list(truths)
    return sum(truths) / len(truths)


def colours_right(scenes: list[Scene], pictures: list[Picture]) -> float:
    """The share of pictures with the colour and the ground that were asked for."""
    seen = zip(scenes, map(look, pictures), strict=True)
    return share((scene.colour, scene.ground) == (found.colour, found.ground) for scene, found in seen)


def shapes_right(scenes: list[Scene], pictures: list[Picture]) -> float:
    """The share of pictures with the shape that was asked for."""
    return share(scene.shape == look(picture).shape for scene, picture in zip(scenes, pictures, strict=True))


def hollow(pictures: list[Picture]) -> float:
    """The share of pictures whose shape is hollow."""
    return share(look(picture).hollow for picture in pictures)


def likeness(scenes: list[Scene], pictures: list[Picture]) -> float:
    """How well shapes stand where they should: the mean intersection over union."""
    overlaps = [
        overlap(look(picture).inside, scene.mask(len(picture))) for scene, picture in zip(scenes, pictures, strict=True)
    ]
    return sum(overlaps) / len(overlaps)


def _measure(models: Path) -> None:
    pipeline = load(models)
    _measure_checkpoint(pipeline)
    _measure_controlnet(pipeline, load_controlled(models, pipeline))
    _measure_word(pipeline, models / "textual_inversion/midnight.safetensors")
    pipeline.load_lora_weights(str(models / "lora/outlined.safetensors"))
    for pixels in (64, 128, 256):
        print(f"with the LoRA {pixels}: hollow {hollow(draw(pipeline, _prompts(HELD_OUT), pixels)):.2f}", flush=True)


def _measure_checkpoint(pipeline: StableDiffusionPipeline) -> None:
    seen_before = Random(0).sample(TRAINED, 24)
    for pixels in (64, 128, 256):
        for name, scenes in (("held out", HELD_OUT), ("trained", seen_before)):
            pictures = draw(pipeline, _prompts(scenes), pixels)
            colours, shapes = colours_right(scenes, pictures), shapes_right(scenes, pictures)
            print(
                f"{name} {pixels}: colours {colours:.2f} shape {shapes:.2f} hollow {hollow(pictures):.2f}", flush=True
            )


def _measure_controlnet(pipeline: StableDiffusionPipeline, controlled: StableDiffusionControlNetPipeline) -> None:
    scenes = [scattered(scene, Random(number)) for number, scene in enumerate(HELD_OUT)]
    for pixels in (64, 128, 256):
        free = draw(pipeline, _prompts(scenes), pixels)
        bound = draw(controlled, _prompts(scenes), pixels, edges=[scene.edges(pixels) for scene in scenes])
        print(
            f"ControlNet {pixels}: likeness {likeness(scenes, free):.2f} without, {likeness(scenes, bound):.2f} with,"
            f" colours {colours_right(scenes, bound):.2f}",
            flush=True,
        )


def _measure_word(pipeline: StableDiffusionPipeline, path: Path) -> None:
    scenes = [Scene(shape, "white", "black") for shape in SHAPES] * 8
    prompts = [f"a midnight {scene.shape}" for scene in scenes]
    before = colours_right(scenes, draw(pipeline, prompts, 64))
    pipeline.load_textual_inversion(str(path), "midnight")
    prompts = [pipeline.maybe_convert_prompt(prompt, pipeline.tokenizer) for prompt in prompts]
    after = draw(pipeline, prompts, 64)
    print(
        f"textual inversion 64: white on black {before:.2f} without, {colours_right(scenes, after):.2f} with,"
        f" shape {shapes_right(scenes, after):.2f}",
        flush=True,
    )


def _prompts(scenes: list[Scene]) -> list[str]:
    return [scene.prompt for scene in scenes]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m container.demo.measure")
    parser.add_argument("folder", type=Path, nargs="?", default=MODELS)
    torch.set_num_threads(1)
    diffusers.utils.logging.set_verbosity_error()
    _measure(parser.parse_args().folder)
