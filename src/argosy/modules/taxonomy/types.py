"""Product categories of others, and what of ours they stand for."""

from __future__ import annotations

from typing import Final, Literal
from uuid import UUID

import msgspec

System = Literal["google", "shopify"]
SYSTEMS: Final[tuple[System, ...]] = ("google", "shopify")


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A product category of others; `path` is its names from the root, joined by ` > `."""

    system: System
    code: str
    path: str


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """A product or category of ours is what the node says."""

    entity_id: UUID
    kind: Literal["product", "category"]
    node: Node
