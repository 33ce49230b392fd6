"""Videos and 3D models by their bytes: MP4, WebM, GLB.

Nothing is decoded. A video keeps its length: what tells of place and camera is overwritten where
it stands, so that no offset in the file changes. `content` may be a map of a file on disk.
Sources: ISO 14496-12 (boxes), RFC 8794 and the WebM guidelines (EBML), glTF 2.0 (GLB).
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

import msgspec

from argosy.adapters.storage.files import Patch, refused

Bytes = bytes | mmap.mmap

_BRANDS = b"isom iso2 iso3 iso4 iso5 iso6 iso7 iso8 iso9 mp41 mp42 avc1 dash MSNV mmp4 hvc1 av01"
_MP4_BRANDS: Final = frozenset({b"M4V ", *_BRANDS.split()})
_MP4_PRIVATE: Final = frozenset({b"udta", b"meta", b"uuid"})
_MAX_BRANDS: Final = 1024
_MAX_BOXES: Final = 200_000
_MAX_JSON: Final = 16 * 1024 * 1024

_EBML, _DOC_TYPE, _SEGMENT = 0x1A45DFA3, 0x4282, 0x18538067
_CLUSTER, _TRACKS, _TRACK, _VIDEO = 0x1F43B675, 0x1654AE6B, 0xAE, 0xE0
_WIDTH, _HEIGHT, _TAGS, _ATTACHMENTS = 0xB0, 0xBA, 0x1254C367, 0x1941A469
_VOID: Final = 0xEC


class Film(NamedTuple):
    """A video or model, and what to overwrite of it."""

    content_type: str
    suffix: str
    kind: Literal["video", "model"]
    width: int | None
    height: int | None
    patches: list[Patch]


def recognised_film(content: Bytes) -> Film | None:
    """The video or model; None when it is none. Raises MediaRefused; IndexError, ValueError or
    struct.error when it is damaged.
    """
    if content[4:8] == b"ftyp":
        return _mp4(content)
    if content[:4] == b"\x1a\x45\xdf\xa3":
        return _webm(content)
    if content[:4] == b"glTF":
        return _glb(content)
    return None


# --- MP4 -----------------------------------------------------------------------------------------


class _Box(NamedTuple):
    kind: bytes
    at: int
    body: int
    end: int


def _mp4(content: Bytes) -> Film:
    [first] = struct.unpack(">I", content[0:4])
    if not 16 <= first <= _MAX_BRANDS:
        raise ValueError("no brands")
    brands = [bytes(content[8:12]), *(bytes(content[n : n + 4]) for n in range(16, first, 4))]
    if not _MP4_BRANDS.intersection(brands):
        raise refused("The video is not an MP4.", "Export it as MP4 (H.264 and AAC) or WebM.")
    patches: list[Patch] = []
    sides: list[tuple[int, int]] = []
    kinds = set()
    for box in _boxes(content, 0, len(content)):
        kinds.add(box.kind)
        if box.kind in _MP4_PRIVATE:
            patches += _emptied(box)
        if box.kind == b"moov":
            _look_into(content, box, patches, sides)
    if b"moov" not in kinds or not kinds & {b"mdat", b"moof"}:
        raise ValueError("no film")
    width, height = max(sides, default=(0, 0))
    return Film("video/mp4", ".mp4", "video", width or None, height or None, patches)


def _look_into(
    content: Bytes, box: _Box, patches: list[Patch], sides: list[tuple[int, int]]
) -> None:
    for inner in _boxes(content, box.body, box.end):
        if inner.kind in _MP4_PRIVATE:
            patches += _emptied(inner)
        elif inner.kind == b"trak" and box.kind == b"moov":
            _look_into(content, inner, patches, sides)
        elif inner.kind == b"tkhd":
            width, height = struct.unpack(">II", content[inner.end - 8 : inner.end])
            sides.append((width >> 16, height >> 16))


def _boxes(content: Bytes, at: int, end: int) -> Iterator[_Box]:
    for _ in range(_MAX_BOXES):
        if at == end:
            return
        size, kind = struct.unpack(">I4s", content[at : at + 8])
        body = at + 8
        if size == 1:
            [size] = struct.unpack(">Q", content[body : body + 8])
            body += 8
        stop = end if size == 0 else at + size
        if stop < body or stop > end:
            raise ValueError("box cut off")
        yield _Box(kind, at, body, stop)
        at = stop
    raise ValueError("too many boxes")


def _emptied(box: _Box) -> list[Patch]:
    return [Patch(box.at + 4, b"free"), Patch(box.body, bytes(box.end - box.body))]


# --- WebM ----------------------------------------------------------------------------------------


class _Element(NamedTuple):
    id: int
    at: int
    body: int
    end: int | None  # None: of unknown size, as recordings that were not finished have it


def _webm(content: Bytes) -> Film:
    head = _element(content, 0)
    assert head.end is not None
    kinds = [e for e in _elements(content, head.body, head.end) if e.id == _DOC_TYPE]
    if not kinds or bytes(content[kinds[0].body : kinds[0].end]).rstrip(b"\0") != b"webm":
        raise refused("The video is not a WebM.", "Export it as MP4 (H.264 and AAC) or WebM.")
    segment = _element(content, head.end)
    if segment.id != _SEGMENT:
        raise ValueError("no film")
    end = len(content) if segment.end is None else segment.end
    if end != len(content):
        raise ValueError("cut off, or more than one film")
    patches: list[Patch] = []
    size: tuple[int | None, int | None] = (None, None)
    for element in _elements(content, segment.body, end):
        if element.end is None:
            continue
        if element.id in {_TAGS, _ATTACHMENTS}:
            patches.append(Patch(element.at, _void(element.end - element.at)))
        if element.id == _TRACKS:
            size = _webm_size(content, element)
    return Film("video/webm", ".webm", "video", *size, patches)


def _webm_size(content: Bytes, tracks: _Element) -> tuple[int | None, int | None]:
    assert tracks.end is not None
    for track in _elements(content, tracks.body, tracks.end):
        if track.id != _TRACK or track.end is None:
            continue
        for part in _elements(content, track.body, track.end):
            if part.id == _VIDEO and part.end is not None:
                sides = {
                    e.id: int.from_bytes(content[e.body : e.end], "big")
                    for e in _elements(content, part.body, part.end)
                    if e.id in {_WIDTH, _HEIGHT}
                }
                return sides.get(_WIDTH), sides.get(_HEIGHT)
    return None, None


def _elements(content: Bytes, at: int, end: int) -> Iterator[_Element]:
    """Those that stand here. Of one whose size is unknown, the contents follow as if beside it."""
    for _ in range(_MAX_BOXES):
        if at >= end:
            return
        element = _element(content, at)
        if element.end is None and element.id != _CLUSTER:
            raise ValueError("size unknown")
        if element.end is not None and element.end > end:
            raise ValueError("element cut off")
        yield element
        at = element.body if element.end is None else element.end
    raise ValueError("too many elements")


def _element(content: Bytes, at: int) -> _Element:
    id_length = 9 - content[at].bit_length()
    if id_length > 4:
        raise ValueError("no element")
    ident = int.from_bytes(content[at : at + id_length], "big")
    size_at = at + id_length
    length = 9 - content[size_at].bit_length()
    if length > 8:
        raise ValueError("no size")
    size = int.from_bytes(content[size_at : size_at + length], "big") - (1 << 7 * length)
    body = size_at + length
    unknown = size == (1 << 7 * length) - 1
    return _Element(ident, at, body, None if unknown else body + size)


def _void(length: int) -> bytes:
    """An element that says nothing, of this length (at least 9, which these elements have)."""
    if length < 9:
        return bytes([_VOID, 0x80 | length - 2]) + bytes(length - 2)
    return bytes([_VOID, 0x01]) + (length - 9).to_bytes(7, "big") + bytes(length - 9)


# --- GLB -----------------------------------------------------------------------------------------


class _Source(msgspec.Struct):
    uri: str | None = None


class _Model(msgspec.Struct):
    buffers: list[_Source] = []
    images: list[_Source] = []


def _glb(content: Bytes) -> Film:
    version, length, size, kind = struct.unpack("<IIII", content[4:20])
    if version != 2 or kind != 0x4E4F534A:
        raise refused("The model is not glTF 2.0.", "Export it as GLB, glTF 2.0.")
    if length != len(content) or size > min(_MAX_JSON, length - 20):
        raise ValueError("cut off, or more than one file")
    try:
        model = msgspec.json.decode(bytes(content[20 : 20 + size]), type=_Model)
    except msgspec.DecodeError as error:
        raise ValueError("not JSON") from error
    if any(s.uri and not s.uri.startswith("data:") for s in (*model.buffers, *model.images)):
        raise refused(
            "The model refers to other files.", "Export it as one GLB with everything embedded."
        )
    return Film("model/gltf-binary", ".glb", "model", None, None, [])
