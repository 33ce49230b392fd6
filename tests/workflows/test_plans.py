"""The hot statements keep their plans: by index alone, however many rows there are.

They are planned without values and `enable_seqscan = off` without regard to how few rows a test
has, so that what is asserted is that an index exists which serves the whole statement: no table is
read through, nothing is sorted that may be long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from argosy.runtime.db import Database
from argosy.runtime.statements import load_statements

LISTS = {
    "orders_recent": "order_recent",
    "orders_unusual": "order_unusual",
    "orders_held": "order_held",
    "orders_to_fulfil": "order_to_fulfil",
    "orders_of_rare_payment": "order_by_rare_payment",
    "orders_of_rare_fulfilment": "order_by_rare_fulfilment",
    "orders_of_customer": "order_of_customer",
    "orders_by_email": "order_by_email",
    "orders_by_number": "order_number_unique",
}
_GROWING = {
    "cart", "entry", "journal", "level", "line", "offer", "operation", "order", "outbox", "payment",
    "placement", "price", "product", "publication", "reservation", "timeline", "transaction",
    "variant",
}  # fmt: skip


async def _plan(db: Database, sql: str) -> list[dict[str, Any]]:
    async with db.pool.acquire() as connection, connection.transaction():
        await connection.execute(
            f"""set local enable_seqscan = off; set local enable_bitmapscan = off;
                set local plan_cache_mode = force_generic_plan; prepare hot as {sql}"""
        )
        values = ", ".join(["null"] * max(map(int, re.findall(r"\$([0-9]+)", sql))))
        found = await connection.fetchval(f"explain (format json) execute hot({values})")
        await connection.execute("deallocate hot")
    return list(_nodes(msgspec.json.decode(found)[0]["Plan"]))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


@pytest.mark.parametrize(("statement", "index"), LISTS.items())
async def test_each_list_of_orders_is_one_range_of_its_own_index(
    db: Database, statement: str, index: str
) -> None:
    sql = getattr(load_statements("argosy.reads", "order_list.sql"), statement).sql
    nodes = await _plan(db, sql)
    scans = [node for node in nodes if node.get("Relation Name") == "order"]
    assert [node.get("Index Name") for node in scans] == [index]
    sorts = {node["Node Type"] for node in nodes} & {"Sort", "Incremental Sort"}
    # A number is one order at most: sorting it costs nothing.
    assert not sorts or index == "order_number_unique"


SORTED = {
    "orders_by_total": ("order", "order_by_total"),
    "products_by_title": ("product", "product_by_title"),
    "products_by_change": ("product", "product_by_change"),
    "customers_by_name": ("customer", "customer_by_name"),
}


@pytest.mark.parametrize(("statement", "table", "index"), [(s, *v) for s, v in SORTED.items()])
async def test_each_sorting_is_one_range_of_its_own_index(
    db: Database, statement: str, table: str, index: str
) -> None:
    nodes = await _plan(
        db, getattr(load_statements("argosy.reads", "sorted_lists.sql"), statement).sql
    )
    scans = [node for node in nodes if node.get("Relation Name") == table]
    assert [(node["Node Type"], node.get("Index Name")) for node in scans] == [
        ("Index Scan", index)
    ]
    assert "Index Cond" in scans[0]
    assert not {node["Node Type"] for node in nodes} & {"Sort", "Incremental Sort"}


async def test_held_jobs_are_found_by_their_index_and_others_by_their_number(db: Database) -> None:
    statements = load_statements("argosy.runtime", "job_list.sql")
    for statement, index in ("list_held_jobs", "pgqueuer_held_idx"), ("list_jobs", "pgqueuer_pkey"):
        nodes = await _plan(db, getattr(statements, statement).sql)
        scans = [node for node in nodes if node.get("Relation Name") == "pgqueuer"]
        assert [node.get("Index Name") for node in scans] == [index], statement
        assert not [
            node
            for node in nodes
            if node["Node Type"] == "Sort" and node["Sort Key"] == ["j.id DESC"]
        ]


def test_there_is_a_plan_for_every_list() -> None:
    statements = load_statements("argosy.reads", "order_list.sql")
    assert all(hasattr(statements, name) for name in LISTS)


@pytest.mark.parametrize(
    ("package", "file", "statement"),
    [
        ("argosy.modules.projections", "store.sql", "product_page"),
        ("argosy.modules.projections", "store.sql", "variants_page"),
        ("argosy.modules.projections", "store.sql", "pick"),
        ("argosy.modules.projections", "store.sql", "summaries"),
        ("argosy.reads", "product_document.sql", "product_sources"),
        ("argosy.reads", "product_document.sql", "active_variants_after"),
        ("argosy.reads", "sellable.sql", "sellable_variants"),
    ],
)
async def test_a_page_and_a_price_are_found_by_index_alone(
    db: Database, package: str, file: str, statement: str
) -> None:
    nodes = await _plan(db, getattr(load_statements(package, file), statement).sql)
    read_through = [
        node["Relation Name"]
        for node in nodes
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in _GROWING
    ]
    assert not read_through
