"""Facts that licences announce. No event holds a key."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Event


class KeysDelivered(Event, frozen=True, kw_only=True):
    """A line of an order was given keys."""

    TYPE: ClassVar[str] = "argosy.licences.keys_delivered.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID
    line_id: UUID
    variant_id: UUID
    units: int


class KeysShort(Event, frozen=True, kw_only=True):
    """A paid line waits for keys that the pool does not have: add some."""

    TYPE: ClassVar[str] = "argosy.licences.keys_short.v1"
    SUBJECT_KIND: ClassVar[str] = "variant"
    SUBJECT_FIELD: ClassVar[str] = "variant_id"

    variant_id: UUID
    order_id: UUID
    missing: int


class KeysRevoked(Event, frozen=True, kw_only=True):
    """The keys of an order are not to be used any more, and no more are given."""

    TYPE: ClassVar[str] = "argosy.licences.keys_revoked.v1"
    SUBJECT_KIND: ClassVar[str] = "order"
    SUBJECT_FIELD: ClassVar[str] = "order_id"

    order_id: UUID
    units: int
