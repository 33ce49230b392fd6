"""Stock locations: where goods lie, which channels sell from there, and in which order."""

from typing import Any, NamedTuple

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.modules import channels
from argosy.modules.staff import covers
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.editing import confirm_page
from argosy.web.admin.lists import Column
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import Crumb, Notice, Undo, lead_to, refusal_text, say
from argosy.web.admin.struct_forms import Document, Shaping
from argosy.web.admin.things import Row, Things, column, pages_of, row_of, shaped
from argosy.web.api.admin import channels as channels_api
from argosy.web.api.admin import locations as api
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/locations"
_ONE = f"{PATH}/{{thing_id:str}}"
_MOST = 200
_MOST_VERSIONS = 10**9
WORDS = {
    "code": (N_("Code"), N_("Small letters, digits, hyphens. Files and feeds name it so.")),
    "name": (N_("Name"), ""),
    "country": (N_("Country"), N_("Two letters, as in DE: where its parcels start.")),
    "address": (N_("Address"), ""),
    "address.country": (N_("Country"), N_("Two letters: DE")),
    "address.region": (N_("Region"), ""),
    "address.postal_code": (N_("Postal code"), ""),
    "address.city": (N_("City"), ""),
    "address.line1": (N_("Street and number"), ""),
    "address.line2": (N_("Further line"), ""),
    "address.name": (N_("Name of a person"), ""),
    "address.company": (N_("Company"), ""),
    "address.phone": (N_("Phone"), ""),
}


class Serving(NamedTuple):
    """A channel: at which place it sells from the location (0: not), and of how many."""

    id: str
    name: str
    place: int
    places: int
    version: int


async def _shaping(request: AnyRequest, _row: Document) -> Shaping:
    return shaped(request, words=WORDS, left_out=frozenset({"active"}))


async def _more(
    request: AnyRequest, row: Row | None, _document: Document, _form: Form
) -> dict[str, Any]:
    """Which channels sell from here, and what is on its shelves. One statement."""
    if row is None or not covers(actor(request).scopes, "channels:read"):
        return {"serving": (), "active": row is None or row["active"]}
    async with shop(request).db.reading() as tx:
        found = await channels.list_channels(tx, limit=_MOST)
    here = decode("location", row["id"])
    serving = [
        Serving(
            encode("channel", one.id),
            one.name,
            one.locations.index(here) + 1 if here in one.locations else 0,
            len(one.locations),
            one.version,
        )
        for one in found
    ]
    return {"serving": serving, "active": row["active"]}


@post(f"{_ONE}/channels", include_in_schema=False, guards=[own_pages_only, may("channels:write")])
async def change_serving(request: AnyRequest, thing_id: str) -> Response[bytes]:
    """Have a channel sell from here, earlier or later than from others, or no longer."""
    form, path = await read_form(request), f"{PATH}/{thing_id}"
    act, _, channel = form["act"].partition(" ")
    try:
        await row_of(request, LOCATIONS, thing_id)
        one = await ask(request, channels_api.get_channel, channel_id=channel)
        places: list[str] = list(one["locations"])
        if act == "add" and thing_id not in places:
            places.append(thing_id)
        elif thing_id in places:
            at = places.index(thing_id)
            places.remove(thing_id)
            if act in {"up", "down"}:
                places.insert(max(0, at - 1) if act == "up" else at + 1, thing_id)
            elif act != "remove":
                return lead_to(request, path)
        version = whole_number(form[f"version.{channel}"], least=0, most=_MOST_VERSIONS)
        await ask(
            request, channels_api.change_channel,
            data={"locations": places}, channel_id=channel, version=version or 0,
        )  # fmt: skip
    except ArgosyError as refusal:
        return lead_to(request, path, Notice(refusal_text(request, refusal), "bad"))
    return lead_to(request, path, Notice(say(request, N_("Saved."))))


@get(f"{_ONE}/close", include_in_schema=False, guards=[may("inventory:write")])
async def ask_close(request: AnyRequest, thing_id: str) -> Response[bytes]:
    """Ask before nothing is sold from here."""
    row = await row_of(request, LOCATIONS, thing_id)
    return confirm_page(
        request,
        title=say(request, N_("Close %(title)s"), title=row["name"]),
        says=[
            say(request, N_("Nothing is sold from it any more: what only lies there is sold out.")),
            say(request, N_("What it holds for orders stays with them and can be sent.")),
            say(request, N_("Its stock stays counted; it can be opened again.")),
        ],
        path=f"{PATH}/{thing_id}/close",
        back=f"{PATH}/{thing_id}",
        button=say(request, N_("Close it")),
        fields={"version": str(row["version"])},
        crumbs=[Crumb(say(request, N_("Locations")), PATH)],
    )


@post(f"{_ONE}/close", include_in_schema=False, guards=[own_pages_only, may("inventory:write")])
async def close(request: AnyRequest, thing_id: str) -> Response[bytes]:
    """Sell nothing from here."""
    return await _set(request, thing_id, active=False)


@post(f"{_ONE}/open", include_in_schema=False, guards=[own_pages_only, may("inventory:write")])
async def open_again(request: AnyRequest, thing_id: str) -> Response[bytes]:
    """Sell from here again."""
    return await _set(request, thing_id, active=True)


async def _set(request: AnyRequest, thing_id: str, *, active: bool) -> Response[bytes]:
    form, path = await read_form(request), f"{PATH}/{thing_id}"
    version = whole_number(form["version"], least=0, most=_MOST_VERSIONS) or 0
    try:
        made = await ask(
            request, api.change_location,
            data={"active": active}, location_id=thing_id, version=version,
        )  # fmt: skip
    except ArgosyError as refusal:
        return lead_to(request, path, Notice(refusal_text(request, refusal), "bad"))
    undo = Undo(f"{path}/{'close' if active else 'open'}", {"version": str(made["version"])})
    said = N_("It is open: channels sell from it.") if active else N_("It is closed.")
    return lead_to(request, path, Notice(say(request, said), undo=undo))


def _columns(request: AnyRequest) -> list[Column]:
    return [
        column(request, "name", N_("Name")),
        column(request, "code", N_("Code"), "code"),
        column(request, "country", N_("Country")),
        Column(
            "active",
            say(request, N_("State")),
            lambda row: "active" if row["active"] else "inactive",
            "badge",
        ),
    ]


LOCATIONS = Things(
    path=PATH,
    title=N_("Locations"),
    new=N_("New location"),
    area="inventory",
    rows=api.list_locations,
    one=api.get_location,
    make=api.create_location,
    change=api.change_location,
    param="location_id",
    columns=_columns,
    shaping=_shaping,
    more=_more,
    template="admin/location.html",
    empty=(
        N_("No locations yet"),
        N_("A location is a warehouse, a shop, or anything else that holds stock."),
    ),
    cards=((N_("What it is"), ("code", "name", "country", "address")),),
    made_says=N_("The location is made. Say which channels sell from it."),
)
ENTRIES = (
    Entry(
        N_("Locations"), PATH, N_("Stock"), "inventory:read", icon="stock",
        words="warehouses shops places shelves", position=30,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [
    *pages_of(LOCATIONS),
    change_serving,
    ask_close,
    close,
    open_again,
]
