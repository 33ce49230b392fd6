"""Opening and changing channels."""

import msgspec

from argosy.kernel.ids import new_id
from argosy.modules.channels import events, rules, store
from argosy.modules.channels.errors import ChannelChanged, ChannelNotFound
from argosy.modules.channels.types import Channel, CreateChannel, UpdateChannel
from argosy.runtime.db import Tx

RULES_TOPIC = "rules"
"""Caches of compiled rules listen here; the payload is a channel id, or `*` for all."""
CHANNELS_TOPIC = "channels"
"""Caches of channels listen here; the payload is a channel id."""


async def create_channel(tx: Tx, cmd: CreateChannel) -> Channel:
    """Open a channel. Raises ChannelInvalid, ChannelCodeTaken; a retry raises the latter."""
    shipping_tax = cmd.shipping_tax or ("proportional" if cmd.tax_inclusive else "own")
    given = msgspec.structs.asdict(cmd) | {"shipping_tax": shipping_tax}
    channel = rules.check_channel(Channel(id=new_id(), active=True, version=1, **given))
    await store.insert_channel(tx, channel)
    if channel.locations:
        await store.set_locations(tx, channel)
    if channel.locales:
        # Nothing is shown in the channel yet: there is no window to be made first.
        await store.set_languages(tx, channel, state="ready")
        channel = msgspec.structs.replace(channel, shown_locales=channel.locales)
    tx.emit(
        events.ChannelOpened(channel_id=channel.id, code=channel.code, currency=channel.currency)
    )
    return channel


async def update_channel(
    tx: Tx, channel: Channel, change: UpdateChannel, *, expected_version: int | None = None
) -> Channel:
    """Change a channel that was read as `channel`, and tell every process to forget it.

    Raises ChannelInvalid, and ChannelChanged if it is not as it was read (or not of the version
    that the caller expects). A change that changes nothing writes nothing.
    """
    given = {k: v for k, v in msgspec.structs.asdict(change).items() if v is not None}
    wanted = rules.check_channel(msgspec.structs.replace(channel, **given))
    changed = tuple(sorted(k for k in given if getattr(wanted, k) != getattr(channel, k)))
    if expected_version not in {None, channel.version}:
        raise _stale(channel)
    if not changed:
        return channel
    version = await store.update_channel(tx, wanted, channel.version)
    if version is None:
        if await store.channel_by_id(tx, channel.id) is None:
            raise ChannelNotFound("There is no such channel.")
        raise _stale(channel)
    if "locations" in changed:
        await store.set_locations(tx, wanted)
    if "locales" in changed:
        await store.set_languages(tx, wanted, state="new")
        kept = tuple(one for one in wanted.locales if one in channel.shown_locales)
        wanted = msgspec.structs.replace(wanted, shown_locales=kept)
    tx.emit(events.ChannelReconfigured(channel_id=channel.id, version=version, fields=changed))
    tx.notify(RULES_TOPIC, str(channel.id))
    tx.notify(CHANNELS_TOPIC, str(channel.id))
    return msgspec.structs.replace(wanted, version=version)


async def begin_languages(tx: Tx) -> None:
    """Note that all products wait to be shown in new languages."""
    await store.begin_languages(tx)


async def finish_languages(tx: Tx) -> int:
    """Note that nothing waits any more: languages whose windows were being made are offered from
    now on. In how many places; one statement.
    """
    found = await store.finish_languages(tx)
    for channel_id in sorted(set(found)):
        tx.notify(CHANNELS_TOPIC, str(channel_id))
    return len(found)


def _stale(channel: Channel) -> ChannelChanged:
    return ChannelChanged(
        "The channel was changed meanwhile.", cure="Read it again, then decide.", code=channel.code
    )
