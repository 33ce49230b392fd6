"""The shop window over HTTP: two processes on one database, and what each request costs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.hearing import listening
from tests.workflows.big_product import add_big, variant_id
from tests.workflows.window_shop import Shop, open_shop

from argosy.adapters.imaging.studio import ChildStudio
from argosy.adapters.search.tantivy_index import TantivyIndex
from argosy.adapters.storage.local import LocalStorage
from argosy.drill.clock import MovableClock
from argosy.modules import catalog, channels, staff
from argosy.modules.catalog import AttributeDefinition, ProductInput
from argosy.modules.channels import UpdateChannel
from argosy.runtime import metrics
from argosy.runtime.credentials import Passwords
from argosy.runtime.db import Database, counting_statements
from argosy.runtime.settings import load_settings
from argosy.web.app import create_app
from argosy.workflows import projecting
from argosy.workflows.app import App


@dataclass
class Process:
    """A server process: its own pool and cache, and a client of it."""

    app: App
    client: httpx.AsyncClient

    async def get(self, path: str, *, status: int = 200, **headers: str) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.client.get(path, headers=sent)
        assert answer.status_code == status, answer.text
        return answer

    async def json(self, path: str) -> Any:
        return (await self.get(path)).json()


async def start(
    stack: AsyncExitStack, url: str, clock: MovableClock, home: Path, **more: Any
) -> Process:
    db = await Database.open(url, clock=clock, min_size=1, max_size=5)
    stack.push_async_callback(db.close)
    cache = await stack.enter_async_context(listening(url, clock))
    passwords = Passwords(memory_kib=64, passes=1, lanes=1)
    stack.callback(passwords.close)
    app = App(
        db=db,
        checkout_db=db,
        settings=load_settings(database_url=url, home=str(home), **more),
        cache=cache,
        gateways={},
        storage=LocalStorage(home),
        studio=ChildStudio(),
        search=TantivyIndex(home / "search"),
        passwords=passwords,
    )
    transport = httpx.ASGITransport(app=create_app(app))  # type: ignore[arg-type]
    client = httpx.AsyncClient(transport=transport, base_url="http://shop.test")
    return Process(app, await stack.enter_async_context(client))


@pytest.fixture
async def shop(db: Database) -> Shop:
    return await open_shop(db)


@pytest.fixture
async def processes(
    shop: Shop, database_url: str, clock: MovableClock, tmp_path: Path
) -> AsyncIterator[list[Process]]:
    async with shop.db.transaction() as tx:
        key = await staff.create_publishable_key(
            tx, staff.SYSTEM, name="web", channel_id=shop.channel.id
        )
    async with AsyncExitStack() as stack:
        started = [await start(stack, database_url, clock, tmp_path) for _ in range(2)]
        for process in started:
            process.client.headers["X-Publishable-Key"] = key.token
        yield started


@pytest.fixture
def web(processes: list[Process]) -> Process:
    return processes[0]


async def soon(true: Callable[[], Any]) -> None:
    """Wait until it holds. A second is the promise of DOMAIN.md's shop window; here other tests
    share the server and the processors.
    """
    async with asyncio.timeout(15):
        while not await true():  # noqa: ASYNC110 - another process brings it about
            await asyncio.sleep(0.01)


async def test_the_channel(web: Process) -> None:
    channel = await web.json("/v1/channel")
    assert (channel["currency"], channel["tax_inclusive"]) == ("EUR", True)
    assert channel["id"].startswith("chn_")


async def test_a_channel_that_was_renamed_is_shown_so(shop: Shop, web: Process) -> None:
    await web.get("/v1/channel")
    async with shop.db.transaction() as tx:
        await channels.update_channel(tx, shop.channel, UpdateChannel(name="Europe"))

    async def renamed() -> bool:
        return bool((await web.json("/v1/channel"))["name"] == "Europe")

    await soon(renamed)


async def test_a_key_is_needed(web: Process) -> None:
    for path in ("/v1/channel", "/v1/categories", "/v1/products", "/v1/products/tee"):
        answer = await web.get(path, status=401, X_Publishable_Key="")
        assert answer.json()["code"] == "auth.publishable_key_missing"


async def test_browsing(shop: Shop, web: Process) -> None:
    await shop.add("tee", minor=1999, brand="Acme", categories=("men/tops", "sale"))
    await shop.add("cap", minor=900, sizes=("M",), categories=("men",))
    await shop.settle()

    tree = (await web.json("/v1/categories"))["items"]
    assert [(n["path"], n["product_count"]) for n in tree] == [("men", 2), ("sale", 1)]
    assert [n["path"] for n in tree[0]["children"]] == ["men/tops"]

    listed = await web.json("/v1/products?category=men&sort=price")
    some = await web.json("/v1/products?fields=slug,id&category=men&sort=price")
    wanted = [{name: item[name] for name in ("id", "slug")} for item in listed["items"]]
    assert [dict(sorted(item.items())) for item in some["items"]] == wanted
    assert some["facets"] == listed["facets"]
    assert [c["slug"] for c in listed["items"]] == ["cap", "tee"]
    assert (listed["total"], listed["next_cursor"]) == (2, None)
    facets = {f["code"]: {v["value"]: v["count"] for v in f["values"]} for f in listed["facets"]}
    assert facets == {"brand": {"acme": 1}, "size": {"s": 1, "m": 2}}

    by_id = await web.json(f"/v1/products?category={tree[0]['id']}&size=S&price_max=5000")
    assert [c["slug"] for c in by_id["items"]] == ["tee"]

    first = await web.json("/v1/products?limit=1&sort=name")
    second = await web.json(f"/v1/products?limit=1&sort=name&cursor={first['next_cursor']}")
    assert [c["slug"] for p in (first, second) for c in p["items"]] == ["cap", "tee"]

    page = await web.json("/v1/products/tee")
    assert page["price"]["min"] == {"minor": 1999, "currency": "EUR"}
    variants = await web.json("/v1/products/tee/variants?limit=1")
    assert [v["sku"] for v in variants["items"]] == ["tee-S"]
    rest = await web.json(f"/v1/products/tee/variants?cursor={variants['next_cursor']}")
    assert [v["sku"] for v in rest["items"]] == ["tee-M"]


async def test_an_empty_shop_lists_nothing_until_something_is_shown(
    shop: Shop, web: Process
) -> None:
    empty = {"items": [], "next_cursor": None, "total": 0, "facets": []}
    assert await web.json("/v1/products") == empty
    assert (await web.json("/v1/categories"))["items"] == []
    await shop.add("tee", categories=("tops",))
    await shop.settle()

    async def shown() -> bool:
        listed = await web.json("/v1/products")
        tree = await web.json("/v1/categories")
        return bool(listed["items"] and tree["items"])

    await soon(shown)


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("?category=nowhere", 404, "projections.category_not_found"),
        ("?category=prd_01h455vb4pex5vsknk084sn02q", 404, "projections.category_not_found"),
        ("?category=ctg_01h455vb4pex5vsknk084sn02q", 404, "projections.category_not_found"),
        ("?category=ctg_nonsense", 422, "id.malformed"),
        ("?colour=blue", 422, "projections.facet_unknown"),
        ("?q=tee", 422, "projections.facet_unknown"),
        ("?sort=cheapest", 422, None),
        ("?limit=0", 422, None),
        ("?limit=101", 422, None),
        ("?limit=x", 422, None),
        ("?price_min=-1", 422, None),
        ("?price_max=99999999999999", 422, None),
        ("?in_stock=maybe", 422, None),
        ("?cursor=xyz", 422, "paging.cursor_invalid"),
        ("?cursor=%F0%9F%92%A9", 422, "paging.cursor_invalid"),
        ("?" + "&".join(f"size={n}" for n in range(51)), 422, "projections.too_many_facets"),
    ],
)
async def test_bad_questions_are_told_what_is_wrong(
    shop: Shop, web: Process, query: str, status: int, code: str | None
) -> None:
    await shop.add("tee", categories=("tops",))
    await shop.settle()
    problem = (await web.get(f"/v1/products{query}", status=status)).json()
    assert problem["status"] == status
    assert problem["field"] if code else problem["code"]
    if code:
        assert problem["code"] == code


async def test_an_unknown_product(web: Process) -> None:
    for path in ("/v1/products/none", "/v1/products/none/variants", "/v1/products/%FF"):
        problem = (await web.get(path, status=404)).json()
        assert problem["code"] == "projections.product_not_found"


async def test_E8_a_former_slug_leads_to_the_present_one(shop: Shop, web: Process) -> None:
    tee = await shop.add("tee")
    await shop.settle()
    async with shop.db.transaction() as tx:
        await catalog.update_product(tx, tee[""], ProductInput(slug="t-shirt"))
    await shop.settle()

    async def moved() -> bool:
        return (await web.client.get("/v1/products/tee")).status_code == 301

    await soon(moved)
    answer = await web.get("/v1/products/tee/variants", status=301)
    assert answer.headers["Location"] == "/v1/products/t-shirt/variants"
    assert (await web.json("/v1/products/t-shirt"))["slug"] == "t-shirt"


async def test_E9_a_former_category_path_still_lists(shop: Shop, web: Process) -> None:
    await shop.add("tee", categories=("men/tops",))
    await shop.settle()
    category_id = await shop.db.pool.fetchval("select id from catalog.category where slug = 'tops'")
    async with shop.db.transaction() as tx:
        await catalog.update_category(tx, category_id, slug="upper")
    await shop.settle()

    async def listed() -> bool:
        answer = await web.client.get("/v1/products?category=men/upper")
        return answer.status_code == 200 and len(answer.json()["items"]) == 1

    await soon(listed)
    assert len((await web.json("/v1/products?category=men/tops"))["items"]) == 1


async def test_an_answer_costs_one_statement_and_again_none(shop: Shop, web: Process) -> None:
    await shop.add("tee", categories=("tops",))
    await shop.settle()
    await web.get("/v1/channel")
    await web.get("/v1/products?category=tops&limit=1")
    for path in (
        "/v1/products/tee",
        "/v1/products/tee/variants",
        "/v1/categories",
        "/v1/products",
        "/v1/products?category=tops&sort=price",
        "/v1/products?category=tops&size=s&in_stock=true&price_min=5",
    ):
        with counting_statements() as cold:
            first = await web.get(path)
        with counting_statements() as warm:
            second = await web.get(path)
        assert (cold.round_trips, warm.round_trips) == (1, 0), path
        assert first.content == second.content


async def test_a_client_that_has_it_is_told_so(shop: Shop, web: Process) -> None:
    await shop.add("tee")
    await shop.settle()
    for path in ("/v1/products/tee", "/v1/products", "/v1/categories"):
        first = await web.get(path)
        assert first.headers["Cache-Control"] == "public, no-cache"
        assert "X-Publishable-Key" in first.headers["Vary"]
        for sent in (first.headers["ETag"], f'"other", W/{first.headers["ETag"]}', "*"):
            again = await web.get(path, status=304, If_None_Match=sent)
            assert again.content == b""
            assert again.headers["ETag"] == first.headers["ETag"]
        await web.get(path, status=200, If_None_Match='"other"')


async def test_a_kept_answer_carries_what_any_answer_does(shop: Shop, web: Process) -> None:
    await shop.add("tee")
    await shop.settle()
    first = await web.get("/v1/products/tee")
    again = await web.get("/v1/products/tee", X_Request_Id="order-4711.retry_1")
    assert again.headers["x-request-id"] == "order-4711.retry_1"
    assert sorted(again.headers) == sorted(first.headers)
    told = {"x-request-id", "ratelimit"}
    assert {n: v for n, v in first.headers.items() if n not in told} == {
        n: v for n, v in again.headers.items() if n not in told
    }
    assert again.content == first.content
    head = await web.client.head("/v1/products/tee")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(first.content))
    assert head.headers["etag"] == first.headers["etag"]
    options = await web.client.options("/v1/products/tee")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, OPTIONS")
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    traced = await web.get("/v1/products/tee", traceparent=trace)
    assert traced.headers["traceresponse"].split("-")[1] == trace.split("-")[1]
    some = await web.json("/v1/products/tee?fields=slug")
    assert some == {"slug": "tee"}
    for host in ("evil host", "a/b"):
        refused = await web.get("/v1/products/tee", status=400, Host=host)
        assert refused.json()["code"] == "request.bad"


async def test_a_kept_answer_is_counted_by_its_route(shop: Shop, web: Process) -> None:
    def counted(status: int) -> float:
        labels = {"route": "/v1/products/{slug}", "method": "GET", "status": str(status)}
        metrics.render()
        value = metrics.REGISTRY.get_sample_value("argosy_http_request_seconds_count", labels)
        return value or 0.0

    await shop.add("tee")
    await shop.settle()
    tag = (await web.get("/v1/products/tee")).headers["etag"]
    before = counted(200), counted(304)
    await web.get("/v1/products/tee")
    await web.get("/v1/products/tee", status=304, If_None_Match=tag)
    assert (counted(200), counted(304)) == (before[0] + 1, before[1] + 1)


async def test_a_kept_answer_needs_a_key_that_still_counts(
    shop: Shop, processes: list[Process], clock: MovableClock
) -> None:
    await shop.add("tee")
    await shop.settle()
    async with shop.db.transaction() as tx:
        revoked = await staff.create_publishable_key(
            tx, staff.SYSTEM, name="revoked", channel_id=shop.channel.id
        )
        ending = await staff.create_publishable_key(
            tx,
            staff.SYSTEM,
            name="ending",
            channel_id=shop.channel.id,
            expires_at=clock.now() + timedelta(hours=1),
        )
    for process in processes:
        for token in (revoked.token, ending.token, revoked.token, ending.token):
            await process.get("/v1/products/tee", X_Publishable_Key=token)
        for token in ("", "pk_unknown", revoked.token[:-1]):
            await process.get("/v1/products/tee", status=401, X_Publishable_Key=token)
    async with shop.db.transaction() as tx:
        await staff.revoke_key(tx, staff.SYSTEM, revoked.key.id)

    async def refused() -> bool:
        sent = {"X-Publishable-Key": revoked.token}
        answers = [await p.client.get("/v1/products/tee", headers=sent) for p in processes]
        return {a.status_code for a in answers} == {401}

    await soon(refused)
    clock.advance(hours=1)
    for process in processes:
        problem = await process.get("/v1/products/tee", status=401, X_Publishable_Key=ending.token)
        assert problem.json()["code"] == "auth.key_expired"


async def test_a_kept_answer_stays_in_its_channel(shop: Shop, web: Process) -> None:
    await shop.add("tee")
    other = await open_shop(shop.db, code="other")
    await other.add("cap")
    await shop.settle()
    async with shop.db.transaction() as tx:
        key = await staff.create_publishable_key(
            tx, staff.SYSTEM, name="other", channel_id=other.channel.id
        )
    for _ in range(2):
        await web.get("/v1/products/tee")
        await web.get("/v1/products/tee", status=404, X_Publishable_Key=key.token)
    for _ in range(2):
        assert [c["slug"] for c in (await web.json("/v1/products"))["items"]] == ["tee"]
        theirs = await web.get("/v1/products", X_Publishable_Key=key.token)
        assert [c["slug"] for c in theirs.json()["items"]] == ["cap"]


async def test_P9_a_kept_answer_counts_against_the_quota(
    shop: Shop, web: Process, database_url: str, clock: MovableClock, tmp_path: Path
) -> None:
    await shop.add("tee")
    await shop.settle()
    async with AsyncExitStack() as stack:
        strict = await start(stack, database_url, clock, tmp_path, rate_limit_per_minute=3)
        strict.client.headers["X-Publishable-Key"] = web.client.headers["X-Publishable-Key"]
        answers = [await strict.client.get("/v1/products/tee") for _ in range(4)]
    assert [a.headers["ratelimit"].split(";")[1] for a in answers] == ["r=2", "r=1", "r=0", "r=0"]
    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    assert answers[3].json()["code"] == "request.rate_limited"


async def test_a_kept_answer_tells_each_origin_its_own(
    shop: Shop, web: Process, database_url: str, clock: MovableClock, tmp_path: Path
) -> None:
    await shop.add("tee")
    await shop.settle()
    ours = ["https://a.example", "https://b.example"]
    async with AsyncExitStack() as stack:
        process = await start(stack, database_url, clock, tmp_path, cors_origins=ours)
        process.client.headers["X-Publishable-Key"] = web.client.headers["X-Publishable-Key"]
        for _ in range(2):
            for origin in (*ours, "https://evil.example"):
                answer = await process.get("/v1/products/tee", Origin=origin)
                told = answer.headers.get_list("access-control-allow-origin")
                assert told == ([origin] if origin in ours else [])
            plain = await process.get("/v1/products/tee")
            assert "access-control-allow-origin" not in plain.headers
            assert {"Origin", "X-Publishable-Key"} <= set(plain.headers.get_list("vary", True))


async def test_a_change_is_seen_in_every_process_within_a_second(
    shop: Shop, processes: list[Process]
) -> None:
    tee = await shop.add("tee", sizes=("S",), minor=1000, categories=("tops",))
    await shop.settle()
    paths = ("/v1/products/tee", "/v1/products?category=tops", "/v1/products?size=s")
    for process in processes:
        for path in paths:
            await process.get(path)

    await shop.price(tee["S"], minor=750)
    await shop.settle()

    async def current() -> bool:
        pages = [await p.json("/v1/products/tee") for p in processes]
        lists = [(await p.json(path))["items"] for p in processes for path in paths[1:]]
        seen = [page["price"]["min"]["minor"] for page in pages]
        seen += [cards[0]["price"]["min"]["minor"] for cards in lists]
        return set(seen) == {750}

    await soon(current)

    await shop.stock(tee["S"], units=-10)
    await shop.settle()

    async def sold_out() -> bool:
        pages = [await p.json("/v1/products/tee") for p in processes]
        narrowed = [(await p.json(paths[2]))["items"] for p in processes]
        return {page["availability"] for page in pages} == {"out_of_stock"} and not any(narrowed)

    await soon(sold_out)


async def test_what_does_not_concern_an_answer_leaves_it_kept(shop: Shop, web: Process) -> None:
    tee = await shop.add("tee", categories=("tops",))
    await shop.add("cap", categories=("hats",))
    await shop.settle()
    for path in ("/v1/products/cap", "/v1/products?category=hats"):
        await web.get(path)
    await web.get("/v1/products/tee")
    await shop.price(tee["S"], minor=1)
    await shop.settle()

    async def dropped() -> bool:
        return (await web.json("/v1/products/tee"))["price"]["min"]["minor"] == 1

    await soon(dropped)
    with counting_statements() as count:
        for path in ("/v1/products/cap", "/v1/products?category=hats"):
            await web.get(path)
    assert count.statements == 0


async def test_C8_kept_answers_end_at_the_boundary(
    shop: Shop, web: Process, clock: MovableClock
) -> None:
    tee = await shop.add("tee", sizes=("S",), minor=1000)
    await shop.price(tee["S"], minor=800, since=clock.now() + timedelta(hours=1), priority=1)
    await shop.settle()

    async def prices() -> set[int]:
        page = await web.json("/v1/products/tee")
        cards = (await web.json("/v1/products"))["items"]
        return {shown["price"]["min"]["minor"] for shown in (page, *cards)}

    assert await prices() == {1000}
    assert await prices() == {1000}
    clock.advance(hours=1)
    # Nothing was projected and nobody was told: the instant alone decides.
    assert await prices() == {800}


async def test_C10_a_signed_in_shopper_gets_the_very_same_bytes(shop: Shop, web: Process) -> None:
    await shop.add("tee")
    await shop.settle()
    guest = await web.get("/v1/products/tee")
    token = await web.get("/v1/products/tee", Authorization="Bearer shopper_someone")
    assert token.content == guest.content


async def test_C10_a_price_list_of_no_channel_never_reaches_the_window(shop: Shop) -> None:
    tee = await shop.add("tee", sizes=("S",), minor=1000)
    other = await open_shop(shop.db, code="secret")
    await shop.db.pool.execute("delete from channels.channel where id = $1", other.channel.id)
    await other.price(tee["S"], minor=1)
    await shop.settle()
    stored = await shop.db.pool.fetch(
        "select document, card from projections.product where visible"
    )
    assert len(stored) == 1
    assert b'"minor":1,' not in stored[0]["document"] + stored[0]["card"]


async def test_attributes_in_an_answer(shop: Shop, web: Process) -> None:
    async with shop.db.transaction() as tx:
        await catalog.define_attributes(
            tx,
            [
                AttributeDefinition(code="material", label="Material", kind="choice", facet=True),
                AttributeDefinition(code="organic", label="Organic", kind="boolean", facet=True),
            ],
        )
    await shop.add("tee", attributes={"material": ("Wool", "Silk"), "organic": True})
    await shop.settle()
    page = await web.json("/v1/products/tee")
    assert {a["code"]: a["value"] for a in page["attributes"]} == {
        "material": ["Wool", "Silk"],
        "organic": True,
    }
    listed = await web.json("/v1/products?material=wool&organic=yes")
    assert len(listed["items"]) == 1
    labels = {f["code"]: f["label"] for f in listed["facets"]}
    assert labels == {"size": "Size", "material": "Material", "organic": "Organic"}


async def test_a_rebuild_while_answers_are_kept(shop: Shop, web: Process) -> None:
    await shop.add("tee")
    await shop.settle()
    await web.get("/v1/products/tee")
    await shop.db.pool.execute("update catalog.product set title = 'New'")
    await projecting.rebuild(shop.app)

    async def renewed() -> bool:
        return (await web.json("/v1/products/tee"))["title"] == "New"

    await soon(renewed)


async def test_E7_one_of_many_variants_is_chosen_by_its_options(shop: Shop, web: Process) -> None:
    await add_big(shop, variants=800)
    await shop.settle()
    page = await web.json("/v1/products/big")
    assert page["variant_count"] == 800
    # The others of its 25 colours are those of variants that there are not.
    assert page["options"][0]["availability"] == {"colour 0": "in_stock", "colour 1": "in_stock"}

    with counting_statements() as count:
        picker = await web.json("/v1/products/big/options?colour=colour%201&size=31")
    assert count.statements == 1
    assert picker["variants"] == 20
    colours, sizes, lengths = (
        {value["value"]: value["variants"] for value in option["values"]}
        for option in picker["options"]
    )
    assert (colours["colour 0"], colours["colour 1"], colours["colour 2"]) == (20, 20, 0)
    assert set(sizes.values()) == {20}
    assert set(lengths.values()) == {1}
    whole = await web.json("/v1/products/big/options?colour=colour%201&size=31&length=9%20cm")
    assert whole["variant"]["sku"] == "BIG-429"
    refused = await web.get("/v1/products/big/options?material=wool", status=422)
    assert refused.json()["code"] == "projections.option_unknown"
    await web.get("/v1/products/big/options?size=31&size=32", status=422)
    await web.get("/v1/products/none/options", status=404)

    # The shop's page shows any of them, with a link to a variant for each value that there is.
    with counting_statements() as count:
        html = (await web.get("/p/big?variant=BIG-429")).text
    assert count.statements <= 8
    assert "SKU BIG-429" in html
    assert 'href="/p/big?variant=BIG-430"' in html
    # Length 10 with colour 0 is another variant; a colour that no variant has leads nowhere.
    assert 'href="/p/big?variant=BIG-29"' in html
    assert 'class="value absent">colour 2<' in html
    assert html.count("<li>") < 100

    await shop.stock(variant_id(429), units=-20)
    await shop.settle()

    async def sold_out() -> bool:
        found = await web.json("/v1/products/big/options?colour=colour%201&size=31&length=9%20cm")
        return bool(found["variant"]["availability"] == "out_of_stock")

    await soon(sold_out)
