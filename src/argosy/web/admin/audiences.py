"""Who sees what: audiences of a channel, and goods and prices that are for some of them only."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError, NotFound
from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import catalog
from argosy.modules.audiences import RestrictionInvalid
from argosy.runtime.db import Tx
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.choices import all_channels, channel_options, group_options, product_by_word
from argosy.web.admin.editing import Faults, confirm_page, faults_of
from argosy.web.admin.lists import CSV_BATCH, Column, csv_of
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, refusal_text, say
from argosy.web.api.admin import audiences as api
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]
Row = dict[str, Any]

PATH = "/admin/audiences"
_CHANNEL = f"{PATH}/{{channel_id:str}}"
_ONE = f"{_CHANNEL}/{{code:str}}"
_SHOWN, _MOST_WORDS, _MOST_RANK = 50, 200, 1000
_AUDIENCE = ("code", "name", "groups", "priority")
_RESTRICTION = ("goods", "audiences", "hides", "whole")


@get(PATH, include_in_schema=False, guards=[may("channels:read")])
async def show_audiences(request: AnyRequest) -> Response[bytes]:
    """The audiences of a channel, and what is for some of them only."""
    return await _page(request, request.query_params.get("channel", ""))


@get(f"{_CHANNEL}/restrictions.csv", include_in_schema=False, guards=[may("channels:read")])
async def export_restrictions(request: AnyRequest, channel_id: str) -> Stream:
    """What is restricted, as a file."""
    columns = [
        Column("subject", "", lambda row: row["subject"]),
        Column("name", "", lambda row: row["name"]),
        Column("hides", "", lambda row: row["hides"]),
        Column("audiences", "", lambda row: " ".join(row["audiences"])),
    ]

    async def read(cursor: str | None) -> Page[Row]:
        rows, following = await _restrictions(request, channel_id, cursor, CSV_BATCH)
        return Page(items=rows, next_cursor=following)

    return csv_of("restrictions", columns, read)


@post(_CHANNEL, include_in_schema=False, guards=[own_pages_only, may("channels:write")])
async def save_audience(request: AnyRequest, channel_id: str) -> Response[bytes]:
    """Make an audience so, or change it."""
    form = await read_form(request)
    data = {"name": form["name"], "groups": form.every("groups")}
    try:
        rank = _rank(request, form["priority"] or "0")
        await ask(
            request,
            api.set_audience,
            data=data | {"priority": rank},
            channel_id=channel_id,
            code=_code(request, form["code"]),
        )
    except ArgosyError as refusal:
        return await _page(request, channel_id, refusal, form, "audience")
    said = say(request, N_("Saved. Its shop window is being made; until then it sees what all do."))
    return lead_to(request, _path_of(channel_id), Notice(said))


def _rank(request: AnyRequest, text: str) -> int:
    found = whole_number(text.removeprefix("-"), least=0, most=_MOST_RANK)
    if found is None:
        said = say(request, N_("Write a whole number from -1000 to 1000."))
        raise RestrictionInvalid(said, field="priority")
    return -found if text.startswith("-") else found


def _code(request: AnyRequest, text: str) -> str:
    # In the address of the API, which its schema does not check.
    if not text or len(text) > 63 or not text.replace("_", "").replace("-", "").isalnum():
        said = say(request, N_("Small letters, digits, hyphens."))
        raise RestrictionInvalid(said, field="code")
    return text


@get(f"{_ONE}/end", include_in_schema=False, guards=[may("channels:write")])
async def ask_end(request: AnyRequest, channel_id: str, code: str) -> Response[bytes]:
    """Before an audience is ended."""
    known = await ask(request, api.list_audiences, channel_id=channel_id)
    one = next((row for row in known["items"] if row["code"] == code), None)
    if one is None:
        raise NotFound("There is no such audience.")
    return confirm_page(
        request,
        title=say(request, N_("End %(title)s"), title=one["name"]),
        says=[
            say(request, N_("Its customers see what everybody sees.")),
            say(request, N_("What is for it alone is shown to nobody until that is lifted.")),
        ],
        path=f"{PATH}/{channel_id}/{code}/end",
        back=_path_of(channel_id),
        button=say(request, N_("End it")),
        crumbs=[Crumb(say(request, N_("Who sees what")), _path_of(channel_id))],
    )


@post(f"{_ONE}/end", include_in_schema=False, guards=[own_pages_only, may("channels:write")])
async def end(request: AnyRequest, channel_id: str, code: str) -> Response[bytes]:
    """End an audience."""
    await read_form(request)
    return await _done(request, channel_id, N_("It is ended."), api.end_audience, code=code)


@post(
    f"{_CHANNEL}/restrictions",
    include_in_schema=False,
    guards=[own_pages_only, may("channels:write")],
)
async def restrict(request: AnyRequest, channel_id: str) -> Response[bytes]:
    """Show goods, or tell prices, to some audiences only."""
    form = await read_form(request)
    chosen, hides = form.every("audiences"), form["hides"]
    try:
        async with shop(request).db.reading() as tx:
            subjects = [channel_id] if form["whole"] == "yes" else await _subjects(tx, form)
        wanted = [{"subject": one, "audiences": chosen, "hides": hides} for one in subjects]
        await ask(
            request, api.set_restrictions, data={"restrictions": wanted}, channel_id=channel_id
        )
    except ArgosyError as refusal:
        return await _page(request, channel_id, refusal, form, "restriction")
    said = say(request, N_("Saved. The shop follows within seconds."))
    return lead_to(request, _path_of(channel_id), Notice(said))


@post(
    f"{_CHANNEL}/restrictions/lift",
    include_in_schema=False,
    guards=[own_pages_only, may("channels:write")],
)
async def lift(request: AnyRequest, channel_id: str) -> Response[bytes]:
    """Show what is chosen to everybody again."""
    form = await read_form(request)
    return await _done(
        request,
        channel_id,
        N_("Everybody sees it again."),
        api.lift_restrictions,
        data={"subjects": form.every("chosen")},
    )


async def _done(
    request: AnyRequest, channel_id: str, said: str, handler: HTTPRouteHandler, **given: Any
) -> Response[bytes]:
    path = _path_of(channel_id)
    try:
        await ask(request, handler, channel_id=channel_id, **given)
    except ArgosyError as refusal:
        return lead_to(request, path, Notice(refusal_text(request, refusal), "bad"))
    return lead_to(request, path, Notice(say(request, said)))


def _path_of(channel_id: str) -> str:
    return f"{PATH}?channel={channel_id}"


async def _subjects(tx: Tx, form: Form) -> list[str]:
    """The goods that are named: variants by SKU, products by slug. Raises RestrictionInvalid."""
    words = [word.strip() for word in form["goods"].replace(",", "\n").split("\n") if word.strip()]
    if not words:
        raise RestrictionInvalid("Name goods, or choose the whole channel.", field="goods")
    found = []
    for word in words[:_MOST_WORDS]:
        variant = None
        if not word.startswith(("prd_", "var_")):
            variant = await catalog.find_variant_by_sku(tx, word)
        try:
            if word.startswith("var_"):
                found.append(word)
            elif variant is not None:
                found.append(encode("variant", variant.id))
            else:
                found.append(encode("product", await product_by_word(tx, word)))
        except ArgosyError as error:
            raise RestrictionInvalid(error.message, field="goods") from error
    return list(dict.fromkeys(found))


async def _restrictions(
    request: AnyRequest, channel_id: str, cursor: str | None, limit: int
) -> tuple[list[Row], str | None]:
    """A page of what is restricted, with names and paths of the goods. Three statements."""
    found = await ask(
        request, api.list_restrictions, channel_id=channel_id, limit=limit, cursor=cursor
    )
    ids: dict[str, list[Any]] = {"prd": [], "var": []}
    for row in found["items"]:
        kind = row["subject"].partition("_")[0]
        if kind in ids:
            name = "product" if kind == "prd" else "variant"
            ids[kind].append(decode(name, row["subject"]))
    async with shop(request).db.reading() as tx:
        products = await catalog.products_by_ids(tx, ids["prd"]) if ids["prd"] else ()
        variants = await catalog.variants_by_ids(tx, ids["var"]) if ids["var"] else ()
    known = {encode("product", p.row.id): (p.row.title, "/admin/products/") for p in products}
    known |= {encode("variant", v.id): (v.sku, "/admin/variants/") for v in variants}
    rows = []
    for row in found["items"]:
        name, path = known.get(row["subject"], ("", ""))
        link = path + row["subject"] if path else ""
        whole = row["subject"] == channel_id
        rows.append(row | {"name": name or row["subject"], "link": link, "whole": whole})
    return rows, found.get("next_cursor")


async def _page(
    request: AnyRequest,
    channel_id: str,
    refusal: ArgosyError | None = None,
    typed: Form | None = None,
    form: str = "",
) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        known = channel_options(await all_channels(tx))
        groups = await group_options(tx)
    here = channel_id or known[0][0]
    held = (await ask(request, api.list_audiences, channel_id=here))["items"]
    rows, following = await _restrictions(request, here, request.query_params.get("cursor"), _SHOWN)
    begun = typed if form == "audience" and typed is not None else _opened(request, held)
    none = Faults({}, ())
    audience = faults_of(refusal, _AUDIENCE) if form == "audience" else none
    if form == "restriction":
        moved = {"restrictions.0.audiences": "audiences", "restrictions.0.hides": "hides",
                 "restrictions": "goods"}  # fmt: skip
        restriction = faults_of(refusal, _RESTRICTION, moved)
    else:
        restriction = none
    values = {
        "channel": here,
        "channels": known,
        "groups": groups,
        "group_names": dict(groups),
        "audiences": held,
        "names": {one["code"]: one["name"] for one in held},
        "restrictions": rows,
        "next_url": f"{_path_of(here)}&cursor={following}" if following else "",
        "edited": begun,
        "chosen_groups": begun.every("groups"),
        "audience_faults": audience,
        "typed": typed if form == "restriction" and typed is not None else Form(),
        "chosen_audiences": [] if typed is None else typed.every("audiences"),
        "restriction_faults": restriction,
        "path": f"{PATH}/{here}",
    }
    title = say(request, N_("Who sees what"))
    return admin_page(request, "admin/audiences.html", values, title=title, refusal=refusal)


def _opened(request: AnyRequest, held: list[Row]) -> Form:
    """The form of the audience that `edit` names; an empty one otherwise."""
    wanted = request.query_params.get("edit", "")
    one = next((row for row in held if row["code"] == wanted), None)
    if one is None:
        return Form({"priority": "0"})
    fields = {"code": one["code"], "name": one["name"], "priority": str(one["priority"])}
    return Form(fields, [("groups", code) for code in one["groups"]])


ENTRIES = (
    Entry(
        N_("Who sees what"), PATH, N_("People"), "channels:read", icon="customers",
        words="audiences restrictions visibility hidden goods prices b2b members", position=20,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [
    show_audiences,
    export_restrictions,
    save_audience,
    ask_end,
    end,
    restrict,
    lift,
]
