"""Promotions tried before they hold: on open carts, on past orders.

`affected_carts` quotes open carts with and without a promotion (before the kill switch). `simulate`
replays the orders of the last days through a draft: a job, whose result is read later. Neither
changes anything that shoppers see.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.events import Job
from argosy.kernel.ids import decode, encode
from argosy.modules import cart as carts
from argosy.modules import channels, pricing, promotions, quote
from argosy.modules.promotions import SetPromotion
from argosy.modules.quote import Quote
from argosy.reads import promotion_trials as reads
from argosy.reads.product_facts import ProductFacts, product_facts
from argosy.reads.promotion_trials import PastOrder
from argosy.reads.sellable import sellable_variants
from argosy.runtime.db import Tx
from argosy.workflows.app import App
from argosy.workflows.baskets import basket_of
from argosy.workflows.discounting import NOBODY, Asking, read_buyers
from argosy.workflows.live_promotions import words_of
from argosy.workflows.margins import margin_of
from argosy.workflows.promoting import document_of
from argosy.workflows.promotion_fields import (
    AskedFields,
    asked_fields,
    fields_for,
    misuses_of,
    read_field_facts,
)
from argosy.workflows.quoting import read_rules, rules_for

MAX_CARTS: Final = 200
CARTS_OF: Final = timedelta(days=7)
MAX_ORDERS: Final = 5_000
ORDERS_AT_ONCE: Final = 200
SHOWN: Final = 10
"""So many winners and losers are named."""


class SimulatePromotion(Job, frozen=True, kw_only=True):
    """Replay past orders through a version of a promotion."""

    NAME: ClassVar[str] = "simulate_promotion"

    simulation_id: UUID


class AffectedCart(NamedTuple):
    """An open cart that a promotion takes something off."""

    cart_id: UUID
    channel_id: UUID
    total_minor: int
    without_minor: int
    discount_minor: int
    currency: str


async def affected_carts(app: App, promotion_id: UUID) -> tuple[int, list[AffectedCart]]:
    """Quote the open carts that were changed last, with and without a live promotion: how many were
    looked at, and those that have it. What its kill switch would change.

    Raises PromotionNotFound.
    """
    name = encode("promotion", promotion_id)
    async with app.db.reading() as tx:
        one = await promotions.promotion_by_id(tx, promotion_id)
        ids = await reads.recent_carts(tx, tx.now - CARTS_OF, one.channels, MAX_CARTS)
        found = await carts.carts_by_id(tx, ids)
    affected = []
    for cart in found.values():
        rules = await rules_for(app, cart.channel_id, cart.customer_id)
        live = rules.promotions
        if live is None or name not in live.live:
            continue
        async with app.db.reading() as tx:
            variants = [line.variant_id for line in cart.lines]
            variants += live.gifts
            sellables = await sellable_variants(
                tx, cart.channel_id, rules.book.list_ids, variants, tx.now
            )
            buyers = await read_buyers(tx, [Asking(cart, live)])
            now = tx.now
        basket = basket_of(
            cart,
            rules.channel,
            rules,
            sellables,
            at=now,
            buyer=buyers.get(cart.id, NOBODY),
            bound=False,
        )
        applied = [v for v in basket.quote.promotions if v.promotion == name]
        if not any(verdict.outcome == "applied" for verdict in applied):
            continue
        assert basket.asked.facts is not None
        facts = msgspec.structs.replace(basket.asked.facts, without=frozenset({name}))
        without = quote.compute(msgspec.structs.replace(basket.asked, facts=facts), live.compiled)
        amount = applied[0].amount
        affected.append(
            AffectedCart(
                cart.id,
                cart.channel_id,
                basket.quote.total.minor,
                without.total.minor,
                0 if amount is None else amount.minor,
                cart.currency,
            )
        )
    return len(found), affected


async def ask_for_simulation(tx: Tx, promotion_id: UUID, days: int) -> promotions.Simulation:
    """Queue a replay of the orders of the last `days` days. Raises PromotionNotFound."""
    one = await promotions.promotion_by_id(tx, promotion_id)
    simulation_id = await promotions.ask_for_simulation(tx, one, days)
    tx.enqueue(SimulatePromotion(simulation_id=simulation_id))
    return await promotions.simulation_by_id(tx, simulation_id)


async def simulate(app: App, job: SimulatePromotion) -> None:
    """Do a simulation that was asked for. A repeat of one that is done changes nothing."""
    async with app.db.reading() as tx:
        asked = await promotions.simulation_by_id(tx, job.simulation_id)
        if asked.state != "running":
            return
        versions = await promotions.list_versions(
            tx, asked.promotion_id, before=asked.version + 1, limit=1
        )
        every = await channels.list_channels(tx)
        now = tx.now
    kept = versions[0]
    wish = SetPromotion(
        name=kept.name,
        document=kept.document,
        channels=kept.channels,
        needs_coupon=kept.needs_coupon,
        limits=kept.limits,
    )
    tally = Tally()
    shops = {
        channel.id: await _shop(app, channel.id, wish, asked.promotion_id) for channel in every
    }
    before: tuple[datetime, UUID] | None = None
    while tally.orders < MAX_ORDERS:
        async with app.db.reading() as tx:
            page = await reads.past_orders(
                tx,
                now - timedelta(days=asked.days),
                wish.channels,
                before=before,
                limit=ORDERS_AT_ONCE,
            )
            products = {UUID(line["product_id"]) for order in page for line in order.lines.values()}
            known = _Known(
                await product_facts(tx, products),
                await pricing.costs_of(tx, sorted(_variants_of(page))),
                {
                    shop.code: await _fields_of(tx, shop.fields, page, products)
                    for shop in shops.values()
                },
            )
        await asyncio.to_thread(_replay, page, shops, known, tally)
        if len(page) < ORDERS_AT_ONCE:
            break
        before = (page[-1].confirmed_at, page[-1].id)
    async with app.db.transaction() as tx:
        await promotions.finish_simulation(tx, asked.id, "done", tally.result())


class TrialShop(NamedTuple):
    """A channel's live promotions without and with the one that is tried."""

    code: str
    policy: quote.Policy
    without: quote.CompiledPromotions
    with_it: quote.CompiledPromotions
    name: str
    needs_coupon: bool
    fields: AskedFields


class _Known(NamedTuple):
    """What is known of a page of orders now: products, costs, and custom fields by channel."""

    goods: Mapping[UUID, ProductFacts]
    costs: Sequence[pricing.Cost]
    fields: Mapping[str, Mapping[UUID, dict[str, quote.FieldFact]]]


async def _fields_of(
    tx: Tx, asked: AskedFields, page: Sequence[PastOrder], products: set[UUID]
) -> dict[UUID, dict[str, quote.FieldFact]]:
    ids = {order.id for order in page}
    return await read_field_facts(
        tx,
        asked,
        {
            "product": products,
            "variant": _variants_of(page),
            "cart": ids,
            "order": ids,
            "customer": {order.customer_id for order in page if order.customer_id is not None},
        },
    )


async def _shop(app: App, channel_id: UUID, wish: SetPromotion, own_id: UUID) -> TrialShop:
    async with app.db.reading() as tx:
        rules = await read_rules(tx, channel_id)
        live = [
            one
            for one in await promotions.live_promotions(tx, channel_id)
            if one.promotion.id != own_id
        ]
        definitions = await fields_for(
            tx, [wish.document, *(one.promotion.document for one in live)]
        )
    # Limits are of the present: past orders are replayed as if there had been enough.
    others = [
        quote.read_promotion(
            document_of(one.promotion, encode("promotion", one.promotion.id), one.promotion.version)
        )
        for one in live
    ]
    readable = [one for one in others if isinstance(one, quote.Promotion)]
    others = [one for one in readable if not misuses_of(one, definitions)]
    name, currency = encode("promotion", own_id), rules.policy.currency
    mine = quote.read_promotion(document_of(wish, name))
    return TrialShop(
        rules.channel.code,
        rules.policy,
        quote.compile_promotions(others, currency=currency),
        quote.compile_promotions([*others, mine], currency=currency),
        name,
        wish.needs_coupon,
        asked_fields(
            [one for one in (*others, mine) if isinstance(one, quote.Promotion)], definitions
        ),
    )


class _Money(msgspec.Struct):
    """Sums of one currency, in minor units."""

    orders: int = 0
    applied: int = 0
    charged_minor: int = 0
    without_minor: int = 0
    with_minor: int = 0
    net_without_minor: int = 0
    net_with_minor: int = 0
    discount_without_minor: int = 0
    discount_with_minor: int = 0
    given_minor: int = 0
    winners: int = 0
    losers: int = 0
    costed: int = 0
    margin_without_minor: int = 0
    margin_with_minor: int = 0


class Tally:
    """What a simulation has found so far."""

    def __init__(self) -> None:
        self.orders = 0
        self.skipped = 0
        self.money: dict[str, _Money] = {}
        self.moves: dict[str, list[tuple[int, str]]] = {}

    def add(  # noqa: PLR0917 - an order in its three forms, and what it leaves
        self,
        order: PastOrder,
        charged: Quote,
        without: Quote,
        found: Quote,
        name: str,
        margins: tuple[int, int] | None,
    ) -> None:
        """Count an order: as it was charged, without the promotion, and with it; `margins` are
        those of the latter two, where all costs of that time are known.
        """
        sums = self.money.setdefault(order.currency, _Money())
        sums.orders += 1
        sums.charged_minor += charged.total.minor
        sums.without_minor += without.total.minor
        sums.with_minor += found.total.minor
        sums.net_without_minor += without.net_total.minor
        sums.net_with_minor += found.net_total.minor
        sums.discount_without_minor += _off(without)
        sums.discount_with_minor += _off(found)
        for verdict in found.promotions:
            if verdict.promotion == name and verdict.outcome == "applied":
                sums.applied += 1
                sums.given_minor += verdict.amount.minor if verdict.amount else 0
        if margins is not None:
            sums.costed += 1
            sums.margin_without_minor += margins[0]
            sums.margin_with_minor += margins[1]
        saved = without.total.minor - found.total.minor
        sums.winners += saved > 0
        sums.losers += saved < 0
        if saved:
            moves = self.moves.setdefault(order.currency, [])
            moves.append((saved, encode("order", order.id)))

    def result(self) -> dict[str, Any]:
        """Return it as it is kept: sums by currency, the largest winners and losers named."""
        return {
            "orders": self.orders,
            "skipped": self.skipped,
            "complete": self.orders < MAX_ORDERS,
            "currencies": {
                currency: msgspec.structs.asdict(sums)
                | {
                    "top_winners": _named(self.moves.get(currency, ()), winners=True),
                    "top_losers": _named(self.moves.get(currency, ()), winners=False),
                }
                for currency, sums in self.money.items()
            },
        }


def _named(moves: Sequence[tuple[int, str]], *, winners: bool) -> list[dict[str, Any]]:
    chosen = sorted(one for one in moves if (one[0] > 0) is winners)
    if winners:
        chosen.reverse()
    return [{"order_id": order, "saves_minor": minor} for minor, order in chosen[:SHOWN]]


def _off(found: Quote) -> int:
    shipping = 0 if found.shipping is None else found.shipping.discount.minor
    return found.discount_total.minor + shipping


def _replay(
    page: Sequence[PastOrder],
    shops: dict[UUID, TrialShop],
    known: _Known,
    tally: Tally,
) -> None:
    for order in page:
        tally.orders += 1
        shop = shops.get(order.channel_id)
        charged = msgspec.convert(order.quote, Quote)
        if shop is None or order.currency != shop.policy.currency:
            tally.skipped += 1
            continue
        request = _as_asked(order, charged, shop, known)
        without = quote.compute(request, shop.without)
        found = quote.compute(request, shop.with_it)
        costs = pricing.costs_on(known.costs, order.currency, order.confirmed_at)
        cards = [line.key for line in request.lines if not line.goods]
        before, after = (margin_of(each, costs, aside=cards) for each in (without, found))
        margins = None if before is None or after is None else (before, after)
        tally.add(order, charged, without, found, shop.name, margins)


def _variants_of(page: Sequence[PastOrder]) -> set[UUID]:
    return {UUID(line["variant_id"]) for order in page for line in order.quote["lines"]}


def _as_asked(order: PastOrder, charged: Quote, shop: TrialShop, now: _Known) -> quote.QuoteRequest:
    """What the engine would have been asked, from what it answered then: prices and rates as they
    were, goods as they are called now.
    """
    fields = now.fields[shop.code]
    lines = []
    for line in charged.lines:
        if line.gift_of is not None or not line.key.startswith("cln_"):
            continue
        known = order.lines.get(str(decode("cart_line", line.key)), {})
        product_id = UUID(known["product_id"]) if known else line.variant_id
        more = now.goods.get(product_id)
        whole = line.unit_price.minor * line.quantity
        lines.append(
            quote.RequestLine(
                key=line.key,
                variant_id=line.variant_id,
                sku=line.sku,
                quantity=line.quantity,
                unit_minor=line.unit_price.minor,
                subtotal_minor=None if line.subtotal.minor == whole else line.subtotal.minor,
                compare_at_minor=None if line.compare_at is None else line.compare_at.minor,
                rates=_rates(line.rate_set, line.taxes),
                goods=known.get("tax_class") != "gift_card",
                facts=words_of(
                    product_id,
                    line.variant_id,
                    (more.slug if more else "", line.sku),
                    known.get("options", {}),
                    more,
                    fields={
                        **fields.get(product_id, {}),
                        **fields.get(line.variant_id, {}),
                    },
                ),
            )
        )
    return quote.QuoteRequest(
        policy=shop.policy,
        lines=tuple(lines),
        shipping=_shipping(charged),
        destination=charged.destination,
        binding=None,
        facts=_facts(order, charged, shop, fields),
    )


def _shipping(charged: Quote) -> quote.RequestShipping | None:
    shipping = charged.shipping
    if shipping is None:
        return None
    return quote.RequestShipping(
        method_id=shipping.method_id,
        code=shipping.code,
        name=shipping.name,
        price_minor=shipping.price.minor,
        rates=_rates("shipping", shipping.taxes),
        cheapest=True,
    )


def _facts(
    order: PastOrder,
    charged: Quote,
    shop: TrialShop,
    fields: Mapping[UUID, dict[str, quote.FieldFact]],
) -> quote.Facts:
    """Who bought, when and how, as it was; with a code, if the promotion needs one."""
    coupons = [
        quote.PresentedCoupon(code=code, pools=(one.promotion,))
        for one in charged.promotions
        for code in one.coupons
    ]
    if shop.needs_coupon:
        coupons.append(quote.PresentedCoupon(code="simulated", pools=(shop.name,)))
    return quote.Facts(
        at=order.confirmed_at,
        channel=shop.code,
        customer=None if order.customer_id is None else encode("customer", order.customer_id),
        payment_method=order.gateway,
        coupons=tuple(coupons),
        history=quote.History(
            orders=order.orders_before,
            spent_minor=order.spent_before_minor,
            last_order_at=order.last_before,
        ),
        fields={
            **fields.get(order.id, {}),
            **({} if order.customer_id is None else fields.get(order.customer_id, {})),
        },
    )


def _rates(key: str, taxes: Sequence[quote.TaxPart]) -> quote.RateSet:
    return quote.rate_set(
        key,
        [
            quote.TaxRate(
                code=part.code,
                name=part.name,
                jurisdiction=part.jurisdiction,
                rate=part.rate,
                treatment=part.treatment,
            )
            for part in taxes
        ],
    )
