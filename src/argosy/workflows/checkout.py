"""Checkout: a cart becomes a paid order, or nothing happened. ARCHITECTURE.md section 5.

    open --begin--> placing --authorised--> placed
                      |  \\--requires action (3DS, redirect)--> awaiting_action --resume--> placed
                      |--declined--> open (everything released)
                      '--unknown (timeout, crash)--> stays placing; recovery asks the provider

Begin (placing.py) and Complete (completing.py) are one transaction each; between them the provider
is asked with no transaction open. The answer is stored under the Idempotency-Key in the transaction
of the effect, so that a repeat of the request, at the same moment or days later, gets the very same
bytes (DOMAIN.md G1-G3).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import assert_never
from uuid import UUID

import msgspec

from argosy.kernel.errors import Conflict
from argosy.modules import cart as carts
from argosy.modules import orders, payments
from argosy.modules.channels import Channel
from argosy.modules.orders import Because, Order
from argosy.modules.payments import Failed, Outcome
from argosy.modules.wallets import SavedMethodNotFound
from argosy.runtime.idempotency import KeyInProgress, KeyReused, claim
from argosy.runtime.outbox_rows import Answered
from argosy.workflows import recovery
from argosy.workflows.app import App
from argosy.workflows.completing import complete, reason_of, result_of
from argosy.workflows.drafting import check_owner
from argosy.workflows.placement import (
    NothingToResume,
    PlaceCart,
    Placement,
    Purchase,
    Reply,
    placement_of,
)
from argosy.workflows.placing import Begun, CartNotReady, KeyKnown, begin
from argosy.workflows.saved_ways import with_saved

FIRST_PAUSE_S = 0.02
LONGEST_PAUSE_S = 0.25
WITHOUT_EFFECT = frozenset({"absent", "abandoned", "unreachable"})


async def place(app: App, command: PlaceCart, reply: Reply) -> Answered:
    """Turn a cart into an order and answer what became of it; see Placement for the ways.

    Repeat with the same key to get the same answer; with another key, the order of the cart if
    there is one. A payment attempt that still waits for the shopper is given up first.
    Raises CartNotFound, CartExpired, CartNotOpen, the errors of placement.py, OutOfStock,
    GatewayNotOffered, InstrumentInvalid, GatewayUnavailable, what with_saved raises, KeyReused,
    KeyInProgress: then nothing is charged or held, and the key may be used again.
    """
    return await _once(app, reply, lambda: _place(app, command, reply), command.because)


async def purchase(app: App, command: Purchase, reply: Reply) -> Answered:
    """A whole purchase in one call: the same code, answers and errors as `place`."""

    async def run() -> Answered:
        begun = await begin(app, await with_saved(app, command), reply)
        return await _ask(app, begun, command.because, reply)

    return await _once(app, reply, run, command.because)


async def resume(
    app: App, cart_id: UUID, channel: Channel, customer_id: UUID | None, because: Because
) -> Placement:
    """The shopper came back from 3DS or a redirect: ask the provider what became of it.

    Safe to repeat at any time; an order that is decided is answered as it is, whoever heard of it
    first: the provider's webhook may be faster than the shopper. Raises CartNotFound,
    NothingToResume for a cart of which no payment waits, and none failed last.
    """
    async with app.checkout_db.reading() as tx:
        cart = await carts.find_cart(tx, cart_id)
        order = await orders.find_order(tx, cart_id) if cart else None
    if cart is None:
        raise carts.CartNotFound("There is no such cart.", field="cart_id")
    check_owner(cart, channel.id, customer_id)
    if order is None or (cart.state == "open" and order.stage != "payment_failed"):
        raise NothingToResume("No payment of this cart is waiting.", cure="Place the cart.")
    placement = await recovery.resolve_order(app, order.id, because)
    assert placement is not None, "orders are never deleted"
    return placement


async def _place(app: App, command: PlaceCart, reply: Reply) -> Answered:
    command = await with_saved(app, command)
    pause, waited = FIRST_PAUSE_S, 0.0
    while True:
        try:
            begun = await begin(app, command, reply)
        except CartNotReady:
            answered = await _other_attempt(app, command, reply)
            if answered:
                return answered
            if waited >= app.settings.placing_lease_s / 2:
                raise carts.CartNotOpen(
                    "This cart is being paid for.", retry_after=1, state="placing"
                ) from None
            await asyncio.sleep(pause)
            waited, pause = waited + pause, min(2 * pause, LONGEST_PAUSE_S)
        else:
            return await _ask(app, begun, command.because, reply)


async def _ask(app: App, begun: Answered | Begun, because: Because, reply: Reply) -> Answered:
    """The provider's word on what was begun, and what it makes of the order."""
    if isinstance(begun, Answered):
        return begun
    outcome = await payments.ask(app.gateways, begun.operation)
    placement = await complete(app, begun.attempt, outcome, because, reply)
    _check_reached(outcome, placement)
    return reply.answered(placement)


def _check_reached(outcome: Outcome, placement: Placement) -> None:
    """Raise GatewayUnavailable when the provider was never reached: nothing was charged."""
    if isinstance(outcome, Failed) and outcome.retryable and placement.result == "declined":
        raise payments.GatewayUnavailable(
            "The payment provider cannot be reached; nothing was charged.",
            retry_after=5,
            cure="Send the same request again, or choose another way to pay.",
        )


async def _other_attempt(app: App, command: PlaceCart, reply: Reply) -> Answered | None:
    """Why the cart is not open: the answer if its order is decided; None: look again in a moment.

    An attempt that waits for the shopper's action is given up, because placing again says that
    the shopper wants to pay in another way (H2: only once it certainly cannot succeed).
    """
    async with app.checkout_db.reading() as tx:
        cart = await carts.find_cart(tx, command.cart_id)
        order = await orders.find_order(tx, command.cart_id) if cart else None
        now = tx.now
    if cart is None:
        raise carts.CartNotFound("There is no such cart.", field="cart_id")
    check_owner(cart, command.channel.id, command.customer_id)
    match cart.state:
        case "placed":
            return await _answer_as_is(app, cart.id, reply)
        case "awaiting_action":
            await recovery.give_up(app, cart.id, command.because)
            return None
        case "placing" | "open":
            if order and order.lease_until and order.lease_until <= now:
                await recovery.resolve_order(app, order.id, command.because)
            return None
        case "expired":
            carts.check_open(cart, now)
            raise AssertionError("an expired cart is not open")
        case _:
            assert_never(cart.state)


async def _once(
    app: App, reply: Reply, run: Callable[[], Awaitable[Answered]], because: Because
) -> Answered:
    """Run under the key, or wait for whoever does, and answer the same."""
    pause, waited = FIRST_PAUSE_S, 0.0
    while True:
        try:
            return await run()
        except KeyKnown:
            pass
        except (Conflict, SavedMethodNotFound):
            # A twin of this request may have taken what this one found missing, and a saved way to
            # pay may be removed by who bought with it.
            if not await _is_claimed(app, reply):
                raise
        answered = await _known(app, reply, because)
        if answered:
            return answered
        if waited >= app.settings.placing_lease_s / 2:
            raise KeyInProgress(
                "The first request with this Idempotency-Key is still running.", retry_after=1
            )
        await asyncio.sleep(pause)
        waited, pause = waited + pause, min(2 * pause, LONGEST_PAUSE_S)


async def _is_claimed(app: App, reply: Reply) -> bool:
    async with app.checkout_db.reading() as tx:
        return await carts.key_state(tx, reply.key) is not None


async def _known(app: App, reply: Reply, because: Because) -> Answered | None:
    """The answer of a key that was claimed before; None: look again, or run the request, soon.

    A claim whose request died is taken over after the lease: its attempt is resolved with the
    provider, and the answer is what became of it. If nothing became of it, the request runs anew.
    """
    async with app.checkout_db.reading() as tx:
        known = await carts.key_state(tx, reply.key)
        lease_over = tx.now - timedelta(seconds=app.settings.placing_lease_s)
    if known is None:
        return None
    if known.request_hash != reply.key.request_hash:
        raise KeyReused(
            "This Idempotency-Key was used for another request.",
            field="Idempotency-Key",
            cure="Use a new key for a new request.",
        )
    if known.answer:
        return _replayed(known.answer)
    if known.claimed_at > lease_over or known.cart_id is None:
        return None
    async with app.checkout_db.transaction() as tx:
        if not await carts.take_over_key(tx, reply.key, known.claimed_at):
            return None
    await recovery.resolve_order(app, known.cart_id, because)
    return await _answer_of_order(app, known.cart_id, reply)


async def _answer_of_order(app: App, order_id: UUID, reply: Reply) -> Answered | None:
    """Store and give the answer of a claimed key whose order is known by now."""
    async with app.checkout_db.transaction() as tx:
        order = await orders.lock_order(tx, order_id)
        if order.stage == "payment_failed" and order.failure in WITHOUT_EFFECT:
            await carts.forget_key(tx, reply.key)
            return None
        answer = reply.answered(_as_it_is(app, order))
        tx.remember(answer)
        return _replayed(answer)


async def _answer_as_is(app: App, order_id: UUID, reply: Reply) -> Answered:
    """The cart was placed under another key: the same order is the answer to this one (G1)."""
    async with app.checkout_db.transaction() as tx:
        stored = await claim(tx, reply.key)
        if stored:
            return _replayed(stored)
        answer = reply.answered(_as_it_is(app, await orders.lock_order(tx, order_id)))
        tx.remember(answer)
        return answer


def _as_it_is(app: App, order: Order) -> Placement:
    secret = app.settings.secret_key.get_secret_value()
    return placement_of(order, result_of(order), secret, reason_of(order))


def _replayed(answer: Answered) -> Answered:
    headers = {**answer.headers, "Idempotency-Replayed": "true"}
    return msgspec.structs.replace(answer, headers=headers)
