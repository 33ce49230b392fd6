"""Nothing that is asked of a shop goes through more of its database than it shows.

Every GET of the API and every page, found from the routes, is asked in a shop of hundreds of
products and orders (copied by SQL) and of one product of thousands of variants. No statement may
return more rows than pages have, nor have PostgreSQL go through many more (`explain (analyze)`,
with sequential scans only where nothing else serves), but for those that are named here with the
reason.
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
from tests.web.edge.document import DOCUMENT
from tests.web.edge.whole_shop import BASE, PASSWORD, WholeShop, filled
from tests.workflows.big_product import add_big
from tests.workflows.till import Till, open_till

from argosy.drill.clock import MovableClock
from argosy.entry import bench_large
from argosy.kernel.ids import encode
from argosy.modules import imports
from argosy.modules.imports import NewRow, Outlier, OutlierGroup
from argosy.runtime.cache import Cache
from argosy.runtime.db import Database, Tx
from argosy.web import health
from argosy.web.app import collect_pages, create_app
from argosy.workflows import housekeeping, projecting, searching
from argosy.workflows.app import App

PRODUCTS, ORDERS, VARIANTS, ROWS = 50, 200, 600, 250
CAME, SEEN = 110, 170
"""Rows of one statement in one request: a page of the back office is 50, with one more to know that
there are more; and what is joined to each.
"""

_COUNT = "A product tells how many variants it has: an index is counted, 1 ms for 10,000."
_ALL = "It is a file of all there is, read page by page."
_SUM = "It adds up what it shows."
_DAYS = "It sums up the orders of two weeks; what is summed is kept."
_BOUND = "It counts up to a bound."
_PICK = "Each value tells how many variants it leads to: one range of an index."
_MAP = "It says where each file of the map begins; kept for an hour."
EXPLAINED: dict[tuple[str, str], str] = {
    ("*", "products_by_ids"): _COUNT,
    ("*", "product_page"): _COUNT,
    ("GET /admin/v1/exports/products", "*"): _ALL,
    ("GET /admin/v1/translation-files", "*"): _ALL,
    ("page /feeds/google.xml", "*"): _ALL,
    ("GET /v1/products/{slug}/options", "pick"): _PICK,
    ("page /p/{slug}", "pick"): _PICK,
    ("GET /admin/v1/search/why", "product_sources"): "It explains one product by all of it.",
    ("page /sitemap.xml", "page_starts"): _MAP,
    ("page /sitemap-products.xml", "page_starts"): _MAP,
    ("GET /admin/v1/translations", "*"): "It looks through a part for what is not translated.",
    ("GET /admin/v1/translations/completeness", "*"): _SUM,
    ("GET /admin/v1/eu-sales", "eu_sales"): _SUM,
    ("page /admin/taxes/eu-sales", "eu_sales"): _SUM,
    ("page /admin/books/transactions", "list_transactions"): "Fifty transactions of four entries.",
    ("page /admin", "sales_by_day"): _DAYS,
    ("GET /admin/v1/overview", "sales_by_day"): _DAYS,
    ("page /admin", "orders_waiting"): _BOUND,
    ("GET /admin/v1/overview", "orders_waiting"): _BOUND,
    ("GET /admin/v1/overview", "stock_waiting"): "As its page.",
    ("page /admin", "stock_waiting"): "Levels are counted up to a bound, and gone through where few"
    " are low: an index of what can be sold would be written by every purchase.",
    ("page /admin/products/{product_id}/options", "option_matrix"): "It counts which of"
    " the variants fit the options; one row comes.",
    ("page /admin/products/{product_id}/options", "free_combinations"): "A look at an index for"
    " each combination, until sixty are found that no variant has.",
}
"""Requests and statements that may go through more, and why; `*` is any of them."""
UNASKED = {
    "/admin/v1/contracts/{contract_id}/prices",
    "/admin/v1/feeds/{code}/runs",
    "/admin/v1/import-mappings/{code}/versions",
    "/admin/v1/imports/{import_id}/issues",
    "/admin/v1/incomplete-products",
    "/admin/v1/product-types/{code}/draft/broken-products",
    "/admin/v1/product-types/{code}/versions",
    "/admin/v1/tax-id-checks",
}
"""Lists of things that this shop has none of; each has its own tests."""

# As in a large shop: what is read through because it is small would not be.
_LARGE = "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off"
# An index that gives the order is not worth it while there is little to sort.
_WAYS = (
    "set enable_bitmapscan = on; set enable_sort = on",
    "set enable_bitmapscan = off; set enable_sort = off",
)
_PLAIN = re.compile(r"\s*(--[^\n]*\n\s*)*(select|with)\b", re.IGNORECASE)
_WRITES = re.compile(r"\b(insert|update|delete|nextval|pg_notify|pg_advisory)\b", re.IGNORECASE)


class Read(msgspec.Struct):
    """What one statement read for one request: rows that came, and that were gone through."""

    came: int = 0
    seen: int = 0


class Ledger:
    """What each request read, by statement, and how it was answered."""

    def __init__(self) -> None:
        self.reads: dict[tuple[str, str], Read] = {}
        self.answers: dict[str, httpx.Response] = {}
        self.request = ""

    def note(self, statement: str, came: int, seen: int) -> None:
        read = self.reads.setdefault((self.request, statement), Read())
        read.came += came
        read.seen += seen


def _gone_through(plan: dict[str, Any]) -> int:
    """Rows of tables that a plan went through."""
    own = 0.0
    if "Relation Name" in plan:
        own = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        own += plan.get("Rows Removed by Index Recheck", 0)
    return round(own * plan["Actual Loops"]) + sum(map(_gone_through, plan.get("Plans", ())))


@contextmanager
def watched(ledger: Ledger) -> Iterator[None]:
    """Let each statement that only reads be explained where it is sent."""
    fetch, first = Tx.many, Tx.maybe

    async def explained(tx: Tx, statement: Any, asked: tuple[object, ...]) -> int:
        if not _PLAIN.match(statement.sql) or _WRITES.search(statement.sql):
            return 0
        sql = f"explain (analyze, timing off, format json) {statement.sql}"
        best = 1_000_000_000
        for way in _WAYS:
            await tx._connection.execute(f"{_LARGE}; {way}")
            found = await tx._connection.fetchval(sql, *asked)
            best = min(best, _gone_through(msgspec.json.decode(found)[0]["Plan"]))
            if best <= SEEN:
                break
        return best

    async def many(tx: Tx, statement: Any, *asked: object) -> Any:
        seen = await explained(tx, statement, asked)
        rows = await fetch(tx, statement, *asked)
        ledger.note(statement.name, len(rows), seen)
        return rows

    async def maybe(tx: Tx, statement: Any, *asked: object) -> Any:
        seen = await explained(tx, statement, asked)
        row = await first(tx, statement, *asked)
        ledger.note(statement.name, row is not None, seen)
        return row

    with patch.object(Tx, "many", many), patch.object(Tx, "maybe", maybe):
        yield


MADE = {
    "/admin/v1/brands": "brand_id",
    "/admin/v1/collections": "collection_id",
    "/admin/v1/customer-groups": "code",
    "/admin/v1/change-sets": "change_set_id",
    "/admin/v1/fees": "fee_id",
}
_OF_MACHINES = {path for handler in health.ROUTES for path in handler.paths}
API = {path: item for path, item in DOCUMENT["paths"].items() if path not in _OF_MACHINES}


def pages() -> Iterator[str]:
    """Every page, and what else is fetched beside them."""
    for handler in collect_pages():
        if isinstance(handler, HTTPRouteHandler) and "GET" in handler.http_methods:
            yield from (re.sub(r":\w+}", "}", path) for path in handler.paths)


@pytest.fixture
async def till(
    db: Database, database_url: str, clock: MovableClock, tmp_path: Path
) -> AsyncIterator[Till]:
    async with open_till(db, database_url, clock, tmp_path) as opened:
        yield opened


async def grown(till: Till, shop: WholeShop) -> None:
    """Copy products and orders, and add the product of many variants."""
    async with till.db.pool.acquire() as connection:
        await connection.execute(bench_large._PREPARE.replace("$sample", "10"))
        for family, copies in (bench_large._CATALOGUE, PRODUCTS), (bench_large._ORDERS, ORDERS):
            for one in family:
                ordered = family is bench_large._ORDERS
                sql = await bench_large._statement(connection, one, 60_000, PRODUCTS, ordered)
                await connection.execute(sql, 1, copies)
    big = await add_big(till, variants=VARIANTS)  # type: ignore[arg-type]
    shop.known |= {"product_id": encode("product", big), "slug": "big"}
    async with till.db.transaction() as tx:
        plan_id = await imports.request_plan(
            tx, format_name="jsonl", file_name="a.jsonl", storage_key=None, options={}, actor=""
        )
        await imports.start_planning(tx, plan_id)
        rows = [NewRow(line=n, key=f"{n}", kind="other", decision="reject") for n in range(ROWS)]
        outliers = [
            (n, Outlier(name="price_change", line=n, key="", path="", before=1, after=2))
            for n in range(ROWS)
        ]
        await imports.add_decisions(
            tx, plan_id, first=0, rows=rows, outliers=outliers, rows_total=ROWS, rows_read=ROWS
        )
        groups = [OutlierGroup(name="price_change", count=ROWS, total=ROWS)]
        await imports.finish_planning(tx, plan_id, groups)
    shop.known |= {"plan_id": encode("import_plan", plan_id), "name": "price_change"}
    shop.known |= {"locale": "de-DE", "system": "google"}
    await till.db.pool.execute("analyze")
    await projecting.rebuild(till.app)
    await searching.follow(till.app)
    while await housekeeping.sum_up_books(till.app):
        pass


class Asker:
    """Asks for everything, of an application that remembers nothing."""

    def __init__(self, shop: WholeShop, client: httpx.AsyncClient) -> None:
        self.shop, self.client, self.ledger = shop, client, Ledger()

    def url(self, path: str) -> str:
        return re.sub("{([^}]*)}", lambda n: self.shop.id_for(path, n[1]) or "x", path)

    async def make(self) -> None:
        """Make one of each thing that the API lists below and the shop has none of yet."""
        bearer = {"Authorization": f"Bearer {self.shop.keys['owner']}"}
        for path, name in MADE.items():
            example = API[path]["post"]["requestBody"]["content"]["application/json"]
            given = self.shop.with_known_ids(path, example["examples"]["example"]["value"])
            answer = await self.client.post(path, json=given, headers=bearer)
            assert answer.status_code == 201, answer.text
            self.shop.known[name] = answer.json().get("id") or answer.json()["code"]

    async def api(self) -> None:
        for path, item in API.items():
            for one in [item["get"]] if "get" in item else []:
                asked = [p for p in one.get("parameters", []) if p["in"] == "query"]
                query = {p["name"]: self.value(path, p) for p in asked if p.get("required")}
                if any(p["name"] == "limit" for p in asked):
                    query["limit"] = "5"
                admin = path.startswith("/admin/")
                token = self.shop.keys["owner"] if admin else self.shop.shoppers[0]
                sent = self.shop.credentials(path, "GET", token)
                await self.get(f"GET {path}", self.url(path), query, sent)

    def value(self, path: str, parameter: dict[str, Any]) -> str:
        name = parameter["name"]
        known = self.shop.id_for(path, "variant_id" if name == "variant" else name)
        return known or str(parameter.get("example") or parameter["schema"].get("enum", ["x"])[0])

    async def pages(self) -> None:
        sent = {"accept": "text/html", "sec-fetch-site": "same-origin"}
        form = {"email": "olga@example.com", "password": PASSWORD}
        signed = await self.client.post("/admin/sign-in", data=form, headers=sent)
        assert signed.status_code == 303
        for path in pages():
            await self.get(f"page {path}", self.url(path), {}, sent)

    async def get(self, name: str, url: str, query: dict[str, str], sent: dict[str, str]) -> None:
        self.ledger.request = name
        answer = await self.client.get(url, params=query, headers=sent)
        assert answer.status_code < 500, (name, answer.text[:300])
        self.ledger.answers[name] = answer


async def test_nothing_goes_through_more_of_the_database_than_it_shows(
    till: Till, clock: MovableClock
) -> None:
    async with _client(till.app) as client:
        shop = await filled(till, client)
    await grown(till, shop)
    fresh = dataclasses.replace(till.app, cache=Cache(clock=clock))
    async with _client(fresh) as client:
        asker = Asker(shop, client)
        await asker.make()
        with watched(asker.ledger):
            await asker.api()
            await asker.pages()
    found = {
        (request, name): read
        for (request, name), read in asker.ledger.reads.items()
        if (read.came > CAME or read.seen > SEEN) and not request.endswith(".csv")
    }
    reasons = {(r, n): {(r, n), ("*", n), (r, "*")} & EXPLAINED.keys() for r, n in found}
    assert not {key: found[key] for key, known in reasons.items() if not known}
    # What needs no reason any longer is not excused.
    assert set().union(*reasons.values()) == EXPLAINED.keys()
    unasked = {
        path
        for path, item in API.items()
        if any(p["name"] == "limit" for p in item.get("get", {}).get("parameters", ()))
        and asker.ledger.answers[f"GET {path}"].status_code != 200
    }
    assert unasked == UNASKED


def _client(app: App) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_app(app))  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url=BASE)
