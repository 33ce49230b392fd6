"""What an order of a quote must hold of the limits of promotions (DOMAIN.md D11-D13). Pure."""

from __future__ import annotations

from uuid import UUID

from argosy.modules.cart import Cart
from argosy.modules.promotions import Wanted
from argosy.modules.quote import Quote
from argosy.workflows.discounting import Buyer, persons_of
from argosy.workflows.live_promotions import ShopPromotions


def claims_of(
    live: ShopPromotions | None, cart: Cart, buyer: Buyer, quoted: Quote
) -> tuple[Wanted, ...]:
    """Return what an order of this quote must hold of limits and coupons (D11-D13)."""
    if live is None or not quoted.promotions:
        return ()
    found: list[Wanted] = []
    persons = persons_of(cart)
    for verdict in quoted.promotions:
        one = live.live.get(verdict.promotion)
        if verdict.outcome != "applied" or one is None:
            continue
        promotion_id, limits = one.promotion.id, one.promotion.limits
        if limits.uses is not None:
            found.append(_one(promotion_id, promotion_id, limits.uses))
        if limits.uses_per_customer is not None:
            found += [
                _one(promotion_id, promotion_id, limits.uses_per_customer, person)
                for person in persons
            ]
        if limits.budget and verdict.amount is not None and verdict.amount.minor:
            found.append(
                Wanted(
                    subject=promotion_id,
                    promotion_id=promotion_id,
                    amount=verdict.amount.minor,
                    most=limits.budget.get(quoted.currency, 0),
                    currency=quoted.currency,
                )
            )
        for code in verdict.coupons:
            coupon = buyer.standing.coupons.get(code)
            if coupon is None:
                continue
            found.append(_one(coupon.id, promotion_id, coupon.uses))
            if coupon.uses_per_customer is not None:
                found += [
                    _one(coupon.id, promotion_id, coupon.uses_per_customer, person)
                    for person in persons
                ]
    return tuple(found)


def _one(subject: UUID, promotion_id: UUID, most: int | None, person: str = "") -> Wanted:
    return Wanted(subject=subject, promotion_id=promotion_id, amount=1, most=most, person=person)


def has_claims(quoted: Quote) -> bool:
    """Say whether an order of this quote holds something of limits or coupons."""
    return any(
        one.outcome == "applied" and (one.budget is not None or one.coupons)
        for one in quoted.promotions
    )
