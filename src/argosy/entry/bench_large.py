"""The large shop of `argosy bench --large`: 100,000 products and 1,000,000 orders.

Making them through the API would take hours. The rows that the app wrote for 1,000 products and for
a sample of orders are copied by SQL, so that every column, status and document has the shape that
the app gives it: ids and instants move back in time by the same span in all tables (a UUIDv7 begins
with its time), texts that must be unique get a number, and each copied order buys the variants of
another copied product. The documents of the shop windows are made by our own rebuild, and levels
are folded from the copied journal. Not copied: the outbox and stored answers, which a shop keeps
for days only, and the ids inside of the JSON of a quote.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import asyncpg
import msgspec

from argosy.workflows import projecting
from argosy.workflows.app import App

PRODUCT_COPIES = 99
ORDERS = 1_000_000
SAMPLE = 2_000
_PRODUCT_STEP_MS = 60_000
_TWO_YEARS_MS = 2 * 365 * 86_400_000
_AT_ONCE = 20_000

Progress = Callable[[str], None]


class Copy(msgspec.Struct, frozen=True):
    """How rows of a table are copied: `ids` move with the copy, `goods` to another product's copy,
    `texts` get its number, `sets` are expressions of their own. `rows` picks them.
    """

    table: str
    rows: str = "true"
    ids: tuple[str, ...] = ()
    goods: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    sets: Mapping[str, str] = {}


_PRODUCTS = "t.{} in (select id from bench.product)"
_VARIANTS = "t.{} in (select id from bench.variant)"
_CATALOGUE = (
    Copy(
        "catalog.product",
        rows=_PRODUCTS.format("id"),
        ids=("id",),
        texts=("slug", "external_id"),
    ),
    Copy(
        "catalog.variant",
        rows=_VARIANTS.format("id"),
        ids=("id", "product_id"),
        texts=("sku", "external_id"),
    ),
    Copy("catalog.product_category", rows=_PRODUCTS.format("product_id"), ids=("product_id",)),
    Copy("catalog.publication", rows=_PRODUCTS.format("product_id"), ids=("product_id",)),
    Copy("pricing.price", rows=_VARIANTS.format("variant_id"), ids=("id", "variant_id")),
    Copy(
        "pricing.price_change",
        rows=_VARIANTS.format("variant_id"),
        ids=("price_id", "variant_id"),
    ),
    Copy("inventory.level", rows=_VARIANTS.format("variant_id"), ids=("variant_id",)),
    Copy(
        "inventory.journal",
        rows="t.source_kind = 'document' and " + _VARIANTS.format("variant_id"),
        ids=("variant_id",),
    ),
)
_OF_SAMPLE = "t.{} in (select order_id from bench.sample)"
_EMAIL = "'buyer' || abs(hashtext(t.id::text)) % 1000 + 1000 * k || '@example.com'"
_ORDERS = (
    Copy("cart.cart", rows=_OF_SAMPLE.format("id"), ids=("id",), sets={"email": _EMAIL}),
    Copy(
        'orders."order"',
        rows=_OF_SAMPLE.format("id"),
        ids=("id", "payment_id", "operation_id"),
        texts=("number",),
        sets={"email": _EMAIL, "email_normalised": _EMAIL},
    ),
    Copy(
        "orders.line",
        rows=_OF_SAMPLE.format("order_id"),
        ids=("order_id", "id"),
        goods=("variant_id", "product_id"),
    ),
    Copy("orders.timeline", rows=_OF_SAMPLE.format("order_id"), ids=("order_id", "id")),
    Copy(
        "payments.payment",
        rows=_OF_SAMPLE.format("order_id"),
        ids=("id", "order_id"),
        texts=("gateway_reference",),
    ),
    Copy(
        "payments.operation",
        rows=_OF_SAMPLE.format("order_id"),
        ids=("id", "payment_id", "order_id"),
        texts=("gateway_reference", "request_key"),
    ),
    Copy(
        "ledger.transaction",
        rows=_OF_SAMPLE.format("order_id"),
        ids=("id", "order_id"),
        texts=("source", "reverses"),
        sets={"queued": "true"},
    ),
    Copy(
        "ledger.entry",
        rows="t.transaction_id in (select s.id from ledger.transaction s"
        " join bench.sample b on b.order_id = s.order_id)",
        ids=("transaction_id",),
    ),
    Copy(
        "inventory.reservation",
        rows=_OF_SAMPLE.format("order_id"),
        ids=("order_id",),
        sets={
            "variant_ids": "array(select bench.earlier(v, (k % {copies}) * {step})"
            " from unnest(t.variant_ids) with ordinality as g (v, n) order by n)"
        },
    ),
    Copy(
        "inventory.journal",
        rows="t.source_kind = 'order' and " + _OF_SAMPLE.format("source_id"),
        ids=("source_id",),
        goods=("variant_id",),
    ),
)
_PREPARE = """
create schema if not exists bench;
create or replace function bench.earlier(id uuid, ms bigint) returns uuid
language sql immutable strict parallel safe
return (lpad(to_hex(
          ('x' || substr(replace(id::text, '-', ''), 1, 12))::bit(48)::bigint - ms), 12, '0')
        || substr(replace(id::text, '-', ''), 13))::uuid;
drop table if exists bench.sample;
create table bench.sample as
  select o.id as order_id from orders."order" o
   where o.confirmed_at is not null order by o.id limit $sample;
create unique index on bench.sample (order_id);
drop table if exists bench.product, bench.variant;
create table bench.product as select id from catalog.product;
create table bench.variant as select id from catalog.variant;
analyze bench.sample, bench.product, bench.variant;
"""
# A copied level holds what its copied journal says.
_FOLD = """
update inventory.level l
   set on_hand = j.on_hand, reserved = j.reserved, allocated = j.allocated,
       quarantine = j.quarantine, incoming = j.incoming
  from (select variant_id, location_id, sum(on_hand) as on_hand, sum(reserved) as reserved,
               sum(allocated) as allocated, sum(quarantine) as quarantine, sum(incoming) as incoming
          from inventory.journal group by variant_id, location_id) j
 where j.variant_id = l.variant_id and j.location_id = l.location_id
   and (l.on_hand, l.reserved, l.allocated, l.quarantine, l.incoming)
       is distinct from (j.on_hand, j.reserved, j.allocated, j.quarantine, j.incoming)
"""


async def enlarge(
    app: App, url: str, *, products: int, orders: int, progress: Progress
) -> dict[str, float]:
    """Copy the shop at `url` to `products` copies of each product and `orders` more orders.

    The shop must hold orders, and nobody may buy meanwhile. Seconds by part.
    """
    connection = await asyncpg.connect(url, command_timeout=None)
    took: dict[str, float] = {}
    try:
        await connection.execute("set synchronous_commit = off; set maintenance_work_mem = '256MB'")
        await connection.execute(_PREPARE.replace("$sample", str(SAMPLE)))
        sampled = await connection.fetchval("select count(*) from bench.sample")
        assert sampled, "buy something first"
        rounds = max(1, -(-orders // sampled))
        began = time.perf_counter()
        await _copy(connection, _CATALOGUE, products, 10, products, progress, "products")
        took["products"] = time.perf_counter() - began
        began = time.perf_counter()
        at_once = max(1, _AT_ONCE // sampled)
        await _copy(connection, _ORDERS, rounds, at_once, products, progress, "orders")
        await connection.execute(_FOLD)
        took["orders"] = time.perf_counter() - began
        began = time.perf_counter()
        progress("analyze")
        await connection.execute("analyze")
        took["analyze"] = time.perf_counter() - began
        began = time.perf_counter()
        await projecting.rebuild(
            app, progress=lambda done, total: progress(f"projecting {done:,} of {total:,}")
        )
        took["projections"] = time.perf_counter() - began
        await connection.execute("vacuum analyze")
        await connection.execute("checkpoint")
    finally:
        await connection.close()
    return {name: round(seconds, 1) for name, seconds in took.items()}


async def _copy(  # noqa: PLR0917 - one caller for each family
    connection: Any,
    copies: tuple[Copy, ...],
    rounds: int,
    at_once: int,
    products: int,
    progress: Progress,
    name: str,
) -> None:
    ordered = copies is _ORDERS
    step = _TWO_YEARS_MS // rounds if ordered else _PRODUCT_STEP_MS
    statements = [await _statement(connection, c, step, products, ordered) for c in copies]
    for first in range(1, rounds + 1, at_once):
        last = min(rounds, first + at_once - 1)
        async with connection.transaction():
            for statement in statements:
                await connection.execute(statement, first, last)
        progress(f"{name}: {last:,} of {rounds:,} rounds")


async def _statement(connection: Any, copy: Copy, step: int, products: int, ordered: bool) -> str:
    """`insert ... select` of one table for the copies $1 to $2, each `step` ms before the last."""
    columns = await connection.fetch(
        """select attname as name, atttypid::regtype::text as type from pg_attribute
            where attrelid = $1::regclass and attnum > 0 and not attisdropped
              and attgenerated = '' and attidentity = '' order by attnum""",
        copy.table,
    )
    place = {"copies": products + 1, "step": _PRODUCT_STEP_MS}
    shown = []
    for column in columns:
        name, expression = column["name"], f't."{column["name"]}"'
        if name in copy.sets:
            expression = copy.sets[name].format(**place)
        elif name in copy.ids:
            expression = f"bench.earlier({expression}, k * {step}::bigint)"
        elif name in copy.goods:
            expression = (
                f"bench.earlier({expression}, (k % {place['copies']}) * {place['step']}::bigint)"
            )
        elif name in copy.texts:
            expression = f"{expression} || '-' || k"
        elif ordered and column["type"] == "timestamp with time zone":
            expression = f"{expression} - k * interval '{step} milliseconds'"
        shown.append((f'"{name}"', expression))
    names, expressions = zip(*shown, strict=True)
    return (
        f"insert into {copy.table} ({', '.join(names)}) select {', '.join(expressions)} "  # noqa: S608
        f"from {copy.table} t cross join generate_series($1::int, $2::int) as k "
        f"where {copy.rows}"
    )
