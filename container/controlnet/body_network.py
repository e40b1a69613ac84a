"""The network of OpenPose that sees bodies: from a picture to maps of joints and of limbs.

Layers, their names and sizes are those of `body_pose_model.pth`, made from the Caffe model of Cao et al., "Realtime
Multi-Person 2D Pose Estimation using Part Affinity Fields" (2017).
"""

from collections import OrderedDict
from collections.abc import Iterator

import torch
from torch import Tensor, nn

STRIDE = 8  # pixels of the picture per pixel of the maps
JOINT_MAPS, LIMB_MAPS = 19, 38  # of each joint and the background; two of each of 19 limbs, x and y
_FEATURES = 128
_VGG = (
    (("conv1_1", 64), ("conv1_2", 64)),
    (("conv2_1", 128), ("conv2_2", 128)),
    (("conv3_1", 256), ("conv3_2", 256), ("conv3_3", 256), ("conv3_4", 256)),
    (("conv4_1", 512), ("conv4_2", 512), ("conv4_3_CPM", 256), ("conv4_4_CPM", _FEATURES)),
)  # each followed by a pooling, but for the last
_BRANCHES = (("L1", LIMB_MAPS), ("L2", JOINT_MAPS))
_STAGES = range(2, 7)


class BodyNetwork(nn.ModuleDict):
    """Takes (picture, BGR, row, column) from -0.5 to 0.5, with sides that are multiples of 8."""

    def __init__(self) -> None:
        super().__init__(OrderedDict(_layers()))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Maps of joints (picture, 19, row, column) and of limbs (picture, 38, row, column), an eighth as large."""
        features = pictures
        for number, block in enumerate(_VGG):
            if number:
                features = torch.max_pool2d(features, 2)
            for name, _ in block:
                features = torch.relu(self[name](features))
        limbs, joints = (
            self._branch([f"conv5_{i}_CPM_{branch}" for i in range(1, 6)], features) for branch, _ in _BRANCHES
        )
        for stage in _STAGES:
            seen = torch.cat([limbs, joints, features], 1)
            limbs, joints = (
                self._branch([f"Mconv{i}_stage{stage}_{branch}" for i in range(1, 8)], seen) for branch, _ in _BRANCHES
            )
        return joints, limbs

    def _branch(self, names: list[str], seen: Tensor) -> Tensor:
        for name in names[:-1]:
            seen = torch.relu(self[name](seen))
        maps: Tensor = self[names[-1]](seen)
        return maps


def _layers() -> Iterator[tuple[str, nn.Conv2d]]:
    channels = 3
    for name, out in (layer for block in _VGG for layer in block):
        yield name, _convolution(channels, out, 3)
        channels = out
    for branch, maps in _BRANCHES:
        for number in range(1, 4):
            yield f"conv5_{number}_CPM_{branch}", _convolution(_FEATURES, 128, 3)
        yield f"conv5_4_CPM_{branch}", _convolution(128, 512, 1)
        yield f"conv5_5_CPM_{branch}", _convolution(512, maps, 1)
        for stage in _STAGES:
            for number in range(1, 6):
                first = LIMB_MAPS + JOINT_MAPS + _FEATURES if number == 1 else 128
                yield f"Mconv{number}_stage{stage}_{branch}", _convolution(first, 128, 7)
            yield f"Mconv6_stage{stage}_{branch}", _convolution(128, 128, 1)
            yield f"Mconv7_stage{stage}_{branch}", _convolution(128, maps, 1)


def _convolution(channels: int, out: int, size: int) -> nn.Conv2d:
    return nn.Conv2d(channels, out, size, padding=size // 2)
