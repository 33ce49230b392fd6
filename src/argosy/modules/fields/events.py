"""Facts that custom fields announce."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Event


class ProductFieldsChanged(Event, frozen=True, kw_only=True):
    """A product, or a variant of it, has other values of custom fields."""

    TYPE: ClassVar[str] = "argosy.fields.product_fields_changed.v1"
    SUBJECT_KIND: ClassVar[str] = "product"
    SUBJECT_FIELD: ClassVar[str] = "product_id"

    product_id: UUID


class FieldDefined(Event, frozen=True, kw_only=True):
    """A field is new, is called or shown otherwise, or is gone. `of`: what has it."""

    TYPE: ClassVar[str] = "argosy.fields.field_defined.v1"
    SUBJECT_KIND: ClassVar[str] = "field"
    SUBJECT_FIELD: ClassVar[str] = "field_id"

    field_id: UUID
    of: str
    shown: bool
