"""The prices of whoever asks: for customers who may have others than everybody.

Never kept by anybody (DOMAIN.md C10): product pages and lists show what everybody pays.
"""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get
from litestar.params import Parameter

from argosy.kernel.ids import decode, encode
from argosy.kernel.money import Money
from argosy.web.auth import PUBLISHABLE, channel_context, shop, shopper
from argosy.workflows.buyer_prices import BuyerPrice, prices_of_buyer

Variants = Annotated[
    list[str],
    Parameter(
        query="variant",
        min_items=1,
        max_items=100,
        description="Variant ids, up to 100: `?variant=var_...&variant=var_...`",
    ),
]
Units = Annotated[int, Parameter(ge=1, le=10**6, description="Units of each.")]


class TierView(msgspec.Struct, frozen=True, kw_only=True):
    """The unit price from `min_quantity` units on."""

    min_quantity: int
    price: Money


class BuyerPriceView(msgspec.Struct, frozen=True, kw_only=True):
    """What a variant costs the buyer, in the channel's tax mode.

    `price` is of one unit and `subtotal` of all; null: the variant cannot be bought (in so small a
    quantity). `personal`: everybody else may pay another price; `personalised`: it was made for
    this customer, and they are to be told. With `graduated` tiers each tier
    prices its own units. The cart decides in the end: what lies in it counts together.
    """

    variant_id: str
    quantity: int
    price: Money | None
    subtotal: Money | None
    personal: bool
    tier_kind: Literal["volume", "graduated"]
    tiers: list[TierView]
    personalised: bool = False

    @classmethod
    def of(cls, one: BuyerPrice) -> "BuyerPriceView":
        """As answers show it."""
        return cls(
            variant_id=encode("variant", one.variant_id),
            quantity=one.quantity,
            price=one.price,
            subtotal=one.subtotal,
            personal=one.personal,
            tier_kind=one.tier_kind,
            tiers=[TierView(min_quantity=start, price=price) for start, price in one.tiers],
            personalised=one.personalised,
        )


class BuyerPriceList(msgspec.Struct, frozen=True, kw_only=True):
    """Variants that this channel does not sell are left out. Never more than one page."""

    items: list[BuyerPriceView]
    next_cursor: str | None = None


@get("/v1/prices", tags=["Products"], security=PUBLISHABLE)
async def list_prices(
    request: Request[Any, Any, Any], variants: Variants, quantity: Units = 1
) -> Response[BuyerPriceList]:
    """What variants cost whoever asks: with a session's token, the customer's own prices."""
    channel = await channel_context(request)
    customer_id = (await shopper(request)).customer_id
    wanted = list(dict.fromkeys(decode("variant", text, field="variant") for text in variants))
    found = await prices_of_buyer(shop(request), channel.id, customer_id, wanted, quantity)
    shown = BuyerPriceList(items=[BuyerPriceView.of(one) for one in found])
    return Response(shown, headers={"Cache-Control": "private, no-store"})


ROUTES = [list_prices]
