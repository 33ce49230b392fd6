"""`argosy books`, run as commands on a database of their own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from tests.workflows.till import open_till
from typer.testing import CliRunner

from argosy.drill.clock import MovableClock
from argosy.entry import cli_books
from argosy.entry.terminal import Choices, choices
from argosy.kernel.ids import encode, new_id
from argosy.modules import ledger, tax
from argosy.runtime.db import Database
from argosy.runtime.statements import Statement
from argosy.workflows import bookkeeping
from argosy.workflows.bookkeeping import OrderParts

PARTS = OrderParts(currency="EUR", goods=840, shipping=0, discounts=0, taxes=(("DE", 160),))


@pytest.fixture(params=[True, False], ids=["json", "table"])
def as_json(database_url: str, request: pytest.FixtureRequest) -> Iterator[bool]:
    token = choices.set(Choices(database_url, None, request.param))
    yield request.param
    choices.reset(token)


async def invoke(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, cli_books.app, list(words))


async def book(db: Database) -> Any:
    order_id = new_id()
    async with db.transaction() as tx:
        await ledger.post(tx, bookkeeping.placed(order_id, PARTS, tx.now))
    return order_id


async def test_the_trial_balance_is_shown_and_balances(as_json: bool, db: Database) -> None:
    await book(db)
    result = await invoke("trial-balance")
    assert result.exit_code == 0, result.output
    if as_json:
        shown = json.loads(result.stdout)
        assert shown["balanced"] is True
        found = {row["account"]: row["balance"]["minor"] for row in shown["items"]}
        assert found == {"customer_receivable": 1000, "revenue:goods": -840, "tax_payable:DE": -160}
    else:
        assert "-8.40" in result.stdout
    assert (await invoke("trial-balance", "--before", "2001-01-01")).exit_code == 0


async def test_an_order_s_postings_are_shown(as_json: bool, db: Database) -> None:
    order_id = await book(db)
    result = await invoke("order", encode("order", order_id))
    assert result.exit_code == 0, result.output
    assert "customer_receivable" in result.stdout
    assert (await invoke("order", "nonsense")).exit_code == 1


async def test_books_that_are_off_are_found_by_exit_code(as_json: bool, db: Database) -> None:
    await book(db)
    assert (await invoke("verify")).exit_code == 0
    spoil = (
        "alter table ledger.entry disable trigger user",
        "insert into ledger.entry select id, 9, 'fx', 'EUR', 1 from ledger.transaction",
    )
    async with db.transaction() as tx:
        for text in spoil:
            await tx.run(Statement("spoil", "exec", text, "test"))
    assert (await invoke("verify")).exit_code == 1
    assert (await invoke("trial-balance")).exit_code == 1


async def test_a_gateway_without_records_cannot_be_compared(as_json: bool) -> None:
    result = await invoke("reconcile", "invoice")
    assert result.exit_code == 1
    result = await invoke("reconcile", "nobody")
    assert result.exit_code == 1


async def test_the_taxes_of_no_orders_are_in_order(as_json: bool, db: Database) -> None:
    result = await invoke("check-taxes")
    assert result.exit_code == 0, result.output
    if as_json:
        assert json.loads(result.stdout) == {"orders": 0, "clean": True, "items": []}
    else:
        assert "0 orders are in order" in result.stdout


async def test_an_order_is_found_by_its_number(
    as_json: bool, db: Database, database_url: str, clock: MovableClock, tmp_path: Path
) -> None:
    async with open_till(db, database_url, clock, tmp_path) as till:
        _, placed = await till.purchase(shirt=1)
    number = await db.pool.fetchval(
        'select number from orders."order" where id = $1', placed.order_id
    )
    result = await invoke("order", number)
    assert result.exit_code == 0, result.output
    assert "revenue:goods" in result.stdout
    unknown = await invoke("order", "NO-1")
    assert unknown.exit_code == 1
    assert "id of an order" in unknown.output


async def test_B18_a_month_of_the_import_one_stop_shop_is_summed_up(
    as_json: bool, db: Database, database_url: str, clock: MovableClock, tmp_path: Path
) -> None:
    empty = await invoke("ioss", "2026-11")
    assert empty.exit_code == 0, empty.output
    assert (json.loads(empty.stdout) == []) if as_json else "Nothing was sold" in empty.stdout
    assert (await invoke("ioss", "2026-13")).exit_code == 1
    async with open_till(db, database_url, clock, tmp_path) as till:
        policy = tax.SetTaxPolicy(seller_country="CH", ioss_number="IM2760000001")
        async with db.transaction() as tx:
            await tax.set_policy(tx, till.channel.id, policy, expected_version=0)
        await till.purchase(shirt=1)
    month = f"{clock.now():%Y-%m}"
    told = await invoke("ioss", month)
    assert told.exit_code == 0, told.output
    if as_json:
        (row,) = json.loads(told.stdout)
        assert (row["number"], row["country"], row["orders"]) == ("IM2760000001", "DE", 1)
    else:
        assert "IM2760000001" in told.stdout
        assert "19 %" in told.stdout
