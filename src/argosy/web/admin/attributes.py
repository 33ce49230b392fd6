"""Attributes: what products and variants are described by, beyond what all of them have."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError, Invalid, NotFound
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.editing import faults_of
from argosy.web.admin.lists import Column
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import lead_to, say
from argosy.web.admin.struct_forms import LINES, Document, Shaping
from argosy.web.admin.things import Row, Things, column, list_page, pages_of, shaped
from argosy.web.api.admin import categories as api
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/attributes"
_CODE = re.compile(r"[a-z][a-z0-9_]{0,62}")
KINDS = {
    "text": N_("text"),
    "rich_text": N_("text with headings and lists"),
    "number": N_("decimal number"),
    "integer": N_("whole number"),
    "boolean": N_("yes or no"),
    "date": N_("date"),
    "choice": N_("some of a list"),
    "swatch": N_("some of a list, shown as colours"),
    "product_reference": N_("another product"),
    "category_reference": N_("a category"),
    "file": N_("a file"),
}
LEVELS = {"product": N_("the product"), "variant": N_("each variant")}
WORDS = {
    "label": (N_("Name"), N_("As shoppers read it.")),
    "kind": (N_("Kind"), N_("It stays once products have it.")),
    "level": (N_("Of"), N_("It stays once products have it.")),
    "position": (N_("Place"), N_("The smallest number stands first.")),
    "unit": (N_("Unit of measure"), N_("The usual one of a number: cm, kg, W.")),
    "dimension": (N_("Measures"), N_("length, mass …: other units are refused.")),
    "minimum": (N_("At least"), N_("Of numbers, in the unit, and of dates.")),
    "maximum": (N_("At most"), ""),
    "choices": (N_("Choices"), N_("One a line. Empty: any value.")),
    "max_values": (N_("Values at most"), N_("1 makes it a single choice.")),
    "swatches": (N_("Colours of the choices"), N_("One a line: Red: #cc0000")),
    "facet": (N_("Shoppers narrow lists by it"), ""),
    "searchable": (N_("A search finds its words"), ""),
    "localisable": (N_("Its texts may be translated"), ""),
    "across_variants": (N_("The variants of a product"), ""),
    "across_variants:any": (N_("may have any"), ""),
    "across_variants:unique": (N_("must differ in it"), ""),
    "across_variants:same": (N_("must agree in it"), ""),
    **{f"kind:{one}": (said, "") for one, said in KINDS.items()},
    **{f"level:{one}": (said, "") for one, said in LEVELS.items()},
}


async def _shaping(request: AnyRequest, _row: Document) -> Shaping:
    return shaped(request, words=WORDS, codecs={"choices": LINES})


async def _find(request: AnyRequest, code: str) -> Row:
    """The attribute, or how a new one of that code begins."""
    for row in (await ask(request, api.list_attributes))["items"]:
        if row["code"] == code:
            return dict(row)
    if not _CODE.fullmatch(code):
        raise NotFound("There is no such attribute.")
    blank = msgspec.to_builtins(api.AttributeBody(label=" ", kind="text"))
    return {**blank, "label": "", "code": code, "version": 0}


def _columns(request: AnyRequest) -> list[Column]:
    def words(name: str, known: Mapping[str, str]) -> Any:
        return lambda row: say(request, known[row[name]])

    def uses(row: Row) -> str:
        told = [(row["facet"], N_("filter")), (row["searchable"], N_("search"))]
        return ", ".join(say(request, said) for true, said in told if true)

    return [
        column(request, "label", N_("Name")),
        column(request, "code", N_("Code"), "code", narrow=False),
        Column("kind", say(request, N_("Kind")), words("kind", KINDS)),
        Column("level", say(request, N_("Of")), words("level", LEVELS), narrow=False),
        Column(
            "unit", say(request, N_("Unit of measure")), lambda row: row["unit"] or "", narrow=False
        ),
        Column("uses", say(request, N_("Serves")), uses, "muted", narrow=False),
    ]


ATTRIBUTES = Things(
    path=PATH,
    title=N_("Attributes"),
    new="",
    area="catalog",
    rows=api.list_attributes,
    change=api.define_attribute,
    param="code",
    ident=lambda row: str(row["code"]),
    called=lambda row: str(row["label"] or row["code"]),
    find=_find,
    columns=_columns,
    shaping=_shaping,
    empty=(
        N_("No attributes yet"),
        N_("An attribute describes products: a material, a wattage, a size. Give it a code."),
    ),
    cards=(
        (N_("What it is"), ("label", "kind", "level", "position")),
        (
            N_("What it may hold"),
            ("choices", "swatches", "max_values", "unit", "dimension", "minimum", "maximum"),
        ),
        (N_("What it serves"), ("facet", "searchable", "localisable", "across_variants")),
    ),
    list_template="admin/attributes.html",
    beside={"form": Form(), "faults": faults_of(None, [])},
    links=((N_("Product types"), "/admin/product-types"),),
)


@post(PATH, include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def begin_attribute(request: AnyRequest) -> Response[bytes]:
    """On to the form of the attribute with that code; a new one is made by saving it."""
    form = await read_form(request)
    try:
        if not _CODE.fullmatch(form["code"]):
            said = say(request, N_("Small letters, digits and _, a letter first."))
            raise Invalid(said, field="code")
    except ArgosyError as refusal:
        beside = {"form": form, "faults": faults_of(refusal, ["code"])}
        page = await list_page(request, ATTRIBUTES._replace(beside=beside))
        page.status_code = refusal.http_status
        return page
    return lead_to(request, f"{PATH}/{form['code']}")


ENTRIES = (
    Entry(
        N_("Attributes"), PATH, N_("Catalogue"), "catalog:read", icon="settings",
        words="properties facets swatches material", position=61,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [*pages_of(ATTRIBUTES), begin_attribute]
