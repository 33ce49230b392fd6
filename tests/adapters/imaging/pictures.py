"""Pictures that tests draw, and reading what came out."""

from __future__ import annotations

import io
import math

from PIL import Image

_BASE83 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"


def picture(width: int, height: int, left: str = "red", right: str = "blue") -> Image.Image:
    """Two halves of one colour each."""
    image = Image.new("RGB", (width, height), left)
    image.paste(Image.new("RGB", (width - width // 2, height), right), (width // 2, 0))
    return image


def encoded(image: Image.Image, name: str = "JPEG", **options: object) -> bytes:
    """As a file."""
    out = io.BytesIO()
    image.save(out, name, **options)
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    """As pixels."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def near(found: object, wanted: tuple[int, int, int], by: int = 24) -> bool:
    """Whether a colour is another, but for what a lossy format does to it."""
    assert isinstance(found, tuple)
    return all(abs(a - b) <= by for a, b in zip(found[:3], wanted, strict=True))


def average_of_blurhash(text: str) -> tuple[int, int, int]:
    """The average colour that a BlurHash carries (its characters 3 to 6)."""
    value = _value(text[2:6])
    return value >> 16, value >> 8 & 255, value & 255


def blurhash_at(text: str, x: float, y: float) -> tuple[int, int, int]:
    """The colour that a BlurHash stands for at a place (shares), decoded as its authors say."""
    size = _value(text[0])
    across, down = size % 9 + 1, size // 9 + 1
    assert len(text) == 4 + 2 * across * down
    most = (_value(text[1]) + 1) / 166
    factors = [[_linear(v) for v in average_of_blurhash(text)]]
    for n in range(1, across * down):
        value = _value(text[4 + 2 * n : 6 + 2 * n])
        parts = (value // 361, value // 19 % 19, value % 19)
        factors.append([most * math.copysign(((p - 9) / 9) ** 2, p - 9) for p in parts])
    total = [0.0, 0.0, 0.0]
    for n, factor in enumerate(factors):
        wave = math.cos(math.pi * x * (n % across)) * math.cos(math.pi * y * (n // across))
        total = [t + f * wave for t, f in zip(total, factor, strict=True)]
    red, green, blue = (_srgb(value) for value in total)
    return red, green, blue


def _value(text: str) -> int:
    value = 0
    for letter in text:
        value = value * 83 + _BASE83.index(letter)
    return value


def _linear(value: int) -> float:
    share = value / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def _srgb(value: float) -> int:
    share = max(0.0, min(1.0, value))
    return round(
        255 * (share * 12.92 if share <= 0.0031308 else 1.055 * share ** (1 / 2.4) - 0.055)
    )
