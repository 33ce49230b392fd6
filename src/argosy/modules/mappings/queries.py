"""Read saved mappings."""

from __future__ import annotations

from argosy.modules.mappings import store
from argosy.modules.mappings.errors import MappingNotFound
from argosy.modules.mappings.types import SavedMapping
from argosy.runtime.db import Tx


async def mapping_by_code(tx: Tx, code: str, *, version: int | None = None) -> SavedMapping:
    """A mapping in its newest version, or in that one. Raises MappingNotFound."""
    found = None if "\x00" in code else await store.mapping_by_code(tx, code, version)
    if found is None:
        raise MappingNotFound(f"There is no mapping {code[:80]!r}.", field="mapping")
    return found


async def list_mappings(tx: Tx, *, after: str | None = None, limit: int) -> list[SavedMapping]:
    """Mappings in their newest version, by code."""
    return await store.mapping_page(tx, after or "", limit)


async def versions_of(
    tx: Tx, code: str, *, before: int | None = None, limit: int
) -> list[SavedMapping]:
    """The versions of a mapping, the newest first, from below `before`. Raises MappingNotFound."""
    await mapping_by_code(tx, code)
    return await store.version_page(tx, code, before, limit)
