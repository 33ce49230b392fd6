"""Setting up channels: what a channel names (price list, stock locations) must exist and fit."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from argosy.modules import channels, inventory, pricing, tax
from argosy.modules.channels import Channel, CreateChannel, UpdateChannel
from argosy.runtime.db import Tx


async def open_channel(tx: Tx, cmd: CreateChannel, *, new_price_list: str | None = None) -> Channel:
    """Open a channel; with `new_price_list` under a new, empty list of that code in its currency.

    One that sells to consumers of an EU member state (its prices contain tax) strikes nothing
    through but prior prices (`was_price` "omnibus", DOMAIN.md C6) until its policy says otherwise.

    Raises ChannelInvalid, ChannelCodeTaken, PriceListNotFound, PriceListCodeTaken, CurrencyDiffers,
    LocationNotFound.
    """
    if new_price_list is None:
        await _check_list(tx, cmd.price_list_id, cmd.currency)
    else:
        made = await pricing.create_price_list(
            tx,
            pricing.CreatePriceList(code=new_price_list, name=cmd.name, currency=cmd.currency),
        )
        cmd = msgspec.structs.replace(cmd, price_list_id=made.id)
    await _check_locations(tx, cmd.locations)
    channel = await channels.create_channel(tx, cmd)
    if channel.tax_inclusive and not tax.MEMBER_STATES.isdisjoint(channel.countries):
        policy = pricing.Policy(was_price="omnibus")
        await pricing.set_policy(tx, channel.id, policy, expected_version=0)
    return channel


async def change_channel(
    tx: Tx, channel_id: UUID, change: UpdateChannel, *, expected_version: int | None
) -> tuple[Channel, Channel]:
    """Change a channel; return what it was and what it is.

    Raises ChannelNotFound, ChannelInvalid, ChannelChanged, PriceListNotFound, CurrencyDiffers,
    LocationNotFound.
    """
    before = await channels.channel_by_id(tx, channel_id)
    if change.price_list_id is not None:
        await _check_list(tx, change.price_list_id, before.currency)
    await _check_locations(tx, change.locations or ())
    after = await channels.update_channel(tx, before, change, expected_version=expected_version)
    return before, after


async def _check_list(tx: Tx, list_id: UUID, currency: str) -> None:
    prices = await pricing.price_list_by_id(tx, list_id)
    if prices.currency != currency:
        raise pricing.CurrencyDiffers(
            f"The price list is in {prices.currency}, the channel in {currency}.",
            field="price_list_id",
            cure=f"Name a price list in {currency}.",
        )


async def _check_locations(tx: Tx, location_ids: Sequence[UUID]) -> None:
    for location_id in location_ids:
        await inventory.location_by_id(tx, location_id)
