"""What the catalogue's texts say in other languages, and what there is to do.

The list is of texts, all of a thing together. As a file it is that of translators: filled in, it
can be imported again (`translation_imports.py`).
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError
from argosy.kernel.paging import Page
from argosy.modules import channels, translations
from argosy.modules.translations import TranslationInvalid
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.lists import (
    PAGE,
    Column,
    Empty,
    Filter,
    SavedView,
    asked_of,
    listing_of,
    url_of,
)
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
from argosy.web.api.admin import translation_files
from argosy.web.api.admin import translations as api
from argosy.web.auth import shop
from argosy.web.pages.forms import read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.web.pages.wording import locale_of

AnyRequest = Request[Any, Any, Any]
Row = dict[str, Any]

PATH = "/admin/translations"
KINDS = {
    "product": N_("Product"),
    "variant": N_("Variant"),
    "category": N_("Category"),
    "collection": N_("Collection"),
    "brand": N_("Brand"),
    "attribute": N_("Attribute"),
    "option": N_("Option"),
}
STATUSES = {
    "missing": N_("Missing"),
    "stale": N_("Out of date"),
    "draft": N_("Draft"),
    "current": N_("Up to date"),
}
FIELDS = {
    "title": N_("Title"),
    "name": N_("Name"),
    "label": N_("Label"),
    "description": N_("Description"),
    "seo_title": N_("Title for search engines"),
    "seo_description": N_("Description for search engines"),
}
_MOST_CHANNELS = 200
# A part of the catalogue may be done: so many parts are looked at for one page.
_MOST_LOOKS = 4


def sheet_path(kind: str, entity: str) -> str:
    """The page of a thing's texts."""
    return f"{PATH}/{kind}/{quote(entity, safe='')}"


def language_name(request: AnyRequest, tag: str) -> str:
    """A language in the reader's words, with its tag."""
    known = locale_of(tag)
    if not tag.startswith(known.language):
        return tag
    name = known.get_display_name(locale_of(locale_tag(request)))
    return f"{name} ({tag})" if name else tag


async def languages_of(request: AnyRequest) -> tuple[list[str], str | None]:
    """The languages of all channels, and that of the catalogue itself, which is not among them.
    Two statements.
    """
    async with shop(request).db.reading() as tx:
        found = await channels.list_channels(tx, limit=_MOST_CHANNELS)
        source = await translations.source_locale(tx)
    known = {tag for one in found for tag in (one.locale, *one.locales)}
    if source is None and len(known) == 1:
        return [], None  # of one language it is likely that the catalogue is written in it
    return sorted(known - {source}), source


@get(PATH, include_in_schema=False, guards=[may("catalog:read")])
async def show_translations(request: AnyRequest) -> Response[bytes]:
    """Texts that there is something to do about in a language, by kind and thing."""
    tags, source = await languages_of(request)
    asked = {name: value for name, value in request.query_params.items() if name == "locale"}
    typed = asked.get("locale", "").strip()[:35]
    locale, refusal = typed or (tags[0] if tags else ""), None
    filters = _filters(request, sorted({*tags, locale} - {""}))
    narrowed = asked_of(request, filters)
    page: Page[Row] = Page(items=[], next_cursor=None)
    if locale:
        try:
            page = await _page(request, locale, narrowed, request.query_params.get("cursor"))
        except TranslationInvalid as error:
            refusal = error
    listed = listing_of(
        request,
        page,
        path=PATH,
        columns=_columns(request),
        row_id=lambda row: f"{row['kind']} {row['entity']} {row['field']}",
        row_path=lambda row: f"{sheet_path(row['kind'], row['entity'])}?locale={locale}",
        filters=filters,
        asked=narrowed,
        views=[
            SavedView(say(request, name), {"locale": locale} | ({"status": one} if one else {}))
            for one, name in (("", N_("To do")), ("missing", STATUSES["missing"]),
                              ("stale", STATUSES["stale"]), ("draft", STATUSES["draft"]))
        ] if locale else (),
        empty=_empty(request, tags, page.next_cursor, narrowed),
    )  # fmt: skip
    values = {
        "list": listed,
        "locale_now": locale,
        "source": source,
        "source_name": language_name(request, source) if source else "",
    }
    return admin_page(
        request,
        "admin/translations.html",
        values,
        title=say(request, N_("Translations")),
        refusal=refusal,
    )


def _filters(request: AnyRequest, tags: Sequence[str]) -> list[Filter]:
    def said(known: dict[str, str]) -> tuple[tuple[str, str], ...]:
        return tuple((value, say(request, name)) for value, name in known.items())

    return [
        Filter(
            "locale",
            say(request, N_("Language")),
            tuple((tag, language_name(request, tag)) for tag in tags),
            none=say(request, N_("The first one")),
        ),
        Filter("kind", say(request, N_("Texts of")), said(KINDS)),
        Filter("status", say(request, N_("State")), said(STATUSES), none=say(request, N_("To do"))),
    ]


async def _page(
    request: AnyRequest, locale: str, asked: dict[str, str], cursor: str | None
) -> Page[Row]:
    status = [asked["status"]] if "status" in asked else None
    kind = asked.get("kind")
    for _ in range(_MOST_LOOKS):
        found = await ask(
            request, api.list_translations,
            locale=locale, kind=kind, status=status, limit=PAGE, cursor=cursor,
        )  # fmt: skip
        cursor = found.get("next_cursor")
        if found["items"] or cursor is None:
            break
    return Page(items=found["items"], next_cursor=cursor)


def _columns(request: AnyRequest) -> list[Column]:
    def state(row: Row) -> str:
        return say(request, STATUSES[row["status"]])

    return [
        Column("name", say(request, N_("Of")), lambda row: row["name"] or row["entity"]),
        Column(
            "kind", say(request, N_("Kind")), lambda row: say(request, KINDS[row["kind"]]), "muted",
            narrow=False,
        ),
        Column("field", say(request, N_("Text")), lambda row: field_name(request, row["field"])),
        Column(
            "source", say(request, N_("It says")), lambda row: briefly(row["source"]),
            narrow=False,
        ),
        Column("status", say(request, N_("State")), state),
        Column(
            "value", say(request, N_("Translation")), lambda row: briefly(row["value"] or ""),
            "muted", narrow=False,
        ),
    ]  # fmt: skip


def briefly(text: str) -> str:
    """The beginning of a text, for a cell."""
    return text if len(text) <= 80 else text[:79].rstrip() + "…"


def field_name(request: AnyRequest, field: str) -> str:
    """What a field is called; of a named value (`attribute:care`) its name."""
    if field in FIELDS:
        return say(request, FIELDS[field])
    return field.partition(":")[2] or field


def _empty(
    request: AnyRequest, tags: Sequence[str], further: str | None, asked: dict[str, str]
) -> Empty:
    if further is not None:
        return Empty(
            say(request, N_("Nothing in this part of the catalogue")),
            say(request, N_("The catalogue is large: there is more to look at.")),
            say(request, N_("Look further")),
            url_of(PATH, {**asked, "cursor": further}),
        )
    if tags or request.query_params.get("locale"):
        return Empty(
            say(request, N_("Nothing to do")),
            say(request, N_("Every text that these filters show stands as it should.")),
        )
    text = N_(
        "A channel's languages are those that its texts are translated into. Give a channel a"
        " second one, or choose a language here."
    )
    title = say(request, N_("No channel has a second language"))
    return Empty(title, say(request, text), say(request, N_("Channels")), "/admin/channels")


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("catalog:read")])
async def export_texts(request: AnyRequest) -> Stream:
    """The list as a file for translators."""
    return await _file(request, "csv")


@get(f"{PATH}/xliff.xml", include_in_schema=False, guards=[may("catalog:read")])
async def export_xliff(request: AnyRequest) -> Stream:
    """The same for the tools of translators: XLIFF 1.2, or 2.0 (`version`)."""
    return await _file(
        request, "xliff2" if request.query_params.get("version") == "2.0" else "xliff"
    )


async def _file(request: AnyRequest, form: translation_files.Format) -> Stream:
    tags, _ = await languages_of(request)
    locale = request.query_params.get("locale", "")[:35] or (tags[0] if tags else "")
    asked = asked_of(request, _filters(request, [locale]))
    # What is to be done, unless the list shows something else.
    status = [asked["status"]] if "status" in asked else ["missing", "stale", "draft"]
    made: Stream = await translation_files.export_translations.fn(
        request, locale=locale, form=form, kind=asked.get("kind"), status=status
    )
    return made


@get(f"{PATH}/progress", include_in_schema=False, guards=[may("catalog:read")])
async def show_progress(request: AnyRequest) -> Response[bytes]:
    """How far a language is, by kind. Every text is looked at, so only who asks waits for it."""
    tags, _ = await languages_of(request)
    locale = request.query_params.get("locale", "")[:35] or (tags[0] if tags else "")
    found: Row = {"share": 0, "items": []}
    if locale:
        found = await ask(request, api.get_translation_completeness, locale=locale)
    values = {
        "locale_now": locale,
        "share": Decimal(str(found["share"])),
        "counts": [
            (one, say(request, KINDS[one["kind"]])) for one in found["items"] if one["texts"]
        ],
        "tags": [(tag, language_name(request, tag)) for tag in sorted({*tags, locale} - {""})],
    }
    name = language_name(request, locale) if locale else "–"
    title = say(request, N_("How far %(language)s is"), language=name)
    crumbs = [Crumb(say(request, N_("Translations")), PATH)]
    return admin_page(
        request, "admin/translation_progress.html", values, title=title, crumbs=crumbs
    )


@post(f"{PATH}/source", include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def save_source(request: AnyRequest) -> Response[bytes]:
    """Tell which language the catalogue itself is written in."""
    form = await read_form(request)
    try:
        body = {"locale": form["source"] or None}
        await ask(request, api.set_source_locale, data=body)
    except ArgosyError as refusal:
        return lead_to(request, PATH, Notice(refusal_text(request, refusal), "bad"))
    return lead_to(request, PATH, Notice(say(request, N_("Saved."))))


ENTRIES = (
    Entry(
        N_("Translations"), PATH, N_("Shop window"), "catalog:read", icon="channels",
        words="languages locales german stale xliff translators", position=40,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [
    show_translations,
    export_texts,
    export_xliff,
    show_progress,
    save_source,
]
