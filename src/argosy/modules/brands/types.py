"""A brand, and what can be changed of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType


class Brand(msgspec.Struct, frozen=True, kw_only=True):
    """A brand. `key` is its name as texts are compared; `description` is HTML that was cleaned."""

    id: UUID
    key: str
    slug: str
    name: str
    description: str
    media_id: UUID | None
    seo_title: str
    seo_description: str
    version: int
    created_at: datetime
    updated_at: datetime


class BrandFields(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a brand; what is UNSET stays (DOMAIN.md E3)."""

    slug: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    media_id: UUID | UnsetType | None = UNSET
    seo_title: str | UnsetType = UNSET
    seo_description: str | UnsetType = UNSET
