"""Opening a channel: a market, a brand or a point of sale with its currency and settings."""

from typing import Any

from litestar import Request
from litestar.handlers import HTTPRouteHandler

from argosy.web.admin.channels import CHOICES, PATH
from argosy.web.admin.choices import location_options, price_list_options
from argosy.web.admin.lists import Column
from argosy.web.admin.places import N_
from argosy.web.admin.struct_forms import Document, Shaping
from argosy.web.admin.things import Things, pages_of, shaped
from argosy.web.api.admin import channels as api
from argosy.web.auth import shop

AnyRequest = Request[Any, Any, Any]

WORDS = {
    "code": (N_("Code"), N_("Small letters, digits, hyphens. It never changes.")),
    "name": (N_("Name"), ""),
    "currency": (N_("Currency"), N_("As in EUR. It never changes.")),
    "countries": (N_("Sells to"), N_("Two letters each, as in DE FR, one a line.")),
    "default_country": (N_("Country when none is known"), ""),
    "tax_inclusive": (N_("Prices contain tax"), N_("It never changes.")),
    "price_list_id": (N_("Price list"), N_("None chosen: a new, empty one.")),
    "locale": (N_("Language"), N_("As in de or en-GB.")),
    "locales": (N_("Further languages"), N_("One a line.")),
    "fallbacks": (N_("Where a text is looked for next"), N_("A line each, as in fr-CH: fr.")),
    "time_zone": (N_("Time zone"), N_("As in Europe/Berlin.")),
    "tax_rounding": (N_("Taxes are rounded by"), ""),
    "rounding_mode": (N_("Rounding"), ""),
    "shipping_tax": (N_("Tax of shipping"), ""),
    "capture": (N_("Money is taken"), ""),
    "reservation_ttl_s": (N_("Goods are held for (seconds)"), N_("While somebody pays.")),
    "order_prefix": (N_("Order numbers begin with"), ""),
    "gateways": (
        N_("Ways to pay"),
        N_("Names in the order of offering, one a line. None: all that the settings enable."),
    ),
    "locations": (N_("Sells from"), N_("From no location: nothing that is counted can be bought.")),
    **{
        f"{name}:{value}": (said, "")
        for name, choices in CHOICES.items()
        for value, said in choices
    },
}


async def _shaping(request: AnyRequest, _row: Document) -> Shaping:
    async with shop(request).db.reading() as tx:
        places = await location_options(tx)
        lists = await price_list_options(tx)
    return shaped(request, words=WORDS, options={"price_list_id": lists, "locations": places})


def _no_columns(_request: AnyRequest) -> list[Column]:
    return []


OPENING = Things(
    path=PATH,
    title=N_("Channels"),
    new=N_("New channel"),
    area="channels",
    rows=api.list_channels,
    make=api.create_channel,
    columns=_no_columns,
    shaping=_shaping,
    empty=("", ""),
    cards=(
        (N_("What it is"), ("code", "name", "currency", "tax_inclusive", "price_list_id")),
        (N_("Where it sells"), ("countries", "default_country", "locations", "time_zone")),
        (N_("What it speaks"), ("locale", "locales", "fallbacks")),
        (
            N_("How it reckons and takes money"),
            ("tax_rounding", "rounding_mode", "shipping_tax", "capture", "gateways"),
        ),
        (N_("Orders"), ("order_prefix", "reservation_ttl_s")),
    ),
    made_says=N_("The channel is open. Give its goods prices, and ways to be shipped."),
)
ROUTES: list[HTTPRouteHandler] = [page for page in pages_of(OPENING) if f"{PATH}/new" in page.paths]
