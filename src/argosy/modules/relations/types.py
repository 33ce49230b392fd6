"""Kinds of relations, and one of them."""

from __future__ import annotations

from typing import Final, Literal
from uuid import UUID

import msgspec

RelationKind = Literal["cross_sell", "up_sell", "accessory", "replacement"]
KINDS: Final[tuple[RelationKind, ...]] = ("cross_sell", "up_sell", "accessory", "replacement")
MAX_RELATED: Final = 50


class Relation(msgspec.Struct, frozen=True, kw_only=True):
    """`related_id` is shown beside `product_id`; lower positions first."""

    product_id: UUID
    kind: RelationKind
    related_id: UUID
    position: int
