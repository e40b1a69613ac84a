"""What the demo model learns from: drawn scenes of one shape on a ground, and prompts that say what is in them."""

from dataclasses import dataclass, replace
from itertools import product
from random import Random
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

COLOURS = {
    "red": (220, 40, 40),
    "green": (40, 165, 60),
    "blue": (40, 75, 220),
    "yellow": (245, 215, 50),
    "purple": (145, 50, 175),
    "cyan": (70, 210, 225),
    "white": (245, 245, 245),
    "black": (20, 20, 20),
}
SHAPES = ("circle", "square", "triangle")

_WHOLE = (
    "a {colour} {shape} on a {ground} background",
    "{colour} {shape} on {ground}",
    "{colour} {shape}, {ground} background",
    "a {ground} background with a {colour} {shape}",
)
_PARTS = (
    "a {colour} {shape}",
    "{shape} on a {ground} background",
    "a {shape}",
    "{shape}",
    "{colour}",
    "a {colour} shape",
    "a {ground} background",
    "{ground} background",
)
_NOTHING = ("", "blurry", "low quality, blurry", "worst quality, low quality", "text, watermark", "bad", "a picture")

Picture: TypeAlias = NDArray[np.uint8]


@dataclass(frozen=True)
class Scene:
    """One shape. Lengths are shares of the picture's side; `size` is that of the square around the shape."""

    shape: str
    colour: str
    ground: str
    size: float = 0.6
    x: float = 0.5
    y: float = 0.5
    hollow: bool = False

    @property
    def prompt(self) -> str:
        return self.say(_WHOLE[0])

    def say(self, template: str) -> str:
        """A prompt for the scene."""
        return template.format(colour=self.colour, shape=self.shape, ground=self.ground)

    def draw(self, pixels: int) -> Picture:
        """(pixels, pixels, RGB), with soft edges one pixel wide."""
        depth = self._depth(pixels)
        if self.hollow:
            depth = np.minimum(depth, 0.15 * self.size - depth)
        cover = np.clip(depth * pixels + 0.5, 0, 1)[..., None]
        picture: Picture = np.rint(cover * COLOURS[self.colour] + (1 - cover) * COLOURS[self.ground]).astype(np.uint8)
        return picture

    def edges(self, pixels: int) -> Picture:
        """The same without colours, as a Canny filter sees it: white lines one or two pixels wide on black."""
        lines = np.abs(self._depth(pixels)) * pixels <= 0.75
        picture: Picture = np.repeat(lines[..., None], 3, axis=2).astype(np.uint8) * 255
        return picture

    def mask(self, pixels: int) -> NDArray[np.bool_]:
        """The pixels (row, column) inside the shape's outline."""
        inside: NDArray[np.bool_] = self._depth(pixels) > 0
        return inside

    def _depth(self, pixels: int) -> NDArray[np.float64]:
        """How far inside the shape each pixel's centre is; negative outside."""
        places = (np.arange(pixels) + 0.5) / pixels
        x, y, half = places[None, :] - self.x, places[:, None] - self.y, self.size / 2
        depths: dict[str, NDArray[np.float64]] = {
            "circle": half - np.hypot(x, y),
            "square": half - np.maximum(np.abs(x), np.abs(y)),
            "triangle": np.minimum(half - y, ((y + half) / 2 - np.abs(x)) / np.hypot(1, 0.5)),
        }
        return depths[self.shape]


def _held_out(scene: Scene) -> bool:
    """One pair of colours in seven, a different one for each shape."""
    names = list(COLOURS)
    return (names.index(scene.colour) + 3 * names.index(scene.ground) + 2 * SHAPES.index(scene.shape)) % 7 == 0


ALL = [Scene(shape, colour, ground) for shape, colour, ground in product(SHAPES, COLOURS, COLOURS) if colour != ground]
HELD_OUT = [scene for scene in ALL if _held_out(scene)]
TRAINED = [scene for scene in ALL if not _held_out(scene)]


def scattered(scene: Scene, random: Random) -> Scene:
    """The scene with its shape in another place and size."""
    size = random.uniform(0.42, 0.75)
    room = 0.7 * (1 - size) / 2
    return replace(scene, size=size, x=0.5 + random.uniform(-room, room), y=0.5 + random.uniform(-room, room))


def template(random: Random) -> str:
    """How to describe a scene: mostly all of it, at times a part, and at times nothing."""
    kind = random.random()
    return random.choice(_WHOLE[:1] if kind < 0.5 else _WHOLE if kind < 0.75 else _PARTS if kind < 0.9 else _NOTHING)


def prompts() -> list[str]:
    """All that can be said of the training scenes."""
    return sorted({scene.say(template) for scene in TRAINED for template in (*_WHOLE, *_PARTS, *_NOTHING)})
