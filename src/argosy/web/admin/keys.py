"""API keys: which there are, making one (its token is shown once), revoking one."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import channels, staff
from argosy.modules.staff import ApiKey
from argosy.web.admin.access import may
from argosy.web.admin.editing import confirm_page, faults_of
from argosy.web.admin.lists import (
    CSV_BATCH,
    PAGE,
    Column,
    Empty,
    Filter,
    asked_of,
    csv_of,
    day_start,
    listing_of,
)
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say
from argosy.web.api.admin.keys import NewKeyBody, create
from argosy.web.auth import actor, shop
from argosy.web.newest import newest_after, newest_keys
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.web.paging import filters_of, page_of

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/keys"
NEW = f"{PATH}/new"
ONE = f"{PATH}/{{key_id:str}}"
_MOST_CHANNELS = 100
_MOST_SCOPES = 60


def key_path(key_id: UUID) -> str:
    """The page of a key."""
    return f"{PATH}/{encode('key', key_id)}"


@get(PATH, include_in_schema=False, guards=[may("keys:read")])
async def show_keys(request: AnyRequest) -> Response[bytes]:
    """Keys, the newest first, ended ones included. One statement."""
    filters = _filters(request)
    asked = asked_of(request, filters)
    page = await _page(request, asked, request.query_params.get("cursor"), PAGE)
    found = listing_of(
        request,
        page,
        path=PATH,
        columns=_columns(request),
        row_id=lambda row: encode("key", row.id),
        row_path=lambda row: key_path(row.id),
        filters=filters,
        asked=asked,
        empty=Empty(
            say(request, N_("No keys")),
            say(
                request,
                N_(
                    "A publishable key opens a channel's shop to a storefront; a secret key lets a"
                    " machine do what its scopes allow."
                ),
            ),
        ),
    )
    title = say(request, N_("API keys"))
    return admin_page(request, "admin/keys.html", {"list": found}, title=title)


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("keys:read")])
async def export_keys(request: AnyRequest) -> Stream:
    """The filtered list as a file; it holds no token."""
    asked = asked_of(request, _filters(request))

    async def read(cursor: str | None) -> Page[ApiKey]:
        return await _page(request, asked, cursor, CSV_BATCH)

    return csv_of("keys", _columns(request), read)


@get(NEW, include_in_schema=False, guards=[may("keys:write")])
async def show_new(request: AnyRequest) -> Response[bytes]:
    """An empty form, for who has shown who they are."""
    staff.check_proved(actor(request), shop(request).db.clock())
    return await _new(request, Form({"kind": "secret"}), None)


@post(NEW, include_in_schema=False, guards=[own_pages_only, may("keys:write")])
async def make(request: AnyRequest) -> Response[bytes]:
    """Make a key, and show its token this once."""
    form = await read_form(request)
    staff.check_proved(actor(request), shop(request).db.clock())
    try:
        async with shop(request).db.transaction() as tx:
            made = await create(tx, actor(request), _wanted(form))
    except ArgosyError as refusal:
        return await _new(request, form, refusal)
    return admin_page(
        request,
        "admin/key_made.html",
        {"key": made.key, "token": made.token, "path": key_path(made.key.id)},
        title=say(request, N_("The new key")),
        crumbs=_crumbs(request),
    )


@get(ONE, include_in_schema=False, guards=[may("keys:read")])
async def show_key(request: AnyRequest, key_id: str) -> Response[bytes]:
    """A key and what it may do. At most two statements."""
    async with shop(request).db.reading() as tx:
        key = await staff.key_by_id(tx, decode("key", key_id))
        channel = None
        if key.channel_id is not None:
            channel = await channels.channel_by_id(tx, key.channel_id)
        now = tx.now
    values = {
        "key": key,
        "path": key_path(key.id),
        "channel": channel,
        "state": _state(key, now),
    }
    return admin_page(request, "admin/key.html", values, title=key.name, crumbs=_crumbs(request))


@get(f"{ONE}/revoke", include_in_schema=False, guards=[may("keys:write")])
async def ask_revoke(request: AnyRequest, key_id: str) -> Response[bytes]:
    """Say what revoking a key means."""
    staff.check_proved(actor(request), shop(request).db.clock())
    async with shop(request).db.reading() as tx:
        key = await staff.key_by_id(tx, decode("key", key_id))
    stops = N_("Whatever uses the key that ends in %(hint)s is refused from now on.")
    last = N_("It was never used.")
    if key.last_used_on is not None:
        last = N_("It was last used on %(day)s (UTC).")
    says = [say(request, stops, hint=key.hint), say(request, last, day=key.last_used_on)]
    if key.kind == "publishable":
        says.append(say(request, N_("A storefront with it shows nothing any more.")))
    else:
        says.append(say(request, N_("Keys that were made with it are revoked too.")))
    return confirm_page(
        request,
        title=say(request, N_("Revoke the key %(name)s"), name=key.name),
        says=[*says, say(request, N_("A revoked key does not come back; make a new one."))],
        path=f"{key_path(key.id)}/revoke",
        back=key_path(key.id),
        button=say(request, N_("Revoke it")),
        crumbs=_crumbs(request, Crumb(key.name, key_path(key.id))),
    )


@post(f"{ONE}/revoke", include_in_schema=False, guards=[own_pages_only, may("keys:write")])
async def revoke(request: AnyRequest, key_id: str) -> Response[bytes]:
    """Revoke a key, at once and for good."""
    app, found = shop(request), decode("key", key_id)
    staff.check_proved(actor(request), app.db.clock())
    async with app.db.transaction() as tx:
        await staff.revoke_key(tx, actor(request), found)
    app.cache.forget(staff.KEYS_TOPIC, str(found))
    return lead_to(request, key_path(found), Notice(say(request, N_("The key is revoked."))))


def _wanted(form: Form) -> NewKeyBody:
    """What the form asks for. Raises StaffInvalid for a last day that is none."""
    kind: Literal["publishable", "secret"] = (
        "publishable" if form["kind"] == "publishable" else "secret"
    )
    ends = None
    if form["expires_on"]:
        last_day = day_start(form["expires_on"])
        if last_day is None or last_day.year > 9000:
            raise staff.StaffInvalid("This is no day.", field="expires_at")
        ends = last_day + timedelta(days=1)
    return NewKeyBody(
        kind=kind,
        name=form["name"][:120],
        channel_id=form["channel"][:60] or None if kind == "publishable" else None,
        scopes=form.every("scopes")[:_MOST_SCOPES] if kind == "secret" else [],
        expires_at=ends,
    )


async def _page(
    request: AnyRequest, asked: dict[str, str], cursor: str | None, limit: int
) -> Page[ApiKey]:
    filters = filters_of("admin keys", **asked)
    position = newest_after(cursor, filters)
    async with shop(request).db.reading() as tx:
        rows = await staff.list_keys(tx, after=position, limit=limit + 1, kind=asked.get("kind"))
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda row: newest_keys(row.created_at, row.id),
        show=lambda row: row,
    )


def _state(key: ApiKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= now else "active"


def _filters(request: AnyRequest) -> list[Filter]:
    kinds = (
        ("publishable", say(request, N_("Publishable"))),
        ("secret", say(request, N_("Secret"))),
    )
    return [Filter("kind", say(request, N_("Kind")), kinds)]


def _columns(request: AnyRequest) -> list[Column]:
    now = shop(request).db.clock().astimezone(UTC)
    kinds = {
        "publishable": say(request, N_("Publishable")),
        "secret": say(request, N_("Secret")),
    }
    return [
        Column("name", say(request, N_("Name")), lambda row: row.name),
        Column("kind", say(request, N_("Kind")), lambda row: kinds[row.kind], narrow=False),
        Column("hint", say(request, N_("Ends in")), lambda row: row.hint, "code", narrow=False),
        Column("state", say(request, N_("State")), lambda row: _state(row, now), "badge"),
        Column(
            "used",
            say(request, N_("Last used on")),
            lambda row: row.last_used_on,
            "muted",
            narrow=False,
        ),
        Column(
            "by", say(request, N_("Made by")), lambda row: row.created_by, "muted", narrow=False
        ),
        Column(
            "made", say(request, N_("Made")), lambda row: row.created_at, "instant", narrow=False
        ),
    ]


async def _new(request: AnyRequest, form: Form, refusal: ArgosyError | None) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        known = await channels.list_channels(tx, limit=_MOST_CHANNELS)
    mine = actor(request).scopes
    values = {
        "form": form,
        "ticked": form.every("scopes"),
        "areas": [
            (area, [s for s in (f"{area}:read", f"{area}:write") if staff.covers(mine, s)])
            for area in staff.AREAS
        ],
        "channels": [(encode("channel", one.id), one.name) for one in known],
        "faults": faults_of(
            refusal,
            ["name", "scopes", "channel", "expires_on"],
            {"channel_id": "channel", "expires_at": "expires_on"},
        ),
    }
    return admin_page(
        request,
        "admin/key_new.html",
        values,
        title=say(request, N_("New API key")),
        crumbs=_crumbs(request),
        refusal=refusal,
    )


def _crumbs(request: AnyRequest, *more: Crumb) -> list[Crumb]:
    return [Crumb(say(request, N_("API keys")), PATH), *more]


ENTRIES = (
    Entry(
        N_("API keys"),
        PATH,
        N_("System"),
        "keys:read",
        "k",
        "keys",
        "tokens secret publishable integration",
        position=10,
    ),
)
ROUTES: list[HTTPRouteHandler] = [
    show_keys,
    export_keys,
    show_new,
    make,
    show_key,
    ask_revoke,
    revoke,
]
