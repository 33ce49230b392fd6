"""The SQL of attributes: their definitions, and what only the stored values can tell."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec

from argosy.modules.catalog.types import AcrossVariants, AttributeDefinition
from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements("argosy.modules.catalog")


class Disagreement(NamedTuple):
    """The variants of a product hold values of an attribute that its rule does not allow."""

    product_id: UUID
    code: str
    rule: AcrossVariants
    sku: str


async def all_attributes(tx: Tx) -> list[AttributeDefinition]:
    """Every attribute definition, in display order."""
    rows = await tx.many(SQL.all_attributes)
    return [msgspec.convert(dict(row), AttributeDefinition) for row in rows]


async def attributes_named(tx: Tx, codes: Collection[str]) -> list[AttributeDefinition]:
    """The attributes with these codes, in display order."""
    rows = await tx.many(SQL.attributes_named, sorted(codes)) if codes else []
    return [msgspec.convert(dict(row), AttributeDefinition) for row in rows]


async def attribute_versions(tx: Tx, codes: Collection[str] | None) -> dict[str, int]:
    """How often these attributes, or all, were written."""
    wanted = None if codes is None else sorted(codes)
    return {row["code"]: row["version"] for row in await tx.many(SQL.attribute_versions, wanted)}


async def lock_attribute(tx: Tx, code: str) -> int:
    """The version of an attribute, which nobody else changes before the transaction ends; 0 for one
    that is not there.
    """
    row = await tx.maybe(SQL.lock_attribute, code)
    return 0 if row is None else row["version"]


async def write_attributes(tx: Tx, definitions: Sequence[AttributeDefinition]) -> None:
    """Insert or update by code."""
    await tx.run(SQL.write_attributes, [msgspec.to_builtins(d) for d in definitions])


async def delete_unused_attributes(tx: Tx, codes: Sequence[str]) -> set[str]:
    """Delete definitions that no product or variant has a value of; which."""
    return {r["code"] for r in await tx.many(SQL.delete_unused_attributes, list(codes))}


async def attribute_used(tx: Tx, code: str) -> bool:
    """Whether a product or a variant holds a value under this code."""
    used: bool = (await tx.one(SQL.attribute_used, code))["used"]
    return used


async def referable(tx: Tx, slugs: Collection[str]) -> set[str]:
    """Which of these slugs lead to a product, now or by a redirect."""
    return {row["slug"] for row in await tx.many(SQL.referable, list(slugs))}


async def disagreeing(tx: Tx, product_ids: Collection[UUID]) -> list[Disagreement]:
    """Where active variants of these products break a rule across variants."""
    rows = await tx.many(SQL.disagreeing, list(product_ids))
    return [Disagreement(**dict(row)) for row in rows]
