"""Pictures as files, with their infotext inside where the WebUI looks for it."""

from io import BytesIO
from typing import Literal, NamedTuple

from PIL import ExifTags
from PIL.Image import Exif, Image
from PIL.PngImagePlugin import PngInfo

Format = Literal["png", "jpg", "jpeg", "webp"]
_CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"}


class File(NamedTuple):
    content: bytes
    content_type: str


def encode(image: Image, infotext: str, format: Format = "png", quality: int = 80) -> File:
    """`quality`, 1 to 100, is for JPEG and WebP. An empty infotext is left out."""
    file = BytesIO()
    if format == "png":
        image.save(file, "png", pnginfo=_png_info(infotext))
    else:
        kind = _CONTENT_TYPES[format].removeprefix("image/")
        image.convert("RGB").save(file, kind, quality=quality, exif=_exif(infotext))
    return File(file.getvalue(), _CONTENT_TYPES[format])


def _png_info(infotext: str) -> PngInfo:
    info = PngInfo()
    if infotext:
        info.add_text("parameters", infotext)
    return info


def _exif(infotext: str) -> Exif:
    exif = Exif()
    if infotext:
        # EXIF 2.3: a comment begins with eight bytes that name its encoding; the WebUI reads and writes this one.
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = b"UNICODE\0" + infotext.encode("utf-16-be")
    return exif
