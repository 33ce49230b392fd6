"""What passports of a product group say, and which categories need a passport."""

from typing import Any

from litestar import Request
from litestar.handlers import HTTPRouteHandler

from argosy.web.admin.category_sheets import pages_of_categories
from argosy.web.admin.compliance import TEXTS
from argosy.web.admin.lists import Column
from argosy.web.admin.passports import ACCESS, PATH, SCHEMAS
from argosy.web.admin.places import N_
from argosy.web.admin.showing import say
from argosy.web.admin.struct_forms import Document, Shaping
from argosy.web.admin.things import Row, Things, column, pages_of, shaped
from argosy.web.api.admin import compliance as categories_api
from argosy.web.api.admin import passport_schemas as api

AnyRequest = Request[Any, Any, Any]

_WORDS = {
    "code": (N_("Code"), N_("Small letters, digits, hyphens. It never changes.")),
    "title": (N_("Title"), ""),
    "groups": (N_("Headings"), N_("In the order in which they are shown.")),
    "groups[]": (N_("a heading"), ""),
    "points": (N_("Data points"), N_("In the order in which they are shown.")),
    "points[]": (N_("a data point"), ""),
    "points.code": (N_("Code"), N_("What passports and programs name it by.")),
    "labels": (N_("What it is called"), N_("Each language begins a line: “en: Weight”.")),
    "group": (N_("Under the heading"), N_("Its code.")),
    "kind": (N_("What it is"), ""),
    "kind:text": (N_("text"), ""),
    "kind:number": (N_("number"), ""),
    "kind:boolean": (N_("yes or no"), ""),
    "kind:date": (N_("day"), ""),
    "kind:link": (N_("web address"), ""),
    "unit": (N_("Unit"), N_("Of a number.")),
    "access": (N_("Read by"), ""),
    **{f"access:{name}": (text, "") for name, text in ACCESS.items()},
    "required": (N_("Needed in passports of"), ""),
    "required:model": (N_("models"), ""),
    "required:batch": (N_("batches"), ""),
    "required:item": (N_("single items"), ""),
    "source": (N_("The rule that wants it"), ""),
}


async def _shaping(request: AnyRequest, _row: Document) -> Shaping:
    texts = {"labels": TEXTS, "groups.labels": TEXTS, "points.labels": TEXTS}
    return shaped(request, words=_WORDS, codecs=texts)


def _columns(request: AnyRequest) -> list[Column]:
    def points(row: Row) -> int:
        return len(row["points"])

    return [
        column(request, "title", N_("Title")),
        column(request, "code", N_("Code"), "code"),
        Column("points", say(request, N_("Data points")), points, "number"),
    ]


SCHEMA_PAGES = Things(
    path=SCHEMAS,
    title=N_("Schemas of passports"),
    new=N_("New schema"),
    area="catalog",
    rows=api.list_passport_schemas,
    one=api.get_passport_schema,
    make=api.make_passport_schema,
    change=api.alter_passport_schema,
    remove=api.drop_passport_schema,
    param="schema_code",
    ident=lambda row: str(row["code"]),
    called=lambda row: str(row["title"]),
    columns=_columns,
    shaping=_shaping,
    empty=(N_("No schemas"), ""),
    removal=(N_("Only a schema that no passport names can be removed."),),
    links=((N_("Product passports"), PATH),),
)


ROUTES: list[HTTPRouteHandler] = [
    *pages_of(SCHEMA_PAGES),
    *pages_of_categories(
        f"{PATH}/needing",
        home=PATH,
        title=N_("Product passports"),
        called=N_("Categories that need a passport"),
        one=categories_api.get_passport_categories,
        change=categories_api.set_passport_categories,
    ),
]
