"""Promotions within a quote: who buys, with which codes, and what the live ones are judged by.

coupons, limits, groups, history, fields --read_buyers--> Buyer  (only what live promotions ask for)
ShopPromotions, Buyer and the cart --facts_of--> Facts           (pure, no await)

A cart without codes, in a channel whose promotions ask for nothing but the cart, needs no statement
more than one without promotions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.email import checked_email
from argosy.kernel.ids import encode
from argosy.modules import customers, promotions, quote
from argosy.modules.cart import Cart
from argosy.modules.promotions import Standing
from argosy.modules.quote import Quote
from argosy.reads.buyer_history import BuyerHistory, buyer_histories
from argosy.reads.sellable import Sellable
from argosy.runtime.db import Tx
from argosy.workflows.live_promotions import ShopPromotions, lacks, read_lacking
from argosy.workflows.promotion_fields import read_field_facts

_GROUPS: Final = frozenset({"customer_group"})
_HISTORY: Final = frozenset({"first_order", "nth_order", "order_history", "bought"})
_BOUGHT: Final = frozenset({"bought"})
_NOTHING_KNOWN: Final = Standing({}, {})
_NO_FIELDS: Final[Mapping[str, quote.FieldFact]] = {}


class Buyer(NamedTuple):
    """What is known of who buys: codes and limits, groups, past orders, the way to pay, and the
    custom fields of cart and customer.
    """

    standing: Standing = _NOTHING_KNOWN
    groups: frozenset[str] = frozenset()
    history: BuyerHistory | None = None
    payment_method: str | None = None
    fields: Mapping[str, quote.FieldFact] = _NO_FIELDS


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


def asks_for_nothing(asked: Sequence[Asking]) -> bool:
    """Say whether `read_buyers` would read nothing for carts, whatever they hold."""
    return not any(_codes(one) or _reads_of_person(one) for one in asked)


def _codes(one: Asking) -> list[str]:
    typed = one.cart.coupons if one.presents is None else (*one.cart.coupons, one.presents)
    return [promotions.normal_code(code) for code in typed]


def _reads_of_person(one: Asking) -> bool:
    if one.live is None:
        return False
    if one.live.fields.of_buyers:
        return True
    if not (one.cart.customer_id or one.cart.email):
        return False
    return bool(one.live.per_person) or not one.live.reads.isdisjoint(_GROUPS | _HISTORY)


async def read_buyers(tx: Tx, asked: Sequence[Asking]) -> dict[UUID, Buyer]:
    """Read what the live promotions ask of the carts and of who buys; by the cart's id.

    One statement for codes and limits, one for groups, one for past orders, one for custom fields,
    each only if something asks for it, for any number of carts of one channel currency.
    """
    codes = {code for one in asked for code in _codes(one)}
    limited = {promotion for one in asked if one.live for promotion in one.live.per_person}
    standing = _NOTHING_KNOWN
    if codes or limited:
        persons = {person for one in asked for person in persons_of(one.cart)}
        standing = await promotions.standing_of(tx, codes, persons=persons, promotions=limited)
    groups = await _groups(tx, [one for one in asked if _wants(one, _GROUPS)])
    history = await _histories(tx, [one for one in asked if _wants(one, _HISTORY)])
    values = await _fields(tx, [one for one in asked if one.live and one.live.fields.of_buyers])
    return {
        one.cart.id: Buyer(
            standing,
            groups.get(one.cart.customer_id, frozenset()) if one.cart.customer_id else frozenset(),
            history.get(one.cart.id),
            one.payment_method,
            values.get(one.cart.id, _NO_FIELDS),
        )
        for one in asked
    }


async def _fields(tx: Tx, asked: Sequence[Asking]) -> dict[UUID, Mapping[str, quote.FieldFact]]:
    """By the cart's id, the custom fields of carts and of their customers. One statement for those
    of the same promotions.
    """
    found: dict[UUID, Mapping[str, quote.FieldFact]] = {}
    while asked:
        live = asked[0].live
        assert live is not None
        same, asked = (
            [one for one in asked if one.live is live],
            [one for one in asked if one.live is not live],
        )
        ids = {one.cart.id for one in same}
        people = {one.cart.customer_id for one in same if one.cart.customer_id is not None}
        has = await read_field_facts(
            tx, live.fields, {"cart": ids, "order": ids, "customer": people}
        )
        for one in same:
            own = {} if one.cart.customer_id is None else has.get(one.cart.customer_id, {})
            found[one.cart.id] = {**has.get(one.cart.id, {}), **own}
    return found


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
        fields=dict(buyer.fields),
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
    if verdict.code == "floor_reached":
        # Which floor is not for shoppers: one on margin tells of costs.
        return "nothing_to_reduce", ()
    return verdict.code, verdict.missing
