"""How channels decide about taxes, what engines are told, and what registers say of tax ids."""

from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.money import Money
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.choices import all_channels, currency_of, tax_class_options
from argosy.web.admin.editing import faults_of
from argosy.web.admin.lists import Column, Filter
from argosy.web.admin.places import N_
from argosy.web.admin.sheets import pages_of_sheet, sheet
from argosy.web.admin.showing import Crumb, admin_page, money_shown, say
from argosy.web.admin.struct_forms import Document, Shaping
from argosy.web.admin.taxes import ENTITY_WORDS
from argosy.web.admin.taxes import PATH as TAXES
from argosy.web.admin.things import (
    Row,
    Things,
    column,
    moment_column,
    pages_of,
    shaped,
)
from argosy.web.api.admin import eu_sales
from argosy.web.api.admin import tax_buyers as api
from argosy.web.auth import shop
from argosy.web.pages.forms import whole_number

AnyRequest = Request[Any, Any, Any]

POLICIES = "/admin/tax-policies"
FILINGS = f"{TAXES}/filings"
CHECKS = f"{TAXES}/id-checks"
EU = f"{TAXES}/eu-sales"
_ADDRESS = ("line1", "line2", "city", "postal_code", "country", "region", "company", "phone")

POLICY_WORDS = {
    "seller_country": (N_("Sold from (country)"), N_("Two letters, as in DE.")),
    "seller_tax_id": (N_("Tax id of the seller"), ""),
    "waived_price": (N_("Who need not pay a tax that the price contains pays"), ""),
    "waived_price:net": (N_("the price without it"), ""),
    "waived_price:gross": (N_("the same price"), ""),
    "unverified": (N_("A VAT id that its register does not confirm"), ""),
    "unverified:charge": (N_("counts for nothing: tax is charged"), ""),
    "unverified:recent": (N_("counts if it was valid lately"), ""),
    "unverified:accept": (N_("counts, and the order says so"), ""),
    "recheck_s": (N_("Ask the register again after (seconds)"), ""),
    "recent_days": (N_("Lately means within (days)"), ""),
    "engine": (N_("Tax engine"), N_("As the settings name it; empty: the tables of the shop.")),
    "engine_company": (N_("Company in the tax engine"), ""),
    "engine_commit": (N_("The engine is told of a sale when it is"), ""),
    "engine_commit:placed": (N_("placed"), ""),
    "engine_commit:captured": (N_("paid"), ""),
    "refuse_above_minor": (
        N_("While the engine is down refuse purchases above"),
        N_("Empty: none is refused."),
    ),
    "origin": (N_("Sent from"), N_("Where goods leave from, as the engine has to know it.")),
    **{f"origin.{name}": ENTITY_WORDS[name] for name in _ADDRESS},
    "origin.name": (N_("Name"), ""),
    "engine_codes": (
        N_("Codes of the engine for tax classes"),
        N_("A line each, as in standard: P0000000."),
    ),
    "ioss_number": (
        N_("Number in the import one-stop shop (IOSS)"),
        N_("For goods from outside the EU worth up to 150 EUR."),
    ),
    "excise_classes": (N_("Tax classes of excise goods"), N_("They never go by that number.")),
}
STATES = {
    "open": N_("to be told"),
    "committed": N_("told"),
    "to_adjust": N_("a refund is to be told"),
    "to_void": N_("a cancellation is to be told"),
    "voided": N_("taken back"),
    "closed": N_("closed"),
    "failed": N_("the engine refused it"),
}
ANSWERS = {
    "valid": N_("valid"),
    "invalid": N_("not valid"),
    "silent": N_("the register did not answer"),
}


def _policy(request: AnyRequest, channel_id: str) -> Things:
    return sheet(
        request,
        channel_id,
        path=POLICIES,
        title=N_("The channel"),
        home=f"/admin/channels/{channel_id}",
        called=say(request, N_("How taxes are decided")),
        area="taxes",
        one=api.get_tax_policy,
        change=api.set_tax_policy,
        param="channel_id",
        shaping=_policy_shaping,
        cards=(
            (N_("Who sells"), ("seller_country", "seller_tax_id", "ioss_number",
                               "excise_classes")),
            (N_("Buyers without tax"), ("waived_price", "unverified", "recheck_s",
                                        "recent_days")),
            (N_("Tax engine"), ("engine", "engine_company", "engine_commit", "refuse_above_minor",
                                "origin", "engine_codes")),
        ),
    )  # fmt: skip


async def _policy_shaping(request: AnyRequest, _row: Document) -> Shaping:
    async with shop(request).db.reading() as tx:
        known = await all_channels(tx)
        classes = await tax_class_options(tx)
    here = request.path_params.get("thing_id")
    return shaped(
        request,
        words=POLICY_WORDS,
        options={"excise_classes": classes},
        currency=currency_of(known, here),
    )


async def _no_shaping(request: AnyRequest, _row: Document) -> Shaping:
    return shaped(request)


def _money(name: str) -> Any:
    def value(row: Row) -> Money | None:
        held = row[name]
        return None if held is None else Money(held["minor"], held["currency"])

    return value


def _filing_columns(request: AnyRequest) -> list[Column]:
    return [
        Column("order", say(request, N_("Order")), lambda row: row["order_id"], "code",
               href=lambda row: f"/admin/orders/{row['order_id']}"),
        column(request, "engine", N_("Tax engine"), "muted", narrow=False),
        Column("state", say(request, N_("State")), lambda row: say(request, STATES[row["state"]])),
        Column("charged", say(request, N_("Charged")), _money("charged_tax"), "money"),
        Column("due", say(request, N_("Due")), _money("due_tax"), "money"),
        Column("by_tables", say(request, N_("By our own tables")),
               lambda row: say(request, N_("yes")) if row["degraded"] else "", narrow=False),
        column(request, "reason", N_("Why"), "muted", narrow=False),
        moment_column(request, "next_at", N_("Next try"), narrow=False),
    ]  # fmt: skip


async def _filing_filters(request: AnyRequest) -> list[Filter]:
    said = tuple((name, say(request, label)) for name, label in STATES.items())
    down = (("true", say(request, N_("by our own tables"))),)
    return [
        Filter("filing_state", say(request, N_("State")), said),
        Filter("degraded", say(request, N_("Taxes were reckoned")), down),
    ]


_TITLE = N_("What tax engines are told")
FILED = Things(
    path=FILINGS,
    title=_TITLE,
    new="",
    area="taxes",
    rows=api.list_tax_filings,
    ident=lambda row: str(row["order_id"]),
    columns=_filing_columns,
    shaping=_no_shaping,
    filters=_filing_filters,
    empty=(
        N_("No tax engine is told anything"),
        N_("Where a channel names a tax engine, each of its orders stands here with what the engine"
           " says is due."),
    ),
)  # fmt: skip


@get(CHECKS, include_in_schema=False, guards=[may("taxes:read")])
async def show_checks(request: AnyRequest) -> Response[bytes]:
    """What registers said of a tax id: the evidence for an audit."""
    tax_id = request.query_params.get("tax_id", "").strip()[:60]
    found: Row = {"items": [], "next_cursor": None}
    refusal: ArgosyError | None = None
    if tax_id:
        try:
            found = await ask(
                request,
                api.list_tax_id_checks,
                tax_id=tax_id,
                limit=50,
                cursor=request.query_params.get("cursor"),
            )
        except ArgosyError as error:
            refusal = error
    values = {
        "tax_id": tax_id,
        "found": found,
        "path": CHECKS,
        "faults": faults_of(refusal, ["tax_id"]),
        "answers": {name: say(request, label) for name, label in ANSWERS.items()},
    }
    return _page(request, "admin/tax_checks.html", values, N_("What registers said"), refusal)


@get(EU, include_in_schema=False, guards=[may("taxes:read")])
async def show_eu_sales(request: AnyRequest) -> Response[bytes]:
    """Sales to consumers of other member states, beside the threshold."""
    year = whole_number(request.query_params.get("year", ""), least=2021, most=2100)
    found = await ask(request, eu_sales.get_eu_sales, year=year)
    this = shop(request).db.clock().year
    values = {
        "found": found,
        "money_of": money_shown(request),
        "years": [(str(one), str(one)) for one in range(this, max(this - 6, 2020), -1)],
        "path": EU,
    }
    return _page(request, "admin/eu_sales.html", values, N_("Sales to other EU countries"))


def _page(
    request: AnyRequest,
    template: str,
    values: dict[str, Any],
    title: str,
    refusal: ArgosyError | None = None,
) -> Response[bytes]:
    crumbs = [Crumb(say(request, N_("Taxes")), TAXES)]
    return admin_page(
        request, template, values, title=say(request, title), crumbs=crumbs, refusal=refusal
    )


ROUTES: list[HTTPRouteHandler] = [
    *pages_of_sheet(POLICIES, "taxes", _policy),
    *pages_of(FILED),
    show_checks,
    show_eu_sales,
]
