"""What the law wants said beside products: what is missing, by product, and who is named."""

from functools import partial
from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.modules import catalog
from argosy.modules import compliance as island
from argosy.modules.compliance import Mode
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.choices import all_channels, channel_options
from argosy.web.admin.editing import faults_of
from argosy.web.admin.lists import Column, Filter
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.raw_names import kinds_text
from argosy.web.admin.showing import Notice, admin_page, lead_to, say
from argosy.web.admin.struct_forms import Codec, Document, Options, Shaping
from argosy.web.admin.things import Row, Things, column, moment_column, pages_of, shaped
from argosy.web.api.admin import compliance as api
from argosy.web.api.admin import parties as party_api
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/compliance"
PARTIES = "/admin/parties"
_MOST_PARTIES = 1000
_MOST_VERSIONS = 10**9

PARTY_WORDS = {
    "code": (N_("Code"), N_("By which product files name it.")),
    "name": (N_("Name"), N_("As it is registered.")),
    "trade_name": (N_("Trade name or mark"), N_("Where that is not its name.")),
    "street": (N_("Street and number"), ""),
    "postal_code": (N_("Postal code"), ""),
    "city": (N_("City"), ""),
    "country": (N_("Country"), N_("Two letters, as in DE.")),
    "email": (N_("E-mail address"), ""),
    "website": (N_("Web address"), N_("For questions about safety; it or the e-mail is needed.")),
    "identifier": (
        N_("Operator identifier"),
        N_("For product passports: a GLN, an LEI or another that is its alone."),
    ),
    "eori": (N_("EORI number"), N_("Of an importer, for customs, as in DE1234567.")),
}
SHEET_WORDS = {
    "manufacturer_id": (N_("Manufacturer"), N_("None chosen: that of the brand.")),
    "responsible_id": (
        N_("Responsible person in the EU"),
        N_("Needed where the manufacturer is not established in the EU."),
    ),
    "warnings": (
        N_("Warnings and safety information"),
        N_("Each language begins a line: “en: Not for children under 3 years.”"),
    ),
    "needs_warnings": (N_("Warnings are needed"), ""),
    "documents": (N_("Documents"), N_("Files that are uploaded already, by their keys.")),
    "role": (N_("What it is"), ""),
    "role:manual": (N_("manual"), ""),
    "role:safety": (N_("safety information"), ""),
    "role:conformity": (N_("declaration of conformity"), ""),
    "role:warranty": (N_("warranty"), ""),
    "role:energy_label": (N_("energy label"), ""),
    "role:energy_sheet": (N_("product information sheet"), ""),
    "key": (N_("Key of the file"), N_("The end of its address, as in 0a1b….pdf.")),
    "locale": (N_("Language"), N_("Two letters, as in de.")),
    "title": (N_("Title"), ""),
    "energy": (N_("Energy label"), ""),
    "class": (N_("Class"), ""),
    "best": (N_("Best class of the scale"), ""),
    "worst": (N_("Worst class of the scale"), ""),
    "registration": (N_("Number in EPREL"), ""),
    "exempt": (
        N_("Rules that do not apply"),
        N_("One a line with the reason: “product_safety: an antique”, energy_label, or "
           "product_passport."),
    ),
    "passports": (
        N_("Product passports that others keep"),
        N_("The address in the data carrier, which buyers see beside the product."),
    ),
    "uri": (N_("Address of the passport"), N_("It begins with https://.")),
    "sku": (N_("SKU of the variant"), N_("Empty: it is of all variants.")),
}  # fmt: skip


def _told(texts: Any) -> str:
    return "\n".join(f"{name}: {text}" for name, text in dict(texts).items())


def _read_texts(typed: str) -> dict[str, str]:
    """`name: text`, and lines that go on with it. What has no name is refused by the schema."""
    found: dict[str, str] = {}
    name = ""
    for line in typed.replace("\r\n", "\n").strip().split("\n"):
        head, colon, rest = line.partition(":")
        if colon and head.strip() and " " not in head.strip() and len(head.strip()) <= 20:
            name = head.strip()
            found[name] = rest.strip()
        elif line.strip() or name:
            found[name] = f"{found.get(name, '')}\n{line}".strip("\n")
    return {name: text for name, text in found.items() if text.strip()}


TEXTS = Codec(_told, _read_texts)


async def _party_shaping(request: AnyRequest, _row: Document) -> Shaping:
    return shaped(request, words=PARTY_WORDS)


def _party_columns(request: AnyRequest) -> list[Column]:
    return [
        column(request, "name", N_("Name")),
        column(request, "code", N_("Code"), "muted"),
        column(request, "country", N_("Country")),
        column(request, "email", N_("E-mail address"), "muted", narrow=False),
    ]


PARTY_PAGES = Things(
    path=PARTIES,
    title=N_("Manufacturers and responsible persons"),
    new=N_("New party"),
    area="catalog",
    rows=party_api.list_parties,
    one=party_api.get_party,
    make=party_api.make_party,
    change=party_api.alter_party,
    remove=party_api.drop_party,
    param="party_id",
    columns=_party_columns,
    shaping=_party_shaping,
    empty=(
        N_("Nobody yet"),
        N_("Beside each product the law wants its manufacturer named, and how to reach it."),
    ),
    removal=(N_("Only a party that no product and no brand names can be removed."),),
    links=((N_("What is missing"), PATH),),
)


async def _parties(request: AnyRequest) -> Options:
    async with shop(request).db.reading() as tx:
        found = await island.list_parties(tx, limit=_MOST_PARTIES)
    return [(encode("party", one.id), one.name) for one in found]


async def _sheet_shaping(request: AnyRequest, _row: Document) -> Shaping:
    known = await _parties(request)
    return shaped(
        request,
        words=SHEET_WORDS,
        options={"manufacturer_id": known, "responsible_id": known},
        codecs={"warnings": TEXTS, "exempt": TEXTS},
    )


def _columns(request: AnyRequest) -> list[Column]:
    def lacks(row: Row) -> str:
        rules = dict.fromkeys(one["rule"] for one in row["missing"])
        return kinds_text(rules, partial(say, request))

    return [
        column(request, "title", N_("Product")),
        column(request, "channel", N_("Channel"), "muted"),
        Column("missing", say(request, N_("Missing")), lacks),
        column(request, "brand", N_("Brand"), "muted", narrow=False),
        moment_column(request, "found_at", N_("Since"), narrow=False),
    ]


async def _filters(request: AnyRequest) -> list[Filter]:
    async with shop(request).db.reading() as tx:
        known = channel_options(await all_channels(tx))
    return [Filter("channel", say(request, N_("Channel")), tuple(known))]


async def _judged(
    request: AnyRequest, row: Row | None, _document: Document, _form: Form
) -> dict[str, Any]:
    """What the product is called, and what it lacks in each channel that judges."""
    assert row is not None
    async with shop(request).db.reading() as tx:
        product = await catalog.product_by_id(tx, decode("product", row["id"]))
    return {"judged": row["lacking"], "product_id": row["id"], "product": product.row.title}


SHEETS = Things(
    path=PATH,
    title=N_("Safety and conformity"),
    new="",
    area="catalog",
    rows=api.list_compliance_findings,
    one=api.get_product_sheet,
    change=api.set_product_sheet,
    param="product_id",
    columns=_columns,
    shaping=_sheet_shaping,
    called=lambda row: str(row["id"]),
    filters=_filters,
    template="admin/compliance.html",
    more=_judged,
    empty=(
        N_("Nothing is missing"),
        N_("Products stand here that a channel shows without what the law wants said beside them. "
           "Channels judge their products once you ask for it."),
    ),
    cards=(
        (N_("Who is responsible"), ("manufacturer_id", "responsible_id")),
        (N_("Safety"), ("needs_warnings", "warnings", "documents")),
        (N_("Energy"), ("energy",)),
        (N_("Product passports"), ("passports",)),
        (N_("Exceptions"), ("exempt",)),
    ),
    links=(
        (N_("Manufacturers and responsible persons"), PARTIES),
        (N_("What channels do about it"), f"{PATH}/channels"),
        (N_("Categories with an energy label"), f"{PATH}/energy/categories"),
    ),
)  # fmt: skip

MODES: dict[Mode, str] = {
    "off": N_("judge nothing"),
    "warn": N_("show them in the list"),
    "refuse": N_("do not publish them"),
}


@get(f"{PATH}/channels", include_in_schema=False, guards=[may("catalog:read")])
async def show_policies(request: AnyRequest) -> Response[bytes]:
    """What each channel does about products that lack something."""
    return await _policies_page(request)


@post(
    f"{PATH}/channels/{{channel_id:str}}",
    include_in_schema=False,
    guards=[own_pages_only, may("catalog:write")],
)
async def save_policy(request: AnyRequest, channel_id: str) -> Response[bytes]:
    """Write what a channel does; the worker judges its products by it."""
    form = await read_form(request)
    version = whole_number(form["version"], least=0, most=_MOST_VERSIONS)
    data = {"mode": form["mode"], "languages": form["languages"].replace(",", " ").split()}
    try:
        await ask(
            request, api.set_compliance_policy, channel_id=channel_id, data=data, version=version
        )
    except ArgosyError as refusal:
        return await _policies_page(request, refusal, channel_id, form)
    said = say(request, N_("Saved. The list follows within minutes."))
    return lead_to(request, f"{PATH}/channels", Notice(said))


async def _policies_page(
    request: AnyRequest,
    refusal: ArgosyError | None = None,
    refused: str = "",
    typed: Form | None = None,
) -> Response[bytes]:
    """All channels, each with its form; that of the `refused` one as it was typed."""
    async with shop(request).db.reading() as tx:
        known = await all_channels(tx)
        policies = await island.policies(tx)
    rows = []
    for (public, name), channel in zip(channel_options(known), known, strict=True):
        held = policies.get(channel.id, island.Policy(channel_id=channel.id))
        shown = {"mode": held.mode, "languages": ", ".join(held.languages)}
        if public == refused and typed is not None:
            shown = {one: typed[one] for one in shown}
        countries = ", ".join(channel.countries)
        rows.append((public, name, held.version, shown, countries))
    values = {
        "rows": rows,
        "modes": [(mode, say(request, label)) for mode, label in MODES.items()],
        "path": f"{PATH}/channels",
        "refused": refused,
        "faults": faults_of(refusal, ["languages", "mode"]),
    }
    title = say(request, N_("What channels do about it"))
    return admin_page(
        request, "admin/compliance_channels.html", values, title=title, refusal=refusal
    )


ENTRIES = (
    Entry(
        N_("Safety and conformity"), PATH, N_("Conformity"), "catalog:read", icon="check",
        words="compliance gpsr manufacturer responsible person energy label warnings", position=70,
    ),
    Entry(
        N_("Manufacturers and responsible persons"), PARTIES, N_("Conformity"), "catalog:read",
        icon="staff", words="parties importer gpsr", position=71,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [
    show_policies,
    save_policy,
    *pages_of(PARTY_PAGES),
    *pages_of(SHEETS),
]
