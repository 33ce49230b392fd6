"""Facts that product types announce."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID, uuid5

from argosy.kernel.events import Event

_TYPES = UUID("0197cdb4-dc93-7121-aea6-82c238360002")


def type_subject(code: str) -> UUID:
    """The id under which events tell of a type: always the same for a code."""
    return uuid5(_TYPES, code)


class ProductTypePublished(Event, frozen=True, kw_only=True):
    """A version of a type's schema is in force: its products are scored by it from now on."""

    TYPE: ClassVar[str] = "argosy.producttypes.product_type_published.v1"
    SUBJECT_KIND: ClassVar[str] = "product_type"
    SUBJECT_FIELD: ClassVar[str] = "product_type_id"

    product_type_id: UUID
    code: str
    number: int
