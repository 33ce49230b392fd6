"""The words that the normaliser has learned: found, listed, forgotten; and of a product, where its
values come from.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import catalog
from argosy.modules.staff import covers
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.editing import confirm_page
from argosy.web.admin.import_plans import PATH as IMPORTS
from argosy.web.admin.lists import (
    CSV_BATCH,
    PAGE,
    Column,
    Empty,
    Filter,
    asked_of,
    csv_of,
    listing_of,
)
from argosy.web.admin.normaliser import KINDS, RULES
from argosy.web.admin.normaliser import PATH as QUESTIONS
from argosy.web.admin.places import N_
from argosy.web.admin.products import PATH as PRODUCTS
from argosy.web.admin.products import product_path, to_products
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, refusal_text, say
from argosy.web.admin.things import moment_column
from argosy.web.api.admin import normaliser as api
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import read_form
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]
Row = dict[str, Any]

PATH = f"{QUESTIONS}/words"
_ORIGINS = f"{PRODUCTS}/{{product_id:str}}/origins"
_LONGEST = 200
_PLACES = {"brand": N_("Brand"), "title": N_("Title")}


@get(PATH, include_in_schema=False, guards=[may("catalog:read")])
async def show_words(request: AnyRequest) -> Response[bytes]:
    """What words mean from now on, by kind and word. One statement."""
    filters = _filters(request)
    asked = asked_of(request, filters)
    found = listing_of(
        request,
        await _words(request, asked, request.query_params.get("cursor"), PAGE),
        path=PATH,
        columns=_word_columns(request, acts=True),
        row_id=lambda row: f"{row['kind']}:{row['word']}",
        filters=filters,
        asked=asked,
        empty=Empty(
            say(request, N_("No words are learned")),
            say(
                request,
                N_("What you answer for always to a question about a word is kept here."),
            ),
        ),
    )
    values = {"list": found, "new": "", "area": "catalog", "links": ()}
    return admin_page(
        request,
        "admin/things.html",
        values,
        title=say(request, N_("Learned words")),
        crumbs=[_to_questions(request)],
    )


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("catalog:read")])
async def export_words(request: AnyRequest) -> Stream:
    """The learned words as a file."""
    asked = asked_of(request, _filters(request))

    async def read(cursor: str | None) -> Page[Row]:
        return await _words(request, asked, cursor, CSV_BATCH)

    return csv_of("learned-words", _word_columns(request), read)


@get(f"{PATH}/forget", include_in_schema=False, guards=[may("catalog:write")])
async def ask_forget(request: AnyRequest) -> Response[bytes]:
    """Before a word is forgotten."""
    kind = request.query_params.get("kind", "")[:_LONGEST]
    word = request.query_params.get("word", "")[:_LONGEST]
    return confirm_page(
        request,
        title=say(request, N_("Forget %(word)s"), word=word),
        says=[
            say(request, N_("Products stay as they are.")),
            say(request, N_("Imports ask again what it means when they find it.")),
        ],
        path=f"{PATH}/forget",
        back=PATH,
        button=say(request, N_("Forget it")),
        fields={"kind": kind, "word": word},
        crumbs=[_to_questions(request), Crumb(say(request, N_("Learned words")), PATH)],
    )


@post(f"{PATH}/forget", include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def forget(request: AnyRequest) -> Response[bytes]:
    """Forget what a word means."""
    form = await read_form(request)
    try:
        await ask(
            request,
            api.forget_normaliser_synonym,
            kind=form["kind"][:_LONGEST],
            word=form["word"][:_LONGEST],
        )
    except ArgosyError as refusal:
        return lead_to(request, PATH, Notice(refusal_text(request, refusal), "bad"))
    said = say(request, N_("%(word)s is forgotten."), word=form["word"][:_LONGEST])
    return lead_to(request, PATH, Notice(said))


def _to_questions(request: AnyRequest) -> Crumb:
    return Crumb(say(request, N_("What do these words mean?")), QUESTIONS)


def _filters(request: AnyRequest) -> list[Filter]:
    kinds = tuple((name, say(request, text)) for name, text in KINDS.items())
    return [
        Filter("q", say(request, N_("With the text")), kind="text"),
        Filter("kind", say(request, N_("Kind")), kinds),
    ]


async def _words(
    request: AnyRequest, asked: Mapping[str, str], cursor: str | None, limit: int
) -> Page[Row]:
    found = await ask(
        request,
        api.list_normaliser_synonyms,
        synonym_kind=asked.get("kind"),
        q=asked.get("q", "")[:_LONGEST],
        limit=limit,
        cursor=cursor,
    )
    return Page(items=found["items"], next_cursor=found["next_cursor"])


def _word_columns(request: AnyRequest, *, acts: bool = False) -> list[Column]:
    stays = say(request, N_("stays as it is"))
    columns = [
        Column("word", say(request, N_("Word")), lambda row: row["word"]),
        Column(
            "value", say(request, N_("Means")),
            lambda row: stays if row["value"] is None else row["value"],
        ),
        Column(
            "kind", say(request, N_("Kind")), lambda row: say(request, KINDS[row["kind"]]), "muted",
            narrow=False,
        ),
        Column(
            "person", say(request, N_("Answered by")), lambda row: row["person"], "muted",
            narrow=False,
        ),
        moment_column(request, "learned_at", N_("When"), narrow=False),
    ]  # fmt: skip
    if acts and covers(actor(request).scopes, "catalog:write"):
        columns.append(
            Column(
                "forget", say(request, N_("Forget it")), lambda _row: say(request, N_("Forget…")),
                href=lambda row: f"{PATH}/forget?" + urlencode(
                    {"kind": row["kind"], "word": row["word"]}
                ),
            )
        )  # fmt: skip
    return columns


@get(_ORIGINS, include_in_schema=False, guards=[may("catalog:read")])
async def show_origins(request: AnyRequest, product_id: str) -> Response[bytes]:
    """Where the values of a product come from: what the file said, and how it became what it is.
    Three statements.
    """
    found = decode("product", product_id, field="product_id")
    async with shop(request).db.reading() as tx:
        product = await catalog.product_by_id(tx, found)
        labels = {one.code: one.label for one in await catalog.list_attributes(tx)}
    listing = listing_of(
        request,
        await _origins(request, product_id),
        path=f"{product_path(found)}/origins",
        columns=_origin_columns(request, labels),
        row_id=lambda row: str(row["path"]),
        empty=Empty(
            say(request, N_("Every value stands as it was written")),
            say(
                request,
                N_(
                    "When an import puts brands, colours, sizes and measures in the shop's own"
                    " words, this page says what the file said, by which rule it was read and who"
                    " had a hand in it. Changes by people are in the audit trail."
                ),
            ),
        ),
    )
    values = {"list": listing, "trail": f"/admin/audit?subject={encode('product', found)}"}
    return admin_page(
        request,
        "admin/origins.html",
        values,
        title=say(request, N_("Where values come from")),
        crumbs=[to_products(request), Crumb(product.row.title, product_path(found))],
    )


@get(f"{_ORIGINS}.csv", include_in_schema=False, guards=[may("catalog:read")])
async def export_origins(request: AnyRequest, product_id: str) -> Stream:
    """The same as a file."""
    async with shop(request).db.reading() as tx:
        labels = {one.code: one.label for one in await catalog.list_attributes(tx)}

    async def read(_cursor: str | None) -> Page[Row]:
        return await _origins(request, product_id)

    return csv_of("origins", _origin_columns(request, labels), read)


async def _origins(request: AnyRequest, product_id: str) -> Page[Row]:
    found = await ask(request, api.list_product_origins, product_id=product_id)
    return Page(items=found["items"], next_cursor=None)


def _origin_columns(request: AnyRequest, labels: Mapping[str, str]) -> list[Column]:
    def place(row: Row) -> str:
        name = str(row["path"]).removeprefix("attributes.")
        code, bracket, rest = name.partition("[")
        known = labels.get(code) or (say(request, _PLACES[code]) if code in _PLACES else code)
        return f"{known}{bracket}{rest}"

    def became(row: Row) -> str:
        return str(row["value"] if row["settled"] else row["raw"])

    def how(row: Row) -> str:
        if not row["settled"]:
            return say(request, N_("was not sure: it stands as it was written"))
        sure = round(row["confidence"] * 100)
        return f"{say(request, RULES[row['rule']])} ({sure} %)"

    def source(row: Row) -> str:
        plan_id = _plan_of(row)
        return str(row["source"]) if plan_id is None else encode("import_plan", plan_id)

    def plan(row: Row) -> str | None:
        plan_id = _plan_of(row)
        return None if plan_id is None else f"{IMPORTS}/{encode('import_plan', plan_id)}"

    return [
        Column("value_of", say(request, N_("Value of")), place),
        Column("raw", say(request, N_("The file said")), lambda row: row["raw"]),
        Column("value", say(request, N_("It is")), became),
        Column("rule", say(request, N_("Because it")), how, "muted", narrow=False),
        Column("source", say(request, N_("Import")), source, "muted",
               href=plan, narrow=False),
        Column("person", say(request, N_("Person")), lambda row: row["person"] or "", "muted",
               narrow=False),
        Column("noted_at", say(request, N_("When")),
               lambda row: datetime.fromisoformat(row["noted_at"]), "instant", narrow=False),
    ]  # fmt: skip


def _plan_of(row: Row) -> UUID | None:
    """The plan of the import that the value came with, if it says one."""
    kind, _, name = str(row["source"]).partition(" ")
    try:
        return UUID(name) if kind == "plan" else None
    except ValueError:
        return None


ROUTES: list[HTTPRouteHandler] = [
    show_words,
    export_words,
    ask_forget,
    forget,
    show_origins,
    export_origins,
]
