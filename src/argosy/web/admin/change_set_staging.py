"""From the pages of products, prices and promotions into a change set: choose one, then stage."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.kernel.money import Money
from argosy.modules import catalog, changesets, pricing, promotions, staff
from argosy.modules.changesets import EditInvalid, Image
from argosy.runtime.db import Tx
from argosy.web.admin.access import may
from argosy.web.admin.change_sets import created, set_of, set_path, to_changes
from argosy.web.admin.editing import faults_of
from argosy.web.admin.places import N_
from argosy.web.admin.prices import wanted_price
from argosy.web.admin.product_page import changed_fields, one_line_end
from argosy.web.admin.showing import Notice, admin_page, lead_to, refusal_text, say
from argosy.web.api.admin.change_set_forms import entity_of
from argosy.web.api.admin.prices import of_list, of_variant
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import Form, read_form
from argosy.web.pages.guarding import own_pages_only
from argosy.workflows import change_staging
from argosy.workflows.change_writing import Wish
from argosy.workflows.product_record import price_record

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/changes/stage"
_DRAFTS = 50
_GUARDS = [own_pages_only, may("changes:write")]


@post(f"{PATH}/product/{{product_id:str}}", include_in_schema=False, guards=_GUARDS)
async def from_product(request: AnyRequest, product_id: str) -> Response[bytes]:
    """What was changed in the form of a product."""
    found = decode("product", product_id, field="product_id")
    change = dict(changed_fields(one_line_end(await read_form(request))))
    if "categories" in change:
        change["categories_mode"] = "replace"
    async with shop(request).db.reading() as tx:
        product = await catalog.product_by_id(tx, found)
    if not change:
        said = say(request, N_("Nothing differs from what the product is."))
        return lead_to(request, f"/admin/products/{product_id}", Notice(said, "info"))
    return await _choose(request, product_id, product.row.title, change)


@post(f"{PATH}/price/{{list_id:str}}/{{variant_id:str}}", include_in_schema=False, guards=_GUARDS)
async def from_price(request: AnyRequest, list_id: str, variant_id: str) -> Response[bytes]:
    """A price that was filled in."""
    found, form = of_variant(variant_id), await read_form(request)
    try:
        async with shop(request).db.reading() as tx:
            prices = await pricing.price_list_by_id(tx, of_list(list_id))
            variant = await catalog.variant_by_id(tx, found)
            product = await catalog.product_by_id(tx, variant.product_id)
        wanted = wanted_price(request, form, found, prices.currency)
    except ArgosyError as refusal:
        back = f"/admin/prices/{list_id}/{variant_id}"
        return lead_to(request, back, Notice(refusal_text(request, refusal), "bad"))
    price = msgspec.to_builtins(
        price_record(
            wanted,
            str(Money(wanted.amount_minor, prices.currency).to_decimal()),
            None
            if wanted.compare_at_minor is None
            else str(Money(wanted.compare_at_minor, prices.currency).to_decimal()),
        )
    )
    change = {"variants": [{"sku": variant.sku, "prices": {prices.code: [price]}}]}
    return await _choose(request, encode("product", product.row.id), product.row.title, change)


@get(
    f"{PATH}/promotion/{{promotion_id:str}}/{{act:str}}",
    include_in_schema=False,
    guards=[may("changes:write")],
)
async def from_promotion(request: AnyRequest, promotion_id: str, act: str) -> Response[bytes]:
    """Putting a promotion live, or pausing it."""
    found = decode("promotion", promotion_id, field="promotion_id")
    async with shop(request).db.reading() as tx:
        promotion = await promotions.promotion_by_id(tx, found)
    wanted = "live" if act == "live" else "paused"
    return await _choose(request, promotion_id, promotion.name, {"state": wanted})


@post(PATH, include_in_schema=False, guards=_GUARDS)
async def add_edit(request: AnyRequest) -> Response[bytes]:
    """Stage it in the chosen draft, or in a new one. Sent twice, it is staged once."""
    form = await read_form(request)
    kind, entity = entity_of(form["entity_id"])
    change = _read(form["change"])
    try:
        async with shop(request).db.transaction() as tx:
            set_id = await _target(request, tx, form)
            wish = Wish(entity, kind, change)
            await change_staging.stage(tx, set_id, [wish], by=actor(request).name)
            shown = {"staged": [form["entity_id"]]}
            subject = encode("change_set", set_id)
            await staff.audit(tx, actor(request), "change_set.staged", subject, None, shown)
    except ArgosyError as refusal:
        return await _choose(request, form["entity_id"], form["label"], change, form, refusal)
    return lead_to(request, set_path(set_id), Notice(say(request, N_("It is staged."))))


def _read(text: str) -> Image:
    try:
        change: Image = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise EditInvalid("The edit cannot be read.", field="change") from error
    return change


async def _target(request: AnyRequest, tx: Tx, form: Mapping[str, str]) -> UUID:
    if form["into"]:
        return set_of(form["into"])
    return (await created(request, tx, form["name"])).id


async def _choose(  # noqa: PLR0917 - what is staged, and what was chosen before
    request: AnyRequest,
    entity_id: str,
    label: str,
    change: Image,
    form: Form | None = None,
    refusal: ArgosyError | None = None,
) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        drafts = await changesets.list_change_sets(tx, state="draft", limit=_DRAFTS)
    form = form or Form()
    new = ("", say(request, N_("A new change set")))
    options = [*((encode("change_set", one.id), one.name) for one in drafts), new]
    if "into" not in form and drafts:
        form = Form({**form, "into": options[0][0]})
    values = {
        "entity_id": entity_id,
        "label": label,
        "change": msgspec.json.encode(change).decode(),
        "told_fields": list(_told("", change)),
        "drafts": options,
        "form": form,
        "faults": faults_of(refusal, ["name", "into"]),
        "wrong": _wrong(refusal),
        "path": PATH,
    }
    return admin_page(
        request,
        "admin/change_set_choose.html",
        values,
        title=say(request, N_("Save to a change set")),
        crumbs=[to_changes(request)],
        refusal=refusal,
    )


def _told(path: str, value: Any) -> Any:
    """The fields of an input, each with its value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in {"sku", "categories_mode"}:
                yield from _told(f"{path}.{key}" if path else key, inner)
    elif isinstance(value, list) and value and isinstance(value[0], dict) and "sku" in value[0]:
        for entry in value:
            yield from _told(f"{path}[{entry['sku']}]", entry)
    else:
        yield path, value


def _wrong(refusal: ArgosyError | None) -> list[str]:
    faults = refusal.details.get("faults", ()) if refusal else ()
    listed = faults if isinstance(faults, list | tuple) else ()
    return [f"{one['column']}: {one['message']}" for one in listed if isinstance(one, dict)]


ROUTES: list[HTTPRouteHandler] = [from_product, from_price, from_promotion, add_edit]
