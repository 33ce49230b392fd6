"""What stands first and last in searches and lists: pins, boosts, buries, with a look at them."""

from typing import Any

from litestar import Request
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import encode
from argosy.modules import catalog
from argosy.web.admin.calling import ask
from argosy.web.admin.choices import (
    all_channels,
    category_codec,
    channel_options,
    product_codec,
    product_slugs,
    products_by_words,
)
from argosy.web.admin.lists import Column, Filter
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import say
from argosy.web.admin.struct_forms import Document, Shaping
from argosy.web.admin.things import Row, Things, column, pages_of, shaped
from argosy.web.api.admin import merchandising as api
from argosy.web.auth import shop
from argosy.web.pages.forms import Form

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/search/rules"
_MOST_CHOICES = 300
_SHOWN = 12
ACTS = {"pin": N_("stands first"), "boost": N_("comes up"), "bury": N_("goes down")}
WORDS = {
    "channel_id": (N_("Channel"), ""),
    "name": (N_("Name"), N_("For your colleagues.")),
    "act": (N_("What it means"), ""),
    **{f"act:{one}": (said, "") for one, said in ACTS.items()},
    "scope": (N_("Where"), ""),
    "scope:query": (N_("in searches for exactly these words"), ""),
    "scope:contains": (N_("in searches that contain these words"), ""),
    "scope:category": (N_("in the list of a category"), ""),
    "scope:everywhere": (N_("everywhere"), ""),
    "queries": (N_("Words that are searched for"), N_("One search a line.")),
    "category_id": (N_("Category"), ""),
    "terms": (N_("Which products"), N_("Everything that is named must hold.")),
    "products": (N_("Products"), N_("Ids, SKUs or slugs, one a line; pinned in this order.")),
    "brands": (N_("Brands"), N_("One a line.")),
    "categories": (N_("Categories"), N_("One path a line, such as men/tops.")),
    "attributes": (N_("Attributes"), N_("A line each, as in colour: red, blue.")),
    "in_stock": (N_("Can be bought"), ""),
    "on_sale": (N_("Reduced"), ""),
    "strength": (N_("Strength"), N_("0 to 100; of boosts and buries.")),
    "priority": (N_("Priority"), N_("Lower ones go first.")),
    "locale": (N_("Only in the language"), N_("As in de or en-GB.")),
    "starts_at": (N_("From"), N_("By your clock.")),
    "ends_at": (N_("Until"), ""),
    "active": (N_("In force"), ""),
}


_PICKS = {"terms.categories": "category/line", "terms.products": "product/slug"}


async def _shaping(request: AnyRequest, row: Document) -> Shaping:
    terms = row.get("terms")
    ids = terms.get("products", ()) if isinstance(terms, dict) else ()
    async with shop(request).db.reading() as tx:
        known = await all_channels(tx)
        tree = await catalog.list_categories(tx)
        slugs = await product_slugs(tx, ids)
    options: dict[str, Any] = {"channel_id": channel_options(known)}
    if len(tree) <= _MOST_CHOICES:
        options["category_id"] = [(encode("category", one.id), one.path) for one in tree]
    codecs = {"terms.categories": category_codec(tree), "terms.products": product_codec(slugs)}
    return shaped(request, words=WORDS, options=options, codecs=codecs, picks=_PICKS)


async def _prepare(request: AnyRequest, typed: Row) -> Row:
    """Products that were named by SKU or slug get their ids. Raises ProductNotFound."""
    terms = typed.get("terms") or {}
    words = "\n".join(terms.get("products") or ())
    async with shop(request).db.reading() as tx:
        found = await products_by_words(tx, words)
    products = list(dict.fromkeys(encode("product", one) for one in found))
    return typed | {"terms": terms | {"products": products}}


async def _filters(request: AnyRequest) -> list[Filter]:
    async with shop(request).db.reading() as tx:
        known = channel_options(await all_channels(tx))
    return [Filter("channel_id", say(request, N_("Channel")), tuple(known))]


async def _preview(
    request: AnyRequest, row: Row | None, _document: Document, _form: Form
) -> dict[str, Any]:
    """The first products where the rule holds, as all rules order them now."""
    values: dict[str, Any] = {"found": None, "wrong": None, "searched": ""}
    if row is None:
        return values
    asked: dict[str, Any] = {"channel_id": row["channel_id"], "limit": _SHOWN}
    asked |= {"q": None, "category_id": row["category_id"], "at": None}
    if row["scope"] != "category" and row["queries"]:
        asked |= {"q": row["queries"][0], "category_id": None}
        values["searched"] = row["queries"][0]
    try:
        values["found"] = await ask(request, api.preview_merchandising, **asked)
    except ArgosyError as refusal:
        values["wrong"] = refusal
    return values


def _columns(request: AnyRequest) -> list[Column]:
    def where(row: Row) -> str:
        return ", ".join(row["queries"][:4]) or say(request, WORDS[f"scope:{row['scope']}"][0])

    return [
        column(request, "name", N_("Name")),
        Column(
            "act", say(request, N_("What it means")), lambda row: say(request, ACTS[row["act"]])
        ),
        Column("where", say(request, N_("Where")), where, "muted", narrow=False),
        column(request, "strength", N_("Strength"), "number", narrow=False),
        Column(
            "state",
            say(request, N_("State")),
            lambda row: "active" if row["active"] else "inactive",
            "badge",
        ),
    ]


RULES = Things(
    path=PATH,
    title=N_("Search rules"),
    new=N_("New rule"),
    area="catalog",
    rows=api.list_merchandising_rules,
    one=api.get_merchandising_rule,
    make=api.create_merchandising_rule,
    change=api.replace_merchandising_rule,
    remove=api.delete_merchandising_rule,
    param="rule_id",
    columns=_columns,
    shaping=_shaping,
    prepare=_prepare,
    filters=_filters,
    more=_preview,
    template="admin/search_rule.html",
    first={"active": True},
    empty=(
        N_("No rules yet"),
        N_("A rule puts products first or last: in searches, in categories, or everywhere."),
    ),
    removal=(N_("Searches and lists follow within a second."),),
    cards=(
        (N_("What it does"), ("channel_id", "name", "act", "strength", "active")),
        (N_("Where it does it"), ("scope", "queries", "category_id", "locale")),
        ("", ("terms",)),
        (N_("When"), ("starts_at", "ends_at", "priority")),
    ),
)
ENTRIES: tuple[Entry, ...] = ()
ROUTES: list[HTTPRouteHandler] = pages_of(RULES)
