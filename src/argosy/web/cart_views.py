"""Carts as answers show them."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.ids import encode
from argosy.kernel.money import Money
from argosy.kernel.tax_id import TaxIdEvidence
from argosy.modules.cart import Cart, CartLine, MergeNote
from argosy.modules.quote import Missing, Quote, QuoteKit, QuoteLine
from argosy.web.addresses import AddressBody
from argosy.web.answer_views import AnswerFault, AnswerView, answers_shown, faults_of
from argosy.web.charge_views import ChargeView, charges_of, charges_total_of
from argosy.web.import_views import ImportView
from argosy.web.kit_views import ComponentView, components_of
from argosy.web.shipping_rates import ShippingRateView
from argosy.workflows.base_prices import BasePrice, base_price_of
from argosy.workflows.baskets import Basket, destination_of
from argosy.workflows.quoting import ShippingOption


class BasePriceView(msgspec.Struct, frozen=True, kw_only=True):
    """What `per` ("1 kg", "100 ml") costs, after discounts."""

    price: Money
    per: str

    @classmethod
    def of(cls, found: BasePrice | None) -> "BasePriceView | None":
        """As answers show it; None where the goods have no measure."""
        return None if found is None else cls(price=found.price, per=found.per)


class CartLineView(msgspec.Struct, frozen=True, kw_only=True):
    """A line with its present price. `unavailable` says why it cannot be bought, if so.

    `base_price` is told of goods with a measure. `compare_at` is null in channels that strike
    nothing through but prior prices. `components` is what a kit consists of. `price_held_until`: a
    unit costs no more until then. `personalised`: the price was made for this customer. `answers`
    are what the shopper said, at what they add to a unit; of a line that cannot be bought for one
    of them, `fault` says which and why.
    """

    id: str
    variant_id: str
    quantity: int
    configuration: dict[str, str]
    sku: str | None = None
    title: str | None = None
    variant_title: str | None = None
    options: dict[str, str] = {}
    product_slug: str | None = None
    image_key: str | None = None
    unit_price: Money | None = None
    compare_at: Money | None = None
    subtotal: Money | None = None
    discount: Money | None = None
    tax: Money | None = None
    total: Money | None = None
    base_price: BasePriceView | None = None
    unavailable: str | None = None
    components: list[ComponentView] = []
    price_held_until: datetime | None = None
    personalised: bool = False
    answers: list[AnswerView] = []
    fault: AnswerFault | None = None


class TaxView(msgspec.Struct, frozen=True, kw_only=True):
    """One tax rate over the whole purchase. `treatment` says why none is due where it is not
    `standard`, `note` the words for it that belong on the invoice.
    """

    name: str
    rate: Decimal
    jurisdiction: str
    net: Money
    tax: Money
    treatment: str = "standard"
    note: str = ""


class TaxIdView(msgspec.Struct, frozen=True, kw_only=True):
    """The buyer's tax id. `status`: `valid` or `invalid`, as its register says; `unverified`, and
    `reason` says why: nobody was asked (`no_register`), or the register did not answer.
    """

    value: str
    country: str
    status: str
    reason: str
    checked_at: datetime | None

    @classmethod
    def of(cls, evidence: TaxIdEvidence | None) -> "TaxIdView | None":
        """As answers show it; None for a consumer."""
        if evidence is None:
            return None
        return cls(
            value=evidence.value,
            country=evidence.country,
            status=evidence.status,
            reason=evidence.reason,
            checked_at=evidence.checked_at,
        )


class ChosenShippingView(msgspec.Struct, frozen=True, kw_only=True):
    """The chosen way of shipping and what it costs. `rate`: whence a carrier's price is."""

    code: str
    name: str
    total: Money
    rate: ShippingRateView | None = None


class MissingView(msgspec.Struct, frozen=True, kw_only=True):
    """A condition that does not hold, and how far it is: 410 of "minor" is 4.10 to go."""

    code: str
    path: str
    unit: str
    need: int | str | None
    have: int | str | None
    short: int | None

    @classmethod
    def of(cls, one: Missing) -> "MissingView":
        """As answers show it."""
        return cls(**msgspec.structs.asdict(one))


class CartCouponView(msgspec.Struct, frozen=True, kw_only=True):
    """A code of the cart. `reason` says why it is not applied, `missing` what would help."""

    code: str
    applied: bool
    name: str
    reason: str | None
    missing: list[MissingView]


class GiftView(msgspec.Struct, frozen=True, kw_only=True):
    """What a promotion adds to the purchase, for nothing; `worth` is what it would cost."""

    variant_id: str
    sku: str
    title: str
    quantity: int
    worth: Money
    promotion_id: str


class DiscountView(msgspec.Struct, frozen=True, kw_only=True):
    """What a promotion takes off the whole cart, and its words for the shopper."""

    promotion_id: str
    version: int
    name: str
    reason: str
    amount: Money
    coupons: list[str]


class CartView(msgspec.Struct, frozen=True, kw_only=True):
    """A cart with today's prices. `missing` names what `place` still needs.

    In a channel whose prices contain tax, `subtotal`, `discount_total` and `shipping_total` contain
    it too; `tax_relief` is what of it this buyer does not pay, and is taken off the total.
    `charges` are fees and deposits, whose sum `charges_total` is added. `locale` is the language in
    which its lines are called.
    Send `total` as `expected_total` when placing.
    """

    id: str
    state: str
    version: int
    currency: str
    tax_inclusive: bool
    lines: list[CartLineView]
    email: str
    shipping_address: AddressBody | None
    billing_address: AddressBody | None
    shipping: ChosenShippingView | None
    subtotal: Money
    discount_total: Money
    shipping_total: Money
    tax_total: Money
    total: Money
    taxes: list[TaxView]
    discounts: list[DiscountView]
    coupons: list[CartCouponView]
    gifts: list[GiftView]
    missing: list[str]
    expires_at: datetime | None
    tax_id: TaxIdView | None = None
    tax_relief: Money | None = None
    charges: list[ChargeView] = []
    charges_total: Money | None = None
    imported: ImportView | None = None
    locale: str = ""

    @classmethod
    def of(cls, cart: Cart, basket: Basket) -> "CartView":
        """As answers show it."""
        quote = basket.quote
        return cls(
            id=encode("cart", cart.id),
            state=cart.state,
            version=cart.version,
            currency=cart.currency,
            tax_inclusive=quote.tax_inclusive,
            lines=_lines(cart, basket),
            email=cart.email,
            shipping_address=shown_address(cart.shipping_address),
            billing_address=shown_address(cart.billing_address),
            shipping=_shipping(quote),
            subtotal=quote.subtotal,
            discount_total=quote.discount_total,
            shipping_total=quote.shipping_total,
            tax_total=quote.tax_total,
            total=quote.total,
            taxes=taxes_of(quote),
            discounts=discounts_of(quote),
            coupons=coupons_of(basket),
            gifts=gifts_of(basket),
            missing=_missing(cart, basket),
            expires_at=cart.expires_at,
            tax_id=TaxIdView.of(cart.tax_id),
            tax_relief=quote.tax_relief,
            charges=charges_of(quote.charges),
            charges_total=charges_total_of(quote),
            imported=ImportView.of(quote.imported, quote.currency),
            locale=basket.chain[0],
        )


class DeliveryPromiseView(msgspec.Struct, frozen=True, kw_only=True):
    """When what is ordered before `order_before` leaves and arrives.

    The dates are those of the sender and of the recipient.
    """

    order_before: datetime
    ships_on: date
    earliest: date
    latest: date


class ShippingOptionView(msgspec.Struct, frozen=True, kw_only=True):
    """A way of shipping that can be chosen, its price in the channel's tax mode.

    Goods worth `free_from` ship free: `free_missing` is what the cart lacks of that, and `price`
    is 0 once nothing is missing. `promise` says when a purchase made now arrives. `rate` says
    whence a price is that carriers are asked for: `estimated`, if none was reached.
    """

    id: str
    code: str
    name: str
    description: str
    price: Money
    min_days: int | None
    max_days: int | None
    free_from: Money | None = None
    free_missing: Money | None = None
    promise: DeliveryPromiseView | None = None
    rate: ShippingRateView | None = None

    @classmethod
    def of(cls, option: ShippingOption) -> "ShippingOptionView":
        """As answers show it."""
        return cls(
            id=encode("shipping_method", option.method_id),
            code=option.code,
            name=option.name,
            description=option.description,
            price=option.price,
            min_days=option.min_days,
            max_days=option.max_days,
            free_from=option.free_from,
            free_missing=option.free_missing,
            promise=None
            if option.promise is None
            else msgspec.convert(option.promise, DeliveryPromiseView, from_attributes=True),
            rate=ShippingRateView.of(option.rate),
        )


class ShippingOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The ways to ship this cart; none when nothing needs shipping."""

    items: list[ShippingOptionView]
    next_cursor: str | None = None


class MergeNoteView(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to one variant at the merge: `quantity_summed`, `quantity_capped` (the limit
    is 9999) or `line_kept_in_guest_cart` (the limit is 100 lines).
    """

    code: str
    variant_id: str
    wanted: int
    kept: int

    @classmethod
    def of(cls, note: MergeNote) -> "MergeNoteView":
        """As answers show it."""
        return cls(
            code=note.code,
            variant_id=encode("variant", note.variant_id),
            wanted=note.wanted,
            kept=note.kept,
        )


class ClaimedCartView(msgspec.Struct, frozen=True, kw_only=True):
    """The customer's cart after the guest's went into it, and what there is to tell."""

    cart: CartView
    notes: list[MergeNoteView]


def rendered(status: int) -> Callable[[Cart, Basket], tuple[int, bytes]]:
    """How a cart becomes the status and body of an answer."""

    def render(cart: Cart, basket: Basket) -> tuple[int, bytes]:
        return status, msgspec.json.encode(CartView.of(cart, basket))

    return render


def shown_address(address: Address | None) -> AddressBody | None:
    """An address as answers show it."""
    return None if address is None else AddressBody.of(address)


def taxes_of(quote: Quote) -> list[TaxView]:
    """The quote's taxes by rate."""
    return [
        TaxView(
            name=part.name,
            rate=part.rate,
            jurisdiction=part.jurisdiction,
            net=part.net,
            tax=part.tax,
            treatment=part.treatment,
            note=part.note,
        )
        for part in quote.taxes
    ]


def coupons_of(basket: Basket) -> list[CartCouponView]:
    """The cart's codes, each with whether it is applied and why not."""
    return [
        CartCouponView(
            code=one.code,
            applied=one.reason is None,
            name=one.name,
            reason=one.reason,
            missing=[MissingView.of(each) for each in one.missing],
        )
        for one in basket.coupons
    ]


def gifts_of(basket: Basket) -> list[GiftView]:
    """What promotions add to the cart."""
    return [
        GiftView(
            variant_id=encode("variant", line.variant_id),
            sku=line.sku,
            title=basket.named(line.variant_id).title,
            quantity=line.quantity,
            worth=line.subtotal,
            promotion_id=line.gift_of,
        )
        for line in basket.quote.lines
        if line.gift_of is not None
    ]


def discounts_of(quote: Quote) -> list[DiscountView]:
    """What each promotion that applied takes off, in the order of application."""
    return [
        DiscountView(
            promotion_id=one.promotion,
            version=one.version,
            name=one.name,
            reason=one.reason or one.name,
            amount=one.amount or Money(0, quote.currency),
            coupons=list(one.coupons),
        )
        for one in quote.promotions
        if one.outcome == "applied"
    ]


def _lines(cart: Cart, basket: Basket) -> list[CartLineView]:
    quoted: dict[str, QuoteLine | QuoteKit] = {line.key: line for line in basket.quote.lines}
    quoted |= {kit.key: kit for kit in basket.quote.kits}
    reasons = {line.key: reason for line, reason in basket.refused}
    shown = []
    for line in cart.lines:
        key = encode("cart_line", line.id)
        shown.append(_line(key, line, basket, quoted.get(key), reasons.get(key)))
    if not basket.refused:
        return shown
    faults = faults_of(basket)
    return [msgspec.structs.replace(one, fault=faults.get(one.id)) for one in shown]


def _line(
    key: str,
    line: CartLine,
    basket: Basket,
    quoted: QuoteLine | QuoteKit | None,
    reason: str | None,
) -> CartLineView:
    shown = CartLineView(
        id=key,
        variant_id=encode("variant", line.variant_id),
        quantity=line.quantity,
        configuration=line.configuration,
        unavailable=reason,
    )
    goods = basket.called(line.variant_id)
    if goods is not None:
        shown = msgspec.structs.replace(
            shown,
            sku=goods.sku,
            title=goods.title,
            variant_title=goods.variant_title,
            options=goods.options,
            product_slug=goods.product_slug,
            image_key=goods.image_key,
        )
    if quoted is None:
        return shown
    return msgspec.structs.replace(
        shown,
        unit_price=quoted.unit_price,
        compare_at=quoted.compare_at if basket.free_compare_at else None,
        subtotal=quoted.subtotal,
        discount=quoted.discount,
        tax=quoted.tax,
        total=quoted.total,
        **(
            {"components": components_of(basket.quote, quoted, basket.named)}
            if isinstance(quoted, QuoteKit)
            else {"base_price": BasePriceView.of(base_price_of(basket.quote, quoted, goods))}
        ),
        price_held_until=basket.held.get(key),
        personalised=key in basket.personalised,
        answers=answers_shown(
            quoted.answers, line.configuration, basket.quote.currency, line.files
        ),
    )


def _shipping(quote: Quote) -> ChosenShippingView | None:
    chosen = quote.shipping
    if chosen is None:
        return None
    return ChosenShippingView(
        code=chosen.code,
        name=chosen.name,
        total=chosen.total,
        rate=ShippingRateView.of(chosen.rate),
    )


def _missing(cart: Cart, basket: Basket) -> list[str]:
    ships = basket.needs_shipping
    needs = {
        "lines": not cart.lines,
        "email": not cart.email,
        "shipping_address": ships and cart.shipping_address is None,
        "billing_address": not ships and destination_of(cart, needs_shipping=False) is None,
        "shipping_method": ships and basket.quote.shipping is None,
    }
    return [name for name, needed in needs.items() if needed]
