"""What merchandising rules make of the products that a window shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "merchandised.sql")

MAX_MOVED: Final = 10_000
"""More products than this are not moved in one list: the strongest are."""


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """A boost or bury as it is looked up: `strength` is negative for a bury. `conditions` are codes
    of facets with the values in their comparison form; a category has the code ''.
    """

    rule_id: UUID
    strength: int
    products: tuple[UUID, ...]
    in_stock: bool | None
    on_sale: bool | None
    conditions: tuple[tuple[str, tuple[str, ...]], ...]


class Met(NamedTuple):
    """A product and the effects that it meets, added up."""

    product_id: UUID
    buyable: bool
    strength: int
    rule_ids: tuple[UUID, ...]


async def found_meeting(
    tx: Tx, window_id: UUID, product_ids: Sequence[UUID], effects: Sequence[Effect]
) -> list[Met]:
    """Those of the products that are shown now, in no order. One statement."""
    rows = await tx.many(SQL.found_meeting, window_id, list(product_ids), *_arrays(effects), tx.now)
    return [_met(row, effects) for row in rows]


async def listed_meeting(
    tx: Tx, window_id: UUID, category: int, effects: Sequence[Effect]
) -> list[Met]:
    """The products of a category that an effect is for, in the category's order within a strength;
    at most MAX_MOVED. One statement.
    """
    rows = await tx.many(
        SQL.listed_meeting, window_id, category, *_arrays(effects), tx.now, MAX_MOVED
    )
    return [_met(row, effects) for row in rows]


async def buyable_in_category(
    tx: Tx, window_id: UUID, category: int, product_ids: Sequence[UUID]
) -> list[UUID]:
    """Those that are listed there and can be bought now, in the order given. One statement."""
    rows = await tx.many(SQL.buyable_in_category, window_id, category, list(product_ids), tx.now)
    there = {row["product_id"] for row in rows}
    return [id_ for id_ in product_ids if id_ in there]


def _arrays(effects: Sequence[Effect]) -> tuple[object, ...]:
    rules = [
        {
            "n": n,
            "strength": one.strength,
            "in_stock": one.in_stock,
            "on_sale": one.on_sale,
            "products": [str(id_) for id_ in one.products] or None,
        }
        for n, one in enumerate(effects)
    ]
    wanted = [
        (n, code, value)
        for n, one in enumerate(effects)
        for code, values in one.conditions
        for value in values
    ]
    return (rules, [w[0] for w in wanted], [w[1] for w in wanted], [w[2] for w in wanted])


def _met(row: Record, effects: Sequence[Effect]) -> Met:
    return Met(
        product_id=row["product_id"],
        buyable=row["buyable"],
        strength=row["strength"],
        rule_ids=tuple(effects[n].rule_id for n in row["rules"]),
    )
