"""The process that decodes pictures: orders come in by the standard input, drawings go out.

It holds nothing of the shop: no database, no secrets, no network. Its memory is bounded, so that a
picture that asks for more ends this process and nothing else; it gives way to everybody else.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
from typing import BinaryIO

import msgspec

from argosy.adapters.imaging.drawing import draw
from argosy.adapters.imaging.wire import HEADER_BYTES, Order, framed

MEMORY_BYTES = 3 << 30
NICENESS = 19


def main() -> None:
    """Draw until the input ends."""
    # Programs that print must not write into the answers.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with contextlib.suppress(ValueError, OSError):  # macOS knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICENESS)
    decoder = msgspec.msgpack.Decoder(Order)
    while (body := _received(sys.stdin.buffer)) is not None:
        output.write(framed(draw(decoder.decode(body))))
        output.flush()


def _received(source: BinaryIO) -> bytes | None:
    header = source.read(HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        return None
    return source.read(int.from_bytes(header, "big"))


if __name__ == "__main__":
    main()
