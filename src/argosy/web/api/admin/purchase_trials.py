"""What a purchase would cost: taxes, fees and shipping, tried without a cart."""

from typing import Annotated, Any

import msgspec
from litestar import Request, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.ids import decode
from argosy.kernel.money import Money
from argosy.modules import cart as carts
from argosy.modules import channels
from argosy.web.api.admin.fee_forms import Country, Id
from argosy.web.api.admin.fee_trials import TrialLine
from argosy.web.api.admin.shipping import of_channel
from argosy.web.api.admin.shipping_forms import Region
from argosy.web.auth import ADMINISTRATION, requires, shop
from argosy.web.cart_views import ShippingOptionView, TaxView, taxes_of
from argosy.web.charge_views import ChargeView, charges_of
from argosy.web.examples import example_id
from argosy.workflows.fee_trials import FeeTrial
from argosy.workflows.placement import CountryNotServed, WantedItem
from argosy.workflows.purchase_trials import TriedPurchase, try_purchase
from argosy.workflows.quoting import NotPurchasable


class PurchaseTrialBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Goods, and where they would go (without a country: to the channel's own). Without a shipping
    method it is the cheapest one. `payment_method`: the gateway, for fees that depend on it.
    """

    channel_id: Id
    lines: Annotated[list[TrialLine], msgspec.Meta(min_length=1, max_length=carts.MAX_LINES)]
    country: Country | None = None
    region: Region = ""
    postal_code: Annotated[str, msgspec.Meta(max_length=20)] = ""
    shipping_method: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    payment_method: Annotated[str, msgspec.Meta(max_length=60)] | None = None


class TriedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line: net and tax are its total, after discounts."""

    sku: str
    quantity: int
    unit_price: Money
    discount: Money
    net: Money
    tax: Money
    total: Money


class TriedShipping(msgspec.Struct, frozen=True, kw_only=True):
    """The way of shipping that the sums are with."""

    code: str
    name: str
    net: Money
    tax: Money
    total: Money


class PurchaseTrialView(msgspec.Struct, frozen=True, kw_only=True):
    """What the purchase would cost now, and the ways to ship it there."""

    tax_inclusive: bool
    lines: list[TriedLine]
    shipping: TriedShipping | None
    charges: list[ChargeView]
    taxes: list[TaxView]
    net_total: Money
    tax_total: Money
    total: Money
    shipping_options: list[ShippingOptionView]

    @classmethod
    def of(cls, tried: TriedPurchase) -> "PurchaseTrialView":
        """As answers show it."""
        quote = tried.basket.quote
        sums = ("sku", "quantity", "unit_price", "discount", "net", "tax", "total")
        way = quote.shipping
        return cls(
            tax_inclusive=quote.tax_inclusive,
            lines=[TriedLine(**{name: getattr(one, name) for name in sums}) for one in quote.lines],
            shipping=None
            if way is None
            else TriedShipping(
                code=way.code, name=way.name, net=way.net, tax=way.tax, total=way.total
            ),
            charges=charges_of(quote.charges),
            taxes=taxes_of(quote),
            net_total=quote.net_total,
            tax_total=quote.tax_total,
            total=quote.total,
            shipping_options=[ShippingOptionView.of(one) for one in tried.options],
        )


@post(
    "/admin/v1/purchase-trials",
    status_code=200,
    tags=["Taxes"],
    security=ADMINISTRATION,
    guards=[requires("prices:read")],
    problems=[channels.ChannelNotFound, CountryNotServed, NotPurchasable],
    example={
        "channel_id": example_id("channel"),
        "lines": [{"variant_id": example_id("variant"), "quantity": 2}],
        "country": "DE",
        "postal_code": "10115",
    },
)
async def try_goods(request: Request[Any, Any, Any], data: PurchaseTrialBody) -> PurchaseTrialView:
    """Say what a purchase of goods would cost at this moment, without making one."""
    trial = FeeTrial(
        items=tuple(
            WantedItem(
                variant_id=decode("variant", line.variant_id, field=f"lines.{n}.variant_id"),
                quantity=line.quantity,
                configuration=line.configuration,
            )
            for n, line in enumerate(data.lines)
        ),
        country=data.country,
        region=data.region,
        postal_code=data.postal_code,
        shipping_method=data.shipping_method,
        payment_method=data.payment_method,
    )
    tried = await try_purchase(shop(request), of_channel(data.channel_id), trial)
    return PurchaseTrialView.of(tried)


ROUTES: list[HTTPRouteHandler] = [try_goods]
