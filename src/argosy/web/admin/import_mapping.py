"""The step of an import that says what the columns of a file mean, with the first products as they
would be made. Works without scripts; with them, the products follow each choice.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.modules import catalog, inventory, mappings, pricing, staff
from argosy.modules.mappings import MappingInvalid, Rule
from argosy.runtime.db import Tx
from argosy.web.admin.access import may
from argosy.web.admin.import_plans import MAPPING_PATH as PATH
from argosy.web.admin.import_plans import PATH as IMPORTS
from argosy.web.admin.import_plans import checked_plan, plan_path, requested
from argosy.web.admin.places import N_
from argosy.web.admin.showing import Crumb, admin_page, piece, say
from argosy.web.admin.showing import lead_to as go_on
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.workflows import mapped_imports
from argosy.workflows.mapped_imports import PreviewRecord, TableHead

AnyRequest = Request[Any, Any, Any]

MOST_COLUMNS = 50
"""Columns that the page offers; wider files are mapped by the API or the command line."""
_MOST_CODES = 200
_CODE = re.compile(r"[a-z][a-z0-9_-]{0,62}")
CARRIED = (
    "upload",
    "file_name",
    "price_list",
    "location",
    "channels",
    "absent",
    "skip_unknown",
    "normalise",
)

LABELS: Mapping[str, str] = {
    "external_id": N_("Id in the other system"), "slug": N_("Address (slug)"),
    "title": N_("Name"), "description": N_("Description"), "brand": N_("Brand"),
    "product_type": N_("Kind of product"), "type_code": N_("Product type (code)"),
    "tax_class": N_("Tax class"), "shipping_class": N_("Shipping class"),
    "status": N_("Status (draft, active, archived)"), "seo_title": N_("Title for search engines"),
    "seo_description": N_("Description for search engines"), "categories": N_("Categories"),
    "channels": N_("Channels"), "media": N_("Photographs"),
    "variant.sku": N_("SKU"), "variant.external_id": N_("Id of the variant"),
    "variant.gtin": N_("GTIN (EAN, UPC)"), "variant.title": N_("Name of the variant"),
    "variant.weight_g": N_("Weight"), "variant.length_mm": N_("Length"),
    "variant.width_mm": N_("Width"), "variant.height_mm": N_("Height"),
    "variant.requires_shipping": N_("Is shipped"),
    "variant.tracks_inventory": N_("Stock is counted"),
    "variant.tax_class": N_("Tax class of the variant"),
    "variant.hs_code": N_("Customs tariff number"),
    "variant.origin_country": N_("Country of origin"),
    "variant.status": N_("Status of the variant"),
    "variant.media": N_("Photograph of the variant"),
}  # fmt: skip
HOWS = (
    ("", N_("as it is")),
    ("saved", N_("as it was saved")),
    ("number", N_("number, with the decimal separator")),
    ("unit", N_("number with a unit, if none is given")),
    ("date", N_("day, written as")),
    ("split", N_("several, separated by")),
    ("category", N_("place in the categories, separated by")),
    ("truth", N_("yes or no")),
)
_TO_UNIT = {"variant.weight_g": "g", "variant.length_mm": "mm", "variant.width_mm": "mm",
            "variant.height_mm": "mm"}  # fmt: skip


class _Shown(NamedTuple):
    """A column as the page shows it: its number, cells, and what is chosen for it."""

    number: int
    name: str
    samples: list[str]
    target: str
    how: str
    argument: str
    sure: int


@get(PATH, include_in_schema=False, guards=[may("catalog:write")])
async def show_mapping(request: AnyRequest) -> Response[bytes]:
    """The columns of an upload with what is suggested, or what a saved mapping says of them."""
    given = Form({k: v[:300] for k, v in request.query_params.items()})
    head = await _head(request, given)
    rules: dict[str, Rule] = {}
    form = Form({name: given[name] for name in CARRIED})
    if given["mapping"]:
        async with shop(request).db.reading() as tx:
            saved = await mappings.mapping_by_code(tx, given["mapping"])
        rules = {rule.reads[0]: rule for rule in saved.document.rules if len(rule.reads) == 1}
        form |= {"code": saved.code, "name": saved.name, "saved": saved.code,
                 "group_by": saved.document.group_by or "",
                 "decimal": saved.document.decimal_separator}  # fmt: skip
    for number, one in enumerate(head.suggestions[:MOST_COLUMNS]):
        rule = rules.get(one.column) if rules else one.rule
        form |= _choice(number, rule, saved=bool(rules))
    return await _page(request, Form(form), head, None)


def _choice(number: int, rule: Rule | None, *, saved: bool) -> dict[str, str]:
    if rule is None:
        return {f"t{number}": ""}
    how, argument = _how(rule)
    if how == "saved" and not saved:
        how = "category"
        argument = ">"
    return {f"t{number}": rule.field, f"h{number}": how, f"a{number}": argument}


def _how(rule: Rule) -> tuple[str, str]:  # noqa: PLR0911 - one return a way to read
    match rule.transforms:
        case ():
            return "", ""
        case (mappings.Number(decimal=decimal, factor="1", whole=False),):
            return "number", decimal or "auto"
        case (mappings.InUnit(given=given, to=to, decimal=None),) if to == _TO_UNIT.get(rule.field):
            return "unit", given or ""
        case (mappings.DateFormat(format=pattern),):
            return "date", pattern
        case (mappings.Split(separator=at, part=None),):
            return "split", at
        case (mappings.CategoryPath(separator=at, under=""),):
            return "category", at
        case (mappings.Truth() as truth,) if truth == mappings.Truth():
            return "truth", ""
    return "saved", ""


@post(f"{PATH}/preview", include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def preview_mapping(request: AnyRequest) -> Response[bytes]:
    """The first products, for the page that changes its choices."""
    form = await read_form(request)
    made, refusal = await _tried(request, form, await _head(request, form))
    values = {"made": made, "wrong": refusal}
    return piece(request, "admin/_mapping_preview.html", values)


@post(PATH, include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def use_mapping(request: AnyRequest) -> Response[bytes]:
    """Save the mapping under its code, and plan the import with it."""
    form = await read_form(request)
    head = await _head(request, form)
    if form["act"] == "preview":
        return await _page(request, form, head, None)
    try:
        app, who = shop(request), actor(request)
        async with app.db.transaction() as tx:
            document = await _document(tx, form, head)
            await _saved(tx, form, document, who)
        wanted = {
            "upload": form["upload"],
            "format": "mapped",
            "mapping": form["code"],
            "file_name": form["file_name"] or "upload",
            "absent": form["absent"] or "keep",
            "skip_unknown": form["skip_unknown"] == "yes",
            "normalise": form["normalise"] == "yes",
        }
        plan_id = await requested(request, checked_plan(wanted))
    except ArgosyError as refusal:
        return await _page(request, form, head, refusal)
    return go_on(request, plan_path(plan_id))


async def _saved(tx: Tx, form: Form, document: mappings.Mapping, who: staff.Actor) -> None:
    code, name = form["code"], form["name"] or form["code"]
    if not _CODE.fullmatch(code):
        raise MappingInvalid("Small letters, digits and hyphens, as in: supplier-a.", field="code")
    if form["saved"] == code:
        before, saved = await mappings.replace_mapping(
            tx, code, name=name[:200], document=document, author=who.name
        )
        if before != saved:
            told = {"version": saved.version, "document": msgspec.to_builtins(document)}
            await staff.audit(tx, who, "mapping.replaced", code, {"version": before.version}, told)
        return
    await mappings.create_mapping(
        tx, code=code, name=name[:200], document=document, author=who.name
    )
    told = {"version": 1, "document": msgspec.to_builtins(document)}
    await staff.audit(tx, who, "mapping.created", code, None, told)


async def _head(request: AnyRequest, form: Form) -> TableHead:
    """The columns of the upload. Raises FileUnreadable."""
    return await mapped_imports.head_of(
        shop(request), form["upload"], price_list=form["price_list"] or None,
        location=form["location"] or None,
    )  # fmt: skip


async def _document(tx: Tx, form: Form, head: TableHead) -> mappings.Mapping:
    """The mapping that the form says. Raises MappingInvalid, MappingNotFound."""
    before: mappings.Mapping | None = None
    if form["saved"]:
        before = (await mappings.mapping_by_code(tx, form["saved"])).document
    rules = []
    for number, column in enumerate(head.columns[:MOST_COLUMNS]):
        target = form[f"t{number}"]
        if target:
            rules.append(_rule(column, target, form[f"h{number}"], form[f"a{number}"], before))
    given = {rule.field for rule in rules}
    # What no column gives: rules of several columns, and constants, stay as they were saved.
    rules += [r for r in (before.rules if before else ())
              if len(r.reads) != 1 and r.field not in given]  # fmt: skip
    given = {rule.field for rule in rules}
    if form["channels"] and "channels" not in given:
        rules += [_constant("channels", form["channels"])]
        if "status" not in given:
            rules += [_constant("status", "active")]
    if not rules:
        raise MappingInvalid("Say of one column at least what it is.", field="rules")
    decimal: Any = form["decimal"] if form["decimal"] in {".", ","} else "auto"
    made = mappings.Mapping(
        rules=tuple(rules),
        decimal_separator=decimal,
        group_by=form["group_by"] if form["group_by"] in head.columns else None,
        modes=before.modes if before else {},
    )
    mappings.check(made)
    return made


def _constant(field: str, value: str) -> Rule:
    return Rule(field=field, transforms=(mappings.Constant(value=value),))


def _rule(
    column: str, target: str, how: str, argument: str, before: mappings.Mapping | None
) -> Rule:
    """Raises MappingInvalid for an argument that does not fit."""
    kept: tuple[mappings.Transform, ...] = ()
    empty: Any = "keep"
    for rule in before.rules if before else ():
        if rule.reads == (column,) and rule.field == target:
            kept, empty = rule.transforms, rule.empty
    made: dict[str, object] | None = None
    match how:
        case "number":
            made = {"do": "number", "decimal": argument or "auto"}
        case "unit":
            made = {"do": "unit", "given": argument or None, "to": _TO_UNIT.get(target)}
        case "date":
            made = {"do": "date", "format": argument}
        case "split":
            made = {"do": "split", "separator": argument or ","}
        case "category":
            made = {"do": "category", "separator": argument or ">"}
        case "truth":
            made = {"do": "truth"}
    try:
        transforms = msgspec.convert([made] if made else [], tuple[mappings.Transform, ...])
    except msgspec.ValidationError as error:
        raise MappingInvalid(f"{column}: {error}.", field="rules") from error
    return Rule(
        field=target[:200], column=column, transforms=kept if how == "saved" else transforms,
        empty=empty,
    )  # fmt: skip


async def _tried(
    request: AnyRequest, form: Form, head: TableHead
) -> tuple[list[PreviewRecord], ArgosyError | None]:
    try:
        async with shop(request).db.reading() as tx:
            document = await _document(tx, form, head)
        made = await mapped_imports.preview(
            shop(request), form["upload"], document, file_name="upload"
        )
    except ArgosyError as refusal:
        return [], refusal
    return made, None


async def _page(
    request: AnyRequest, form: Form, head: TableHead, refusal: ArgosyError | None
) -> Response[bytes]:
    made, wrong = await _tried(request, form, head)
    columns = [
        _Shown(
            number, name, [row[name][:60] for row in head.rows if row.get(name)][:3],
            form[f"t{number}"], form[f"h{number}"], form[f"a{number}"],
            round(one.confidence * 100) if one.field == form[f"t{number}"] else 0,
        )
        for number, (name, one) in enumerate(
            zip(head.columns[:MOST_COLUMNS], head.suggestions, strict=False)
        )
    ]  # fmt: skip
    values = {
        "form": form,
        "columns": columns,
        "left_over": max(0, len(head.columns) - MOST_COLUMNS),
        "targets": await _targets(request, head.columns),
        "hows": [(value, say(request, label)) for value, label in HOWS],
        "carried": [(name, form[name]) for name in (*CARRIED, "saved")],
        "made": made,
        "wrong": wrong if refusal is None else None,
        "path": PATH,
    }
    crumbs = [Crumb(say(request, N_("Imports")), IMPORTS)]
    title = say(request, N_("What the columns are"))
    return admin_page(
        request, "admin/import_mapping.html", values, title=title, crumbs=crumbs, refusal=refusal
    )


async def _targets(
    request: AnyRequest, columns: Sequence[str]
) -> list[tuple[str, list[tuple[str, str]]]]:
    """What a column can be, in groups. Three statements."""
    async with shop(request).db.reading() as tx:
        lists = await pricing.list_price_lists(tx, limit=_MOST_CODES)
        places = await inventory.list_locations(tx)
        known = (await catalog.list_attributes(tx))[:_MOST_CODES]
    own = [(name, say(request, label)) for name, label in LABELS.items()]
    return [
        (say(request, N_("Product")), [one for one in own if "." not in one[0]]),
        (say(request, N_("Variant")), [one for one in own if "." in one[0]]),
        (
            say(request, N_("Prices")),
            [(f"variant.price.{one.code}", one.name) for one in lists]
            + [(f"variant.compare_at.{one.code}",
                say(request, N_("%(list)s: former price"), list=one.name)) for one in lists],
        ),
        (
            say(request, N_("Stock")),
            [(f"variant.stock.{one.code}", one.name) for one in places],
        ),
        (
            say(request, N_("Options of variants")),
            [(f"option.{name[:60]}", name) for name in columns[:MOST_COLUMNS]],
        ),
        (
            say(request, N_("Attributes")),
            [(f"attributes.{one.code}", one.label) for one in known],
        ),
    ]  # fmt: skip


ROUTES: list[HTTPRouteHandler] = [show_mapping, preview_mapping, use_mapping]
