"""What products, categories, collections and brands are called in channels and languages: their
addresses there, and the former ones that still lead to them.
"""

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import encode
from argosy.modules import paths
from argosy.modules.channels import Channel
from argosy.modules.paths import EVERYWHERE, NameChanged, PathInvalid, Thing
from argosy.reads import path_targets
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.choices import all_channels, channel_options
from argosy.web.admin.editing import (
    CHOOSE,
    OPENED,
    SEEN,
    chosen,
    clash_of,
    faults_of,
    seen,
    seen_in,
)
from argosy.web.admin.places import N_
from argosy.web.admin.refusals import InTheirWords
from argosy.web.admin.showing import Crumb, Notice, Undo, admin_page, lead_to, say
from argosy.web.api.admin import redirects as api
from argosy.web.api.admin.endings import thing_named
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only
from argosy.workflows.addressing import exists

AnyRequest = Request[Any, Any, Any]
Row = dict[str, Any]

PATH = "/admin/names"
_ONE = f"{PATH}/{{entity_id:str}}"
_FIELDS = ("name", "channel_id", "locale")
_MOST_VERSIONS = 2**53
_HOMES = {
    "product": (N_("Products"), "/admin/products"),
    "category": (N_("Categories"), "/admin/categories"),
    "collection": (N_("Collections"), "/admin/collections"),
    "brand": (N_("Brands"), "/admin/brands"),
}


@get(_ONE, include_in_schema=False, guards=[may("catalog:read")])
async def show_names(request: AnyRequest, entity_id: str) -> Response[bytes]:
    """The addresses of something, by channel and language. Four statements."""
    return await _page(request, entity_id, Form(), None)


@post(_ONE, include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def set_name(request: AnyRequest, entity_id: str) -> Response[bytes]:
    """Call it so in a channel, a language or both. A name that somebody else gave it there
    meanwhile is shown first.
    """
    form = chosen(await read_form(request), ["name"])
    if form[CHOOSE + "name"] == "theirs" and not form["name"]:
        return lead_to(request, f"{PATH}/{entity_id}")  # They removed it, and that is to stay.
    try:
        if not form["name"]:
            raise PathInvalid(
                InTheirWords(say(request, N_("This has to be filled in."))), field="name"
            )
        if not form["channel_id"] and not form["locale"]:
            said = N_("Choose a channel, a language or both: everywhere it goes by its own slug.")
            raise PathInvalid(InTheirWords(say(request, said)), field="locale")
        version, _ = seen_in(form, _key(form))
        body = _body(form) | {"version": version}
        await ask(request, api.set_name, data=body, entity_id=entity_id)
    except ArgosyError as refusal:
        return await _page(request, entity_id, form, refusal)
    said = say(request, N_("It is called so there; the address that it had leads to the new one."))
    return lead_to(request, f"{PATH}/{entity_id}", Notice(said))


@post(f"{_ONE}/clear", include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def clear_name(request: AnyRequest, entity_id: str) -> Response[bytes]:
    """Call it there as in the next wider channel and language; the notice takes it back."""
    form = await read_form(request)
    try:
        version = whole_number(form["version"], least=0, most=_MOST_VERSIONS)
        body = _body(form) | {"name": None, "version": version}
        await ask(request, api.set_name, data=body, entity_id=entity_id)
    except ArgosyError as refusal:
        return await _page(request, entity_id, Form(), refusal)
    path = f"{PATH}/{entity_id}"
    back = {name: form[name] for name in _FIELDS} | {SEEN: seen({})}
    undo = Undo(path, back) if form["name"] else None
    said = say(request, N_("It goes by its wider name there again; the address still leads to it."))
    return lead_to(request, path, Notice(said, undo=undo))


def _body(form: Form) -> Row:
    return {
        "name": form["name"],
        "channel_id": form["channel_id"] or None,
        "locale": form["locale"] or None,
    }


def _key(row: Mapping[str, Any]) -> str:
    """Where a name holds: channel and language."""
    return f"{row['channel_id'] or ''}|{row['locale'] or ''}"


async def _page(
    request: AnyRequest, entity_id: str, form: Form, refusal: ArgosyError | None
) -> Response[bytes]:
    thing = thing_named(entity_id, field="entity_id")
    async with shop(request).db.reading() as tx:
        await exists(tx, thing)
        own = await path_targets.address(tx, thing.kind, thing.id, EVERYWHERE, [])
        known = await all_channels(tx)
    items = (await ask(request, api.list_names, entity_id=entity_id))["items"]
    channels = channel_options(known)
    titles = dict(channels)
    rows = [one | {"channel": titles.get(one["channel_id"] or "", "")} for one in items]
    slug = own[0] if own else ""
    there, clash = {_key(one): one for one in rows if one["present"]}, None
    if isinstance(refusal, NameChanged) and form:
        key = _key(form)
        typed = Form({**form, OPENED + "name": seen_in(form, key)[1]})
        now = {"name": there[key]["name"] if key in there else ""}
        labels = {"name": say(request, N_("Name"))}
        async with shop(request).db.reading() as tx:
            clash = await clash_of(tx, entity_id, labels, typed, now)
        form = Form({**form, **clash.merged, SEEN: ""})
    known_now = seen({key: (one["version"], one["name"]) for key, one in there.items()})
    home, home_path = _HOMES[thing.kind]
    values = {
        "own": paths.path_of(thing.kind, slug),
        "names": [one for one in rows if one["present"]],
        "former": [one for one in rows if not one["present"]],
        "channels": [("", say(request, N_("every channel"))), *channels],
        "locales": [("", say(request, N_("every language"))), *((t, t) for t in _tags(known))],
        "is_category": thing.kind == "category",
        "path": f"{PATH}/{entity_id}",
        "thing_path": f"{home_path}/{entity_id}",
        "form": form,
        "seen": form[SEEN] or known_now,
        "clash": clash,
        "faults": faults_of(None if clash else refusal, _FIELDS),
    }
    return admin_page(
        request,
        "admin/names.html",
        values,
        title=say(request, N_("Addresses of %(slug)s"), slug=slug),
        crumbs=[
            Crumb(say(request, home), home_path),
            Crumb(slug, f"{home_path}/{_named(thing)}"),
        ],
        refusal=refusal,
    )


def _named(thing: Thing) -> str:
    return encode(thing.kind, thing.id)


def _tags(known: list[Channel]) -> list[str]:
    """The languages of all channels, each also without its country (`de` holds in `de-AT`)."""
    whole = {tag for one in known for tag in (one.locale, *one.locales)}
    return sorted(whole | {tag.partition("-")[0] for tag in whole})


ROUTES: list[HTTPRouteHandler] = [show_names, set_name, clear_name]
