"""Taxes: zones with their dated rates, classes, shipped packs, and who issues invoices."""

from typing import Any, get_args

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.modules import tax
from argosy.web.admin.access import may
from argosy.web.admin.area_lines import TAX_AREAS
from argosy.web.admin.calling import ask
from argosy.web.admin.choices import all_channels, channel_options, tax_class_options
from argosy.web.admin.lists import Column
from argosy.web.admin.named_codes import Codes, pages_of_codes
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import Notice, lead_to, refusal_text, say
from argosy.web.admin.struct_forms import PERCENT, Document, Shaping, percent_shown
from argosy.web.admin.things import (
    Row,
    Things,
    column,
    form_page,
    pages_of,
    removal_page,
    remove_one,
    row_of,
    save_new,
    save_one,
    shaped,
)
from argosy.web.api.admin import legal_entities
from argosy.web.api.admin import taxes as api
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/taxes"
_RATES = f"{PATH}/{{zone_id:str}}/rates"
PACKS: tuple[str, ...] = get_args(tax.TaxPack)

ZONE_WORDS = {
    "code": (N_("Code"), ""),
    "name": (N_("Name"), ""),
    "areas": (
        N_("Places"),
        N_("One a line: a country, a region of it, the beginning of postal codes: DE, US-CA 902."),
    ),
    "channel_id": (N_("Only for"), N_("None chosen: for all channels.")),
    "priority": (N_("Priority"), N_("Of zones that fit equally well the higher one counts.")),
    "source": (N_("Source"), N_("Where the rates are published.")),
    "rates": (N_("Rates"), ""),
    "rates[]": (N_("Rate"), ""),
}
RATE_WORDS = {
    "tax_class": (N_("Tax class"), ""),
    "code": (N_("Code"), N_("As in DE.standard.")),
    "name": (N_("Name"), N_("As invoices say it.")),
    "jurisdiction": (N_("Jurisdiction"), N_("Whose tax it is.")),
    "rate": (N_("Rate in percent"), ""),
    "treatment": (N_("Treatment"), ""),
    "treatment:standard": (N_("taxed"), ""),
    "treatment:zero_rated": (N_("zero rated"), ""),
    "treatment:exempt": (N_("exempt"), ""),
    "treatment:reverse_charge": (N_("reverse charge"), ""),
    "treatment:intra_community": (N_("intra-community supply"), ""),
    "treatment:export": (N_("export"), ""),
    "treatment:out_of_scope": (N_("out of scope"), ""),
    "treatment:margin_scheme": (N_("margin scheme"), ""),
    "compound": (N_("On top of the taxes before it"), ""),
    "position": (N_("Place"), N_("Lower ones are reckoned first.")),
    "valid_from": (N_("In force from"), ""),
    "valid_until": (N_("Until, not included"), N_("An earlier rate must end before the next.")),
    "source": (N_("Source"), N_("Where the rate is published.")),
}
ENTITY_WORDS = {
    "code": (N_("Code"), ""),
    "name": (N_("Name"), N_("As it is registered.")),
    "address": (N_("Address"), ""),
    "address.name": (N_("Name"), ""),
    "tax_id": (N_("Tax id"), ""),
    "email": (N_("E-mail address"), ""),
    "registration": (N_("Registration"), N_("Court and number, as the law asks for them.")),
    "channel_ids": (N_("Sells through"), ""),
    "invoice_prefix": (N_("Invoice numbers begin with"), ""),
    "credit_prefix": (N_("Credit notes begin with"), ""),
    "yearly": (N_("The year stands in the number, and counting begins anew with it"), ""),
    "time_zone": (N_("Time zone"), N_("As in Europe/Berlin; its calendar decides the year.")),
    "automatic": (N_("Issue invoices by itself when an order is paid in full"), ""),
    "line1": (N_("Street and number"), ""),
    "line2": (N_("Further line"), ""),
    "city": (N_("City"), ""),
    "postal_code": (N_("Postal code"), ""),
    "country": (N_("Country"), N_("Two letters, as in DE.")),
    "region": (N_("Region"), ""),
    "company": (N_("Company"), ""),
    "phone": (N_("Phone"), ""),
}


async def _zone_shaping(request: AnyRequest, _row: Document) -> Shaping:
    async with shop(request).db.reading() as tx:
        known = channel_options(await all_channels(tx))
        classes = await tax_class_options(tx)
    words = ZONE_WORDS | {f"rates.{name}": said for name, said in RATE_WORDS.items()}
    return shaped(
        request,
        words={**RATE_WORDS, **words},
        options={"channel_id": known, "tax_class": classes},
        codecs={"areas": TAX_AREAS, "rates.rate": PERCENT},
    )


async def _rate_shaping(request: AnyRequest, _row: Document) -> Shaping:
    async with shop(request).db.reading() as tx:
        classes = await tax_class_options(tx)
    options = {"tax_class": classes}
    return shaped(request, words=RATE_WORDS, options=options, codecs={"rate": PERCENT})


async def _entity_shaping(request: AnyRequest, _row: Document) -> Shaping:
    async with shop(request).db.reading() as tx:
        known = channel_options(await all_channels(tx))
    return shaped(request, words=ENTITY_WORDS, options={"channel_ids": known})


async def _rates_of(
    request: AnyRequest, row: Row | None, _document: Document, _form: Form
) -> dict[str, Any]:
    today = shop(request).db.clock().date().isoformat()
    rates = [] if row is None else row["rates"]
    shown = [
        one
        | {
            "percent": percent_shown(one["rate"]),
            "over": bool(one["valid_until"] and one["valid_until"] <= today),
            "ahead": bool(one["valid_from"] and one["valid_from"] > today),
            "said": say(request, RATE_WORDS[f"treatment:{one['treatment']}"][0]),
        }
        for one in rates
    ]
    return {"rates": sorted(shown, key=lambda one: (one["tax_class"], one["valid_from"] or ""))}


def _zone_columns(request: AnyRequest) -> list[Column]:
    def places(row: Row) -> str:
        lines = TAX_AREAS.show(row["areas"]).split("\n")
        return ", ".join(lines[:6]) + (" …" if len(lines) > 6 else "")

    return [
        column(request, "name", N_("Name")),
        column(request, "code", N_("Code"), "code", narrow=False),
        Column("places", say(request, N_("Places")), places, "muted", narrow=False),
        Column("rates", say(request, N_("Rates")), lambda row: len(row["rates"]), "number"),
        column(request, "priority", N_("Priority"), "number", narrow=False),
    ]


def _entity_columns(request: AnyRequest) -> list[Column]:
    return [
        column(request, "name", N_("Name")),
        column(request, "tax_id", N_("Tax id")),
        column(request, "invoice_prefix", N_("Invoices"), "code", narrow=False),
        column(request, "credit_prefix", N_("Credit notes"), "code", narrow=False),
        Column(
            "channels", say(request, N_("Channels")), lambda row: len(row["channel_ids"]), "number"
        ),
    ]


ZONES = Things(
    path=PATH,
    title=N_("Taxes"),
    new=N_("New tax zone"),
    area="taxes",
    rows=api.list_tax_zones,
    one=api.get_tax_zone,
    make=api.create_tax_zone,
    change=api.replace_tax_zone,
    remove=api.delete_tax_zone,
    param="zone_id",
    columns=_zone_columns,
    shaping=_zone_shaping,
    more=_rates_of,
    template="admin/tax_zone.html",
    list_template="admin/taxes.html",
    empty=(
        N_("No tax zones yet"),
        N_("A zone is a place with its own taxes. Load a shipped pack, or make zones by hand."),
    ),
    removal=(
        N_("Nothing is taxed by its rates any more."),
        N_("Orders keep the rates that they were placed with."),
    ),
    cards=((N_("Zone"), ("code", "name", "areas", "channel_id", "priority", "source")),),
    links=(
        (N_("Try a purchase"), f"{PATH}/trial"),
        (N_("Tax classes"), f"{PATH}/classes"),
        (N_("Sellers and invoice numbers"), f"{PATH}/sellers"),
        (N_("Sales to other EU countries"), f"{PATH}/eu-sales"),
        (N_("What tax engines are told"), f"{PATH}/filings"),
        (N_("What registers said"), f"{PATH}/id-checks"),
    ),
    beside={"packs": PACKS},
)
ENTITIES = Things(
    path=f"{PATH}/sellers",
    title=N_("Sellers and invoice numbers"),
    new=N_("New seller"),
    area="taxes",
    rows=legal_entities.list_legal_entities,
    one=legal_entities.get_legal_entity,
    make=legal_entities.create_legal_entity,
    change=legal_entities.replace_legal_entity,
    param="legal_entity_id",
    columns=_entity_columns,
    shaping=_entity_shaping,
    empty=(
        N_("No sellers yet"),
        N_("A seller is the legal entity that sells through channels and issues their invoices."),
    ),
    cards=(
        (N_("Who sells"), ("code", "name", "address", "tax_id", "email", "registration")),
        (
            N_("Invoices"),
            ("channel_ids", "invoice_prefix", "credit_prefix", "yearly", "time_zone", "automatic"),
        ),
    ),
)
CLASSES = Codes(
    path=f"{PATH}/classes",
    title=N_("Tax classes"),
    area="taxes",
    rows=api.list_tax_classes,
    put=api.set_tax_class,
    about=N_("A tax class is a kind of goods that is taxed alike. Products name theirs."),
    back=(N_("Taxes"), PATH),
)


def _rates(zone_id: str) -> Things:
    """The rates of a zone as things of their own."""

    async def find(request: AnyRequest, rate_id: str) -> Row:
        zone = await row_of(request, ZONES, zone_id)
        for rate in zone["rates"]:
            if rate["id"] == rate_id:
                return dict(rate)
        return await row_of(request, ZONES, rate_id)  # raises what is said of an unknown id

    return Things(
        path=f"{PATH}/{zone_id}/rates",
        home=f"{PATH}/{zone_id}",
        title=N_("Tax zone"),
        new=N_("New rate"),
        area="taxes",
        rows=api.list_tax_zones,
        make=api.add_tax_rate,
        change=api.replace_tax_rate,
        remove=api.delete_tax_rate,
        param="rate_id",
        given={"zone_id": zone_id},
        find=find,
        columns=_zone_columns,
        shaping=_rate_shaping,
        empty=("", ""),
        removal=(N_("Orders keep the rates that they were placed with."),),
        cards=(
            (N_("Rate"), ("tax_class", "rate", "name", "code", "jurisdiction", "treatment")),
            (N_("When and how"), ("valid_from", "valid_until", "compound", "position", "source")),
        ),
    )


@get(f"{_RATES}/new", include_in_schema=False, guards=[may("taxes:write")])
async def show_new_rate(request: AnyRequest, zone_id: str) -> Response[bytes]:
    """The form of a new rate."""
    zone = await row_of(request, ZONES, zone_id)
    return await form_page(request, _rates(zone_id), None, {"jurisdiction": zone["code"]})


@post(f"{_RATES}/new", include_in_schema=False, guards=[own_pages_only, may("taxes:write")])
async def add_rate(request: AnyRequest, zone_id: str) -> Response[bytes]:
    """Add a rate to a zone."""
    return await save_new(request, _rates(zone_id))


@get(f"{_RATES}/{{rate_id:str}}", include_in_schema=False, guards=[may("taxes:read")])
async def show_rate(request: AnyRequest, zone_id: str, rate_id: str) -> Response[bytes]:
    """The form of a rate."""
    kind = _rates(zone_id)
    row = await row_of(request, kind, rate_id)
    return await form_page(request, kind, row, row)


@post(
    f"{_RATES}/{{rate_id:str}}",
    include_in_schema=False,
    guards=[own_pages_only, may("taxes:write")],
)
async def save_rate(request: AnyRequest, zone_id: str, rate_id: str) -> Response[bytes]:
    """Write a rate, for instance its end."""
    return await save_one(request, _rates(zone_id), rate_id)


@get(f"{_RATES}/{{rate_id:str}}/delete", include_in_schema=False, guards=[may("taxes:write")])
async def ask_remove_rate(request: AnyRequest, zone_id: str, rate_id: str) -> Response[bytes]:
    """Before a rate goes."""
    return await removal_page(request, _rates(zone_id), rate_id)


@post(
    f"{_RATES}/{{rate_id:str}}/delete",
    include_in_schema=False,
    guards=[own_pages_only, may("taxes:write")],
)
async def remove_rate(request: AnyRequest, zone_id: str, rate_id: str) -> Response[bytes]:
    """Remove a rate."""
    return await remove_one(request, _rates(zone_id), rate_id)


@post(f"{PATH}/packs", include_in_schema=False, guards=[own_pages_only, may("taxes:write")])
async def load_pack(request: AnyRequest) -> Response[bytes]:
    """Make the zones and rates of a shipped pack; loading it again changes nothing."""
    form = await read_form(request)
    try:
        done = await ask(request, api.load_tax_pack, data={"pack": form["pack"]})
    except ArgosyError as refusal:
        return lead_to(request, PATH, Notice(refusal_text(request, refusal), "bad"))
    said = say(
        request,
        N_("%(zones)s zones and %(rates)s rates are made, as of %(day)s."),
        zones=done["zones_created"],
        rates=done["rates_created"],
        day=done["as_of"],
    )
    return lead_to(request, PATH, Notice(said))


ENTRIES = (
    Entry(
        N_("Taxes"), PATH, N_("Prices and taxes"), "taxes:read", key="t", icon="taxes",
        words="vat sales tax zones rates classes invoices sellers", position=60,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [
    *pages_of(ZONES),
    *pages_of(ENTITIES),
    *pages_of_codes(CLASSES),
    show_new_rate,
    add_rate,
    show_rate,
    save_rate,
    ask_remove_rate,
    remove_rate,
    load_pack,
]
