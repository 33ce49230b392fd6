"""No list, page or answer reads more of the database when the shop has grown to four times its size.

Every GET of the API and every page, found from the routes, is asked in a shop of some dozens of
products and orders and of one product of very many variants, and again when all of that is four
times as much, copied by SQL. What each statement returns, and what PostgreSQL goes through for it
(`explain (analyze)`, with sequential scans off where an index serves), must stay.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import msgspec
import pytest
from litestar.handlers import HTTPRouteHandler
from tests.web.edge.whole_shop import BASE, PASSWORD, WholeShop, filled
from tests.workflows.big_product import add_big
from tests.workflows.till import Till, open_till

from argosy.drill.clock import MovableClock
from argosy.entry import bench_large
from argosy.kernel.ids import encode
from argosy.runtime.cache import Cache
from argosy.runtime.db import Database, Tx
from argosy.web.app import collect_pages, collect_routes, create_app
from argosy.web.openapi import build_document
from argosy.workflows import projecting, searching

COPIES, BIG = 30, 520
GROWN = 4
_READS = re.compile(r"\s*(--[^\n]*\n\s*)*(select|with)\b", re.IGNORECASE)
_WRITES = re.compile(r"\b(insert|update|delete|nextval|pg_notify|pg_advisory)\b", re.IGNORECASE)


class Read(msgspec.Struct):
    """What one statement was asked for in one request: rows that came, rows that were gone
    through.
    """

    came: int = 0
    seen: int = 0


class Ledger:
    """What requests read: by request and statement."""

    def __init__(self) -> None:
        self.reads: dict[str, dict[str, Read]] = {}
        self.status: dict[str, int] = {}
        self.current = ""

    def note(self, statement: str, came: int, seen: int) -> None:
        read = self.reads.setdefault(self.current, {}).setdefault(statement, Read())
        read.came += came
        read.seen += seen


def _seen(plan: dict[str, Any]) -> int:
    """Rows of tables that a plan goes through."""
    own = 0
    if "Relation Name" in plan:
        each = plan["Actual Rows"]
        each += plan.get("Rows Removed by Filter", 0)
        each += plan.get("Rows Removed by Index Recheck", 0)
        own = round(each * plan["Actual Loops"])
    return own + sum(_seen(part) for part in plan.get("Plans", ()))


@contextmanager
def watched(ledger: Ledger) -> Iterator[None]:
    """Let each statement that only reads be explained where it is sent."""
    fetch = Tx.many, Tx.maybe

    async def explained(tx: Tx, statement: Any, asked: tuple[object, ...]) -> int:
        if not _READS.match(statement.sql) or _WRITES.search(statement.sql):
            return 0
        sql = f"explain (analyze, timing off, format json) {statement.sql}"
        found = await tx._connection.fetchval(sql, *asked)
        return _seen(msgspec.json.decode(found)[0]["Plan"])

    async def many(tx: Tx, statement: Any, *asked: object) -> Any:
        seen = await explained(tx, statement, asked)
        rows = await fetch[0](tx, statement, *asked)
        ledger.note(statement.name, len(rows), seen)
        return rows

    async def maybe(tx: Tx, statement: Any, *asked: object) -> Any:
        seen = await explained(tx, statement, asked)
        row = await fetch[1](tx, statement, *asked)
        ledger.note(statement.name, row is not None, seen)
        return row

    with patch.object(Tx, "many", many), patch.object(Tx, "maybe", maybe):
        yield


def api_paths() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Path and query parameters of every GET of the API."""
    for path, item in build_document([*collect_routes()])["paths"].items():
        if "get" in item:
            asked = item["get"].get("parameters", [])
            yield path, [p for p in asked if p["in"] == "query"]


def page_paths() -> Iterator[str]:
    """Every page, and what else is fetched beside them."""
    for handler in collect_pages():
        if isinstance(handler, HTTPRouteHandler) and "GET" in handler.http_methods:
            yield from (re.sub(r":\w+}", "}", path) for path in handler.paths)


@pytest.fixture
async def till(
    db: Database, database_url: str, clock: MovableClock, tmp_path: Path
) -> AsyncIterator[Till]:
    name = await db.pool.fetchval("select current_database()")
    await db.pool.execute(f"alter database {name} set enable_seqscan = off")
    await db.pool.expire_connections()
    async with open_till(db, database_url, clock, tmp_path) as opened:
        yield opened


class Growing:
    """The shop, that grows by copies of what it began with."""

    def __init__(self, till: Till) -> None:
        self.till = till
        self.copies = 0
        self.variants = 0

    async def begin(self) -> None:
        await self.till.db.pool.execute(bench_large._PREPARE.replace("$sample", "10"))
        self.big = await add_big(self.till, variants=1)

    async def grow(self, copies: int, variants: int) -> None:
        """Have this many copies of everything, and variants of the big product."""
        async with self.till.db.pool.acquire() as connection:
            for family in bench_large._CATALOGUE, bench_large._ORDERS:
                ordered = family is bench_large._ORDERS
                for one in family:
                    sql = await bench_large._statement(connection, one, 60_000, copies, ordered)
                    await connection.execute(sql, self.copies + 1, copies)
            channel = self.till.channel
            await connection.execute(
                _MORE_VARIANTS, self.big, variants, channel.price_list_id, channel.locations[0]
            )
            await connection.execute("analyze")
        self.copies, self.variants = copies, variants
        await projecting.rebuild(self.till.app)
        await searching.follow(self.till.app)


# As `add_big` makes them, from the first that is missing on.
_MORE_VARIANTS = """
with made as (
  insert into catalog.variant (id, product_id, sku, options, title, position, created_at, updated_at)
  select ('018f0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, $1, 'BIG-' || n,
         jsonb_build_object('Colour', 'colour ' || n / 400, 'Size', (30 + n / 20 % 20)::text,
                            'Length', n % 20 || ' cm'), '', n, now(), now()
    from generate_series((select count(*) from catalog.variant where product_id = $1), $2 - 1) as n
  returning id, position
), priced as (
  insert into pricing.price (id, price_list_id, variant_id, amount_minor, updated_at)
  select id, $3, id, 1000 + position / 400, now() from made
)
insert into inventory.level (variant_id, location_id, on_hand) select id, $4, 20 from made
"""


async def ask(till: Till, shop: WholeShop, database_url: str) -> Ledger:
    """Ask for everything, of an application that remembers nothing."""
    ledger = Ledger()
    cache = Cache(clock=till.db.clock)
    app = create_app(dataclasses.replace(till.app, cache=cache))
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        desk = {"accept": "text/html", "sec-fetch-site": "same-origin"}
        signed = await client.post(
            "/admin/sign-in", data={"email": "olga@example.com", "password": PASSWORD}, headers=desk
        )
        print(signed.status_code, signed.headers.get("location"))
        with watched(ledger):
            for path, query in api_paths():
                token = shop.keys["owner"] if path.startswith("/admin/") else shop.shoppers[0]
                url = re.sub("{([^}]*)}", lambda n: shop.id_for(path, n[1]) or "x", path)
                params = {}
                for one in query:
                    if one.get("required"):
                        params[one["name"]] = shop.id_for(path, one["name"]) or "x"
                    if one["name"] == "limit":
                        params["limit"] = "5"
                ledger.current = f"GET {path}"
                answer = await client.get(
                    url, params=params, headers=shop.credentials(path, "GET", token)
                )
                ledger.status[ledger.current] = answer.status_code
            for path in page_paths():
                url = re.sub("{([^}]*)}", lambda n: shop.id_for(path, n[1]) or "x", path)
                ledger.current = f"page {path}"
                answer = await client.get(url, headers=desk)
                ledger.status[ledger.current] = answer.status_code
    return ledger


async def test_nothing_reads_more_of_a_larger_shop(
    till: Till, database_url: str, clock: MovableClock
) -> None:
    import time
    t=time.time()
    transport = httpx.ASGITransport(create_app(till.app))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        shop = await filled(till, client)
    print('filled', time.time()-t)
    growing = Growing(till)
    await growing.begin()
    await growing.grow(COPIES, BIG)
    print('grown', time.time()-t)
    shop.known |= {"product_id": encode("product", growing.big), "slug": "big"}
    small = await ask(till, shop, database_url)
    print('asked', time.time()-t)
    await growing.grow(GROWN * COPIES, GROWN * BIG)
    print('grown', time.time()-t)
    large = await ask(till, shop, database_url)
    print('asked', time.time()-t)
    for path, reads in large.reads.items():
        for name, read in reads.items():
            before = small.reads.get(path, {}).get(name, Read())
            if read.came > 1.5 * before.came + 10 or read.seen > 1.5 * before.seen + 20:
                print("GROWS", path, name, before, read)
    for path, status in large.status.items():
        if status != 200 : print(status, small.status[path], path)
