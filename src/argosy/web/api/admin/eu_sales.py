"""The EU-wide threshold of distance sales."""

from datetime import UTC
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, get
from litestar.params import Parameter

from argosy.kernel.money import Money
from argosy.web.auth import ADMINISTRATION, requires, shop
from argosy.workflows.eu_threshold import Standing, eu_standings

Year = Annotated[
    int | None,
    Parameter(ge=2021, le=2100, description="A calendar year; the present one, if left out."),
]


class EuCountryView(msgspec.Struct, frozen=True, kw_only=True):
    """Sales without tax to consumers of one member state, in the year and in the one before."""

    country: str
    net: Money
    net_before: Money


class EuStandingView(msgspec.Struct, frozen=True, kw_only=True):
    """The channels that sell from one member state in one currency, together.

    `below` the threshold; `near`: at 80 % of it; `above`, in this year or the one before: the tax
    of the destination is due. `unknown`: not in euros, and nothing is converted.
    """

    seller_country: str
    currency: str
    net: Money
    net_before: Money
    threshold: Money | None
    left: Money | None
    state: Literal["below", "near", "above", "unknown"]
    countries: list[EuCountryView]

    @classmethod
    def of(cls, found: Standing) -> "EuStandingView":
        """As answers show it."""

        def money(minor: int) -> Money:
            return Money(minor, found.currency)

        return cls(
            seller_country=found.seller_country,
            currency=found.currency,
            net=money(found.net_minor),
            net_before=money(found.net_before_minor),
            threshold=None if found.threshold_minor is None else money(found.threshold_minor),
            left=None if found.left_minor is None else money(found.left_minor),
            state=found.state,
            countries=[
                EuCountryView(
                    country=one.country,
                    net=money(one.net_minor),
                    net_before=money(one.net_before_minor),
                )
                for one in found.countries
            ],
        )


class EuSales(msgspec.Struct, frozen=True, kw_only=True):
    """Where each selling member state stands."""

    year: int
    items: list[EuStandingView]


@get(
    "/admin/v1/eu-sales",
    tags=["Taxes"],
    security=ADMINISTRATION,
    guards=[requires("taxes:read")],
)
async def get_eu_sales(request: Request[Any, Any, Any], year: Year = None) -> EuSales:
    """Sales to consumers of other member states against the EU-wide threshold of 10,000 EUR.

    Counted without tax, less what was refunded; sales without tax (to businesses) do not count.
    """
    async with shop(request).db.reading() as tx:
        wanted = year or tx.now.astimezone(UTC).year
        found = await eu_standings(tx, wanted)
    return EuSales(year=wanted, items=[EuStandingView.of(one) for one in found])


ROUTES = [get_eu_sales]
