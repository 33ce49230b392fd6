"""Facts that brands announces."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Event


class BrandChanged(Event, frozen=True, kw_only=True):
    """A brand came with its first product, or its texts, slug or logo are different."""

    TYPE: ClassVar[str] = "argosy.brands.brand_changed.v1"
    SUBJECT_KIND: ClassVar[str] = "brand"
    SUBJECT_FIELD: ClassVar[str] = "brand_id"

    brand_id: UUID
    slug: str
    created: bool = False


class BrandDeleted(Event, frozen=True, kw_only=True):
    """A brand is gone. It comes back with a new id when a product has its name."""

    TYPE: ClassVar[str] = "argosy.brands.brand_deleted.v1"
    SUBJECT_KIND: ClassVar[str] = "brand"
    SUBJECT_FIELD: ClassVar[str] = "brand_id"

    brand_id: UUID
    slug: str
