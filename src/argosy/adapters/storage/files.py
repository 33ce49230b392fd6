"""What a file was found to be, how large it may be, and the refusal of all else (DOMAIN.md E13)."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from argosy.kernel.errors import Invalid, Unavailable

MAX_FILE_BYTES: Final = 25 * 1024 * 1024
"""Largest picture or PDF. Videos and models are bounded by the upload that brings them."""
MAX_SIDE: Final = 16_000
MAX_PIXELS: Final = 60_000_000
MAX_FRAMES: Final = 600
MAX_PIXELS_MOVING: Final = 600_000_000
"""Of all frames of a picture that moves: what a phone has to decode to show it once."""

CONTENT_TYPES: Final = {
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".glb": "model/gltf-binary",
    ".jpg": "image/jpeg",
    ".mp4": "video/mp4",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webm": "video/webm",
    ".webp": "image/webp",
}

# What begins another file, or a program, behind the end of a picture.
_SECOND_FILE = (
    b"PK\x03\x04", b"PK\x05\x06", b"Rar!\x1a", b"7z\xbc\xaf", b"%PDF-", b"<script", b"<html",
    b"<svg", b"<?php", b"<!doctype", b"\x7fELF", b"MZ\x90", b"#!/", b"\xca\xfe\xba\xbe",
)  # fmt: skip
_CURE = (
    "Send a JPEG, PNG, WebP, GIF, SVG or PDF of at most 25 MB, 60 megapixels and 16,000 pixels a "
    "side, an MP4 or WebM video, or a GLB model."
)


class MediaRefused(Invalid):
    """The file is not one that can be shown safely: of no type that is taken (JPEG, PNG, WebP, GIF,
    SVG, PDF, MP4, WebM, GLB), damaged or cut off, too large, two files in one, or an SVG that holds
    a program or refers to other places. The message says which. Nothing was stored.
    """

    code = "media.refused"
    usual_cure = _CURE


class StorageUnavailable(Unavailable):
    """The storage of photographs and files does not answer, or refuses us: it is down, its breaker
    is open, or bucket, region, keys or rights are not what the settings say. Nothing was decided;
    send the same request again. `argosy doctor` tries the storage and names what is wrong.
    """

    code = "media.storage_unavailable"
    usual_cure = "Send the same request again after `Retry-After`; staff: run `argosy doctor`."


class Sniffed(NamedTuple):
    """A file's true type, its size in pixels (pictures and videos), its bytes without metadata."""

    content_type: str
    suffix: str
    kind: Literal["image", "video", "model", "file"]
    width: int | None
    height: int | None
    content: bytes


class Patch(NamedTuple):
    """Bytes to write over those of a large file, which keeps its length."""

    at: int
    bytes: bytes


def refused(message: str, cure: str = _CURE) -> MediaRefused:
    """The refusal of an upload."""
    return MediaRefused(message, field="file", cure=cure)


def check_pixels(width: int, height: int, frames: int = 1) -> None:
    """Raises MediaRefused for a picture that is too much to decode."""
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE) or width * height > MAX_PIXELS:
        raise refused(f"The image has {width} x {height} pixels.")
    if frames > MAX_FRAMES or (frames > 1 and frames * width * height > MAX_PIXELS_MOVING):
        raise refused(
            f"The picture moves through {frames:,} frames of {width} x {height} pixels.",
            "Send it as an MP4 or WebM video, which is smaller, too.",
        )


def check_rest(rest: bytes) -> None:
    """Raises MediaRefused when another file follows the end of a picture. Anything else that does
    (a phone's second photograph, padding) is cut off by the caller.
    """
    head = rest.lstrip()[:16].lower()
    if any(head.startswith(mark.lower()) for mark in _SECOND_FILE) or any(
        mark in rest for mark in (b"PK\x03\x04", b"PK\x05\x06", b"<?php", b"<script")
    ):
        raise refused(
            "Another file follows the end of this one.",
            "Open the file in an image editor and export it anew.",
        )
