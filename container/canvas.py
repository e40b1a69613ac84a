"""What img2img begins with: a picture brought to size, the part of it to draw, and the way back into the whole."""

from dataclasses import dataclass
from typing import NamedTuple, Self

import cv2
import numpy as np
from PIL import Image, ImageChops, ImageFilter

from container.images import CROP_AND_RESIZE, RESIZE_AND_FILL, opaque, resize
from shared.parameters import Img2ImgParameters

LATENT_UPSCALE = 3  # the resize mode that enlarges the latents


class Box(NamedTuple):
    """A part of a picture, in pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> tuple[int, int]:
        return self.right - self.left, self.bottom - self.top


@dataclass(frozen=True)
class Canvas:
    """`image` is drawn over, where `mask` (L) is white. `kept` lies over the drawn picture at the end."""

    image: Image.Image
    mask: Image.Image | None = None
    kept: Image.Image | None = None  # RGBA
    box: Box | None = None  # where in `kept` the drawn picture lies; everywhere if None

    @classmethod
    def stretch(cls, picture: Image.Image, mask: Image.Image | None, parameters: Img2ImgParameters) -> Self:
        """A mask that leaves "Only masked" nothing to draw counts as none, as in the WebUI."""
        image = opaque(picture)
        drawn = _softened(mask, image.size, parameters) if mask else None
        if drawn and not parameters.inpaint_full_res:
            return cls._all(image, drawn, parameters)
        if drawn and drawn.getbbox():
            return cls._detail(image, drawn, parameters)
        return cls(_sized(image, parameters))

    @classmethod
    def _all(cls, image: Image.Image, mask: Image.Image, parameters: Img2ImgParameters) -> Self:
        size = parameters.width, parameters.height  # also in mode 3, since it has to fit its mask
        image, mask = (resize(each, *size, parameters.resize_mode) for each in (image, mask))
        # twice as steep, so that what is barely masked does not show through
        return cls(image, mask, _kept(image, mask.point(lambda value: min(255, value * 2))))

    @classmethod
    def _detail(cls, image: Image.Image, mask: Image.Image, parameters: Img2ImgParameters) -> Self:
        """The masked part alone, at full size: the WebUI's "Only masked"."""
        width, height = parameters.width, parameters.height
        box = _around(mask, parameters.inpaint_full_res_padding, width / height)
        part = resize(image.crop(box), width, height, RESIZE_AND_FILL)
        part_mask = resize(mask.crop(box), width, height, RESIZE_AND_FILL)
        return cls(part, part_mask, _kept(image, mask), box)

    @property
    def filled(self) -> Image.Image:
        """The picture, its masked part filled from the surroundings: ever finer blurs of them, one over another."""
        if not self.mask:
            return self.image
        around = _kept(self.image, self.mask).convert("RGBa")  # premultiplied: what is masked does not colour the blur
        filled = Image.new("RGBA", self.image.size)
        for radius, times in ((256, 1), (64, 1), (16, 2), (4, 4), (2, 2), (0, 1)):  # as the WebUI has them
            blurred = around.filter(ImageFilter.GaussianBlur(radius)).convert("RGBA")
            for _ in range(times):  # to make a faint layer opaque
                filled = Image.alpha_composite(filled, blurred)
        return filled.convert("RGB")

    def finish(self, drawn: Image.Image) -> Image.Image:
        """The drawn picture put back where it was taken from, under what is kept."""
        if not self.kept:
            return drawn
        whole = drawn.convert("RGBA")
        if self.box:
            whole = Image.new("RGBA", self.kept.size)
            whole.paste(resize(drawn, *self.box.size, CROP_AND_RESIZE), (self.box.left, self.box.top))
        return Image.alpha_composite(whole, self.kept).convert("RGB")


def _sized(image: Image.Image, parameters: Img2ImgParameters) -> Image.Image:
    if parameters.resize_mode == LATENT_UPSCALE:
        return image.resize((image.width // 8 * 8, image.height // 8 * 8))
    return resize(image, parameters.width, parameters.height, parameters.resize_mode)


def _softened(mask: Image.Image, size: tuple[int, int], parameters: Img2ImgParameters) -> Image.Image:
    """Blurred. Any transparency masks, wholly or not at all, as in the WebUI; without any, brightness does."""
    grey = mask.convert("L")
    if "A" in mask.getbands() and mask.getchannel("A").getextrema() != (255, 255):
        grey = mask.getchannel("A").point(lambda alpha: 255 if alpha > 128 else 0)
    if parameters.inpaint_full_res:
        grey = grey.resize(size)
    if parameters.inpainting_mask_invert:
        grey = ImageChops.invert(grey)
    pixels = np.asarray(grey)
    across, down = parameters.mask_blur_x, parameters.mask_blur_y
    if across:
        pixels = cv2.GaussianBlur(pixels, (_kernel(across), 1), across)
    if down:
        pixels = cv2.GaussianBlur(pixels, (1, _kernel(down)), 0, sigmaY=down)
    return Image.fromarray(pixels)


def _kernel(blur: int) -> int:
    return 2 * int(2.5 * blur + 0.5) + 1


def _around(mask: Image.Image, padding: int, ratio: float) -> Box:
    """The masked part with `padding` pixels around it, widened to the aspect ratio of the picture to draw."""
    left, top, right, bottom = mask.getbbox() or (0, 0, *mask.size)
    left, right = max(0, left - padding), min(mask.width, right + padding)
    top, bottom = max(0, top - padding), min(mask.height, bottom + padding)
    width, height = right - left, bottom - top
    if width / height > ratio:
        top, bottom = _widened(top, bottom, int(width / ratio - height), mask.height)
    else:
        left, right = _widened(left, right, int(height * ratio - width), mask.width)
    return Box(left, top, right, bottom)


def _widened(start: int, end: int, by: int, most: int) -> tuple[int, int]:
    """`start` to `end`, lengthened by `by` about the middle, within 0 and `most`."""
    length = end - start + by
    start = max(0, min(start - by // 2, most - length))
    return start, min(most, start + length)


def _kept(image: Image.Image, mask: Image.Image) -> Image.Image:
    kept = image.convert("RGBA")
    kept.putalpha(ImageChops.invert(mask))
    return kept
