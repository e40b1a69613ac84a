"""Pictures resized, and set side by side, pixel for pixel as the WebUI does it."""

from math import ceil, sqrt

from PIL import Image, ImageOps

JUST_RESIZE, CROP_AND_RESIZE, RESIZE_AND_FILL = 0, 1, 2  # the WebUI's numbers
_LANCZOS = Image.Resampling.LANCZOS


def opaque(image: Image.Image) -> Image.Image:
    """In RGB, upright as its EXIF says, and on white where it was transparent."""
    upright = ImageOps.exif_transpose(image).convert("RGBA")
    ground = Image.new("RGBA", upright.size, "white")
    return Image.alpha_composite(ground, upright).convert("RGB")


def resize(image: Image.Image, width: int, height: int, mode: int) -> Image.Image:
    """To that size: distorted, cropped, or filled up by stretching its borders outward."""
    if mode not in (CROP_AND_RESIZE, RESIZE_AND_FILL):
        return image.resize((width, height), _LANCZOS)
    wider = image.width * height > width * image.height
    if wider == (mode == CROP_AND_RESIZE):
        whole = image.resize((image.width * height // image.height, height), _LANCZOS)
    else:
        whole = image.resize((width, image.height * width // image.width), _LANCZOS)
    left, above = width // 2 - whole.width // 2, height // 2 - whole.height // 2
    sheet = whole.crop((-left, -above, width - left, height - above))
    if above > 0:
        for edge, place in ((0, 0), (whole.height, above + whole.height)):
            sheet.paste(whole.resize((width, above), box=(0, edge, width, edge)), (0, place))
    if left > 0:
        for edge, place in ((0, 0), (whole.width, left + whole.width)):
            sheet.paste(whole.resize((left, height), box=(edge, 0, edge, height)), (place, 0))
    return sheet


def grid(images: list[Image.Image]) -> Image.Image:
    """Pictures of one size in a nearly square grid, white where they run out."""
    rows = round(sqrt(len(images)))
    columns = ceil(len(images) / rows)
    width, height = images[0].size
    sheet = Image.new("RGB", (columns * width, rows * height), "white")
    for place, image in enumerate(images):
        sheet.paste(image, (place % columns * width, place // columns * height))
    return sheet
