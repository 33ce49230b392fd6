"""Sources for projection tests: a small shop in plain values, without the islands that own them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from argosy.kernel.ids import new_id
from argosy.modules import projections
from argosy.modules.projections import (
    Projection,
    SourceAncestor,
    SourceAttribute,
    SourceChannel,
    SourceLevel,
    SourceMedia,
    SourceOption,
    SourcePlacement,
    SourcePrice,
    SourceProduct,
    SourcePublication,
    SourceVariant,
)
from argosy.runtime.db import Database

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LOCATION = UUID("018f0000-0000-7000-8000-00000000000a")
PRICES = UUID("018f0000-0000-7000-8000-00000000000b")


def a_channel(**changed: object) -> SourceChannel:
    fields: dict[str, object] = {
        "id": new_id(),
        "currency": "EUR",
        "price_list_id": PRICES,
        "tax_inclusive": True,
        "locations": frozenset({LOCATION}),
    }
    return SourceChannel(**(fields | changed))  # type: ignore[arg-type]


def a_price(minor: int, **changed: object) -> SourcePrice:
    fields = {"price_list_id": PRICES, "min_quantity": 1, "amount_minor": minor}
    return SourcePrice(**(fields | changed))  # type: ignore[arg-type]


def a_variant(
    options: dict[str, str] | None = None,
    *,
    minor: int | None = 1000,
    stock: int = 10,
    position: int = 0,
    **changed: object,
) -> SourceVariant:
    variant_id = new_id()
    fields: dict[str, object] = {
        "id": variant_id,
        "sku": f"SKU-{variant_id}",
        "options": options or {},
        "position": position,
        "prices": () if minor is None else (a_price(minor),),
        "levels": (SourceLevel(location_id=LOCATION, sellable=stock),),
    }
    return SourceVariant(**(fields | changed))  # type: ignore[arg-type]


def a_category(path: str, category_id: UUID | None = None) -> SourceAncestor:
    slug = path.rpartition("/")[2]
    return SourceAncestor(id=category_id or new_id(), slug=slug, name=slug.title(), path=path)


def placed(*trail: SourceAncestor, position: int = 0) -> SourcePlacement:
    return SourcePlacement(position=position, trail=trail)


def an_image(key: str) -> SourceMedia:
    return SourceMedia(
        id=new_id(),
        storage_key=key,
        content_type="image/webp",
        kind="image",
        alt="A shirt",
        width=600,
        height=800,
    )


def an_attribute(code: str, kind: str, value: object, **changed: object) -> SourceAttribute:
    fields: dict[str, object] = {
        "code": code,
        "label": code.title(),
        "kind": kind,
        "value": msgspec.Raw(msgspec.json.encode(value)),
        "facet": True,
    }
    return SourceAttribute(**(fields | changed))  # type: ignore[arg-type]


def a_product(
    channel: SourceChannel, variants: Sequence[SourceVariant] = (), **changed: object
) -> SourceProduct:
    product_id = new_id()
    variants = tuple(variants) or (a_variant(),)
    names: dict[str, dict[str, None]] = {}
    for variant in variants:
        for name, value in variant.options.items():
            names.setdefault(name, {})[value] = None
    fields: dict[str, object] = {
        "id": product_id,
        "slug": f"product-{product_id}",
        "title": "A shirt",
        "status": "active",
        "created_at": LONG_AGO,
        "options": tuple(SourceOption(name=n, values=tuple(v)) for n, v in names.items()),
        "variants": variants,
        "publications": (SourcePublication(channel_id=channel.id, publish_from=LONG_AGO),),
    }
    return SourceProduct(**(fields | changed))  # type: ignore[arg-type]


def altered(source: SourceProduct, **changed: object) -> SourceProduct:
    return msgspec.structs.replace(source, **changed)


async def show(
    db: Database,
    channel: SourceChannel,
    *sources: SourceProduct,
    at: datetime | None = None,
    revision: int | None = None,
) -> projections.Saved:
    """Project and save the products, as workflows/projecting.py does after reading them."""
    async with db.transaction() as tx:
        drawn = revision or await projections.next_revision(tx)
        made = [projections.project(source, channel, at or tx.now) for source in sources]
        return await projections.save_projections(tx, made, drawn)


async def term_of(db: Database, channel: SourceChannel, category: UUID) -> int:
    """The number of a category in a channel."""
    term: int = await db.pool.fetchval(
        "select id from projections.term where channel_id = $1 and code = '' and value = $2",
        channel.id,
        str(category),
    )
    return term


def at_midnight(days: int) -> datetime:
    return datetime(2030, 1, 1, tzinfo=UTC) + timedelta(days=days)


def shown_document(projection: Projection) -> projections.ProductDocument:
    assert projection.current is not None
    return msgspec.json.decode(projection.current.document, type=projections.ProductDocument)
