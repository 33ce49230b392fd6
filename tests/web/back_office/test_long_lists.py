"""Lists of which a filter fits little: looked through in parts, whole over their pages."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import asyncpg
import pytest
from tests.sandbox import sandbox, sandbox_url
from tests.web.back_office.conftest import at_desk
from tests.web.back_office.test_orders import paid, shop
from tests.web.back_office.test_products import a_product
from tests.web.identity.making import Shop
from tests.workflows.paid_orders import PaidShop

from argosy.drill.clock import MovableClock
from argosy.kernel import paging
from argosy.modules.catalog.store import listing
from argosy.modules.staff import SCOPES

__all__ = ["paid", "sandbox", "sandbox_url", "shop"]

_READS = sorted(scope for scope in SCOPES if scope.endswith(":read"))


async def test_P1_a_filter_that_fits_little_is_looked_for_in_parts_and_no_row_is_lost(
    shop: Shop,
    paid: PaidShop,
    clock: MovableClock,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = await at_desk(shop, "owner")
    oldest = await paid.paid(capture="automatic")
    await paid.moved(oldest, "refund", 100)
    for n in range(6):
        clock.advance(seconds=60)
        await a_product(desk, f"Hat {n}", f"HAT-{n}")
        await paid.paid(capture="automatic" if n == 1 else "manual")
    await _archive_all_but_the_last_and_stock(database_url)
    token = await shop.secret_key(*_READS)

    async def whole(path: str, key: str, pages: list[int] | None = None) -> list[Any]:
        found: list[Any] = []
        cursor: str | None = ""
        while cursor is not None:
            at = f"{path}{'&' if '?' in path else '?'}limit=2"
            answer = await shop.send("GET", at + (cursor and f"&cursor={cursor}"), token=token)
            assert answer.status_code == 200, answer.text
            rows = answer.json()["items"]
            if pages is not None:
                pages.append(len(rows))
            found += [row[key] for row in rows]
            cursor = answer.json()["next_cursor"]
            if path.startswith("/admin/v1/events") and not rows and cursor in seen:
                return found  # the feed has no end: its last cursor stays where it is
            seen.add(cursor)
        return found

    other = "chn_01kafe00000000000000000000"
    lists = {
        ("/admin/v1/orders", "id"): 7,
        ("/admin/v1/orders?payment_status=paid", "id"): 1,
        ("/admin/v1/orders?queue=to_fulfil&payment_status=paid", "id"): 1,
        ("/admin/v1/orders?payment_status=partially_refunded", "id"): 1,
        ("/admin/v1/orders?fulfilment_status=fulfilled", "id"): 0,
        (f"/admin/v1/orders?sort=total&channel_id={other}", "id"): 0,
        ("/admin/v1/payments?state=captured", "id"): 1,
        ("/admin/v1/payments?state=partially_refunded", "id"): 1,
        ("/admin/v1/payments?gateway=other", "id"): 0,
        ("/admin/v1/ledger/transactions?kind=refunded", "id"): 1,
        ("/admin/v1/products?q=hat", "title"): 6,
        ("/admin/v1/products?q=hat-0", "title"): 1,
        ("/admin/v1/products?sort=title&status=draft", "title"): 1,
        ("/admin/v1/products?sort=updated&status=draft", "title"): 1,
        ("/admin/v1/stock-levels?standing=low", "sku"): 1,
        ("/admin/v1/events?types=argosy.payments.payment_refunded.v1", "id"): 1,
    }
    seen: set[str | None] = set()
    at_once = {at: await whole(*at) for at in lists}
    assert {at: len(rows) for at, rows in at_once.items()} == lists
    monkeypatch.setattr(paging, "LOOK", 2)
    monkeypatch.setattr(listing, "WIDE", 1)
    thin = 0
    for at, rows in at_once.items():
        seen, pages = set(), list[int]()
        assert await whole(*at, pages) == rows, at
        thin += any(count < 2 for count in pages[:-1])
    assert thin >= 10, "most of them were read over pages that hold little or nothing"
    # The page of people says so, and leads on; the file has it all.
    path, steps = "/admin/payments?state=captured", 0
    while "row-link" not in (page := (await desk.get(path)).text):
        assert "Nothing in this part of the list fits these filters." in page
        further = re.search(r'<a href="([^"]+)" rel="next" data-next>Look further', page)
        assert further is not None
        path, steps = unescape(further[1]), steps + 1
    assert steps >= 1
    file = (await desk.get("/admin/payments.csv?state=captured")).text
    assert len(file.splitlines()) == 2
    everything = (await desk.get("/admin/payments.csv")).text
    assert len(everything.splitlines()) == 8


async def _archive_all_but_the_last_and_stock(database_url: str) -> None:
    """One draft of six, and of twelve levels the last one low."""
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "update catalog.product set status = 'archived'"
        " where id <> (select id from catalog.product order by title desc limit 1)"
    )
    await connection.execute(
        """insert into inventory.location (id, code, name, country, created_at, updated_at)
           select gen_random_uuid(), name, name, 'DE', now(), now()
             from unnest(array['one', 'two']) name;
           insert into inventory.level (variant_id, location_id, on_hand)
           select v.id, l.id, 9 from catalog.variant v cross join inventory.location l;
           update inventory.level set on_hand = 1 where (variant_id, location_id) =
             (select variant_id, location_id from inventory.level
               order by variant_id desc, location_id desc limit 1)"""
    )
    await connection.close()
