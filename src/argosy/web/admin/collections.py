"""Collections: by rules, with a look at what they let in, or by hand, in an order."""

from typing import Any

from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.modules import catalog
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.choices import (
    all_channels,
    category_codec,
    channel_options,
    products_by_words,
)
from argosy.web.admin.lists import Column
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import Notice, lead_to, refusal_text, say
from argosy.web.admin.struct_forms import Document, Shaping
from argosy.web.admin.things import Row, Things, column, pages_of, shaped
from argosy.web.api.admin import collection_previews
from argosy.web.api.admin import collections as api
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/collections"
_ONE = f"{PATH}/{{thing_id:str}}"
_SHOWN = 100
_READ_AT_ONCE = 1000

WORDS = {
    "title": (N_("Title"), ""),
    "slug": (N_("Slug"), N_("Its address in the shop. Left empty, it is made of the title.")),
    "description": (N_("Description"), ""),
    "position": (N_("Place"), N_("Lower ones stand first.")),
    "sort": (N_("Sorted by"), N_("Unless the shopper chooses otherwise.")),
    "sort:position": (N_("its own order"), ""),
    "sort:price": (N_("price, the lowest first"), ""),
    "sort:-price": (N_("price, the highest first"), ""),
    "sort:newest": (N_("the newest first"), ""),
    "sort:name": (N_("name"), ""),
    "channels": (N_("Shown in"), ""),
    "windows": (N_("When it is shown"), N_("A channel without a window always shows it.")),
    "channel_id": (N_("Channel"), ""),
    "starts_at": (N_("Shown from"), N_("Left empty, since ever.")),
    "ends_at": (N_("Shown until"), N_("Left empty, without an end.")),
    "seo_title": (N_("Title for search engines"), ""),
    "seo_description": (N_("Description for search engines"), ""),
    "rules": (N_("Rules"), N_("Without rules you choose the products by hand.")),
    "match": (N_("A product fits"), ""),
    "match:all": (N_("all conditions"), ""),
    "match:any": (N_("one of the conditions"), ""),
    "rules.conditions": (N_("Conditions"), ""),
    "rules.conditions=title": (N_("Title"), ""),
    "rules.conditions=brand": (N_("Brand"), ""),
    "rules.conditions=product_type": (N_("Kind of product"), ""),
    "rules.conditions=category": (N_("Category"), N_("One path a line, such as men/tops.")),
    "rules.conditions=attribute": (N_("Attribute"), N_("Or an option, such as size.")),
    "rules.conditions=price": (N_("Price"), N_("The lowest one that the channel shows.")),
    "rules.conditions=stock": (N_("Stock"), ""),
    "rules.conditions=created": (N_("Age"), N_("Between two times, or of the last days.")),
    "rules.conditions=sale": (N_("Reduced"), N_("A higher price is struck through.")),
    "op": (N_("Compares"), ""),
    "op:is": (N_("is"), ""),
    "op:is_not": (N_("is not"), ""),
    "op:contains": (N_("contains"), ""),
    "op:starts_with": (N_("begins with"), ""),
    "op:between": (N_("between"), ""),
    "values": (N_("Values"), N_("One a line; one of them is enough.")),
    "values:in_stock": (N_("In stock"), ""),
    "values:low_stock": (N_("Low"), ""),
    "values:backorder": (N_("On backorder"), ""),
    "values:out_of_stock": (N_("Sold out"), ""),
    "code": (N_("Code"), ""),
    "min": (N_("At least"), ""),
    "max": (N_("At most"), ""),
    "currency": (N_("Currency"), ""),
    "after": (N_("Made from"), ""),
    "before": (N_("Made before"), ""),
    "within_days": (N_("Made in the last days"), ""),
    "value": (N_("Yes"), ""),
}


async def shaping(request: AnyRequest, row: Document) -> Shaping:
    """The form: categories by path, channels by name. A collection by hand stays one."""
    async with shop(request).db.reading() as tx:
        known = await all_channels(tx)
        tree = await catalog.list_categories(tx)
    currencies = sorted({one.currency for one in known})
    by_hand = "kind" in row and row["kind"] == "manual"
    return shaped(
        request,
        words=WORDS,
        options={
            "channels": channel_options(known),
            "channel_id": channel_options(known),
            "currency": [(one, one) for one in currencies],
        },
        codecs={"rules.conditions=category.values": category_codec(tree)},
        picks={"rules.conditions=category.values": "category/line"},
        rich=frozenset({"description"}),
        left_out=frozenset({"media_id", "rules"} if by_hand else {"media_id"}),
    )


async def more(
    request: AnyRequest, row: Row | None, document: Document, form: Form
) -> dict[str, Any]:
    """Who is in it by hand; what its rules let in, when asked; how far the last change has got."""
    async with shop(request).db.reading() as tx:
        places = channel_options(await all_channels(tx))
    shown_in = [one for one, _ in places if one in (document.get("channels") or ())]
    chosen = form["in"] or next(iter([*shown_in, *(one for one, _ in places)]), "")
    values: dict[str, Any] = {"sold_in": places, "members": None, "looked": None, "wrong": None}
    values["chosen_place"] = chosen
    if row is not None and row["kind"] == "manual":
        values["members"] = await _members(request, row["id"])
        return values
    if form["act@"] == "preview" and document.get("rules"):
        body = {"rules": document["rules"], "channel_id": chosen}
        body |= {"after": form["after"]} if form["after"] else {}
        try:
            values["looked"] = await ask(request, collection_previews.preview_collection, data=body)
        except ArgosyError as refusal:
            values["wrong"] = refusal
    return values


async def _members(request: AnyRequest, collection_id: str) -> list[dict[str, str]]:
    found = await ask(
        request, api.list_collection_members, collection_id=collection_id, limit=_SHOWN
    )
    ids = [decode("product", one["product_id"]) for one in found["items"]]
    async with shop(request).db.reading() as tx:
        known = {one.row.id: one.row for one in await catalog.products_by_ids(tx, ids)}
    return [
        {"id": encode("product", one), "title": known[one].title if one in known else "–"}
        for one in ids
    ]


@post(f"{_ONE}/members", include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def change_members(request: AnyRequest, thing_id: str) -> Response[bytes]:
    """Put products in, take one out, or move one in the order."""
    form, path = await read_form(request), f"{PATH}/{thing_id}"
    act, _, product = form["act"].partition(" ")
    try:
        ids = await _all_members(request, thing_id)
        if act == "add":
            async with shop(request).db.reading() as tx:
                new = await products_by_words(tx, form["products"])
            ids += [one for one in (encode("product", n) for n in new) if one not in ids]
        elif product in ids:
            at = ids.index(product)
            ids.remove(product)
            places = {"up": max(0, at - 1), "down": at + 1, "first": 0}
            if act in places:
                ids.insert(places[act], product)
        data = {"product_ids": ids}
        await ask(request, api.fill_collection, collection_id=thing_id, data=data)
    except ArgosyError as refusal:
        return lead_to(request, f"{path}", Notice(refusal_text(request, refusal), "bad"))
    return lead_to(request, path, Notice(say(request, N_("Saved."))))


async def _all_members(request: AnyRequest, collection_id: str) -> list[str]:
    ids: list[str] = []
    cursor: str | None = None
    while True:
        found = await ask(
            request,
            api.list_collection_members,
            collection_id=collection_id,
            limit=_READ_AT_ONCE,
            cursor=cursor,
        )
        ids += [one["product_id"] for one in found["items"]]
        cursor = found["next_cursor"]
        if cursor is None:
            return ids


def _columns(request: AnyRequest) -> list[Column]:
    kinds = {"manual": say(request, N_("by hand")), "rules": say(request, N_("by rules"))}
    return [
        column(request, "title", N_("Title")),
        column(request, "slug", N_("Slug"), "muted", narrow=False),
        Column("kind", say(request, N_("Filled")), lambda row: kinds[row["kind"]]),
        Column(
            "channels", say(request, N_("Channels")), lambda row: len(row["channels"]), "number"
        ),
        column(request, "position", N_("Place"), "number", narrow=False),
    ]


COLLECTIONS = Things(
    path=PATH,
    title=N_("Collections"),
    new=N_("New collection"),
    area="catalog",
    rows=api.list_collections,
    one=api.get_collection,
    make=api.make_collection,
    change=api.alter_collection,
    remove=api.drop_collection,
    param="collection_id",
    called=lambda row: str(row["title"]),
    columns=_columns,
    shaping=shaping,
    more=more,
    template="admin/collection.html",
    empty=(
        N_("No collections yet"),
        N_("A collection is a list of products with a page of its own: new, on sale, gifts."),
    ),
    removal=(
        N_("Its products stay, in their categories and in other collections."),
        N_("Its address answers that it is gone."),
    ),
    cards=(
        (N_("What it is"), ("title", "slug", "description")),
        (N_("What is in it"), ("rules",)),
        (N_("How it is shown"), ("channels", "windows", "sort", "position")),
        (N_("For search engines"), ("seo_title", "seo_description")),
    ),
    made_says=N_("The collection is made."),
)
ENTRIES = (
    Entry(
        N_("Collections"), PATH, N_("Catalogue"), "catalog:read", key="l", icon="categories",
        words="lists rules new sale gifts", position=25,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [*pages_of(COLLECTIONS), change_members]
