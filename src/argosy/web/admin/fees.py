"""Fees and deposits: what they cost, when they are due, and what they would do to a purchase."""

from typing import Any

from litestar import Request
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import encode
from argosy.modules import catalog
from argosy.web.admin.calling import ask
from argosy.web.admin.choices import (
    all_channels,
    channel_options,
    currency_of,
    shipping_class_options,
    tax_class_options,
)
from argosy.web.admin.lists import Column, Filter
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import say
from argosy.web.admin.struct_forms import Document, Shaping, amount_text
from argosy.web.admin.things import Row, Things, column, pages_of, shape_of, shaped
from argosy.web.api.admin import fee_trials
from argosy.web.api.admin import fees as api
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, whole_number

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/fees"

WORDS = {
    "channel_id": (N_("Channel"), N_("Amounts are in its currency, with or without tax as there.")),
    "code": (N_("Code"), ""),
    "kind": (N_("Kind"), ""),
    "kind:deposit": (N_("deposit"), ""),
    "kind:eco": (N_("eco fee"), ""),
    "kind:payment": (N_("for a way of paying"), ""),
    "kind:handling": (N_("handling"), ""),
    "kind:gift_wrap": (N_("gift wrap"), ""),
    "kind:other": (N_("other"), ""),
    "name": (N_("Name"), N_("As shoppers and invoices say it.")),
    "labels": (N_("In other languages"), N_("A line each, as in de: Flaschenpfand.")),
    "per": (N_("For each"), ""),
    "per:order": (N_("order"), ""),
    "per:line": (N_("line"), ""),
    "per:unit": (N_("unit"), ""),
    "amount_minor": (N_("Amount"), ""),
    "percent": (N_("Or percent of the goods"), ""),
    "cap_minor": (N_("At most"), ""),
    "with_shipping": (N_("Of shipping, too"), ""),
    "tax_class": (N_("Tax class"), ""),
    "returned": (N_("Goes back with a returned unit"), ""),
    "position": (N_("Place"), N_("Lower ones stand first.")),
    "active": (N_("In force"), ""),
    "when": (N_("When it is due"), N_("Everything that is named must hold; nothing: always.")),
    "countries": (N_("Countries"), N_("Two letters each, as in DE FR, one a line.")),
    "shipping_methods": (N_("Ways of shipping"), N_("Their codes, one a line.")),
    "payment_methods": (N_("Ways of paying"), N_("Gateways, one a line.")),
    "products": (N_("Products"), N_("Their ids, one a line.")),
    "variants": (N_("Variants"), N_("Their ids, one a line.")),
    "categories": (N_("Categories"), N_("Paths, such as drinks/juice, one a line.")),
    "product_types": (N_("Product types"), N_("Their codes, one a line.")),
    "tax_classes": (N_("Tax classes"), ""),
    "shipping_classes": (N_("Shipping classes"), ""),
    "configuration": (N_("Choices of the shopper"), N_("A line each, as in wrap: *.")),
    "from_goods_minor": (N_("Goods worth at least"), ""),
    "below_goods_minor": (N_("Goods worth less than"), ""),
    "from_quantity": (N_("Units at least"), ""),
    "below_quantity": (N_("Units fewer than"), ""),
}


async def _shaping(request: AnyRequest, row: Document) -> Shaping:
    async with shop(request).db.reading() as tx:
        known = await all_channels(tx)
        classes = await tax_class_options(tx)
        shipped = await shipping_class_options(tx)
    return shaped(
        request,
        words=WORDS,
        options={
            "channel_id": channel_options(known),
            "tax_class": classes,
            "tax_classes": classes,
            "shipping_classes": shipped,
        },
        picks={
            "when.products": "product/id",
            "when.variants": "variant/id",
            "when.categories": "category/line",
        },
        currency=currency_of(known, row.get("channel_id")),
    )


async def _filters(request: AnyRequest) -> list[Filter]:
    async with shop(request).db.reading() as tx:
        known = await all_channels(tx)
    # For the columns, which are asked for next: amounts are in the currency of the fee's channel.
    request.state.currencies = {encode("channel", one.id): one.currency for one in known}
    return [Filter("channel_id", say(request, N_("Channel")), tuple(channel_options(known)))]


async def _trial(
    request: AnyRequest, row: Row | None, _document: Document, _form: Form
) -> dict[str, Any]:
    """What the fee, as it is saved, would do to a purchase of some units."""
    query = request.query_params
    sku, country = query.get("sku", "")[:100], query.get("country", "")[:2].upper()
    units = whole_number(query.get("units", "1"), least=1, most=9999) or 1
    values: dict[str, Any] = {"sku": sku, "country": country, "units": units}
    values |= {"tried": None, "trial_wrong": None}
    if row is None or not sku:
        return values
    names = shape_of(api.replace_fee).__struct_fields__
    try:
        async with shop(request).db.reading() as tx:
            variant = await catalog.find_variant_by_sku(tx, sku)
        if variant is None:
            raise catalog.VariantNotFound("No variant has this SKU.", field="sku")
        line = {"variant_id": encode("variant", variant.id), "quantity": units}
        body: dict[str, Any] = {"channel_id": row["channel_id"], "lines": [line]}
        body["fee"] = {name: row[name] for name in names}
        body["country"] = country or None
        values["tried"] = await ask(request, fee_trials.try_fee, data=body)
    except ArgosyError as refusal:
        values["trial_wrong"] = refusal
    return values


def _columns(request: AnyRequest) -> list[Column]:
    def amount(row: Row) -> str:
        if row["percent"] is not None:
            return f"{row['percent']} %"
        if row["amount_minor"] is None:
            return ""
        currency = request.state.currencies.get(row["channel_id"], "")
        shown = amount_text(row["amount_minor"], currency)
        return f"{shown} {currency}".strip()

    return [
        column(request, "name", N_("Name")),
        column(request, "code", N_("Code"), "code", narrow=False),
        Column(
            "kind",
            say(request, N_("Kind")),
            lambda row: say(request, WORDS[f"kind:{row['kind']}"][0]),
        ),
        Column(
            "per",
            say(request, N_("For each")),
            lambda row: say(request, WORDS[f"per:{row['per']}"][0]),
            narrow=False,
        ),
        Column("amount", say(request, N_("Amount or percent")), amount, narrow=False),
        Column(
            "state",
            say(request, N_("State")),
            lambda row: "active" if row["active"] else "inactive",
            "badge",
        ),
    ]


FEES = Things(
    path=PATH,
    title=N_("Fees and deposits"),
    new=N_("New fee"),
    area="prices",
    rows=api.list_fees,
    one=api.get_fee,
    make=api.create_fee,
    change=api.replace_fee,
    remove=api.delete_fee,
    param="fee_id",
    columns=_columns,
    shaping=_shaping,
    filters=_filters,
    more=_trial,
    template="admin/fee.html",
    empty=(
        N_("No fees yet"),
        N_("Deposits on bottles, eco fees, gift wrap: what is added to goods and never reduced."),
    ),
    removal=(N_("Carts show it no longer."), N_("Orders keep what they were placed with.")),
    cards=(
        (N_("What it is"), ("channel_id", "code", "kind", "name", "labels", "active")),
        (
            N_("What it costs"),
            (
                "per",
                "amount_minor",
                "percent",
                "cap_minor",
                "with_shipping",
                "tax_class",
                "returned",
            ),
        ),
        ("", ("when", "position")),
    ),
    links=((N_("Try a purchase"), f"{PATH}/trial"),),
)
ENTRIES = (
    Entry(
        N_("Fees and deposits"), PATH, N_("Prices and taxes"), "prices:read", icon="payments",
        words="deposit eco gift wrap handling charge", position=65,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = pages_of(FEES)
