"""Read redirects and names."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from argosy.modules.paths import store
from argosy.modules.paths.errors import RedirectNotFound
from argosy.modules.paths.types import Kind, Name, Redirect
from argosy.runtime.db import Tx

_FIRST = ("", UUID(int=0), "")


async def redirect_by_id(tx: Tx, redirect_id: UUID) -> Redirect:
    """One redirect. Raises RedirectNotFound."""
    found = await store.redirect_by_id(tx, redirect_id)
    if found is None:
        raise RedirectNotFound("There is no such redirect.")
    return found


async def list_redirects(
    tx: Tx,
    *,
    prefix: str | None = None,
    channel_id: UUID | None = None,
    locale: str | None = None,
    after: tuple[str, UUID, str] | None = None,
    limit: int,
) -> list[Redirect]:
    """Redirects by path, channel and locale; `prefix` is the beginning of their paths."""
    return await store.redirect_page(
        tx,
        prefix=prefix,
        channel_id=channel_id,
        locale=locale,
        after=after or _FIRST,
        limit=limit,
    )


async def redirects_after(tx: Tx, after: Redirect | None, limit: int) -> list[Redirect]:
    """All redirects in order, batch by batch: the spine of an export."""
    place = None if after is None else (after.path, after.scope.channel_id, after.scope.locale)
    return await list_redirects(tx, after=place, limit=limit)


async def names_of(tx: Tx, entity_id: UUID) -> list[Name]:
    """Names that a thing has, then those it had, in channels and languages of its own."""
    return await store.names_of(tx, entity_id)


async def present_names(tx: Tx, kind: Kind, ids: Sequence[UUID]) -> dict[UUID, list[Name]]:
    """By thing, the names that it has now in channels and languages of its own. One statement."""
    found: dict[UUID, list[Name]] = {}
    for name in await store.present_names(tx, kind, ids):
        found.setdefault(name.thing.id, []).append(name)
    return found
