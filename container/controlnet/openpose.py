"""The body detector of the preprocessor "openpose", with weights that the operator uploaded."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from container import tensors
from container.controlnet import grouping
from container.controlnet.body_network import STRIDE, BodyNetwork
from container.controlnet.poses import Person
from container.controlnet.preprocessors import Pixels
from container.tensors import UnusableFile

_SEEN_HEIGHT = 184  # pixels: half of the 368 that the network was trained with, as in the extension
_GREY = 128


@dataclass(frozen=True)
class Detector:
    network: BodyNetwork
    device: torch.device

    @classmethod
    def load(cls, path: Path, name: str, device: torch.device) -> Self:
        """Load `body_pose_model.pth`, or its tensors as `.safetensors`. Raises UnusableFile."""
        subject = f"The detector {name!r}"
        # some files name the network's part before the layer
        found = {".".join(key.split(".")[-2:]): each for key, each in tensors.read(path, subject).items()}
        with torch.device("meta"):
            network = BodyNetwork()
        wanted = network.state_dict()
        for key, tensor in wanted.items():
            if key not in found or found[key].shape != tensor.shape:
                wrong = "missing" if key not in found else f"of the shape {[*found[key].shape]}"
                raise UnusableFile(
                    f"{subject} is no body detector of OpenPose: its tensor {key!r} is {wrong}. "
                    "Upload body_pose_model.pth from lllyasviel/Annotators."
                )
        copies = {key: found[key].to(torch.float32, copy=True) for key in wanted}  # else they stay mapped to the file
        network.load_state_dict(copies, assign=True)
        return cls(network.eval().requires_grad_(False).to(device), device)

    @torch.inference_mode()
    def people(self, picture: Pixels) -> list[Person]:
        """The people in a picture, in its pixels."""
        height, width = picture.shape[:2]
        scale = _SEEN_HEIGHT / height
        seen = max(STRIDE, round(height * scale)), max(STRIDE, round(width * scale))
        bgr = torch.from_numpy(np.ascontiguousarray(picture[:, :, ::-1])).to(self.device).permute(2, 0, 1)[None].float()
        small = functional.interpolate(bgr, seen, mode="bicubic", antialias=True).clamp(0, 255)
        below, beside = (-side % STRIDE for side in seen)
        padded = functional.pad(small, (0, beside, 0, below), value=_GREY)
        joints, limbs = self.network(padded / 256 - 0.5)
        return grouping.people(_enlarged(joints, seen, (height, width)), _enlarged(limbs, seen, (height, width)))


def _enlarged(maps: Tensor, seen: tuple[int, int], size: tuple[int, int]) -> grouping.Maps:
    """As (row, column, map) of the picture's size."""
    large = functional.interpolate(maps, scale_factor=STRIDE, mode="bicubic")[:, :, : seen[0], : seen[1]]
    whole = functional.interpolate(large, size, mode="bicubic")
    return np.asarray(whole[0].permute(1, 2, 0).cpu().numpy(), np.float32)
