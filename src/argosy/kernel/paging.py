"""Keyset paging: a cursor carries the sort tuple of the last row and a hash of the filters.

DOMAIN.md P1: inserts between two pages neither repeat nor skip a row, and a cursor made for one
set of filters is refused with another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import Generic, TypeVar

import msgspec

from argosy.kernel.errors import Invalid

MAX_PAGE = 100
DEFAULT_PAGE = 24
LOOK = 5_000
"""How many rows a list looks through for a page of those that its filters let in. A filter that no
index serves may fit one row in a million; then the page holds what was found, maybe nothing, and
its cursor leads on from where the look ended.
"""

T = TypeVar("T")


class CursorInvalid(Invalid):
    """A paging cursor is damaged or belongs to a list with other filters or sorting.

    Start again from the first page (leave `cursor` out), and pass on each `next_cursor` unchanged
    with the same filters and sorting.
    """

    code = "paging.cursor_invalid"
    usual_cure = "Start again from the first page, without `cursor`."


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list. `next_cursor` is None on the last page.

    A page before the last may hold fewer items than were asked for, or none (see `LOOK`).
    """

    items: Sequence[T]
    next_cursor: str | None = None


def encode_cursor(keys: Sequence[str | int | None], filters: str = "") -> str:
    """An opaque cursor for the row with these sort keys (the last of which is unique)."""
    raw = msgspec.json.encode([_digest(filters), *keys])
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def decode_cursor(cursor: str, filters: str = "", *, length: int) -> list[str | int | None]:
    """The sort keys in a cursor. Raises CursorInvalid if damaged or made for other filters."""
    try:
        raw = base64.b64decode(
            cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True
        )
        parts = msgspec.json.decode(raw, type=list[str | int | None])
    except (binascii.Error, UnicodeEncodeError, msgspec.DecodeError):
        parts = []
    if len(parts) != length + 1 or parts[0] != _digest(filters) or not all(map(_storable, parts)):
        raise CursorInvalid(
            "This cursor does not belong to this list.",
            field="cursor",
            cure="Leave it out to start from the first page.",
        )
    return parts[1:]


def _storable(key: str | int | None) -> bool:
    """Whether the database could hold it: whoever makes up a cursor may write anything."""
    if isinstance(key, str):
        return "\x00" not in key
    return key is None or -(2**63) <= key < 2**63


def _digest(filters: str) -> str:
    return hashlib.blake2b(filters.encode(), digest_size=6).hexdigest()
