"""What the rules of compliance look at: products for sale, where, and what they are."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "compliance.sql")


class RegulatedFacts(NamedTuple):
    """A product. `channels`: where it is published now or later, none unless it is active;
    `labelled`: it stands in a category whose products have an energy label. `needs_passport`: in
    one whose products have a passport; `passported`: each variant has one, published here or kept
    elsewhere (told only of what needs it).
    """

    id: UUID
    brand: str
    pictured: bool
    labelled: bool
    needs_passport: bool
    passported: bool
    channels: frozenset[UUID]


async def regulated_facts(tx: Tx, product_ids: Collection[UUID]) -> list[RegulatedFacts]:
    """These products, those that exist, by id. One statement."""
    return [
        RegulatedFacts(
            **{name: row[name] for name in RegulatedFacts._fields[:-1]},
            channels=frozenset(row["channels"]),
        )
        for row in await tx.many(SQL.regulated_facts, list(product_ids), tx.now)
    ]


async def brands_after(tx: Tx, after: UUID, limit: int) -> list[tuple[UUID, str]]:
    """The next products as (id, brand text), in order of their ids."""
    return [(row["id"], row["brand"]) for row in await tx.many(SQL.brands_after, after, limit)]


async def brands_of(tx: Tx, product_ids: Collection[UUID]) -> dict[UUID, str]:
    """The brand texts of these products, those that exist."""
    return {row["id"]: row["brand"] for row in await tx.many(SQL.brands_of, list(product_ids))}
