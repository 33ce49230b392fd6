"""Channels: markets, brands and points of sale."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.openapi.datastructures import ResponseSpec

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import channels, inventory, pricing, staff
from argosy.runtime.db import Tx
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.workflows import channel_setup

Code = Annotated[
    str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9_-]{0,62}$", max_length=63, examples=["europe"])
]
Name = Annotated[
    str, msgspec.Meta(pattern=r"\S", min_length=1, max_length=200, examples=["Europe"])
]
Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$", max_length=3, examples=["EUR"])]
Country = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$", max_length=2, examples=["DE"])]
Countries = Annotated[
    list[Country], msgspec.Meta(min_length=1, max_length=250, examples=[["DE", "FR"]])
]
Locale = Annotated[str, msgspec.Meta(max_length=12, examples=["de-DE"])]
Locales = Annotated[list[Locale], msgspec.Meta(max_length=12, examples=[["fr", "de-AT"]])]
Fallbacks = Annotated[
    dict[Locale, Locale], msgspec.Meta(max_length=50, examples=[{"fr-CH": "fr", "fr": "en"}])
]
TimeZone = Annotated[str, msgspec.Meta(max_length=64, examples=["Europe/Berlin"])]
Prefix = Annotated[str, msgspec.Meta(pattern="^[A-Z0-9-]{0,10}$", max_length=10)]
Lifetime = Annotated[int, msgspec.Meta(ge=60, le=86_400)]
Id = Annotated[str, msgspec.Meta(max_length=60)]
Locations = Annotated[list[Id], msgspec.Meta(max_length=100)]
TaxRounding = Literal["unit", "line", "rate", "order"]
Rounding = Literal["half_up", "half_even"]
ShippingTax = Literal["own", "highest", "proportional"]
Capture = Literal["manual", "automatic"]
Gateways = Annotated[
    list[Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{0,59}$", max_length=60)]],
    msgspec.Meta(max_length=50, examples=[["sandbox", "invoice"]]),
]


class NewChannelBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new channel. Without `price_list_id` it gets a new, empty price list under its own code.

    `tax_inclusive` says that prices contain tax; `shipping_tax` is then `proportional` unless
    given, else `own`. `locations` are stock locations in the order of preference. `gateways` are
    the ways to pay that it offers; none named: all that the settings enable. `locales` are its
    languages besides `locale`, offered as soon as their shop windows are made. `fallbacks` tell in
    which locale to look next for a text that one has not; `de-AT` is followed by `de` anyway, and
    every one at last by `locale`.
    """

    code: Code
    name: Name
    currency: Currency
    countries: Countries
    default_country: Country
    tax_inclusive: bool
    price_list_id: Id | None = None
    locale: Locale = "en"
    time_zone: TimeZone = "UTC"
    tax_rounding: TaxRounding = "line"
    rounding_mode: Rounding = "half_up"
    shipping_tax: ShippingTax | None = None
    capture: Capture = "manual"
    reservation_ttl_s: Lifetime = 900
    order_prefix: Prefix = ""
    gateways: Gateways = msgspec.field(default_factory=list)
    locations: Locations = msgspec.field(default_factory=list)
    locales: Locales = msgspec.field(default_factory=list)
    fallbacks: Fallbacks = msgspec.field(default_factory=dict)


class ChannelChangeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; a member left out (or null) stays. Code, currency and tax mode are fixed."""

    name: Name | None = None
    countries: Countries | None = None
    default_country: Country | None = None
    locale: Locale | None = None
    time_zone: TimeZone | None = None
    tax_rounding: TaxRounding | None = None
    rounding_mode: Rounding | None = None
    shipping_tax: ShippingTax | None = None
    price_list_id: Id | None = None
    capture: Capture | None = None
    reservation_ttl_s: Lifetime | None = None
    order_prefix: Prefix | None = None
    gateways: Gateways | None = None
    active: bool | None = None
    locations: Locations | None = None
    locales: Locales | None = None
    fallbacks: Fallbacks | None = None


class ChannelRow(msgspec.Struct, frozen=True, kw_only=True):
    """A channel with everything that it decides. `shown_locales` are those of its `locales` that
    shoppers can have by now.
    """

    id: str
    code: str
    name: str
    currency: str
    countries: list[str]
    default_country: str
    locale: str
    time_zone: str
    tax_inclusive: bool
    tax_rounding: TaxRounding
    rounding_mode: Rounding
    shipping_tax: ShippingTax
    price_list_id: str
    capture: Capture
    reservation_ttl_s: int
    order_prefix: str
    gateways: list[str]
    active: bool
    locations: list[str]
    locales: list[str]
    shown_locales: list[str]
    fallbacks: dict[str, str]
    version: int

    @classmethod
    def of(cls, channel: channels.Channel) -> "ChannelRow":
        """As answers show it."""
        fields = msgspec.structs.asdict(channel) | {
            "id": encode("channel", channel.id),
            "price_list_id": encode("price_list", channel.price_list_id),
            "countries": list(channel.countries),
            "gateways": list(channel.gateways),
            "locales": list(channel.locales),
            "shown_locales": list(channel.shown_locales),
            "locations": [encode("location", location) for location in channel.locations],
        }
        del fields["ended_locales"]
        return cls(**fields)


@get(
    "/admin/v1/channels",
    tags=["Channels"],
    security=ADMINISTRATION,
    guards=[requires("channels:read")],
)
async def list_channels(
    request: Request[Any, Any, Any], limit: Limit = 24, cursor: CursorText = None
) -> Page[ChannelRow]:
    """Channels by code."""
    filters = filters_of("channels")
    keys = after(cursor, filters, length=1)
    async with shop(request).db.reading() as tx:
        rows = await channels.list_channels(
            tx, after=None if keys is None else str(keys[0]), limit=limit + 1
        )
    return page_of(rows, limit=limit, filters=filters, keys=lambda c: [c.code], show=ChannelRow.of)


@post(
    "/admin/v1/channels",
    tags=["Channels"],
    security=ADMINISTRATION,
    guards=[requires("channels:write")],
    problems=[
        channels.ChannelInvalid,
        channels.ChannelCodeTaken,
        pricing.PriceListNotFound,
        pricing.PriceListCodeTaken,
        pricing.CurrencyDiffers,
        inventory.LocationNotFound,
    ],
    example={
        "code": "europe",
        "name": "Europe",
        "currency": "EUR",
        "countries": ["DE", "FR"],
        "default_country": "DE",
        "tax_inclusive": True,
        "time_zone": "Europe/Berlin",
    },
    responses={201: ResponseSpec(ChannelRow, description="The new channel.")},
)
async def create_channel(
    request: Request[Any, Any, Any], data: NewChannelBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Open a channel."""

    async def work(tx: Tx) -> channels.Channel:
        made = await channel_setup.open_channel(
            tx, new_channel(data), new_price_list=None if data.price_list_id else data.code
        )
        await note(tx, request, "channel.opened", None, made)
        return made

    return await once(request, work, show=ChannelRow.of)


@get(
    "/admin/v1/channels/{channel_id:str}",
    tags=["Channels"],
    security=ADMINISTRATION,
    guards=[requires("channels:read")],
    problems=[channels.ChannelNotFound],
)
async def get_channel(request: Request[Any, Any, Any], channel_id: str) -> Response[ChannelRow]:
    """A channel."""
    found = decode("channel", channel_id, field="channel_id")
    async with shop(request).db.reading() as tx:
        return tagged(await channels.channel_by_id(tx, found))


@patch(
    "/admin/v1/channels/{channel_id:str}",
    tags=["Channels"],
    security=ADMINISTRATION,
    guards=[requires("channels:write")],
    problems=[
        channels.ChannelNotFound,
        channels.ChannelInvalid,
        channels.ChannelChanged,
        pricing.PriceListNotFound,
        pricing.CurrencyDiffers,
        inventory.LocationNotFound,
    ],
    example={"name": "European Union", "tax_rounding": "rate"},
)
async def change_channel(
    request: Request[Any, Any, Any],
    channel_id: str,
    data: ChannelChangeBody,
    if_match: RequiredIfMatch,
) -> Response[ChannelRow]:
    """Change settings of a channel. Orders keep the settings that they were placed under."""
    found = decode("channel", channel_id, field="channel_id")
    async with shop(request).db.transaction() as tx:
        before, changed = await channel_setup.change_channel(
            tx, found, channel_change(data), expected_version=expected_version(request)
        )
        await note(tx, request, "channel.changed", before, changed)
    return tagged(changed)


def new_channel(body: NewChannelBody) -> channels.CreateChannel:
    """The command in the body. Raises MalformedId."""
    given = msgspec.structs.asdict(body) | {
        "countries": tuple(body.countries),
        "gateways": tuple(body.gateways),
        "locales": tuple(body.locales),
        "locations": _locations(body.locations),
        # Without a list of its own the workflow makes one; the id is then never read.
        "price_list_id": UUID(int=0)
        if body.price_list_id is None
        else decode("price_list", body.price_list_id, field="price_list_id"),
    }
    return channels.CreateChannel(**given)


def channel_change(body: ChannelChangeBody) -> channels.UpdateChannel:
    """The change in the body. Raises MalformedId."""
    given = msgspec.structs.asdict(body)
    if body.countries is not None:
        given["countries"] = tuple(body.countries)
    if body.gateways is not None:
        given["gateways"] = tuple(body.gateways)
    if body.locales is not None:
        given["locales"] = tuple(body.locales)
    if body.locations is not None:
        given["locations"] = _locations(body.locations)
    if body.price_list_id is not None:
        given["price_list_id"] = decode("price_list", body.price_list_id, field="price_list_id")
    return channels.UpdateChannel(**given)


def _locations(texts: list[str]) -> tuple[UUID, ...]:
    return tuple(
        decode("location", text, field=f"locations.{index}") for index, text in enumerate(texts)
    )


async def note(
    tx: Tx,
    request: Request[Any, Any, Any],
    action: str,
    before: channels.Channel | None,
    changed: channels.Channel,
) -> None:
    """Tell the audit trail what a channel was and is."""
    await staff.audit(
        tx,
        actor(request),
        action,
        encode("channel", changed.id),
        None if before is None else msgspec.to_builtins(ChannelRow.of(before)),
        msgspec.to_builtins(ChannelRow.of(changed)),
    )


def tagged(channel: channels.Channel) -> Response[ChannelRow]:
    """An answer with the channel's version as its ETag."""
    return Response(ChannelRow.of(channel), headers={"ETag": version_tag(channel.version)})


ROUTES = [list_channels, create_channel, get_channel, change_channel]
