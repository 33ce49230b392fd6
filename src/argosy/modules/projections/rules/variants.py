"""What a channel shows of variants, each by itself, and what they amount to together. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from argosy.kernel.ids import decode, encode
from argosy.kernel.money import Money
from argosy.kernel.paging import encode_cursor
from argosy.modules.projections.rules.attributes import (
    OptionTerms,
    attribute_documents,
    attribute_terms,
    product_terms,
)
from argosy.modules.projections.types import (
    VARIANTS_IN_DOCUMENT,
    Availability,
    Offer,
    PriceRange,
    PriceTier,
    SourceChannel,
    SourceLevel,
    SourceOption,
    SourcePrice,
    SourceProduct,
    SourceVariant,
    UnitPriceDocument,
    VariantBody,
    VariantDocument,
    VariantPage,
)
from argosy.modules.projections.types.parts import Amounts, Part, Place, Summary

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(VariantDocument).decode


class Sold(msgspec.Struct, frozen=True):
    """A priced variant with what decides how it is shown."""

    variant: SourceVariant
    unit: SourcePrice
    document: VariantDocument


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


def sold_of(variant: SourceVariant, channel: SourceChannel, at: datetime) -> Sold | None:
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
        options=variant.options if variant.shown_options is None else variant.shown_options,
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
        kit=variant.kit,
    )
    return Sold(variant, unit, document)


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


BEST_FIRST: tuple[Availability, ...] = ("in_stock", "low_stock", "backorder", "out_of_stock")


def _availability(variant: SourceVariant, channel: SourceChannel) -> Availability:
    """The best word among the channel's locations.

    Not a sum over them: the word then changes only when one location's word changes, which is all
    that inventory tells about, so that an order that changes no word costs no projection.
    """
    if not variant.tracks_inventory:
        return "in_stock"
    words = {_word(level) for level in variant.levels if level.location_id in channel.locations}
    return next((word for word in BEST_FIRST if word in words), "out_of_stock")


def _word(level: SourceLevel) -> Availability:
    if level.sellable > level.low_threshold:
        return "in_stock"
    if level.sellable > 0:
        return "low_stock"
    return "backorder" if level.sellable + level.backorder_limit > 0 else "out_of_stock"


def sell(source: SourceProduct, channel: SourceChannel, at: datetime) -> list[Sold]:
    """The variants that have a price, in display order."""
    sold = [s for v in source.variants if (s := sold_of(v, channel, at)) is not None]
    sold.sort(key=lambda s: (s.variant.position, s.variant.id))
    return sold


def is_buyable(sold: Sold) -> bool:
    """Whether it is in stock or on backorder."""
    return sold.document.availability != "out_of_stock"


def offers_of(source: SourceProduct, sold: Iterable[Sold]) -> Iterator[Offer]:
    """Those that can be bought, with what a listing can be narrowed by."""
    shared = tuple(product_terms(source))
    option_terms = OptionTerms(source.options)
    for one in sold:
        if is_buyable(one):
            yield Offer(
                variant_id=one.variant.id,
                # A hidden price must not be found by narrowing a list to it.
                price_minor=0 if one.variant.price_hidden else one.unit.amount_minor,
                terms=(
                    *shared,
                    *option_terms.of(one.variant),
                    *attribute_terms(one.variant.attributes),
                ),
            )


def bodies_of(source: SourceProduct, sold: Iterable[Sold]) -> Iterator[VariantBody]:
    """All of them as they are kept."""
    for one in sold:
        yield VariantBody(
            variant_id=one.variant.id,
            position=one.variant.position,
            body=_encode(one.document),
            picks=tuple(_picked(option, one.variant) for option in source.options),
            state=BEST_FIRST.index(one.document.availability),
            price_minor=None if one.variant.price_hidden else one.unit.amount_minor,
        )


def _picked(option: SourceOption, variant: SourceVariant) -> str | None:
    """What the page calls the variant's value of an option."""
    value = variant.options.get(option.name)
    return None if value is None else option.words.get(value, value)


def summarised(source: SourceProduct, channel: SourceChannel, sold: Sequence[Sold]) -> Summary:
    """What these variants, which are all that the channel sells, amount to. At least one."""
    buyable = [s for s in sold if is_buyable(s)]
    states: list[dict[str, Availability]] = []
    for option in source.options:
        best: dict[str, Availability] = {}
        for one in sold:
            value, state = _picked(option, one.variant), one.document.availability
            if value is not None:
                best[value] = min(best.get(value, state), state, key=BEST_FIRST.index)
        states.append(_in_order(option, best))
    found = {s.document.availability for s in sold}
    told = [s for s in buyable or sold if not s.variant.price_hidden]
    return Summary(
        variants=len(sold),
        availability=next(a for a in BEST_FIRST if a in found),
        price=price_range(
            min(told, key=lambda s: s.unit.amount_minor).document,
            Money(max(s.unit.amount_minor for s in told), channel.currency),
            channel,
        )
        if told
        else None,
        first=first_page(
            source.slug,
            [s.document for s in sold[:VARIANTS_IN_DOCUMENT]],
            None
            if len(sold) <= VARIANTS_IN_DOCUMENT
            else sold[VARIANTS_IN_DOCUMENT - 1].variant.position,
        ),
        states=tuple(states),
    )


def _in_order(option: SourceOption, best: Mapping[str, Availability]) -> dict[str, Availability]:
    called = (option.words.get(value, value) for value in option.values)
    return {value: best[value] for value in called if value in best}


def price_range(
    cheapest: VariantDocument, highest: Money, channel: SourceChannel
) -> PriceRange | None:
    """From the cheapest variant, whose price is told, to the highest price."""
    if cheapest.price is None:
        return None
    return PriceRange(
        min=cheapest.price,
        max=highest,
        compare_at=cheapest.compare_at,
        prior=cheapest.prior,
        unit_price=cheapest.unit_price,
        tax_inclusive=channel.tax_inclusive,
    )


def first_page(slug: str, items: list[VariantDocument], last_position: int | None) -> VariantPage:
    """The variants of a product page; with `last_position`, that of the last, there are more."""
    following = None
    if last_position is not None:
        last_id = str(decode("variant", items[-1].id))
        following = encode_cursor([last_position, last_id], variants_filter(slug))
    return VariantPage(items=items, next_cursor=following)


def variants_filter(slug: str) -> str:
    """What a cursor over the variants of this product is bound to (DOMAIN.md P1)."""
    return f"variants of {slug}"


def places_of(
    shown_since: Callable[[datetime], datetime | None],
    channel_id: UUID,
    now: datetime,
    boundary: datetime | None,
) -> list[Place]:
    """As it is until the boundary, and as it will be from then on, as far as it is shown then."""
    places = [Place(channel_id=channel_id, slot=0, at=now, valid_from=None, valid_until=boundary)]
    if boundary is not None:
        places.append(
            Place(channel_id=channel_id, slot=1, at=boundary, valid_from=boundary, valid_until=None)
        )
    return [place for place in places if shown_since(place.at) is not None]


def part_of(source: SourceProduct, channel: SourceChannel, place: Place) -> Part:
    """What the channel shows then of the variants that the source has."""
    sold = sell(source, channel, place.at)
    return Part(
        place=place,
        offers=tuple(offers_of(source, sold)),
        variants=tuple(bodies_of(source, sold)),
    )


def summary_of(source: SourceProduct, channel: SourceChannel, amounts: Amounts) -> Summary:
    """As `summarised`, from what is stored of the variants."""
    states: list[dict[str, Availability]] = []
    for place, option in enumerate(source.options, start=1):
        best = {value: BEST_FIRST[state] for at, value, state in amounts.states if at == place}
        states.append(_in_order(option, best))
    highest = Money(amounts.highest or 0, channel.currency)
    return Summary(
        variants=amounts.variants,
        availability=BEST_FIRST[amounts.best],
        price=None
        if amounts.cheapest is None
        else price_range(_decode(amounts.cheapest), highest, channel),
        first=first_page(
            source.slug,
            [_decode(body) for body in amounts.bodies],
            amounts.positions[-1] if amounts.variants > len(amounts.bodies) else None,
        ),
        states=tuple(states),
    )
