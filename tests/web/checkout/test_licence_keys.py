"""Licence keys from the pool to the buyer: paid, asked for, shown, revoked with the order."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tests.web.checkout.conftest import Counter
from tests.web.checkout.test_shopper_invoices import secret
from tests.workflows.following import follow

from argosy.kernel.ids import decode, encode, new_id
from argosy.modules import licences, orders, payments
from argosy.modules.licences import DeliverWhen, Pool
from argosy.modules.orders import SHOPPER, Because
from argosy.runtime.subscriptions import Delivered
from argosy.workflows import licensing, money_moves, order_actions
from argosy.workflows.money_moves import MoveMoney
from argosy.workflows.order_actions import CancelOrder

WORDS = {"words": "At once, and I know what I lose by it."}


async def fill(shop: Counter, *keys: str, when: DeliverWhen = "captured") -> None:
    till = shop.till
    pool = Pool(variant_id=till.variants["song"], deliver_when=when)
    async with till.db.transaction() as tx:
        await licensing.set_pool(tx, pool)
        await licensing.add_keys(tx, till.app.settings, till.variants["song"], keys)


async def settled(shop: Counter) -> None:
    db = shop.till.db
    await follow(db, licensing.owe_keys, orders.OrderPlaced.TYPE, payments.PaymentCaptured.TYPE)
    over = orders.OrderCancelled, payments.PaymentRefunded, payments.PaymentVoided
    await follow(db, licensing.end_keys, *(event.TYPE for event in over))


async def bought(shop: Counter, gateway: str = "cash", **units: int) -> str:
    cart = await shop.cart(**units)
    body = {"expected_total": cart["total"], "payment": {"gateway": gateway}}
    placed = await shop.send(
        "POST", f"/v1/carts/{cart['id']}/place", body, idempotency_key=cart["id"]
    )
    assert placed.status_code == 201, placed.text
    return encode("order", decode("cart", cart["id"]))


async def held(shop: Counter, order: str) -> dict[str, Any]:
    token = secret(shop, order)
    answer = await shop.send("GET", f"/v1/orders/{order}/licence-keys", x_order_token=token)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    found: dict[str, Any] = answer.json()
    return found


async def test_G7_keys_are_given_when_paid_and_asked_for_and_revoked_with_the_order(
    shop: Counter,
) -> None:
    await fill(shop, "KEY!1", "KEY!2", "KEY!3")
    order = await bought(shop, song=2)
    await settled(shop)
    found = await held(shop, order)
    assert (found["items"], found["missing"], found["asks_consent"]) == ([], 2, True)
    there = f"/v1/orders/{order}/digital-consent"
    assert (await shop.send("PUT", there, WORDS)).status_code == 404, "without its token"
    given = await shop.send("PUT", there, WORDS, x_order_token=secret(shop, order))
    assert given.status_code == 200, given.text
    texts = {one["key"] for one in given.json()["items"]}
    assert len(texts) == 2
    assert texts < {"KEY!1", "KEY!2", "KEY!3"}
    assert await held(shop, order) == given.json()
    # Nothing readable lies in the database.
    rows = await shop.till.db.pool.fetch("select box, digest from licences.key")
    assert not any(b"KEY!" in row["box"] + row["digest"] for row in rows)

    await order_actions.cancel_order(
        shop.till.app,
        CancelOrder(
            order_id=decode("order", order),
            reason="test",
            because=Because(actor=SHOPPER, cause="test"),
        ),
    )
    await settled(shop)
    found = await held(shop, order)
    assert [(one["key"], one["revoked"]) for one in found["items"]] == [("", True)] * 2


def told(order: UUID, kind: str) -> Delivered:
    return Delivered(
        event_id=new_id(),
        type=kind,
        subject=encode("order", order),
        seq=1,
        data={"order_id": str(order)},
        trace=None,
        occurred_at=datetime.now(UTC),
    )


async def test_an_order_that_is_cancelled_while_its_keys_are_given_keeps_none(
    shop: Counter,
) -> None:
    await fill(shop, "EEEE-1")
    order = decode("order", await bought(shop, song=1))
    app, db = shop.till.app, shop.till.db
    async with db.transaction() as tx:
        await licences.agree(tx, order, WORDS["words"])

    async def cancelled() -> None:
        because = Because(actor=SHOPPER, cause="test")
        cancel = CancelOrder(order_id=order, reason="test", because=because)
        await order_actions.cancel_order(app, cancel)
        async with db.transaction() as tx:
            await licensing.end_keys(tx, [told(order, orders.OrderCancelled.TYPE)])

    async with db.transaction() as tx:
        await licensing.owe_keys(tx, [told(order, orders.OrderPlaced.TYPE)])
        ending = asyncio.create_task(cancelled())
        waits = """select exists (select from pg_stat_activity
                    where datname = current_database() and wait_event_type = 'Lock')"""
        while not (ending.done() or await db.pool.fetchval(waits)):
            await asyncio.wait([ending], timeout=0.01)
    await ending
    async with db.reading() as tx:
        found = await licensing.licences_of(tx, app.settings, order)
    assert [(key.text, key.revoked) for key in found.keys] == [("", True)]
    assert found.missing == 0


async def test_money_that_is_only_held_gives_no_key_unless_the_pool_says_so(shop: Counter) -> None:
    await fill(shop, "BBBB-1", "BBBB-2")
    order = await bought(shop, shirt=1, song=1, gateway="invoice")
    await settled(shop)
    assert (await held(shop, order))["missing"] == 0, "nothing is owed before it is paid"
    async with shop.till.db.transaction() as tx:
        pool = Pool(
            variant_id=shop.till.variants["song"], deliver_when="authorised", asks_consent=False
        )
        await licensing.set_pool(tx, pool)
    other = await bought(shop, shirt=1, song=1, gateway="invoice")
    await settled(shop)
    assert [one["key"][:4] for one in (await held(shop, other))["items"]] == ["BBBB"]
    # What never comes after all takes the key back.
    async with shop.till.db.reading() as tx:
        [payment] = await payments.payments_of_order(tx, decode("order", other))
    because = Because(actor=SHOPPER, cause="test")
    await money_moves.move(shop.till.app, MoveMoney(payment.id, "void", because))
    await settled(shop)
    assert [one["revoked"] for one in (await held(shop, other))["items"]] == [True]


async def test_the_pages_ask_for_consent_and_show_the_keys(shop: Counter) -> None:
    await fill(shop, "CCCC-1")
    order = await bought(shop, song=1)
    await settled(shop)
    base, token = f"/@{shop.till.channel.code}", secret(shop, order)
    address = f"{base}/orders/{order}?token={token}"
    page = await shop.client.get(address)
    assert page.status_code == 200, page.text
    assert "CCCC-1" not in page.text
    assert "I lose my right to withdraw" in page.text
    action = re.search(r'action="([^"]+/keys[^"]*)"', page.text)
    assert action is not None
    own = {"Sec-Fetch-Site": "same-origin"}
    path = action[1].replace("&amp;", "&")
    unsaid = await shop.client.post(path, data={}, headers=own)
    assert unsaid.status_code == 303
    assert "CCCC-1" not in (await shop.client.get(address)).text
    await shop.client.post(path, data={"keys_at_once": "yes"}, headers=own)
    assert "<code>CCCC-1</code>" in (await shop.client.get(address)).text
    words = await shop.till.db.pool.fetchval("select words from licences.consent")
    assert words.startswith("I want the digital goods at once")


async def test_consent_is_asked_at_the_checkout_of_keys_only(shop: Counter) -> None:
    await fill(shop, "DDDD-1", "DDDD-2", when="authorised")
    base, own = f"/@{shop.till.channel.code}", {"Sec-Fetch-Site": "same-origin"}

    async def put(name: str) -> None:
        sent = {"variant_id": shop.variant(name), "quantity": "1"}
        added = await shop.client.post(f"{base}/cart/lines", data=sent, headers=own)
        assert added.status_code == 303, added.text

    await put("song")
    page = (await shop.client.get(f"{base}/checkout")).text
    assert 'name="keys_at_once"' in page
    assert "How shall it be shipped?" not in page
    form = {
        "action": "review", "email": "ann@example.com", "gateway": "invoice", "key": "k" * 24,
        "shipping.name": "Ann", "shipping.line1": "Unter den Linden 1", "shipping.city": "Berlin",
        "shipping.postal_code": "10117", "shipping.country": "DE",
    }  # fmt: skip
    reviewed = await shop.client.post(f"{base}/checkout", data=form, headers=own)
    assert reviewed.status_code == 303, reviewed.text
    # What was ticked and then not any more does not count.
    stale = {**form, "action": "place", "expected_minor": "1", "keys_at_once": "yes"}
    assert (await shop.client.post(f"{base}/checkout", data=stale, headers=own)).status_code == 422
    count = "select count(*) from licences.consent"
    assert await shop.till.db.pool.fetchval(count) == 1
    stale.pop("keys_at_once")
    await shop.client.post(f"{base}/checkout", data=stale, headers=own)
    assert await shop.till.db.pool.fetchval(count) == 0
    buy = {**form, "action": "place", "expected_minor": "119", "keys_at_once": "yes"}
    bought = await shop.client.post(f"{base}/checkout", data=buy, headers=own)
    assert bought.status_code == 303, bought.text
    assert "/orders/" in bought.headers["location"]
    await settled(shop)
    assert await shop.till.db.pool.fetchval(count) == 1
    order = await shop.client.get(bought.headers["location"])
    assert re.search("<code>DDDD-[12]<", order.text), order.text
    await put("shirt")
    assert 'name="keys_at_once"' not in (await shop.client.get(f"{base}/checkout")).text
