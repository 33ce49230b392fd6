"""Kits and the catalogue together: what is in what."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "kit_facts.sql")


async def orphan_kits(tx: Tx) -> list[UUID]:
    """Kits whose variants are gone."""
    return [row["variant_id"] for row in await tx.many(SQL.orphan_kits)]


async def tax_classes_of(tx: Tx, variant_ids: Collection[UUID]) -> dict[UUID, str]:
    """The tax class of each of the variants that exists."""
    rows = await tx.many(SQL.component_facts, list(variant_ids))
    return {row["id"]: row["tax_class"] for row in rows}


async def products_of_kits(
    tx: Tx, variant_ids: Collection[UUID], product_ids: Collection[UUID] = ()
) -> set[UUID]:
    """The products that are kits of any of these variants, or of variants of these products."""
    rows = await tx.many(SQL.products_of_kits, list(variant_ids), list(product_ids))
    return {row["product_id"] for row in rows}


async def products_of_components(tx: Tx, kit_ids: Collection[UUID]) -> set[UUID]:
    """The products whose variants may be in these kits."""
    rows = await tx.many(SQL.products_of_components, list(kit_ids))
    return {row["product_id"] for row in rows}


async def group_codes_of(tx: Tx, product_id: UUID) -> set[str]:
    """The codes of the groups of kits among the variants of a product."""
    return {row["code"] for row in await tx.many(SQL.group_codes_of, product_id)}
