import math
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from container.controlnet import grouping
from container.controlnet.body_network import BodyNetwork
from container.controlnet.openpose import Detector
from container.controlnet.poses import Person
from container.tensors import UnusableFile
from shared.keypoints import POINTS
from tests.container.controlnets import standing
from tests.container.markers import DIRECTIONS, JOINED


def maps(people: list[Person], width: int = 512, height: int = 256) -> tuple[grouping.Maps, grouping.Maps]:
    """The maps that a perfect network would make of these people."""
    rows, columns = np.mgrid[:height, :width]
    joints, limbs = np.zeros((height, width, 19), np.float32), np.zeros((height, width, 38), np.float32)
    for person in people:
        for number, joint in enumerate(person):
            if joint:
                far = (rows - joint.y) ** 2 + (columns - joint.x) ** 2
                joints[:, :, number] = np.maximum(joints[:, :, number], np.exp(-far / 50))
        for (start, end), place in zip(JOINED, DIRECTIONS, strict=True):
            a, b = person[start], person[end]
            if a and b:
                x, y = (b.x - a.x) / math.dist(a, b), (b.y - a.y) / math.dist(a, b)
                along = (columns - a.x) * x + (rows - a.y) * y
                beside = abs((columns - a.x) * y - (rows - a.y) * x)
                limbs[(beside < 6) & (along > -6) & (along < math.dist(a, b) + 6), place : place + 2] = x, y
    return joints, limbs


def found(people: list[Person]) -> list[Person]:
    return sorted(grouping.people(*maps(people)), key=lambda person: min(joint.x for joint in person if joint))


def near(first: list[Person], second: list[Person]) -> bool:
    pairs = [(a, b) for one, other in zip(first, second, strict=True) for a, b in zip(one, other, strict=True)]
    return all(math.dist(a, b) <= 1.5 if a and b else a is b for a, b in pairs)


@pytest.fixture(scope="module")
def weights() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return dict(BodyNetwork().state_dict())


def test_a_known_person_is_found() -> None:
    assert near(found([standing()]), [standing()])


def test_people_beside_each_other_are_told_apart() -> None:
    crowd = [standing(), standing(120), standing(250)]
    assert near(found(crowd), crowd)


def test_people_whose_arms_cross_are_told_apart() -> None:
    crowd = [standing(), standing(95)]
    assert near(found(crowd), crowd)


def test_joints_that_are_not_seen_are_missing() -> None:
    person = standing()
    person[4] = person[13] = person[16] = None
    assert near(found([person]), [person])


def test_three_joints_are_nobody() -> None:
    limb: Person = [None] * POINTS
    limb[2:5] = standing()[2:5]
    assert found([limb]) == []


def test_nobody_is_found_where_nothing_is() -> None:
    assert grouping.people(np.zeros((64, 64, 19), np.float32), np.zeros((64, 64, 38), np.float32)) == []


def test_noise_is_looked_through_within_bounds() -> None:
    random = np.random.default_rng(0)
    joints, limbs = (random.normal(0, 5, (256, 256, count)).astype(np.float32) for count in (19, 38))
    crowd = grouping.people(joints, limbs)
    assert all(sum(person[joint] is not None for person in crowd) <= 100 for joint in range(POINTS))


def test_the_network_has_the_originals_layers(weights: dict[str, torch.Tensor]) -> None:
    shapes = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    assert len(shapes) == 2 * (12 + 2 * 5 + 5 * 2 * 7)
    assert shapes["conv1_1.weight"] == (64, 3, 3, 3)
    assert shapes["conv4_4_CPM.weight"] == (128, 256, 3, 3)
    assert shapes["conv5_5_CPM_L1.weight"] == (38, 512, 1, 1)
    assert shapes["Mconv1_stage2_L2.weight"] == (128, 185, 7, 7)
    assert shapes["Mconv7_stage6_L2.bias"] == (19,)


@pytest.mark.parametrize("prefix", ["", "model0."])
def test_a_detector_of_random_weights_looks_at_a_picture_of_any_size(
    weights: dict[str, torch.Tensor], prefix: str, tmp_path: Path
) -> None:
    path = tmp_path / "body_pose_model.pth"
    torch.save({prefix + name: tensor for name, tensor in weights.items()}, path)
    detector = Detector.load(path, "body_pose_model", torch.device("cpu"))
    picture = np.random.default_rng(0).integers(0, 256, (150, 61, 3), np.uint8)
    assert isinstance(detector.people(picture), list)
    assert str(path) not in Path("/proc/self/maps").read_text()  # else removing it would not free its disk space


def test_what_the_network_sees_comes_back_in_the_pictures_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    joints, limbs = maps([standing()], 256, 256)

    def see(_: BodyNetwork, pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:
        assert pictures.shape == (1, 3, 184, 184)
        blue_green_red = pictures.amax((0, 2, 3)).tolist()
        assert blue_green_red == pytest.approx([0.125 - 0.5, -0.5, 0.25 - 0.5])
        size = [side // 8 for side in pictures.shape[2:]]
        given = (torch.from_numpy(each).permute(2, 0, 1)[None] for each in (joints, limbs))
        return tuple(torch.nn.functional.interpolate(each, size, mode="bicubic", antialias=True) for each in given)

    monkeypatch.setattr(BodyNetwork, "forward", see)
    (seen,) = Detector(BodyNetwork(), torch.device("cpu")).people(np.full((256, 256, 3), (64, 0, 32), np.uint8))
    assert all(a and b and math.dist(a, b) < 6 for a, b in zip(seen, standing(), strict=True))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [(None, "'conv1_2.bias' is missing"), (torch.zeros(3), r"'conv1_2.bias' is of the shape \[3\]")],
)
def test_another_file_is_refused_by_its_tensor(
    weights: dict[str, torch.Tensor], damage: torch.Tensor | None, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "hand_pose_model.safetensors"
    damaged = {name: damage if name == "conv1_2.bias" else tensor for name, tensor in weights.items()}
    save_file({name: tensor for name, tensor in damaged.items() if tensor is not None}, path)
    with pytest.raises(UnusableFile, match=rf"detector 'hand' is no body detector.*{reason}.*Upload body_pose_model"):
        Detector.load(path, "hand", torch.device("cpu"))
