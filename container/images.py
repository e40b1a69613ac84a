"""Pictures brought to size, and set side by side."""

import math

import numpy as np
from PIL import Image, ImageOps

JUST_RESIZE, CROP_AND_RESIZE, RESIZE_AND_FILL = 0, 1, 2  # the WebUI's numbers
_LANCZOS = Image.Resampling.LANCZOS


def opaque(image: Image.Image) -> Image.Image:
    """In RGB, upright as its EXIF says, and on white where it was transparent."""
    upright = ImageOps.exif_transpose(image).convert("RGBA")
    ground = Image.new("RGBA", upright.size, "white")
    return Image.alpha_composite(ground, upright).convert("RGB")


def resize(image: Image.Image, width: int, height: int, mode: int) -> Image.Image:
    """To that size: distorted, cropped, or with its borders drawn out."""
    if mode == CROP_AND_RESIZE:
        return ImageOps.fit(image, (width, height), _LANCZOS)
    if mode == RESIZE_AND_FILL:
        return _drawn_out(ImageOps.contain(image, (width, height), _LANCZOS), width, height)
    return image.resize((width, height), _LANCZOS)


def grid(images: list[Image.Image]) -> Image.Image:
    """All of one size, as near to a square as whole rows allow, as the WebUI has it."""
    count = len(images)
    rows = max(rows for rows in range(1, math.isqrt(count) + 1) if count % rows == 0)
    columns = count // rows
    width, height = images[0].size
    sheet = Image.new("RGB", (columns * width, rows * height))
    for place, image in enumerate(images):
        sheet.paste(image, (place % columns * width, place // columns * height))
    return sheet


def _drawn_out(image: Image.Image, width: int, height: int) -> Image.Image:
    left, above = (width - image.width) // 2, (height - image.height) // 2
    beside = [(above, height - image.height - above), (left, width - image.width - left), (0, 0)]
    pixels = np.asarray(image)
    return Image.fromarray(np.pad(pixels, beside[: pixels.ndim], mode="edge"))
