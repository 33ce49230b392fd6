"""Read views."""

from __future__ import annotations

from uuid import UUID

from argosy.modules.views import store
from argosy.modules.views.types import View
from argosy.runtime.db import Tx


async def views_of(tx: Tx, member_id: UUID, place: str | None = None) -> list[View]:
    """A person's views by list and name, of one list or of all. One statement."""
    return await store.views_of(tx, member_id, place)
