"""What carriers say now, for staff who set up a method that asks them."""

from typing import Annotated, Any

import msgspec
from litestar import Request, post

from argosy.kernel.address import Address
from argosy.kernel.money import Money
from argosy.modules import shipping
from argosy.web.api.admin.shipping import of_method
from argosy.web.api.admin.shipping_forms import Code, Country, Region
from argosy.web.auth import ADMINISTRATION, requires, shop
from argosy.workflows.rate_preview import preview_rates

Side = Annotated[int, msgspec.Meta(ge=1, le=100_000)]


class PreviewedGoods(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Equal units to be shipped; sides are length, width and height in millimetres."""

    units: Annotated[int, msgspec.Meta(ge=1, le=9999)]
    weight_g: Annotated[int, msgspec.Meta(ge=0, le=10**9)]
    sides_mm: tuple[Side, Side, Side] | None = None
    unit_minor: Annotated[int, msgspec.Meta(ge=0, le=10**12)] = 0
    shipping_class: Code = "standard"


class RatePreviewBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What shall be shipped where."""

    country: Country
    goods: Annotated[list[PreviewedGoods], msgspec.Meta(min_length=1, max_length=100)]
    region: Region = ""
    postal_code: Annotated[str, msgspec.Meta(max_length=20)] = ""
    city: Annotated[str, msgspec.Meta(max_length=120)] = ""

    def consignment(self) -> shipping.Consignment:
        """The goods in the words of shipping."""
        return tuple(
            msgspec.convert(one, shipping.Goods, from_attributes=True) for one in self.goods
        )

    def place(self) -> Address:
        """Where they go."""
        return Address(
            country=self.country,
            region=self.region,
            postal_code=self.postal_code,
            city=self.city,
        )


class PreviewedParcel(msgspec.Struct, frozen=True, kw_only=True):
    """So many equal parcels."""

    count: int
    weight_g: int
    sides_mm: tuple[int, int, int] | None


class PreviewedRate(msgspec.Struct, frozen=True, kw_only=True):
    """A service: what the carrier asks for all parcels, and what shoppers would pay."""

    service: str
    amount: Money
    price: Money
    transit_days: int | None
    allowed: bool


class PreviewedCarrier(msgspec.Struct, frozen=True, kw_only=True):
    """A carrier's answer: `rated`, `refused` or `silent`; the last two with a `reason`."""

    carrier: str
    answer: str
    reason: str
    rates: list[PreviewedRate]


class RatePreviewView(msgspec.Struct, frozen=True, kw_only=True):
    """The price that shoppers would be shown now; null: the method would not be offered.

    `estimated`: no carrier was reached, and `price` is `table_price`, the price by the tiers.
    """

    price: Money | None
    estimated: bool
    table_price: Money | None
    parcels: list[PreviewedParcel]
    carriers: list[PreviewedCarrier]


@post(
    "/admin/v1/shipping-methods/{method_id:str}/rate-preview",
    tags=["Shipping"],
    security=ADMINISTRATION,
    guards=[requires("shipping:write")],
    status_code=200,
    problems=[shipping.ShippingMethodNotFound],
    example={
        "country": "US",
        "region": "CA",
        "postal_code": "90277",
        "goods": [{"units": 2, "weight_g": 450, "sides_mm": [300, 200, 40]}],
    },
)
async def preview_shipping_rates(
    request: Request[Any, Any, Any], method_id: str, data: RatePreviewBody
) -> RatePreviewView:
    """Ask the carriers of a method now, and see what shoppers would pay. Nothing is kept.

    A method that asks no carrier has the price of its tiers.
    """
    found = await preview_rates(
        shop(request), of_method(method_id), data.place(), data.consignment()
    )
    return msgspec.convert(found, RatePreviewView, from_attributes=True)


ROUTES = [preview_shipping_rates]
