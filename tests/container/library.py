"""Models of every type in a bucket, and orders that name them."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from container.architectures import Architecture
from container.files import Files
from container.gathering import gather
from container.memory import Memory
from container.models import Models
from container.pipeline import Drawing, Drawn, Materials
from shared.bucket import Bucket
from shared.contents import Base
from shared.shapes import Model, ModelType, Order, TaskParameters
from tests.container import networks
from tests.container.aws import upload
from tests.container.controlnets import as_ldm, controlnet, save, unet
from tests.container.drawing import Pixels, pixels, txt2img, unheard

PLENTY = 2**40
_ATTENTION = "transformer_blocks_0_attn2_to_k"
_UNET = {f"lora_unet_down_blocks_1_attentions_0_{_ATTENTION}": (64, 32)}
_TEXT = {"lora_te_text_model_encoder_layers_3_self_attn_out_proj": (32, 32)}
_XL = {f"lora_unet_input_blocks_4_1_{_ATTENTION}": (64, 2048)}
Step = Callable[[int, int, Callable[[], bytes]], None]


class Library:
    """A bucket, and a container's memory."""

    def __init__(self, folder: Path) -> None:
        self.s3 = boto3.client("s3", "us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        self.s3.create_bucket(Bucket="bucket")
        self.bucket = Bucket(self.s3, "bucket")
        self.files = Files(self.s3, "bucket", folder, PLENTY)
        self.models = Models(self.files, Memory(PLENTY))
        self.shelf: dict[str, Model] = {}
        self.used: list[Model] = []

    def fill(self, checkpoints: dict[Base, Path], folder: Path) -> None:
        """Adds tiny; Inked, bold and wrong, which is for another base; hyper, Shape, dark and canny."""
        self.add(ModelType.CHECKPOINT, checkpoints[Base.SD1])
        self.add(ModelType.LORA, networks.lora(folder / "Inked.safetensors", _UNET | _TEXT))
        self.add(ModelType.LORA, networks.lora(folder / "bold.safetensors", _UNET, rank=4))
        self.add(ModelType.LORA, networks.lora(folder / "wrong.safetensors", _XL))
        self.add(ModelType.HYPERNETWORK, _hypernetwork(folder / "hyper.pt"))
        self.add(ModelType.TEXTUAL_INVERSION, _embedding(folder / "Shape.safetensors"))
        self.add(ModelType.VAE, _dark(folder / "dark.safetensors", checkpoints[Base.SD1]))
        canny = as_ldm(controlnet(unet(Architecture("tiny"))))
        self.add(ModelType.CONTROLNET, save(canny, folder / "canny.safetensors"))

    def add(self, type: ModelType, file: Path) -> None:
        self.shelf[file.stem] = upload(self.s3, type, file)

    def picture(self, name: str, image: Image.Image | bytes) -> str:
        """Put the picture in the inputs of every order of this library; returns its name."""
        file = BytesIO(image if isinstance(image, bytes) else b"")
        if isinstance(image, Image.Image):
            image.save(file, "png")
        self.bucket.put(f"jobs/alice/1/inputs/{name}", file.getvalue(), "image/png")
        return name

    def order(self, parameters: TaskParameters) -> Order:
        """An order with all networks: it may hold more than its prompts name."""
        others = [model for model in self.shelf.values() if model.type is not ModelType.CHECKPOINT]
        return Order(owner="alice", id="1", checkpoint=self.shelf["tiny"], networks=others, parameters=parameters)

    def draw(self, parameters: TaskParameters, on_step: Step = unheard) -> list[Drawn]:
        order = self.order(parameters)
        pipeline, materials = gather(order, lambda: None, self.models, self.bucket, self.used.extend)
        return [*pipeline.draw(parameters, materials, on_step)]

    def drawing(self, parameters: TaskParameters) -> Drawing:
        ((drawing,), _), *_ = self.draw(parameters)
        return drawing

    def drawn(self, prompt: str = "a cat", **fields: Any) -> Pixels:
        return pixels(self.drawing(txt2img(prompt=prompt, cfg_scale=1, **fields)))

    def materials(self, parameters: TaskParameters) -> Materials:
        return gather(self.order(parameters), lambda: None, self.models, self.bucket, self.used.extend)[1]


def _hypernetwork(path: Path) -> Path:
    random = torch.Generator().manual_seed(0)
    network = {"linear.0.weight": torch.randn(32, 32, generator=random) / 4, "linear.0.bias": torch.zeros(32)}
    torch.save({32: (network, network), "name": "hyper"}, path)
    return path


def _embedding(path: Path) -> Path:
    save_file({"emb_params": torch.randn(3, 32, generator=torch.Generator().manual_seed(0))}, path)
    return path


def _dark(path: Path, checkpoint: Path) -> Path:
    """The checkpoint's own VAE, changed to draw everything black."""
    prefix = "first_stage_model."
    own = {name.removeprefix(prefix): each for name, each in load_file(checkpoint).items() if name.startswith(prefix)}
    save_file(own | {"decoder.conv_out.bias": torch.full((3,), -9.0)}, path)
    return path


def units(*units: dict[str, Any]) -> dict[str, Any]:
    ready = [{"enabled": True, "model": "canny", **unit} for unit in units]
    return {"alwayson_scripts": {"controlnet": {"args": ready}}}


def scene() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (80, 100, 3), dtype=np.uint8))
