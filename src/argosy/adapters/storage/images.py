"""What a file really is, from its first bytes, and the file without private metadata.

DOMAIN.md E13: types are read, not believed; sizes are bounded before anybody decodes a pixel; the
place and the camera of a photograph are taken out. No pixel is decoded here: headers are enough.
Sources: ITU T.81 (JPEG), W3C PNG (third edition), RFC 9649 (WebP), GIF89a, ISO 32000 (PDF).
"""

from __future__ import annotations

import struct
from typing import Literal, NamedTuple

from argosy.kernel.errors import Invalid

MAX_FILE_BYTES = 25 * 1024 * 1024
MAX_SIDE = 16_000
MAX_PIXELS = 60_000_000

_JPEG_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_ORIENTATION_TAG = 0x0112
_PNG_PRIVATE = frozenset({b"eXIf", b"tEXt", b"iTXt", b"zTXt", b"tIME"})
_WEBP_PRIVATE = frozenset({b"EXIF", b"XMP "})
_WEBP_PRIVATE_FLAGS = 0b0000_1100


class MediaRefused(Invalid):
    """The file is not one that can be shown safely: not a JPEG, PNG, WebP, GIF or PDF, damaged, or
    too large. Send one of these types with at most 25 MB, 60 megapixels and 16,000 pixels a side.
    SVG is refused because it can carry programs.
    """

    code = "media.refused"
    usual_cure = (
        "Send a JPEG, PNG, WebP, GIF or PDF of at most 25 MB, 60 megapixels and 16,000 pixels a "
        "side."
    )


class Sniffed(NamedTuple):
    """A file's true type, its size in pixels (images), and its bytes without metadata."""

    content_type: str
    suffix: str
    kind: Literal["image", "file"]
    width: int | None
    height: int | None
    content: bytes


def sniffed(content: bytes) -> Sniffed:
    """Recognise and clean a file. Raises MediaRefused."""
    if len(content) > MAX_FILE_BYTES:
        raise _refused("The file is larger than 25 MB.")
    try:
        found = _recognised(content)
    except (IndexError, struct.error, ValueError) as error:
        raise _refused("The file is damaged or cut off.") from error
    if found is None:
        raise _refused("The file is not a JPEG, PNG, WebP, GIF or PDF.")
    if found.width is not None and found.height is not None:
        _check_size(found.width, found.height)
    return found


def _recognised(content: bytes) -> Sniffed | None:
    if content.startswith(b"\xff\xd8\xff"):
        return _jpeg(content)
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _webp(content)
    if content[:6] in {b"GIF87a", b"GIF89a"}:
        width, height = struct.unpack("<HH", content[6:10])
        return Sniffed("image/gif", ".gif", "image", width, height, content)
    if content.startswith(b"%PDF-"):
        return Sniffed("application/pdf", ".pdf", "file", None, None, content)
    return None


def _check_size(width: int, height: int) -> None:
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE) or width * height > MAX_PIXELS:
        raise _refused(f"The image has {width} x {height} pixels.")


def _refused(message: str) -> MediaRefused:
    return MediaRefused(
        message, field="file", cure="Send a JPEG, PNG, WebP, GIF or PDF of at most 25 MB."
    )


def _jpeg(content: bytes) -> Sniffed:
    """Walk the segments up to the image data; drop EXIF, XMP, IPTC and comments, keep the turn."""
    kept, at, size, orientation = [b"\xff\xd8"], 2, None, 1
    while True:
        while content[at] == 0xFF and content[at + 1] == 0xFF:
            at += 1
        if content[at] != 0xFF:
            raise ValueError("no marker")
        marker = content[at + 1]
        [length] = struct.unpack(">H", content[at + 2 : at + 4])
        segment = content[at : at + 2 + length]
        if length < 2 or len(segment) < 2 + length:
            raise ValueError("segment cut off")
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack(">HH", segment[5:9])
            size = (width, height)
        if marker == 0xE1 and segment[4:10] == b"Exif\x00\x00":
            orientation = _exif_orientation(segment[10:])
        if marker not in {0xE1, 0xED, 0xFE}:
            kept.append(segment)
        if marker == 0xDA:
            break
        at += 2 + length
    if size is None:
        raise ValueError("no frame")
    if orientation != 1:
        kept.insert(1, _exif_with(orientation))
    if orientation >= 5:  # on its side: it is shown as wide as it is high in the file
        size = size[::-1]
    rest = content[at + 2 + length :]
    return Sniffed("image/jpeg", ".jpg", "image", *size, b"".join([*kept, rest]))


def _exif_orientation(tiff: bytes) -> int:
    """The orientation (1 to 8) in a TIFF structure; 1 when there is none."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        [start] = struct.unpack(order + "I", tiff[4:8])
        [count] = struct.unpack(order + "H", tiff[start : start + 2])
        for n in range(min(count, 200)):
            entry = tiff[start + 2 + 12 * n : start + 14 + 12 * n]
            tag, _, _, value = struct.unpack(order + "HHIH", entry[:10])
            if tag == _ORIENTATION_TAG:
                return int(value) if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def _exif_with(orientation: int) -> bytes:
    """An EXIF segment that says nothing but how to turn the picture."""
    entry = struct.pack(">HHIHH", _ORIENTATION_TAG, 3, 1, orientation, 0)
    tiff = b"MM\x00\x2a" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)
    body = b"Exif\x00\x00" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def _png(content: bytes) -> Sniffed:
    kept, at = [content[:8]], 8
    width, height = struct.unpack(">II", content[16:24])
    if content[12:16] != b"IHDR":
        raise ValueError("no header")
    while at < len(content):
        [length] = struct.unpack(">I", content[at : at + 4])
        kind = content[at + 4 : at + 8]
        chunk = content[at : at + 12 + length]
        if len(chunk) < 12 + length:
            raise ValueError("chunk cut off")
        if kind not in _PNG_PRIVATE:
            kept.append(chunk)
        at += 12 + length
        if kind == b"IEND":
            break
    else:
        raise ValueError("no end")
    return Sniffed("image/png", ".png", "image", width, height, b"".join(kept))


def _webp(content: bytes) -> Sniffed:
    """Walk the RIFF chunks; the size stands in the first, whichever of the three kinds it is."""
    chunks, at = [], 12
    [declared] = struct.unpack("<I", content[4:8])
    end = 8 + declared
    if end > len(content):
        raise ValueError("cut off")
    size = _webp_size(content)
    while at + 8 <= end:
        kind = content[at : at + 4]
        [length] = struct.unpack("<I", content[at + 4 : at + 8])
        padded = length + (length & 1)
        chunk = content[at : at + 8 + padded]
        if at + 8 + length > end:
            raise ValueError("chunk cut off")
        if kind == b"VP8X":
            flags = chunk[8] & ~_WEBP_PRIVATE_FLAGS
            chunk = chunk[:8] + bytes([flags]) + chunk[9:]
        if kind not in _WEBP_PRIVATE:
            chunks.append(chunk.ljust(8 + padded, b"\x00"))
        at += 8 + padded
    body = b"WEBP" + b"".join(chunks)
    whole = b"RIFF" + struct.pack("<I", len(body)) + body
    return Sniffed("image/webp", ".webp", "image", *size, whole)


def _webp_size(content: bytes) -> tuple[int, int]:
    kind, data = content[12:16], content[20:30]
    if len(data) < 10:
        raise ValueError("cut off")
    if kind == b"VP8X":
        width, height = (int.from_bytes(data[n : n + 3], "little") + 1 for n in (4, 7))
        return width, height
    if kind == b"VP8L" and data[0] == 0x2F:
        bits = int.from_bytes(data[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and data[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", data[6:10])
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError("no picture")
