"""Facts that compliance announces."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Event


class SheetChanged(Event, frozen=True, kw_only=True):
    """What the law wants said beside a product is said otherwise now."""

    TYPE: ClassVar[str] = "argosy.compliance.sheet_changed.v1"
    SUBJECT_KIND: ClassVar[str] = "product"
    SUBJECT_FIELD: ClassVar[str] = "product_id"

    product_id: UUID
