"""The only file of views that runs SQL; statements live in store.sql."""

from __future__ import annotations

from uuid import UUID

from argosy.modules.views.types import View
from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def views_of(tx: Tx, member_id: UUID, place: str | None) -> list[View]:
    """A person's views, of one list or of all."""
    return [View(**dict(row)) for row in await tx.many(SQL.views_of, member_id, place)]


async def count_others(tx: Tx, member_id: UUID, place: str, name: str) -> int:
    """How many views of the list the person has under other names."""
    count: int = (await tx.one(SQL.count_others, member_id, place, name))["views"]
    return count


async def keep_view(tx: Tx, view: View) -> View:
    """Write a view; one of the same name gets the new filters and keeps its id."""
    row = await tx.one(
        SQL.keep_view,
        view.id,
        view.member_id,
        view.place,
        view.name,
        dict(view.filters),
        view.made_at,
    )
    return View(**dict(row))


async def forget_view(tx: Tx, member_id: UUID, view_id: UUID) -> View | None:
    """Remove a person's view; None if they have none of that id."""
    row = await tx.maybe(SQL.forget_view, member_id, view_id)
    return None if row is None else View(**dict(row))
