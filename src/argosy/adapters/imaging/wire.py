"""What the studio and its child say to each other: a length, then a message in MessagePack."""

from __future__ import annotations

import msgspec

HEADER_BYTES = 4
MAX_MESSAGE = 256 * 1024 * 1024


class Wanted(msgspec.Struct, frozen=True, array_like=True):
    """A box of the picture (left, upper, right, lower) to scale and encode."""

    box: tuple[int, int, int, int]
    width: int
    height: int
    format: str


class Order(msgspec.Struct, frozen=True, array_like=True):
    """A picture and what to draw of it."""

    content: bytes
    wanted: tuple[Wanted, ...] = ()


class Drawn(msgspec.Struct, frozen=True, array_like=True):
    """What came of it. With a `fault`, nothing else is meant."""

    fault: str = ""
    width: int = 0
    height: int = 0
    frames: int = 1
    colour: str = ""
    blurhash: str = ""
    likeness: int = 0
    files: tuple[bytes, ...] = ()


def framed(message: Order | Drawn) -> bytes:
    """The message as it goes through a pipe."""
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(HEADER_BYTES, "big") + body
