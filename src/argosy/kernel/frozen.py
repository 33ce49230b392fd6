"""Documents that are written once and read as a whole, such as the quote of an order.

No query looks into them, so they need not be `jsonb`: parsing and compressing such a document costs
PostgreSQL several times of what compressing it here does.
"""

from __future__ import annotations

import zlib
from typing import Any

import msgspec

_LEVEL = 3  # as fast as level 1 for a few kilobytes, and smaller


def freeze(document: Any) -> bytes:
    """The document as compressed JSON."""
    return zlib.compress(msgspec.json.encode(document), _LEVEL)


def thaw(frozen: bytes) -> Any:
    """The document as plain JSON values. Raises zlib.error for bytes that `freeze` did not make."""
    return msgspec.json.decode(zlib.decompress(frozen))
