"""The books on a real database: whole, balanced, unique, unchangeable."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from argosy.kernel.ids import new_id
from argosy.kernel.money import Money
from argosy.modules import ledger
from argosy.modules.ledger import Entry, Posting
from argosy.runtime.db import Database, IntegrityError, constraint, counting_statements
from argosy.runtime.statements import Statement


def posting(tx: Any, source: str, *legs: tuple[str, int], **more: Any) -> Posting:
    entries = tuple(Entry(account, Money(minor, "EUR")) for account, minor in legs)
    return Posting(source=source, kind="test", entries=entries, effective_at=tx.now, **more)


async def book(db: Database, source: str, *legs: tuple[str, int], **more: Any) -> int:
    async with db.transaction() as tx:
        return await ledger.post(tx, posting(tx, source, *legs, **more))


RAW_POSTING = """
with t as (
  insert into ledger.transaction (id, source, kind, legs, effective_at, posted_at)
  values (gen_random_uuid(), 'raw', 'raw', 2, now(), now()) returning id)
insert into ledger.entry select v.* from t, lateral (values $rows) v
"""


def sql(text: str) -> Statement:
    return Statement("raw", "exec", text, "test")


async def test_post_is_one_statement_for_any_number_of_facts(db: Database) -> None:
    with counting_statements() as count:
        async with db.transaction() as tx:
            booked = await ledger.post(
                tx,
                posting(tx, "a", ("fx", 5), ("write_off", -5)),
                posting(tx, "b", ("fx", 7), ("write_off", -4), ("rounding", -3)),
            )
    assert (booked, count.names) == (2, ["post"])
    async with db.reading() as tx:
        found = await ledger.postings_of(tx, "b")
    assert [(entry.account, entry.amount.minor) for entry in found[0].entries] == [
        ("fx", 7),
        ("write_off", -4),
        ("rounding", -3),
    ]


async def test_I4_a_source_is_booked_once_also_under_concurrency(db: Database) -> None:
    legs = (("fx", 5), ("write_off", -5))
    booked = await asyncio.gather(*(book(db, "order:1:placed", *legs) for _ in range(8)))
    assert sorted(booked) == [0] * 7 + [1]
    async with db.reading() as tx:
        assert len(await ledger.postings_of(tx, "order:1:")) == 1


async def test_I4_another_fact_under_a_booked_source_is_refused(db: Database) -> None:
    await book(db, "s", ("fx", 5), ("write_off", -5))
    with pytest.raises(ledger.SourceReused):
        await book(db, "s", ("fx", 6), ("write_off", -6))


@pytest.mark.parametrize(
    "attempt",
    [
        "update ledger.entry set amount_minor = 1",
        "update ledger.transaction set memo = 'x'",
        "delete from ledger.entry",
        "delete from ledger.transaction",
        "truncate ledger.entry",
    ],
)
async def test_I2_the_database_refuses_to_change_the_books(db: Database, attempt: str) -> None:
    await book(db, "s", ("fx", 5), ("write_off", -5))
    with pytest.raises(IntegrityError) as refused:
        async with db.transaction() as tx:
            await tx.run(sql(attempt))
    assert constraint(refused.value) == "ledger_append_only"


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        ("(t.id, 1, 'fx', 'EUR', 5), (t.id, 2, 'write_off', 'EUR', -4)", "ledger_balanced"),
        ("(t.id, 1, 'fx', 'EUR', 5), (t.id, 2, 'write_off', 'USD', -5)", "ledger_balanced"),
        (
            "(t.id, 1, 'fx', 'EUR', 5), (t.id, 2, 'fx', 'EUR', -2), (t.id, 3, 'fx', 'EUR', -3)",
            "ledger_posted_whole",
        ),
    ],
)
async def test_I1_the_database_itself_refuses_half_or_unbalanced_transactions(
    db: Database, rows: str, name: str
) -> None:
    attempt = RAW_POSTING.replace("$rows", rows)
    with pytest.raises(IntegrityError) as refused:
        async with db.transaction() as tx:
            await tx.run(sql(attempt))
    assert constraint(refused.value) == name


async def test_nothing_can_be_added_to_a_booked_transaction(db: Database) -> None:
    await book(db, "s", ("fx", 5), ("write_off", -5))
    with pytest.raises(IntegrityError):
        async with db.transaction() as tx:
            await tx.run(
                sql(
                    "insert into ledger.entry select t.id, v.leg, 'fx', 'EUR', v.amount"
                    " from ledger.transaction t,"
                    " (values (3::smallint, 9::bigint), (4, -9)) v (leg, amount)"
                    " union all select t.id, 5, 'fx', 'EUR', 1 from ledger.transaction t"
                )
            )


async def test_I2_reversals_are_linked_and_happen_once(db: Database) -> None:
    await book(db, "s", ("fx", 5), ("write_off", -5))
    for expected in (1, 0):
        async with db.transaction() as tx:
            assert await ledger.reverse(tx, "s", posting(tx, "s:undone")) == expected
    with pytest.raises(ledger.SourceReused):
        async with db.transaction() as tx:
            await ledger.reverse(tx, "s", posting(tx, "s:undone-again"))
    with pytest.raises(ledger.TransactionNotFound):
        async with db.transaction() as tx:
            await ledger.reverse(tx, "nothing", posting(tx, "x"))
    async with db.reading() as tx:
        assert all(not row.balance for row in await ledger.trial_balance(tx))
        assert (await ledger.postings_of(tx, "s:undone"))[0].reverses == "s"


async def test_I6_the_trial_balance_adds_up_to_zero(db: Database, clock: Any) -> None:
    order_id = new_id()
    await book(db, "a", ("fx", 5), ("write_off", -5), order_id=order_id)
    early = clock.now() + timedelta(seconds=1)
    clock.advance(days=1)
    await book(db, "b", ("fx", 2), ("rounding", -2))
    async with db.reading() as tx:
        rows = await ledger.trial_balance(tx)
        before = await ledger.trial_balance(tx, early)
        assert [found.source for found in await ledger.postings_of_order(tx, order_id)] == ["a"]
        newest = await ledger.list_transactions(
            tx, (tx.now + timedelta(seconds=1), order_id), kind=None, limit=1
        )
        assert await ledger.verify(tx) == []
    assert sum(row.balance.minor for row in rows) == 0
    balances = {row.account: row.balance.minor for row in rows}
    assert balances == {"fx": 7, "rounding": -2, "write_off": -5}
    assert {row.account: row.balance.minor for row in before} == {"fx": 5, "write_off": -5}
    assert [found.source for found in newest] == ["b"]


async def test_I2_effective_dates_may_lie_in_the_past_without_an_edit(
    db: Database, clock: Any
) -> None:
    async with db.transaction() as tx:
        late = Posting(
            source="late",
            kind="test",
            entries=(Entry("fx", Money(1, "EUR")), Entry("write_off", Money(-1, "EUR"))),
            effective_at=tx.now - timedelta(days=40),
        )
        await ledger.post(tx, late)
    async with db.reading() as tx:
        assert len(await ledger.trial_balance(tx, clock.now() - timedelta(days=30))) == 2
        found = (await ledger.postings_of(tx, "late"))[0]
    assert found.posted_at - found.effective_at == timedelta(days=40)


async def test_verify_finds_what_was_forced_into_the_books(db: Database) -> None:
    await book(db, "s", ("fx", 5), ("write_off", -5))
    async with db.transaction() as tx:
        await tx.run(sql("alter table ledger.entry disable trigger user"))
        await tx.run(
            sql(
                "insert into ledger.entry select id, 3, 'made_up', 'EUR', 1 from ledger.transaction"
            )
        )
    async with db.reading() as tx:
        found = await ledger.verify(tx)
    assert {finding.problem for finding in found} == {
        "off_balance",
        "incomplete",
        "unknown_account",
    }
