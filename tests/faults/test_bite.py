"""The proof of the proofs: the code is broken in one place at a time, and the audit must see it.

Every play is run whole, too: then the audit is silent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import msgspec
import pytest

from argosy.adapters.psp.sandbox import SandboxGateway
from argosy.drill.audit import audit, time_passes
from argosy.drill.clock import MovableClock
from argosy.drill.dying import dying_app
from argosy.drill.nursery import Nursery
from argosy.kernel.ids import new_id
from argosy.kernel.money import Money
from argosy.modules import cart as carts
from argosy.modules import inventory, ledger, orders, payments
from argosy.modules.orders import store as orders_store
from argosy.modules.payments import Authorised, Failed, Operation
from argosy.runtime import subscriptions
from argosy.runtime.db import Tx
from argosy.runtime.statements import Statement
from argosy.runtime.subscriptions import Delivered, Subscription
from argosy.workflows import completing, money_moves, placing, recovery
from argosy.workflows.money_moves import MoveMoney
from argosy.workflows.placement import TotalChanged
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
    patch.setattr(placing, "check_total", lambda *_: None)


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
    patch.setattr(inventory, "take", nothing)


def keep_late_money(patch: Patch) -> None:
    patch.setattr(completing, "_give_back", nothing)


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
        async with db.transaction() as tx:
            told = [row for row in rows if row["data"] is not None]
            await subscription.handle(tx, [subscriptions._delivered(row) for row in told])
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
    (keep_late_money, too_late, "late money was not given back"),
    (believe_that_nothing_happened, died_after_the_call, "balance: "),
    (a_key_of_each_call, died_after_the_call, "balance: "),
    (cursor_before_effect, reacted, "1 placed, told 0 times in effect"),
]


@pytest.fixture
def scene(shop: Till, clock: MovableClock, provider: Sandbox) -> Scene:
    return Scene(shop, clock, provider)


@pytest.mark.parametrize(
    ("breaks", "play", "finding"), BREAKS, ids=[breaks.__name__ for breaks, _, _ in BREAKS]
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


async def test_whole_code_passes_every_play(scene: Scene) -> None:
    for play in dict.fromkeys(play for _, play, _ in BREAKS):
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
