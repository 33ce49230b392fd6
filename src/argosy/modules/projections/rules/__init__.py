"""How a product looks in a channel at an instant: pure, so that any instant can be asked for.

DOMAIN.md E10: shown means published and priced; purchasable means in stock or on backorder too.
DOMAIN.md C8: `project` also tells how it will look from the next boundary on, so that a schedule
takes effect at its instant and not when somebody gets round to it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import UNSET

from argosy.kernel.ids import encode
from argosy.modules.projections.rules.attributes import attribute_documents, facet_code
from argosy.modules.projections.rules.pictures import on_card, shown_media
from argosy.modules.projections.rules.variants import (
    bodies_of,
    offers_of,
    sell,
    sold_of,
    summarised,
)
from argosy.modules.projections.types import (
    ALL_PRODUCTS,
    CategoryDocument,
    Collect,
    CollectionDocument,
    OptionDocument,
    ProductCard,
    ProductDocument,
    Projection,
    Shown,
    SourceChannel,
    SourceCollection,
    SourcePlacement,
    SourceProduct,
)
from argosy.modules.projections.types.parts import Summary

_MAX_NAME_KEY = 200

# A product whose options nobody asks a listing about: no shopper narrows by a thousand values.
_OPTION_VALUES_ON_CARD = 20

_encode = msgspec.json.Encoder().encode


def _in_none(_document: ProductDocument, _at: datetime) -> Iterable[SourceCollection]:
    return ()


def project(
    source: SourceProduct,
    channel: SourceChannel,
    at: datetime,
    *,
    collect: Collect = _in_none,
    ageing: Iterable[datetime] = (),
) -> Projection:
    """The product in the channel as of `at`, and as it will be from the next boundary on.

    `collect` tells its collections; `ageing` are the times at which those change by its age alone.
    """
    boundary = next_boundary(source, channel, at, ageing)
    return Projection(
        channel_id=channel.id,
        product_id=source.id,
        slug=source.slug,
        current=_shown(source, channel, at, collect),
        boundary=boundary,
        upcoming=None if boundary is None else _shown(source, channel, boundary, collect),
    )


def next_boundary(
    source: SourceProduct, channel: SourceChannel, at: datetime, ageing: Iterable[datetime] = ()
) -> datetime | None:
    """The first instant after `at` at which a publication or a price begins or ends, or at which
    it gets too old for a collection.
    """
    if source.status != "active" or not channel.active:
        return None
    scheduled = (*_scheduled(source, channel), *ageing)
    return min((t for t in scheduled if t is not None and t > at), default=None)


def _scheduled(source: SourceProduct, channel: SourceChannel) -> Iterator[datetime | None]:
    for publication in source.publications:
        if publication.channel_id == channel.id:
            yield publication.publish_from
            yield publication.publish_until
    for variant in source.variants:
        for price in variant.prices:
            if price.price_list_id == channel.price_list_id:
                yield price.valid_from
                yield price.valid_until


def name_key(title: str) -> str:
    """Sorts titles as people expect, the same on every machine: accents and case fold away."""
    decomposed = unicodedata.normalize("NFKD", title.casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(bare.split())[:_MAX_NAME_KEY]


# --- one product, one channel, one instant ----------------------------------------------------


def _shown(
    source: SourceProduct, channel: SourceChannel, at: datetime, collect: Collect
) -> Shown | None:
    sold = sell(source, channel, at) if shown_since(source, channel, at) else []
    if not sold:
        return None
    shown = present(source, channel, at, summarised(source, channel, sold), collect)
    return msgspec.structs.replace(
        shown, offers=tuple(offers_of(source, sold)), variants=tuple(bodies_of(source, sold))
    )


def present(
    source: SourceProduct,
    channel: SourceChannel,
    at: datetime,
    summary: Summary,
    collect: Collect = _in_none,
) -> Shown:
    """Page and card of a product that the channel shows, from what its variants amount to."""
    document = _document(source, channel, summary)
    collected = list(collect(document, at))
    document = msgspec.structs.replace(document, collections=[_collection(c) for c in collected])
    published = shown_since(source, channel, at)
    assert published is not None, "only what is published is shown"
    return Shown(
        document=_encode(document),
        card=_encode(_card(document)),
        price_minor=0 if document.price is None else document.price.min.minor,
        listed_at=published,
        name_key=name_key(source.title),
        categories=_positions(source.placements) | {c.id: c.position for c in collected},
        offers=(),
        variants=(),
        buyable=summary.availability != "out_of_stock",
    )


def shown_since(source: SourceProduct, channel: SourceChannel, at: datetime) -> datetime | None:
    """Since when the channel shows the product, if it has a variant to sell; None: it does not."""
    if source.status != "active" or not channel.active:
        return None
    for p in source.publications:
        if (
            p.channel_id == channel.id
            and p.publish_from <= at
            and (p.publish_until is None or at < p.publish_until)
        ):
            return p.publish_from
    return None


def why_not_shown(
    source: SourceProduct, channel: SourceChannel, at: datetime, *, hidden: bool = False
) -> tuple[str, ...]:
    """What keeps the product from being shown; nothing if it is. `hidden`: all its variants are for
    others only.
    """
    found = []
    if not channel.active:
        found.append("channel_inactive")
    if source.status != "active":
        found.append("not_active")
    published = [p for p in source.publications if p.channel_id == channel.id]
    if not published:
        found.append("not_published")
    elif all(at < p.publish_from for p in published):
        found.append("published_later")
    elif not any(p.publish_until is None or at < p.publish_until for p in published):
        found.append("publication_ended")
    if hidden:
        found.append("hidden_from_audience")
    elif not source.variants:
        found.append("no_variants")
    elif not any(sold_of(variant, channel, at) for variant in source.variants):
        found.append("not_priced")
    return tuple(found)


def _document(source: SourceProduct, channel: SourceChannel, summary: Summary) -> ProductDocument:
    trails = sorted(source.placements, key=lambda p: (p.position, p.trail[-1].path))
    return ProductDocument(
        id=encode("product", source.id),
        slug=source.slug,
        title=source.title,
        description=source.description,
        brand=source.brand,
        product_type=source.product_type,
        seo_title=source.seo_title,
        seo_description=source.seo_description,
        availability=summary.availability,
        price=summary.price,
        rating=source.rating,
        options=[
            OptionDocument(
                code=facet_code(o.name),
                name=o.label or o.name,
                values=[o.words.get(value, value) for value in o.values],
                availability=states,
            )
            for o, states in zip(source.options, summary.states, strict=True)
        ],
        attributes=attribute_documents(source.attributes),
        fields=source.fields or {},
        media=[shown_media(m, channel.locale) for m in source.media],
        category_path=_trail(trails[0]) if trails else [],
        categories=[_trail(p)[-1] for p in trails],
        variants=summary.first,
        variant_count=summary.variants,
        languages=source.languages or UNSET,
        inputs=list(source.inputs) or UNSET,
        regulated=source.regulated or UNSET,
    )


def _card(document: ProductDocument) -> ProductCard:
    return ProductCard(
        id=document.id,
        slug=document.slug,
        title=document.title,
        brand=document.brand,
        availability=document.availability,
        price=document.price,
        rating=document.rating,
        options=[
            OptionDocument(code=o.code, name=o.name, values=o.values[:_OPTION_VALUES_ON_CARD])
            for o in document.options
        ],
        image=on_card(next((m for m in document.media if m.kind == "image"), None)),
        variant_count=document.variant_count,
        language=document.languages.get("title", UNSET) if document.languages else UNSET,
    )


def _trail(placement: SourcePlacement) -> list[CategoryDocument]:
    return [
        CategoryDocument(id=encode("category", c.id), slug=c.slug, name=c.name, path=c.path)
        for c in placement.trail
    ]


def _collection(collection: SourceCollection) -> CollectionDocument:
    return CollectionDocument(
        id=encode("collection", collection.id), slug=collection.slug, title=collection.title
    )


def _positions(placements: Iterable[SourcePlacement]) -> dict[UUID, int]:
    """Each category, its ancestors and "all products", with the product's position there.

    In a category of its own the product keeps its position; in an ancestor it takes the lowest
    position that it has below.
    """
    positions: dict[UUID, int] = {}
    own: dict[UUID, int] = {}
    for placement in placements:
        *above, itself = placement.trail
        own[itself.id] = placement.position
        for category in above:
            seen = positions.get(category.id, placement.position)
            positions[category.id] = min(seen, placement.position)
    positions |= own
    positions[ALL_PRODUCTS] = min(positions.values(), default=0)
    return positions
