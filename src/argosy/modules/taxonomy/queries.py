"""Read the categories of others, and what ours are."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from argosy.modules.taxonomy import rules, store
from argosy.modules.taxonomy.errors import NodeUnknown
from argosy.modules.taxonomy.types import Mapping, Node, System
from argosy.runtime.db import Tx


async def count_nodes(tx: Tx, system: System) -> int:
    """How many nodes are loaded; 0 before the first load."""
    return await store.count_nodes(tx, system)


async def node_by_code(tx: Tx, system: System, code: str) -> Node:
    """One node. Raises NodeUnknown."""
    found = await store.node_by_code(tx, system, code)
    if found is None:
        raise NodeUnknown(f"There is no {code[:80]!r} in it.", field="code")
    return found


async def find_nodes(tx: Tx, system: System, text: str, limit: int) -> list[Node]:
    """Nodes whose names have any of the words of `text`, the likeliest first."""
    words = rules.words_of(text)
    return await store.find_nodes(tx, system, words, limit) if words else []


async def mappings_of(tx: Tx, ids: Collection[UUID]) -> list[Mapping]:
    """What these things are said to be themselves. One statement."""
    return await store.mappings_of(tx, sorted(ids))
