"""Renditions of real pictures: size, colour, turn, and nothing private (DOMAIN.md E13)."""

from __future__ import annotations

import io
import zlib

import pytest
from PIL import Image, ImageCms

from argosy.adapters.imaging.drawing import draw
from argosy.adapters.imaging.wire import Drawn, Order, Wanted
from argosy.demo import luma
from argosy.modules import media
from argosy.modules.media import Focal
from tests.adapters.imaging.pictures import (
    average_of_blurhash,
    blurhash_at,
    encoded,
    near,
    opened,
    picture,
)

RED, BLUE = (254, 0, 0), (0, 0, 254)
SECRET = b"GPS 48.1372 N"


def drawn(content: bytes, width: int, height: int, focal: Focal | None = None) -> Drawn:
    """All renditions of a picture of this size."""
    cuts = media.cuts(width, height, focal)
    made = draw(Order(content, tuple(Wanted(c.box, c.width, c.height, c.format) for c in cuts)))
    assert not made.fault
    assert len(made.files) == len(cuts)
    for cut, file in zip(cuts, made.files, strict=True):
        image = opened(file)
        assert (image.size, image.format) == ((cut.width, cut.height), cut.format.upper())
    return made


def test_each_rendition_has_the_size_and_format_that_was_asked_for() -> None:
    made = drawn(encoded(picture(700, 350)), 700, 350)
    assert (made.width, made.height, made.frames) == (700, 350, 1)
    for file in made.files[:4]:
        image = opened(file).convert("RGB")
        assert near(image.getpixel((10, 10)), RED)
        assert near(image.getpixel((image.width - 10, 10)), BLUE)


def test_a_crop_shows_the_focal_point() -> None:
    content = encoded(picture(900, 300))
    for x, wanted in ((0.0, RED), (1.0, BLUE)):
        made = drawn(content, 900, 300, Focal(x=x, y=0.5))
        square = opened(made.files[-1]).convert("RGB")
        assert square.size[0] == square.size[1]
        assert all(near(square.getpixel((n, 100)), wanted) for n in (5, square.width - 5))


def test_E13_the_camera_s_turn_is_applied_and_nothing_of_its_metadata_is_left() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # on its side: to be turned by a quarter
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825)[1] = "N"
    content = encoded(picture(400, 300), exif=exif)
    made = drawn(content, 300, 400)
    assert (made.width, made.height) == (300, 400)
    for file in made.files[:3]:
        image = opened(file)
        assert not image.getexif()
        assert SECRET not in file
        assert near(image.convert("RGB").getpixel((150, 10)), RED)
        assert near(image.convert("RGB").getpixel((150, image.height - 10)), BLUE)


def test_E13_colours_of_another_profile_become_srgb() -> None:
    # A profile whose red and green are swapped in meaning is not to be had; a linear one will do.
    grey = Image.new("L", (400, 400), 55)
    lab = ImageCms.createProfile("LAB", 5000)
    assert ImageCms.ImageCmsProfile(lab).tobytes()
    with_profile = encoded(
        Image.new("RGB", (400, 400), (200, 30, 30)),
        "PNG",
        icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    )
    made = drawn(with_profile, 400, 400)
    image = opened(made.files[1])
    assert "icc_profile" not in image.info
    assert near(image.convert("RGB").getpixel((100, 100)), (200, 30, 30))
    broken = encoded(grey.convert("RGB"), "PNG", icc_profile=b"not a profile at all")
    assert near(opened(drawn(broken, 400, 400).files[1]).convert("RGB").getpixel((9, 9)), (55,) * 3)


def test_what_is_transparent_stays_so_and_is_white_in_a_jpeg() -> None:
    image = Image.new("RGBA", (400, 400), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 200, 400))
    made = drawn(encoded(image, "PNG"), 400, 400)
    by_format = {opened(f).format: opened(f) for f in made.files}
    assert by_format["WEBP"].convert("RGBA").getpixel((310, 310))[3] == 0
    assert by_format["AVIF"].convert("RGBA").getpixel((310, 310))[3] < 8
    assert near(by_format["JPEG"].convert("RGB").getpixel((310, 310)), (255, 255, 255))
    palette = encoded(image.quantize(8), "PNG")
    assert draw(Order(palette)).fault == ""


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_pictures_of_every_mode_are_drawn(mode: str) -> None:
    name = "JPEG" if mode == "CMYK" else "PNG"
    content = encoded(Image.new(mode, (40, 30)), name)
    assert drawn(content, 40, 30).colour.startswith("#")


def test_the_placeholder_is_the_picture_in_small() -> None:
    made = draw(Order(encoded(picture(400, 300, "#c83c3c", "#3c3cc8"), "PNG")))
    assert near(blurhash_at(made.blurhash, 0.2, 0.5), (200, 60, 60), by=60)
    assert near(blurhash_at(made.blurhash, 0.8, 0.5), (60, 60, 200), by=60)
    plain = draw(Order(encoded(Image.new("RGB", (50, 80), (200, 120, 40)), "PNG")))
    assert near(average_of_blurhash(plain.blurhash), (200, 120, 40), by=2)
    assert plain.colour == "#c87828"
    assert (made.blurhash[0], plain.blurhash[0]) == ("L", "T")  # four by three, three by four


def test_pictures_that_look_alike_have_a_likeness_of_few_differences() -> None:
    paths = sorted((luma() / "images").glob("*.webp"))[:120:12]
    likenesses = []
    for path in paths:
        content = path.read_bytes()
        image = opened(content).convert("RGB")
        smaller = encoded(image.resize((image.width // 2, image.height // 2)), quality=60)
        first, second = draw(Order(content)).likeness, draw(Order(smaller)).likeness
        assert ((first ^ second) & (1 << 64) - 1).bit_count() <= 6
        assert -(1 << 63) <= first < 1 << 63
        likenesses.append(first)
    assert len(set(likenesses)) == len(likenesses)


def test_of_a_picture_that_moves_nothing_is_drawn() -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue", "green")]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)
    made = draw(Order(content, (Wanted((0, 0, 40, 40), 20, 20, "webp"),)))
    assert (made.frames, made.files, made.fault) == (3, (), "")
    assert made.blurhash


def png_of(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
        )

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x01\x00\x00\x00\x00"
    rows = zlib.compress(bytes(height * ((width + 7) // 8 + 1)), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def truncated(name: str) -> bytes:
    content = encoded(picture(600, 400), name)
    return content[: len(content) // 2]


@pytest.mark.parametrize(
    "content",
    [
        truncated("JPEG"),
        truncated("PNG"),
        truncated("WEBP"),
        truncated("GIF"),
        png_of(10_000, 10_000),
        png_of(40_000, 40_000),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        encoded(picture(9, 9), "TIFF"),
        b"",
    ],
    ids=["jpeg", "png", "webp", "gif", "100 Mpx", "1.6 Gpx", "svg", "eps", "tiff", "none"],
)  # fmt: skip
def test_E13_what_cannot_be_decoded_is_a_fault_and_no_crash(content: bytes) -> None:
    made = draw(Order(content, (Wanted((0, 0, 9, 9), 9, 9, "webp"),)))
    assert made.fault
    assert made.files == ()


def test_a_large_photograph_is_decoded_at_a_part_of_its_size() -> None:
    content = encoded(picture(7000, 5000), quality=50)
    made = drawn(content, 7000, 5000, Focal(x=1.0, y=0.5))
    assert (made.width, made.height) == (7000, 5000)
    square = opened(made.files[-1]).convert("RGB")
    assert near(square.getpixel((600, 300)), BLUE)
    assert near(opened(made.files[0]).convert("RGB").getpixel((310, 100)), BLUE)
    assert io.BytesIO(content).read(2) == b"\xff\xd8"
