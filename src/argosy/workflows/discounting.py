"""Promotions within a quote: what is live in a channel, who buys, and with which codes.

promotions --live_promotions--> ShopPromotions      (kept with the channel's rules, notice `rules`)
coupons, limits, groups, history, goods --read_buyers--> Buyer   (only what live promotions ask for)
both and the cart --facts_of--> Facts                            (pure, no await)

A cart without codes, in a channel whose promotions ask for nothing but the cart, needs no statement
more than one without promotions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.email import checked_email
from argosy.kernel.ids import decode, encode
from argosy.modules import customers, inventory, promotions, quote
from argosy.modules.cart import Cart
from argosy.modules.promotions import LivePromotion, Standing
from argosy.modules.quote import Quote
from argosy.reads.buyer_history import BuyerHistory, buyer_histories
from argosy.reads.product_facts import ProductFacts, product_facts
from argosy.reads.sellable import Sellable
from argosy.runtime.db import Tx
from argosy.workflows.promoting import rule_of

GOODS_KEPT_S: Final = 30.0
"""So long categories, brands and attributes of a product are remembered for promotions."""
STOCK_KEPT_S: Final = 5.0
"""So long the stock of gifts is remembered; Begin takes it for good."""
_MOST_GOODS: Final = 20_000
_PLENTY: Final = 1_000_000
_GROUPS: Final = frozenset({"customer_group"})
_HISTORY: Final = frozenset({"first_order", "nth_order", "order_history", "bought"})
_BOUGHT: Final = frozenset({"bought"})
_GOODS: Final = frozenset({"categories", "collections", "brands", "attribute"})
_NOTHING_KNOWN: Final = Standing({}, {})


@dataclass(frozen=True, slots=True)
class ShopPromotions:
    """The live promotions of one channel, compiled. `reads`: what carts must bring for them.

    `used_up` and `budgets` are as they were when read; Begin decides. `gifts` are the variants that
    may be given. `goods` and `stock` remember what was read of products and gifts.
    """

    compiled: quote.CompiledPromotions
    live: Mapping[str, LivePromotion]
    used_up: frozenset[str]
    budgets: Mapping[str, int]
    per_person: tuple[UUID, ...]
    honoured: tuple[quote.Promotion, ...]
    reads: frozenset[str]
    gifts: tuple[UUID, ...]
    locations: tuple[UUID, ...]
    stock: dict[UUID, tuple[float, int]] = field(default_factory=dict)
    goods: dict[UUID, tuple[float, ProductFacts | None]] = field(default_factory=dict)
    words: dict[tuple[Any, ...], quote.LineFacts] = field(default_factory=dict)


class Buyer(NamedTuple):
    """What is known of who buys: codes and limits, groups, past orders, the way to pay."""

    standing: Standing = _NOTHING_KNOWN
    groups: frozenset[str] = frozenset()
    history: BuyerHistory | None = None
    payment_method: str | None = None


NOBODY: Final = Buyer()


class Asking(NamedTuple):
    """A cart to be quoted. `presents`: a code that it is about to hold."""

    cart: Cart
    live: ShopPromotions | None
    presents: str | None = None
    payment_method: str | None = None


class CouponStanding(msgspec.Struct, frozen=True, kw_only=True):
    """What a cart's code does. `reason` None: it is applied; else see CouponRefused."""

    code: str
    promotion: str | None
    name: str = ""
    reason: str | None = None
    missing: tuple[quote.Missing, ...] = ()


def compile_live(
    found: Sequence[LivePromotion], *, currency: str, locations: Sequence[UUID] = ()
) -> ShopPromotions | None:
    """Compile a channel's live promotions; None if there are none. Gifts come from `locations`."""
    if not found:
        return None
    live = {encode("promotion", one.promotion.id): one for one in found}
    rules = [rule_of(one) for one in found]
    used_up = set()
    budgets: dict[str, int] = {}
    for name, one in live.items():
        if one.uses_left == 0:
            used_up.add(name)
        if one.promotion.limits.budget:
            # A budget that knows no money of this currency has none of it to give.
            budgets[name] = one.budget_left.get(currency, 0)
    words = set().union(*(_types_in(one.promotion.document) for one in found))
    return ShopPromotions(
        compiled=quote.compile_promotions(rules, currency=currency),
        live=live,
        used_up=frozenset(used_up),
        budgets=budgets,
        per_person=tuple(
            one.promotion.id for one in found if one.promotion.limits.uses_per_customer is not None
        ),
        honoured=tuple(
            rule for rule in rules if isinstance(rule, quote.Promotion) and rule.honour_s
        ),
        reads=frozenset(words),
        gifts=tuple(
            dict.fromkeys(
                decode("variant", rule.action.variant)
                for rule in rules
                if isinstance(rule, quote.Promotion) and isinstance(rule.action, quote.Gift)
            )
        ),
        locations=tuple(locations),
    )


def _types_in(part: Any) -> set[str]:
    if isinstance(part, dict):
        found = set().union(*(_types_in(value) for value in part.values()))
        if isinstance(part.get("type"), str):
            found.add(part["type"])
        return found
    if isinstance(part, list):
        return set().union(*(_types_in(each) for each in part))
    return set()


def asks_for_nothing(asked: Sequence[Asking]) -> bool:
    """Say whether `read_buyers` would read nothing for carts, whatever they hold."""
    return not any(_codes(one) or _reads_of_person(one) for one in asked)


def _codes(one: Asking) -> list[str]:
    typed = one.cart.coupons if one.presents is None else (*one.cart.coupons, one.presents)
    return [promotions.normal_code(code) for code in typed]


def _reads_of_person(one: Asking) -> bool:
    if one.live is None or not (one.cart.customer_id or one.cart.email):
        return False
    return bool(one.live.per_person) or not one.live.reads.isdisjoint(_GROUPS | _HISTORY)


async def read_buyers(tx: Tx, asked: Sequence[Asking]) -> dict[UUID, Buyer]:
    """Read what the live promotions ask of the carts and of who buys; by the cart's id.

    One statement for codes and limits, one for groups, one for past orders, each only if something
    asks for it, for any number of carts of one channel currency.
    """
    codes = {code for one in asked for code in _codes(one)}
    limited = {promotion for one in asked if one.live for promotion in one.live.per_person}
    standing = _NOTHING_KNOWN
    if codes or limited:
        persons = {person for one in asked for person in persons_of(one.cart)}
        standing = await promotions.standing_of(tx, codes, persons=persons, promotions=limited)
    groups = await _groups(tx, [one for one in asked if _wants(one, _GROUPS)])
    history = await _histories(tx, [one for one in asked if _wants(one, _HISTORY)])
    return {
        one.cart.id: Buyer(
            standing,
            groups.get(one.cart.customer_id, frozenset()) if one.cart.customer_id else frozenset(),
            history.get(one.cart.id),
            one.payment_method,
        )
        for one in asked
    }


async def buyer_of(
    tx: Tx,
    live: ShopPromotions | None,
    cart: Cart,
    sellables: Mapping[UUID, Sellable],
    *,
    payment_method: str | None = None,
) -> Buyer:
    """Read for one cart what its live promotions ask for, goods included."""
    lacking = lacks(live, sellables)
    if live is not None and lacking:
        await read_lacking(tx, live, lacking)
    asked = [Asking(cart, live, payment_method=payment_method)]
    if asks_for_nothing(asked):
        return Buyer(payment_method=payment_method)
    return (await read_buyers(tx, asked))[cart.id]


def _wants(one: Asking, words: frozenset[str]) -> bool:
    return one.live is not None and not one.live.reads.isdisjoint(words)


async def _groups(tx: Tx, asked: Sequence[Asking]) -> dict[UUID, frozenset[str]]:
    people = {one.cart.customer_id for one in asked if one.cart.customer_id is not None}
    if not people:
        return {}
    found = await customers.groups_of_customers(tx, sorted(people))
    return {person: frozenset(group.code for group in each) for person, each in found.items()}


async def _histories(tx: Tx, asked: Sequence[Asking]) -> dict[UUID, BuyerHistory]:
    buyers = [
        (one.cart.id, one.cart.customer_id, _address(one.cart))
        for one in asked
        if one.cart.customer_id is not None or one.cart.email
    ]
    if not buyers:
        return {}
    currency = asked[0].cart.currency
    return await buyer_histories(
        tx, buyers, currency=currency, products=any(_wants(one, _BOUGHT) for one in asked)
    )


def _address(cart: Cart) -> str:
    return checked_email(cart.email).normalised if cart.email else ""


class Lacking(NamedTuple):
    """What promotions ask of goods and nobody knows yet: facts of products, stock of gifts."""

    products: frozenset[UUID] = frozenset()
    gifts: tuple[UUID, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.products or self.gifts)


def lacks(live: ShopPromotions | None, sellables: Mapping[UUID, Sellable]) -> Lacking:
    """Return what must be read of goods, with `read_lacking`, before carts are quoted."""
    if live is None:
        return Lacking()
    now = monotonic()
    products: frozenset[UUID] = frozenset()
    if not live.reads.isdisjoint(_GOODS):
        products = frozenset(
            one.product_id
            for one in sellables.values()
            if live.goods.get(one.product_id, (0.0, None))[0] < now
        )
    gifts = tuple(one for one in live.gifts if live.stock.get(one, (0.0, 0))[0] < now)
    return Lacking(products, gifts)


async def read_lacking(tx: Tx, live: ShopPromotions, lacking: Lacking) -> None:
    """Read what `lacks` found, a statement for products and one for gifts, and remember it."""
    if lacking.products:
        if len(live.goods) > _MOST_GOODS:
            live.goods.clear()
            live.words.clear()
        found = await product_facts(tx, lacking.products)
        until = monotonic() + GOODS_KEPT_S
        for product_id in lacking.products:
            live.goods[product_id] = (until, found.get(product_id))
    if lacking.gifts:
        stock = await inventory.availability(tx, lacking.gifts, live.locations)
        for variant_id in lacking.gifts:
            live.stock[variant_id] = (monotonic() + STOCK_KEPT_S, stock[variant_id].promisable)


def gifts_left(live: ShopPromotions, goods: Sellable) -> int:
    """Return how many of a gift can be given, as far as it is known."""
    if not goods.tracks_inventory:
        return _PLENTY
    return live.stock.get(goods.variant_id, (0.0, 0))[1]


def line_facts_of(live: ShopPromotions, goods: Sellable) -> quote.LineFacts:
    """Return the words by which selectors select the goods: ids, and what people call them."""
    more = live.goods.get(goods.product_id, (0.0, None))[1]
    key = (goods.variant_id, goods.sku, *goods.options.items(), id(more))
    found = live.words.get(key)
    if found is None:
        if len(live.words) > _MOST_GOODS:
            live.words.clear()
        found = live.words[key] = words_of(
            goods.product_id,
            goods.variant_id,
            (goods.product_slug, goods.sku),
            goods.options,
            more,
        )
    return found


def words_of(
    product_id: UUID,
    variant_id: UUID,
    names: tuple[str, str],
    options: Mapping[str, str],
    more: ProductFacts | None,
) -> quote.LineFacts:
    """Return the words of goods, whose `names` are slug and SKU."""
    slug, sku = names
    attributes: dict[str, tuple[str, ...]] = {name: (value,) for name, value in options.items()}
    if more is not None:
        attributes |= more.attributes
    facts = quote.line_facts(
        product=encode("product", product_id),
        variant=encode("variant", variant_id),
        brand="" if more is None else more.brand,
        categories=() if more is None else more.categories,
        attributes=attributes,
    )
    tokens = facts.tokens | {f"product:{slug}", f"variant:{sku}"}
    return msgspec.structs.replace(facts, tokens=tokens)


def persons_of(cart: Cart) -> tuple[str, ...]:
    """Return the names under which this buyer's uses are counted (D12)."""
    return promotions.persons_of(cart.customer_id, cart.email)


def facts_of(
    live: ShopPromotions, cart: Cart, buyer: Buyer, *, channel: str, at: datetime
) -> quote.Facts:
    """Return what the promotions are judged by."""
    persons: tuple[str, ...] = ()
    presented: tuple[quote.PresentedCoupon, ...] = ()
    used_up = live.used_up
    if cart.coupons or (live.per_person and buyer.standing.taken):
        persons = persons_of(cart)
        used_up |= _used_by(live, buyer, persons)
        presented = tuple(
            quote.PresentedCoupon(code=code, pools=(pool,))
            for pool, code in _usable(live, cart, buyer, persons, at).items()
        )
    history = None
    if buyer.history is not None:
        past = buyer.history
        history = quote.History(
            orders=past.orders,
            spent_minor=past.spent_minor,
            last_order_at=past.last_at,
            products=frozenset(encode("product", one) for one in past.products),
        )
    return quote.Facts(
        at=at,
        channel=channel,
        customer=None if cart.customer_id is None else encode("customer", cart.customer_id),
        groups=buyer.groups,
        payment_method=buyer.payment_method,
        coupons=presented,
        history=history,
        used_up=used_up,
        budgets=dict(live.budgets),
        had=_had(live, cart) if live.honoured else {},
        declined_gifts=frozenset(encode("variant", one) for one in cart.declined_gifts),
    )


def _had(live: ShopPromotions, cart: Cart) -> dict[str, datetime]:
    # A cart that was not changed since had what it would have been given then (D16).
    return {rule.id: cart.updated_at for rule in live.honoured}


def _used_by(live: ShopPromotions, buyer: Buyer, persons: Sequence[str]) -> set[str]:
    taken = buyer.standing.taken
    found = set()
    for promotion_id in live.per_person:
        name = encode("promotion", promotion_id)
        most = live.live[name].promotion.limits.uses_per_customer
        if most is not None and any(taken.get((promotion_id, one), 0) >= most for one in persons):
            found.add(name)
    return found


def _usable(
    live: ShopPromotions, cart: Cart, buyer: Buyer, persons: Sequence[str], at: datetime
) -> dict[str, str]:
    """The first code of each promotion that may be used: promotion -> code."""
    found: dict[str, str] = {}
    for typed in cart.coupons:
        code = promotions.normal_code(typed)
        coupon = buyer.standing.coupons.get(code)
        if coupon is None or _refusal(live, cart, buyer, persons, code, at) is not None:
            continue
        found.setdefault(encode("promotion", coupon.promotion_id), code)
    return found


def _refusal(  # noqa: PLR0917 - what a code is judged by
    live: ShopPromotions | None,
    cart: Cart,
    buyer: Buyer,
    persons: Sequence[str],
    code: str,
    at: datetime,
) -> str | None:
    coupon = buyer.standing.coupons.get(code)
    why = promotions.refusal_of(
        coupon,
        customer_id=cart.customer_id,
        persons=persons,
        standing=buyer.standing,
        at=at,
    )
    if why is None and coupon is not None:
        name = encode("promotion", coupon.promotion_id)
        if live is None or name not in live.live:
            return "stopped"
        if name in live.used_up or name in _used_by(live, buyer, persons):
            return "used_up"
    return why


def coupon_standings(
    live: ShopPromotions | None,
    cart: Cart,
    buyer: Buyer,
    request: quote.QuoteRequest,
    quoted: Quote,
) -> tuple[CouponStanding, ...]:
    """Say of each of the cart's codes whether it is applied, or why not and what is missing."""
    if not cart.coupons:
        return ()
    at = request.facts.at if request.facts else cart.updated_at
    persons = persons_of(cart)
    applied = {one.promotion: one for one in quoted.promotions if one.outcome == "applied"}
    usable = {} if live is None else _usable(live, cart, buyer, persons, at)
    explained: dict[str, quote.Verdict] = {}
    found = []
    for typed in cart.coupons:
        code = promotions.normal_code(typed)
        coupon = buyer.standing.coupons.get(code)
        name = None if coupon is None else encode("promotion", coupon.promotion_id)
        why = _refusal(live, cart, buyer, persons, code, at)
        missing: tuple[quote.Missing, ...] = ()
        if why is None and name is not None and live is not None:
            if usable.get(name) != code:
                why = "same_promotion"
            elif name not in applied:
                if not explained:
                    verdicts = quote.explain(request, live.compiled).verdicts
                    explained = {one.promotion: one for one in verdicts}
                why, missing = _why_not(explained[name])
        known = None if live is None or name is None else live.live.get(name)
        title = "" if known is None else known.promotion.name
        found.append(
            CouponStanding(
                code=coupon.shown if coupon else typed,
                promotion=name,
                name=title,
                reason=why,
                missing=missing,
            )
        )
    return tuple(found)


def _why_not(verdict: quote.Verdict) -> tuple[str, tuple[quote.Missing, ...]]:
    if verdict.outcome == "superseded":
        return "not_the_best_choice", ()
    if verdict.code in {"not_started", "ended"}:
        return ("not_yet" if verdict.code == "not_started" else "expired"), ()
    if verdict.code == "limit_reached":
        return "used_up", ()
    return verdict.code, verdict.missing
