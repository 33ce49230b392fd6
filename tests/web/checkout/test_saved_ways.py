"""Ways to pay that are kept, over HTTP, with the real sandbox provider behind the shop."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import httpx
import msgspec
import pytest
from tests.sandbox import Sandbox
from tests.web.checkout.conftest import Counter

from argosy.drill.clock import MovableClock
from argosy.drill.dying import ServerDied, call_arrives, dying_app
from argosy.kernel.ids import decode
from argosy.modules import payments, staff, wallets
from argosy.runtime.db import counting_statements
from argosy.runtime.statements import Statement
from argosy.runtime.subscriptions import deliver, register
from argosy.workflows import authorisations
from argosy.workflows.placement import PaymentChoice
from argosy.workflows.reactions import JOBS, subscriptions

BROWSER = {"accept": "text/html", "sec-fetch-site": "same-origin"}
PASSWORD = "correct horse battery staple"
MINE = "/v1/customers/me/payment-methods"
KINDS = {kind.NAME: kind for kind in (payments.KeepMethod, wallets.ForgetMethod)}
TAKE = Statement(
    "test",
    "many",
    "delete from jobs.pgqueuer where entrypoint = any($1) returning entrypoint, payload",
    "test",
)


async def work(shop: Counter) -> int:
    """Do the jobs of kept ways to pay, each twice; how many there were."""
    async with shop.till.db.transaction() as tx:
        jobs = await tx.many(TAKE, list(KINDS))
    for job in jobs:
        kind = KINDS[job["entrypoint"]]
        _, command = msgspec.json.decode(job["payload"], type=tuple[str | None, kind])
        for _ in range(2):
            await JOBS[kind](shop.till.app, command)
    return len(jobs)


async def ok(answer: httpx.Response, status: int) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def buy(
    shop: Counter, token: str | None, key: str, cart: dict[str, Any] | None = None, **payment: Any
) -> httpx.Response:
    cart = cart or await shop.cart(mug=1)
    given = {"gateway": "sandbox", "return_url": "https://shop.test/back", **payment}
    body = {"expected_total": cart["total"], "payment": given}
    return await shop.send(
        "POST", f"/v1/carts/{cart['id']}/place", body, token=token, idempotency_key=key
    )


async def typed(sandbox: Sandbox, number: str) -> dict[str, str]:
    """The token of a card that was typed at the provider."""
    card = {"number": number, "expiry": "12/39", "code": "123"}
    answer = await sandbox.http.post("/fields/tokens", json=card)
    return {"token": answer.json()["token"]}


async def buy_and_keep(
    shop: Counter, sandbox: Sandbox, token: str, key: str, number: str = "4242 4242 4242 4242"
) -> str:
    """Buy by a card that is kept, through the bank's question; the cart's id."""
    cart = await shop.cart(mug=1)
    asked = await ok(
        await buy(shop, token, key, cart, instrument=await typed(sandbox, number), save=True), 202
    )
    assert asked["result"] == "requires_action"
    url = asked["payment"]["next_action"]["url"]
    await sandbox.challenge(url.rpartition("/")[2], approve=True)
    placed = await ok(await shop.send("POST", f"/v1/carts/{cart['id']}/resume", token=token), 200)
    assert placed["result"] == "placed"
    return str(cart["id"])


async def kept(shop: Counter, token: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await ok(await shop.send("GET", MINE, token=token), 200))[
        "items"
    ]
    return items


async def evidence(shop: Counter, cart_id: str) -> dict[str, str]:
    async with shop.till.db.reading() as tx:
        (payment,) = await payments.payments_of_order(tx, decode("cart", cart_id))
    outcome = payment.operations[0].outcome
    assert isinstance(outcome, payments.Authorised)
    return outcome.evidence


async def at_provider(sandbox: Sandbox, customer: str) -> list[str]:
    answer = await sandbox.http.get(f"/v1/customers/{customer}/methods")
    return [one["last4"] for one in answer.json()["items"]]


async def test_H15_a_card_is_kept_with_proof_and_pays_again_for_its_customer_alone(
    shop: Counter, sandbox: Sandbox
) -> None:
    ann = await shop.shopper_session()
    me = (await ok(await shop.send("GET", "/v1/customers/me", token=ann), 200))["id"]
    first = await buy_and_keep(shop, sandbox, ann, "first")
    said = await evidence(shop, first)
    assert (said["stored_credential"], said["three_ds_flow"]) == ("first", "challenge")
    assert await kept(shop, ann) == [], "kept once the worker has asked the provider"
    assert await work(shop) == 1
    (visa,) = await kept(shop, ann)
    assert (visa["brand"], visa["last4"], visa["exp_month"], visa["exp_year"]) == (
        *("visa", "4242"),
        *(12, 2039),
    )
    assert (visa["default"], visa["expired"]) == (True, False)

    # Nobody types anything, the bank asks nothing, and the scheme is told what it is.
    cart = await shop.cart(mug=1)
    again = await buy(shop, ann, "again", cart, saved_method=visa["id"])
    placed = await ok(again, 201)
    said = await evidence(shop, cart["id"])
    assert (said["stored_credential"], said["initiator"]) == ("later", "customer")
    assert "three_ds_flow" not in said
    assert await work(shop) == 0, "nothing is to be kept of it"

    # Another's is not there, and neither is one for a guest.
    bob = await shop.shopper_session("bob@example.com")
    cart = await shop.cart(mug=1)
    theirs = await buy(shop, bob, "theft", cart, saved_method=visa["id"])
    assert (theirs.status_code, theirs.json()["code"]) == (404, "wallets.method_not_found")
    for path in (f"{MINE}/{visa['id']}/default", f"{MINE}/{visa['id']}"):
        method = "POST" if path.endswith("default") else "DELETE"
        assert (await shop.send(method, path, token=bob)).status_code == 404
    for wish in ({"saved_method": visa["id"]}, {"instrument": {"token": "t"}, "save": True}):
        guest = await buy(shop, None, "guest", cart, **wish)
        assert (guest.status_code, guest.json()["code"]) == (422, "checkout.saving_not_offered")
    offline = await buy(shop, bob, "offline", cart, gateway="invoice", save=True)
    assert offline.json()["code"] == "checkout.saving_not_offered"
    for word, text in (("kept", "pm_1"), ("kept_for", me), ("keep_for", me)):
        forged = await buy(
            shop, bob, "forged", cart, instrument={"token": "tok_approved", word: text}
        )
        assert (forged.status_code, forged.json()["code"]) == (422, "payments.instrument_invalid")
    assert (await shop.send("GET", f"/v1/carts/{cart['id']}")).json()["state"] == "open"

    # Staff see brand and last digits, at the customer and at the payment.
    desk = await shop.secret_key("customers:write", "customers:read", "payments:read")
    seen = await ok(
        await shop.send("GET", f"/admin/v1/customers/{me}/payment-methods", token=desk), 200
    )
    (row,) = seen["items"]
    assert row.keys() == {"gateway", "brand", "last4", "created_at"}
    payment = placed["payment"]["id"]
    read = await ok(await shop.send("GET", f"/admin/v1/payments/{payment}", token=desk), 200)
    assert "pm_" not in str(read)
    assert (read["payment"]["brand"], read["payment"]["last4"]) == ("visa", "4242")

    member = staff.AddMember(email="o@example.com", name="O", password=PASSWORD, roles=("owner",))
    app = shop.till.app
    await staff.add_member(app.db, app.passwords, staff.SYSTEM, member)
    async with httpx.AsyncClient(
        transport=shop.client._transport, base_url="http://shop.test", headers=BROWSER
    ) as pages:
        await pages.post("/admin/sign-in", data={"email": "o@example.com", "password": PASSWORD})
        for path in (f"/admin/customers/{me}", f"/admin/payments/{payment}"):
            page = await pages.get(path)
            assert (page.status_code, "Visa ···· 4242" in page.text) == (200, True)
            assert "pm_" not in page.text

    # Another card; the one chosen comes first.
    await buy_and_keep(shop, sandbox, ann, "second", "5555 5555 5555 4444")
    await work(shop)
    visa, master = await kept(shop, ann)
    assert (visa["brand"], master["brand"]) == ("visa", "mastercard")
    for _ in range(2):
        await ok(await shop.send("POST", f"{MINE}/{master['id']}/default", token=ann), 204)
    assert [one["brand"] for one in await kept(shop, ann)] == ["mastercard", "visa"]

    # The same card once more stands once.
    await buy_and_keep(shop, sandbox, ann, "third")
    assert await work(shop) == 1
    assert await work(shop) == 1, "the older is forgotten at the provider"
    master, newer = await kept(shop, ann)
    assert (newer["brand"], newer["id"] != visa["id"]) == ("visa", True)
    assert sorted(await at_provider(sandbox, me)) == ["4242", "4444"]

    # What is given out holds them; what is erased is erased at the provider too.
    export = await ok(await shop.send("GET", "/v1/customers/me/export", token=ann), 200)
    assert [one["last4"] for one in export["payment_methods"]] == ["4444", "4242"]
    about = [one for one in subscriptions(shop.till.app) if one.name == "forget_methods"]
    await register(shop.till.db, about)
    erased = await shop.send("POST", f"/admin/v1/customers/{me}/erasure", token=desk)
    assert erased.status_code == 204, erased.text
    for _ in range(200):
        await deliver(shop.till.db, about[0])
        if await work(shop):
            break
        await asyncio.sleep(0.05)
    assert await at_provider(sandbox, me) == []
    assert await shop.till.db.pool.fetchval("select count(*) from wallets.saved_method") == 0
    assert (await shop.send("GET", MINE, token=bob)).json()["items"] == []


async def test_a_removed_card_is_refused_and_one_that_is_declined_keeps_the_cart(
    shop: Counter, sandbox: Sandbox
) -> None:
    ann = await shop.shopper_session()
    me = (await ok(await shop.send("GET", "/v1/customers/me", token=ann), 200))["id"]
    await buy_and_keep(shop, sandbox, ann, "first")
    # While the provider is silent nothing is lost.
    await sandbox.behave(mode="down")
    assert await work(shop) == 1
    assert await kept(shop, ann) == []
    await sandbox.behave()
    assert await work(shop) >= 1, "it is asked again"
    (visa,) = await kept(shop, ann)
    paid = await shop.cart(mug=1)
    bought = await buy(shop, ann, "bought", paid, saved_method=visa["id"])
    await ok(bought, 201)

    cart = await shop.cart(mug=1)
    listed = (await sandbox.http.get(f"/v1/customers/{me}/methods")).json()["items"]
    await sandbox.http.post(f"/v1/methods/{listed[0]['id']}/detach")
    declined = await buy(shop, ann, "declined", cart, saved_method=visa["id"])
    assert (declined.status_code, declined.json()["reason"]) == (402, "check_details")
    await ok(await shop.send("DELETE", f"{MINE}/{visa['id']}", token=ann), 204)
    assert (await shop.send("DELETE", f"{MINE}/{visa['id']}", token=ann)).status_code == 404
    removed = await buy(shop, ann, "removed", cart, saved_method=visa["id"])
    assert (removed.status_code, removed.json()["code"]) == (404, "wallets.method_not_found")
    assert (await shop.send("GET", f"/v1/carts/{cart['id']}")).json()["state"] == "open"
    await ok(await buy(shop, ann, "instead", cart, instrument={"token": "tok_approved"}), 201)
    again = await buy(shop, ann, "bought", paid, saved_method=visa["id"])
    assert (again.status_code, again.content) == (201, bought.content), "as it was then"


@pytest.mark.parametrize("late", [False, True])
async def test_H1_a_crash_between_approval_and_keeping_loses_nothing(
    shop: Counter, sandbox: Sandbox, clock: MovableClock, late: bool
) -> None:
    """The process dies around the call. What recovery finds approved is kept; what arrives when
    its order was given up is not, and the provider forgets it.
    """
    till = shop.till
    ann = await shop.shopper_session()
    me = (await ok(await shop.send("GET", "/v1/customers/me", token=ann), 200))["id"]
    cart = msgspec.structs.replace(await till.cart(mug=1), customer_id=decode("customer", me))
    dead = dying_app(till, asked=not late)
    wish = PaymentChoice(gateway="sandbox", instrument={"token": "tok_3ds_frictionless"}, save=True)
    with suppress(ServerDied):
        await till.place(cart, wish, key="k", app=dead)
        raise AssertionError("nobody survives this call")
    assert await work(shop) == 0
    clock.advance(seconds=2 * till.app.settings.placing_lease_s + 1)
    await till.recover()
    if late:
        await call_arrives(dead)
        clock.advance(minutes=2)
        await authorisations.sweep_late(till.app)
        assert await at_provider(sandbox, me) == ["4242"]
    assert (await till.cart_now(cart)).state == ("open" if late else "placed")
    while await work(shop):
        pass
    assert [one["last4"] for one in await kept(shop, ann)] == ([] if late else ["4242"])
    assert await at_provider(sandbox, me) == ([] if late else ["4242"])


async def test_only_who_asks_for_a_kept_card_costs_a_statement(
    shop: Counter, sandbox: Sandbox
) -> None:
    ann = await shop.shopper_session()
    await buy_and_keep(shop, sandbox, ann, "kept")
    await work(shop)
    (visa,) = await kept(shop, ann)
    counts = {}
    for key, payment in (
        ("warm", {"instrument": {"token": "tok_approved"}}),
        ("plain", {"instrument": {"token": "tok_approved"}}),
        ("saved", {"saved_method": visa["id"]}),
    ):
        cart = await shop.cart(mug=1)
        with counting_statements() as count:
            await ok(await buy(shop, ann, key, cart, **payment), 201)
        counts[key] = count.names
    assert sorted(counts["saved"]) == sorted([*counts["plain"], "method"])
    assert await work(shop) == 0
