"""Facts that taxonomy announces."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Event


class MappingChanged(Event, frozen=True, kw_only=True):
    """A product or category is something else in the terms of others; `node` null: unmapped."""

    TYPE: ClassVar[str] = "argosy.taxonomy.mapping_changed.v1"
    SUBJECT_KIND: ClassVar[str] = "mapping"
    SUBJECT_FIELD: ClassVar[str] = "entity_id"

    entity_id: UUID
    entity: str
    system: str
    node: str | None
