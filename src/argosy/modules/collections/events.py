"""Facts that collections announces."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Event


class CollectionChanged(Event, frozen=True, kw_only=True):
    """A collection is new, has other texts, rules, products or channels."""

    TYPE: ClassVar[str] = "argosy.collections.collection_changed.v1"
    SUBJECT_KIND: ClassVar[str] = "collection"
    SUBJECT_FIELD: ClassVar[str] = "collection_id"

    collection_id: UUID
    slug: str
    created: bool = False


class CollectionDeleted(Event, frozen=True, kw_only=True):
    """A collection is gone; its products stay."""

    TYPE: ClassVar[str] = "argosy.collections.collection_deleted.v1"
    SUBJECT_KIND: ClassVar[str] = "collection"
    SUBJECT_FIELD: ClassVar[str] = "collection_id"

    collection_id: UUID
    slug: str
