"""What media speaks in. Sizes are pixels as shown (after the camera's turn), instants are UTC."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from argosy.kernel.events import Job

Format = Literal["avif", "webp", "jpeg"]
Crop = Literal["none", "square"]
State = Literal["waiting", "made", "plain", "failed"]
UploadState = Literal["open", "done", "refused"]


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


class UnusedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A stored file with its renditions, as a clean-up sees it. Bytes."""

    key: str
    byte_size: int
    unused_since: datetime | None
    renditions: int
    rendition_bytes: int
    rendition_keys: tuple[str, ...]


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What a look through all files found: originals, renditions, what nothing names, and what of
    that is due to be deleted (its bytes with those of its renditions).
    """

    counted_at: datetime
    files: int = 0
    bytes: int = 0
    renditions: int = 0
    rendition_bytes: int = 0
    unused: int = 0
    unused_bytes: int = 0
    due: int = 0
    due_bytes: int = 0


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file that somebody sends past us. `sha256` is what they said it would be."""

    id: UUID
    storage_key: str
    file_name: str
    byte_size: int
    sha256: bytes
    alt: str
    product_id: UUID | None
    actor: str
    state: UploadState
    fault: str | None
    media_id: UUID | None
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """How far the files have been brought to another storage; `missing` are those that could not
    be read whole in the old one.
    """

    target: str
    after_key: str
    files: int
    bytes: int
    missing: int
    started_at: datetime
    updated_at: datetime
    finished_at: datetime | None


class CleanFiles(Job, frozen=True, kw_only=True):
    """Look through all files and, if asked to, delete what nothing names; before that, entries
    that nothing shows.
    """

    NAME: ClassVar[str] = "media.clean_files"

    delete: bool = False
    unshown: bool = False
