"""The only file of channels that runs SQL; statements live in store.sql."""

from typing import Literal
from uuid import UUID

from argosy.modules.channels.errors import ChannelCodeTaken
from argosy.modules.channels.types import Channel
from argosy.runtime.db import IntegrityError, Record, Tx, constraint
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def channel_by_id(tx: Tx, channel_id: UUID) -> Channel | None:
    """The channel, or None."""
    row = await tx.maybe(SQL.channel_by_id, channel_id)
    return None if row is None else _channel(row)


async def channel_by_code(tx: Tx, code: str) -> Channel | None:
    """The channel, or None."""
    row = await tx.maybe(SQL.channel_by_code, code)
    return None if row is None else _channel(row)


async def list_channels(tx: Tx, after: str | None, limit: int) -> list[Channel]:
    """Channels by code, those after the code given."""
    return [_channel(row) for row in await tx.many(SQL.list_channels, after, limit)]


async def insert_channel(tx: Tx, channel: Channel) -> None:
    """Raises ChannelCodeTaken."""
    try:
        await tx.run(
            SQL.insert_channel,
            channel.id,
            channel.code,
            channel.name,
            channel.currency,
            list(channel.countries),
            channel.default_country,
            channel.locale,
            channel.time_zone,
            channel.tax_inclusive,
            channel.tax_rounding,
            channel.rounding_mode,
            channel.shipping_tax,
            channel.price_list_id,
            channel.capture,
            channel.reservation_ttl_s,
            channel.order_prefix,
            list(channel.gateways),
            channel.active,
            channel.fallbacks,
            tx.now,
        )
    except IntegrityError as error:
        if constraint(error) == "channel_code_unique":
            raise ChannelCodeTaken(
                f"There is a channel with the code {channel.code!r} already.", field="code"
            ) from error
        raise


async def update_channel(tx: Tx, channel: Channel, expected_version: int) -> int | None:
    """The new version, or None if the stored version is another than expected."""
    row = await tx.maybe(
        SQL.update_channel,
        channel.id,
        expected_version,
        channel.name,
        list(channel.countries),
        channel.default_country,
        channel.locale,
        channel.time_zone,
        channel.tax_rounding,
        channel.rounding_mode,
        channel.shipping_tax,
        channel.price_list_id,
        channel.capture,
        channel.reservation_ttl_s,
        channel.order_prefix,
        list(channel.gateways),
        channel.active,
        channel.fallbacks,
        tx.now,
    )
    return None if row is None else int(row["version"])


async def set_locations(tx: Tx, channel: Channel) -> None:
    """Replace the channel's locations by those of `channel`, in their order."""
    await tx.run(SQL.set_locations, channel.id, list(channel.locations))


async def set_languages(tx: Tx, channel: Channel, *, state: Literal["new", "ready"]) -> None:
    """Replace the channel's further languages by those of `channel`, in their order; new ones have
    this state.
    """
    await tx.run(SQL.set_languages, channel.id, list(channel.locales), state)


async def begin_languages(tx: Tx) -> None:
    """The windows of new languages are being made."""
    await tx.run(SQL.begin_languages)


async def finish_languages(tx: Tx) -> list[UUID]:
    """The windows that were being made are ready; the channels that they are of."""
    return [row["channel_id"] for row in await tx.many(SQL.finish_languages)]


def _channel(row: Record) -> Channel:
    fields = dict(row)
    fields["countries"] = tuple(fields["countries"])
    fields["locations"] = tuple(fields["locations"])
    fields["gateways"] = tuple(fields["gateways"])
    fields["locales"] = tuple(fields["locales"])
    fields["shown_locales"] = tuple(fields["shown_locales"])
    fields["ended_locales"] = tuple(fields["ended_locales"])
    return Channel(**fields)
