"""Digital product passports that the shop keeps, for whoever holds the product."""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import HeaderParameter, Parameter

from argosy.modules import passports
from argosy.web.auth import PUBLISHABLE, channel_context, shop
from argosy.web.passport_views import ShownPassportView, passport_headers

Gtin = Annotated[str, Parameter(max_length=14, description="8, 12, 13 or 14 digits.")]
Part = Annotated[
    str, Parameter(max_length=20, description="As it stands on the product, not percent-encoded.")
]
AccessHeader = Annotated[
    str | None,
    HeaderParameter(
        name="Passport-Access",
        max_length=100,
        description="The token of an access link, to read more than the public part.",
    ),
]


@get(
    "/v1/passports/{gtin:str}",
    tags=["Compliance"],
    security=PUBLISHABLE,
    problems=[
        passports.DigitalLinkInvalid, passports.PassportNotFound, passports.PassportAccessOver
    ],
)  # fmt: skip
async def get_passport(
    request: Request[Any, Any, Any],
    gtin: Gtin,
    lot: Part = "",
    serial: Part = "",
    access: AccessHeader = None,
) -> Response[ShownPassportView]:
    """The digital product passport of a product: of exactly this item, else of its batch, else of
    its model. One that was withdrawn is shown and says so. `/01/{gtin}/10/{lot}/21/{serial}` is the
    same for people, and for programs that ask for JSON.
    """
    await channel_context(request)
    key = passports.key_of(gtin, lot, serial)
    async with shop(request).db.reading() as tx:
        found, edition = await passports.shown_passport(tx, key)
        reader = await passports.reader_of(tx, found, access)
    view = ShownPassportView.of(shop(request).settings.public_url, found, edition, reader)
    headers = passport_headers(reader) | {"Vary": "X-Publishable-Key, Passport-Access"}
    return Response(view, headers=headers)


ROUTES: list[HTTPRouteHandler] = [get_passport]
