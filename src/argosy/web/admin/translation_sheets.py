"""The texts of one thing: a column for each language beside the text itself.

Each field is saved by itself, so that two people can work on one product: only who wrote the same
text in the same language meanwhile stands in the way.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, get_args
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.modules import staff
from argosy.modules.staff import AuditFilter
from argosy.modules.translations import (
    Kind,
    TranslationChanged,
    TranslationInvalid,
    TranslationNotFound,
)
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.editing import CHOOSE, Clash, Difference, Faults, faults_of
from argosy.web.admin.places import N_
from argosy.web.admin.showing import Crumb, Notice, Undo, admin_page, lead_to, say
from argosy.web.admin.translations import (
    KINDS,
    PATH,
    STATUSES,
    field_name,
    language_name,
    languages_of,
    sheet_path,
)
from argosy.web.api.admin import translations as api
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.workflows import translating
from argosy.workflows.translating import Sheet, Work

AnyRequest = Request[Any, Any, Any]

ONE = f"{PATH}/{{thing:str}}/{{entity_id:path}}"
TONES = {"missing": "bad", "stale": "warn", "draft": "quiet", "current": "good"}
_PLACES = {
    "product": "/admin/products",
    "variant": "/admin/variants",
    "category": "/admin/categories",
    "collection": "/admin/collections",
    "brand": "/admin/brands",
}
_MOST_LANGUAGES = 6
_LONGEST_UNDO = 1000


class Cell(NamedTuple):
    """What a text says in a language, as its form shows it. `key` tells the forms of a page apart,
    `broken` is the markup that was lost or added.
    """

    key: str
    locale: str
    language: str
    status: str
    value: str
    draft: bool
    opened: str
    version: str
    broken: str
    faults: Faults | None
    clash: Clash | None


class Refused(NamedTuple):
    """A form that did not go through: shown again at its place."""

    locale: str
    form: Form
    error: ArgosyError
    clash: Clash | None


@get(ONE, include_in_schema=False, guards=[may("catalog:read")])
async def show_sheet(request: AnyRequest, thing: str, entity_id: str) -> Response[bytes]:
    """All texts of a thing, a column for each language. Two statements a language."""
    return await _page(request, thing, entity_id.lstrip("/"), None)


@post(ONE, include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def save_text(request: AnyRequest, thing: str, entity_id: str) -> Response[bytes]:
    """Say one text in one language, or no longer (empty)."""
    form, entity = await read_form(request), entity_id.lstrip("/")
    field, locale = form["field"][:300], form["locale"][:35]
    theirs = form[CHOOSE + "value"] == "theirs"
    value = (form["theirs.value"] if theirs else form["value"]).replace("\r\n", "\n")
    state = "draft" if form["draft"] == "yes" else "approved"
    body = {"texts": {field: {"value": value or None, "state": state}}}
    before = None
    try:
        before = await _read(request, thing, entity, locale)
        version = _version(form, before, field)
        await ask(
            request, api.change_translation, data=body, version=version,
            thing=thing, entity_id=entity, locale=locale,
        )  # fmt: skip
    except ArgosyError as refusal:
        clash = None
        if isinstance(refusal, TranslationChanged) and before is not None:
            clash = await _clash(request, before, form, value)
        return await _page(request, thing, entity, Refused(locale, form, refusal, clash))
    path = f"{sheet_path(thing, entity)}?{urlencode([('locale', tag) for tag in _asked(request)])}"
    return lead_to(request, path.rstrip("?"), _noted(request, before, field, value))


def _known(thing: str) -> Kind:
    for kind in get_args(Kind):
        if kind == thing:
            found: Kind = kind
            return found
    raise TranslationNotFound("There is no such kind of thing.")


async def _read(request: AnyRequest, thing: str, entity: str, locale: str) -> Sheet:
    kind = _known(thing)
    key = translating.entity_key(kind, entity)
    async with shop(request).db.reading() as tx:
        return await translating.sheet_of(tx, kind, key, locale)


def _text(sheet: Sheet, field: str) -> Work | None:
    return next((one for one in sheet.texts if one.field == field), None)


def _held(sheet: Sheet, field: str) -> str:
    text = _text(sheet, field)
    return "" if text is None else text.value or ""


def _version(form: Form, now: Sheet, field: str) -> int | None:
    """The version that the form saw; that of now where only other texts have changed."""
    opened = form["opened.value"].replace("\r\n", "\n")
    if "opened.value" in form and _held(now, field).strip() == opened:
        return now.version
    digits = form["version"]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 16 else 0


async def _clash(request: AnyRequest, now: Sheet, form: Form, yours: str) -> Clash:
    field = form["field"]
    subject = AuditFilter(subject=f"{now.kind} {now.entity} {now.locale}")
    async with shop(request).db.reading() as tx:
        trail = await staff.list_audit(tx, subject, limit=1)
    told = Difference(
        "value", field_name(request, field), form["opened.value"], yours, _held(now, field)
    )
    who, at = (trail[0].actor_name, trail[0].at) if trail else ("", None)
    return Clash([told], [], {}, who, at)


def _noted(request: AnyRequest, before: Sheet, field: str, value: str) -> Notice:
    text, old = _text(before, field), _held(before, field)
    said = (
        say(request, N_("Saved.")) if value else say(request, N_("The translation is taken away."))
    )
    if text is None or len(old) > _LONGEST_UNDO or old == value:
        return Notice(said)
    fields = {"field": field, "locale": before.locale, "value": old, "opened.value": value}
    if text.state == "draft":
        fields["draft"] = "yes"
    return Notice(said, undo=Undo(sheet_path(before.kind, before.entity), fields))


def _asked(request: AnyRequest) -> list[str]:
    """The languages that the address names."""
    found = request.query_params.getall("locale", [])
    return [tag[:35] for tag in dict.fromkeys(found) if tag][:_MOST_LANGUAGES]


async def _page(
    request: AnyRequest, thing: str, entity: str, refused: Refused | None
) -> Response[bytes]:
    tags, source = await languages_of(request)
    shown = _asked(request) or tags[:_MOST_LANGUAGES]
    if refused is not None and refused.locale not in shown:
        shown = [refused.locale, *shown][:_MOST_LANGUAGES]
    sheets, wrong = [], refused.error if refused else None
    for tag in shown:
        try:
            sheets.append(await _read(request, thing, entity, tag))
        except TranslationInvalid as error:
            wrong = wrong or error
    bare = sheets[0] if sheets else await _read(request, thing, entity, source or "en")
    place = f"{_PLACES[thing]}/{entity}" if thing in _PLACES else ""
    values = {
        "texts": [
            (one, field_name(request, one.field), _cells(request, sheets, one.field, n, refused))
            for n, one in enumerate(bare.texts)
        ],
        "has_rich": any(one.html for one in bare.texts),
        "path": sheet_path(thing, entity),
        "action": f"{sheet_path(thing, entity)}?{urlencode([('locale', one) for one in shown])}",
        "shown": [one.locale for one in sheets],
        "tags": [(tag, language_name(request, tag)) for tag in tags],
        "source_name": language_name(request, source) if source else "",
        "place": place,
        "kind": say(request, KINDS[thing]),
        "tones": TONES,
        "statuses": {one: say(request, text) for one, text in STATUSES.items()},
    }
    return admin_page(
        request,
        "admin/translation_sheet.html",
        values,
        title=bare.name or entity,
        crumbs=[Crumb(say(request, N_("Translations")), PATH)],
        refusal=wrong,
    )


def _cells(
    request: AnyRequest, sheets: Sequence[Sheet], field: str, row: int, refused: Refused | None
) -> list[Cell]:
    cells = []
    for column, sheet in enumerate(sheets):
        text = _text(sheet, field)
        again = refused if refused and refused.locale == sheet.locale else None
        if again is not None and again.form["field"] != field:
            again = None
        if text is not None:
            cells.append(_cell(request, sheet, text, f"{row}-{column}", again))
    return cells


def _cell(request: AnyRequest, sheet: Sheet, text: Work, key: str, again: Refused | None) -> Cell:
    form: Mapping[str, str] = again.form if again else {}
    held, lost = text.value or "", text.broken
    clash = again.clash if again else None
    names = {f"texts.{text.field}": "value", "texts": "value"}
    return Cell(
        key=key,
        locale=sheet.locale,
        language=language_name(request, sheet.locale),
        status=text.status,
        value=form.get("value", held) if again else held,
        draft=form.get("draft") == "yes" if again else text.state == "draft",
        opened=form.get("opened.value", held) if again and not clash else held,
        version=form.get("version", "") if again and not clash else str(sheet.version),
        broken=", ".join([*lost.missing, *lost.added]) if lost else "",
        faults=faults_of(again.error, ["value"], names) if again and not clash else None,
        clash=clash,
    )


ROUTES: list[HTTPRouteHandler] = [show_sheet, save_text]
