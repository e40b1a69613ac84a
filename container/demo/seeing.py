"""What is in a drawn picture, found by plain image analysis: no network judges another."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from container.demo.pictures import COLOURS, Picture

_LEAST_AREA = 0.03
_LEAST_LIKENESS = 0.7

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Seen:
    """`shape` and `colour` are empty if nothing stands on the ground; `shape` also if that is of an unknown shape."""

    shape: str
    colour: str
    ground: str
    hollow: bool
    inside: Mask


def look(picture: Picture) -> Seen:
    """See one shape of one colour on a ground of another; `picture` is (row, column, RGB)."""
    names = list(COLOURS)
    distances = np.stack([_distance(picture, colour) for colour in names])
    nearest = distances.argmin(0)
    rim = np.concatenate([nearest[0], nearest[-1], nearest[:, 0], nearest[:, -1]])
    ground = int(np.bincount(rim).argmax())
    areas = np.bincount(nearest.ravel(), minlength=len(names))
    areas[ground] = 0
    colour = int(areas.argmax())
    if areas[colour] < _LEAST_AREA * nearest.size:
        return Seen("", "", names[ground], False, np.zeros_like(nearest, bool))
    painted = distances[colour] < distances[ground]
    inside = _filled(painted)
    return Seen(_shape(inside), names[colour], names[ground], _is_hollow(painted, inside), inside)


def overlap(one: Mask, other: Mask) -> float:
    """Intersection over union."""
    return float((one & other).sum() / max(1, (one | other).sum()))


def _distance(picture: Picture, colour: str) -> NDArray[np.float64]:
    distance: NDArray[np.float64] = np.linalg.norm(picture.astype(float) - COLOURS[colour], axis=2)
    return distance


def _filled(painted: Mask) -> Mask:
    """Every row from its first painted pixel to its last: no shape is concave at its sides."""
    from_left, from_right = np.logical_or.accumulate(painted, 1), np.logical_or.accumulate(painted[:, ::-1], 1)
    filled: Mask = from_left & from_right[:, ::-1]
    return filled


def _shape(inside: Mask) -> str:
    """The shape that, stretched over the same box, is most like it."""
    window = inside[_span(inside.sum(1)), _span(inside.sum(0))]
    y, x = (2 * (np.arange(length) + 0.5) / length - 1 for length in window.shape)
    y = y[:, None]
    forms = {"circle": x**2 + y**2 <= 1, "square": np.ones_like(window), "triangle": np.abs(x) <= (y + 1) / 2}
    likenesses = {shape: overlap(window, form) for shape, form in forms.items()}
    best = max(likenesses, key=likenesses.__getitem__)
    return best if likenesses[best] >= _LEAST_LIKENESS else ""


def _span(counts: NDArray[np.int_]) -> slice:
    """Where the shape begins and ends; specks don't count."""
    places = np.flatnonzero(counts > 0.05 * len(counts))
    return slice(places[0], places[-1] + 1) if len(places) else slice(0, len(counts))


def _is_hollow(painted: Mask, inside: Mask) -> bool:
    """Whether the ground shows at the centre of the shape."""
    rows, columns = np.nonzero(inside)
    y, x = int(rows.mean()), int(columns.mean())
    reach = max(1, len(inside) // 32)
    middle = painted[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
    return bool(middle.mean() < 0.5)
