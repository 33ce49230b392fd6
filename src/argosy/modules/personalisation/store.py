"""The only file of personalisation that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import msgspec

from argosy.kernel.personal import Asked, Input
from argosy.modules.personalisation.types import Personalisation
from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def personalisations_of(tx: Tx, product_ids: Collection[UUID]) -> list[Personalisation]:
    """What these products ask, of those that ever asked something, by id."""
    return [
        Personalisation(
            product_id=row["product_id"],
            asked=Asked(
                inputs=msgspec.convert(row["inputs"], tuple[Input, ...]),
                former=tuple(row["former"]),
            ),
            version=row["version"],
        )
        for row in await tx.many(SQL.personalisations_of, list(product_ids))
    ]


async def save_personalisation(tx: Tx, product_id: UUID, asked: Asked, expected: int) -> int | None:
    """Write over the version that was read (0: none); None: it was another."""
    statement = SQL.change_personalisation if expected else SQL.save_personalisation
    given = (product_id, list(asked.inputs), list(asked.former), expected, tx.now)
    row = await tx.maybe(statement, *given)
    return None if row is None else row["version"]


async def drop_personalisations(tx: Tx, product_ids: Collection[UUID]) -> None:
    """Forget what these products asked."""
    await tx.run(SQL.drop_personalisations, sorted(product_ids))
