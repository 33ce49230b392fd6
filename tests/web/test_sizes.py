"""Nothing that is asked of a shop goes through more of its database than it shows.

Every GET of the API and every page, found from the routes, is asked in a shop of hundreds of
products and orders (copied by SQL) and of one product of hundreds of variants; and before that,
when there was a quarter of all of these. Between the two nothing may be sent more often or bring
more rows, nor may the plan and the application of an import. No statement may return more rows than
pages have, nor have PostgreSQL go through many more (`explain (analyze)`, with sequential scans
only where nothing else serves). What does is named here with the reason.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar.handlers import HTTPRouteHandler
from tests.web.edge.document import DOCUMENT
from tests.web.edge.whole_shop import BASE, PASSWORD, WholeShop, filled
from tests.workflows.big_product import add_big, grow_big
from tests.workflows.test_product_import import lines
from tests.workflows.till import Till, open_till

from argosy.drill.clock import MovableClock
from argosy.entry import bench_large
from argosy.kernel.ids import decode, encode
from argosy.modules import imports, projections
from argosy.modules.imports import NewRow, Outlier, OutlierGroup
from argosy.runtime.cache import Cache
from argosy.runtime.db import Database, Tx
from argosy.web import health
from argosy.web.app import collect_pages, create_app
from argosy.web.storefront import written
from argosy.workflows import housekeeping, projecting, search_log, searching
from argosy.workflows.app import App
from argosy.workflows.product_applying import apply_plan
from argosy.workflows.product_planning import PlanOptions, plan_products

SMALL = {"products": 15, "orders": 55, "variants": 150, "rows": 65}
TIMES = 4
"""The shop is grown to so many times its size between two walks through it."""

PAGE, CAME, SEEN = 51, 110, 170
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
GROWING: dict[tuple[str, str], str] = {
    ("GET /admin/v1/exports/products", "*"): _ALL,
    ("GET /admin/v1/translation-files", "*"): _ALL,
    ("GET /admin/v1/translations", "products_texts"): "It looks through a part, of 200 products,"
    " for what is not translated.",
    ("GET /admin/v1/translations/completeness", "*"): _SUM,
    ("page /feeds/google.xml", "*"): _ALL,
}
"""Requests and statements that may be sent more often or read more rows in a larger shop, and why;
`*` is any of them.
"""
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
    """What one statement read for one request: how often it was sent, rows that came, and that were
    gone through.
    """

    calls: int = 0
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
        read.calls += 1
        read.came += came
        read.seen += seen


def grew(small: Ledger, large: Ledger) -> set[tuple[str, str]]:
    """Requests and statements that were sent more often, or brought more rows, in the larger shop,
    where both answered alike. Of what the shop is grown in there is more than a page in both; of
    less than a page there is more because of the walks themselves.
    """
    found = set()
    for key, read in large.reads.items():
        before, after = small.answers.get(key[0]), large.answers.get(key[0])
        alike = before is None or after is None or before.status_code == after.status_code
        was = small.reads.get(key, Read())
        if alike and (read.calls > was.calls or read.came > max(was.came, PAGE)):
            found.add(key)
    return found


def _gone_through(plan: dict[str, Any]) -> int:
    """Rows of tables that a plan went through."""
    own = 0.0
    if "Relation Name" in plan:
        own = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        own += plan.get("Rows Removed by Index Recheck", 0)
    return round(own * plan["Actual Loops"]) + sum(map(_gone_through, plan.get("Plans", ())))


@contextmanager
def watched(ledger: Ledger, *, explaining: bool) -> Iterator[None]:
    """Count each statement and its rows; let those that only read be explained where they are
    sent.
    """
    fetch, first, run_it = Tx.many, Tx.maybe, Tx.run

    async def explained(tx: Tx, statement: Any, asked: tuple[object, ...]) -> int:
        if not explaining or not _PLAIN.match(statement.sql) or _WRITES.search(statement.sql):
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

    async def run(tx: Tx, statement: Any, *asked: object) -> int:
        touched = await run_it(tx, statement, *asked)
        ledger.note(statement.name, touched, 0)
        return touched

    with (
        patch.object(Tx, "many", many),
        patch.object(Tx, "maybe", maybe),
        patch.object(Tx, "run", run),
    ):
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


async def grown(till: Till, shop: WholeShop, had: int, times: int) -> None:
    """Copy products and orders, add variants to one product and rows to a plan, until there are so
    many times as many as in a small shop; there are `had` times now.
    """
    size = {name: (had * n, times * n) for name, n in SMALL.items()}
    many = TIMES * SMALL["products"]
    async with till.db.pool.acquire() as connection:
        if not had:
            await connection.execute(bench_large._PREPARE.replace("$sample", "10"))
        for family, name in (bench_large._CATALOGUE, "products"), (bench_large._ORDERS, "orders"):
            for one in family:
                ordered = family is bench_large._ORDERS
                sql = await bench_large._statement(connection, one, 60_000, many, ordered)
                await connection.execute(sql, size[name][0] + 1, size[name][1])
    had_variants, variants = size["variants"]
    if had:
        await grow_big(till, decode("product", shop.known["product_id"]), had_variants, variants)  # type: ignore[arg-type]
    else:
        big = await add_big(till, variants=variants)  # type: ignore[arg-type]
        shop.known |= {"product_id": encode("product", big), "slug": "big"}
    await _plan(till, shop, size["rows"][1])
    shop.known |= {"locale": "de-DE", "system": "google"}
    await till.db.pool.execute("analyze")
    await projecting.rebuild(till.app)
    await searching.follow(till.app)
    while await housekeeping.sum_up_books(till.app):
        pass


async def _plan(till: Till, shop: WholeShop, count: int) -> None:
    """A plan of so many rows, each with something to look at."""
    async with till.db.transaction() as tx:
        plan_id = await imports.request_plan(
            tx, format_name="jsonl", file_name="a.jsonl", storage_key=None, options={}, actor=""
        )
        await imports.start_planning(tx, plan_id)
        rows = [NewRow(line=n, key=f"{n}", kind="other", decision="reject") for n in range(count)]
        outliers = [
            (n, Outlier(name="price_change", line=n, key="", path="", before=1, after=2))
            for n in range(count)
        ]
        await imports.add_decisions(
            tx, plan_id, first=0, rows=rows, outliers=outliers, rows_total=count, rows_read=count
        )
        groups = [OutlierGroup(name="price_change", count=count, total=count)]
        await imports.finish_planning(tx, plan_id, groups)
    shop.known |= {"plan_id": encode("import_plan", plan_id), "name": "price_change"}


class Asker:
    """Asks for everything, of an application that remembers nothing."""

    def __init__(self, shop: WholeShop, app: App, client: httpx.AsyncClient) -> None:
        self.shop, self.app, self.client, self.ledger = shop, app, client, Ledger()

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

    async def imports(self, folder: Path) -> None:
        """Plan and apply a file of one product."""
        self.ledger.request = "import"
        name = f"imported-{folder.name}"
        record = {"kind": "product", "title": name, "slug": name, "variants": [{"sku": name}]}
        plan = await plan_products(self.app, lines(folder, record), options=PlanOptions())
        done = await apply_plan(self.app, plan.id)
        assert (done.applied, done.failed) == (1, 0)

    async def seeded(self) -> None:
        """What must be found: everything at once, and one by one."""
        channel = decode("channel", self.shop.known["channel_id"])
        async with self.app.db.reading() as tx:
            self.ledger.request = "seeded: all at once"
            every = await projections.shown_after(tx, channel, UUID(int=0), 10_000)
            self.ledger.request = "seeded: one by one"
            for one in every:
                await projections.shown_cards(tx, channel, [one])

    async def get(self, name: str, url: str, query: dict[str, str], sent: dict[str, str]) -> None:
        self.ledger.request = name
        answer = await self.client.get(url, params=query, headers=sent)
        assert answer.status_code < 500, (name, answer.text[:300])
        self.ledger.answers[name] = answer


async def test_nothing_goes_through_more_of_the_database_than_it_shows(
    till: Till, clock: MovableClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is searched for is written whenever its time comes, in one walk or in the other.
    monkeypatch.setattr(search_log, "FLUSH_AFTER_S", 3600.0)
    async with _client(till.app) as client:
        shop = await filled(till, client)
    small, large = None, None
    for had, times in (0, 1), (1, TIMES):
        await grown(till, shop, had, times)
        clock.advance(seconds=written.KEPT_S)  # what was written to files is written again
        fresh = dataclasses.replace(till.app, cache=Cache(clock=clock), parts={})
        async with _client(fresh) as client:
            asker = Asker(shop, fresh, client)
            if times == 1:
                await asker.make()
            with watched(asker.ledger, explaining=times > 1):
                await asker.api()
                await asker.pages()
            (folder := tmp_path / f"times{times}").mkdir()
            with watched(asker.ledger, explaining=False):
                await asker.imports(folder)
                await asker.seeded()
        small, large = large, asker.ledger
    assert small is not None
    assert large is not None
    _check_bounds(large)
    _check_growth(small, large)


def _check_growth(small: Ledger, large: Ledger) -> None:
    """However large the shop is, a request sends as many statements and reads as many rows."""
    found = grew(small, large)
    assert {"seeded: all at once", "seeded: one by one"} <= {request for request, _ in found}
    found = {key for key in found if not key[0].startswith("seeded") and not _is_file(key[0])}
    reasons = {(r, n): {(r, n), ("*", n), (r, "*")} & GROWING.keys() for r, n in found}
    unknown = {
        key: (small.reads.get(key, Read()), large.reads[key])
        for key, known in reasons.items()
        if not known
    }
    assert not unknown
    assert set().union(*reasons.values()) == GROWING.keys()


def _is_file(request: str) -> bool:
    return request.endswith(".csv")


def _check_bounds(ledger: Ledger) -> None:
    found = {
        (request, name): read
        for (request, name), read in ledger.reads.items()
        if (read.came > CAME or read.seen > SEEN) and _bounded(request)
    }
    reasons = {(r, n): {(r, n), ("*", n), (r, "*")} & EXPLAINED.keys() for r, n in found}
    assert not {key: found[key] for key, known in reasons.items() if not known}
    # What needs no reason any longer is not excused.
    assert set().union(*reasons.values()) == EXPLAINED.keys()
    unasked = {
        path
        for path, item in API.items()
        if any(p["name"] == "limit" for p in item.get("get", {}).get("parameters", ()))
        and ledger.answers[f"GET {path}"].status_code != 200
    }
    assert unasked == UNASKED


def _bounded(request: str) -> bool:
    return not _is_file(request) and not request.startswith(("seeded", "import"))


def _client(app: App) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_app(app))  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url=BASE)
