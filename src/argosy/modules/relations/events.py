"""Facts that relations announces."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Event


class RelationsChanged(Event, frozen=True, kw_only=True):
    """Other products are shown beside this one."""

    TYPE: ClassVar[str] = "argosy.relations.relations_changed.v1"
    SUBJECT_KIND: ClassVar[str] = "product"
    SUBJECT_FIELD: ClassVar[str] = "product_id"

    product_id: UUID
    kind: str
