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

from argosy.kernel.ids import encode
from argosy.kernel.money import Money
from argosy.kernel.paging import encode_cursor
from argosy.modules.projections.rules.attributes import (
    OptionTerms,
    attribute_documents,
    attribute_terms,
    facet_code,
    product_terms,
)
from argosy.modules.projections.rules.pictures import on_card, shown_media
from argosy.modules.projections.types import (
    ALL_PRODUCTS,
    VARIANTS_IN_DOCUMENT,
    Availability,
    CategoryDocument,
    Collect,
    CollectionDocument,
    Offer,
    OptionDocument,
    PriceRange,
    PriceTier,
    ProductCard,
    ProductDocument,
    Projection,
    Shown,
    SourceChannel,
    SourceCollection,
    SourceLevel,
    SourcePlacement,
    SourcePrice,
    SourceProduct,
    SourceVariant,
    UnitPriceDocument,
    VariantBody,
    VariantDocument,
    VariantPage,
)

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


def variants_filter(slug: str) -> str:
    """What a cursor over the variants of this product is bound to (DOMAIN.md P1)."""
    return f"variants of {slug}"


# --- one product, one channel, one instant ----------------------------------------------------


class _Sold(msgspec.Struct, frozen=True):
    """A priced variant with what decides how it is shown."""

    variant: SourceVariant
    unit: SourcePrice
    document: VariantDocument


def _shown(
    source: SourceProduct, channel: SourceChannel, at: datetime, collect: Collect
) -> Shown | None:
    published = _published_since(source, channel, at)
    if published is None:
        return None
    sold = [s for v in source.variants if (s := _sold(v, channel, at)) is not None]
    if not sold:
        return None
    sold.sort(key=lambda s: (s.variant.position, s.variant.id))
    buyable = [s for s in sold if s.document.availability != "out_of_stock"]
    document = _document(source, channel, sold, buyable or sold)
    collected = list(collect(document, at))
    document = msgspec.structs.replace(document, collections=[_collection(c) for c in collected])
    shared = tuple(product_terms(source))
    option_terms = OptionTerms(source.options)
    return Shown(
        document=_encode(document),
        card=_encode(_card(document)),
        price_minor=0 if document.price is None else document.price.min.minor,
        listed_at=published,
        name_key=name_key(source.title),
        categories=_positions(source.placements) | {c.id: c.position for c in collected},
        offers=tuple(
            Offer(
                variant_id=s.variant.id,
                # A hidden price must not be found by narrowing a list to it.
                price_minor=0 if s.variant.price_hidden else s.unit.amount_minor,
                terms=(
                    *shared,
                    *option_terms.of(s.variant),
                    *attribute_terms(s.variant.attributes),
                ),
            )
            for s in buyable
        ),
        variants=tuple(
            VariantBody(
                variant_id=s.variant.id, position=s.variant.position, body=_encode(s.document)
            )
            for s in sold
        ),
    )


def _published_since(
    source: SourceProduct, channel: SourceChannel, at: datetime
) -> datetime | None:
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


def _in_force(price: SourcePrice, at: datetime) -> bool:
    return (price.valid_from is None or price.valid_from <= at) and (
        price.valid_until is None or at < price.valid_until
    )


def _tiers(in_force: list[SourcePrice]) -> list[SourcePrice]:
    """The price from each quantity on: of those reached, the highest priority, then the largest."""
    best: list[SourcePrice] = []
    for price in sorted(in_force, key=lambda p: (p.min_quantity, -p.priority)):
        if not best or (
            price.min_quantity > best[-1].min_quantity and price.priority >= best[-1].priority
        ):
            best.append(price)
    return best


def _sold(variant: SourceVariant, channel: SourceChannel, at: datetime) -> _Sold | None:
    """The variant with its price; None without one: a missing price is not zero (DOMAIN.md C9)."""
    tiers = _tiers(
        [p for p in variant.prices if p.price_list_id == channel.price_list_id and _in_force(p, at)]
    )
    if not tiers or tiers[0].min_quantity > 1:
        return None
    unit = tiers[0]
    was = unit.compare_at_minor
    told = not variant.price_hidden
    currency = channel.currency
    document = VariantDocument(
        id=encode("variant", variant.id),
        sku=variant.sku,
        title=variant.title,
        gtin=variant.gtin,
        options=variant.options,
        price=Money(unit.amount_minor, currency) if told else None,
        compare_at=Money(was, currency) if told and was and was > unit.amount_minor else None,
        prior=None if unit.prior_minor is None or not told else Money(unit.prior_minor, currency),
        unit_price=_unit_price(variant, unit, channel) if told else None,
        tiers=[
            PriceTier(min_quantity=t.min_quantity, price=Money(t.amount_minor, currency))
            for t in tiers[1:]
            if told
        ],
        availability=_availability(variant, channel),
        requires_shipping=variant.requires_shipping,
        weight_g=variant.weight_g,
        dimensions_mm=variant.dimensions_mm,
        media_id=encode("media", variant.media_id) if variant.media_id else None,
        attributes=attribute_documents(variant.attributes),
    )
    return _Sold(variant, unit, document)


def _unit_price(
    variant: SourceVariant, unit: SourcePrice, channel: SourceChannel
) -> UnitPriceDocument | None:
    measure = variant.measure
    if measure is None or unit.unit_price_minor is None:
        return None
    return UnitPriceDocument(
        price=Money(unit.unit_price_minor, channel.currency),
        per=f"{measure.base_quantity.normalize():f} {measure.base_unit}",
    )


_BEST_FIRST: tuple[Availability, ...] = ("in_stock", "low_stock", "backorder", "out_of_stock")


def _availability(variant: SourceVariant, channel: SourceChannel) -> Availability:
    """The best word among the channel's locations.

    Not a sum over them: the word then changes only when one location's word changes, which is all
    that inventory tells about, so that an order that changes no word costs no projection.
    """
    if not variant.tracks_inventory:
        return "in_stock"
    words = {_word(level) for level in variant.levels if level.location_id in channel.locations}
    return next((word for word in _BEST_FIRST if word in words), "out_of_stock")


def _word(level: SourceLevel) -> Availability:
    if level.sellable > level.low_threshold:
        return "in_stock"
    if level.sellable > 0:
        return "low_stock"
    return "backorder" if level.sellable + level.backorder_limit > 0 else "out_of_stock"


def _price_range(sold: list[_Sold], channel: SourceChannel) -> PriceRange | None:
    told = [s for s in sold if not s.variant.price_hidden]
    if not told:
        return None
    cheapest = min(told, key=lambda s: s.unit.amount_minor)
    dearest = max(told, key=lambda s: s.unit.amount_minor)
    document = cheapest.document
    return PriceRange(
        min=Money(cheapest.unit.amount_minor, channel.currency),
        max=Money(dearest.unit.amount_minor, channel.currency),
        compare_at=document.compare_at,
        prior=document.prior,
        unit_price=document.unit_price,
        tax_inclusive=channel.tax_inclusive,
    )


def _document(
    source: SourceProduct, channel: SourceChannel, sold: list[_Sold], priced_by: list[_Sold]
) -> ProductDocument:
    found = {s.document.availability for s in sold}
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
        availability=next(a for a in _BEST_FIRST if a in found),
        price=_price_range(priced_by, channel),
        rating=source.rating,
        options=[
            OptionDocument(code=facet_code(o.name), name=o.name, values=list(o.values))
            for o in source.options
        ],
        attributes=attribute_documents(source.attributes),
        fields=source.fields or {},
        media=[shown_media(m, channel.locale) for m in source.media],
        category_path=_trail(trails[0]) if trails else [],
        categories=[_trail(p)[-1] for p in trails],
        variants=_first_variants(source.slug, sold),
        variant_count=len(sold),
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
    )


def _first_variants(slug: str, sold: list[_Sold]) -> VariantPage:
    page = sold[:VARIANTS_IN_DOCUMENT]
    last = page[-1].variant
    more = len(sold) > len(page)
    return VariantPage(
        items=[s.document for s in page],
        next_cursor=encode_cursor([last.position, str(last.id)], variants_filter(slug))
        if more
        else None,
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
