from io import BytesIO

import pytest
from PIL import ExifTags, Image

from container.encoding import Format, encode

TEXT = "ein Würfel, 猫\nSteps: 20, Sampler: Euler a"


@pytest.mark.parametrize("text", [TEXT, "a cat"])
def test_a_png_holds_its_infotext_where_png_info_looks(text: str) -> None:
    file = encode(Image.new("RGB", (8, 8)), text)
    with Image.open(BytesIO(file.content)) as read:
        assert (read.format, read.info["parameters"], file.content_type) == ("PNG", text, "image/png")


@pytest.mark.parametrize(("format", "kind"), [("jpg", "jpeg"), ("jpeg", "jpeg"), ("webp", "webp")])
def test_others_hold_it_as_exifs_comment(format: Format, kind: str) -> None:
    file = encode(Image.new("RGB", (8, 8)), TEXT, format)
    with Image.open(BytesIO(file.content)) as read:
        comment = read.getexif().get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment]
        assert comment[:8] == b"UNICODE\0"
        assert comment[8:].decode("utf-16-be") == TEXT
        assert (read.format, file.content_type) == (kind.upper(), f"image/{kind}")


@pytest.mark.parametrize("format", ["jpg", "webp"])
def test_quality_is_paid_for_in_bytes(format: Format) -> None:
    noise = Image.effect_noise((64, 64), 100).convert("RGB")
    assert len(encode(noise, "", format, 10).content) < len(encode(noise, "", format, 95).content)


def test_what_has_no_infotext_holds_none() -> None:
    with Image.open(BytesIO(encode(Image.new("RGB", (8, 8)), "").content)) as read:
        assert "parameters" not in read.info
