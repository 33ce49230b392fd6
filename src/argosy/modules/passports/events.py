"""Facts that passports announce."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Event


class PassportPublished(Event, frozen=True, kw_only=True):
    """A product passport says something new, in this edition; `link` is its path under the address
    of the shop.
    """

    TYPE: ClassVar[str] = "argosy.passports.passport_published.v1"
    SUBJECT_KIND: ClassVar[str] = "passport"
    SUBJECT_FIELD: ClassVar[str] = "passport_id"

    passport_id: UUID
    product_id: UUID
    variant_id: UUID
    edition: int
    link: str


class PassportWithdrawn(Event, frozen=True, kw_only=True):
    """A product passport does not hold any more. It stays where it is, and says so."""

    TYPE: ClassVar[str] = "argosy.passports.passport_withdrawn.v1"
    SUBJECT_KIND: ClassVar[str] = "passport"
    SUBJECT_FIELD: ClassVar[str] = "passport_id"

    passport_id: UUID
    product_id: UUID
    variant_id: UUID
    link: str
    reason: str
