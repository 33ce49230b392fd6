"""Quotes as answers show them, with what was decided about every promotion."""

from collections.abc import Sequence

import msgspec

from argosy.kernel.ids import encode
from argosy.kernel.money import Money
from argosy.modules.quote import Adjustment, Explanation, Quote, Step, Verdict
from argosy.web.cart_views import (
    BasePriceView,
    CartCouponView,
    DiscountView,
    MissingView,
    TaxView,
    coupons_of,
    discounts_of,
    taxes_of,
)
from argosy.web.charge_views import ChargeView, charges_of, charges_total_of
from argosy.web.import_views import ImportView
from argosy.web.kit_views import KitView, quoted_kits
from argosy.web.shipping_rates import ShippingRateView
from argosy.workflows.base_prices import base_price_of
from argosy.workflows.baskets import Basket
from argosy.workflows.explaining import Explained


class AdjustmentView(msgspec.Struct, frozen=True, kw_only=True):
    """What a promotion takes off a line or off shipping; `units` are pairs of a count and the minor
    units off each.
    """

    promotion_id: str
    version: int
    reason: str
    level: str
    amount: Money
    units: list[tuple[int, int]]


class QuotedLineView(msgspec.Struct, frozen=True, kw_only=True):
    """A line: subtotal less discount is its price; net and tax are its total. `base_price` is told
    of goods with a measure. `kit` is the key of the kit that it is a component of.
    """

    key: str
    variant_id: str
    sku: str
    quantity: int
    unit_price: Money
    subtotal: Money
    discount: Money
    net: Money
    tax: Money
    total: Money
    discounts: list[AdjustmentView]
    base_price: BasePriceView | None = None
    kit: str | None = None


class QuotedShippingView(msgspec.Struct, frozen=True, kw_only=True):
    """Shipping: price less discount is what is asked; net and tax are its total. `rate`: whence a
    price is that carriers are asked for.
    """

    code: str
    name: str
    price: Money
    discount: Money
    net: Money
    tax: Money
    total: Money
    discounts: list[AdjustmentView]
    rate: ShippingRateView | None


class StepOfQuoteView(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the computation: a code, what it is about, the numbers in and out."""

    code: str
    subject: str
    numbers: dict[str, int | str]


class VerdictView(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a promotion.

    `applied` took `amount` off (of `wanted`, if something kept the rest: `cut` tells staff what);
    `rejected` for `code`, and `missing` names what would help; `superseded` by other promotions
    (`by`) that give more; `disabled` cannot be evaluated.
    """

    promotion_id: str
    version: int
    outcome: str
    code: str
    name: str
    reason: str
    amount: Money | None
    wanted: Money | None
    cut: list[str]
    missing: list[MissingView]
    by: list[str]
    coupons: list[str]

    @classmethod
    def of(cls, one: Verdict) -> "VerdictView":
        """As answers show it."""
        return cls(
            promotion_id=one.promotion,
            version=one.version,
            outcome=one.outcome,
            code=one.code,
            name=one.name,
            reason=one.reason,
            amount=one.amount,
            wanted=one.wanted,
            cut=list(one.cut),
            missing=[MissingView.of(each) for each in one.missing],
            by=list(one.by),
            coupons=list(one.coupons),
        )


class ExplanationView(msgspec.Struct, frozen=True, kw_only=True):
    """Every step of the computation, and the verdict on every promotion.

    `choice`, among promotions that exclude each other: `none` was needed, `exact` is proven to be
    the best for the customer, `bounded` is the best found within the limit of work.
    """

    choice: str
    steps: list[StepOfQuoteView]
    promotions: list[VerdictView]


class QuoteView(msgspec.Struct, frozen=True, kw_only=True):
    """What a purchase costs at this moment, and why, to the cent.

    In a channel whose prices contain tax, `subtotal`, `discount_total` and `shipping_total` contain
    it too. `hash` binds all of it, with the addresses. `kits` are those whose components are lines.
    """

    currency: str
    tax_inclusive: bool
    lines: list[QuotedLineView]
    shipping: QuotedShippingView | None
    subtotal: Money
    discount_total: Money
    shipping_total: Money
    net_total: Money
    tax_total: Money
    total: Money
    taxes: list[TaxView]
    discounts: list[DiscountView]
    coupons: list[CartCouponView]
    charges: list[ChargeView]
    charges_total: Money
    hash: str
    explanation: ExplanationView | None
    kits: list[KitView] = []
    imported: ImportView | None = None

    @classmethod
    def of(cls, found: Explained, explanation: Explanation | None) -> "QuoteView":
        """As answers show it."""
        quote = found.basket.quote
        return cls(
            currency=quote.currency,
            tax_inclusive=quote.tax_inclusive,
            lines=_lines(found.basket),
            shipping=_shipping(quote),
            subtotal=quote.subtotal,
            discount_total=quote.discount_total,
            shipping_total=quote.shipping_total,
            net_total=quote.net_total,
            tax_total=quote.tax_total,
            total=quote.total,
            taxes=taxes_of(quote),
            discounts=discounts_of(quote),
            coupons=coupons_of(found.basket),
            charges=charges_of(quote.charges),
            charges_total=charges_total_of(quote),
            hash=quote.hash,
            explanation=None if explanation is None else _explanation(quote, explanation),
            kits=quoted_kits(quote),
            imported=ImportView.of(quote.imported, quote.currency),
        )


def _explanation(quote: Quote, explanation: Explanation) -> ExplanationView:
    return ExplanationView(
        choice=explanation.choice,
        steps=[_step(step) for step in quote.explanation],
        promotions=[VerdictView.of(one) for one in explanation.verdicts],
    )


def _step(step: Step) -> StepOfQuoteView:
    return StepOfQuoteView(code=step.code, subject=step.subject, numbers=step.numbers)


def _lines(basket: Basket) -> list[QuotedLineView]:
    return [
        QuotedLineView(
            key=line.key,
            variant_id=encode("variant", line.variant_id),
            sku=line.sku,
            quantity=line.quantity,
            unit_price=line.unit_price,
            subtotal=line.subtotal,
            discount=line.discount,
            net=line.net,
            tax=line.tax,
            total=line.total,
            discounts=_adjustments(line.discounts),
            base_price=BasePriceView.of(
                base_price_of(basket.quote, line, basket.goods.get(line.variant_id))
            ),
            kit=line.kit,
        )
        for line in basket.quote.lines
    ]


def _shipping(quote: Quote) -> QuotedShippingView | None:
    chosen = quote.shipping
    if chosen is None:
        return None
    return QuotedShippingView(
        code=chosen.code,
        name=chosen.name,
        price=chosen.price,
        discount=chosen.discount,
        net=chosen.net,
        tax=chosen.tax,
        total=chosen.total,
        discounts=_adjustments(chosen.discounts),
        rate=ShippingRateView.of(chosen.rate),
    )


def _adjustments(found: Sequence[Adjustment]) -> list[AdjustmentView]:
    return [
        AdjustmentView(
            promotion_id=one.rule,
            version=one.version,
            reason=one.reason,
            level=one.level,
            amount=one.amount,
            units=list(one.units),
        )
        for one in found
    ]
