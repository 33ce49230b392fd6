"""What units cost the shop itself: all that is known, and of one variant with its periods."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode
from argosy.kernel.iso4217 import EXPONENTS
from argosy.kernel.money import Money
from argosy.kernel.wall_clock import check_year, instant_of
from argosy.modules import catalog
from argosy.modules.pricing import CostInvalid, FactChanged
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.choices import all_channels
from argosy.web.admin.editing import (
    CHOOSE,
    OPENED,
    SEEN,
    Clash,
    chosen,
    clash_of,
    faults_of,
    seen,
    seen_in,
)
from argosy.web.admin.lists import Column
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.product_variants import VARIANTS
from argosy.web.admin.rule_builder import money_read
from argosy.web.admin.showing import Crumb, Notice, Undo, admin_page, lead_to, say, zone_of
from argosy.web.admin.variant_facts import CHANGED, MOST_VERSIONS, Facts, pages_of_facts
from argosy.web.api.admin import price_facts as api
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only
from argosy.web.pages.wording import decimal_text

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/costs"
_ONE = f"{PATH}/{{variant_id:str}}"
_FIELDS = ("amount", "currency", "valid_from", "valid_until")
_MOST_MINOR = 10**12
# What the API's refusals name, as the form does.
_NAMES = {f"costs.0.{name}": name for name in _FIELDS} | {
    "costs.0.amount_minor": "amount",
    "costs": "valid_from",
}


class CostRow(NamedTuple):
    """A cost with the SKU of its variant. `state`: applies, later, past or otherwise (one with a
    period goes before it now).
    """

    variant_id: str
    sku: str
    amount: Money
    valid_from: datetime | None
    valid_until: datetime | None
    state: str
    version: int

    @property
    def named(self) -> dict[str, str]:
        """Which cost it is, as the form that removes it says."""
        ends = (("valid_from", self.valid_from), ("valid_until", self.valid_until))
        return {
            "currency": self.amount.currency,
            "amount": decimal_text(self.amount),
            **{name: at.isoformat() if at else "" for name, at in ends},
            "version": str(self.version),
        }

    @property
    def key(self) -> str:
        """Which cost of its variant it is."""
        return _key(self.amount.currency, self.valid_from, self.valid_until)


@get(_ONE, include_in_schema=False, guards=[may("costs:read")])
async def show_variant_costs(request: AnyRequest, variant_id: str) -> Response[bytes]:
    """What a unit of a variant has cost, costs now and will cost. Three statements."""
    return await _one(request, variant_id, Form(), None)


@post(_ONE, include_in_schema=False, guards=[own_pages_only, may("costs:write")])
async def set_cost(request: AnyRequest, variant_id: str) -> Response[bytes]:
    """Set a cost, always or for a period. One that somebody else set meanwhile is shown first."""
    form = chosen(await read_form(request), ["amount"])
    if form[CHOOSE + "amount"] == "theirs" and not form["amount"]:
        return lead_to(request, f"{PATH}/{variant_id}")  # They removed it, and that is to stay.
    try:
        await _check_there(request, variant_id)
        cost = _typed(request, form) | {"variant_id": variant_id}
        cost["version"], _ = seen_in(form, _key_of(cost))
        await ask(request, api.set_costs, data={"costs": [cost]})
    except ArgosyError as refusal:
        return await _one(request, variant_id, form, refusal)
    return lead_to(request, f"{PATH}/{variant_id}", Notice(say(request, N_("The cost is set."))))


@post(f"{_ONE}/remove", include_in_schema=False, guards=[own_pages_only, may("costs:write")])
async def remove_cost(request: AnyRequest, variant_id: str) -> Response[bytes]:
    """Forget a cost; the notice takes it back."""
    form = await read_form(request)
    path = f"{PATH}/{variant_id}"
    try:
        wanted = _period(request, form) | {
            "variant_id": variant_id,
            "currency": _currency(request, form),
            "version": whole_number(form["version"], least=0, most=MOST_VERSIONS),
        }
        done = await ask(request, api.remove_costs, data={"costs": [wanted]})
    except FactChanged as refusal:
        if refusal.details["version"]:
            return lead_to(request, path, Notice(say(request, CHANGED), "bad"))
        done = {"changed": 0}
    except ArgosyError as refusal:
        return await _one(request, variant_id, form, refusal)
    if not done["changed"]:
        said = say(request, N_("Somebody else removed it already."))
        return lead_to(request, path, Notice(said, "info"))
    back = {name: form[name] for name in _FIELDS} | {SEEN: seen({})}
    undo = Undo(path, back) if form["amount"] else None
    return lead_to(request, path, Notice(say(request, N_("The cost is removed.")), undo=undo))


def _key(currency: str, valid_from: datetime | None, valid_until: datetime | None) -> str:
    ends = (at.astimezone(UTC).isoformat() if at else "" for at in (valid_from, valid_until))
    return "|".join((currency, *ends))


def _key_of(cost: Mapping[str, Any]) -> str:
    return _key(cost["currency"], _at(cost["valid_from"]), _at(cost["valid_until"]))


def _at(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


async def _check_there(request: AnyRequest, variant_id: str) -> None:
    async with shop(request).db.reading() as tx:
        await catalog.variant_by_id(tx, decode("variant", variant_id, field="variant_id"))


def _typed(request: AnyRequest, form: Form) -> dict[str, Any]:
    """The cost of the form, as the API takes it. Raises CostInvalid at the field."""
    currency = _currency(request, form)
    read = money_read(f"{form['amount']} {currency}")
    if not form["amount"] or not isinstance(read, dict) or read[currency] > _MOST_MINOR:
        said = say(request, N_("This is no amount in %(currency)s."), currency=currency)
        raise CostInvalid(said, field="amount")
    return {"currency": currency, "amount_minor": read[currency]} | _period(request, form)


def _currency(request: AnyRequest, form: Form) -> str:
    currency = form["currency"].upper()
    if currency not in EXPONENTS:
        said = say(request, N_("This is no currency. Write three letters: EUR"))
        raise CostInvalid(said, field="currency")
    return currency


def _period(request: AnyRequest, form: Form) -> dict[str, Any]:
    return {name: _instant(request, form, name) for name in ("valid_from", "valid_until")}


def _instant(request: AnyRequest, form: Form, name: str) -> str | None:
    """What was typed, by the person's clock; or an instant that the page itself wrote."""
    if not form[name]:
        return None
    try:
        at = datetime.fromisoformat(form[name][:40])
        if at.tzinfo is None:
            check_year(at, name)
            at = instant_of(at, ZoneInfo(zone_of(request))).instant
        return at.isoformat()
    except (ValueError, OverflowError) as error:
        said = say(request, N_("This is no date and time."))
        raise CostInvalid(said, field=name) from error


async def _one(
    request: AnyRequest, variant_id: str, form: Form, refusal: ArgosyError | None
) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        found = decode("variant", variant_id, field="variant_id")
        variant = await catalog.variant_by_id(tx, found)
        known = await all_channels(tx)
    items = (await ask(request, api.list_costs, variants=[variant_id]))["items"]
    rows, clash = _rows(request, items, {variant_id: variant.sku}), None
    if isinstance(refusal, FactChanged):
        clash = await _clash(request, variant_id, form, rows)
        form = Form({**form, **clash.merged, SEEN: ""})
    known_now = seen({row.key: (row.version, decimal_text(row.amount)) for row in rows})
    values = {
        "rows": rows,
        "seen": form[SEEN] or known_now,
        "clash": clash,
        "path": f"{PATH}/{variant_id}",
        "variant_path": f"{VARIANTS}/{variant_id}",
        "form": form,
        "currency": form["currency"] or (known[0].currency if known else ""),
        "faults": faults_of(None if clash else refusal, _FIELDS, _NAMES),
    }
    return admin_page(
        request,
        "admin/costs.html",
        values,
        title=say(request, N_("What %(sku)s costs us"), sku=variant.sku),
        crumbs=[Crumb(say(request, N_("Costs")), PATH)],
        refusal=refusal,
    )


async def _clash(
    request: AnyRequest, variant_id: str, form: Form, rows: Iterable[CostRow]
) -> Clash:
    """What the cost of the form was when it was opened, what was typed, and what it is now."""
    cost = _typed(request, form)
    key = _key_of(cost)
    yours = decimal_text(Money(cost["amount_minor"], cost["currency"]))
    typed = Form({**form, "amount": yours, OPENED + "amount": seen_in(form, key)[1]})
    now = {"amount": next((decimal_text(one.amount) for one in rows if one.key == key), "")}
    labels = {"amount": say(request, N_("Cost of a unit"))}
    async with shop(request).db.reading() as tx:
        return await clash_of(tx, variant_id, labels, typed, now)


def _rows(
    request: AnyRequest, items: Iterable[Mapping[str, Any]], skus: Mapping[str, str]
) -> list[CostRow]:
    now = shop(request).db.clock()

    found = [
        CostRow(
            one["variant_id"],
            skus.get(one["variant_id"], one["variant_id"]),
            Money(one["amount_minor"], one["currency"]),
            _at(one["valid_from"]),
            _at(one["valid_until"]),
            "",
            one["version"],
        )
        for one in items
    ]
    placed = [row._replace(state=_when(row, now)) for row in found]
    dated = {
        (row.variant_id, row.amount.currency)
        for row in placed
        if row.state == "applies" and (row.valid_from or row.valid_until)
    }
    return [
        row._replace(state="otherwise")
        if (row.variant_id, row.amount.currency) in dated
        and not (row.valid_from or row.valid_until)
        else row
        for row in placed
    ]


def _when(row: CostRow, now: datetime) -> str:
    if row.valid_from is not None and now < row.valid_from:
        return "later"
    return "past" if row.valid_until is not None and row.valid_until <= now else "applies"


def _columns(request: AnyRequest) -> list[Column]:
    return [
        Column("sku", say(request, N_("SKU")), lambda row: row.sku),
        Column("cost", say(request, N_("Cost of a unit")), lambda row: row.amount, "money"),
        Column(
            "valid_from", say(request, N_("From")), lambda row: row.valid_from, "instant",
            narrow=False,
        ),
        Column(
            "valid_until", say(request, N_("Until")), lambda row: row.valid_until, "instant",
            narrow=False,
        ),
    ]  # fmt: skip


COSTS = Facts(
    path=PATH,
    title=N_("Costs"),
    area="costs",
    rows=api.list_costs,
    shown=_rows,
    variant_of=lambda row: str(row.variant_id),
    columns=_columns,
    empty=(
        N_("No costs are known"),
        N_(
            "What a unit costs you guards promotions and prices against selling below it."
            " Set it on the page of a variant; no shopper is ever told."
        ),
    ),
)
ENTRIES = (
    Entry(
        N_("Costs"), PATH, N_("Prices and taxes"), "costs:read", icon="books",
        words="purchase price margin landed cost of goods", position=25,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [
    *pages_of_facts(COSTS),
    show_variant_costs,
    set_cost,
    remove_cost,
]
