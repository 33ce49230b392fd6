"""Facts that channels announce."""

from uuid import UUID

from argosy.kernel.events import Event


class ChannelOpened(Event, frozen=True, kw_only=True):
    """A new channel exists."""

    TYPE = "argosy.channels.channel_opened.v1"
    SUBJECT_KIND = "channel"
    SUBJECT_FIELD = "channel_id"

    channel_id: UUID
    code: str
    currency: str


class ChannelReconfigured(Event, frozen=True, kw_only=True):
    """Settings of a channel changed; `fields` names them."""

    TYPE = "argosy.channels.channel_reconfigured.v1"
    SUBJECT_KIND = "channel"
    SUBJECT_FIELD = "channel_id"

    channel_id: UUID
    version: int
    fields: tuple[str, ...]
