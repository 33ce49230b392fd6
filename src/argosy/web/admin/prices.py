"""Prices: the price lists, what stands in one, and why a variant costs what it does."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.kernel.money import Money
from argosy.kernel.paging import CursorInvalid, Page
from argosy.kernel.wall_clock import check_year, instant_of
from argosy.modules import catalog, pricing
from argosy.modules.catalog import Variant
from argosy.modules.pricing import PriceList
from argosy.web.admin.access import may
from argosy.web.admin.editing import confirm_page, faults_of
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
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.rule_builder import money_read
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say, zone_of
from argosy.web.api.admin.prices import note, of_list, of_variant
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only
from argosy.web.paging import after, filters_of, page_of

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/prices"
_LIST = f"{PATH}/{{list_id:str}}"
_ONE = f"{_LIST}/{{variant_id:str}}"
_PRICES = f"{_LIST}/prices"
_MOST_PRICES, _MOST_CHANGES, _MOST_UNITS = 200, 50, 10**9
_FIELDS = (
    "amount",
    "min_quantity",
    "priority",
    "compare_at",
    "valid_from",
    "valid_until",
    "mix_group",
)


class PriceRow:
    """A price of a list with the variant that it is of."""

    def __init__(self, price: pricing.Price, variant: Variant | None, currency: str) -> None:
        self.price = price
        self.sku = encode("variant", price.variant_id) if variant is None else variant.sku
        self.amount = Money(price.amount_minor, currency)
        self.compare_at = (
            None if price.compare_at_minor is None else Money(price.compare_at_minor, currency)
        )
        self.id = encode("price", price.id)


@get(PATH, include_in_schema=False, guards=[may("prices:read")])
async def show_price_lists(request: AnyRequest) -> Response[bytes]:
    """Price lists by code. One statement."""
    found = listing_of(
        request,
        await _lists(request, request.query_params.get("cursor"), PAGE),
        path=PATH,
        columns=_list_columns(request),
        row_id=lambda row: encode("price_list", row.id),
        row_path=lambda row: f"{PATH}/{encode('price_list', row.id)}/prices",
        empty=Empty(
            say(request, N_("No price lists yet")),
            say(
                request,
                N_(
                    "A price list holds what variants cost in one currency. Channels name the list"
                    " that they sell by."
                ),
            ),
        ),
    )
    values = {"list": found, "new": say(request, N_("New price list")), "area": "prices"}
    title = say(request, N_("Prices"))
    links = [
        (say(request, N_("Why does it cost that?")), f"{PATH}/why"),
        (say(request, N_("Who is offered which prices")), "/admin/price-assignments"),
    ]
    return admin_page(request, "admin/things.html", values | {"links": links}, title=title)


@get(f"{PATH}.csv", include_in_schema=False, guards=[may("prices:read")])
async def export_price_lists(request: AnyRequest) -> Stream:
    """The price lists as a file."""

    async def read(cursor: str | None) -> Page[PriceList]:
        return await _lists(request, cursor, CSV_BATCH)

    return csv_of("price-lists", _list_columns(request), read)


@get(_PRICES, include_in_schema=False, guards=[may("prices:read")])
async def show_prices(request: AnyRequest, list_id: str) -> Response[bytes]:
    """The prices of a list, past and future ones too. Three statements, one more by SKU."""
    found = of_list(list_id)
    filters = [Filter("sku", say(request, N_("SKU")), kind="text", pick="variant/sku")]
    asked = asked_of(request, filters)
    async with shop(request).db.reading() as tx:
        prices = await pricing.price_list_by_id(tx, found)
    path = f"{PATH}/{list_id}"
    page = await _prices(request, prices, asked, request.query_params.get("cursor"), PAGE)
    listing = listing_of(
        request,
        page,
        path=f"{path}/prices",
        columns=_price_columns(request),
        row_id=lambda row: row.id,
        row_path=lambda row: f"{path}/{encode('variant', row.price.variant_id)}",
        filters=filters,
        asked=asked,
        empty=Empty(
            say(request, N_("No prices here")),
            say(request, N_("Give a variant a price on its page, or import a file of prices.")),
        ),
    )
    crumbs = [Crumb(say(request, N_("Prices")), PATH)]
    values = {"list": listing, "edit": f"{path}/edit"}
    return admin_page(request, "admin/prices_of.html", values, title=prices.name, crumbs=crumbs)


@get(f"{_PRICES}.csv", include_in_schema=False, guards=[may("prices:read")])
async def export_prices(request: AnyRequest, list_id: str) -> Stream:
    """The prices of a list as a file."""
    async with shop(request).db.reading() as tx:
        prices = await pricing.price_list_by_id(tx, of_list(list_id))
    asked = asked_of(request, [Filter("sku", "", kind="text")])

    async def read(cursor: str | None) -> Page[PriceRow]:
        return await _prices(request, prices, asked, cursor, CSV_BATCH)

    return csv_of("prices", _price_columns(request), read)


@get(_ONE, include_in_schema=False, guards=[may("prices:read")])
async def show_variant_prices(
    request: AnyRequest, list_id: str, variant_id: str
) -> Response[bytes]:
    """A variant's prices in a list, which one applies and why no other does. Six statements."""
    return await _one(request, of_list(list_id), of_variant(variant_id), Form(), None)


@post(_ONE, include_in_schema=False, guards=[own_pages_only, may("prices:write")])
async def set_price(request: AnyRequest, list_id: str, variant_id: str) -> Response[bytes]:
    """Set a price, now or for a period; sent twice, it is set once."""
    found, variant, form = of_list(list_id), of_variant(variant_id), await read_form(request)
    try:
        async with shop(request).db.transaction() as tx:
            prices = await pricing.price_list_by_id(tx, found)
            await catalog.variant_by_id(tx, variant)
            wanted = wanted_price(request, form, variant, prices.currency)
            done = await pricing.set_prices(tx, found, [wanted])
            what = {"created": done.created, "updated": done.updated, "unchanged": done.unchanged}
            await note(tx, request, "prices.set", found, what)
    except ArgosyError as refusal:
        return await _one(request, found, variant, form, refusal)
    return lead_to(request, _path(found, variant), Notice(say(request, N_("The price is set."))))


@get(f"{_ONE}/remove", include_in_schema=False, guards=[may("prices:write")])
async def ask_remove(request: AnyRequest, list_id: str, variant_id: str) -> Response[bytes]:
    """Before a price goes."""
    found, variant = of_list(list_id), of_variant(variant_id)
    path = _path(found, variant)
    async with shop(request).db.reading() as tx:
        prices = await pricing.price_list_by_id(tx, found)
        goods = await catalog.variants_by_ids(tx, [variant])
    sku = goods[0].sku if goods else variant_id
    return confirm_page(
        request,
        title=say(request, N_("Remove the price of %(sku)s"), sku=sku),
        says=[
            say(request, N_("It applies to nothing any more from now on; its history stays.")),
            say(request, N_("A variant without any price cannot be bought.")),
        ],
        path=f"{path}/remove",
        back=path,
        button=say(request, N_("Remove the price")),
        fields={"price": request.query_params.get("price", "")[:60]},
        crumbs=[
            Crumb(say(request, N_("Prices")), PATH),
            Crumb(prices.name, f"{PATH}/{list_id}/prices"),
            Crumb(sku, path),
        ],
    )


@post(f"{_ONE}/remove", include_in_schema=False, guards=[own_pages_only, may("prices:write")])
async def remove(request: AnyRequest, list_id: str, variant_id: str) -> Response[bytes]:
    """Remove a price; what it was stays in the history."""
    found, variant, form = of_list(list_id), of_variant(variant_id), await read_form(request)
    price = decode("price", form["price"], field="price")
    async with shop(request).db.transaction() as tx:
        await pricing.remove_prices(tx, found, [price])
        await note(tx, request, "price.removed", found, {"price_id": form["price"]})
    path = _path(found, variant)
    return lead_to(request, path, Notice(say(request, N_("The price is removed."))))


def _path(list_id: UUID, variant_id: UUID) -> str:
    return f"{PATH}/{encode('price_list', list_id)}/{encode('variant', variant_id)}"


async def _one(
    request: AnyRequest, list_id: UUID, variant_id: UUID, form: Form, refusal: ArgosyError | None
) -> Response[bytes]:
    quantity = whole_number(request.query_params.get("quantity", ""), least=1, most=_MOST_UNITS)
    moment = shop(request).db.clock().astimezone(UTC)
    async with shop(request).db.reading() as tx:
        prices = await pricing.price_list_by_id(tx, list_id)
        variant = await catalog.variant_by_id(tx, variant_id)
        rows = await pricing.list_prices(tx, list_id, variant_ids=[variant_id], limit=_MOST_PRICES)
        why = await pricing.explain_price(
            tx, list_id, variant_id, quantity=quantity or 1, at=moment
        )
        prior = await pricing.prior_price(tx, list_id, variant_id, moment)
        history = await pricing.price_history(tx, list_id, variant_id)
    lost = {loser.id: reason for loser, reason in why.lost}
    values = {
        "prices": prices,
        "rows": [(PriceRow(row, variant, prices.currency), lost.get(row.id, "")) for row in rows],
        "taken": None if why.taken is None else why.taken.id,
        "quantity": quantity or 1,
        "prior": None if prior is None else Money(prior, prices.currency),
        "history": [
            (
                change.recorded_at,
                None
                if change.amount_minor is None
                else Money(change.amount_minor, prices.currency),
                change.min_quantity,
            )
            for change in reversed(history[-_MOST_CHANGES:])
        ],
        "path": _path(list_id, variant_id),
        "product": encode("product", variant.product_id),
        "form": form,
        "faults": faults_of(
            refusal,
            _FIELDS,
            {
                "amount_minor": "amount",
                "compare_at_minor": "compare_at",
                **{f"prices.0.{name}": name for name in _FIELDS},
                "prices.0.amount_minor": "amount",
                "prices.0.compare_at_minor": "compare_at",
            },
        ),
    }
    crumbs = [
        Crumb(say(request, N_("Prices")), PATH),
        Crumb(prices.name, f"{PATH}/{encode('price_list', list_id)}/prices"),
    ]
    return admin_page(
        request,
        "admin/price.html",
        values,
        title=variant.sku,
        crumbs=crumbs,
        refusal=refusal,
    )


def wanted_price(
    request: AnyRequest, form: Form, variant_id: UUID, currency: str
) -> pricing.SetPrice:
    """The price that the form asks for. Raises PriceInvalid."""
    amount = _minor(form, "amount", currency)
    if amount is None:
        raise pricing.PriceInvalid("A price is an amount, like 12.50.", field="amount")
    quantity = whole_number(form["min_quantity"] or "1", least=1, most=_MOST_UNITS)
    if quantity is None:
        raise pricing.PriceInvalid("A whole number from 1 is needed.", field="min_quantity")
    priority = whole_number(form["priority"].removeprefix("-") or "0", least=0, most=1000)
    if priority is None:
        raise pricing.PriceInvalid("A whole number from -1000 to 1000.", field="priority")
    return pricing.SetPrice(
        variant_id=variant_id,
        amount_minor=amount,
        min_quantity=quantity,
        priority=-priority if form["priority"].startswith("-") else priority,
        compare_at_minor=_minor(form, "compare_at", currency),
        valid_from=_at(request, form, "valid_from"),
        valid_until=_at(request, form, "valid_until"),
    )


def _minor(form: Form, name: str, currency: str) -> int | None:
    if not form[name]:
        return None
    read = money_read(f"{form[name]} {currency}")
    if not isinstance(read, dict) or read[currency] > 10**12:
        raise pricing.PriceInvalid(f"This is no amount in {currency}, like 12.50.", field=name)
    return int(read[currency])


def _at(request: AnyRequest, form: Form, name: str) -> datetime | None:
    if not form[name]:
        return None
    try:
        local = datetime.fromisoformat(form[name][:19]).replace(tzinfo=None)
        check_year(local, name)
        return instant_of(local, ZoneInfo(zone_of(request))).instant
    except (ValueError, OverflowError) as error:
        raise pricing.PriceInvalid("This is no date and time.", field=name) from error


async def _lists(request: AnyRequest, cursor: str | None, limit: int) -> Page[PriceList]:
    filters = filters_of("admin price lists")
    keys = after(cursor, filters, length=1)
    async with shop(request).db.reading() as tx:
        rows = await pricing.list_price_lists(
            tx, after=None if keys is None else str(keys[0]), limit=limit + 1
        )
    return page_of(
        rows, limit=limit, filters=filters, keys=lambda row: [row.code], show=lambda row: row
    )


async def _prices(
    request: AnyRequest, prices: PriceList, asked: dict[str, str], cursor: str | None, limit: int
) -> Page[PriceRow]:
    filters = filters_of("admin prices", list=prices.id, **asked)
    keys = after(cursor, filters, length=2)
    try:
        last = None if keys is None else (UUID(hex=str(keys[0])), UUID(hex=str(keys[1])))
    except ValueError as error:
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor") from error
    async with shop(request).db.reading() as tx:
        wanted = None
        if "sku" in asked:
            found = await catalog.find_variant_by_sku(tx, asked["sku"])
            wanted = [UUID(int=0) if found is None else found.id]
        rows = await pricing.list_prices(
            tx, prices.id, variant_ids=wanted, after=last, limit=limit + 1
        )
        ids = list({row.variant_id for row in rows})
        goods = {one.id: one for one in await catalog.variants_by_ids(tx, ids)}
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda row: [row.variant_id.hex, row.id.hex],
        show=lambda row: PriceRow(row, goods.get(row.variant_id), prices.currency),
    )


def _list_columns(request: AnyRequest) -> list[Column]:
    return [
        Column("name", say(request, N_("Name")), lambda row: row.name),
        Column("code", say(request, N_("Code")), lambda row: row.code, "code", narrow=False),
        Column("currency", say(request, N_("Currency")), lambda row: row.currency),
        Column("tiers", say(request, N_("Tiers")), lambda row: _tiers(request, row), narrow=False),
    ]


_TIERS = {
    "volume": N_("for all units, counted by %(basis)s"),
    "graduated": N_("for the units from there on, counted by %(basis)s"),
}
_BASES = {
    "line": N_("line"),
    "sku": N_("variant"),
    "product": N_("product"),
    "mix": N_("mix group"),
}


def _tiers(request: AnyRequest, row: PriceList) -> str:
    return say(request, _TIERS[row.tier_kind], basis=say(request, _BASES[row.tier_basis]))


def _price_columns(request: AnyRequest) -> list[Column]:
    def price(name: str, label: str, kind: Any = "number", *, narrow: bool = False) -> Column:
        return Column(
            name, say(request, label), lambda row: getattr(row.price, name), kind, narrow=narrow
        )

    return [
        Column("sku", say(request, N_("SKU")), lambda row: row.sku),
        Column("amount", say(request, N_("Price")), lambda row: row.amount, "money"),
        Column(
            "compare_at",
            say(request, N_("Instead of")),
            lambda row: row.compare_at,
            "money",
            narrow=False,
        ),
        price("min_quantity", N_("From units"), narrow=True),
        price("priority", N_("Priority")),
        price("valid_from", N_("From"), "instant"),
        price("valid_until", N_("Until"), "instant"),
    ]


ENTRIES = (
    Entry(
        N_("Prices"),
        PATH,
        N_("Prices and taxes"),
        "prices:read",
        "r",
        "prices",
        "price lists tiers schedule",
        position=10,
    ),
)
ROUTES: list[HTTPRouteHandler] = [
    show_price_lists,
    export_price_lists,
    show_prices,
    export_prices,
    show_variant_prices,
    set_price,
    ask_remove,
    remove,
]
