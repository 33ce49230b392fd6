"""Keep and forget views."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from argosy.kernel.ids import new_id
from argosy.modules.views import store
from argosy.modules.views.errors import TooManyViews, ViewNotFound
from argosy.modules.views.types import MAX_VIEWS, View
from argosy.runtime.db import Tx


async def keep_view(
    tx: Tx, member_id: UUID, place: str, name: str, filters: Mapping[str, str]
) -> View:
    """Keep a view; one of the same name has these filters from now on, so a repeat changes nothing.

    Raises TooManyViews.
    """
    if await store.count_others(tx, member_id, place, name) >= MAX_VIEWS:
        raise TooManyViews(f"You have {MAX_VIEWS} views of this list.", field="name")
    view = View(
        id=new_id(), member_id=member_id, place=place, name=name, filters=filters, made_at=tx.now
    )
    return await store.keep_view(tx, view)


async def forget_view(tx: Tx, member_id: UUID, view_id: UUID) -> View:
    """Remove a person's view, and say what it was. Raises ViewNotFound."""
    gone = await store.forget_view(tx, member_id, view_id)
    if gone is None:
        raise ViewNotFound("You have no such view.")
    return gone
