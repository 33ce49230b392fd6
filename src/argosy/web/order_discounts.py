"""Which promotions an order was given, as answers show it."""

import msgspec

from argosy.kernel.ids import decode, encode
from argosy.kernel.money import Money
from argosy.modules.quote import Quote
from argosy.reads.order_view import OrderView


class DiscountedLineView(msgspec.Struct, frozen=True, kw_only=True):
    """What a promotion took off a line (null: off shipping), unit by unit: `units` are pairs of a
    count and the minor units off each.
    """

    line_id: str | None
    amount: Money
    units: list[tuple[int, int]]


class OrderDiscountView(msgspec.Struct, frozen=True, kw_only=True):
    """What a promotion gave this order: of which version, by which codes, on which lines."""

    promotion_id: str
    version: int
    name: str
    reason: str
    amount: Money
    coupons: list[str]
    lines: list[DiscountedLineView]


def order_discounts(order: OrderView) -> list[OrderDiscountView]:
    """The promotions in the order's frozen quote."""
    frozen = order.quote
    if not frozen.get("promotions"):
        return []
    quoted = msgspec.convert(frozen, Quote)
    given: dict[str, list[DiscountedLineView]] = {}
    for line in quoted.lines:
        line_id = (
            encode("order_line", decode("cart_line", line.key)) if _is_line(line.key) else None
        )
        for one in line.discounts:
            given.setdefault(one.rule, []).append(
                DiscountedLineView(line_id=line_id, amount=one.amount, units=list(one.units))
            )
    for one in quoted.shipping.discounts if quoted.shipping else ():
        given.setdefault(one.rule, []).append(
            DiscountedLineView(line_id=None, amount=one.amount, units=list(one.units))
        )
    return [
        OrderDiscountView(
            promotion_id=one.promotion,
            version=one.version,
            name=one.name,
            reason=one.reason or one.name,
            amount=one.amount or Money(0, order.currency),
            coupons=list(one.coupons),
            lines=given.get(one.promotion, []),
        )
        for one in quoted.promotions
        if one.outcome == "applied"
    ]


def _is_line(key: str) -> bool:
    return key.startswith("cln_")
