"""Product passports: what each is to say, what is published, its code, and who reads more of it."""

from datetime import datetime
from typing import Any

import segno
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from markupsafe import Markup

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import encode
from argosy.modules import catalog, compliance, passports
from argosy.modules.passports import PassportInvalid
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.lists import Column, Filter
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import (
    Crumb,
    Notice,
    admin_page,
    lead_to,
    locale_tag,
    refusal_text,
    say,
)
from argosy.web.admin.struct_forms import Codec, Document, Options, Shaping
from argosy.web.admin.things import Row, Things, column, moment_column, pages_of, row_of, shaped
from argosy.web.api.admin import passports as api
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.web.passport_codes import QUIET_ZONE

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/passports"
SCHEMAS = "/admin/passports/schemas"
_MOST = 1000
_SHOWN = 20
_STATES = {
    "draft": N_("not published yet"),
    "published": N_("published"),
    "withdrawn": N_("withdrawn"),
}
_LEVELS = {"model": N_("model"), "batch": N_("batch"), "item": N_("single item")}
ACCESS = {
    "public": N_("the public"),
    "interest": N_("persons with a legitimate interest"),
    "authority": N_("authorities"),
}
WORDS = {
    "variant_id": (
        N_("SKU of the variant"),
        N_("It needs a GTIN."),
    ),
    "lot": (N_("Batch"), N_("Empty: the passport is of the model, or of one item.")),
    "serial": (N_("Serial number"), N_("Of one item; empty: of all of the model or batch.")),
    "schema": (
        N_("Product group"),
        N_("It says which data points there are."),
    ),
    "values": (N_("Data points"), N_("Numbers as in 12.5, days as in 2027-02-18, yes as true.")),
    "values[]": (N_("a value"), ""),
    "code": (N_("What"), ""),
    "value": (N_("Value"), ""),
    "locale": (N_("Language"), N_("Of a text, two letters, as in de; empty: in none.")),
    "source": (N_("Where it comes from"), N_("As a test report.")),
    "importer_id": (N_("Importer"), N_("Manufacturer and others come from the product's sheet.")),
    "facilities": (N_("Facilities"), N_("Their unique identifiers, one a line.")),
    "backup": (N_("Backup copy"), N_("The provider that keeps one.")),
    "name": (N_("Name"), ""),
    "uri": (N_("Web address"), N_("It begins with https://.")),
}


def _lines(text: str) -> list[str]:
    return [one.strip() for one in text.replace("\r", "").split("\n") if one.strip()]


LINES = Codec("\n".join, _lines)


async def _shaping(request: AnyRequest, row: Document) -> Shaping:
    async with shop(request).db.reading() as tx:
        schemas = await passports.list_schemas(tx, limit=_MOST)
        parties = await compliance.list_parties(tx, limit=_MOST)
    chosen = next((one for one in schemas if one.code == row.get("schema")), None)
    points: Options = []
    if chosen is not None:
        points = [(one.code, _named(request, one.labels, one.unit)) for one in chosen.points]
    return shaped(
        request,
        words=WORDS,
        options={
            "schema": [(one.code, one.title) for one in schemas],
            "importer_id": [(encode("party", one.id), one.name) for one in parties],
            **({"values.code": points} if points else {}),
        },
        codecs={"facilities": LINES},
    )


def _named(request: AnyRequest, labels: dict[str, str], unit: str) -> str:
    found = compliance.told(labels, [locale_tag(request), "en"])
    label = found[1] if found else ""
    return f"{label} ({unit})" if unit else label


async def _prepare(request: AnyRequest, typed: Row) -> Row:
    """The body with the variant's id in the place of its SKU. Raises PassportInvalid."""
    word = str(typed.get("variant_id") or "")
    if not word or word.startswith("var_"):
        return typed
    async with shop(request).db.reading() as tx:
        found = await catalog.find_variant_by_sku(tx, word)
    if found is None:
        said = say(request, N_("No variant has the SKU %(word)s."), word=word[:120])
        raise PassportInvalid(said, field="variant_id")
    return typed | {"variant_id": encode("variant", found.id)}


async def _more(
    request: AnyRequest, row: Row | None, _document: Document, _form: Form
) -> dict[str, Any]:
    """Where it is read, what was published, and who reads more."""
    if row is None:
        return {"passport": None}
    now = shop(request).db.clock()
    editions = await ask(request, api.list_editions, passport_id=row["id"], limit=_SHOWN)
    access = await ask(request, api.list_passport_access, passport_id=row["id"], limit=_SHOWN)
    return {
        "passport": row,
        "state": say(request, _STATES[row["state"]]),
        "level": say(request, _LEVELS[row["level"]]),
        "link": shop(request).settings.public_url + row["path"],
        "picture": None if row["state"] == "draft" else picture(request, row),
        "editions": [(one["edition"], _at(one["published_at"])) for one in editions["items"]],
        "links": [
            (one, _at(one["expires_at"]), one["revoked_at"] or _at(one["expires_at"]) <= now)
            for one in access["items"]
        ],
        "accesses": {name: say(request, text) for name, text in ACCESS.items()},
        "at": f"{PATH}/{row['id']}",
    }


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def picture(request: AnyRequest, row: Row) -> Markup:
    """The code, to stand in a page."""
    code = segno.make_qr(shop(request).settings.public_url + row["path"], error="m")
    title = say(request, N_("QR code of the passport"))
    svg = code.svg_inline(
        scale=5, border=QUIET_ZONE, dark="#000", light="#fff", title=title, omitsize=True
    )
    return Markup(svg)  # noqa: S704 - made of black squares and a text of ours


def _columns(request: AnyRequest) -> list[Column]:
    def state(row: Row) -> str:
        return say(request, _STATES[row["state"]])

    def of(row: Row) -> str:
        parts = [row["gtin"], row["lot"], row["serial"]]
        return " · ".join(one for one in parts if one)

    return [
        column(request, "title", N_("Product")),
        Column("of", say(request, N_("GTIN, batch, serial number")), of),
        column(request, "sku", N_("SKU"), "muted", narrow=False),
        Column("state", say(request, N_("State")), state),
        column(request, "edition", N_("Edition"), "number", narrow=False),
        moment_column(request, "updated_at", N_("Changed"), narrow=False),
    ]


async def _filters(request: AnyRequest) -> list[Filter]:
    states = tuple((name, say(request, text)) for name, text in _STATES.items())
    return [
        Filter("q", say(request, N_("GTIN, batch, serial number or SKU")), kind="text"),
        Filter("in_state", say(request, N_("State")), states),
    ]


PASSPORTS = Things(
    path=PATH,
    title=N_("Product passports"),
    new=N_("New passport"),
    area="catalog",
    rows=api.list_passports,
    one=api.get_passport,
    make=api.open_passport,
    change=api.save_passport,
    param="passport_id",
    columns=_columns,
    shaping=_shaping,
    prepare=_prepare,
    called=lambda row: str(row["title"]),
    filters=_filters,
    template="admin/passport.html",
    more=_more,
    empty=(
        N_("No passports yet"),
        N_("Of brands of your own and imports. Passports that a manufacturer keeps stand on the "
           "product's page of safety and conformity."),
    ),
    cards=(
        (N_("What it is of"), ("variant_id", "lot", "serial")),
        (N_("Data points"), ("schema", "values")),
        (N_("Who is responsible"), ("importer_id", "facilities", "backup")),
    ),
    made_says=N_("The passport is made. Nobody reads it before it is published."),
    links=(
        (N_("Schemas"), SCHEMAS),
        (N_("Categories that need a passport"), "/admin/passports/needing/categories"),
    ),
)  # fmt: skip


async def _act(
    request: AnyRequest, thing_id: str, handler: HTTPRouteHandler, done: str, **given: Any
) -> Response[bytes]:
    path = f"{PATH}/{thing_id}"
    try:
        await ask(request, handler, passport_id=thing_id, **given)
    except ArgosyError as refusal:
        return lead_to(request, path, Notice(refusal_text(request, refusal), "bad"))
    return lead_to(request, path, Notice(say(request, done)))


_ACT: dict[str, Any] = {
    "include_in_schema": False, "guards": [own_pages_only, may("catalog:write")],
}  # fmt: skip
_LOOK: dict[str, Any] = {"include_in_schema": False, "guards": [may("catalog:read")]}


@post(f"{PATH}/{{thing_id:str}}/publish", **_ACT)
async def publish(request: AnyRequest, thing_id: str) -> Response[bytes]:
    """Publish what was saved, as a new edition."""
    await read_form(request)
    return await _act(request, thing_id, api.publish_passport, N_("The passport is published."))


@post(f"{PATH}/{{thing_id:str}}/withdraw", **_ACT)
async def withdraw(request: AnyRequest, thing_id: str) -> Response[bytes]:
    """Have it not hold any more."""
    form = await read_form(request)
    data, done = {"reason": form["reason"]}, N_("The passport is withdrawn, and says so.")
    return await _act(request, thing_id, api.withdraw_passport, done, data=data)


@get(f"{PATH}/{{thing_id:str}}/preview", **_LOOK)
async def preview(request: AnyRequest, thing_id: str) -> Response[bytes]:
    """What it would say, each value with who reads it."""
    found = await ask(request, api.preview_passport, passport_id=thing_id)
    return await _told(request, thing_id, found, N_("What it would say now"))


@get(f"{PATH}/{{thing_id:str}}/editions/{{edition:int}}", **_LOOK)
async def show_edition(request: AnyRequest, thing_id: str, edition: int) -> Response[bytes]:
    """What it said in an edition."""
    found = await ask(request, api.get_edition, passport_id=thing_id, edition=edition)
    return await _told(request, thing_id, found, N_("Edition"))


async def _told(request: AnyRequest, thing_id: str, found: Row, title: str) -> Response[bytes]:
    row = await row_of(request, PASSPORTS, thing_id)
    said = found["contents"]
    values = {
        "said": said,
        "edition": found["edition"],
        "at": _at(found["published_at"]) if found["published_at"] else None,
        "accesses": {name: say(request, text) for name, text in ACCESS.items()},
        "points": [(_named(request, one["labels"], ""), one) for one in said["points"]],
    }
    return admin_page(
        request,
        "admin/passport_told.html",
        values,
        title=say(request, title),
        crumbs=_crumbs(request, row),
    )


def _crumbs(request: AnyRequest, row: Row) -> list[Crumb]:
    return [
        Crumb(say(request, PASSPORTS.title), PATH),
        Crumb(row["title"], f"{PATH}/{row['id']}"),
    ]


@get(f"{PATH}/{{thing_id:str}}/print", **_LOOK)
async def show_print(request: AnyRequest, thing_id: str) -> Response[bytes]:
    """The code with what people read beside it, for a label."""
    row = await row_of(request, PASSPORTS, thing_id)
    if row["state"] == "draft":
        raise passports.PassportNotPublished("The passport was never published.")
    values = {
        "passport": row,
        "picture": picture(request, row),
        "link": shop(request).settings.public_url + row["path"],
    }
    return admin_page(
        request,
        "admin/passport_print.html",
        values,
        title=say(request, N_("Print the code")),
        crumbs=_crumbs(request, row),
    )


@get(f"{PATH}/{{thing_id:str}}/code.svg", **_LOOK)
async def save_svg(request: AnyRequest, thing_id: str) -> Response[bytes]:
    """The code as a file of any size."""
    answer: Response[bytes] = await api.get_passport_svg.fn(request=request, passport_id=thing_id)
    return _as_file(answer, "svg")


@get(f"{PATH}/{{thing_id:str}}/code.png", **_LOOK)
async def save_png(request: AnyRequest, thing_id: str) -> Response[bytes]:
    """The code as pixels."""
    answer: Response[bytes] = await api.get_passport_png.fn(request=request, passport_id=thing_id)
    return _as_file(answer, "png")


def _as_file(answer: Response[bytes], kind: str) -> Response[bytes]:
    answer.headers["Content-Disposition"] = f'attachment; filename="passport.{kind}"'
    return answer


@post(f"{PATH}/{{thing_id:str}}/access", **_ACT)
async def give_access(request: AnyRequest, thing_id: str) -> Response[bytes]:
    """Make an access link, and show it this once."""
    form = await read_form(request)
    days = int(form["days"]) if form["days"].isascii() and form["days"].isdigit() else 0
    data = {"reader": form["reader"], "level": form["level"], "days": days}
    path = f"{PATH}/{thing_id}"
    try:
        made = await ask(request, api.give_passport_access, passport_id=thing_id, data=data)
    except ArgosyError as refusal:
        return lead_to(request, path, Notice(refusal_text(request, refusal), "bad"))
    values = {"made": made, "path": path, "until": _at(made["expires_at"])}
    title = say(request, N_("Access link"))
    return admin_page(request, "admin/passport_access.html", values, title=title)


@post(f"{PATH}/{{thing_id:str}}/access/{{access_id:str}}/revoke", **_ACT)
async def revoke_access(request: AnyRequest, thing_id: str, access_id: str) -> Response[bytes]:
    """End an access link."""
    await read_form(request)
    done = N_("The link is not good any more.")
    return await _act(request, thing_id, api.revoke_passport_access, done, access_id=access_id)


ENTRIES = (
    Entry(
        N_("Product passports"), PATH, N_("Conformity"), "catalog:read", icon="check",
        words="dpp espr digital product passport battery gs1 digital link qr", position=72,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [
    publish,
    withdraw,
    preview,
    show_edition,
    show_print,
    save_svg,
    save_png,
    give_access,
    revoke_access,
    *pages_of(PASSPORTS),
]
