"""Facts the catalog announces. The subject of product events is the product: a reader that gets
`version` n+2 after n knows that it missed one change of the product itself.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID, uuid5

from argosy.kernel.events import Event


class ProductChanged(Event, frozen=True, kw_only=True):
    """A product, its variants, media, categories or attributes are different (or new).

    `variant_ids` are the variants that differ, where nothing else does; null: anything may.
    """

    TYPE: ClassVar[str] = "argosy.catalog.product_changed.v1"
    SUBJECT_KIND: ClassVar[str] = "product"
    SUBJECT_FIELD: ClassVar[str] = "product_id"

    product_id: UUID
    version: int
    created: bool = False
    variant_ids: tuple[UUID, ...] | None = None


class ProductDeleted(Event, frozen=True, kw_only=True):
    """A product and its variants are gone. Orders keep what they copied (E1)."""

    TYPE: ClassVar[str] = "argosy.catalog.product_deleted.v1"
    SUBJECT_KIND: ClassVar[str] = "product"
    SUBJECT_FIELD: ClassVar[str] = "product_id"

    product_id: UUID
    slug: str


class ProductPublished(Event, frozen=True, kw_only=True):
    """A product is to be shown in a channel in [publish_from, publish_until)."""

    TYPE: ClassVar[str] = "argosy.catalog.product_published.v1"
    SUBJECT_KIND: ClassVar[str] = "product"
    SUBJECT_FIELD: ClassVar[str] = "product_id"

    product_id: UUID
    channel_id: UUID
    publish_from: datetime
    publish_until: datetime | None = None


class ProductUnpublished(Event, frozen=True, kw_only=True):
    """A product is no longer to be shown in a channel."""

    TYPE: ClassVar[str] = "argosy.catalog.product_unpublished.v1"
    SUBJECT_KIND: ClassVar[str] = "product"
    SUBJECT_FIELD: ClassVar[str] = "product_id"

    product_id: UUID
    channel_id: UUID


class VariantDeleted(Event, frozen=True, kw_only=True):
    """A variant is gone for good (as opposed to archived)."""

    TYPE: ClassVar[str] = "argosy.catalog.variant_deleted.v1"
    SUBJECT_KIND: ClassVar[str] = "product"
    SUBJECT_FIELD: ClassVar[str] = "product_id"

    product_id: UUID
    variant_id: UUID
    sku: str


class CategoryChanged(Event, frozen=True, kw_only=True):
    """A category is new, renamed or moved. `previous_path` is given when the path changed: all
    paths below it changed with it.
    """

    TYPE: ClassVar[str] = "argosy.catalog.category_changed.v1"
    SUBJECT_KIND: ClassVar[str] = "category"
    SUBJECT_FIELD: ClassVar[str] = "category_id"

    category_id: UUID
    path: str
    previous_path: str | None = None


class CategoryDeleted(Event, frozen=True, kw_only=True):
    """A category is gone; its products are in their other categories only."""

    TYPE: ClassVar[str] = "argosy.catalog.category_deleted.v1"
    SUBJECT_KIND: ClassVar[str] = "category"
    SUBJECT_FIELD: ClassVar[str] = "category_id"

    category_id: UUID
    path: str


_ATTRIBUTES = UUID("0197cdb4-dc93-7121-aea6-82c238360001")


def attribute_subject(code: str) -> UUID:
    """The id under which events tell of an attribute: always the same for a code."""
    return uuid5(_ATTRIBUTES, code)


class AttributeDefined(Event, frozen=True, kw_only=True):
    """An attribute is new, or is called, measured, ordered or filtered by otherwise. Products that
    have a value of it show it so.
    """

    TYPE: ClassVar[str] = "argosy.catalog.attribute_defined.v1"
    SUBJECT_KIND: ClassVar[str] = "attribute"
    SUBJECT_FIELD: ClassVar[str] = "attribute_id"

    attribute_id: UUID
    code: str
    created: bool = False


class ProductImportFinished(Event, frozen=True, kw_only=True):
    """An import of products ended, whole or in part; its report tells what it could not take."""

    TYPE: ClassVar[str] = "argosy.catalog.product_import_finished.v1"
    SUBJECT_KIND: ClassVar[str] = "import"
    SUBJECT_FIELD: ClassVar[str] = "import_id"

    import_id: UUID
    created: int
    updated: int
    unchanged: int
    failed: int
