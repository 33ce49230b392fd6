"""What projecting reads for any number of products: channels, prices, audiences and the sources."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec

from argosy.modules import audiences
from argosy.modules.audiences import Restriction
from argosy.modules.channels import Channel, list_channels
from argosy.modules.projections import SourceChannel, SourceProduct
from argosy.reads import product_document as reads
from argosy.runtime.db import Tx
from argosy.workflows.shown_prices import ShopPrices, read_shop_prices
from argosy.workflows.windows import Window, windows_of

_CHANNELS = 200

Restrictions = Mapping[UUID, Mapping[UUID, Restriction]]
"""By channel and subject."""

_decode = msgspec.json.Decoder(SourceProduct).decode


class Facts(NamedTuple):
    """The windows of the shop, how each channel prices, and whether there are audiences at all."""

    channels: Sequence[Channel]
    windows: Sequence[Window]
    prices: Mapping[UUID, ShopPrices]
    has_audiences: bool

    @property
    def list_ids(self) -> set[UUID]:
        """The price lists that decide what is shown anywhere."""
        return {list_id for prices in self.prices.values() for list_id in prices.list_ids}

    def in_channels(self, channel_ids: Collection[UUID]) -> Facts:
        """The same of these channels alone."""
        return Facts(
            [one for one in self.channels if one.id in channel_ids],
            [one for one in self.windows if one.channel.id in channel_ids],
            {at: prices for at, prices in self.prices.items() if at in channel_ids},
            self.has_audiences,
        )


async def read_facts(tx: Tx, channel_ids: Collection[UUID] | None = None) -> Facts:
    """The windows of all channels, or of those given."""
    channels = [c for c in await _all_channels(tx) if channel_ids is None or c.id in channel_ids]
    prices = await read_shop_prices(tx, channels)
    every = await audiences.all_audiences(tx)
    return Facts(channels, windows_of(channels, every), prices, bool(every))


async def read_sources(
    tx: Tx,
    facts: Facts,
    product_ids: Sequence[UUID],
    variant_ids: Sequence[UUID] | None = None,
) -> list[SourceProduct]:
    """The products as they are now, with all their variants or with these; one that was deleted is
    shown nowhere.
    """
    sources = await reads.product_sources(
        tx,
        product_ids,
        price_list_ids=facts.list_ids,
        location_ids={location for c in facts.channels for location in c.locations},
        variant_ids=variant_ids,
    )
    return [
        _gone(product_id, tx) if text is None else _decode(text)
        for product_id, text in ((one, sources.get(one)) for one in product_ids)
    ]


def concerned_by(
    facts: Facts, sources: Sequence[SourceProduct], stored: Mapping[UUID, Collection[UUID]]
) -> dict[UUID, list[SourceProduct]]:
    """By channel the products that are published there, or that one of its windows shows as stored
    (`stored`: windows by product); only channels that have one.
    """
    # A channel is a window of its own: that of everybody, in its own language.
    channel_of = {window.id: window.channel.id for window in facts.windows}
    found: dict[UUID, list[SourceProduct]] = {}
    for source in sources:
        windows = {one.channel_id for one in source.publications} | set(stored.get(source.id, ()))
        for channel_id in {channel_of[one] for one in windows if one in channel_of}:
            found.setdefault(channel_id, []).append(source)
    return found


async def read_restrictions(tx: Tx, facts: Facts, sources: Sequence[SourceProduct]) -> Restrictions:
    """What of these products is for some people only; nothing where there are no audiences."""
    if not facts.has_audiences:
        return {}
    subjects = [c.id for c in facts.channels]
    subjects += [one for source in sources for one in _subjects(source)]
    return await audiences.restrictions_of(tx, subjects)


def source_channel(window: Window) -> SourceChannel:
    """What of a window decides how products look in it."""
    channel = window.channel
    return SourceChannel(
        id=window.id,
        currency=channel.currency,
        price_list_id=channel.price_list_id,
        tax_inclusive=channel.tax_inclusive,
        locations=frozenset(channel.locations),
        active=window.active,
        locale=window.locale,
    )


async def _all_channels(tx: Tx) -> list[Channel]:
    found: list[Channel] = []
    while page := await list_channels(tx, after=found[-1].code if found else None, limit=_CHANNELS):
        found += page
        if len(page) < _CHANNELS:
            break
    return found


def _subjects(source: SourceProduct) -> Iterator[UUID]:
    yield source.id
    for variant in source.variants:
        yield variant.id


def _gone(product_id: UUID, tx: Tx) -> SourceProduct:
    return SourceProduct(id=product_id, slug="", title="", status="archived", created_at=tx.now)
