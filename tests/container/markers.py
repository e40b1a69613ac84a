"""A body detector whose weights are constructed to see coloured markers as joints, and people who wear them."""

from itertools import islice, product
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from container.controlnet.body_network import LIMB_MAPS, BodyNetwork
from container.controlnet.poses import LIMBS, Person
from container.controlnet.preprocessors import Pixels
from shared.keypoints import POINTS

GREY = 128
JOINED = [*LIMBS, (2, 16), (5, 17)]
# the map of each limb's x in OpenPose; y follows
DIRECTIONS = [12, 20, 14, 16, 22, 24, 0, 2, 4, 6, 8, 10, 28, 30, 34, 32, 36, 18, 26]

# Red, green and blue of each joint's marker: less than grey, as grey, or more.
_CODES = torch.tensor([*islice((code for code in product((-1, 0, 1), repeat=3) if any(code)), POINTS)])


def marked(person: Person, width: int, height: int, radius: int = 6) -> Pixels:
    """A picture of nothing but this person's markers."""
    canvas = np.full((height, width, 3), GREY, np.uint8)
    for joint, code in zip(person, _CODES.tolist(), strict=True):
        if joint:
            colour = [GREY + 127 * each for each in code]
            cv2.circle(canvas, (round(joint.x), round(joint.y)), radius, colour, thickness=-1)
    return canvas


def write(path: Path) -> Path:
    """Write the detector in the format of `body_pose_model.pth`."""
    network = BodyNetwork().requires_grad_(False)
    for name in network:
        nn.init.zeros_(_bias(network, name))
        nn.init.dirac_(_weight(network, name))
    _see_markers(network)
    _point_away_from_them(network)
    torch.save({name: tensor.half() for name, tensor in network.state_dict().items()}, path)
    return path


def _see_markers(network: BodyNetwork) -> None:
    """From six channels of the first layer, for more and for less of each colour than grey has, to the joints' maps."""
    weights = _emptied(network, "conv1_1")
    for colour in range(3):  # of BGR
        weights[2 * colour, 2 - colour], weights[2 * colour + 1, 2 - colour] = _at_centre(1), _at_centre(-1)
    weights = _emptied(network, "conv1_2")
    for joint, code in enumerate(_CODES):
        for channel, wanted in enumerate(torch.stack([code, -code], 1).flatten()):
            weights[joint, channel] = _at_centre(4 if wanted > 0 else -4)
        _bias(network, "conv1_2")[joint] = -2 * (code.abs().sum() - 0.5)
    for name in ("conv3_2", "conv3_3", "conv3_4", "conv4_1", "conv4_2"):  # to hills, whose tops lie between cells
        weights = _emptied(network, name)
        for joint in range(POINTS):
            weights[joint, joint] = torch.tensor([1, 2, 1]) * torch.tensor([[1], [2], [1]]) / 12
    for stage in range(2, 7):
        weights = _emptied(network, f"Mconv7_stage{stage}_L2")
        for joint in range(POINTS):
            weights[joint, LIMB_MAPS + joint] = 1


def _point_away_from_them(network: BodyNetwork) -> None:
    """Make each limb's direction point away from its first joint everywhere."""
    for number in range(1, 5):
        weights = _emptied(network, f"Mconv{number}_stage6_L1")
        for joint in range(POINTS):
            weights[joint, joint if number > 1 else LIMB_MAPS + joint] = 1 / 8
    spread = _emptied(network, "Mconv5_stage6_L1")
    directions = _emptied(network, "Mconv7_stage6_L1")
    rows, columns = np.mgrid[3:-4:-1, 3:-4:-1]
    for limb, ((start, _), place) in enumerate(zip(JOINED, DIRECTIONS, strict=True)):
        for axis, away in enumerate((columns, rows)):
            for side, sign in enumerate((1, -1)):
                channel = 4 * limb + 2 * axis + side
                spread[channel, start] = torch.from_numpy(sign * away / 8)
                directions[place + axis, channel] = sign


def _emptied(network: BodyNetwork, name: str) -> Tensor:
    return _weight(network, name).zero_()


def _weight(network: BodyNetwork, name: str) -> Tensor:
    return network.get_parameter(f"{name}.weight")


def _bias(network: BodyNetwork, name: str) -> Tensor:
    return network.get_parameter(f"{name}.bias")


def _at_centre(weight: float) -> Tensor:
    kernel = torch.zeros(3, 3)
    kernel[1, 1] = weight
    return kernel
