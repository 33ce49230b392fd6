"""Pages of large categories are planned once, not at every call (issue: growth of the shop)."""

from __future__ import annotations

import pytest

from argosy.modules.projections.store import SQL
from argosy.runtime.db import Database

_FILL = """
insert into projections.product (channel_id, product_id, slot, revision, visible, slug, document,
                                 card, categories, facets, buyable, projected_at)
select '00000000-0000-0000-0000-000000000001', md5(n::text)::uuid, 0, 1, true, 's' || n, '{}', '{}',
       '{}', '{}', true, now()
from generate_series(1, 20000) n;
insert into projections.placement (category, product_id, slot, valid_from, valid_until, position,
                                   price_minor, listed_at, name_key, buyable)
select n % 5 + 1, md5(n::text)::uuid, 0, '-infinity', 'infinity', n, n * 7 % 1000,
       now() - n * interval '1 minute', 'n' || n, true
from generate_series(1, 20000) n;
analyze projections.product, projections.placement;
"""
_PAGES = (
    SQL.page_by_position,
    SQL.page_by_price_up,
    SQL.page_by_price_down,
    SQL.page_by_age,
    SQL.page_by_name,
)
_CHANNEL = "00000000-0000-0000-0000-000000000001"


@pytest.mark.parametrize("page", _PAGES, ids=[page.name for page in _PAGES])
async def test_P1_the_plan_of_a_page_is_kept_however_large_the_category(
    db: Database, page: object
) -> None:
    sql = page.sql  # type: ignore[attr-defined]
    async with db.pool.acquire() as connection:
        await connection.execute(_FILL)
        asked = (1, _CHANNEL, db.clock(), None, None)
        for limit in (25, 25, 101, 25, 5, 25, 25, 25):
            row = await connection.fetchrow(sql, *asked, limit, False, False)
            assert len(row["product_ids"]) == limit
        used = await connection.fetchrow(
            "select generic_plans, custom_plans from pg_prepared_statements where statement = $1",
            sql,
        )
        assert (used["custom_plans"], used["generic_plans"]) == (5, 3)
