"""The proof of the proofs: the code is broken in one place at a time, and the audit must see it.

Every play is run whole, too: then the audit is silent.
"""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec
import pytest

from argosy.adapters.psp.sandbox import SandboxGateway
from argosy.drill.audit import audit, time_passes, work_off
from argosy.drill.clock import MovableClock
from argosy.drill.dying import call_arrives, dying_app
from argosy.drill.effects import counted, not_once
from argosy.drill.nursery import Nursery
from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import new_id
from argosy.kernel.money import Money
from argosy.modules import cart as carts
from argosy.modules import customers, inventory, ledger, orders, payments
from argosy.modules.orders import store as orders_store
from argosy.modules.payments import Authorised, Failed, Operation
from argosy.runtime import subscriptions
from argosy.runtime.db import Tx
from argosy.runtime.statements import Statement
from argosy.runtime.subscriptions import Delivered, Subscription
from argosy.workflows import (
    authorisations,
    completing,
    drafting,
    money_moves,
    order_actions,
    recovery,
)
from argosy.workflows.money_moves import MoveMoney
from argosy.workflows.order_actions import CancelOrder, cancel_order
from argosy.workflows.placement import Placement, Reply, TotalChanged
from argosy.workflows.reactions import subscriptions as real_reactions
from tests.sandbox import Sandbox
from tests.workflows.till import BECAUSE, INVOICE, ServerDied, Till, card

Patch = pytest.MonkeyPatch


class Scene(NamedTuple):
    """What a play is played with."""

    till: Till
    clock: MovableClock
    provider: Sandbox


Play = Callable[[Scene], Awaitable[list[str]]]


async def declined(scene: Scene) -> list[str]:
    await scene.till.place(await scene.till.cart(shirt=1), card("tok_declined_fraud"))
    # At once: an hour later the hold has run out, and that heals a forgotten release.
    return await audit(scene.till.app)


async def bought(scene: Scene) -> list[str]:
    _, placed = await scene.till.place(await scene.till.cart(shirt=1), card())
    assert placed.payment_id is not None
    await money_moves.move(scene.till.app, MoveMoney(placed.payment_id, "capture", BECAUSE))
    return []


async def cancelled(scene: Scene) -> list[str]:
    cart = await scene.till.cart(shirt=1)
    await scene.till.place(cart, card())
    await cancel_order(scene.till.app, CancelOrder(cart.id, "changed my mind", BECAUSE))
    return []


async def cancelled_and_refund_refused(scene: Scene) -> list[str]:
    """What the bank refuses to take back is owed: told, and not a breach."""
    cart = await scene.till.cart(shirt=1)
    _, placed = await scene.till.place(cart, card("tok_refund_declined"))
    assert placed.payment_id is not None
    await money_moves.move(scene.till.app, MoveMoney(placed.payment_id, "capture", BECAUSE))
    await cancel_order(scene.till.app, CancelOrder(cart.id, "changed my mind", BECAUSE))
    return []


async def invoiced(scene: Scene) -> list[str]:
    await scene.till.place(await scene.till.cart(shirt=2), INVOICE)
    return []


async def died_after_the_call(scene: Scene) -> list[str]:
    cart = await scene.till.cart(shirt=1)
    with pytest.raises(ServerDied):
        await scene.till.place(cart, card(), app=dying_app(scene.till, asked=True))
    return []


async def dearer_meanwhile(scene: Scene) -> list[str]:
    cart = await scene.till.cart(shirt=1)
    agreed = await scene.till.total(cart)
    await scene.till.price("shirt", 9900)
    try:
        _, placed = await scene.till.place(cart, INVOICE, expected=agreed)
    except TotalChanged:
        return []
    sold = Money(placed.total_minor, placed.currency)
    return [] if sold == agreed else [f"sold for {sold}, agreed was {agreed}"]


async def swept_beside_the_request(scene: Scene) -> list[str]:
    till = scene.till
    await scene.provider.behave(mode="slow", slow_s=0.4)
    cart = await till.cart(shirt=1)
    request = asyncio.create_task(till.place(cart, card()))
    await asyncio.sleep(0.2)
    # The provider has it already and is slow to say so; the sweep's question is answered at once.
    await scene.provider.behave()
    scene.clock.advance(seconds=till.app.settings.placing_lease_s + 1)
    await recovery.sweep(till.app)
    await request
    return []


async def too_late(scene: Scene) -> list[str]:
    """An authorisation succeeds after its attempt was given up as absent."""
    till = scene.till
    cart = await till.cart(shirt=1)
    await till.place(cart, card("tok_lost_answer_always"))
    operation_id = (await till.order(cart.id)).operation_id
    assert operation_id is not None
    async with till.db.transaction() as tx:
        await carts.move(tx, cart.id, 1, "open")
        await orders.fail_order(tx, cart.id, operation_id, "absent", BECAUSE)
        await payments.record(tx, operation_id, Failed(code="absent"))
        await inventory.release(tx, cart.id, reason="payment_failed")
    await recovery.resolve_operation(till.app, operation_id, BECAUSE)
    return []


async def arrived_unheard(scene: Scene) -> list[str]:
    """A call arrives after everybody believed it lost; its webhook does not."""
    till = scene.till
    cart = await till.cart(shirt=1)
    dead = dying_app(till, asked=False)
    with pytest.raises(ServerDied):
        await till.place(cart, card(), app=dead)
    scene.clock.advance(seconds=2 * till.app.settings.placing_lease_s + 1)
    await recovery.sweep(till.app)
    assert (await till.order(cart.id)).stage == "payment_failed"
    await call_arrives(dead)
    return []


async def reacted(scene: Scene) -> list[str]:
    """A worker dies in its first reaction to a fact; its effect must come once all the same."""
    db = scene.till.db
    await db.pool.execute("create table public.effect (event_id uuid)")
    note = Statement("note", "exec", "insert into public.effect values ($1)", "here")
    alive = False

    async def react(tx: Tx, events: Sequence[Delivered]) -> None:
        if not alive:
            raise ServerDied
        for event in events:
            await tx.run(note, event.event_id)

    heard = Subscription("test", frozenset({orders.OrderPlaced.TYPE}), react)
    await subscriptions.register(db, [heard])
    await scene.till.place(await scene.till.cart(shirt=1), INVOICE)
    for _ in range(500):
        try:
            await subscriptions.deliver(db, heard)
        except ServerDied:
            alive = True
        lag = await db.pool.fetchval(
            "select count(*) from runtime.outbox o, runtime.subscription s where s.name = 'test'"
            " and o.type = $1 and (o.xid, o.id) > (s.xid, s.id)",
            orders.OrderPlaced.TYPE,
        )
        if alive and not lag:
            break
        await asyncio.sleep(0.02)
    effects = await db.pool.fetchval("select count(*) from public.effect")
    placed = await db.pool.fetchval(
        "select count(*) from runtime.outbox where type = $1", orders.OrderPlaced.TYPE
    )
    return [] if effects == placed else [f"{placed} placed, told {effects} times in effect"]


async def paid_later(scene: Scene) -> list[str]:
    """A slow method: pending today, its money comes in three days."""
    await scene.till.place(await scene.till.cart(shirt=1), card("tok_delayed_paid"))
    await time_passes(scene.till.app, scene.clock, lease_rounds=1)
    await scene.provider.advance(advance_days=3.1)
    scene.clock.advance(days=3.1)
    return []


async def held_and_left(scene: Scene) -> list[str]:
    """Stock is held for an order that waits for 3DS; its time runs out before any other sweep."""
    await scene.till.place(await scene.till.cart(shirt=1), card("tok_3ds_challenge"))
    scene.clock.advance(minutes=90)
    await inventory.expire_due(scene.till.db, scene.clock())
    return [one for one in await audit(scene.till.app) if "outlived" in one]


async def counted_shelf(scene: Scene) -> list[str]:
    """A sale and a stock-take."""
    await scene.till.place(await scene.till.cart(shirt=2), INVOICE)
    await scene.till.count("shirt", 900)
    return []


async def last_units(scene: Scene) -> list[str]:
    """Ten buyers at once for three shirts."""
    till = scene.till
    await till.stock("shirt", 3 - (await till.level("shirt")).sellable)
    ready = [await till.cart(shirt=1) for _ in range(10)]
    total = await till.total(ready[0])

    async def buy(cart: Any) -> str:
        try:
            return (await till.place(cart, INVOICE, expected=total))[1].result
        except inventory.OutOfStock:
            return "out of stock"

    ends = await asyncio.gather(*(buy(cart) for cart in ready))
    sold = ends.count("placed")
    return [] if sold == 3 else [f"3 shirts, {sold} sold"]


async def crossing_bundles(scene: Scene) -> list[str]:
    """Buyers of the same goods at two processes, whose lines come in opposite orders."""
    till = scene.till
    processes = [till.app, dataclasses.replace(till.app)]  # each places in batches of its own
    for name in ("shirt", "mug"):
        await till.stock(name, 500)
    told: list[str] = []

    async def buy(turn: int) -> None:
        names = ["shirt", "mug"] if turn % 2 else ["mug", "shirt"]
        cart = await till.cart(**dict.fromkeys(names, 1))
        try:
            await till.place(cart, INVOICE, app=processes[turn % 2])
        except ArgosyError as error:
            told.append(f"a client was told {error.code}")

    # Chance decides which batches meet, so they get many chances.
    for _ in range(20):
        await asyncio.gather(*(buy(turn) for turn in range(16)))
        if told:
            break
    return told


async def same_request(scene: Scene) -> list[str]:
    """The same place five times at once, then once more."""
    till = scene.till
    cart = await till.cart(shirt=1)
    total = await till.total(cart)
    answers = await asyncio.gather(
        *(till.place(cart, card(), key="k", expected=total) for _ in range(5))
    )
    late = await till.place(cart, card(), key="k", expected=total)
    different = {(answer.status, answer.body) for answer, _ in [*answers, late]}
    return [] if len(different) == 1 else [f"{len(different)} different answers to one request"]


async def whole_reactions(scene: Scene) -> list[str]:
    """Every real reaction, its worker dying in the middle of its first batch."""
    till = scene.till
    await work_off(till.app)
    reactions = await counted(till.db, real_reactions(till.app))
    before = {
        str(row[0]) for row in await till.db.pool.fetch("select event_id from runtime.outbox")
    }
    await till.place(await till.cart(shirt=1), INVOICE)
    wish = customers.Register(email=f"{new_id().hex}@example.com", password="long enough, surely")
    await customers.register(till.db, till.app.passwords, wish)
    told = {
        str(kind)
        for event, kind in await till.db.pool.fetch("select event_id, type from runtime.outbox")
        if str(event) not in before
    }
    alive: set[str] = set()

    def dying(one: Subscription) -> Subscription:
        async def handle(tx: Tx, events: Sequence[Delivered]) -> None:
            await one.handle(tx, events)
            if one.name not in alive:
                alive.add(one.name)
                raise ServerDied

        return msgspec.structs.replace(one, handle=handle)

    for one in map(dying, reactions):
        for _ in range(
            100 if told & one.types else 0
        ):  # until the event is shown: its transaction must be the oldest
            with suppress(ServerDied):
                await subscriptions.deliver(till.db, one)
            if one.name in alive:
                break
            await asyncio.sleep(0.02)

    async def work() -> None:
        # Through the module, so that a break of `deliver` is what runs.
        for one in reactions:
            while await subscriptions.deliver(till.db, one):
                pass

    await work()
    found = await not_once(till.db, reactions, work, within_s=3)
    return [one for one in found if before.isdisjoint(one.split())]


# --- the breaks --------------------------------------------------------------------------------


async def nothing(*_: Any, **__: Any) -> None:
    """Instead of what should be done."""


def forget_release(patch: Patch) -> None:
    patch.setattr(inventory, "release", nothing)


def answer_before_asking(patch: Patch) -> None:
    async def ask(*_: Any) -> Authorised:
        return Authorised(reference="pi_never_asked")

    patch.setattr(payments, "ask", ask)


def forget_the_guard(patch: Patch) -> None:
    patch.setattr(drafting, "check_total", lambda *_: None)


def confirm_without_compare(patch: Patch) -> None:
    whole = orders_store.SQL.confirm_order
    cas = "and confirmed_at is null and failed_at is null and cancelled_at is null"
    assert cas in whole.sql
    patch.setitem(
        orders_store.SQL._found, "confirm_order", whole._replace(sql=whole.sql.replace(cas, ""))
    )


def post_twice(patch: Patch) -> None:
    post = ledger.post

    async def twice(tx: Tx, *postings: ledger.Posting) -> Any:
        more = [
            msgspec.structs.replace(one, source=f"{one.source}:again")
            for one in postings
            if one.kind == "captured"
        ]
        return await post(tx, *postings, *more)

    patch.setattr(ledger, "post", twice)


def forget_to_book(patch: Patch) -> None:
    patch.setattr(ledger, "post", nothing)


def forget_to_take_stock(patch: Patch) -> None:
    async def none(_tx: Tx, wanted: Sequence[Any], **_: Any) -> list[None]:
        return [None for _ in wanted]

    patch.setattr(inventory, "hold_each", none)


def cancel_and_keep_the_money(patch: Patch) -> None:
    async def none(*_: Any) -> list[Any]:
        return []

    patch.setattr(order_actions, "_give_back", none)


def keep_late_money(patch: Patch) -> None:
    patch.setattr(completing, "_give_back", nothing)


def never_ask_again(patch: Patch) -> None:
    async def none(*_: Any) -> int:
        return 0

    patch.setattr(authorisations, "sweep_late", none)


def believe_and_forget(patch: Patch) -> None:
    """Recovery fails the attempt without asking, and nobody asks later."""
    believe_that_nothing_happened(patch)
    never_ask_again(patch)


def believe_that_nothing_happened(patch: Patch) -> None:
    """Recovery fails the attempt without asking the provider."""

    async def absent(*_: Any) -> Failed:
        return Failed(code="absent")

    patch.setattr(recovery, "_find_out", absent)


def a_key_of_each_call(patch: Patch) -> None:
    """The provider gets another idempotency key than the one on record."""
    authorise = SandboxGateway.authorise

    async def renamed(gateway: SandboxGateway, operation: Operation) -> Any:
        return await authorise(gateway, msgspec.structs.replace(operation, id=new_id()))

    patch.setattr(SandboxGateway, "authorise", renamed)


def cursor_before_effect(patch: Patch) -> None:
    async def deliver(db: Any, subscription: Subscription, **_: Any) -> int:
        async with db.transaction() as tx:
            cursor = await tx.maybe(subscriptions.SQL.lock_cursor, subscription.name)
            if cursor is None:
                return 0
            position = cursor["xid"], cursor["id"]
            wanted = sorted(subscription.types)
            rows = await tx.many(subscriptions.SQL.read_after, *position, wanted, 500)
            if not rows:
                return 0
            last = rows[-1]["xid"], rows[-1]["id"]
            await tx.run(subscriptions.SQL.advance, subscription.name, *last, tx.now)
        told = [row for row in rows if row["data"] is not None]
        if told:
            async with db.transaction() as tx:
                await subscription.handle(tx, [subscriptions._delivered(row) for row in told])
        return len(rows)

    patch.setattr(subscriptions, "deliver", deliver)


def never_expire(patch: Patch) -> None:
    async def none(*_: Any) -> int:
        return 0

    patch.setattr(inventory, "expire_due", none)


def unbalance_the_books(patch: Patch) -> None:
    """An entry is changed behind the ledger's back, past its triggers."""
    post = ledger.post
    one = "(select ctid from ledger.entry limit 1)"
    change = f"update ledger.entry set amount_minor = amount_minor + 1 where ctid = {one}"

    async def then_change(tx: Tx, *postings: ledger.Posting) -> Any:
        done = await post(tx, *postings)
        for number, sql in enumerate(
            (
                "set local session_replication_role = replica",
                change,
                "set local session_replication_role = origin",
            )
        ):
            await tx.run(Statement(f"change_{number}", "exec", sql, "here"))
        return done

    patch.setattr(ledger, "post", then_change)


def count_past_the_journal(patch: Patch) -> None:
    post_fact = inventory.post_fact
    more = Statement("more", "exec", "update inventory.level set on_hand = on_hand + 1", "here")

    async def and_one(tx: Tx, fact: inventory.Fact) -> Any:
        done = await post_fact(tx, fact)
        await tx.run(more)
        return done

    patch.setattr(inventory, "post_fact", and_one)


def lock_in_the_order_of_lines(patch: Patch) -> None:
    """Stock is locked as the lines of a cart come, not in the order of its ids."""
    hold_each = inventory.hold_each
    lock = Statement(
        "lock", "exec",
        "select pg_sleep(0.02), l.variant_id from inventory.level l where variant_id = $1"
        " for update",
        "here",
    )  # fmt: skip

    async def line_by_line(tx: Tx, wanted: Sequence[Any], **more: Any) -> Any:
        # The demand comes sorted; whose id is even has its lines the other way round.
        for order in wanted:
            for one in order.demand if order.order_id.int % 2 else reversed(order.demand):
                await tx.run(lock, one.variant_id)
        return await hold_each(tx, wanted, **more)

    patch.setattr(inventory, "hold_each", line_by_line)


def render_each_answer_anew(patch: Patch) -> None:
    """What is answered is not what was stored."""
    turn = itertools.count()

    def answered(reply: Reply, placement: Placement) -> Any:
        status, body = reply.render(placement)
        return reply.key.answered(status, body + b" " * next(turn))

    patch.setattr(Reply, "answered", answered)


def effect_before_cursor(patch: Patch) -> None:
    """The effect commits, the worker dies, the cursor did not move."""
    dead: set[str] = set()

    async def deliver(db: Any, subscription: Subscription, **_: Any) -> int:
        async with db.transaction() as tx:
            cursor = await tx.one(subscriptions.SQL.lock_cursor, subscription.name)
            rows = await tx.many(
                subscriptions.SQL.read_after,
                cursor["xid"], cursor["id"], sorted(subscription.types), 500,
            )  # fmt: skip
            told = [row for row in rows if row["data"] is not None]
            if told:
                await subscription.handle(tx, [subscriptions._delivered(row) for row in told])
        if told and subscription.name not in dead:
            dead.add(subscription.name)
            return 1  # somebody else comes by
        if rows:
            async with db.transaction() as tx:
                last = rows[-1]["xid"], rows[-1]["id"]
                await tx.run(subscriptions.SQL.advance, subscription.name, *last, tx.now)
        return len(rows)

    patch.setattr(subscriptions, "deliver", deliver)


BREAKS: list[tuple[Callable[[Patch], None], Play, str]] = [
    (forget_release, declined, "yet its stock is held"),
    (answer_before_asking, bought, "balance: "),
    (forget_the_guard, dearer_meanwhile, "agreed was"),
    (confirm_without_compare, swept_beside_the_request, "confirmed 2 times"),
    (post_twice, bought, "clearing 2980, payments 1490"),
    (forget_to_book, invoiced, "booked 0 times"),
    (forget_to_take_stock, invoiced, "confirmed with None stock"),
    (cancel_and_keep_the_money, cancelled, "cancelled, yet money is charged"),
    (keep_late_money, too_late, "late money was not given back"),
    (keep_late_money, arrived_unheard, "late money was not given back"),
    (never_ask_again, arrived_unheard, "balance: "),
    (believe_and_forget, died_after_the_call, "balance: "),
    (a_key_of_each_call, died_after_the_call, "balance: "),
    (cursor_before_effect, reacted, "1 placed, told 0 times in effect"),
    (cursor_before_effect, whole_reactions, "took effect 0 times"),
    (effect_before_cursor, whole_reactions, "took effect 2 times"),
    (never_expire, held_and_left, "its hold outlived its time"),
    (unbalance_the_books, invoiced, "books: "),
    (count_past_the_journal, counted_shelf, "stock: "),
    (forget_to_take_stock, last_units, "3 shirts, 10 sold"),
    (lock_in_the_order_of_lines, crossing_bundles, "a client was told"),
    (render_each_answer_anew, same_request, "different answers to one request"),
    (a_key_of_each_call, paid_later, "balance: "),
    (believe_and_forget, paid_later, "balance: "),
]


@pytest.fixture
def scene(shop: Till, clock: MovableClock, provider: Sandbox) -> Scene:
    return Scene(shop, clock, provider)


@pytest.mark.parametrize(
    ("breaks", "play", "finding"),
    BREAKS,
    ids=[f"{breaks.__name__}-{play.__name__}" for breaks, play, _ in BREAKS],
)
async def test_each_break_is_found(
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
    breaks: Callable[[Patch], None],
    play: Play,
    finding: str,
) -> None:
    with monkeypatch.context() as patch:
        breaks(patch)
        found = await play(scene)
        await time_passes(scene.till.app, scene.clock)
    found += await audit(scene.till.app)
    assert any(finding in one for one in found), found


@pytest.mark.parametrize("play", [died_after_the_call, paid_later])
async def test_asking_again_heals_a_recovery_that_believes_too_early(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, play: Play
) -> None:
    """Two things must be broken before money is lost: what was given up is asked about again."""
    with monkeypatch.context() as patch:
        believe_that_nothing_happened(patch)
        await play(scene)
        await time_passes(scene.till.app, scene.clock)
    assert await audit(scene.till.app) == []


async def test_whole_code_passes_every_play(scene: Scene) -> None:
    for play in dict.fromkeys([*(play for _, play, _ in BREAKS), cancelled_and_refund_refused]):
        assert await play(scene) == [], play
        await time_passes(scene.till.app, scene.clock)
        assert await audit(scene.till.app) == [], play


async def test_killed_processes_without_transactions_are_found(
    shop: Till, nursery: Nursery, clock: MovableClock
) -> None:
    """With every statement its own transaction, the crash matrix finds what is torn."""
    whole = await nursery.place(await shop.cart(shirt=1), card(), "whole", autocommit=True)
    assert whole.error is None
    for number, point in enumerate(whole.points):
        if point.startswith("after "):
            cart = await shop.cart(shirt=1)
            await nursery.place(cart, card(), f"key {number}", kill_at=number, autocommit=True)
    await time_passes(shop.app, clock)
    assert len(await audit(shop.app)) > 3
