"""Loads model files into memory: on the GPU in half precision, if there is one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from container import architectures, tensors
from container.architectures import Architecture, TextEncoder, UnusableCheckpoint, models
from container.architectures.names import open_clip_name, unet_name, vae_name
from container.diffusion import alphas_cumprod, predicts_v
from container.tokenizer import tokenizer
from shared.contents import Base

# Prefixes of the tensors that drawing needs; a checkpoint may hold others, such as its weights' mean over the training.
CHECKPOINT_PARTS = ("model.diffusion_model.", "first_stage_model.", "cond_stage_model.", "conditioner.")

Part = TypeVar("Part", bound=nn.Module)


class WrongTensor(Exception):
    """A tensor that a model needs is missing, or has another shape; the text says which."""


class Place(NamedTuple):
    """Where weights go. `check` is called before each, and may raise."""

    device: torch.device
    dtype: torch.dtype
    check: Callable[[], None] = lambda: None

    @classmethod
    def best(cls) -> Self:
        gpu = torch.cuda.is_available()
        return cls(torch.device("cuda" if gpu else "cpu"), torch.float16 if gpu else torch.float32)

    @classmethod
    def of(cls, part: UNet2DConditionModel) -> Self:
        """Where `part` is."""
        return cls(part.device, part.dtype)

    def take(self, tensor: Tensor) -> Tensor:
        """A copy there; on a GPU, with convolutions in the memory layout that it computes in."""
        self.check()
        convolution = tensor.ndim == 4 and self.device.type == "cuda"
        layout = torch.channels_last if convolution else torch.contiguous_format
        return tensor.to(self.device, self.dtype, copy=True, memory_format=layout)


@dataclass(frozen=True)
class StableDiffusion:
    """A checkpoint in memory. SDXL has two text encoders, each with its tokenizer; the others have one.

    `alphas_cumprod` is on the CPU. The VAE may be of another dtype than the rest, which is `dtype`.
    """

    architecture: str
    base: Base
    unet: UNet2DConditionModel
    vae: AutoencoderKL
    text_encoders: list[CLIPTextModel | CLIPTextModelWithProjection]
    tokenizers: list[CLIPTokenizer]
    alphas_cumprod: Tensor
    zero_terminal_snr: bool
    v_prediction: bool
    device: torch.device
    dtype: torch.dtype

    @property
    def size_in_memory(self) -> int:
        """Bytes of all weights."""
        return size_in_memory(self.unet, self.vae, *self.text_encoders)


def size_in_memory(*parts: nn.Module) -> int:
    """Bytes of all weights."""
    return sum(each.nbytes for part in parts for each in part.parameters())


def expected_size(file: Path, subject: str, beginnings: str | tuple[str, ...] = "") -> int:
    """About how many bytes those of a file's tensors whose names begin so will take in memory, by its header.

    `subject` begins error messages. Raises UnusableFile.
    """
    named = tensors.read(file, subject)
    count = sum(tensor.numel() for name, tensor in named.items() if name.startswith(beginnings))
    return count * Place.best().dtype.itemsize


def load(checkpoint: Path, check: Callable[[], None] = lambda: None) -> StableDiffusion:
    """Load a single `.safetensors` file in the original layout ("LDM"). `check` is called before each tensor.

    Raises UnusableFile if it is damaged, UnusableCheckpoint if it is incomplete or of another kind of model.
    """
    file = architectures.read(checkpoint)
    architecture = architectures.recognise(file)
    try:
        return _load(file, architecture, Place.best()._replace(check=check))
    except WrongTensor as error:
        raise UnusableCheckpoint(
            f"This checkpoint is incomplete, or parts of it are of another model than {architecture.base}: {error}. "
            "Choose another checkpoint."
        ) from error


def vae(file: Mapping[str, Tensor], config: Mapping[str, Any], place: Place) -> AutoencoderKL:
    """The VAE among a file's tensors. Raises WrongTensor."""
    if config["force_upcast"]:  # SDXL's overflows in half precision
        place = place._replace(dtype=torch.float32)
    return filled(models.vae(config), lambda name: file[vae_name(name)], place)


def _load(file: Mapping[str, Tensor], architecture: Architecture, place: Place) -> StableDiffusion:
    xl = architecture.base is Base.SDXL
    unet = filled(models.unet(architecture), lambda name: file[unet_name(name, xl)], place)
    text_encoders = [_text_encoder(file, architecture, each, place) for each in architecture.text_encoders]
    tokenizers = [
        tokenizer(architecture.vocabulary_size, zero_padded=each.open_clip) for each in architecture.text_encoders
    ]
    zero_terminal_snr = "ztsnr" in file  # like "v_pred", an empty tensor that trainers mark their files with
    measured = architecture.base is Base.SD2 and predicts_v(unet, _empty_prompt(text_encoders[0], tokenizers[0]))
    return StableDiffusion(
        architecture=architecture.name,
        base=architecture.base,
        unet=unet,
        vae=vae(file, architecture.config("vae"), place),
        text_encoders=text_encoders,
        tokenizers=tokenizers,
        alphas_cumprod=alphas_cumprod(zero_terminal_snr),
        zero_terminal_snr=zero_terminal_snr,
        v_prediction="v_pred" in file or measured,
        device=place.device,
        dtype=place.dtype,
    )


def _text_encoder(
    file: Mapping[str, Tensor], architecture: Architecture, encoder: TextEncoder, place: Place
) -> CLIPTextModel | CLIPTextModelWithProjection:
    def tensor(name: str) -> Tensor:
        if not encoder.open_clip:
            return file[encoder.prefix + name]
        found = file[encoder.prefix + open_clip_name(name)]
        for third, projection in enumerate(("q_proj", "k_proj", "v_proj")):
            if projection in name:
                return found.chunk(3)[third]
        return found.T if name == "text_projection.weight" else found

    return filled(models.text_encoder(architecture, encoder), tensor, place)


def filled(empty: Part, tensor: Callable[[str], Tensor], place: Place) -> Part:
    """The part with its weights, which `tensor` finds by name. Raises WrongTensor."""
    state = {}
    for name, wanted in empty.state_dict().items():
        try:
            found = tensor(name)
        except KeyError as error:
            raise WrongTensor(f"{error} is missing") from error
        # LDM has 1x1 convolutions where the libraries have matrices
        if found.squeeze().shape != wanted.squeeze().shape:
            raise WrongTensor(f"{name} has the shape {[*found.shape]} and not {[*wanted.shape]}")
        state[name] = place.take(found.reshape(wanted.shape))
    empty.load_state_dict(state, assign=True)
    for name, buffer in empty.named_buffers():
        if buffer.is_meta:  # CLIP's position_ids: 0, 1, 2, …
            owner = empty.get_submodule(name.rpartition(".")[0])
            owner.register_buffer("position_ids", torch.arange(buffer.shape[-1], device=place.device)[None], False)
    return empty.eval().requires_grad_(False)


@torch.inference_mode()
def _empty_prompt(text_encoder: CLIPTextModel, clip: CLIPTokenizer) -> Tensor:
    ids = clip("", padding="max_length", return_tensors="pt").input_ids
    states: Tensor = text_encoder(ids.to(text_encoder.device)).last_hidden_state
    return states
