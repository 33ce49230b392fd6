"""Make types, draft their schemas, publish them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import msgspec

from argosy.modules.producttypes import store
from argosy.modules.producttypes.errors import (
    NothingToPublish,
    SchemaInvalid,
    TypeChanged,
    TypeNotFound,
)
from argosy.modules.producttypes.events import ProductTypePublished, type_subject
from argosy.modules.producttypes.rules import check_schema
from argosy.modules.producttypes.types import (
    AttributeFacts,
    Code,
    ProductScore,
    ProductType,
    Schema,
    TypeVersion,
)
from argosy.runtime.db import Tx


async def save_type(tx: Tx, code: str, label: str) -> ProductType:
    """Make a type, or call it otherwise. Repeating the call changes nothing.

    Raises SchemaInvalid for a code that is none.
    """
    try:
        msgspec.convert(code, Code)
    except msgspec.ValidationError as error:
        message = "A code is lower case letters, digits, - and _, beginning with a letter."
        raise SchemaInvalid(message, field="code") from error
    known = await store.lock_type(tx, code)
    if known is not None and known.label == label:
        return known
    return await store.write_type(tx, code, label)


async def save_draft(
    tx: Tx,
    code: str,
    schema: Schema,
    *,
    attributes: Mapping[str, AttributeFacts],
    channels: Collection[str],
    expected_version: int | None = None,
) -> tuple[ProductType, TypeVersion]:
    """Save the next version of a type's schema; it replaces the draft that there is.

    Raises TypeNotFound, TypeChanged when the type is no longer at `expected_version`, and
    SchemaInvalid with everything that makes no sense.
    """
    await lock_type(tx, code, expected_version)
    faults = list(check_schema(schema, attributes, channels))
    if faults:
        listed = [msgspec.to_builtins(fault) for fault in faults]
        raise SchemaInvalid(faults[0].message, field=faults[0].column, faults=listed)
    draft = await store.write_draft(tx, code, schema)
    return await store.touch_type(tx, code), draft


async def publish_draft(tx: Tx, code: str, *, by: str) -> tuple[ProductType, TypeVersion]:
    """Put the draft in force, for good: a published version never changes.

    Whether its `missing` allows that is the caller's to find out first, in this transaction, after
    `lock_type`. Emits ProductTypePublished. Raises NothingToPublish.
    """
    published = await store.publish_draft(tx, code, by)
    if published is None:
        raise NothingToPublish("The type has no draft.")
    changed = await store.touch_type(tx, code, published=published.number)
    tx.emit(
        ProductTypePublished(product_type_id=type_subject(code), code=code, number=published.number)
    )
    return changed, published


async def lock_type(tx: Tx, code: str, expected_version: int | None = None) -> ProductType:
    """The type; until the transaction ends nobody writes a product of it.

    Raises TypeNotFound, TypeChanged.
    """
    known = await store.lock_type(tx, code)
    if known is None:
        raise TypeNotFound("There is no such product type.", field="code")
    if expected_version is not None and expected_version != known.version:
        raise TypeChanged("It was changed since you read it.", current_version=known.version)
    return known


async def save_scores(
    tx: Tx, product_ids: Collection[UUID], scores: Sequence[ProductScore]
) -> None:
    """Replace the scores of these products. One statement; what is equal is not written again."""
    await store.write_scores(tx, product_ids, scores)
