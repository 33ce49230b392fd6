"""What a product record says beyond the catalog: publication, prices and stock, by codes.

Reading is pure and names every code that is not known; writing is set-based, in the caller's
transaction, after the products are written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from argosy.kernel.money import InexactAmount, Money
from argosy.kernel.wall_clock import TimeOutOfRange, in_utc
from argosy.modules import catalog, channels, inventory, pricing
from argosy.modules.catalog import Fault, PublicationInput
from argosy.modules.channels import Channel
from argosy.modules.inventory import Count, Fact, Location
from argosy.modules.pricing import PriceList, SetPrice
from argosy.runtime.db import Tx
from argosy.workflows.product_record import PriceRecord, ProductRecord, VariantRecord

MAX_LISTS = 1000


class References(msgspec.Struct, frozen=True, kw_only=True):
    """What codes in a file can mean."""

    channels: Mapping[str, Channel]
    lists: Mapping[str, PriceList]
    locations: Mapping[str, Location]


class Offers(msgspec.Struct, kw_only=True):
    """The prices and stock of one product, by SKU (lower case), with codes resolved. `free_steps`:
    prices go back to where they were, however far that is in a day.
    """

    prices: list[tuple[str, UUID, SetPrice]] = msgspec.field(default_factory=list)
    unpriced: list[tuple[str, UUID]] = msgspec.field(default_factory=list)
    stock: list[tuple[str, UUID, int]] = msgspec.field(default_factory=list)
    free_steps: bool = False


class Found(msgspec.Struct, kw_only=True):
    """What reading the offers of a record found wrong."""

    unknown: list[Fault] = msgspec.field(default_factory=list)
    faults: list[Fault] = msgspec.field(default_factory=list)


async def references(tx: Tx) -> References:
    """All channels, price lists and locations by their codes."""
    return References(
        channels={c.code: c for c in await channels.list_channels(tx)},
        lists={p.code: p for p in await pricing.list_price_lists(tx, limit=MAX_LISTS)},
        locations={
            place.code: place for place in await inventory.list_locations(tx, limit=MAX_LISTS)
        },
    )


def publications(
    record: ProductRecord, known: References, found: Found
) -> tuple[PublicationInput, ...] | UnsetType | None:
    """The publications of a record; times without an offset are market time (DOMAIN.md E10)."""
    given = record.publications
    if isinstance(given, UnsetType) or given is None:
        return given
    if not given:
        return ()
    entries = []
    for number, entry in enumerate(given):
        channel = known.channels.get(entry.channel)
        if channel is None:
            _unknown(found, f"publications[{number}].channel", "channel", entry.channel)
            continue
        try:
            entries.append(
                PublicationInput(
                    channel_id=channel.id,
                    publish_from=_instant(entry.from_, channel.time_zone),
                    publish_until=_instant(entry.until, channel.time_zone),
                )
            )
        except TimeOutOfRange as error:
            column = f"publications[{number}]"
            found.faults.append(Fault(column=column, code=error.code, message=error.message))
    # A list of which nothing is known must not read as "remove all".
    return tuple(entries) or UNSET


def offers(record: ProductRecord, known: References, found: Found) -> Offers:
    """The prices and stock of a record."""
    read = Offers()
    variants = () if isinstance(record.variants, UnsetType) else record.variants or ()
    for number, variant in enumerate(variants):
        if not isinstance(variant.sku, str):
            continue
        sku = catalog.sku_key(variant.sku)
        _read_prices(read, variant, known, found, f"variants[{number}].prices")
        if variant.tracks_inventory is False or isinstance(variant.stock, UnsetType):
            continue
        for code, quantity in variant.stock.items():
            place = known.locations.get(code)
            if place is None:
                _unknown(found, f"variants[{number}].stock.{code}", "location", code)
            else:
                read.stock.append((sku, place.id, quantity or 0))
    return read


async def steps_refused(
    tx: Tx, items: Sequence[tuple[Offers, Mapping[str, UUID]]]
) -> dict[int, list[Fault]]:
    """Which of the items set a price that moves too far in a day (C11), by their places.

    At most two statements for each price list.
    """
    wanted: dict[UUID, list[tuple[int, str, SetPrice]]] = {}
    for place, (read, variants) in enumerate(items):
        for sku, list_id, price in () if read.free_steps else read.prices:
            priced = msgspec.structs.replace(price, variant_id=variants[sku])
            wanted.setdefault(list_id, []).append((place, sku, priced))
    faults: dict[int, list[Fault]] = {}
    for list_id, entries in sorted(wanted.items()):
        refused = await pricing.large_steps(tx, list_id, [price for _, _, price in entries])
        for number, error in sorted(refused.items()):
            place, sku, _ = entries[number]
            message = f"{sku}: {error.message} {error.cure}"
            fault = Fault(column="prices", code=error.code, message=message)
            faults.setdefault(place, []).append(fault)
    return faults


async def write_offers(
    tx: Tx, items: Sequence[tuple[Offers, Mapping[str, UUID]]], *, actor: str
) -> set[UUID]:
    """Set prices and stock of written products, each with its variants by SKU; the variants of
    which something changed.

    Prices and levels that are so already are left alone. Raises what pricing and inventory raise.
    """
    removals: dict[UUID, list[UUID]] = {}
    prices: dict[UUID, list[SetPrice]] = {}
    counts: list[Count] = []
    for read, variants in items:
        for sku, list_id in read.unpriced:
            removals.setdefault(list_id, []).append(variants[sku])
        for sku, list_id, price in read.prices:
            priced = msgspec.structs.replace(price, variant_id=variants[sku])
            prices.setdefault(list_id, []).append(priced)
        for sku, location_id, on_hand in read.stock:
            counts.append(Count(variant_id=variants[sku], location_id=location_id, on_hand=on_hand))
    free = all(read.free_steps for read, _ in items)
    changed: set[UUID] = set()
    for list_id, variant_ids in sorted(removals.items()):
        changed |= await remove_prices(tx, list_id, variant_ids)
    for list_id, entries in sorted(prices.items()):
        for start in range(0, len(entries), pricing.MAX_PRICES):
            part = entries[start : start + pricing.MAX_PRICES]
            done = await pricing.set_prices(tx, list_id, part, free_steps=free)
            changed |= set(done.changed)
    return changed | await _count_stock(tx, counts, actor)


async def remove_prices(tx: Tx, list_id: UUID, variant_ids: Sequence[UUID]) -> set[UUID]:
    """Remove all prices of these variants from a list; the variants that had one."""
    removed: set[UUID] = set()
    after: tuple[UUID, UUID] | None = None
    while True:
        page = await pricing.list_prices(
            tx, list_id, variant_ids=variant_ids, after=after, limit=5000
        )
        if page:
            await pricing.remove_prices(tx, list_id, [p.id for p in page])
            removed |= {p.variant_id for p in page}
        if len(page) < 5000:
            return removed
        after = (page[-1].variant_id, page[-1].id)


async def _count_stock(tx: Tx, counts: Sequence[Count], actor: str) -> set[UUID]:
    moved: set[UUID] = set()
    # In the order of keys over all messages: buyers lock several levels in that order too.
    counts = sorted(counts, key=lambda count: (count.variant_id, count.location_id))
    for start in range(0, len(counts), inventory.MAX_ITEMS):
        items = tuple(counts[start : start + inventory.MAX_ITEMS])
        content = hashlib.sha256(msgspec.json.encode(items)).hexdigest()[:32]
        fact = Fact(
            key=f"{actor}:{content}",
            kind="import",
            reason="product import",
            actor=actor,
            items=items,
        )
        posted = await inventory.post_fact(tx, fact)
        moved |= {item.variant_id for item in posted.items if item.moved}
    return moved


def _read_prices(
    read: Offers, variant: VariantRecord, known: References, found: Found, path: str
) -> None:
    if isinstance(variant.prices, UnsetType):
        return
    sku = catalog.sku_key(str(variant.sku))
    if not variant.prices:
        read.unpriced += [(sku, price_list.id) for price_list in known.lists.values()]
        return
    for code, entries in variant.prices.items():
        price_list = known.lists.get(code)
        if price_list is None:
            _unknown(found, f"{path}.{code}", "price list", code)
        elif not entries:
            read.unpriced.append((sku, price_list.id))
        else:
            for entry in entries:
                try:
                    read.prices.append((sku, price_list.id, _price(entry, price_list.currency)))
                except InexactAmount as error:
                    message = f"{error}."
                    found.faults.append(
                        Fault(column=f"{path}.{code}", code="amount_inexact", message=message)
                    )
                except TimeOutOfRange as error:
                    found.faults.append(
                        Fault(column=f"{path}.{code}", code=error.code, message=error.message)
                    )


def _price(entry: PriceRecord, currency: str) -> SetPrice:
    compare_at = None
    if entry.compare_at is not None:
        compare_at = Money.from_decimal(Decimal(entry.compare_at), currency).minor
    return SetPrice(
        variant_id=UUID(int=0),
        amount_minor=Money.from_decimal(Decimal(entry.amount), currency).minor,
        compare_at_minor=compare_at,
        min_quantity=entry.min_quantity,
        priority=entry.priority,
        valid_from=in_utc(entry.from_, "from"),
        valid_until=in_utc(entry.until, "until"),
        mix_group=entry.mix_group,
    )


def _instant(given: datetime | UnsetType | None, zone: str) -> datetime | UnsetType | None:
    return catalog.market_instant(given, zone) if isinstance(given, datetime) else given


def _unknown(found: Found, column: str, what: str, code: str) -> None:
    message = f"There is no {what} {code!r}."
    found.unknown.append(Fault(column=column, code="reference_unknown", message=message))
