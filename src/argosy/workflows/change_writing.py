"""What the edits of change sets mean to products and promotions: their images, and writing them.

An image is a product as the export writes it (without what moves by itself: stock and ratings), or
a promotion as its input. Staging, publishing, previews and rollbacks all write through here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.modules import catalog, changesets, imports, promotions
from argosy.modules.catalog import Fault, Rejected
from argosy.modules.catalog.ports import SourceRecord
from argosy.modules.changesets import ChangeSetTooLarge, EditInvalid, Image, Kind
from argosy.modules.promotions import Limits, Promotion, SetPromotion
from argosy.runtime.db import Tx
from argosy.workflows import promoting
from argosy.workflows.product_export import product_images
from argosy.workflows.product_input import Prepared, prepared
from argosy.workflows.product_intake import fault_of
from argosy.workflows.product_offers import References
from argosy.workflows.product_record import ProductRecord, decoded, unknown_fields
from argosy.workflows.product_writing import write_items

MAX_FAULTS = 200
"""So many faults are listed; there may be more."""

_LEFT_OUT = {
    "media": "Photographs are not part of a change set.",
    "media_mode": "Photographs are not part of a change set.",
    "rating": "Ratings are made of reviews.",
    "variants_mode": "Variants are archived by their status.",
}


class Wish(NamedTuple):
    """What is to become of one thing: a tri-state input. `exact`: prices of lists that the input
    names are replaced, and not merged, however far they move.
    """

    entity_id: UUID
    kind: Kind
    change: Image
    exact: bool = False


class EntityFault(NamedTuple):
    """What of which wish is wrong."""

    entity_id: UUID
    kind: Kind
    fault: Fault


class PromotionChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a change set makes of a promotion; what is left out stays. `document`, `channels` and
    `limits` are replaced as a whole. `channels`: ids; none at all means every channel.
    """

    name: str | UnsetType = UNSET
    document: dict[str, Any] | UnsetType = UNSET
    channels: tuple[str, ...] | UnsetType | None = UNSET
    needs_coupon: bool | UnsetType = UNSET
    limits: Limits | UnsetType | None = UNSET
    state: Literal["live", "paused"] | UnsetType = UNSET


class Present(NamedTuple):
    """Things as they are now; what is gone has no image."""

    images: Mapping[UUID, Image]
    versions: Mapping[UUID, int]
    labels: Mapping[UUID, str]
    promotions: Mapping[UUID, Promotion]


def public_id(kind: Kind, entity_id: UUID) -> str:
    """The id that answers show."""
    return encode(kind, entity_id)


async def read_present(
    tx: Tx, things: Iterable[tuple[Kind, UUID]], known: References, *, hold: bool = False
) -> Present:
    """The things as they are; with `hold` locked, products before promotions, in order of ids.

    Raises ChangeSetTooLarge for products of more variants than one transaction takes.
    """
    named = sorted(set(things))
    products = [entity_id for kind, entity_id in named if kind == "product"]
    if hold:
        await catalog.hold_products(tx, products)
    rows = {p.row.id: p for p in await catalog.products_by_ids(tx, products)} if products else {}
    variants = sum(product.variant_count for product in rows.values())
    if variants > changesets.MAX_VARIANTS:
        raise ChangeSetTooLarge(
            f"The products have {variants:,} variants together.", limit=changesets.MAX_VARIANTS
        )
    images = {
        product_id: imports.settled(image)
        for product_id, image in (await product_images(tx, list(rows), known)).items()
    }
    found: dict[UUID, Promotion] = {}
    for kind, entity_id in named:
        if kind == "promotion" and (one := await _promotion(tx, entity_id, hold=hold)):
            found[entity_id] = one
            images[entity_id] = promotion_image(one)
    return Present(
        images=images,
        versions={k: p.row.version for k, p in rows.items()}
        | {k: p.version for k, p in found.items()},
        labels={k: p.row.title for k, p in rows.items()} | {k: p.name for k, p in found.items()},
        promotions=found,
    )


async def _promotion(tx: Tx, promotion_id: UUID, *, hold: bool) -> Promotion | None:
    try:
        if hold:
            return await promotions.lock_promotion(tx, promotion_id)
        return await promotions.promotion_by_id(tx, promotion_id)
    except promotions.PromotionNotFound:
        return None


def promotion_image(one: Promotion) -> Image:
    """The promotion as plain values."""
    return {
        "name": one.name,
        "document": one.document,
        "channels": [encode("channel", channel_id) for channel_id in one.channels],
        "needs_coupon": one.needs_coupon,
        "limits": msgspec.to_builtins(one.limits),
        "state": one.state,
    }


def promotion_after(present: Image, change: Image) -> Image:
    """The image with the change on top."""
    cleared: Image = {"channels": [], "limits": {}}
    return {**present, **{k: cleared.get(k) if v is None else v for k, v in change.items()}}


async def write(
    tx: Tx, wishes: Sequence[Wish], present: Present, known: References, *, actor: str
) -> list[EntityFault]:
    """Write what can be written; what could not be, and why. With any fault the caller takes all of
    it back. Products go in some thirty statements whatever their number; promotions one by one.
    """
    faults: list[EntityFault] = []
    items: list[tuple[Wish, Prepared]] = []
    for wish in wishes:
        if wish.kind == "product" and wish.change:
            item = _prepared(wish, known)
            if isinstance(item, Prepared):
                items.append((wish, item))
            else:
                faults += [EntityFault(wish.entity_id, "product", fault) for fault in item]
    written = await write_items(tx, [item for _, item in items], actor=actor)
    for (wish, _), one in zip(items, written, strict=True):
        if isinstance(one.outcome, Rejected):
            faults += [
                EntityFault(wish.entity_id, "product", fault) for fault in one.outcome.faults
            ]
    for wish in wishes:
        if wish.kind == "promotion" and (wrong := await _write_promotion(tx, wish, present, actor)):
            faults.append(EntityFault(wish.entity_id, "promotion", wrong))
    return faults


def refuse(faults: Sequence[EntityFault], places: Mapping[UUID, int] | None = None) -> None:
    """Raise EditInvalid with all faults, if there are any; `places`: of edits in a request."""
    if not faults:
        return
    first = faults[0]
    field = first.fault.column
    if places is not None:
        field = f"edits.{places[first.entity_id]}.change.{field}".rstrip(".")
    raise EditInvalid(
        first.fault.message,
        field=field or None,
        faults=[
            {"entity_id": public_id(one.kind, one.entity_id), **msgspec.to_builtins(one.fault)}
            for one in faults[:MAX_FAULTS]
        ],
        count=len(faults),
    )


def check_change(wish: Wish, present: Image, attributes: Collection[str]) -> list[Fault]:
    """What of an input no change set takes, before it is tried."""
    if wish.kind == "promotion":
        try:
            msgspec.convert(wish.change, PromotionChange)
        except msgspec.ValidationError as error:
            return [_type_fault(error)]
        return []
    data = {**wish.change, "kind": "product"}
    faults = [
        Fault(column=path, code="unknown_field", message=f"A product has no {path!r}.")
        for path in unknown_fields(data)
    ]
    faults += [
        Fault(column=key, code="not_in_change_set", message=message)
        for key, message in _LEFT_OUT.items()
        if key in wish.change
    ]
    record = decoded(data)
    if isinstance(record, Fault):
        return [*faults, record]
    assert isinstance(record, ProductRecord)
    return faults + list(_faults_of(record, present, attributes))


def _faults_of(
    record: ProductRecord, present: Image, attributes: Collection[str]
) -> Iterable[Fault]:
    yield from _unknown_attributes(record.attributes, "attributes", attributes)
    if record.variants is None:
        message = "Variants are archived by their status."
        yield Fault(column="variants", code="not_in_change_set", message=message)
    known = {catalog.sku_key(variant["sku"]) for variant in present["variants"]}
    variants = () if isinstance(record.variants, UnsetType) else record.variants or ()
    for number, variant in enumerate(variants):
        path = f"variants[{number}]"
        if not isinstance(variant.sku, str) or catalog.sku_key(variant.sku) not in known:
            message = "A change set changes variants that the product has; name one by its SKU."
            yield Fault(column=f"{path}.sku", code="variant_unknown", message=message)
        if variant.stock is not UNSET:
            message = "Stock is counted and moved, not staged."
            yield Fault(column=f"{path}.stock", code="not_in_change_set", message=message)
        yield from _unknown_attributes(variant.attributes, f"{path}.attributes", attributes)


def _unknown_attributes(
    given: Mapping[str, object] | UnsetType | None, path: str, known: Collection[str]
) -> Iterable[Fault]:
    if isinstance(given, UnsetType) or given is None:
        return
    for code in given:
        if code not in known:
            message = f"There is no attribute {code!r}; define it first."
            yield Fault(column=f"{path}.{code}", code="attribute_unknown", message=message)


def named_skus(change: Image, present: Image) -> set[str]:
    """The SKUs that an input names, as they are stored."""
    wanted = {catalog.sku_key(str(v.get("sku"))) for v in change.get("variants") or ()}
    return {v["sku"] for v in present.get("variants", ()) if catalog.sku_key(v["sku"]) in wanted}


def stored_skus(change: Image, present: Image) -> Image:
    """The input with its SKUs written as they are stored, so that it compares with images."""
    change = {key: value for key, value in change.items() if key != "kind"}
    if not isinstance(change.get("variants"), list):
        return change
    stored = {catalog.sku_key(v["sku"]): v["sku"] for v in present.get("variants", ())}
    return {
        **change,
        "variants": [
            {**v, "sku": stored.get(catalog.sku_key(str(v.get("sku"))), v.get("sku"))}
            if isinstance(v, dict)
            else v
            for v in change["variants"]
        ],
    }


def _prepared(wish: Wish, known: References) -> Prepared | list[Fault]:
    data: dict[str, object] = {**wish.change, "kind": "product"}
    record = decoded(data)
    if isinstance(record, Fault):
        return [record]
    assert isinstance(record, ProductRecord)
    item = prepared(SourceRecord(row=0, data=data), record, known, {})
    if item.faults or item.unknown:
        return item.faults + item.unknown
    if wish.exact:
        item.offers.unpriced += [(sku, list_id) for sku, list_id, _ in item.offers.prices]
        item.offers.free_steps = True
    item.input = msgspec.structs.replace(
        item.input, id=wish.entity_id, import_hash=UNSET, reapply=True
    )
    return item


async def _write_promotion(tx: Tx, wish: Wish, present: Present, actor: str) -> Fault | None:
    one = present.promotions[wish.entity_id]
    before = promotion_image(one)
    wanted = promotion_after(before, wish.change)
    try:
        async with tx.savepoint():
            saved = one
            if {**wanted, "state": None} != {**before, "state": None}:
                saved, _ = await promoting.update(
                    tx, one.id, _set_promotion(wanted), expected_version=one.version, by=actor
                )
            if wanted["state"] != saved.state:
                await promoting.move(tx, one.id, wanted["state"], by=actor)
    except ArgosyError as error:
        return fault_of(error)
    except msgspec.ValidationError as error:
        return _type_fault(error)
    return None


def _set_promotion(image: Image) -> SetPromotion:
    channels = [decode("channel", one, field="channels") for one in image["channels"]]
    given = {key: value for key, value in image.items() if key not in {"state", "channels"}}
    return msgspec.convert({**given, "channels": channels}, SetPromotion)


def _type_fault(error: msgspec.ValidationError) -> Fault:
    message, _, path = str(error).partition(" - at `$")
    return Fault(column=path.rstrip("`").removeprefix("."), code="type", message=f"{message}.")
