"""Channels: markets, brands and points of sale, and the settings that each decides."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import channels, inventory
from argosy.modules.channels import Channel
from argosy.web.admin.access import may
from argosy.web.admin.editing import OPENED, chosen, clash_of, faults_of
from argosy.web.admin.lists import CSV_BATCH, PAGE, Column, Empty, csv_of, listing_of
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say
from argosy.web.api.admin.channels import note
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only
from argosy.web.paging import after, filters_of, page_of
from argosy.workflows import channel_setup

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/channels"
ONE = f"{PATH}/{{channel_id:str}}"
_MOST_VERSIONS = 2**31 - 1
_LABELS = {
    "name": N_("Name"),
    "countries": N_("Sells to"),
    "default_country": N_("Country when none is known"),
    "locale": N_("Language"),
    "locales": N_("Further languages"),
    "time_zone": N_("Time zone"),
    "tax_rounding": N_("Taxes are rounded by"),
    "rounding_mode": N_("Rounding"),
    "shipping_tax": N_("Tax of shipping"),
    "capture": N_("Money is taken"),
    "reservation_ttl_s": N_("Goods are held for (seconds)"),
    "order_prefix": N_("Order numbers begin with"),
    "gateways": N_("Ways to pay"),
    "active": N_("Open: shoppers may buy"),
}
CHOICES: dict[str, tuple[tuple[str, str], ...]] = {
    "tax_rounding": (
        ("unit", N_("unit")),
        ("line", N_("line")),
        ("rate", N_("tax rate")),
        ("order", N_("order")),
    ),
    "rounding_mode": (
        ("half_up", N_("half up")),
        ("half_even", N_("half to even (banker's)")),
    ),
    "shipping_tax": (
        ("own", N_("of its own")),
        ("highest", N_("the highest of the goods")),
        ("proportional", N_("in proportion to the goods")),
    ),
    "capture": (
        ("manual", N_("by hand or when goods are sent")),
        ("automatic", N_("at once")),
    ),
}
_FIELDS = tuple(_LABELS)


def channel_path(channel_id: UUID) -> str:
    """The page of a channel."""
    return f"{PATH}/{encode('channel', channel_id)}"


@get(PATH, include_in_schema=False, guards=[may("channels:read")])
async def show_channels(request: AnyRequest) -> Response[bytes]:
    """Channels by code. One statement."""
    page = await _page(request, request.query_params.get("cursor"), PAGE)
    found = listing_of(
        request,
        page,
        path=PATH,
        columns=_columns(request),
        row_id=lambda row: encode("channel", row.id),
        row_path=lambda row: channel_path(row.id),
        empty=Empty(
            say(request, N_("No channels yet")),
            say(
                request,
                N_("A channel is a market, a brand or a point of sale."),
            ),
            say(request, N_("New channel")),
            f"{PATH}/new",
        ),
    )
    title = say(request, N_("Channels"))
    values = {"list": found, "new": say(request, N_("New channel")), "area": "channels"}
    return admin_page(request, "admin/things.html", values | {"links": []}, title=title)


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("channels:read")])
async def export_channels(request: AnyRequest) -> Stream:
    """The list as a file."""

    async def read(cursor: str | None) -> Page[Channel]:
        return await _page(request, cursor, CSV_BATCH)

    return csv_of("channels", _columns(request), read)


@get(ONE, include_in_schema=False, guards=[may("channels:read")])
async def show_channel(request: AnyRequest, channel_id: str) -> Response[bytes]:
    """A channel with everything that it decides. Two statements."""
    async with shop(request).db.reading() as tx:
        one = await channels.channel_by_id(tx, decode("channel", channel_id))
        known = {place.id: place.name for place in await inventory.list_locations(tx)}
    held = held_of(one)
    values = {
        "channel": one,
        "path": channel_path(one.id),
        "facts": [(say(request, _LABELS[name]), _shown(request, name, held)) for name in _FIELDS],
        "places": [known.get(place) or encode("location", place) for place in one.locations],
    }
    crumbs = [Crumb(say(request, N_("Channels")), PATH)]
    return admin_page(request, "admin/channel.html", values, title=one.name, crumbs=crumbs)


@get(f"{ONE}/edit", include_in_schema=False, guards=[may("channels:write")])
async def show_edit(request: AnyRequest, channel_id: str) -> Response[bytes]:
    """The settings as a form."""
    async with shop(request).db.reading() as tx:
        one = await channels.channel_by_id(tx, decode("channel", channel_id))
    return _form(request, one, Form(held_of(one)), None)


@post(f"{ONE}/edit", include_in_schema=False, guards=[own_pages_only, may("channels:write")])
async def edit(request: AnyRequest, channel_id: str) -> Response[bytes]:
    """Take the new settings, as they were seen; else show what somebody else changed."""
    found, form = decode("channel", channel_id), _settled(await read_form(request))
    version = whole_number(form["version"], least=1, most=_MOST_VERSIONS)
    try:
        async with shop(request).db.transaction() as tx:
            before, changed = await channel_setup.change_channel(
                tx, found, _wanted(form), expected_version=version or 0
            )
            await note(tx, request, "channel.changed", before, changed)
    except ArgosyError as refusal:
        async with shop(request).db.reading() as tx:
            one = await channels.channel_by_id(tx, found)
            clash = None
            if isinstance(refusal, channels.ChannelChanged):
                labels = {name: say(request, label) for name, label in _LABELS.items()}
                subject = encode("channel", found)
                clash = await clash_of(tx, subject, labels, form, held_of(one))
        shown = form if clash is None else Form(clash.merged)
        return _form(request, one, shown, refusal, clash)
    said = say(request, N_("Saved. Orders keep the settings that they were placed under."))
    return lead_to(request, channel_path(found), Notice(said))


def held_of(one: Channel) -> dict[str, str]:
    """The settings as the form writes them."""
    lists = {name: " ".join(getattr(one, name)) for name in ("countries", "gateways", "locales")}
    active = {"active": "yes" if one.active else "no"}
    return {name: str(getattr(one, name)) for name in _FIELDS} | lists | active


def _settled(form: Form) -> Form:
    """The form with lists and ticks as texts that can be compared, and what a clash chose."""
    form["countries"] = " ".join(form["countries"].upper().replace(",", " ").split())
    for name in ("gateways", "locales"):
        form[name] = " ".join(form[name].replace(",", " ").split())
    form["active"] = "yes" if form["active"] == "yes" else "no"
    return chosen(form, _FIELDS)


def _wanted(form: Form) -> channels.UpdateChannel:
    """The change in the form. Raises ChannelInvalid for a text that is no number or choice."""
    for name, known in CHOICES.items():
        if form[name] not in dict(known):
            raise channels.ChannelInvalid("This is none of the choices.", field=name)
    held = whole_number(form["reservation_ttl_s"], least=60, most=86_400)
    if held is None:
        raise channels.ChannelInvalid(
            "Goods are held between 60 seconds and a day.", field="reservation_ttl_s"
        )
    given: dict[str, Any] = {name: form[name][:200] for name in _FIELDS}
    given |= {
        "countries": tuple(form["countries"].split()[:250]),
        "gateways": tuple(form["gateways"].split()[:50]),
        "locales": tuple(form["locales"].split()[:50]),
        "reservation_ttl_s": held,
        "active": form["active"] == "yes",
    }
    return channels.UpdateChannel(**given)


def _form(
    request: AnyRequest,
    one: Channel,
    form: Form,
    refusal: ArgosyError | None,
    clash: object = None,
) -> Response[bytes]:
    first = refusal is None or clash is not None
    path = channel_path(one.id)
    values = {
        "path": path,
        "form": form,
        "held": held_of(one) if first else {name: form[OPENED + name] for name in _FIELDS},
        "version": one.version if first else form["version"],
        "clash": clash,
        "choices": {
            name: [(value, say(request, label)) for value, label in known]
            for name, known in CHOICES.items()
        },
        "labels": {name: say(request, label) for name, label in _LABELS.items()},
        "faults": faults_of(refusal, _FIELDS),
    }
    return admin_page(
        request,
        "admin/channel_edit.html",
        values,
        title=say(request, N_("Settings of the channel")),
        crumbs=[Crumb(say(request, N_("Channels")), PATH), Crumb(one.name, path)],
        refusal=refusal,
    )


def _shown(request: AnyRequest, name: str, held: dict[str, str]) -> str:
    label = dict(CHOICES.get(name, ())).get(held[name])
    if label is not None:
        return say(request, label)
    if name == "active":
        return say(request, N_("yes") if held[name] == "yes" else N_("no"))
    if name == "gateways" and not held[name]:
        return say(request, N_("all that the settings enable"))
    if name == "locales" and not held[name]:
        return say(request, N_("none"))
    return held[name]


async def _page(request: AnyRequest, cursor: str | None, limit: int) -> Page[Channel]:
    filters = filters_of("admin channels")
    keys = after(cursor, filters, length=1)
    async with shop(request).db.reading() as tx:
        rows = await channels.list_channels(
            tx, after=None if keys is None else str(keys[0]), limit=limit + 1
        )
    return page_of(
        rows, limit=limit, filters=filters, keys=lambda row: [row.code], show=lambda row: row
    )


def _columns(request: AnyRequest) -> list[Column]:
    def prices(row: Channel) -> str:
        return say(request, N_("with tax") if row.tax_inclusive else N_("without tax"))

    return [
        Column("name", say(request, N_("Name")), lambda row: row.name),
        Column("code", say(request, N_("Code")), lambda row: row.code, "code", narrow=False),
        Column("currency", say(request, N_("Currency")), lambda row: row.currency),
        Column("prices", say(request, N_("Prices")), prices, narrow=False),
        Column(
            "countries",
            say(request, N_("Sells to")),
            lambda row: " ".join(row.countries[:8]) + (" …" if len(row.countries) > 8 else ""),
            "muted",
            narrow=False,
        ),
        Column(
            "state",
            say(request, N_("State")),
            lambda row: "active" if row.active else "inactive",
            "badge",
        ),
    ]


ENTRIES = (
    Entry(
        N_("Channels"),
        PATH,
        N_("System"),
        "channels:read",
        "n",
        "channels",
        "markets settings brands stores currency countries",
        position=1,
    ),
)
ROUTES: list[HTTPRouteHandler] = [
    show_channels,
    export_channels,
    show_channel,
    show_edit,
    edit,
]
