"""One product of ten thousand variants, made by one statement, and a count of what is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from uuid import UUID

import msgspec
from tests.workflows.window_shop import Shop

from argosy.modules import catalog
from argosy.modules.catalog import Option, ProductInput, PublicationInput
from argosy.runtime.db import Tx, counting_statements

OPTIONS = (
    Option(name="Colour", values=tuple(f"colour {n}" for n in range(25))),
    Option(name="Size", values=tuple(f"{n}" for n in range(30, 50))),
    Option(name="Length", values=tuple(f"{n} cm" for n in range(20))),
)
VARIANTS = 10_000

# Every third variant is sold out; the price grows with the colour, in cents.
_FILL = """
with made as (
  insert into catalog.variant (
    id, product_id, sku, options, title, position, created_at, updated_at)
  select ('018f0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, $1, 'BIG-' || n,
         jsonb_build_object('Colour', 'colour ' || n / 400, 'Size', (30 + n / 20 % 20)::text,
                            'Length', n % 20 || ' cm'), '', n, $4, $4
  from generate_series($6, $5 - 1) as n
  returning id, position
), priced as (
  insert into pricing.price (id, price_list_id, variant_id, amount_minor, updated_at)
  select id, $2, id, 1000 + position / 400, $4 from made
)
insert into inventory.level (variant_id, location_id, on_hand)
select id, $3, case when position % 3 = 0 then 0 else 20 end from made
"""


def variant_id(n: int) -> UUID:
    return UUID(f"018f0000-0000-7000-8000-{n:012x}")


async def add_big(shop: Shop, *, variants: int = VARIANTS, **fields: Any) -> UUID:
    """A published product, its rows there and none of them shown yet."""
    async with shop.db.transaction() as tx:
        product = await catalog.create_product(
            tx,
            ProductInput(
                slug="big",
                title="Big",
                status="active",
                options=OPTIONS,
                publications=(PublicationInput(channel_id=shop.channel.id),),
                **fields,
            ),
        )
    await grow_big(shop, product.row.id, 0, variants)
    return product.row.id


async def grow_big(shop: Shop, product_id: UUID, had: int, variants: int) -> None:
    """Give it more variants, so that there are so many."""
    await shop.db.pool.execute(
        _FILL,
        product_id,
        shop.channel.price_list_id,
        shop.channel.locations[0],
        shop.db.clock(),
        variants,
        had,
    )
    await shop.db.pool.execute(
        "analyze catalog.variant, pricing.price, pricing.price_change, inventory.level"
    )


class Cost(msgspec.Struct):
    """Statements, rows and bytes of values that came back from the database."""

    statements: int = 0
    rows: int = 0
    bytes: int = 0


@contextmanager
def counting_rows() -> Iterator[Cost]:
    """Count what is asked of the database and what comes back."""
    cost = Cost()
    many, maybe = Tx.many, Tx.maybe

    def note(rows: list[Any]) -> None:
        cost.rows += len(rows)
        cost.bytes += sum(_size(value) for row in rows for value in row.values())

    async def counted_many(self: Tx, *asked: Any) -> Any:
        rows = await many(self, *asked)
        note(rows)
        return rows

    async def counted_maybe(self: Tx, *asked: Any) -> Any:
        row = await maybe(self, *asked)
        note([row] if row is not None else [])
        return row

    with (
        patch.object(Tx, "many", counted_many),
        patch.object(Tx, "maybe", counted_maybe),
        counting_statements() as counted,
    ):
        yield cost
    cost.statements = counted.statements


def _size(value: Any) -> int:
    if isinstance(value, str | bytes):
        return len(value)
    return sum(map(_size, value)) if isinstance(value, list | tuple) else 8
