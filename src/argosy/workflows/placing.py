"""Begin: from carts to pending orders with stock held and payment operations on record.

One transaction, before any money moves, for all requests that come in together (docs/adr/0008). A
payment whose outcome is known without a call (an offline method, nothing to pay) is completed in
the same transaction. Locks, each in sorted order: idempotency keys, carts, orders of earlier
attempts, limits of promotions, stock. New rows are written before the last two, so that these are
locked as shortly as can be; or after them, when somebody may get none (docs/adr/0013).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import NamedTuple, TypeAlias
from uuid import UUID

import msgspec

from argosy.modules import cart as carts
from argosy.modules import inventory, ledger, orders, payments, promotions, tax
from argosy.modules.cart import Cart
from argosy.modules.channels import Channel
from argosy.modules.inventory import OrderDemand, OutOfStock
from argosy.modules.orders import Opening
from argosy.modules.payments import Operation
from argosy.reads.sellable import Sellable, sellable_variants
from argosy.runtime import tracing
from argosy.runtime.coalesce import Coalescer
from argosy.runtime.db import Tx
from argosy.runtime.outbox_rows import Answered
from argosy.workflows.app import App
from argosy.workflows.completing import Attempt, paid_status, sale_postings
from argosy.workflows.discounting import NOBODY, Asking, Buyer, read_buyers
from argosy.workflows.drafting import (
    Draft,
    NothingToPay,
    Wish,
    check_choice,
    check_owner,
    draft_of,
    new_cart_of,
)
from argosy.workflows.live_promotions import lacks, read_lacking
from argosy.workflows.live_rates import RatesWanted, learn_rates
from argosy.workflows.placement import PlaceCart, Purchase, Reply
from argosy.workflows.quoting import ShopRules, rules_for
from argosy.workflows.scarcity import Scarcity, ran_short, wanted_by
from argosy.workflows.tax_engine import EngineWanted, ask_engine
from argosy.workflows.tax_filing import FIRST_LOOK
from argosy.workflows.tax_ids import TaxIdStale, known_of, renew

LARGEST_BATCH = 32
"""So many purchases in one transaction: what bounds the wait of those that come next."""
BATCHES_AT_ONCE = 1
MOST_LANES = 256
ENGINE_ASKED = 3
"""So often a tax engine is asked for one purchase, should what is bought change meanwhile."""


class Begun(NamedTuple):
    """A purchase whose money is still to be asked for."""

    attempt: Attempt
    operation: Operation


class KeyKnown(Exception):
    """The idempotency key was claimed before. For `checkout` only."""


class CartNotReady(Exception):
    """The cart is not open, or not there. For `checkout` only."""


class _Nobody(Exception):
    """Nobody of the batch can be served: all is rolled back. Never leaves this file."""


class _StockShort(Exception):
    """Somebody of a batch that wrote all else before gets no stock. Never leaves this file."""


End: TypeAlias = Answered | Begun | Exception
Drafts: TypeAlias = dict[int, Draft]
"""By the wish's place in its batch."""


class _Batch:
    """The wishes that are worked off together, and how it ends for each. `stock_last`: stock is
    taken after all else is written (docs/adr/0013).
    """

    def __init__(
        self, app: App, at_once: bool, wishes: Sequence[Wish], *, stock_last: bool = True
    ) -> None:
        self.app = app
        self.at_once = at_once
        self.stock_last = stock_last
        self.wishes = wishes
        self.channel: Channel = wishes[0].command.channel
        self.ends: dict[int, End] = {}


async def begin(app: App, command: PlaceCart | Purchase, reply: Reply) -> Answered | Begun:
    """Begin the purchase of a stored cart, or of one that is made with the order, together with
    those that come in at the same time. Answered: it is complete already.

    Raises KeyKnown, CartNotReady (nothing was written), CartNotFound, and what `draft_of`,
    payments and inventory raise.
    """
    check_choice(app, command.channel, command.payment)
    if command.customer_id is not None:
        # Read before the transaction that will ask for them again, and find them kept.
        await rules_for(app, command.channel.id, command.customer_id)
    at_once = (
        command.payment is None
        or payments.gateway_named(app.gateways, command.payment.gateway).immediate
    )
    wish = Wish(command, reply, tracing.traceparent(), await known_of(app, command))
    asked = 0
    while True:
        try:
            return await _lane(app, command, at_once).ask(wish)
        except NothingToPay:
            at_once = True
        except TaxIdStale as stale:
            # Nothing was written. The register is asked with no transaction open.
            wish = wish._replace(known=await renew(app, command, stale))
        except RatesWanted as unrated:
            await learn_rates(app, unrated.questions, honoured=True)
            wish = wish._replace(rated=True)
        except EngineWanted as wanted:
            asked += 1
            if asked > ENGINE_ASKED or not await ask_engine(app, wanted):
                degraded = wish.known.degraded | {wanted.key}
                wish = wish._replace(known=wish.known._replace(degraded=degraded))


Lane: TypeAlias = Coalescer[Wish, Answered | Begun]


class _Lanes(dict[Hashable, Lane]):
    """Where wishes of one kind for one channel meet, as the channel is set up now."""


def _lane(app: App, command: PlaceCart | Purchase, at_once: bool) -> Lane:
    lanes = app.part(_Lanes)
    run = _begin_carts if isinstance(command, PlaceCart) else _begin_purchases
    # An App that was made from another shares its parts, but not its handles.
    key = (id(app), run, at_once, command.channel.id, command.channel.version)
    found = lanes.get(key)
    if found is None:
        if len(lanes) >= MOST_LANES:
            # Channels that changed leave lanes behind. What is under way in one is not lost.
            lanes.clear()
        found = lanes[key] = Coalescer(
            partial(_run, app, at_once, run),
            largest=LARGEST_BATCH,
            lanes=BATCHES_AT_ONCE,
            name="placing",
        )
    return found


async def _run(
    app: App,
    at_once: bool,
    begin: Callable[[Tx, _Batch], Awaitable[None]],
    wishes: Sequence[Wish],
) -> list[End]:
    for stock_last in (True, False):
        batch = _Batch(app, at_once, wishes, stock_last=stock_last)
        with suppress(_StockShort):
            with suppress(_Nobody):
                async with app.checkout_db.transaction() as tx:
                    await begin(tx, batch)
            break
    return [batch.ends[n] for n in range(len(wishes))]


async def _begin_purchases(tx: Tx, batch: _Batch) -> None:
    """The carts are made with their orders, and placed at once if their payments are decided."""
    wishes: dict[int, tuple[Wish, Cart]] = {}
    keys: set[tuple[str, str]] = set()
    for n, wish in enumerate(batch.wishes):
        key = (wish.reply.key.scope, wish.reply.key.key)
        if key in keys:
            batch.ends[n] = KeyKnown()
            continue
        keys.add(key)
        assert isinstance(wish.command, Purchase)
        try:
            wishes[n] = wish, new_cart_of(wish.command, wish.known.tax_id, tx.now)
        except Exception as error:  # noqa: BLE001 - raised to the one who asked
            batch.ends[n] = error
    drafts = await _drafted(tx, batch, wishes)
    answers = await _answers(tx, batch, drafts)
    new = await carts.begin_new(
        tx,
        [(draft.cart, draft.wish.reply.key, answers.get(n)) for n, draft in drafts.items()],
        placed=batch.at_once,
    )
    for n in [n for n, draft in drafts.items() if draft.cart.id not in new]:
        del drafts[n]
        batch.ends[n] = KeyKnown()
    if batch.stock_last:
        await _write(tx, batch, drafts, answers)
        await _take_stock(tx, batch, drafts)
        return
    short = await _hold(tx, batch, drafts)
    if short:
        await carts.take_back(
            tx,
            [draft.wish.reply.key for draft in short],
            made=[draft.cart.id for draft in short],
        )
    await _write(tx, batch, drafts, answers)


async def _begin_carts(tx: Tx, batch: _Batch) -> None:
    """The carts are there, and are locked first."""
    wanted = _apart(batch)
    begun = await carts.begin(
        tx,
        [(cart_id, batch.wishes[n].reply.key) for n, cart_id in wanted.items()],
        placed=batch.at_once,
    )
    wishes: dict[int, tuple[Wish, Cart]] = {}
    for n, cart_id in wanted.items():
        claimed, cart, _ = begun[cart_id]
        if not claimed:
            batch.ends[n] = KeyKnown()
        elif cart is None:
            batch.ends[n] = CartNotReady()
        else:
            wishes[n] = batch.wishes[n], cart
    drafts = await _drafted(tx, batch, wishes)
    answers = await _answers(tx, batch, drafts)
    await orders.lock_failed(tx, [draft.order for draft in drafts.values()])
    if not batch.stock_last:
        await _hold(tx, batch, drafts)
    back = [n for n, cart_id in wanted.items() if n not in drafts and begun[cart_id].claimed]
    if back:
        touched = [(wanted[n], begun[wanted[n]].touched_at) for n in back]
        await carts.take_back(
            tx,
            [batch.wishes[n].reply.key for n in back],
            begun=[(cart_id, at) for cart_id, at in touched if at is not None],
        )
    await _write(tx, batch, drafts, answers)
    for n in answers.keys() & drafts.keys():
        tx.remember(answers[n])
    if batch.stock_last:
        await _take_stock(tx, batch, drafts)


def _apart(batch: _Batch) -> dict[int, UUID]:
    """The wishes with a cart and a key of their own: of twins only the first is worked on."""
    wanted: dict[int, UUID] = {}
    keys: set[tuple[str, str]] = set()
    found: set[UUID] = set()
    for n, (command, reply, *_) in enumerate(batch.wishes):
        assert isinstance(command, PlaceCart)
        key = (reply.key.scope, reply.key.key)
        if key in keys:
            batch.ends[n] = KeyKnown()
        elif command.cart_id in found:
            batch.ends[n] = CartNotReady()
        else:
            keys.add(key)
            found.add(command.cart_id)
            wanted[n] = command.cart_id
    return wanted


async def _drafted(tx: Tx, batch: _Batch, wishes: Mapping[int, tuple[Wish, Cart]]) -> Drafts:
    """What is to be written for each; who cannot buy gets the reason."""
    if not wishes:
        raise _Nobody
    app, channel = batch.app, batch.channel
    customers = {wish.command.customer_id for wish, _ in wishes.values()}
    rules = {customer: await rules_for(app, channel.id, customer) for customer in customers}
    variants = [line.variant_id for _, cart in wishes.values() for line in cart.lines]
    promoted = next(iter(rules.values()))
    if promoted.promotions is not None:
        variants += promoted.promotions.gifts
    lists = {list_id for each in rules.values() for list_id in each.book.list_ids}
    sellables = await sellable_variants(tx, channel.id, sorted(lists), variants, tx.now)
    buyers = await _buyers(tx, promoted, wishes, sellables)
    drafts: Drafts = {}
    for n, (wish, cart) in wishes.items():
        try:
            if isinstance(wish.command, PlaceCart):
                check_owner(cart, channel.id, wish.command.customer_id)
                carts.check_open(msgspec.structs.replace(cart, state="open"), tx.now)
            drafts[n] = draft_of(
                app,
                rules[wish.command.customer_id],
                wish,
                cart,
                sellables,
                buyers.get(cart.id, NOBODY),
                at_once=batch.at_once,
                at=tx.now,
            )
        except Exception as error:  # noqa: BLE001 - raised to the one who asked
            batch.ends[n] = error
    if not drafts:
        raise _Nobody
    if app.part(Scarcity).concerns(wanted_by(drafts.values())):
        batch.stock_last = False
    return drafts


async def _buyers(
    tx: Tx,
    rules: ShopRules,
    wishes: Mapping[int, tuple[Wish, Cart]],
    sellables: Mapping[UUID, Sellable],
) -> Mapping[UUID, Buyer]:
    """What the live promotions ask of who buys: no statement if they and the carts ask nothing."""
    live = rules.promotions
    asked = [
        Asking(
            cart,
            live,
            payment_method=wish.command.payment.gateway if wish.command.payment else None,
        )
        for wish, cart in wishes.values()
    ]
    lacking = lacks(live, sellables)
    if live is not None and lacking:
        await read_lacking(tx, live, lacking)
    return await read_buyers(tx, asked) if live or any(one.cart.coupons for one in asked) else {}


async def _answers(tx: Tx, batch: _Batch, drafts: Drafts) -> dict[int, Answered]:
    """The answers of those whose payment is decided: all is known but their stock."""
    if not batch.at_once:
        return {}
    numbers = await orders.draw_numbers(tx, len(drafts), prefix=batch.channel.order_prefix)
    answers = {}
    for (n, draft), number in zip(drafts.items(), numbers, strict=True):
        placement = msgspec.structs.replace(
            draft.placement,
            result="placed",
            number=number,
            stage="confirmed",
            payment_status=paid_status(draft.order.total, draft.facts),
            placed_at=tx.now,
        )
        answers[n] = draft.wish.reply.answered(placement)
        drafts[n] = draft._replace(placement=placement)
    return answers


async def _take_stock(tx: Tx, batch: _Batch, drafts: Drafts) -> None:
    """Hold or take the stock when all else is written, events and answers too: what many contend
    for is locked for this and the commit. Raises _StockShort unless all get theirs.
    """
    await tx.flush()
    wanted = dict(drafts)
    with suppress(_Nobody):
        await _hold(tx, batch, drafts)
    for n in wanted.keys() - drafts.keys():
        batch.app.part(Scarcity).note(ran_short(wanted[n], batch.ends[n]))
    if len(drafts) < len(wanted):
        raise _StockShort


async def _hold(tx: Tx, batch: _Batch, drafts: Drafts) -> list[Draft]:
    """Hold or take the stock, first come first served; those who get none, who leave `drafts`.

    What they need of the limits of promotions is held before; those without stock give it back.
    """
    if not drafts:
        raise _Nobody
    short = await _claim(tx, batch, drafts)
    until = tx.now + timedelta(seconds=batch.channel.reservation_ttl_s)
    held = await inventory.hold_each(
        tx,
        [
            OrderDemand(
                order_id=draft.order.id,
                demand=draft.demand,
                expires_at=None if batch.at_once else until,
            )
            for draft in drafts.values()
        ],
        locations=batch.channel.locations,
        allocate=batch.at_once,
    )
    for (n, draft), one in zip(list(drafts.items()), held, strict=True):
        if isinstance(one, OutOfStock):
            batch.ends[n] = one
            short.append(draft)
            del drafts[n]
            if draft.claims:
                await promotions.release_claims(tx, draft.order.id, also_used=True)
    if not drafts:
        raise _Nobody
    return short


async def _claim(tx: Tx, batch: _Batch, drafts: Drafts) -> list[Draft]:
    """Hold (or use, when the payment is decided) what the orders need of the limits of promotions;
    those who find none left, who leave `drafts`. No statement for those without.
    """
    wanted = {n: draft for n, draft in drafts.items() if draft.claims}
    if not wanted:
        return []
    refused = await promotions.claim_each(
        tx,
        [(draft.order.id, draft.claims) for draft in wanted.values()],
        used=batch.at_once,
    )
    short = []
    for n, draft in wanted.items():
        why = refused.get(draft.order.id)
        if why is not None:
            batch.ends[n] = why
            short.append(draft)
            del drafts[n]
    if not drafts:
        raise _Nobody
    return short


async def _write(tx: Tx, batch: _Batch, drafts: Drafts, answers: Mapping[int, Answered]) -> None:
    """Orders, payments, and the books of those that are complete."""
    if not drafts:
        raise _Nobody
    lease = tx.now + timedelta(seconds=batch.app.settings.placing_lease_s)
    for draft in drafts.values():
        tx.trace(draft.order.id, draft.wish.trace)
    await orders.open_orders(
        tx,
        [
            Opening(
                order=draft.order,
                because=draft.wish.command.because,
                number=draft.placement.number,
                facts=draft.facts,
            )
            if batch.at_once
            else Opening(
                order=draft.order,
                because=draft.wish.command.because,
                waiting_for="gateway",
                lease_until=lease,
            )
            for draft in drafts.values()
        ],
    )
    await payments.open_payments(
        tx, [draft.operation for draft in drafts.values() if draft.operation is not None]
    )
    filings = [draft.filing for draft in drafts.values() if draft.filing is not None]
    if filings:
        await tax.open_filings(tx, filings, after=FIRST_LOOK)
    if batch.at_once:
        await ledger.post(
            tx,
            *(
                posting
                for draft in drafts.values()
                for posting in sale_postings(draft.order.id, draft.quote, draft.operation, tx.now)
            ),
        )
    for n, draft in drafts.items():
        batch.ends[n] = answers[n] if batch.at_once else _begun(tx, draft)


def _begun(tx: Tx, draft: Draft) -> Begun:
    assert draft.operation is not None
    return Begun(
        Attempt(
            order_id=draft.order.id,
            number=draft.order.attempt,
            operation_id=draft.operation.id,
            order_prefix=draft.wish.command.channel.order_prefix,
            total=draft.order.total,
            opened_at=tx.now,
            waiting_for="gateway",
            placement=draft.placement,
            quote=draft.quote,
        ),
        draft.operation,
    )
