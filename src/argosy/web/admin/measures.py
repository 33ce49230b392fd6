"""What units of variants hold, which their prices per kilogram, litre, metre or piece come from."""

from collections.abc import Iterable, Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode
from argosy.modules import catalog, pricing
from argosy.modules.pricing import FactChanged, MeasureInvalid
from argosy.web.admin.access import may
from argosy.web.admin.calling import ask
from argosy.web.admin.editing import OPENED, chosen, clash_of, faults_of
from argosy.web.admin.lists import Column
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.product_variants import VARIANTS
from argosy.web.admin.refusals import InTheirWords
from argosy.web.admin.showing import Crumb, Notice, Undo, admin_page, lead_to, say
from argosy.web.admin.variant_facts import CHANGED, MOST_VERSIONS, Facts, pages_of_facts
from argosy.web.api.admin import price_facts as api
from argosy.web.auth import shop
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]
Row = dict[str, Any]

PATH = "/admin/measures"
_ONE = f"{PATH}/{{variant_id:str}}"
_FIELDS = ("content", "unit", "drained", "base_quantity", "base_unit")
_LABELS = {
    "content": N_("Content"),
    "unit": N_("Unit of measure"),
    "drained": N_("Drained weight"),
    "base_quantity": N_("Price is told per"),
    "base_unit": N_("Unit of that"),
}
_NUMBERS = ("content", "drained", "base_quantity")
_WHOLE_DIGITS, _PLACES = 9, 6
UNITS = {
    "mg": "mg",
    "g": "g",
    "kg": "kg",
    "oz": "oz",
    "lb": "lb",
    "ml": "ml",
    "cl": "cl",
    "l": "l",
    "m3": "m³",
    "fl_oz": "fl oz",
    "mm": "mm",
    "cm": "cm",
    "m": "m",
    "cm2": "cm²",
    "m2": "m²",
    "piece": N_("piece"),
}


@get(_ONE, include_in_schema=False, guards=[may("prices:read")])
async def show_measure(request: AnyRequest, variant_id: str) -> Response[bytes]:
    """What a unit of a variant holds. Two statements."""
    return await _one(request, variant_id, None, None)


@post(_ONE, include_in_schema=False, guards=[own_pages_only, may("prices:write")])
async def set_measure(request: AnyRequest, variant_id: str) -> Response[bytes]:
    """Say what a unit holds; sent twice, it is said once."""
    form = chosen(await read_form(request), _FIELDS)
    try:
        async with shop(request).db.reading() as tx:
            await catalog.variant_by_id(tx, decode("variant", variant_id, field="variant_id"))
        measure = _typed(request, form) | _read(form) | {"variant_id": variant_id}
        await ask(request, api.set_measures, data={"measures": [measure]})
    except ArgosyError as refusal:
        return await _one(request, variant_id, form, refusal)
    return lead_to(request, f"{PATH}/{variant_id}", Notice(say(request, N_("Saved."))))


@post(f"{_ONE}/remove", include_in_schema=False, guards=[own_pages_only, may("prices:write")])
async def remove_measure(request: AnyRequest, variant_id: str) -> Response[bytes]:
    """Forget what a unit holds; the notice takes it back."""
    path = f"{PATH}/{variant_id}"
    read = _read(await read_form(request))
    was = await _known(request, variant_id)
    body: Row = {"variant_ids": [variant_id]}
    if read:
        body["versions"] = {variant_id: read["version"]}
    try:
        await ask(request, api.remove_measures, data=body)
    except FactChanged:
        return lead_to(request, path, Notice(say(request, CHANGED), "bad"))
    back = {} if was is None else {name: was[name] or "" for name in _FIELDS}
    undo = Undo(path, back | {"version": "0"}) if back else None
    said = say(request, N_("The shop shows no price per unit of measure any more."))
    return lead_to(request, path, Notice(said, undo=undo))


def _typed(request: AnyRequest, form: Form) -> Row:
    """The measure of the form, as the API takes it. Raises MeasureInvalid at the field."""
    made: Row = {"content": "", "base_quantity": "1"}
    for name in _NUMBERS:
        text = form[name].replace(",", ".")
        whole, dot, places = text.partition(".")
        if text and not (
            text.isascii() and whole.isdigit() and len(whole) <= _WHOLE_DIGITS
            and (not dot or (places.isdigit() and len(places) <= _PLACES))
        ):  # fmt: skip
            raise MeasureInvalid(InTheirWords(say(request, N_("This is no number."))), field=name)
        if text:
            made[name] = text
    if not made["content"]:
        raise MeasureInvalid(
            InTheirWords(say(request, N_("This has to be filled in."))), field="content"
        )
    for name in ("unit", "base_unit"):
        if form[name] in pricing.UNITS:
            made[name] = form[name]
        elif name == "unit" or form[name]:
            raise MeasureInvalid(
                InTheirWords(say(request, N_("There is no such unit."))), field=name
            )
    return made


def _read(form: Form) -> dict[str, int]:
    """The version that the form was opened with, if it says one."""
    version = whole_number(form["version"], least=0, most=MOST_VERSIONS)
    return {} if version is None else {"version": version}


async def _known(request: AnyRequest, variant_id: str) -> Row | None:
    found = (await ask(request, api.list_measures, variants=[variant_id]))["items"]
    return found[0] if found else None


async def _one(
    request: AnyRequest, variant_id: str, form: Form | None, refusal: ArgosyError | None
) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        found = decode("variant", variant_id, field="variant_id")
        variant = await catalog.variant_by_id(tx, found)
    known = await _known(request, variant_id)
    now = {name: (known or {}).get(name) or "" for name in _FIELDS}
    opened = now if form is None else {name: form[OPENED + name] for name in _FIELDS}
    version = (known or {}).get("version", 0) if form is None else form["version"]
    form, clash = Form(now) if form is None else form, None
    if isinstance(refusal, FactChanged):
        labels = {name: say(request, label) for name, label in _LABELS.items()}
        typed = {name: _typed(request, form).get(name) or "" for name in _FIELDS}
        async with shop(request).db.reading() as tx:
            clash = await clash_of(tx, variant_id, labels, Form({**form, **typed}), now)
        form, opened, version = Form(dict(clash.merged)), now, (known or {}).get("version", 0)
    units = [(code, say(request, text)) for code, text in UNITS.items()]
    values = {
        "known": known,
        "path": f"{PATH}/{variant_id}",
        "variant_path": f"{VARIANTS}/{variant_id}",
        "form": form,
        "opened": opened,
        "version": version,
        "clash": clash,
        "units": units,
        "faults": faults_of(
            None if clash else refusal, _FIELDS, {f"measures.0.{name}": name for name in _FIELDS}
        ),
    }
    return admin_page(
        request,
        "admin/measure.html",
        values,
        title=say(request, N_("What a unit of %(sku)s holds"), sku=variant.sku),
        crumbs=[Crumb(say(request, N_("Contents and unit prices")), PATH)],
        refusal=refusal,
    )


def _columns(request: AnyRequest) -> list[Column]:
    def amount(name: str, unit: str, row: Row) -> str:
        return f"{row[name]} {say(request, UNITS[row[unit]])}" if row[name] else ""

    return [
        Column("sku", say(request, N_("SKU")), lambda row: row["sku"]),
        Column("content", say(request, N_("Content")), lambda row: amount("content", "unit", row)),
        Column(
            "drained", say(request, N_("Drained weight")),
            lambda row: amount("drained", "unit", row), narrow=False,
        ),
        Column(
            "base", say(request, N_("Price is told per")),
            lambda row: amount("base_quantity", "base_unit", row),
        ),
    ]  # fmt: skip


def _rows(_request: AnyRequest, items: Iterable[Row], skus: Mapping[str, str]) -> list[Row]:
    return [one | {"sku": skus.get(one["variant_id"], one["variant_id"])} for one in items]


MEASURES = Facts(
    path=PATH,
    title=N_("Contents and unit prices"),
    area="prices",
    rows=api.list_measures,
    shown=_rows,
    variant_of=lambda row: str(row["variant_id"]),
    columns=_columns,
    empty=(
        N_("No contents are known"),
        N_(
            "Say on the page of a variant what a unit of it holds: the shop then shows the"
            " price per kilogram or litre, as the law of many countries asks for."
        ),
    ),
)
ENTRIES = (
    Entry(
        N_("Contents and unit prices"), PATH, N_("Prices and taxes"), "prices:read", icon="prices",
        words="measures unit price base price per kilogram litre content weight", position=26,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [
    *pages_of_facts(MEASURES),
    show_measure,
    set_measure,
    remove_measure,
]
