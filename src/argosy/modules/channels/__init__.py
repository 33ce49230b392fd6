"""Channels: markets, brands and points of sale, and what each of them decides.

Owns currency, countries, languages, time zone, tax mode and rounding, price list, stock locations,
capture mode, reservation time, order prefix and ways to pay of a channel.
Emits ChannelOpened and ChannelReconfigured, and notifies `rules` and `channels` at every change.
Never knows a price, a product or a key: it only names the price list and the locations.
"""

from argosy.modules.channels.commands import (
    CHANNELS_TOPIC,
    RULES_TOPIC,
    begin_languages,
    create_channel,
    finish_languages,
    update_channel,
)
from argosy.modules.channels.errors import (
    ChannelChanged,
    ChannelCodeTaken,
    ChannelInvalid,
    ChannelNotFound,
)
from argosy.modules.channels.events import ChannelOpened, ChannelReconfigured
from argosy.modules.channels.queries import channel_by_code, channel_by_id, list_channels
from argosy.modules.channels.rules import language_chain, offered_gateways
from argosy.modules.channels.types import Channel, CreateChannel, UpdateChannel

__all__ = [
    "CHANNELS_TOPIC",
    "RULES_TOPIC",
    "Channel",
    "ChannelChanged",
    "ChannelCodeTaken",
    "ChannelInvalid",
    "ChannelNotFound",
    "ChannelOpened",
    "ChannelReconfigured",
    "CreateChannel",
    "UpdateChannel",
    "begin_languages",
    "channel_by_code",
    "channel_by_id",
    "create_channel",
    "finish_languages",
    "language_chain",
    "list_channels",
    "offered_gateways",
    "update_channel",
]
