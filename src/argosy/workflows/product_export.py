"""Write the catalogue with its prices, stock and publications as records of the product format.

An export of everything, imported into a shop with the same channels, price lists and locations,
makes the same catalogue; imported where it came from, it changes nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from argosy.kernel.money import Money
from argosy.modules import catalog, fields, inventory, pricing
from argosy.modules.catalog import (
    AttributeDefinition,
    Category,
    Media,
    Product,
    ProductRow,
    Publication,
    Variant,
)
from argosy.modules.pricing import Price, PriceList
from argosy.runtime.db import Database, Tx
from argosy.workflows.product_compliance import read_sheets
from argosy.workflows.product_fields import read_fields, subjects_with_fields
from argosy.workflows.product_inputs import read_inputs
from argosy.workflows.product_offers import References, references
from argosy.workflows.product_record import FORMAT_NAME, FORMAT_VERSION

PAGE = 200
_PRICES = 20_000
_PRODUCT_FIELDS = (
    "external_id", "slug", "title", "description", "brand", "product_type", "type_code",
    "tax_class", "shipping_class", "status", "seo_title", "seo_description", "options",
    "attributes", "rating",
)  # fmt: skip
_VARIANT_FIELDS = (
    "sku", "external_id", "gtin", "title", "options", "weight_g", "dimensions_mm",
    "requires_shipping",
    "tracks_inventory", "tax_class", "hs_code", "origin_country", "attributes", "status",
)  # fmt: skip

Record = dict[str, Any]


async def export_products(db: Database) -> AsyncIterator[Record]:
    """All records of a product file, in an order that can be imported: format, attributes,
    categories, then products in the order of their making, read page by page.
    """
    yield {"kind": "format", "name": FORMAT_NAME, "version": FORMAT_VERSION}
    async with db.reading() as tx:
        known = await references(tx)
        attributes = await catalog.list_attributes(tx)
        categories = await catalog.list_categories(tx)
        defined = await subjects_with_fields(tx)
    for attribute in attributes:
        yield attribute_record(attribute)
    for category in categories:
        yield category_record(category)
    after: UUID | None = None
    while True:
        async with db.reading() as tx:
            ids = await catalog.product_ids_after(tx, after, PAGE)
            records = await _records(tx, ids, known, defined)
        for record in records:
            yield record
        if len(ids) < PAGE:
            return
        after = ids[-1]


def attribute_record(attribute: AttributeDefinition) -> Record:
    """The record of a definition, with what is not as it mostly is."""
    entry = _plain(attribute)
    always = {name: entry.pop(name) for name in ("unit", "choices", "facet", "position")}
    code, label, kind = (entry.pop(name) for name in ("code", "label", "kind"))
    more = {name: value for name, value in entry.items() if value != _USUAL[name]}
    return {"kind": "attribute", "code": code, "label": label, "type": kind, **always, **more}


def category_record(category: Category) -> Record:
    """A category as a record."""
    return {"kind": "category", "path": category.path, "name": category.name,
            "description": category.description, "position": category.position}  # fmt: skip


async def _records(
    tx: Tx, product_ids: Sequence[UUID], known: References, defined: frozenset[fields.Subject]
) -> list[Record]:
    return list((await product_images(tx, product_ids, known, defined)).values())


async def product_images(
    tx: Tx,
    product_ids: Sequence[UUID],
    known: References,
    defined: frozenset[fields.Subject] | None = None,
) -> dict[UUID, Record]:
    """The records of these products by id, in nine statements, one per price list, and two for
    custom fields if there are any; none for an id that is no product's. `defined` says which have
    custom fields; it is looked up when left out.
    """
    if not product_ids:
        return {}
    if defined is None:
        defined = await subjects_with_fields(tx)
    products = await catalog.products_by_ids(tx, product_ids)
    variants: dict[UUID, list[Variant]] = {}
    for variant in await catalog.variants_of_products(tx, product_ids):
        variants.setdefault(variant.product_id, []).append(variant)
    ids = [v.id for group in variants.values() for v in group]
    prices = await _prices(tx, ids, known)
    stock = await _stock(tx, ids, known)
    own = await read_fields(tx, "product", product_ids, defined)
    theirs = await read_fields(tx, "variant", ids, defined)
    asked = await read_inputs(tx, product_ids)
    sheets = await read_sheets(tx, product_ids)
    channels = {c.id: c.code for c in known.channels.values()}
    return {
        product.row.id: {
            **_product(product, channels),
            **_fields(own.get(product.row.id)),
            **({"inputs": asked[product.row.id]} if product.row.id in asked else {}),
            **({"compliance": sheets[product.row.id]} if product.row.id in sheets else {}),
            "variants": [
                _variant(v, product.media, prices.get(v.id, {}), stock.get(v.id, {}))
                | _fields(theirs.get(v.id))
                for v in variants.get(product.row.id, [])
            ],
        }
        for product in products
    }


def _plain(row: ProductRow | Variant | AttributeDefinition) -> Record:
    """As it would be read from a file: lists, no tuples, so that records can be compared."""
    found: Record = msgspec.json.decode(msgspec.json.encode(row))
    return found


_USUAL = _plain(AttributeDefinition(code="any", label="Any", kind="text"))


def _fields(values: Mapping[str, fields.FieldValue] | None) -> Record:
    return {"fields": dict(sorted(values.items()))} if values else {}


def _product(product: Product, channels: Mapping[UUID, str]) -> Record:
    row = _plain(product.row)
    return {
        "kind": "product",
        **{field: row[field] for field in _PRODUCT_FIELDS},
        "categories": list(product.categories),
        "media": [_media(m) for m in product.media],
        "publications": [
            _publication(p, channels[p.channel_id])
            for p in product.publications
            if p.channel_id in channels
        ],
    }


def _media(media: Media) -> Record:
    named = {"file": media.source} if media.source else {}
    texts = {"alts": media.alts} if media.alts else {}
    return {**named, "key": media.storage_key, "alt": media.alt, **texts}


def _publication(publication: Publication, channel: str) -> Record:
    entry = msgspec.to_builtins(publication)
    return {"channel": channel, "from": entry["publish_from"], "until": entry["publish_until"]}


def _variant(
    variant: Variant,
    media: Sequence[Media],
    prices: Mapping[str, Sequence[Record]],
    stock: Mapping[str, int],
) -> Record:
    row = _plain(variant)
    shown = next((m.storage_key for m in media if m.id == variant.media_id), None)
    record = {**{field: row[field] for field in _VARIANT_FIELDS}, "media": shown}
    if prices:
        record["prices"] = prices
    if stock:
        record["stock"] = stock
    return record


async def _prices(
    tx: Tx, variant_ids: Sequence[UUID], known: References
) -> dict[UUID, dict[str, list[Record]]]:
    found: dict[UUID, dict[str, list[Record]]] = {}
    for code, price_list in sorted(known.lists.items()):
        after: tuple[UUID, UUID] | None = None
        while variant_ids:
            page = await pricing.list_prices(
                tx, price_list.id, variant_ids=variant_ids, after=after, limit=_PRICES
            )
            for price in page:
                entries = found.setdefault(price.variant_id, {}).setdefault(code, [])
                entries.append(_price(price, price_list))
            if len(page) < _PRICES:
                break
            after = (page[-1].variant_id, page[-1].id)
    for lists in found.values():
        for entries in lists.values():
            entries.sort(key=_rank)
    return found


def _price(price: Price, price_list: PriceList) -> Record:
    def major(minor: int | None) -> str | None:
        return None if minor is None else str(Money(minor, price_list.currency).to_decimal())

    entry: Record = {"amount": major(price.amount_minor)}
    optional = {
        "compare_at": major(price.compare_at_minor),
        "min_quantity": price.min_quantity if price.min_quantity != 1 else None,
        "priority": price.priority or None,
        "from": msgspec.to_builtins(price.valid_from),
        "until": msgspec.to_builtins(price.valid_until),
        "mix_group": price.mix_group,
    }
    return entry | {key: value for key, value in optional.items() if value is not None}


def _rank(entry: Record) -> tuple[int, int, str]:
    return entry.get("min_quantity", 1), entry.get("priority", 0), entry.get("from") or ""


async def _stock(
    tx: Tx, variant_ids: Sequence[UUID], known: References
) -> dict[UUID, dict[str, int]]:
    codes = {place.id: code for code, place in known.locations.items()}
    found: dict[UUID, dict[str, int]] = {}
    for level in await inventory.levels_of(tx, variant_ids) if variant_ids else []:
        if level.location_id in codes:
            # A count is never negative; a shelf that owes units is empty.
            found.setdefault(level.variant_id, {})[codes[level.location_id]] = max(level.on_hand, 0)
    return found
