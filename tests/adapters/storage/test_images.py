"""What a file is, how large, and what is taken out of it (DOMAIN.md E13)."""

from __future__ import annotations

import contextlib
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.adapters.storage import MediaRefused, sniffed
from argosy.demo import luma

GPS = b"GPS 48.1372 N 11.5756 E"


def png(width: int, height: int, *extra: tuple[bytes, bytes]) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [
        chunk(b"IHDR", header),
        *(chunk(*e) for e in extra),
        chunk(b"IDAT", b"x"),
        chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def jpeg(width: int, height: int, *, orientation: int | None = None) -> bytes:
    def segment(marker: int, data: bytes) -> bytes:
        return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data

    parts = [b"\xff\xd8", segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")]
    if orientation:
        entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
        tiff = b"II\x2a\x00" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0) + GPS
        parts.append(segment(0xE1, b"Exif\x00\x00" + tiff))
    parts.append(segment(0xFE, b"made at " + GPS))
    parts.append(segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"))
    parts.append(segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"scan data" + b"\xff\xd9")
    return b"".join(parts)


def webp_with(*extra: tuple[bytes, bytes]) -> bytes:
    extended = b"\x0c\x00\x00\x00" + (29).to_bytes(3, "little") + (19).to_bytes(3, "little")
    chunks = [(b"VP8X", extended), (b"VP8 ", b"pixels"), *extra]
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(data)) + data + b"\x00" * (len(data) & 1)
        for kind, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def test_E13_the_place_is_taken_out_of_a_photograph() -> None:
    found = sniffed(jpeg(40, 30, orientation=6))
    assert (found.content_type, found.width, found.height) == ("image/jpeg", 30, 40)
    assert GPS not in found.content
    assert found.content.endswith(b"scan data\xff\xd9")


def test_E13_how_to_turn_a_photograph_is_kept() -> None:
    cleaned = sniffed(jpeg(40, 30, orientation=6)).content
    assert struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0) in cleaned
    assert b"Exif" not in sniffed(jpeg(40, 30, orientation=1)).content


def test_E13_png_and_webp_lose_their_metadata_too() -> None:
    found = sniffed(png(5, 7, (b"tEXt", GPS), (b"eXIf", GPS)))
    assert (found.width, found.height) == (5, 7)
    assert GPS not in found.content
    packed = sniffed(webp_with((b"EXIF", GPS), (b"XMP ", GPS + b"!")))
    assert (packed.width, packed.height) == (30, 20)
    assert GPS not in packed.content
    assert packed.content[20] & 0b1100 == 0


def test_cleaning_is_done_once() -> None:
    for content in (
        jpeg(4, 3, orientation=8),
        png(4, 3, (b"tEXt", GPS)),
        webp_with((b"EXIF", GPS)),
    ):
        once = sniffed(content).content
        assert sniffed(once).content == once


def test_the_demo_photographs_pass_unchanged() -> None:
    for path in sorted((luma() / "images").glob("*.webp"))[:40]:
        found = sniffed(path.read_bytes())
        assert found.kind == "image"
        assert found.width
        assert found.width > 50


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><script>alert(1)</script>",
        b"MZ\x90\x00",
        b"",
        png(20_000, 10),
        png(10_000, 10_000),
        png(0, 5),
        jpeg(4, 3)[:40],
        webp_with()[:-3],
    ],
)
def test_E13_what_is_not_safe_to_show_is_refused(content: bytes) -> None:
    with pytest.raises(MediaRefused):
        sniffed(content)


@given(
    st.sampled_from([jpeg(4, 3, orientation=6), png(4, 3, (b"tEXt", GPS)), webp_with()]), st.data()
)
def test_E13_damaged_files_are_read_or_refused(content: bytes, data: st.DataObject) -> None:
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(damaged)))
    with contextlib.suppress(MediaRefused):
        sniffed(bytes(damaged[:cut]))
