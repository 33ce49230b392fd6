"""A small reference model of money and stock, and the acts of one history that it follows.

Shoppers (approved, declined, unanswered, challenged cards; methods whose money comes or fails days
later; retries; killed servers; new accounts), staff (captures, voids, refunds in parts,
cancellations, stock corrections and counts), webhooks (late, doubled, out of order, lost) and the
clock take turns, with workers that run or do not. Who decides on the turns is somebody else: chance
in `play`, Hypothesis in tests/faults/test_model.py.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from argosy.drill.audit import audit, time_passes, work_off
from argosy.drill.child import OpenApp
from argosy.drill.clock import MovableClock
from argosy.drill.dying import ServerDied, call_arrives, dying_app, dying_worker
from argosy.drill.effects import counted, how_many, not_once
from argosy.drill.quiet import quiet_postgres, quiet_shop
from argosy.drill.report import Report, Say
from argosy.drill.sandbox import Sandbox, webhook_receiver
from argosy.drill.till import BECAUSE, INVOICE, Till, card
from argosy.kernel.errors import ArgosyError
from argosy.kernel.money import Money
from argosy.modules import customers, inventory, orders, payments
from argosy.modules.cart import Cart
from argosy.modules.customers import Register
from argosy.runtime.subscriptions import Subscription
from argosy.workflows import money_moves
from argosy.workflows.app import App
from argosy.workflows.money_moves import MoveMoney
from argosy.workflows.order_actions import CancelOrder, cancel_order
from argosy.workflows.reactions import subscriptions

TOKENS = (
    "tok_approved",
    "tok_declined_do_not_honour",
    "tok_lost_answer",
    "tok_lost_answer_always",
    "tok_error_before_effect",
    "tok_3ds_challenge",
    "tok_capture_lost_answer",
    "tok_capture_declined",
    "tok_void_lost_answer",
    "tok_void_races_capture",
    "tok_refund_lost_answer",
    "tok_refund_declined",
    "tok_delayed_paid",
    "tok_delayed_failed",
    "tok_expires_soon",
)
NEVER_PAID = frozenset({"tok_declined_do_not_honour", "tok_delayed_failed"})
MOVES = (
    ("capture",),
    ("capture", "refund"),
    ("capture", "refund", "refund"),
    ("capture", "void", "refund"),
    ("void", "capture"),
)
FATES = (
    "lives", "lives", "lives", "dies before asking", "dies after asking", "dies while asking",
)  # fmt: skip
"""While asking: the call is under way, and reaches the provider when it does, or never."""
SECONDS = (1, 16, 31, 62, 1900)
MOST_DAYS = 3.4
"""Of one history, so that no authorisation lapses (after 7 days) before its end settles it."""


@dataclass
class Bought:
    """What the model knows of one purchase: what was agreed, and what was asked for since."""

    cart: Cart
    agreed: Money
    units: int
    key: str
    token: str
    answer: bytes | None = None
    placed: bool = False
    pending: bool = False
    cancelled: bool = False
    captured: int = 0
    refunded: int = 0
    under_way: App | None = None


class World:
    """One shop and one provider for all histories; each history has purchases of its own.

    `mail` collects the webhooks that the provider sent: (headers, body).
    """

    def __init__(self, till: Till, provider: Sandbox, clock: MovableClock, mail: list[Any]) -> None:
        self.till = till
        self.provider = provider
        self.clock = clock
        self.mail = mail
        self.reactions: list[Subscription] = []
        self.on_hand = 0
        self.number = 0

    async def open(self, webhooks_to: str) -> None:
        """Stock the shelves, listen to the provider, count effects."""
        await self.provider.http.put("/_test/webhooks", json={"url": webhooks_to, "paused": True})
        await self.till.stock("shirt", 490)
        await self.till.stock("mug", 1000)
        self.on_hand = (await self.till.level("shirt")).on_hand
        self.reactions = await counted(self.till.db, subscriptions(self.till.app))

    async def work(self) -> None:
        """What the worker does."""
        await work_off(self.till.app, self.reactions)

    async def days_pass(self, days: float) -> None:
        """For us and for the provider."""
        await self.provider.advance(advance_days=days)
        self.clock.advance(days=days)


class History:
    """The acts of one history, and its end. Refusals by the shop are part of the play."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.till = world.till
        self.all: list[Bought] = []
        self.days = 0.0

    # --- shoppers ------------------------------------------------------------------------------

    async def buy(self, units: int, token: str, fate: str) -> Bought:
        """A purchase by card whose server lives, or dies around the call of the provider."""
        self.world.number += 1
        cart = await self.till.cart(shirt=units)
        total = await self.till.total(cart)
        one = Bought(cart, total, units, f"key {self.world.number}", token)
        self.all.append(one)
        if fate == "lives":
            await self._place(one)
            return one
        dead = dying_app(self.till, asked=fate == "dies after asking")
        one.under_way = dead if fate == "dies while asking" else None
        try:
            await self.till.place(cart, card(token), key=one.key, app=dead)
        except ServerDied:
            return one
        except ArgosyError:  # the shelf may be empty before anybody dies
            one.under_way = None
            return one
        raise AssertionError("nobody survives this call")

    async def its_call_arrives(self, one: Bought) -> None:
        """At the provider, soon or long after everybody believed it lost."""
        if one.under_way is not None:
            await call_arrives(one.under_way)
            one.under_way = None

    async def send_again(self, one: Bought) -> None:
        """The same request under the same key."""
        if one.answer is not None:
            await self._place(one)

    async def _place(self, one: Bought) -> None:
        try:
            answer, placed = await self.till.place(
                one.cart, card(one.token), key=one.key, expected=one.agreed
            )
        except ArgosyError:
            return
        assert one.answer in {None, answer.body}, "a key answers the same for ever"
        one.answer = answer.body
        one.placed |= placed.result == "placed"
        one.pending |= placed.result == "pending"

    async def answer_the_challenge(self, one: Bought, approve: bool) -> None:
        """At the bank's page, and back."""
        payment = await self.payment_of(one)
        if one.token == "tok_3ds_challenge" and payment and payment.reference:
            try:
                await self.world.provider.challenge(payment.reference, approve=approve)
                one.placed |= (await self.till.resume(one.cart)).result == "placed"
            except (ArgosyError, httpx.HTTPStatusError):
                return

    async def an_invoice_beside_it(self, one: Bought) -> None:
        """The same key each time: one order."""
        await self.till.purchase(INVOICE, key=f"{one.key} invoice", mug=1)

    async def open_an_account(self, name: int) -> None:
        """An event for another reaction; a name that is taken makes another event."""
        wish = Register(email=f"ann{name}@example.com", password=f"long enough {uuid4()}")
        try:
            await customers.register(self.till.db, self.till.app.passwords, wish)
        except ArgosyError:
            return

    # --- staff ---------------------------------------------------------------------------------

    async def move(self, one: Bought, kinds: Sequence[str], minor: int | None) -> None:
        """Captures, voids, refunds, in turn; `minor` makes them partial."""
        for kind in kinds:
            await self._move(one, kind, minor)

    async def _move(self, one: Bought, kind: Any, minor: int | None) -> None:
        payment = await self.payment_of(one)
        if payment is None:
            return
        amount = None if minor is None or kind == "void" else Money(minor, "EUR")
        command = MoveMoney(payment.id, kind, BECAUSE, amount=amount)
        try:
            done = await money_moves.move(self.till.app, command)
        except ArgosyError:
            return
        if isinstance(done, money_moves.Moved) and done.operation.state == "succeeded":
            moved = (done.operation.settled or done.operation.amount).minor
            one.captured += moved if kind == "capture" else 0
            one.refunded += moved if kind == "refund" else 0

    async def cancel(self, one: Bought) -> None:
        """Before or after the payment."""
        command = CancelOrder(one.cart.id, "changed my mind", BECAUSE)
        try:
            one.cancelled = (await cancel_order(self.till.app, command)).stage == "cancelled"
        except ArgosyError:
            return

    async def correct_stock(self, units: int) -> None:
        """So many more, or fewer."""
        if units and self.world.on_hand + units > 0:
            await self.till.stock("shirt", units)
            self.world.on_hand += units

    async def count_stock(self, off_by: int) -> None:
        """Somebody counted the shelf: what they found is what there is."""
        found = max(0, self.world.on_hand + off_by)
        await self.till.count("shirt", found)
        self.world.on_hand = found

    # --- the world -----------------------------------------------------------------------------

    async def webhooks_arrive(self, seed: int, copies: int) -> None:
        """Some of them, shuffled, doubled; the rest is lost, or comes later."""
        await self.world.provider.http.post("/_test/webhooks/flush")
        chance = random.Random(seed)
        waiting = chance.sample(self.world.mail, k=len(self.world.mail))
        keep = chance.randint(0, len(waiting))
        for headers, raw in waiting[keep:] * copies:
            await money_moves.receive_webhook(self.till.app, "sandbox", headers, raw)
            await self._apply_all()
        self.world.mail[:] = waiting[: keep // 2]

    async def _apply_all(self) -> None:
        """What the job queue does with stored webhooks; a job that fails comes again later."""
        rows = await self.till.db.pool.fetch(
            "select event_id from payments.webhook_event where applied_at is null"
        )
        for row in rows:
            try:
                job = payments.ApplyWebhook(gateway="sandbox", event_id=row["event_id"])
                await money_moves.apply_webhook(self.till.app, job)
            except ArgosyError:
                continue

    async def time_goes_on(self, seconds: float) -> None:
        """For us alone: the provider's own delays are days."""
        self.world.clock.advance(seconds=seconds)

    async def days_go_on(self, days: float) -> None:
        """Until slow money comes, or is known to fail."""
        days = min(days, MOST_DAYS - self.days)
        if days > 0:
            self.days += days
            await self.world.days_pass(days)

    async def workers_run(self) -> None:
        """Until they find nothing to do."""
        await self.world.work()

    async def worker_dies(self, touches: int) -> None:
        """In the middle of what it does; nothing of it is committed that was not."""
        app, reactions = dying_worker(self.till.app, self.world.reactions, touches)
        with suppress(ServerDied):
            await work_off(app, reactions)

    # --- the end -------------------------------------------------------------------------------

    async def end(self) -> list[str]:
        """Everything comes to rest; what is wrong then."""
        world = self.world
        await time_passes(self.till.app, world.clock, reactions=world.reactions)
        await world.days_pass(3.1)
        await time_passes(self.till.app, world.clock, lease_rounds=2, reactions=world.reactions)
        found = await audit(self.till.app)
        found += await not_once(self.till.db, world.reactions, world.work)
        for one in self.all:
            found += [f"{one.key}, {one.token}: {word}" for word in await self._wrong(one)]
        level = await self.till.level("shirt")
        if level.on_hand != world.on_hand:
            found.append(f"stock: on hand {level.on_hand}, by the model {world.on_hand}")
        for one in self.all:
            await self._move(one, "void", None)  # no authorisation is left to lapse
        await world.work()
        return found

    async def payment_of(self, one: Bought) -> payments.Payment | None:
        """The purchase's payment."""
        async with self.till.db.reading() as tx:
            return await payments.payment_of_order(tx, one.cart.id)

    async def _wrong(self, one: Bought) -> list[str]:
        """The order and its payment against the reference."""
        async with self.till.db.reading() as tx:
            order = await orders.find_order(tx, one.cart.id)
            held = await inventory.reservation_of(tx, one.cart.id)
        payment = await self.payment_of(one)
        stage = None if order is None else order.stage
        if order is None or stage not in {"confirmed", "cancelled"}:
            late = one.pending and one.token == "tok_delayed_paid"
            wrong = {
                f"told placed, it is {stage}": one.placed,
                f"its money came, it is {stage}": late and not one.cancelled,
            }
            return [word for word, is_so in wrong.items() if is_so]
        wrong = {
            f"{stage}, by the model cancelled={one.cancelled}": (
                (stage == "cancelled") != one.cancelled
            ),
            "never paid, yet confirmed": one.token in NEVER_PAID and stage == "confirmed",
            f"{order.total} for {order.units}, agreed was {one.agreed} for {one.units}": (
                (order.total, order.units) != (one.agreed, one.units)
            ),
        }
        if payment is not None:
            wrong |= _wrong_money(one, payment)
            allocated = held is not None and held.state == "allocated"
            wrong["its stock is not what its state says"] = (
                one.cancelled == allocated and not order.holds
            )
        return [word for word, is_so in wrong.items() if is_so]


def _wrong_money(one: Bought, payment: payments.Payment) -> dict[str, bool]:
    """Moves whose answer was lost were decided later: never less than what staff were told."""
    captured, refunded = payment.captured.minor, payment.refunded.minor
    slow = one.token == "tok_delayed_paid" and one.pending and not one.cancelled
    return {
        f"authorised {payment.authorised}": payment.authorised.minor not in {0, one.agreed.minor},
        f"captured {captured}, told {one.captured}": (
            not one.agreed.minor >= captured >= one.captured
        ),
        f"refunded {refunded}, told {one.refunded}": not captured >= refunded >= one.refunded,
        f"its money came, captured is {captured}": slow and captured != one.agreed.minor,
    }


async def play(world: World, seed: int, steps: int) -> tuple[list[str], list[str]]:
    """One history by chance: its acts, and what was wrong at its end.

    An act that fails with anything but a refusal ends the history; that is wrong, too.
    """
    chance = random.Random(seed)
    history = History(world)
    acts: list[str] = []
    try:
        for turn in range(steps + 3):
            act = await _act(history, chance, first=turn < 3)
            acts.append(act)
        return acts, await history.end()
    except Exception as error:  # noqa: BLE001 - an error of the shop is what a drill looks for
        return acts, [f"act {len(acts) + 1}: {type(error).__name__}: {error}"]


async def _act(history: History, chance: random.Random, *, first: bool) -> str:
    """One act, as words."""
    name = "buy" if first else chance.choice(_ACTS)
    one = chance.choice(history.all) if history.all else None
    arguments: tuple[Any, ...] = ()
    match name:
        case "buy":
            arguments = chance.randint(1, 3), chance.choice(TOKENS), chance.choice(FATES)
            one = None
        case "answer_the_challenge":
            arguments = (chance.random() < 0.5,)
        case "move":
            partial = None if chance.random() < 0.5 else chance.randint(1, 900)
            arguments = chance.choice(MOVES), partial
        case "correct_stock" | "count_stock":
            arguments, one = (chance.randint(-3, 6),), None
        case "open_an_account":
            arguments, one = (chance.randint(1, 40),), None
        case "webhooks_arrive":
            arguments, one = (chance.randint(0, 1000), chance.randint(1, 3)), None
        case "time_goes_on":
            arguments, one = (chance.choice(SECONDS),), None
        case "worker_dies":
            arguments, one = (chance.randint(1, 12),), None
        case "days_go_on":
            arguments, one = (chance.choice([0.4, 1.2, 3.1]),), None
        case "workers_run":
            one = None
    subject = () if one is None else (one,)
    await getattr(history, name)(*subject, *arguments)
    of = "" if one is None else f" {one.key}"
    return f"{name}{of} {' '.join(str(argument) for argument in arguments)}".rstrip()


_ACTS = (
    "buy", "buy", "its_call_arrives", "its_call_arrives", "send_again",
    "answer_the_challenge", "answer_the_challenge", "move", "move",
    "cancel", "correct_stock", "count_stock", "an_invoice_beside_it", "open_an_account",
    "webhooks_arrive", "webhooks_arrive", "time_goes_on", "time_goes_on", "days_go_on",
    "workers_run", "worker_dies",
)  # fmt: skip


HISTORIES_OF_A_WORLD = 40
"""Then a fresh database: audits stay quick, shelves full."""


async def model(
    open_app: OpenApp, home: Path, report: Report, duration_s: float, say: Say, *, only: int | None
) -> None:
    """Histories with seeds from the report's on, until the time is over; `only`: just this one."""
    until = time.monotonic() + duration_s
    histories = acts = 0
    async with quiet_postgres(home) as postgres:
        while histories == 0 or (only is None and time.monotonic() < until):
            name = f"model{histories}"
            async with (
                quiet_shop(open_app, home, postgres, name) as quiet,
                webhook_receiver() as (address, mail),
            ):
                world = World(quiet.till, quiet.provider, quiet.clock, mail)
                await world.open(address)
                for _ in range(HISTORIES_OF_A_WORLD):
                    seed = only if only is not None else report.seed + histories
                    say(f"history {histories + 1}, {acts} acts")
                    done, found = await play(world, seed, steps=25)
                    histories, acts = histories + 1, acts + len(done)
                    if found:
                        report.violations += [f"history {seed}: {one}" for one in found]
                        report.details.append({"history": seed, "acts": done})
                        break  # what is torn stays torn: the next histories need a new world
                    if only is not None or time.monotonic() > until:
                        break
                report.checked["events: once in effect in each reaction"] = report.checked.get(
                    "events: once in effect in each reaction", 0
                ) + await how_many(quiet.till.db)
                await report.close(quiet.till.app)
                report.did["purchases"] = report.did.get("purchases", 0) + world.number
    report.did |= {"histories": histories, "acts": acts}
