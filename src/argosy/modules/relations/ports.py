"""What a file of relations must be turned into."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import msgspec

from argosy.modules.relations.types import RelationKind


class RelationRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a file; products are named by their slugs."""

    row: int
    product: str
    kind: RelationKind
    related: str
    position: int = 0
    both_ways: bool = False


class RelationFault(msgspec.Struct, frozen=True, kw_only=True):
    """What was not taken of a file: where, and why."""

    row: int
    column: str
    reason: str


class RelationSource(Protocol):
    """A file of relations, read as a stream."""

    def rows(self) -> Iterator[RelationRow | RelationFault]:
        """Each line of the file once: as a relation, or as a fault that says why it is none."""
        ...
