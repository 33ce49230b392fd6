"""Kits: what a variant consists of, what can be chosen, what is there of it, and what it costs.

The form is made of the API's body; components are named by SKU. Beside it stands what the bill that
is saved comes to now.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.allocation import allocate
from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.kernel.money import Money
from argosy.modules import catalog, inventory, kits
from argosy.modules.catalog import Variant
from argosy.modules.kits import Kit, KitInvalid, KitNotFound, Part
from argosy.modules.staff import covers
from argosy.runtime.db import Tx
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.editing import faults_of
from argosy.web.admin.lists import Column
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.product_variants import prices_now, variant_path
from argosy.web.admin.products import product_path
from argosy.web.admin.rule_builder import money_read, money_text
from argosy.web.admin.showing import Crumb, admin_page, lead_to, say
from argosy.web.admin.struct_forms import Codec, Document, Shaping
from argosy.web.admin.things import Row, Things, column, pages_of, shaped
from argosy.web.api.admin import kits as api
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.workflows.kit_lines import reduced

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/kits"
_FOUND = 20
WORDS = {
    "items": (N_("In every one"), N_("What nobody chooses.")),
    "items[]": (N_("a component"), ""),
    "variant_id": (N_("SKU"), ""),
    "quantity": (N_("Units in each"), ""),
    "groups": (N_("To choose from"), N_("Each group is a question to the shopper.")),
    "groups[]": (N_("a group"), ""),
    "groups.code": (N_("Code"), N_("Small letters, digits, hyphens. Carts name the choice by it.")),
    "groups.name": (N_("What the shopper is asked"), N_("As in: Drink.")),
    "options": (N_("Options"), ""),
    "options[]": (N_("an option"), ""),
    "options.code": (N_("Code"), ""),
    "extra": (N_("It costs more by"), N_("An amount a line, as in 0.50 EUR. Empty: nothing.")),
    "least": (N_("At least"), ""),
    "most": (N_("At most"), ""),
    "repeats": (N_("One option may be taken more than once"), ""),
    "defaults": (N_("Where nothing is said"), N_("Codes of options, one a line.")),
    "price": (N_("What it costs"), ""),
    "price:own": (N_("a price of its own, from the price lists"), ""),
    "price:sum": (N_("what its components cost together"), ""),
    "percent_off": (N_("Less percent"), N_("Only of the sum of its components.")),
    "amount_off": (N_("Less an amount"), N_("An amount a line, as in 5.00 EUR.")),
}
_AMOUNTS = Codec(money_text, lambda text: money_read(text) if text else {})


class Component(NamedTuple):
    """Something that may be in a kit: how it is named, how many are in it, what can be sold of it
    (None: its stock is not counted, or may not be seen), and in which group it is chosen.
    """

    path: str
    sku: str
    name: str
    quantity: int
    sellable: int | None
    group: str


class Share(NamedTuple):
    """What a kit costs in a list, and what part of it each component is worth."""

    price_list: str
    alone: Money
    price: Money
    parts: Sequence[tuple[str, int, Money]]


async def _shaping(request: AnyRequest, row: Document) -> Shaping:
    ids = {one.get("variant_id") for one in row.get("items") or ()}
    for group in row.get("groups") or ():
        ids |= {one.get("variant_id") for one in group.get("options") or ()}
    # Of what was just chosen or typed the SKU is shown, too.
    typed: Form = getattr(request.state, "form", None) or Form()
    ids |= {value.removeprefix("variant_id=") for value in typed.values() if "var_" in value}
    wanted = [_id(one) for one in ids]
    async with shop(request).db.reading() as tx:
        known = await catalog.variants_by_ids(tx, [one for one in wanted if one is not None])
    skus = {encode("variant", one.id): one.sku for one in known}
    sku = Codec(lambda text: skus.get(text, text), lambda text: text, "text")
    return shaped(
        request,
        words=WORDS | {"groups.options[]": WORDS["options[]"]},
        codecs={
            "items.variant_id": sku,
            "groups.options.variant_id": sku,
            "groups.options.extra": _AMOUNTS,
            "amount_off": _AMOUNTS,
        },
    )


def _id(text: object) -> UUID | None:
    try:
        return decode("variant", str(text)) if text else None
    except ArgosyError:
        return None


async def _prepare(request: AnyRequest, typed: Row) -> Row:
    """The body with ids in the place of SKUs. Raises KitInvalid at the first that is none."""
    named = [(f"items[{n}]", one) for n, one in enumerate(typed.get("items") or ())]
    for n, group in enumerate(typed.get("groups") or ()):
        options = group.get("options") or ()
        named += [(f"groups[{n}].options[{m}]", one) for m, one in enumerate(options)]
    made: dict[str, Any] = {}
    async with shop(request).db.reading() as tx:
        for place, one in named:
            sku = str(one.get("variant_id") or "")
            found = await _variant(tx, sku)
            if found is None:
                said = say(request, N_("There is no variant with the SKU %(sku)s."), sku=sku[:100])
                raise KitInvalid(said, field=f"{place}.variant_id")
            made[place] = one | {"variant_id": encode("variant", found.id)}
    ready = typed | {"items": [made[place] for place, _ in named if place.startswith("items")]}
    ready["groups"] = [
        group | {"options": [made[place] for place, _ in named if place.startswith(f"groups[{n}]")]}
        for n, group in enumerate(typed.get("groups") or ())
    ]
    return ready


async def _variant(tx: Tx, word: str) -> Variant | None:
    found = _id(word)
    if found is not None:
        return next(iter(await catalog.variants_by_ids(tx, [found])), None)
    return None if "\0" in word or not word else await catalog.find_variant_by_sku(tx, word)


async def _find(request: AnyRequest, thing_id: str) -> Row:
    """The bill of a variant; of one that is no kit yet an empty one, whose version is 0."""
    async with shop(request).db.reading() as tx:
        variant = await catalog.variant_by_id(tx, decode("variant", thing_id, field="variant_id"))
    try:
        found: Row = await ask(request, api.get_kit, variant_id=thing_id)
    except KitNotFound:
        found = {"variant_id": thing_id, "version": 0, "items": [], "groups": [], "price": "own"}
    return found | {"called": variant.sku, "product": variant.product_id}


async def _more(
    request: AnyRequest, row: Row | None, _document: Document, form: Form
) -> dict[str, Any]:
    """What the bill comes to, and what was looked for. Seven statements at most."""
    assert row is not None
    values: dict[str, Any] = {
        "removes": row["version"] > 0,
        "find": form["find"],
        "hits": None,
        "parts": (),
        "possible": None,
        "shares": (),
        "unset": row["version"] == 0,
        "variant_page": variant_path(decode("variant", row["variant_id"])),
        "product_page": product_path(row["product"]),
    }
    async with shop(request).db.reading() as tx:
        if form["find"] and form["act@"] != "save":
            values["hits"] = await _hits(tx, form["find"])
        if row["version"]:
            kit = await kits.kit_of(tx, decode("variant", row["variant_id"]))
            values |= await _figures(request, tx, kit)
    return values


async def _hits(tx: Tx, words: str) -> list[tuple[str, str, str]]:
    """Variants whose SKU or product begins so: id, SKU, name."""
    if "\0" in words or len(words) < 2:
        return []
    page = await catalog.list_products(tx, search=words[:100], limit=_FOUND)
    titles = {one.row.id: one.row.title for one in page.items}
    found = await catalog.variants_of_products(tx, list(titles))
    return [
        (encode("variant", one.id), one.sku, _called(one, titles.get(one.product_id, "")))
        for one in found[:_FOUND]
    ]


def _called(variant: Variant, title: str) -> str:
    return " · ".join(dict.fromkeys(one for one in (title, variant.title) if one))


async def _figures(request: AnyRequest, tx: Tx, kit: Kit) -> dict[str, Any]:
    scopes, bill = actor(request).scopes, kit.bill
    ids = [kit.variant_id, *bill.variants()]
    known = {one.id: one for one in await catalog.variants_by_ids(tx, ids)}
    products = await catalog.products_by_ids(tx, [*{one.product_id for one in known.values()}])
    titles = {one.row.id: one.row.title for one in products}
    units = {one: 0 for one in bill.variants() if one in known and known[one].tracks_inventory}
    seen = covers(scopes, "inventory:read")
    for level in await inventory.levels_of(tx, list(units)) if seen and units else ():
        units[level.variant_id] += level.sellable
    listed = [(one.variant_id, one.quantity, "") for one in bill.items]
    for group in bill.groups:
        listed += [(one.variant_id, one.quantity, group.name) for one in group.options]
    parts = [
        Component(
            variant_path(one),
            known[one].sku if one in known else "–",
            _called(known[one], titles.get(known[one].product_id, "")) if one in known else "",
            quantity,
            units.get(one) if seen else None,
            group,
        )
        for one, quantity, group in listed
    ]
    runs_out = {one: max(0, count) for one, count in units.items()}
    return {
        "parts": parts,
        "possible": kits.available(bill, runs_out) if seen and units else None,
        "shares": await _shares(tx, kit, known) if covers(scopes, "prices:read") else (),
    }


async def _shares(tx: Tx, kit: Kit, known: dict[UUID, Variant]) -> list[Share]:
    """What one kit with the defaults costs now, in each list that has all its prices, and how that
    is split: in proportion to what the components cost by themselves (DOMAIN.md E11).
    """
    prices = await prices_now(tx, [kit.variant_id, *kit.bill.variants()])
    by_list: dict[str, dict[UUID, Money]] = {}
    for one, found in prices.items():
        for code, amount in found:
            by_list.setdefault(code, {})[one] = amount
    made = []
    for code, amounts in sorted(by_list.items()):
        currency = next(iter(amounts.values())).currency
        parts = kits.chosen(kit.bill, {}, currency)
        if isinstance(parts, str) or any(one.variant_id not in amounts for one in parts):
            continue
        share = _share(kit, code, parts, amounts, known)
        if share is not None:
            made.append(share)
    return made


def _share(
    kit: Kit,
    code: str,
    parts: Sequence[Part],
    amounts: dict[UUID, Money],
    known: dict[UUID, Variant],
) -> Share | None:
    currency = next(iter(amounts.values())).currency
    weights = {n: amounts[one.variant_id].minor * one.quantity for n, one in enumerate(parts)}
    alone, extra = sum(weights.values()), sum(one.extra_minor for one in parts)
    if kit.bill.price == "sum":
        whole = reduced(kit.bill, alone, currency, "half_up") + extra
    elif kit.variant_id in amounts:
        whole = amounts[kit.variant_id].minor + extra
    else:
        return None
    if not any(weights.values()):
        weights = {n: one.quantity for n, one in enumerate(parts)}
    split = allocate(whole, weights)
    named = [
        (
            known[one.variant_id].sku if one.variant_id in known else "–",
            one.quantity,
            Money(split[n], currency),
        )
        for n, one in enumerate(parts)
    ]
    return Share(code, Money(alone, currency), Money(whole, currency), named)


def _columns(request: AnyRequest) -> list[Column]:
    prices = {one: say(request, WORDS[f"price:{one}"][0]) for one in ("own", "sum")}
    return [
        column(request, "sku", N_("SKU")),
        column(request, "name", N_("Product")),
        column(request, "items", N_("In every one"), "number"),
        column(request, "groups", N_("Groups to choose from"), "number"),
        Column(
            "price", say(request, N_("What it costs")), lambda row: prices[row["price"]], "muted",
            narrow=False,
        ),
    ]  # fmt: skip


@get(f"{PATH}/new", include_in_schema=False, guards=[may("catalog:write")])
async def new_kit(request: AnyRequest) -> Response[bytes]:
    """Which variant is to be one."""
    return _new(request, {})


@post(f"{PATH}/new", include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def begin_kit(request: AnyRequest) -> Response[bytes]:
    """On to the bill of the variant that is named by its SKU."""
    form = await read_form(request)
    async with shop(request).db.reading() as tx:
        found = await _variant(tx, form["sku"])
    if found is None:
        said = say(request, N_("There is no variant with the SKU %(sku)s."), sku=form["sku"][:100])
        return _new(request, form, KitInvalid(said, field="sku"))
    return lead_to(request, f"{PATH}/{encode('variant', found.id)}")


def _new(
    request: AnyRequest, form: dict[str, str], refusal: ArgosyError | None = None
) -> Response[bytes]:
    values = {"sku": form.get("sku", ""), "faults": faults_of(refusal, ["sku"]), "path": PATH}
    return admin_page(
        request,
        "admin/kit_new.html",
        values,
        title=say(request, N_("New kit")),
        crumbs=[Crumb(say(request, N_("Kits")), PATH)],
        refusal=refusal,
    )


KITS = Things(
    path=PATH,
    title=N_("Kits"),
    new=N_("New kit"),
    area="catalog",
    rows=api.list_kits,
    change=api.put_kit,
    remove=api.delete_kit,
    param="variant_id",
    ident=lambda row: str(row["variant_id"]),
    called=lambda row: str(row["called"]),
    find=_find,
    prepare=_prepare,
    more=_more,
    columns=_columns,
    shaping=_shaping,
    template="admin/kit.html",
    list_template="admin/kits.html",
    empty=(
        N_("No kits yet"),
        N_(
            "A kit is a variant that is sold as one and kept in stock as its parts: a set, a menu,"
            " a hamper that shoppers fill themselves."
        ),
    ),
    removal=(
        N_("The variant stays on sale, with a stock of its own: none until it is counted."),
        N_("Orders keep the parts that they were placed with."),
    ),
    cards=(
        (N_("What is in it"), ("items", "groups")),
        (N_("Its price"), ("price", "percent_off", "amount_off")),
    ),
)
ENTRIES = (
    Entry(
        N_("Kits"), PATH, N_("Catalogue"), "catalog:read", icon="stock",
        words="bundles sets menus bill of materials components", position=24,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [*pages_of(KITS), new_kit, begin_kit]
