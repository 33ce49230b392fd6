"""What products and variants hold in their attributes, as the type of the product asks for it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode
from argosy.modules import catalog, channels, producttypes, staff
from argosy.modules.catalog import AttributeDefinition, AttributeLevel, Product, Variant
from argosy.modules.producttypes import Schema, TypeNotFound
from argosy.modules.staff import AuditFilter, covers
from argosy.runtime.db import Tx
from argosy.web.admin.access import may
from argosy.web.admin.attributes import PATH as DEFINITIONS
from argosy.web.admin.calling import ask
from argosy.web.admin.editing import CHOOSE, Clash, Difference
from argosy.web.admin.lists import Empty
from argosy.web.admin.places import N_
from argosy.web.admin.product_variants import VARIANTS
from argosy.web.admin.products import PATH, product_path, to_products
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say
from argosy.web.admin.struct_forms import Node, as_typed
from argosy.web.admin.things import MOST_FIELDS
from argosy.web.admin.value_forms import (
    Around,
    Slot,
    check_readable,
    faults_at,
    nodes_of,
    read_only,
    shown_text,
    typed_of,
)
from argosy.web.api.admin import catalog as api
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]

ADD = "add@"
_MOST_VERSIONS = 10**9


class Owner(NamedTuple):
    """Things that have attributes: where their pages are, and what changes them."""

    level: AttributeLevel
    path: str
    change: HTTPRouteHandler
    param: str


PRODUCTS = Owner("product", PATH, api.change_product, "product_id")
VARIANT_OWNERS = Owner("variant", VARIANTS, api.change_variant, "variant_id")


class Held(NamedTuple):
    """What the page is about: the thing's values and version, and what may be filled in."""

    product: Product
    variant: Variant | None
    definitions: Sequence[AttributeDefinition]
    schema: Schema | None
    values: Mapping[str, Any]
    version: int
    around: Around

    def slots(self, more: Sequence[str] = ()) -> list[Slot]:
        """The attributes of the form: those of the type as it has them, those that hold something
        besides, and `more`.
        """
        known = {one.code: one for one in self.definitions}
        entries = self.schema.attributes if self.schema else ()
        asked = [Slot(known[one.code], one) for one in entries if one.code in known]
        seen = {one.definition.code for one in asked}
        besides = {*self.values, *more} - seen
        return [*asked, *(Slot(one) for one in self.definitions if one.code in besides)]


def _pages(owner: Owner) -> list[HTTPRouteHandler]:
    path = f"{owner.path}/{{thing_id:str}}/attributes"

    @get(path, include_in_schema=False, guards=[may("catalog:read")])
    async def show_attributes(request: AnyRequest, thing_id: str) -> Response[bytes]:
        held = await _read(request, owner, thing_id)
        return await _page(request, owner, thing_id, held, more=_added(request.query_params))

    @post(path, include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
    async def save_attributes(request: AnyRequest, thing_id: str) -> Response[bytes]:
        return await _save(request, owner, thing_id)

    return [show_attributes, save_attributes]


def _added(form: Mapping[str, str]) -> list[str]:
    return [one for one in (form.get("add", ""), form.get(ADD, "")) if one]


async def _save(request: AnyRequest, owner: Owner, thing_id: str) -> Response[bytes]:
    """Write what was changed, if nobody changed it since; else compare three ways. The button that
    adds an attribute writes nothing: the form comes back with it.
    """
    form, held = (
        await read_form(request, most=MOST_FIELDS),
        await _read(request, owner, thing_id),
    )
    opened = _opened(form)
    all_slots = held.slots([one.code for one in held.definitions])
    typed = typed_of(all_slots, form, opened)
    slots = held.slots(list(typed))
    for slot in slots:
        code = slot.definition.code
        if code in typed and form[CHOOSE + slot.name] == "theirs":
            typed[code] = opened.get(code)
    if form["act@"] == "add":
        more = [*typed, *_added(form)]
        return await _page(request, owner, thing_id, held, typed, form=form, more=more)
    wanted = {code: value for code, value in typed.items() if value != opened.get(code)}
    # Without the version that was seen there is nothing to write over: it is compared, too.
    version = whole_number(form["version@"], least=0, most=_MOST_VERSIONS) or 0
    try:
        check_readable(slots, wanted)
        # Empty attributes would take all away.
        body, where = {"attributes": wanted} if wanted else {}, {owner.param: thing_id}
        await ask(request, owner.change, data=body, version=version, **where)
    except catalog.CatalogVersionConflict as refusal:
        held = await _read(request, owner, thing_id)
        slots = held.slots(list(typed))
        clash, merged = await _clash(request, thing_id, slots, (opened, typed, held.values))
        return await _page(
            request, owner, thing_id, held, merged, refusal=refusal, clash=clash, more=list(typed)
        )
    except ArgosyError as refusal:
        return await _page(
            request, owner, thing_id, held, typed, form=form, refusal=refusal, more=list(typed)
        )
    said = Notice(say(request, N_("The attributes are saved.")))
    return lead_to(request, f"{owner.path}/{thing_id}", said)


def _opened(form: Form) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(form["opened@"] or "{}")
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


async def _read(request: AnyRequest, owner: Owner, thing_id: str) -> Held:
    """The thing and what may be filled in. Seven statements at most."""
    found = decode(owner.level, thing_id, field="thing_id")
    async with shop(request).db.reading() as tx:
        variant = await catalog.variant_by_id(tx, found) if owner.level == "variant" else None
        product = await catalog.product_by_id(tx, variant.product_id if variant else found)
        definitions = [one for one in await catalog.list_attributes(tx) if one.level == owner.level]
        schema = await _schema(tx, product.row.type_code)
        names = {one.code: one.name for one in await channels.list_channels(tx)}
    # As the form carries them: lists, not tuples.
    stored = variant.attributes if variant else product.row.attributes
    values = msgspec.json.decode(msgspec.json.encode(stored))
    version = variant.version if variant else product.row.version
    around = Around(product.media, names)
    return Held(product, variant, definitions, schema, values, version, around)


async def _schema(tx: Tx, type_code: str | None) -> Schema | None:
    if type_code is None:
        return None
    try:
        number = (await producttypes.type_by_code(tx, type_code)).published
        if number is None:
            return None
        return (await producttypes.version_of(tx, type_code, number)).schema
    except TypeNotFound:
        return None


async def _clash(
    request: AnyRequest,
    thing_id: str,
    slots: Sequence[Slot],
    versions: tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]],
) -> tuple[Clash, dict[str, Any]]:
    """What both changed, and the form with what only the other one did. `versions`: as it was
    opened, as it was typed, as it is now.
    """
    opened, typed, now = versions
    differences, taken, merged = [], [], dict(typed)
    for slot in slots:
        code, label = slot.definition.code, slot.definition.label
        was, yours, theirs = (values.get(code) for values in (opened, typed, now))
        if code not in typed:
            merged[code] = theirs
        elif theirs in (was, yours):
            continue
        elif yours == was:
            merged[code] = theirs
            taken.append(label)
        else:
            texts = (shown_text(request, value)[:400] for value in (was, yours, theirs))
            differences.append(Difference(slot.name, label, *texts))
    async with shop(request).db.reading() as tx:
        trail = await staff.list_audit(tx, AuditFilter(subject=thing_id), limit=1)
    who, at = (trail[0].actor_name, trail[0].at) if trail else ("", None)
    return Clash(differences, taken, {}, who, at), merged


async def _page(
    request: AnyRequest,
    owner: Owner,
    thing_id: str,
    held: Held,
    typed: Mapping[str, Any] | None = None,
    *,
    form: Form | None = None,
    refusal: ArgosyError | None = None,
    clash: Clash | None = None,
    more: Sequence[str] = (),
) -> Response[bytes]:
    slots = held.slots(more)
    cards = _cards(request, held, slots, held.values if typed is None else typed, form)
    home = f"{owner.path}/{thing_id}"
    shown = {
        "cards": cards,
        "faults": faults_at(request, slots, typed or {}, None if clash else refusal),
        "clash": clash,
        "path": f"{home}/attributes",
        "back": home,
        "row": {"id": thing_id},
        "version": form["version@"] if form else held.version,
        "opened": form["opened@"] if form else msgspec.json.encode(held.values).decode(),
        "once": "",
        "writes": "catalog:write",
        "removes": False,
        "subject": thing_id,
        "has_rich": any(slot.definition.kind == "rich_text" for slot in slots),
        "addable": _addable(request, held, slots),
        "empty": _empty(request, owner),
        "definitions": DEFINITIONS,
    }
    crumbs = [
        to_products(request),
        Crumb(held.product.row.title, product_path(held.product.row.id)),
    ]
    if held.variant is not None:
        crumbs.append(Crumb(held.variant.sku, home))
    return admin_page(
        request,
        "admin/attribute_values.html",
        shown,
        title=say(request, N_("Attributes")),
        crumbs=crumbs,
        refusal=refusal,
    )


def _cards(
    request: AnyRequest,
    held: Held,
    slots: Sequence[Slot],
    values: Mapping[str, Any],
    form: Form | None,
) -> list[tuple[str, list[Node]]]:
    """The groups of the type in their order, what stands in none, and what is there besides."""
    writes = covers(actor(request).scopes, "catalog:write")
    asked = [one for one in slots if one.entry]
    groups = [
        (group.label, [one for one in asked if one.entry and one.entry.group == group.code])
        for group in (held.schema.groups if held.schema else ())
    ]
    named = {one.code for one in held.schema.groups} if held.schema else set()
    loose = [one for one in asked if one.entry and one.entry.group not in named]
    besides = [one for one in slots if not one.entry]
    cards = [
        *groups,
        (say(request, N_("More of its type")) if groups else "", loose),
        (say(request, N_("Besides")) if asked else "", besides),
    ]
    shown = []
    for heading, some in cards:
        if writes:
            nodes = nodes_of(request, some, values, held.around)
            nodes = nodes if form is None else as_typed(nodes, form)
        else:
            nodes = read_only(request, some, values)
        if nodes:
            shown.append((heading, nodes))
    return shown


def _addable(request: AnyRequest, held: Held, slots: Sequence[Slot]) -> list[tuple[str, str]]:
    """The attributes that may be added, by name; none where the type refuses others."""
    if held.schema is not None and held.schema.others == "refuse":
        return []
    if not covers(actor(request).scopes, "catalog:write"):
        return []
    seen = {one.definition.code for one in slots}
    found = [(one.code, one.label) for one in held.definitions if one.code not in seen]
    return sorted(found, key=lambda one: (one[1].casefold(), one[0]))


def _empty(request: AnyRequest, owner: Owner) -> Empty:
    title = say(request, N_("No attributes yet"))
    text = say(
        request,
        N_("An attribute describes products: a material, a wattage, a size. Give it a code."),
    )
    if not covers(actor(request).scopes, "catalog:write"):
        return Empty(say(request, N_("None is filled in.")), "")
    return Empty(title, text, say(request, N_("Attributes")), DEFINITIONS)


ROUTES: list[HTTPRouteHandler] = [*_pages(PRODUCTS), *_pages(VARIANT_OWNERS)]
