"""What media speaks in. Sizes are pixels as shown (after the camera's turn), instants are UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Format = Literal["avif", "webp", "jpeg"]
Crop = Literal["none", "square"]
State = Literal["waiting", "made", "plain", "failed"]


class Focal(msgspec.Struct, frozen=True, kw_only=True):
    """The point that a crop must show: shares of the width and height from the upper left, 0 to 1,
    to three decimals.
    """

    x: float
    y: float


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was stored. `width` and `height` are given for pictures."""

    key: str
    content_type: str
    byte_size: int
    width: int | None = None
    height: int | None = None


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """One rendition to draw: the box (left, upper, right, lower) of the original, scaled to width
    and height, in a format.
    """

    box: tuple[int, int, int, int]
    width: int
    height: int
    format: Format
    crop: Crop


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """What the studio saw and drew; `files` in the order of the cuts that were asked for.

    `colour` is `#rrggbb`; `likeness` a signed 64-bit number. Of a picture that moves nothing is
    drawn, because a rendition would stand still.
    """

    width: int
    height: int
    frames: int
    colour: str
    blurhash: str
    likeness: int
    files: tuple[bytes, ...] = ()


class Rendition(msgspec.Struct, frozen=True, kw_only=True):
    """A stored rendition."""

    key: str
    width: int
    height: int
    format: Format
    crop: Crop
    byte_size: int


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """A stored file with what was made of it. `fault` says why nothing could be."""

    key: str
    content_type: str
    byte_size: int
    width: int | None
    height: int | None
    state: State
    tries: int
    fault: str | None
    focal: Focal | None
    colour: str | None
    blurhash: str | None
    renditions: tuple[Rendition, ...]
    updated_at: datetime


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How many files wait for renditions, have them, need none, and could not be drawn."""

    waiting: int
    made: int
    plain: int
    failed: int
