"""Facts that audiences announces: ids only."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Event


class _OfChannel(Event, frozen=True, kw_only=True):
    SUBJECT_KIND: ClassVar[str] = "channel"
    SUBJECT_FIELD: ClassVar[str] = "channel_id"

    channel_id: UUID


class AudiencesChanged(_OfChannel, frozen=True, kw_only=True):
    """An audience of the channel is new, ended, or for others; or the channel as a whole is
    restricted otherwise. Every page of the channel may look otherwise to somebody.
    """

    TYPE: ClassVar[str] = "argosy.audiences.audiences_changed.v1"


class RestrictionsChanged(_OfChannel, frozen=True, kw_only=True):
    """These products and variants of the channel are for others than before."""

    TYPE: ClassVar[str] = "argosy.audiences.restrictions_changed.v1"

    product_ids: tuple[UUID, ...]
    variant_ids: tuple[UUID, ...]
