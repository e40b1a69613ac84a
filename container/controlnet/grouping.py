"""Maps of joints and limbs put together into people, by OpenPose's part affinity fields.

Steps and figures are those of OpenPose's body detector as the ControlNet extension 1.1.455 has it.
"""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from container.controlnet.poses import LIMBS, Person, Point
from shared.keypoints import POINTS

Maps = NDArray[np.float32]

_JOINED = (*LIMBS, (2, 16), (5, 17))  # shoulder to ear: not drawn, but it tells whose an ear is
# Where x of each limb's direction is among the 38 maps; y follows.
_DIRECTIONS = (12, 20, 14, 16, 22, 24, 0, 2, 4, 6, 8, 10, 28, 30, 34, 32, 36, 18, 26)

_LEAST_JOINT = 0.1
_LEAST_ALONG, _LEAST_SHARE_ALONG, _SAMPLES = 0.05, 0.8, 10
_LEAST_JOINTS, _LEAST_MEAN_SCORE = 4, 0.4
_MOST_PEAKS = 100  # per joint: maps of noise have thousands, and all pairs are compared


class Peak(NamedTuple):
    """Where a joint may be."""

    point: Point
    score: float


class _Link(NamedTuple):
    """A limb, from a peak of its first joint to one of its second; both are numbers of peaks."""

    first: int
    second: int
    score: float


@dataclass
class _Body:
    """A person so far: the number of each joint's peak."""

    peaks: dict[int, int]
    score: float


def people(joints: Maps, limbs: Maps) -> list[Person]:
    """The people in maps (row, column, 19) and (row, column, 38) of a picture's own size."""
    peaks = [_peaks(joints[:, :, joint]) for joint in range(POINTS)]
    bodies: list[_Body] = []
    for (a, b), direction in zip(_JOINED, _DIRECTIONS, strict=True):
        for link in _links(peaks[a], peaks[b], limbs[:, :, direction : direction + 2]):
            _join(bodies, a, b, link, peaks[a][link.first].score, peaks[b][link.second].score)
    whole = (body for body in bodies if len(body.peaks) >= _LEAST_JOINTS)
    sure = (body for body in whole if body.score / len(body.peaks) >= _LEAST_MEAN_SCORE)
    return [
        [peaks[joint][body.peaks[joint]].point if joint in body.peaks else None for joint in range(POINTS)]
        for body in sure
    ]


def _peaks(map: Maps) -> list[Peak]:
    """Where the smoothed map is no lower than its surroundings; the highest first."""
    smooth = np.asarray(cv2.GaussianBlur(map, (25, 25), 3, borderType=cv2.BORDER_REFLECT))
    about = np.pad(smooth, 1)
    highest = np.maximum.reduce([about[:-2, 1:-1], about[2:, 1:-1], about[1:-1, :-2], about[1:-1, 2:]])
    rows, columns = np.nonzero((smooth >= highest) & (smooth > _LEAST_JOINT))
    scores = map[rows, columns]
    chosen = np.argsort(-scores, kind="stable")[:_MOST_PEAKS]
    return [Peak(Point(float(columns[i]), float(rows[i])), float(scores[i])) for i in chosen]


def _links(first: list[Peak], second: list[Peak], direction: Maps) -> list[_Link]:
    """The pairs that the limb's direction connects, the surest first; each peak is in at most one of them."""
    if not first or not second:
        return []
    scores = _scores(_points(first), _points(second), direction)
    links: list[_Link] = []
    for place in np.argsort(-scores, axis=None, kind="stable"):
        i, j = divmod(int(place), len(second))
        if scores[i, j] <= 0:
            break
        if all(link.first != i and link.second != j for link in links):
            links.append(_Link(i, j, float(scores[i, j])))
    return links


def _points(peaks: list[Peak]) -> NDArray[np.float64]:
    return np.array([peak.point for peak in peaks])


def _scores(first: NDArray[np.float64], second: NDArray[np.float64], direction: Maps) -> NDArray[np.float64]:
    """How well the map follows the way from each first to each second, less if it is long; 0 if too little does."""
    ways = second[None] - first[:, None]
    lengths = np.maximum(0.001, np.linalg.norm(ways, axis=2))
    steps = np.linspace(0, 1, _SAMPLES)[:, None]
    samples = (first[:, None, None] + ways[:, :, None] * steps).round().astype(int)
    along = (direction[samples[..., 1], samples[..., 0]] * (ways / lengths[..., None])[:, :, None]).sum(axis=3)
    scores = along.mean(axis=2) + np.minimum(0, 0.5 * direction.shape[0] / lengths - 1)
    seen = (along > _LEAST_ALONG).sum(axis=2) > _LEAST_SHARE_ALONG * _SAMPLES
    return np.where(seen, scores, 0)


def _join(bodies: list[_Body], a: int, b: int, link: _Link, score_a: float, score_b: float) -> None:
    """Add a limb to the body that has one of its joints, merge the two bodies that it joins, or begin a new one."""
    owners = [body for body in bodies if body.peaks.get(a) == link.first or body.peaks.get(b) == link.second]
    if len(owners) == 2 and not owners[0].peaks.keys() & owners[1].peaks.keys():
        owners[0].peaks |= owners[1].peaks
        owners[0].score += owners[1].score + link.score
        bodies.remove(owners[1])
    elif owners and owners[0].peaks.get(b) != link.second:
        owners[0].peaks[b] = link.second
        owners[0].score += score_b + link.score
    elif not owners:
        bodies.append(_Body({a: link.first, b: link.second}, score_a + score_b + link.score))
