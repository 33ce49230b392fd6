"""What a file of redirects must be turned into."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Protocol

import msgspec


class RedirectRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a file: `to` is an id, a path or an https address, empty when `answer` is gone.
    `channel` is a code; empty channel and locale mean all.
    """

    row: int
    path: str
    to: str = ""
    channel: str = ""
    locale: str = ""
    answer: Literal["moved", "gone"] = "moved"


class RedirectFault(msgspec.Struct, frozen=True, kw_only=True):
    """What was not taken of a file: where, and why."""

    row: int
    column: str
    reason: str


class RedirectSource(Protocol):
    """A file of redirects, read as a stream."""

    def rows(self) -> Iterator[RedirectRow | RedirectFault]:
        """Each line of the file once: as a redirect, or as a fault that says why it is none."""
        ...
