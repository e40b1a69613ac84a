"""A checkpoint in memory, and an order drawn with it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import get_ident
from typing import Literal, NamedTuple, Self, TypeVar

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from PIL import Image

from container import img2img, loading, txt2img
from container.canvas import Canvas
from container.conditions import Encode
from container.controlnet.control import Control
from container.failures import Failure
from container.images import grid
from container.infotext import Named, Seeds, infotext
from container.latents import Latents
from container.loading import StableDiffusion
from container.memory import ran_out
from container.networks.lora import Loras
from container.networks.switch import NO_NETWORKS, Networks, Switch
from container.prompts.encoder import Encoder
from container.prompts.text_encoder import TextEncoder
from container.prompts.textual_inversion import Embedding
from container.work import Batch, OnStep, Plan, Work
from shared.networks import TAGGED_PROMPTS, without_tags
from shared.parameters import Img2ImgParameters, Parameters, Txt2ImgParameters
from shared.shapes import TaskParameters

P = TypeVar("P", bound=Parameters)
# Those of a pass, by its pictures' size and whether it is the second.
Controls = Callable[[tuple[int, int], bool], Sequence[Control]]


class NotDrawn(Failure):
    """A checkpoint that was loaded could not draw the order."""


class TooLarge(NotDrawn):
    """The GPU's memory was too small for a batch or, without a GPU, the machine's."""


class Drawing(NamedTuple):
    """One picture of an order."""

    image: Image.Image
    seeds: Seeds
    infotext: str


class Extra(NamedTuple):
    """What an order makes besides its pictures; `unit` is the place of the ControlNet unit that a map belongs to.

    A grid has the infotext of its first picture.
    """

    kind: Literal["grid", "control_map"]
    image: Image.Image
    unit: int | None = None
    infotext: str = ""


class Drawn(NamedTuple):
    """What a batch has made."""

    drawings: list[Drawing]
    extras: list[Extra]


class Vae(NamedTuple):
    """A VAE that takes the place of the checkpoint's own."""

    named: Named
    latents: Latents


@dataclass(frozen=True)
class Materials:
    """What an order brings along besides its checkpoint, in memory."""

    canvases: Sequence[Canvas] = ()  # img2img's
    vae: Vae | None = None
    networks: Networks = NO_NETWORKS
    hires_networks: Networks = NO_NETWORKS
    embeddings: Mapping[str, Embedding] = field(default_factory=dict)  # by lower-case name
    embedding_hashes: Mapping[str, str] = field(default_factory=dict)  # SHA-256 of their files in hex
    controls: Controls = lambda _size, _second_pass: []
    maps: Sequence[Extra] = ()  # that ControlNet units are guided by
    warnings: Sequence[str] = ()  # sentences for the job

    def hashes(self, used: Iterable[str]) -> dict[str, str]:
        """The infotext's lines about networks; `used` are the embeddings that the prompts name."""
        applied = (*self.networks.loras, *self.hires_networks.loras)
        loras = {each.lora.name: each.lora.hash for each in applied}
        embeddings = {name: self.embedding_hashes[name][:12] for name in sorted(used)}
        lines = {"Lora hashes": loras, "TI hashes": embeddings}
        return {
            line: ", ".join(f"{name}: {hash}" for name, hash in hashes.items())
            for line, hashes in lines.items()
            if hashes
        }


@dataclass(frozen=True)
class Pipeline:
    """A checkpoint in memory. One thread at a time may draw with it."""

    named: Named
    model: StableDiffusion
    loras: Loras
    encoder: Encoder
    latents: Latents

    @classmethod
    def load(cls, checkpoint: Path, named: Named, check: Callable[[], None] = lambda: None) -> Self:
        """`check` is called for each tensor; what it raises stops the loading. Raises UnusableFile."""
        model = loading.load(checkpoint, check)
        pairs = zip(model.text_encoders, model.tokenizers, strict=True)
        encoders = [TextEncoder(encoder, tokenizer.pad_token_id) for encoder, tokenizer in pairs]
        return cls(named, model, Loras(model), Encoder(model.tokenizers[0], *encoders), Latents(model.vae))

    @torch.inference_mode()
    def draw(
        self,
        parameters: TaskParameters,
        materials: Materials,
        on_step: OnStep,
        *,
        check: Callable[[], None] = lambda: None,
        stored: int = 0,
    ) -> Iterator[Drawn]:
        """Draw an order, one batch per iteration. Raises Failure.

        What `on_step` raises stops the drawing at once, as does what `check` raises, which is called several times per
        step, and while the VAE works on a picture. The first `stored` batches, and the maps that come with them, were
        drawn by an earlier run.
        """
        extras, images, infotexts = [] if stored else [*materials.maps], list[Image.Image](), list[str]()
        latents = materials.vae.latents if materials.vae else self.latents
        parts = (self.model.unet, latents.vae) if parameters.tiling else ()
        read = self._read(parameters, materials)
        heeding = _heeding(check, self.model.unet, latents.vae)
        with Switch(self.model.unet, self.loras) as switch, _tiling(*parts), heeding, _told(parameters):
            work = Work(parameters, self.model, latents, read, switch, on_step, stored)
            for batch, pictures in _batches(work, parameters, materials):
                texts = [self._infotext(parameters, seeds, materials, work.used) for seeds in batch]
                if parameters.override_settings.return_grid:
                    images, infotexts = images + pictures, infotexts + texts
                    whole = len(images) == parameters.pictures > 1
                    extras += [Extra("grid", grid(images), infotext=infotexts[0])] if whole else []
                yield Drawn([*map(Drawing, pictures, batch, texts)], extras)
                extras = []

    def _read(self, parameters: TaskParameters, materials: Materials) -> Encode:
        clip_skip = parameters.override_settings.clip_skip
        return partial(self.encoder.encode_all, clip_skip=clip_skip, embeddings=materials.embeddings)

    def _infotext(self, parameters: TaskParameters, seeds: Seeds, materials: Materials, used: set[str]) -> str:
        vae = materials.vae.named if materials.vae else None
        hashes = materials.hashes(used)
        return infotext(parameters, seeds, self.named, vae, hashes, self.model.zero_terminal_snr)


def _batches(work: Work, parameters: TaskParameters, materials: Materials) -> Iterator[tuple[Batch, list[Image.Image]]]:
    size = parameters.width, parameters.height
    plan = Plan(size, materials.networks, materials.controls(size, False))
    if isinstance(parameters, Img2ImgParameters):
        return img2img.draw(work, _without_tags(parameters), plan, materials.canvases)
    if not parameters.enable_hr:
        return txt2img.draw(work, _without_tags(parameters), plan)
    controls = materials.controls(parameters.hr_size, True)
    hires = Plan(parameters.hr_enlarged, materials.hires_networks, controls)  # before the crop, as in the WebUI
    return txt2img.draw(work, _without_tags(parameters), plan, hires)


def _without_tags(parameters: P) -> P:
    """The parameters, their prompts reduced to what the text encoder reads."""
    prompts = {name: without_tags(getattr(parameters, name)) for name in TAGGED_PROMPTS if hasattr(parameters, name)}
    return parameters.model_copy(update=prompts)


@contextmanager
def _tiling(*parts: torch.nn.Module) -> Iterator[None]:
    """Convolutions of these parts wrap around the picture's edges, so that opposite edges fit each other."""
    layers = [layer for part in parts for layer in part.modules() if isinstance(layer, torch.nn.Conv2d)]
    for layer in layers:
        layer.padding_mode = "circular"
    try:
        yield
    finally:
        for layer in layers:
            layer.padding_mode = "zeros"


@contextmanager
def _heeding(check: Callable[[], None], unet: UNet2DConditionModel, vae: AutoencoderKL) -> Iterator[None]:
    """Call `check` before each of their blocks: a single step of a large batch may take long.

    A preview, which may use the VAE on a thread of its own, is not asked.
    """
    drawing = get_ident()

    def heed(*_: object) -> None:
        if get_ident() == drawing:
            check()

    blocks = (*unet.down_blocks, unet.mid_block, *unet.up_blocks, *vae.encoder.down_blocks, *vae.decoder.up_blocks)
    hooks = [block.register_forward_pre_hook(heed) for block in blocks]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def _told(parameters: Parameters) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if not ran_out(error):
            raise
        (width, height), sides = (parameters.width, parameters.height), "width or height"
        if isinstance(parameters, Txt2ImgParameters) and parameters.enable_hr:
            (width, height), sides = parameters.hr_size, "width, height or hr_scale"
        raise TooLarge(
            f"The endpoint's memory is too small for a batch_size of {parameters.batch_size} at {width}x{height}. "
            f"Order a smaller batch_size, {sides}."
        ) from error
