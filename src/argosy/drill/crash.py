"""The crash matrix: a process is killed at each await of what it does, in turn.

Leases run out, workers run, and each case must have ended as one order with one charge, or as none
with everything released; the same request under its key is then answered, twice the same.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

import msgspec

from argosy.drill.audit import audit, time_passes, work_off
from argosy.drill.child import Ending, OpenApp
from argosy.drill.dying import ServerDied, call_arrives, dying_app
from argosy.drill.nursery import Nursery, warm_process
from argosy.drill.quiet import Quiet, quiet_postgres, quiet_shop
from argosy.drill.report import Report, Say
from argosy.drill.till import BECAUSE, INVOICE, Till, card
from argosy.kernel.errors import ArgosyError
from argosy.modules import cart as carts
from argosy.modules import inventory, orders, payments
from argosy.modules.cart import Cart
from argosy.modules.payments import GatewayUnavailable
from argosy.workflows import money_moves
from argosy.workflows.checkout import WITHOUT_EFFECT
from argosy.workflows.money_moves import MoveMoney
from argosy.workflows.placement import PaymentChoice

NOTHING = "nothing happened, cart open"
ORDERED = "one order, one charge"
DECLINED = "declined, cart open"

T = TypeVar("T")
Kill = Callable[[int | None], Awaitable[tuple[Cart, Ending]]]


class CaseFailed(Exception):
    """A killed process said something that none should."""


async def matrix(kill: Kill) -> list[tuple[Cart, str]]:
    """Kill one process at each of its awaits, in turn; the carts, and where each one died.

    The last one lived. Raises CaseFailed.
    """
    cases: list[tuple[Cart, str]] = []
    while True:
        cart, ending = await kill(len(cases))
        if ending.error is not None:
            raise CaseFailed(f"crash point {len(cases) + 1}: {ending.error}")
        if ending.killed is None:
            assert len(ending.points) == len(cases)
            return [*cases, (cart, "lives")]
        cases.append((cart, ending.killed))


async def ended(till: Till, cart_id: UUID) -> str:
    """How a purchase ended; asserts that it ended in one of the ways there are."""
    async with till.db.reading() as tx:
        order = await orders.find_order(tx, cart_id)
        held = await inventory.reservation_of(tx, cart_id)
        paid = await payments.payments_of_order(tx, cart_id)
        cart = await carts.find_cart(tx, cart_id)
    assert cart is not None
    charges = sum((one.authorised - one.voided - one.refunded).minor > 0 for one in paid)
    if order is not None and order.stage == "confirmed":
        assert (cart.state, charges) == ("placed", 1)
        assert held is not None
        assert held.state == "allocated"
        return ORDERED
    assert (cart.state, charges) == ("open", 0), order
    assert held is None or held.state == "released"
    if order is None or order.failure in WITHOUT_EFFECT:
        return NOTHING
    return DECLINED


async def patiently(act: Callable[[], Awaitable[T]]) -> T:
    """Do it again while the provider's breaker is open, which so many lost answers may cause."""
    for _ in range(40):
        try:
            return await act()
        except GatewayUnavailable:
            await asyncio.sleep(1.0)
    return await act()


def placing(nursery: Nursery, payment: PaymentChoice, *, series: str = "") -> Kill:
    """Kill a process that places a new cart."""

    async def kill(at: int | None) -> tuple[Cart, Ending]:
        cart = await nursery.till.cart(shirt=1)
        return cart, await nursery.place(cart, payment, f"{series}key {at}", kill_at=at)

    return kill


def placing_with_coupon(
    nursery: Nursery, payment: PaymentChoice, *, series: str = "", made: list[UUID] | None = None
) -> Kill:
    """Kill a process that places a cart with a code of its own, which can be used once. The
    promotions go into `made`, one for each case.
    """
    till = nursery.till

    async def kill(at: int | None) -> tuple[Cart, Ending]:
        code = f"once-{uuid4().hex}"
        promotion_id = await till.coupon(code)
        if made is not None:
            made.append(promotion_id)
        cart = await till.present(await till.cart(shirt=1), code)
        return cart, await nursery.place(cart, payment, f"{series}key {at}", kill_at=at)

    return kill


def recovering(nursery: Nursery, *, asked: bool, series: str = "") -> Kill:
    """Carts whose placing died around the call; then recovery is killed at each of its awaits."""
    till, clock = nursery.till, nursery.clock
    dead = dying_app(till, asked=asked)
    lease = till.app.settings.placing_lease_s

    async def kill(at: int | None) -> tuple[Cart, Ending]:
        clock.advance(seconds=3 * lease)
        await work_off(till.app)
        cart = await till.cart(shirt=1)
        with suppress(ServerDied):
            await patiently(lambda: till.place(cart, card(), key=f"{series}key {at}", app=dead))
            raise AssertionError("nobody survives this call")
        clock.advance(seconds=2 * lease + 1)
        return cart, await nursery.do("recover", kill_at=at)

    return kill


def arriving_late(nursery: Nursery, *, series: str = "") -> Kill:
    """Attempts that were given up because nobody had heard of them. Then their calls arrive, no
    webhook tells, and who asks again is killed at each await.
    """
    till, clock = nursery.till, nursery.clock
    lease = till.app.settings.placing_lease_s

    async def kill(at: int | None) -> tuple[Cart, Ending]:
        clock.advance(hours=1)
        await work_off(till.app)
        cart = await till.cart(shirt=1)
        dead = dying_app(till, asked=False)
        with suppress(ServerDied):
            await patiently(lambda: till.place(cart, card(), key=f"{series}key {at}", app=dead))
            raise AssertionError("nobody survives this call")
        clock.advance(seconds=2 * lease + 1)
        await work_off(till.app)
        await patiently(lambda: call_arrives(dead))
        clock.advance(seconds=lease + 31)
        return cart, await nursery.do("look again", kill_at=at)

    return kill


def moving(nursery: Nursery, kind: str) -> Kill:
    """Kill a process that captures, refunds or voids for staff."""
    till = nursery.till

    async def kill(at: int | None) -> tuple[Cart, Ending]:
        cart = await till.cart(shirt=1)
        _, placed = await patiently(lambda: till.place(cart, card()))
        assert placed.payment_id is not None
        if kind == "refund":
            await money_moves.move(till.app, MoveMoney(placed.payment_id, "capture", BECAUSE))
        return cart, await nursery.do(kind, payment_id=placed.payment_id, kill_at=at)

    return kill


class Scenario(msgspec.Struct, frozen=True):
    """What is killed, and in which ways it may end; `payment` is what a repeat would send."""

    name: str
    kill: Callable[[Nursery, str], Kill]
    ends: frozenset[str]
    payment: PaymentChoice | None = None


def _place(name: str, payment: PaymentChoice, *ends: str) -> Scenario:
    return Scenario(
        name, lambda n, series: placing(n, payment, series=series), frozenset(ends), payment
    )


_DECLINED_CARD = card("tok_declined_do_not_honour")
SCENARIOS = (
    _place("placing, card approved", card(), NOTHING, ORDERED),
    _place("placing, card declined", _DECLINED_CARD, NOTHING, DECLINED),
    _place("placing, first answer lost", card("tok_lost_answer"), NOTHING, ORDERED),
    _place("placing on invoice", INVOICE, NOTHING, ORDERED),
    Scenario(
        "placing with a coupon of one use",
        lambda n, series: placing_with_coupon(n, card(), series=series),
        frozenset({NOTHING, ORDERED}),
        card(),
    ),
    _place("placing, nobody returns from 3DS", card("tok_3ds_challenge"), NOTHING),
    Scenario(
        "recovery of a charge, its answer lost",
        lambda n, series: recovering(n, asked=True, series=series),
        frozenset({ORDERED}),
        card(),
    ),
    Scenario(
        "recovery of a call never made",
        lambda n, series: recovering(n, asked=False, series=series),
        frozenset({NOTHING}),
        card(),
    ),
    Scenario(
        "a call that arrives after it was believed lost",
        lambda n, series: arriving_late(n, series=series),
        frozenset({NOTHING}),
        card(),
    ),
    Scenario("capture by staff", lambda n, _: moving(n, "capture"), frozenset({ORDERED})),
    Scenario("refund by staff", lambda n, _: moving(n, "refund"), frozenset()),
    Scenario("void by staff", lambda n, _: moving(n, "void"), frozenset()),
)


async def crash(open_app: OpenApp, home: Path, report: Report, duration_s: float, say: Say) -> None:
    """Each scenario killed at each of its awaits, in an order by the seed, until time is over."""
    chance = random.Random(report.seed)
    until = time.monotonic() + duration_s
    rounds = kills = 0
    async with quiet_postgres(home) as postgres:
        with warm_process() as warm:
            while rounds == 0 or time.monotonic() < until:
                rounds += 1
                async with quiet_shop(open_app, home, postgres, f"crash{rounds}") as quiet:
                    await quiet.till.stock("shirt", 100_000)
                    nursery = Nursery(warm, quiet.till, quiet.url, quiet.provider.url, quiet.clock)
                    for scenario in chance.sample(SCENARIOS, k=len(SCENARIOS)):
                        say(f"round {rounds}, {kills} kills: {scenario.name}")
                        kills += await _scenario(scenario, nursery, quiet, report, rounds)
                        if rounds > 1 and time.monotonic() > until:
                            break
                    await report.close(quiet.till.app)
    report.did |= {"rounds": rounds, "kills": kills}


async def _scenario(
    scenario: Scenario, nursery: Nursery, quiet: Quiet, report: Report, number: int
) -> int:
    """One row of the matrix; how many were killed."""
    till = quiet.till
    series = f"{scenario.name} {number} "
    try:
        cases = await matrix(scenario.kill(nursery, series))
    except CaseFailed as error:
        report.violations.append(f"{scenario.name}: {error}")
        return 0
    await time_passes(till.app, quiet.clock)
    report.violations += [f"{scenario.name}: {one}" for one in await audit(till.app)]
    for at, (cart, where) in enumerate(cases):
        case = f"{scenario.name}, killed {where}"
        try:
            end = await ended(till, cart.id) if scenario.ends else ""
        except AssertionError as error:
            report.violations.append(f"{case}: {str(error) or 'ended in no known way'}")
            continue
        if scenario.ends and end not in scenario.ends:
            report.violations.append(f"{case}: {end}")
        if scenario.payment is not None:
            report.violations += await _repeated(
                till, cart, scenario.payment, f"{series}key {at}", case
            )
        report.details.append({"what": scenario.name, "killed": where, "end": end})
    report.did[scenario.name] = report.did.get(scenario.name, 0) + len(cases) - 1
    await time_passes(till.app, quiet.clock, lease_rounds=2)
    return len(cases) - 1


async def _repeated(
    till: Till, cart: Cart, payment: PaymentChoice, key: str, case: str
) -> list[str]:
    """The same request again, and once more: equal answers."""
    try:
        first, _ = await patiently(lambda: till.place(cart, payment, key=key))
        second, _ = await patiently(lambda: till.place(cart, payment, key=key))
    except ArgosyError as error:
        return [f"{case}: asked again, {error.code}"]
    if (first.status, first.body) != (second.status, second.body):
        return [f"{case}: two different answers"]
    return []
