"""Reading channels."""

from uuid import UUID

from argosy.modules.channels import store
from argosy.modules.channels.errors import ChannelNotFound
from argosy.modules.channels.types import Channel
from argosy.runtime.db import Tx

MAX_CHANNELS = 1000


async def channel_by_id(tx: Tx, channel_id: UUID) -> Channel:
    """Raises ChannelNotFound."""
    return _found(await store.channel_by_id(tx, channel_id))


async def channel_by_code(tx: Tx, code: str) -> Channel:
    """Raises ChannelNotFound."""
    return _found(await store.channel_by_code(tx, code))


async def list_channels(
    tx: Tx, *, after: str | None = None, limit: int = MAX_CHANNELS
) -> list[Channel]:
    """Channels in the order of their codes, those after the code given."""
    return await store.list_channels(tx, after, limit)


def _found(channel: Channel | None) -> Channel:
    if channel is None:
        raise ChannelNotFound("There is no such channel.")
    return channel
