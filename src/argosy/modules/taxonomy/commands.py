"""Load the categories of others, and say which of ours are what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal
from uuid import UUID

from argosy.modules.taxonomy import store
from argosy.modules.taxonomy.errors import NodeInUse
from argosy.modules.taxonomy.events import MappingChanged
from argosy.modules.taxonomy.types import System
from argosy.runtime.db import Tx

BATCH: Final = 1000


async def load_nodes(tx: Tx, system: System, nodes: Sequence[tuple[str, str]]) -> int:
    """Have these nodes as (code, path); how many that changed. A repeat changes nothing."""
    return await store.save_nodes(tx, system, nodes) if nodes else 0


async def drop_unlisted(tx: Tx, system: System, codes: Sequence[str]) -> int:
    """Remove nodes that a new version has no longer; how many. Raises NodeInUse."""
    used = await store.unlisted_in_use(tx, system, codes)
    if used:
        raise NodeInUse("Something is mapped to codes that the file lacks.", codes=used)
    return await store.drop_unlisted(tx, system, codes)


async def map_thing(
    tx: Tx, entity_id: UUID, kind: Literal["product", "category"], system: System, code: str
) -> bool:
    """Say what a product or category is; whether that was a change. Raises NodeUnknown."""
    changed = await store.map_thing(tx, entity_id, kind, system, code)
    if changed:
        tx.emit(MappingChanged(entity_id=entity_id, entity=kind, system=system, node=code))
    return changed


async def clear_mapping(tx: Tx, entity_id: UUID, system: System) -> bool:
    """The thing is what its category is again; whether it was mapped itself."""
    kind = await store.clear_mapping(tx, entity_id, system)
    if kind is not None:
        tx.emit(MappingChanged(entity_id=entity_id, entity=kind, system=system, node=None))
    return kind is not None


async def forget_things(tx: Tx, ids: Sequence[UUID]) -> None:
    """Deleted products and categories are nothing any more. A repeat does nothing."""
    await store.forget_things(tx, ids)
