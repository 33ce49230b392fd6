"""Pictures and PDFs by their bytes, and the same without private metadata.

DOMAIN.md E13: types are read, not believed; sizes are bounded before anybody decodes a pixel; the
place and the camera of a photograph are taken out; what is stored ends where the picture ends, so
that it is no other file as well. No pixel is decoded here: the structure is enough.
Sources: ITU T.81 (JPEG), W3C PNG (third edition), RFC 9649 (WebP), GIF89a, ISO 32000 (PDF).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from argosy.adapters.storage.files import Sniffed, check_pixels, check_rest

_JPEG_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_ORIENTATION_TAG = 0x0112
# Chunks that say how to show the picture; all others (texts, places, programs' own) are left out.
_PNG_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT bKGD hIST pHYs sPLT "
    b"acTL fcTL fdAT".split()
)
_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_WEBP_PRIVATE_FLAGS = 0b0000_1100


def recognised_image(content: bytes) -> Sniffed | None:
    """The picture or PDF, cleaned; None when it is none. Raises MediaRefused; IndexError,
    ValueError or struct.error when it is damaged.
    """
    if content.startswith(b"\xff\xd8\xff"):
        return _jpeg(content)
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _webp(content)
    if content[:6] in {b"GIF87a", b"GIF89a"}:
        return _gif(content)
    if content.startswith(b"%PDF-"):
        return _pdf(content)
    return None


def _jpeg(content: bytes) -> Sniffed:
    """Walk all segments to the end; drop EXIF, XMP, IPTC and comments, keep the turn."""
    kept, at, size, orientation = [b"\xff\xd8"], 2, None, 1
    for marker, start, end in _jpeg_segments(content):
        segment = content[start:end]
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack(">HH", segment[5:9])
            size = (width, height)
        if marker == 0xE1 and segment[4:10] == b"Exif\x00\x00":
            orientation = _exif_orientation(segment[10:])
        if _is_shown(marker, segment):
            kept.append(segment)
        at = end
    if size is None:
        raise ValueError("no frame")
    check_rest(content[at:])
    if orientation != 1:
        kept.insert(1, _exif_with(orientation))
    if orientation >= 5:  # on its side: it is shown as wide as it is high in the file
        size = size[::-1]
    check_pixels(*size)
    return Sniffed("image/jpeg", ".jpg", "image", *size, b"".join(kept))


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment, a scan with its data, up to the end of the picture."""
    at = 2
    while True:
        while content[at] == 0xFF and content[at + 1] == 0xFF:
            at += 1
        if content[at] != 0xFF:
            raise ValueError("no marker")
        marker = content[at + 1]
        if marker == 0xD9:
            yield marker, at, at + 2
            return
        [length] = struct.unpack(">H", content[at + 2 : at + 4])
        end = at + 2 + length
        if length < 2 or end > len(content):
            raise ValueError("segment cut off")
        if marker == 0xDA:
            following = _JPEG_MARKER.search(content, end)
            if following is None:
                raise ValueError("scan cut off")
            end = following.start()
        yield marker, at, end
        at = end


def _is_shown(marker: int, segment: bytes) -> bool:
    """Whether a decoder needs the segment: of the applications' own ones JFIF, ICC and Adobe's."""
    if marker == 0xE2:
        return segment[4:16] == b"ICC_PROFILE\x00"
    return marker in {0xE0, 0xEE} or not (0xE1 <= marker <= 0xEF or marker == 0xFE)


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
    kept, at, frames = [content[:8]], 8, 1
    width, height = struct.unpack(">II", content[16:24])
    if content[12:16] != b"IHDR":
        raise ValueError("no header")
    while at < len(content):
        [length] = struct.unpack(">I", content[at : at + 4])
        kind = content[at + 4 : at + 8]
        chunk = content[at : at + 12 + length]
        if len(chunk) < 12 + length:
            raise ValueError("chunk cut off")
        if kind in _PNG_KEPT:
            kept.append(chunk)
        if kind == b"acTL":
            [frames] = struct.unpack(">I", chunk[8:12])
        at += 12 + length
        if kind == b"IEND":
            break
    else:
        raise ValueError("no end")
    check_rest(content[at:])
    check_pixels(width, height, frames)
    return Sniffed("image/png", ".png", "image", width, height, b"".join(kept))


def _webp(content: bytes) -> Sniffed:
    """Walk the RIFF chunks; the size stands in the first, whichever of the three kinds it is."""
    chunks, at, frames = [], 12, 0
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
        frames += kind == b"ANMF"
        if kind in _WEBP_KEPT:
            chunks.append(chunk.ljust(8 + padded, b"\x00"))
        at += 8 + padded
    check_rest(content[end:])
    check_pixels(*size, frames or 1)
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


def _gif(content: bytes) -> Sniffed:
    """Walk the blocks to the trailer; comments and applications' own blocks are left out."""
    width, height, flags = struct.unpack("<HHB", content[6:11])
    at, frames = 13 + _gif_colours(flags), 0
    kept = [content[:at]]
    while (introducer := content[at]) != 0x3B:
        if introducer == 0x2C:
            frames += 1
            end = _gif_data_end(content, at + 11 + _gif_colours(content[at + 9]))
            shown = True
        elif introducer == 0x21:
            label = content[at + 1]
            end = _gif_data_end(content, at + 2)
            loops = content[at + 3 : at + 14] in {b"NETSCAPE2.0", b"ANIMEXTS1.0"}
            shown = label in {0xF9, 0x01} or (label == 0xFF and loops)
        else:
            raise ValueError("no block")
        if shown:
            kept.append(content[at:end])
        at = end
    check_rest(content[at + 1 :])
    check_pixels(width, height, frames)
    if not frames:
        raise ValueError("no picture")
    return Sniffed("image/gif", ".gif", "image", width, height, b"".join([*kept, b"\x3b"]))


def _gif_colours(flags: int) -> int:
    """Bytes of a table of colours."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _gif_data_end(content: bytes, at: int) -> int:
    """Where the chain of data blocks that begins here has ended."""
    while length := content[at]:
        at += 1 + length
    return at + 1


def _pdf(content: bytes) -> Sniffed:
    end = content.rfind(b"%%EOF")
    if end < 0:
        raise ValueError("cut off")
    end += len(b"%%EOF")
    check_rest(content[end:])
    return Sniffed("application/pdf", ".pdf", "file", None, None, content[:end] + b"\n")
