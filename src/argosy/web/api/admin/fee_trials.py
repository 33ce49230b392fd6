"""What a fee would do, before it is saved."""

from typing import Annotated, Any

import msgspec
from litestar import Request, post

from argosy.kernel.errors import Invalid
from argosy.kernel.ids import decode
from argosy.kernel.money import Money
from argosy.modules import cart as carts
from argosy.modules import channels, fees
from argosy.web.api.admin.fee_forms import Country, FeeBody, Id
from argosy.web.api.admin.fees import DEPOSIT
from argosy.web.api.admin.shipping import of_channel
from argosy.web.auth import ADMINISTRATION, requires, shop
from argosy.web.charge_views import ChargeView, charges_of
from argosy.web.examples import example_id
from argosy.workflows import fee_trials
from argosy.workflows.fee_trials import FeeTrial, TriedFee
from argosy.workflows.placement import WantedItem
from argosy.workflows.quoting import NotPurchasable


class TrialUnclear(Invalid):
    """A fee is tried on a cart, or on goods: name one of both."""

    code = "fees.trial_unclear"
    usual_cure = "Send either `cart_id` or `lines`."


class TrialLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many units of a variant, with the choices that a shopper would make."""

    variant_id: Id
    quantity: Annotated[int, msgspec.Meta(ge=1, le=9999)] = 1
    configuration: dict[
        Annotated[str, msgspec.Meta(min_length=1, max_length=100)],
        Annotated[str, msgspec.Meta(max_length=200)],
    ] = msgspec.field(default_factory=dict)


class FeeTrialBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fee, and what it is tried on: a cart of the channel, or goods (without a country: to the
    channel's own). A fee of the same code is replaced by it.
    """

    channel_id: Id
    fee: FeeBody
    cart_id: Id | None = None
    lines: Annotated[list[TrialLine], msgspec.Meta(max_length=carts.MAX_LINES)] = msgspec.field(
        default_factory=list
    )
    country: Country | None = None
    shipping_method: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    payment_method: Annotated[str, msgspec.Meta(max_length=60)] | None = None


class BrokenRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of EN 16931 that an invoice of the purchase would break with the fee."""

    rule: str
    subject: str
    detail: str


class FeeTrialView(msgspec.Struct, frozen=True, kw_only=True):
    """What the purchase costs without and with the fee; `charges` are the fee's own, none where it
    is not due. `broken` is what would keep it off an invoice.
    """

    total_before: Money
    total_after: Money
    tax_before: Money
    tax_after: Money
    charges: list[ChargeView]
    broken: list[BrokenRule]

    @classmethod
    def of(cls, tried: TriedFee) -> "FeeTrialView":
        """As answers show it."""
        return cls(
            total_before=tried.before.total,
            total_after=tried.after.total,
            tax_before=tried.before.tax_total,
            tax_after=tried.after.tax_total,
            charges=charges_of(tried.charges),
            broken=[
                BrokenRule(rule=one.rule, subject=one.subject, detail=one.detail)
                for one in tried.violations
            ],
        )


@post(
    "/admin/v1/fee-trials",
    status_code=200,
    tags=["Fees"],
    security=ADMINISTRATION,
    guards=[requires("prices:read")],
    problems=[
        TrialUnclear,
        channels.ChannelNotFound,
        carts.CartNotFound,
        fees.FeeInvalid,
        NotPurchasable,
    ],
    example={
        "channel_id": example_id("channel"),
        "fee": DEPOSIT,
        "lines": [{"variant_id": example_id("variant"), "quantity": 6}],
    },
)
async def try_fee(request: Request[Any, Any, Any], data: FeeTrialBody) -> FeeTrialView:
    """Say what a fee would do to a cart, or to a purchase of goods, without saving it."""
    app, channel, wish = shop(request), of_channel(data.channel_id), data.fee.command()
    if (data.cart_id is None) is not bool(data.lines):
        raise TrialUnclear("What the fee is to be tried on is not clear.", field="lines")
    if data.cart_id is not None:
        cart = decode("cart", data.cart_id, field="cart_id")
        return FeeTrialView.of(await fee_trials.try_on_cart(app, channel, wish, cart))
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
        shipping_method=data.shipping_method,
        payment_method=data.payment_method,
    )
    return FeeTrialView.of(await fee_trials.try_on_goods(app, channel, wish, trial))


ROUTES = [try_fee]
