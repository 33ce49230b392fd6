"""Shipping: methods with their rate tables and promises, zones, classes."""

from typing import Any

from litestar import Request
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.web.admin.area_lines import SHIPPING_AREAS
from argosy.web.admin.calling import ask
from argosy.web.admin.choices import (
    all_channels,
    channel_options,
    currency_of,
    shipping_class_options,
    shipping_zone_options,
    tax_class_options,
)
from argosy.web.admin.lists import Column, Filter
from argosy.web.admin.named_codes import Codes, pages_of_codes
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import say
from argosy.web.admin.struct_forms import Codec, Document, Shaping, amount_text
from argosy.web.admin.struct_reading import amount_read
from argosy.web.admin.things import Row, Things, column, pages_of, shaped
from argosy.web.api.admin import shipping as api
from argosy.web.api.admin import shipping_rates
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, whole_number

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/shipping"
_DAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
_MOST_G = 10**9

WORDS = {
    "channel_id": (N_("Channel"), N_("Amounts are in its currency, with or without tax as there.")),
    "code": (N_("Code"), ""),
    "name": (N_("Name"), N_("As shoppers read it.")),
    "description": (N_("Description"), ""),
    "active": (N_("Offered"), ""),
    "position": (N_("Place"), N_("Lower ones stand first.")),
    "tax_class": (N_("Tax class"), ""),
    "zone_ids": (N_("Goes to"), ""),
    "pricing": (N_("Priced by"), ""),
    "pricing:flat": (N_("one price"), ""),
    "pricing:weight": (N_("weight in grams"), ""),
    "pricing:volume": (N_("volume in cubic centimetres"), ""),
    "pricing:quantity": (N_("units"), ""),
    "pricing:price": (N_("value of the goods"), ""),
    "tiers": (
        N_("Rate table"),
        N_("The price from a value on; without a price it is not offered from there."),
    ),
    "tiers[]": (N_("a line"), ""),
    "from_value": (N_("From"), ""),
    "price_minor": (N_("Price"), ""),
    "class_rules": (N_("Goods of a class"), ""),
    "class_rules[]": (N_("a class"), ""),
    "shipping_class": (N_("Shipping class"), ""),
    "surcharge_minor": (N_("Surcharge"), ""),
    "per": (N_("For each"), ""),
    "per:unit": (N_("unit"), ""),
    "per:order": (N_("order"), ""),
    "excluded": (N_("Not taken"), ""),
    "min_days": (N_("Days at least"), N_("Shown where there is no promise.")),
    "max_days": (N_("Days at most"), ""),
    "packing": (N_("Packing"), N_("How goods are put into parcels; each is priced.")),
    "max_weight_g": (N_("Grams at most"), ""),
    "max_volume_cm3": (N_("Cubic centimetres at most"), ""),
    "max_side_mm": (N_("Longest side in millimetres"), ""),
    "cm3_per_kg": (N_("Cubic centimetres that count as a kilogram"), ""),
    "conditions": (N_("Conditions"), N_("What a purchase must fulfil.")),
    "min_goods_minor": (N_("Goods worth at least"), ""),
    "max_goods_minor": (N_("Goods worth at most"), ""),
    "min_weight_g": (N_("Grams at least"), ""),
    "min_units": (N_("Units at least"), ""),
    "max_units": (N_("Units at most"), ""),
    "only_classes": (N_("Only goods of"), ""),
    "free_from": (N_("Free of charge"), N_("From a value of the goods on.")),
    "amount_minor": (N_("Goods worth"), ""),
    "counts": (N_("Counted"), ""),
    "counts:before_discounts": (N_("before discounts"), ""),
    "counts:after_discounts": (N_("after discounts"), ""),
    "promise": (N_("Delivery promise"), N_("When a purchase leaves and arrives.")),
    "cut_off": (N_("Ordered before"), N_("As in 14:00.")),
    "time_zone": (N_("Time zone"), N_("As in Europe/Berlin.")),
    "transit_min_days": (N_("On the way, days at least"), ""),
    "transit_max_days": (N_("On the way, days at most"), ""),
    "handling_days": (N_("Days of handling"), ""),
    "ship_days": (N_("Leaves on"), ""),
    "delivery_days": (N_("Arrives on"), ""),
    "holidays": (N_("The sender's public holidays"), N_("As in DE or DE-BY.")),
    "closed": (N_("Further days on which nothing leaves"), N_("As in 2026-12-24, one a line.")),
    "live": (N_("Prices of carriers"), N_("Asked at the moment; the table is what counts else.")),
    "carriers": (N_("Carriers"), N_("One a line.")),
    "services": (N_("Services"), N_("Allowed ones, as in USPS/Priority; none: all.")),
    "origin": (N_("Sent from"), ""),
    "country": (N_("Country"), N_("Two letters, as in DE.")),
    "region": (N_("Region"), ""),
    "postal_code": (N_("Postal code"), ""),
    "city": (N_("City"), ""),
    "markup_percent": (N_("Added in percent"), ""),
    "handling_minor": (N_("Handling"), ""),
    "handling_per": (N_("Handling for each"), ""),
    "handling_per:order": (N_("order"), ""),
    "handling_per:parcel": (N_("parcel"), ""),
    "tare_g": (N_("A parcel's own grams"), ""),
    "amounts": (N_("The carriers' amounts"), ""),
    "amounts:net": (N_("are without tax"), ""),
    "amounts:as_is": (N_("are taken as they are"), ""),
    "fallback": (N_("If no carrier is reached"), ""),
    "fallback:table": (N_("the rate table, as an estimate"), ""),
    "fallback:withhold": (N_("it is not offered"), ""),
}
ZONE_WORDS = {
    "code": (N_("Code"), ""),
    "name": (N_("Name"), ""),
    "areas": (
        N_("Places"),
        N_(
            "One a line: a country or a region of it, then postal codes with commas between, and"
            " behind ! those that are not served: DE, US-CA, GB BT*, DE 10000..19999 !10115."
        ),
    ),
}


async def _shaping(request: AnyRequest, row: Document) -> Shaping:
    async with shop(request).db.reading() as tx:
        known = await all_channels(tx)
        zones = await shipping_zone_options(tx)
        classes = await shipping_class_options(tx)
        taxed = await tax_class_options(tx)
    days = [(str(n), say(request, name)) for n, name in enumerate(_DAYS, start=1)]
    currency = currency_of(known, row.get("channel_id"))
    return shaped(
        request,
        words=WORDS,
        options={
            "channel_id": channel_options(known),
            "zone_ids": zones,
            "shipping_class": classes,
            "only_classes": classes,
            "tax_class": taxed,
            "ship_days": days,
            "delivery_days": days,
        },
        codecs={"tiers.from_value": _worth(currency)} if row.get("pricing") == "price" else {},
        currency=currency,
    )


def _worth(currency: str) -> Codec:
    """Values of goods as amounts; other values that tiers begin at are plain numbers."""
    return Codec(
        lambda value: amount_text(value, currency), lambda text: amount_read(text, currency), "text"
    )


async def _zone_shaping(request: AnyRequest, _row: Document) -> Shaping:
    return shaped(request, words=ZONE_WORDS, codecs={"areas": SHIPPING_AREAS})


async def _filters(request: AnyRequest) -> list[Filter]:
    async with shop(request).db.reading() as tx:
        known = channel_options(await all_channels(tx))
    return [Filter("channel_id", say(request, N_("Channel")), tuple(known))]


async def _preview(
    request: AnyRequest, row: Row | None, _document: Document, _form: Form
) -> dict[str, Any]:
    """What goods of a weight would cost to a place, by the method as it is saved."""
    query = request.query_params
    asked = {name: query.get(name, "")[:60] for name in ("country", "region", "postal_code")}
    grams = whole_number(query.get("grams", "1000"), least=0, most=_MOST_G) or 0
    units = whole_number(query.get("units", "1"), least=1, most=9999) or 1
    values: dict[str, Any] = {"asked": asked, "grams": grams, "units": units, "rates": None}
    values["preview_wrong"] = None
    if row is not None and asked["country"]:
        body: dict[str, Any] = {name: value.upper() for name, value in asked.items()}
        body["goods"] = [{"units": units, "weight_g": grams}]
        try:
            values["rates"] = await ask(
                request, shipping_rates.preview_shipping_rates, data=body, method_id=row["id"]
            )
        except ArgosyError as refusal:
            values["preview_wrong"] = refusal
    return values


def _columns(request: AnyRequest) -> list[Column]:
    def days(row: Row) -> str:
        promise = row["promise"] or {}
        low = promise.get("transit_min_days", row["min_days"])
        high = promise.get("transit_max_days", row["max_days"])
        return "" if high is None else f"{low}–{high}" if low not in (None, high) else str(high)

    return [
        column(request, "name", N_("Name")),
        column(request, "code", N_("Code"), "code", narrow=False),
        Column(
            "pricing",
            say(request, N_("Priced by")),
            lambda row: say(request, WORDS[f"pricing:{row['pricing']}"][0]),
            narrow=False,
        ),
        Column("days", say(request, N_("Days")), days, narrow=False),
        Column(
            "state",
            say(request, N_("State")),
            lambda row: "active" if row["active"] else "inactive",
            "badge",
        ),
    ]


def _zone_columns(request: AnyRequest) -> list[Column]:
    def places(row: Row) -> str:
        lines = SHIPPING_AREAS.show(row["areas"]).split("\n")
        return ", ".join(lines[:6]) + (" …" if len(lines) > 6 else "")

    return [
        column(request, "name", N_("Name")),
        column(request, "code", N_("Code"), "code"),
        Column("places", say(request, N_("Places")), places, "muted", narrow=False),
    ]


METHODS = Things(
    path=PATH,
    title=N_("Shipping"),
    new=N_("New way of shipping"),
    area="shipping",
    rows=api.list_shipping_methods,
    one=api.get_shipping_method,
    make=api.create_shipping_method,
    change=api.replace_shipping_method,
    remove=api.delete_shipping_method,
    param="method_id",
    columns=_columns,
    shaping=_shaping,
    filters=_filters,
    more=_preview,
    template="admin/shipping_method.html",
    first={"tiers": [{"from_value": 0, "price_minor": 0}], "pricing": "flat"},
    empty=(
        N_("No ways of shipping yet"),
        N_("Make a zone, then a way of shipping that goes there."),
    ),
    removal=(N_("Carts that chose it must choose another one."), N_("Orders keep their price.")),
    cards=(
        (N_("What it is"), ("channel_id", "code", "name", "description", "zone_ids", "active")),
        (N_("What it costs"), ("pricing", "tiers", "free_from", "class_rules", "tax_class")),
        (N_("When it arrives"), ("promise", "min_days", "max_days")),
        (N_("What it takes"), ("conditions", "packing", "live", "position")),
    ),
    links=(
        (N_("Try a purchase"), f"{PATH}/trial"),
        (N_("Zones"), f"{PATH}/zones"),
        (N_("Shipping classes"), f"{PATH}/classes"),
    ),
)
ZONES = Things(
    path=f"{PATH}/zones",
    title=N_("Shipping zones"),
    new=N_("New shipping zone"),
    area="shipping",
    rows=api.list_shipping_zones,
    one=api.get_shipping_zone,
    make=api.create_shipping_zone,
    change=api.replace_shipping_zone,
    remove=api.delete_shipping_zone,
    param="zone_id",
    columns=_zone_columns,
    shaping=_zone_shaping,
    empty=(N_("No shipping zones yet"), N_("A zone is places that are served alike.")),
    removal=(N_("Only a zone that no way of shipping serves can be deleted."),),
)
CLASSES = Codes(
    path=f"{PATH}/classes",
    title=N_("Shipping classes"),
    area="shipping",
    rows=api.list_shipping_classes,
    put=api.set_shipping_class,
    about=N_("A shipping class is a kind of goods that is shipped alike. Products name theirs."),
    back=(N_("Shipping"), PATH),
)
ENTRIES = (
    Entry(
        N_("Shipping"), PATH, N_("Prices and taxes"), "shipping:read", key="s", icon="shipping",
        words="delivery methods zones rates parcels promise", position=70,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [
    *pages_of(METHODS),
    *pages_of(ZONES),
    *pages_of_codes(CLASSES),
]
