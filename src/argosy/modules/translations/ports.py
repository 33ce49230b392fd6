"""What a file of translations must be turned into."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Protocol

import msgspec

RowState = Literal["", "draft", "approved", "stale"]


class TranslationRow(msgspec.Struct, frozen=True, kw_only=True):
    """One text of a file. `entity` is a public id, the code of an attribute or the name of an
    option. `source` is the text that was translated; None where the file does not tell.

    `stale`: it was of an older text when the file was written. An empty `value` says nothing.
    """

    row: int
    kind: str
    entity: str
    field: str
    locale: str
    value: str
    source: str | None = None
    state: RowState = ""
    name: str = ""


class TranslationFault(msgspec.Struct, frozen=True, kw_only=True):
    """What was not taken of a file: where, and why."""

    row: int
    column: str
    reason: str


class TranslationSource(Protocol):
    """A file of translations, read as a stream."""

    def rows(self) -> Iterator[TranslationRow | TranslationFault]:
        """Each text of the file once: as a translation, or as a fault that says why it is none."""
        ...
