"""Two purchases whose server is killed at the worst moment, told as an on-call engineer sees them.

`paid_no_order`: the provider has authorised, our server is killed before it knows.
`order_no_pay`: our order is written, the server is killed before its call reaches the provider.
Nobody helps: the worker finds both by their lease, asks the provider, and ends them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

import httpx
import msgspec

from argosy.drill.audit import audit
from argosy.drill.shop import SERVER, Shop, card_body
from argosy.kernel.ids import encode
from argosy.kernel.money import Money
from argosy.modules import cart as carts
from argosy.modules import inventory, ledger, orders, payments
from argosy.modules.cart import Cart
from argosy.runtime.db import utc_now

Who = Literal["shopper", "server", "provider", "shop", "worker", "books", "on call"]
Tell = Callable[["Moment"], None]


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a timeline; `at` is seconds relative to the kill."""

    at: float
    who: Who
    what: str


class Story(msgspec.Struct, kw_only=True):
    """A whole timeline and its moral. `violations` should be empty."""

    drill: str
    lease_s: float
    timeline: list[Moment] = []
    charges: int = 0
    order_number: str | None = None
    held: str = ""
    see: list[str] = []
    violations: list[str] = []


class Teller:
    """Collects moments and passes them on; those before the kill wait until its time is known."""

    def __init__(self, shop: Shop, drill: str, tell: Tell) -> None:
        self.shop = shop
        self.story = Story(drill=drill, lease_s=shop.settings.placing_lease_s)
        self._tell = tell
        self._early: list[tuple[datetime, Who, str]] = []
        self._killed: datetime | None = None

    def say(self, who: Who, what: str, at: datetime | None = None) -> None:
        """Something happened (now, unless `at` is given)."""
        when = at or utc_now()
        if self._killed is None:
            self._early.append((when, who, what))
            return
        moment = Moment(at=round((when - self._killed).total_seconds(), 2), who=who, what=what)
        self.story.timeline.append(moment)
        self._tell(moment)

    def kill(self, what: str) -> None:
        """SIGKILL to the server: from here on, seconds count from zero."""
        now = utc_now()
        self.shop.kill(SERVER)
        self._killed = now
        for when, who, words in self._early:
            self.say(who, words, when)
        self.say("server", what, now)

    def unless(self, holds: bool, violation: str) -> None:
        """Note a violation."""
        if not holds:
            self.story.violations.append(violation)


class Seen(msgspec.Struct, kw_only=True):
    """Everything about one purchase, at one moment, on both sides."""

    cart: str
    order: Any
    operation: str
    reserved: int
    sellable: int
    booked: list[str]
    charges: list[str]


async def look(shop: Shop, cart_id: Any) -> Seen:
    """Read our rows and the provider's."""
    async with shop.till.db.reading() as tx:
        cart = await carts.find_cart(tx, cart_id)
        order = await orders.find_order(tx, cart_id)
        paid = await payments.payments_of_order(tx, cart_id)
        booked = await ledger.postings_of_order(tx, cart_id)
        level = (await inventory.levels_of(tx, [shop.till.variants["shirt"]]))[0]
    answer = await shop.provider.http.get("/v1/payments")
    charges = [
        f"{one['id'][:13]} {one['status']} {Money(one['amount_authorised'], one['currency'])}"
        for one in answer.json()["items"]
        if one["amount_authorised"] - one["amount_voided"]
    ]
    assert cart is not None
    operations = [operation.state for one in paid for operation in one.operations]
    return Seen(
        cart=cart.state,
        order=order,
        operation=", ".join(operations) or "none",
        reserved=level.reserved + level.allocated,
        sellable=level.sellable,
        booked=[one.kind for one in booked],
        charges=charges,
    )


async def paid_no_order(shop: Shop, tell: Tell) -> Story:
    """Money at the provider, and nobody at our side who knows."""
    teller = Teller(shop, "paid-no-order", tell)
    cart, total = await _cart(shop, teller)
    request = await _sent_and_killed(
        shop,
        teller,
        cart,
        total=total,
        hold="holds answers",
        provider_says="authorised; its answer is on the way to us",
        killed="killed (SIGKILL): the answer reached nobody",
    )
    seen = await look(shop, cart.id)
    _tell_rows(teller, seen)
    teller.unless(len(seen.charges) == 1, f"the provider holds {seen.charges}, not one charge")
    teller.unless(seen.order.confirmed_at is None, "the order was confirmed before the kill")
    shop.wire.become("open")
    order = await _recovered(shop, teller, cart)
    teller.unless(order.stage == "confirmed", f"the order ended as {order.stage}")
    await _answered(shop, teller, request, "placed", "the order that recovery placed")
    teller.story.held = "one order with one charge; nobody paid for nothing"
    return await _moral(shop, teller, cart)


async def order_no_pay(shop: Shop, tell: Tell) -> Story:
    """An order and held stock, and no money anywhere."""
    teller = Teller(shop, "order-no-pay", tell)
    cart, total = await _cart(shop, teller)
    request = await _sent_and_killed(
        shop,
        teller,
        cart,
        total=total,
        hold="holds requests",
        provider_says="has not heard of it: the call is on the wire",
        killed="killed (SIGKILL): the call died with it",
    )
    seen = await look(shop, cart.id)
    _tell_rows(teller, seen)
    teller.unless(seen.charges == [], f"the provider holds {seen.charges}, not nothing")
    shop.wire.become("open")
    order = await _recovered(shop, teller, cart)
    teller.unless(order.stage == "payment_failed", f"the order ended as {order.stage}")
    after = await look(shop, cart.id)
    teller.unless(after.cart == "open", f"the cart is {after.cart}")
    teller.unless(after.reserved == 0, f"{after.reserved} units are still held")
    teller.unless(after.charges == [] and after.booked == [], "money moved or was booked")
    await _answered(shop, teller, request, "placed", "placed anew")
    teller.story.held = "no order without money: no charge, stock released, cart reopened"
    return await _moral(shop, teller, cart)


# --- the parts of both -------------------------------------------------------------------------


async def _cart(shop: Shop, teller: Teller) -> tuple[Cart, Money]:
    """A cart with one shirt, of ten in stock."""
    cart = await shop.till.cart(shirt=1)
    total = await shop.till.total(cart)
    level = await shop.till.level("shirt")
    teller.say("shopper", f"has a cart: 1 shirt, {total} in all ({level.sellable} in stock)")
    return cart, total


class _Request(msgspec.Struct, frozen=True):
    path: str
    key: str
    body: dict[str, Any]


async def _sent_and_killed(
    shop: Shop,
    teller: Teller,
    cart: Cart,
    *,
    total: Money,
    hold: Literal["holds answers", "holds requests"],
    provider_says: str,
    killed: str,
) -> _Request:
    """The shopper pays; the wire holds back; the server dies."""
    request = _Request(
        f"/v1/carts/{encode('cart', cart.id)}/place",
        "pay-once",
        {
            "expected_total": {"minor": total.minor, "currency": total.currency},
            "payment": card_body(),
        },
    )
    # Nothing else may be held in the place of our call.
    shop.wire.become(hold)
    teller.say("shopper", "pays by card (Idempotency-Key: pay-once)")
    sending = asyncio.create_task(_send(shop, request))
    await asyncio.wait_for(shop.wire.held.wait(), 20)
    teller.say("server", "has written the order, holds the stock, calls the provider")
    teller.say("provider", provider_says)
    teller.kill(killed)
    answer = await sending
    lost = "no answer" if answer is None else f"{answer.status_code}, unexpectedly"
    teller.unless(answer is None, "the shopper had an answer before the kill")
    teller.say("shopper", f"sees: {lost}")
    return request


async def _send(shop: Shop, request: _Request) -> httpx.Response | None:
    try:
        return await shop.http.post(
            request.path, json=request.body, headers={"idempotency-key": request.key}, timeout=30
        )
    except httpx.TransportError:
        return None


def _tell_rows(teller: Teller, seen: Seen) -> None:
    money = ", ".join(seen.charges) or "no payment: it was never asked"
    teller.say("provider", f"its records: {money}")
    order = seen.order
    teller.say(
        "shop",
        f"our rows: cart {seen.cart}, order {order.stage}, waits for {order.waiting_for}",
    )
    teller.say(
        "shop", f"operation {seen.operation}; {seen.reserved} shirt held, {seen.sellable} left"
    )
    teller.say("books", f"entries of this order: {', '.join(seen.booked) or 'none'}")
    teller.say("shop", f"lease until {order.lease_until:%H:%M:%S}: it is nobody's until then")


async def _recovered(shop: Shop, teller: Teller, cart: Cart) -> orders.Order:
    """Watch the worker do it; the order then. The server stays dead meanwhile."""
    deadline = time.monotonic() + 12 * shop.settings.placing_lease_s + 30
    async with shop.till.db.reading() as tx:
        order = await orders.order_by_id(tx, cart.id)
    lease, asks = order.lease_until, False
    again = "the lease ran out: takes it over, asks the provider"
    while order.waiting_for is not None and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
        async with shop.till.db.reading() as tx:
            order = await orders.order_by_id(tx, cart.id)
        if order.lease_until in {None, lease}:
            continue
        # A worker that takes an order over has a whole lease; what it leaves it with is shorter.
        left = (order.lease_until - shop.till.db.clock()).total_seconds()
        taken = left > 0.9 * shop.settings.placing_lease_s
        if (taken or not asks) and (order.waiting_for or again != "asks again"):
            teller.say("worker", again)
            again = "asks again"
        if order.waiting_for and not taken:
            teller.say("worker", '"never heard of it": too early to believe; a shorter lease')
        lease, asks = order.lease_until, taken
    teller.unless(order.waiting_for is None, f"still waits for {order.waiting_for}")
    requests = await _asked(shop, order)
    teller.say("provider", f"was asked: {requests}")
    async with shop.till.db.reading() as tx:
        for entry in await orders.timeline_of(tx, cart.id):
            if entry.cause == "recovery":
                teller.say("worker", _words(entry, order), entry.at)
        booked = await ledger.postings_of_order(tx, cart.id)
    for one in booked:
        teller.say("books", f"{one.kind}: {_legs(one)}", one.posted_at)
    seen = await look(shop, cart.id)
    teller.say(
        "shop",
        f"cart {seen.cart}, order {order.stage}, {seen.reserved} shirt held, {seen.sellable} left",
    )
    teller.story.timeline.sort(key=lambda moment: moment.at)
    return order


async def _asked(shop: Shop, order: orders.Order) -> str:
    """The calls about this operation that the provider remembers, in words."""
    if order.operation_id is None:
        async with shop.till.db.reading() as tx:
            paid = await payments.payments_of_order(tx, order.id)
        keys = [str(operation.id) for one in paid for operation in one.operations]
    else:
        keys = [str(order.operation_id)]
    calls: list[str] = []
    for key in keys:
        calls += await shop.provider.requests(key)
    return ", ".join(calls) or "nothing"


def _words(entry: Any, order: orders.Order) -> str:
    if entry.kind == "confirmed":
        return f"completes it: order {order.number} placed, stock allocated"
    if entry.kind == "payment_failed":
        return f"ends it ({order.failure}): stock released, cart reopened"
    return str(entry.kind)


def _legs(booked: ledger.Booked) -> str:
    return ", ".join(f"{one.account.split(':')[0]} {one.amount}" for one in booked.entries)


async def _answered(
    shop: Shop, teller: Teller, request: _Request, result: str, meaning: str
) -> None:
    """The server is back; the shopper's app sends the same request again, twice."""
    shop.start(SERVER)
    await shop.wait_ready(SERVER)
    teller.say("server", "is started again (its supervisor does that)")
    first, second = await _send(shop, request), await _send(shop, request)
    if first is None or second is None:
        teller.unless(False, "no answer to the repeated request")
        return
    said = first.json()
    teller.say("shopper", f"sends the same request again: {first.status_code}, {meaning}")
    teller.unless(said.get("result") == result, f"the repeat was told {first.text[:200]}")
    same = (first.status_code, first.content) == (second.status_code, second.content)
    teller.unless(same, "two repeats were told different things")
    teller.say("shopper", "and once more: the same bytes")
    teller.story.order_number = (said.get("order") or {}).get("number")


async def _moral(shop: Shop, teller: Teller, cart: Cart) -> Story:
    """At rest: both sides compared, books balanced, one charge."""
    teller.story.violations += await shop.rest(within_s=20)
    seen = await look(shop, cart.id)
    teller.story.charges = len(seen.charges)
    teller.unless(len(seen.charges) == 1, f"charges in the end: {seen.charges}")
    found = await audit(shop.till.app)
    words = "balanced; provider and payments agree; journal is stock" if not found else found[0]
    teller.say("on call", f"books {words}")
    teller.say("on call", f"charges in the end: {', '.join(seen.charges)}")
    teller.story.see = [
        f"argosy books order {encode('order', cart.id)}",
        "argosy books reconcile sandbox",
        "argosy books verify",
        "argosy stock verify",
    ]
    return teller.story
