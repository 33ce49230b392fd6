"""The trial balance from kept sums is that of the entries, whoever posts meanwhile."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from argosy.drill.clock import MovableClock
from argosy.kernel import paging
from argosy.kernel.ids import new_id
from argosy.kernel.money import Money
from argosy.modules import ledger
from argosy.modules.ledger import Entry, Posting, store
from argosy.runtime.db import Database, counting_statements
from argosy.runtime.statements import Statement

ACCOUNTS = ("fx", "write_off", "rounding", "tax_payable:de", "tax_payable:fr")


def sql(text: str) -> Statement:
    return Statement("raw", "exec", text, "test")


def a_posting(chance: random.Random, now: datetime) -> Posting:
    currency, first, second = chance.choice(("EUR", "USD")), *chance.sample(ACCOUNTS, 2)
    amount = chance.randint(1, 9_999) * chance.choice((1, -1))
    entries = (Entry(first, Money(amount, currency)), Entry(second, Money(-amount, currency)))
    back = timedelta(days=chance.randint(0, 3), seconds=chance.randint(0, 86_400))
    return Posting(source=str(new_id()), kind="test", entries=entries, effective_at=now - back)


async def sum_all(db: Database) -> int:
    done = 0
    while True:
        async with db.transaction() as tx:
            count = await ledger.sum_up(tx)
        if not count:
            return done
        done += count


async def check(db: Database, days: list[date | None]) -> None:
    """Kept and counted are the same, asked in one snapshot of the database."""
    for day in days:
        before = None if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC)
        async with db.transaction() as tx:
            await tx.run(sql("set transaction isolation level repeatable read"))
            kept = await store.kept_trial_balance(tx, day)
            assert (kept or []) == await store.trial_balance(tx, before)


async def test_I6_kept_balances_are_the_sums_of_all_entries(
    db: Database, clock: MovableClock
) -> None:
    chance = random.Random(6)
    days: list[date | None] = [
        None,
        *(clock.now().date() - timedelta(days=n) for n in range(-1, 5)),
    ]

    async def post() -> int:
        async with db.transaction() as tx:
            made = [a_posting(chance, tx.now) for _ in range(chance.randint(1, 6))]
            return await ledger.post(tx, *made)

    async def watch() -> int:
        await check(db, days[:2])
        return 0

    posted = summed = 0
    for _ in range(6):
        acts = [post(), post(), sum_all(db), watch(), post(), sum_all(db), watch()]
        counts = await asyncio.gather(*acts)
        posted += counts[0] + counts[1] + counts[4]
        summed += counts[2] + counts[5]
        await check(db, days)
    summed += await sum_all(db)
    assert posted == summed > 0
    await check(db, days)
    async with db.reading() as tx:
        assert await ledger.verify(tx) == []
        with counting_statements() as count:
            await ledger.trial_balance(tx)
            await ledger.trial_balance(tx, datetime.combine(days[2], datetime.min.time(), UTC))
        assert count.names == ["kept_trial_balance"] * 2
        await tx.run(sql("update ledger.balance set debit_minor = debit_minor + 1"
                         " where account = 'fx' and day < 'infinity'"))  # fmt: skip
        assert {f.problem for f in await ledger.verify(tx)} == {"balance_differs"}


async def test_all_of_the_books_are_read_while_the_sums_cannot_tell(
    db: Database, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(7)
    async with db.transaction() as tx:
        await ledger.post(tx, *(a_posting(chance, tx.now) for _ in range(7)))
        # As they were posted by a release that kept no sums.
        await tx.run(
            sql(
                "with t as (insert into ledger.transaction (id, source, kind, legs, effective_at,"
                " posted_at, queued) select gen_random_uuid(), 'old:' || n, 'old', 2, now(), now(),"
                " false from generate_series(1, 5) n returning id) insert into ledger.entry"
                " select id, leg, 'fx', 'EUR', 2 * leg - 3 from t, generate_series(1, 2) leg"
            )
        )
        await tx.run(sql("delete from ledger.unsummed u using ledger.transaction t"
                         " where t.id = u.transaction_id and not t.queued"))  # fmt: skip
        await tx.run(sql("update ledger.summing set old_done = false"))

    async def asked(before: datetime | None = None) -> tuple[Any, list[str]]:
        with counting_statements() as count:
            async with db.reading() as tx:
                return await ledger.trial_balance(tx, before), count.names

    rows, statements = await asked()
    assert statements == ["kept_trial_balance", "trial_balance"]
    monkeypatch.setattr("argosy.modules.ledger.commands._AT_ONCE", 2)
    assert await sum_all(db) == 12
    assert await asked() == (rows, ["kept_trial_balance"])
    assert (await asked(clock.now()))[1] == ["trial_balance"]  # within a day

    monkeypatch.setattr(paging, "LOOK", 3)
    async with db.transaction() as tx:
        await ledger.post(tx, *(a_posting(chance, tx.now) for _ in range(3)))
    rows, statements = await asked()
    assert statements == ["kept_trial_balance", "trial_balance"]
    assert await sum_all(db) == 3
    assert await asked() == (rows, ["kept_trial_balance"])
