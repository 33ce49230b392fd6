"""Carts found by who fills them and by what became of them, over the API and on the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from importlib import resources
from typing import Any
from uuid import UUID

import pytest
from tests.modules.customers.making import a_customer
from tests.web.back_office.conftest import at_desk
from tests.web.checkout.conftest import BERLIN, Counter
from tests.web.identity.making import Shop

from argosy.drill.clock import MovableClock
from argosy.kernel import paging
from argosy.kernel.ids import decode, encode, new_id
from argosy.modules import cart as carts
from argosy.modules import customers
from argosy.reads import cart_list, promotion_trials
from argosy.runtime.db import Database

LIST = "/admin/v1/carts"


@pytest.fixture
async def key(shop: Counter) -> str:
    return await shop.secret_key("customers:read", "orders:write", "settings:write")


async def a_cart(shop: Counter, units: int = 0) -> dict[str, Any]:
    """A cart that names nobody."""
    lines = [{"variant_id": shop.variant("shirt"), "quantity": units}] if units else []
    answer = await shop.send("POST", "/v1/carts", {"lines": lines})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def listed(shop: Counter, key: str, query: str = "") -> list[dict[str, Any]]:
    """All that the list shows, over its pages."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        more = f"&cursor={cursor}" if cursor else ""
        answer = await shop.send("GET", f"{LIST}?limit=2&{query}{more}", token=key)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
    return found


async def ids(shop: Counter, key: str, query: str = "") -> list[str]:
    return [row["id"] for row in await listed(shop, key, query)]


async def write_to(shop: Counter, cart: dict[str, Any], email: str) -> None:
    done = await shop.send("PUT", f"/v1/carts/{cart['id']}/email", {"email": email})
    assert done.status_code == 200, done.text


async def taken_by(db: Database, cart: dict[str, Any], customer: Any) -> None:
    async with db.transaction() as tx:
        found = await carts.find_cart(tx, decode("cart", cart["id"]))
        assert found is not None
        await carts.merge_carts(tx, found.id, found.channel_id, customer)


async def test_carts_are_found_by_person_channel_status_and_time(
    shop: Counter, key: str, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = shop.till.db
    made = []
    for n in range(4):
        clock.advance(minutes=11)
        made.append(await (shop.cart(shirt=4) if n == 3 else a_cart(shop, n + 1)))
    first, second, third, fourth = (one["id"] for one in made)
    clock.advance(minutes=1)
    await write_to(shop, made[1], "Ann@Müller.example")
    assert await ids(shop, key) == [second, fourth, third, first], "the latest changed first"
    row = (await listed(shop, key))[0]
    assert (row["email"], row["status"], row["lines"], row["units"], row["customer_id"]) == (
        "Ann@Müller.example", "open", 1, 2, None,
    )  # fmt: skip
    for asked in ("ann@müller.example", "ANN@xn--mller-kva.example"):
        assert await ids(shop, key, f"email={asked}") == [second], asked
    assert await ids(shop, key, "email=bob@example.com") == []
    ann = await a_customer(db, shop.till.app.passwords, "ann@xn--mller-kva.example")
    await taken_by(db, made[2], ann.customer_id)
    both = [third, second]
    assert await ids(shop, key, "email=ann@müller.example") == both, "hers, and what names her"
    her = encode("customer", ann.customer_id)
    assert await ids(shop, key, f"customer_id={her}") == [third]
    assert await ids(shop, key, f"customer_id={her}&email=ann@müller.example") == [third]
    placed = await shop.place(made[3], "k1")
    assert placed.status_code in {200, 201}, placed.text
    (bought,) = await listed(shop, key, "status=placed")
    assert bought["order_id"] == encode("order", decode("cart", fourth))
    # A filter that fits little goes on from where the look ended, and loses nothing.
    monkeypatch.setattr(paging, "LOOK", 3)
    assert await ids(shop, key, "status=open") == [third, second, first]
    noon = clock.now()
    clock.advance(days=1)
    fifth = (await a_cart(shop, 1))["id"]
    since, until = (f"changed_{one}={noon:%Y-%m-%dT%H:%M:%SZ}" for one in ("since", "until"))
    assert fifth in await ids(shop, key, since)
    assert first not in await ids(shop, key, since)
    assert fifth not in await ids(shop, key, until)
    assert first in await ids(shop, key, until)
    channel = row["channel_id"]
    assert len(await ids(shop, key, f"channel_id={channel}")) == 5
    none = encode("channel", decode("cart", first))
    assert await ids(shop, key, f"channel_id={none}&status=open") == []


async def test_of_purchases_in_one_call_those_are_listed_that_were_not_placed_at_once(
    shop: Counter, key: str
) -> None:
    """Most purchases of many shops are such ones, and their orders are listed."""
    body = {
        "lines": [{"variant_id": shop.variant("shirt"), "quantity": 1}],
        "email": "ann@example.com",
        "shipping_address": BERLIN,
        "shipping_method": "standard",
    }
    for gateway, token, status, listed_as in (
        ("invoice", None, 201, []),
        ("sandbox", "tok_approved", 201, []),
        ("sandbox", "tok_3ds_challenge", 202, ["awaiting_action"]),
        ("sandbox", "tok_declined_stolen_card", 402, ["open", "awaiting_action"]),
    ):
        payment: dict[str, Any] = {"gateway": gateway}
        if token:
            payment |= {
                "instrument": {"token": token},
                "return_url": "https://shop.example/back",
            }
        answer = await shop.send(
            "POST", "/v1/purchases", body | {"payment": payment}, idempotency_key=token or "i"
        )
        assert answer.status_code == status, answer.text
        seen = [row["status"] for row in await listed(shop, key, "email=ann@example.com")]
        assert seen == listed_as, token
        assert [row["status"] for row in await listed(shop, key)] == listed_as, token


async def test_what_was_given_up_keeps_when_it_was_last_touched(
    shop: Counter, key: str, clock: MovableClock
) -> None:
    left, empty = await a_cart(shop, 1), await a_cart(shop)
    touched = (await listed(shop, key))[0]["changed_at"]
    clock.advance(days=40)
    over = [("abandoned", left["id"]), ("expired", empty["id"])]
    for state in ("before the sweep", "after it"):
        for status, one in over:
            assert await ids(shop, key, f"status={status}") == [one], state
        assert await ids(shop, key, "status=open") == [], state
        async with shop.till.db.transaction() as tx:
            await carts.expire_due(tx, 100)
    assert (await listed(shop, key))[0]["changed_at"] == touched


async def test_of_the_erased_nothing_is_told(shop: Counter, key: str, clock: MovableClock) -> None:
    db, app = shop.till.db, shop.till.app
    ann = await a_customer(db, app.passwords)
    cart = await a_cart(shop, 1)
    await write_to(shop, cart, "ann@example.com")
    await taken_by(db, cart, ann.customer_id)
    her = encode("customer", ann.customer_id)
    assert await ids(shop, key, "email=ann@example.com") == [cart["id"]]
    async with db.transaction() as tx:
        await customers.erase_customer(tx, ann.customer_id)
    # The job that empties their carts has not come by yet.
    (row,) = await listed(shop, key)
    assert (row["email"], row["account_email"], row["customer_id"]) == ("", "", None)
    for query in ("email=ann@example.com", f"customer_id={her}"):
        assert await ids(shop, key, query) == [], query
    staffed = Shop(app, shop.client, shop.till.channel, "")
    desk = await at_desk(staffed, "support")
    for path in ("/admin/carts", "/admin/carts.csv", f"/admin/carts/{cart['id']}"):
        page = await desk.get(path)
        assert (page.status_code, "ann@example.com" in page.text, her in page.text) == (
            200, False, False,
        ), path  # fmt: skip


async def test_wrong_filters_are_refused_and_the_scope_is_that_of_customers(
    shop: Counter, key: str
) -> None:
    for query, code in (
        ("email=nobody", "email.invalid"),
        ("status=lost", "request.invalid"),
        ("customer_id=cart_1", "id.malformed"),
        ("changed_since=0001-01-01T00:00:00Z", "request.time_out_of_range"),
        ("cursor=x", "paging.cursor_invalid"),
        ("field.nothing=1", "fields.filter_invalid"),
    ):
        answer = await shop.send("GET", f"{LIST}?{query}", token=key)
        assert answer.status_code in {400, 422}, query
        assert answer.json()["code"] == code, query
    orders_only = await shop.secret_key("orders:write")
    assert (await shop.send("GET", LIST, token=orders_only)).status_code == 403


async def test_staff_find_carts_and_lead_from_customers_to_them_and_back(shop: Counter) -> None:
    app, db = shop.till.app, shop.till.db
    desk = await at_desk(Shop(app, shop.client, shop.till.channel, ""), "support")
    assert "No carts yet" in (await desk.get("/admin/carts")).text
    ann = await a_customer(db, app.passwords)
    mine, other = await a_cart(shop, 2), await a_cart(shop, 1)
    await write_to(shop, other, "=bob@example.com")
    await taken_by(db, mine, ann.customer_id)
    her = encode("customer", ann.customer_id)
    links = {f"/admin/carts/{one['id']}": one for one in (mine, other)}
    page = (await desk.get("/admin/carts")).text
    assert all(f'"{link}"' in page for link in links)
    assert f'href="/admin/customers/{her}"' in page, "to the customer"
    assert f'"/admin/carts?customer={her}"' in (await desk.get(f"/admin/customers/{her}")).text
    for query, hers in (
        (f"customer={her}", True),
        ("email=ANN@example.com", True),
        ("email==bob@example.com", False),
        ("status=open&customer=nonsense", None),
        ("email=nonsense", None),
        ("status=abandoned", None),
    ):
        seen = (await desk.get(f"/admin/carts?{query}")).text
        shown = [link for link in links if f'"{link}"' in seen]
        wanted = [link for link, one in links.items() if hers is not None and (one is mine) is hers]
        assert shown == wanted, query
        file = (await desk.get(f"/admin/carts.csv?{query}")).text
        assert len(file.splitlines()) == 1 + len(wanted), query
    assert "'=bob@example.com" in (await desk.get("/admin/carts.csv")).text, "no formula"
    for query in ("until=9999-12-31", "since=0001-01-01", "until=2020-01-01"):
        assert (await desk.get(f"/admin/carts?{query}")).status_code == 200, query


async def test_lists_of_many_carts_read_ranges_of_their_indexes(db: Database) -> None:
    """A month of 30,000 carts, of which a page reads a quarter of an hour or two."""
    whom, nobody = new_id(), UUID(int=0)
    async with db.pool.acquire() as connection, connection.transaction():
        await connection.execute("set local statement_timeout = 0")
        await connection.execute(
            """
            insert into cart.cart (id, channel_id, customer_id, currency, email, lines,
                                   created_at, updated_at, expires_at)
            select uuidv7(), $1::uuid, case when i % 100 = 0 then $2::uuid end, 'EUR',
                   case when i % 3 = 0 then 'P' || i % 500 || '@example.com' else '' end, '[{}]',
                   t, t, t + interval '30 days'
              from (select i, timestamptz '2026-01-01' + i * interval '80 seconds' as t
                      from generate_series(1, 30000) i) s""",
            nobody,
            whom,
        )
        await connection.execute("analyze cart.cart")
        await connection.execute("set local plan_cache_mode = force_generic_plan")
        page = f"'2026-01-20 00:00+00', '{nobody}', 25, 25, '1970-01-01', now(), null"
        look = f"'2026-01-20 00:00+00', '{nobody}', '1970-01-01', 25"
        hers = f"'{{p3@example.com}}', '{whom}'"
        week = "'2026-01-20 00:00+00', '2026-01-13 00:00+00', '{}', 25"
        for statement, given, indexes in (
            (cart_list.SQL.carts_recent, f"{page}, null, null", {"cart_by_change"}),
            (cart_list.SQL.carts_recent_end, look, {"cart_by_change"}),
            (cart_list.SQL.carts_of_person, f"{page}, null, null, {hers}", _OF_PERSON),
            (cart_list.SQL.carts_of_person_end, f"{look}, {hers}", _OF_PERSON),
            (promotion_trials.SQL.recent_carts, week, {"cart_by_change"}),
        ):
            await connection.execute(f"prepare one as {statement.sql}")
            (row,) = await connection.fetchrow(
                f"explain (analyze, format json) execute one({given})"
            )
            await connection.execute("deallocate one")
            read = list(_scans(json.loads(row)[0]["Plan"], "cart"))
            assert {one["Index Name"] for one in read} == indexes, row
            assert sum(one["Actual Rows"] * one["Actual Loops"] for one in read) < 200, row


async def test_carts_from_before_are_put_in_their_order_by_the_migration(db: Database) -> None:
    begin = resources.files("argosy.migrations") / "sql" / "0181_carts_by_change.sql"
    fill_in = begin.read_text().split(";\n")[0]
    async with db.pool.acquire() as connection:
        await connection.execute("set session_replication_role = replica")
        await connection.execute(
            "insert into cart.cart (id, channel_id, currency, created_at, updated_at)"
            " select uuidv7(), uuidv7(), 'EUR', at, at from generate_series("
            "'2026-01-01 00:00+00'::timestamptz, '2026-01-13 03:33+00', '7 minutes') at"
        )
        await connection.execute("reset session_replication_role")
        lacks = "select count(*) from cart.cart where changed_in is null"
        await connection.execute(
            "update cart.cart set state = 'placed', version = 3 where created_at < '2026-01-02'"
        )
        await connection.execute(
            "insert into cart.cart (id, channel_id, currency, state, version, created_at,"
            " updated_at) select uuidv7(), uuidv7(), 'EUR', 'placed', v, now(), now()"
            " from generate_series(1, 2) v"
        )
        assert await connection.fetchval(lacks) == 2500 + 2
        await connection.execute(fill_in)
        assert await connection.fetchval(lacks) == 2, "what was bought in one call"
        wrong = "select count(*) from cart.cart where updated_at - changed_in not between $1 and $2"
        assert not await connection.fetchval(wrong, timedelta(0), timedelta(minutes=14, seconds=59))


_OF_PERSON = {"cart_changes_by_email", "cart_changes_of_customer"}


def _scans(plan: dict[str, Any], table: str) -> Iterator[dict[str, Any]]:
    """The nodes that read the table, a missing index as one of no name."""
    if plan.get("Relation Name") == table:
        yield {"Index Name": ""} | plan
    for below in plan.get("Plans", ()):
        yield from _scans(below, table)


async def test_most_changes_of_a_cart_write_into_no_index(db: Database) -> None:
    """HOT: an index over the very time of the change would be written into by each."""
    async with db.pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "insert into cart.cart (id, channel_id, currency, email, created_at, updated_at) values"
            " ($1, $1, 'EUR', 'ann@example.com', now(), '2026-01-01 12:00+00')",
            new_id(),
        )
        for n in range(1, 9):
            await connection.execute(
                "update cart.cart set version = version + 1,"
                " updated_at = updated_at + $1::int * interval '1 minute'",
                n,
            )
        changed, hot = await connection.fetchrow(
            "select pg_stat_get_xact_tuples_updated(c), pg_stat_get_xact_tuples_hot_updated(c)"
            " from (select 'cart.cart'::regclass::oid as c) t"
        )
        span = await connection.fetchval(
            "select updated_at - timestamptz '2026-01-01 12:00+00' from cart.cart"
        )
    assert (changed, span) == (8, timedelta(minutes=36))
    assert hot == 6, "all but those in another quarter of an hour"
