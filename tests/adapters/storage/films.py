"""The smallest videos and models that are whole in their structure."""

from __future__ import annotations

import json
import struct
from typing import Any


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


def mp4(*, brand: bytes = b"isom", place: bytes = b"", film: bool = True) -> bytes:
    """An MP4 of 640 by 360 whose metadata tells a place, as phones write it."""
    track = _box(b"tkhd", bytes(76) + struct.pack(">II", 640 << 16, 360 << 16))
    private = _box(b"udta", _box(b"\xa9xyz", place)) + _box(b"meta", place) if place else b""
    moov = _box(b"moov", _box(b"mvhd", bytes(100)) + _box(b"trak", track + private) + private)
    head = _box(b"ftyp", brand + bytes(4))
    return head + moov + (_box(b"mdat", b"FRAMES") if film else b"") + private


def _element(ident: int, body: bytes, *, unknown: bool = False) -> bytes:
    length = (ident.bit_length() + 7) // 8
    size = b"\x01" + (b"\xff" * 7 if unknown else len(body).to_bytes(7, "big"))
    return ident.to_bytes(length, "big") + size + body


def webm(*, kind: bytes = b"webm", tags: bytes = b"", open_cluster: bool = False) -> bytes:
    """A WebM of 320 by 180; with tags, or with a cluster of unknown size, as recorders write it."""
    video = _element(0xB0, (320).to_bytes(2, "big")) + _element(0xBA, (180).to_bytes(2, "big"))
    tracks = _element(0x1654AE6B, _element(0xAE, _element(0xE0, video)))
    private = _element(0x1254C367, _element(0x7373, tags)) if tags else b""
    cluster = _element(0x1F43B675, _element(0xA3, b"FRAMES"), unknown=open_cluster)
    head = _element(0x1A45DFA3, _element(0x4282, kind))
    segment = _element(0x18538067, tracks + private + cluster, unknown=open_cluster)
    return head + segment


def glb(**more: Any) -> bytes:
    """A model of nothing."""
    body = json.dumps({"asset": {"version": "2.0"}, **more}).encode()
    body += b" " * (-len(body) % 4)
    return b"glTF" + struct.pack("<IIII", 2, len(body) + 20, len(body), 0x4E4F534A) + body
