"""Read import plans, their rows and their outliers, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from argosy.modules.imports import store
from argosy.modules.imports.errors import PlanNotFound
from argosy.modules.imports.types import (
    Decision,
    Definition,
    Outlier,
    OutlierGroup,
    Plan,
    Row,
    RowState,
    Work,
)
from argosy.runtime.db import Tx

_ROWS_AT_ONCE = 5_000


async def plan_by_id(tx: Tx, plan_id: UUID) -> Plan:
    """One plan. Raises PlanNotFound."""
    found = await store.plan_by_id(tx, plan_id)
    if found is None:
        raise PlanNotFound("There is no such import plan.")
    return found


async def list_plans(tx: Tx, *, after: tuple[datetime, UUID] | None, limit: int) -> list[Plan]:
    """Plans, newest first, from behind `after` (created_at, id)."""
    return await store.plan_page(tx, after, limit)


async def groups_of(tx: Tx, plan_id: UUID) -> list[OutlierGroup]:
    """The kinds of outliers of a plan, and who has acknowledged them."""
    return await store.groups_of(tx, plan_id)


async def rows_of(
    tx: Tx,
    plan_id: UUID,
    *,
    after: int = -1,
    decision: Decision | None = None,
    state: RowState | None = None,
    limit: int,
) -> list[Row]:
    """Rows of a plan in the order of the file, from behind the number `after`."""
    return await store.row_page(tx, plan_id, after, decision=decision, state=state, limit=limit)


async def outliers_of(
    tx: Tx, plan_id: UUID, name: str, *, after: int = -1, limit: int
) -> list[tuple[int, Outlier]]:
    """Outliers of one name, each with its number, from behind the number `after`."""
    return await store.outlier_page(tx, plan_id, name, after, limit)


async def definitions_of(tx: Tx, plan_id: UUID) -> list[Definition]:
    """What a revert has still to look at of attributes and categories, the deepest first."""
    return await store.definitions_of(tx, plan_id)


async def planned_work(tx: Tx, plan_id: UUID, limit: int) -> list[Work]:
    """The next rows that are to be written, at most `limit`, and fewer where they are large."""
    return await store.next_work(tx, plan_id, limit, applied=False)


async def applied_work(tx: Tx, plan_id: UUID, limit: int) -> list[Work]:
    """The last rows that were written and not taken back, as many as of `planned_work`."""
    return await store.next_work(tx, plan_id, limit, applied=True)


async def is_taken_back(tx: Tx, plan_id: UUID) -> bool:
    """Whether no row is left that a revert would have to look at."""
    return not await store.has_rows(tx, plan_id, "applied")


async def seen_products(tx: Tx, plan_id: UUID, product_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these products the file of the plan names."""
    return await store.seen_products(tx, plan_id, product_ids)


async def named_media(tx: Tx, refs: Sequence[str]) -> set[str]:
    """Which of these storage keys does a plan hold: in a record that is to be applied, in a product
    as it was, which a revert would put back, or in an attribute. Many short statements.
    """
    keys = [ref for ref in refs if "." in ref]  # ids of entries have none
    if not keys:
        return set()
    found = await store.named_in_definitions(tx, keys)
    after: tuple[UUID, int] | None = (UUID(int=0), -1)
    while after is not None:
        named, after = await store.named_media(tx, keys, after, _ROWS_AT_ONCE)
        found |= named
    return found
