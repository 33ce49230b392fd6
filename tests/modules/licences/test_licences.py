"""Licence keys on PostgreSQL: each is given once, whoever races for it."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from argosy.modules.licences import (
    WITHDRAWAL,
    NewKey,
    OwedLine,
    Pool,
    PoolChangedMeanwhile,
    PoolNotFound,
    add_keys,
    agree,
    count_keys,
    disagree,
    end,
    give_waiting,
    owe,
    pool_of,
    set_pool,
    standing_of,
    variants_waited_for,
)
from argosy.runtime.db import Database

GAME = UUID(int=1)


def order(n: int) -> UUID:
    return UUID(int=1000 + n)


def line(n: int, units: int = 1, *, asks: bool = False) -> OwedLine:
    return OwedLine(UUID(int=2000 + n), order(n), GAME, units, asks)


def keys(*names: str) -> list[NewKey]:
    return [NewKey(name.encode(), b"box of " + name.encode()) for name in names]


async def opened(db: Database, *names: str, asks: bool = False) -> None:
    async with db.transaction() as tx:
        await set_pool(tx, Pool(variant_id=GAME, asks_consent=asks), expected=0)
        if names:
            assert await add_keys(tx, GAME, keys(*names)) == len(names)


async def owing(db: Database, *lines: OwedLine) -> None:
    async with db.transaction() as tx:
        await owe(tx, lines)


async def boxes(db: Database, n: int) -> list[bytes]:
    async with db.reading() as tx:
        return [key.box for key in (await standing_of(tx, order(n))).keys]


async def told(db: Database, kind: str) -> list[dict[str, Any]]:
    rows = await db.pool.fetch(
        "select data from runtime.outbox where type = $1 order by id", f"argosy.licences.{kind}.v1"
    )
    return [row["data"] for row in rows]


async def test_a_pool_is_guarded_by_its_version_and_knows_each_key_once(db: Database) -> None:
    async with db.transaction() as tx:
        with pytest.raises(PoolNotFound):
            await add_keys(tx, GAME, keys("a"))
    await opened(db, "a", "b")
    async with db.transaction() as tx:
        assert await add_keys(tx, GAME, keys("b", "c")) == 1
        assert await count_keys(tx, GAME) == (3, 0, 0)
        pool = await pool_of(tx, GAME)
        assert await set_pool(tx, pool, expected=1) == pool, "the same changes nothing"
        later = Pool(variant_id=GAME, deliver_when="authorised")
        assert (await set_pool(tx, later, expected=1)).version == 2
        with pytest.raises(PoolChangedMeanwhile):
            await set_pool(tx, pool, expected=1)


async def test_many_at_once_get_each_key_once_and_none_twice(db: Database) -> None:
    await opened(db, *(f"key {n:02}" for n in range(20)))
    # Twelve orders of two keys each, every one told of twice, for twenty keys.
    await asyncio.gather(*(owing(db, line(n % 12, 2)) for n in range(24)))
    async with db.transaction() as tx:
        await give_waiting(tx, GAME)
    given = [box for n in range(12) for box in await boxes(db, n)]
    assert len(given) == len(set(given)) == 20
    async with db.reading() as tx:
        assert await count_keys(tx, GAME) == (0, 20, 4)
    assert (await told(db, "keys_short"))[-1]["missing"] in {1, 2}
    # More keys come: who waits gets theirs at once, and what is left stays.
    async with db.transaction() as tx:
        await add_keys(tx, GAME, keys(*(f"more {n}" for n in range(6))))
        assert await count_keys(tx, GAME) == (2, 24, 0)
    assert [len(await boxes(db, n)) for n in range(12)] == [2] * 12
    assert sum(one["units"] for one in await told(db, "keys_delivered")) == 24


async def test_a_key_waits_for_consent_or_for_the_end_of_the_time_to_withdraw(
    db: Database, clock: Any
) -> None:
    await opened(db, "a", "b", "c")
    await owing(db, line(1, asks=True), line(2, asks=True))
    async with db.transaction() as tx:
        found = await standing_of(tx, order(1))
        assert (found.keys, found.missing, found.asks_consent) == ((), 1, True)
        await agree(tx, order(1), "at once")
        found = await standing_of(tx, order(1))
        assert (len(found.keys), found.missing, found.asks_consent) == (1, 0, False)
        assert found.consented_at == tx.now
        assert await variants_waited_for(tx, 9) == []
    clock.advance(seconds=WITHDRAWAL.total_seconds() - 60)
    async with db.transaction() as tx:
        assert await give_waiting(tx, GAME) == 0
    clock.advance(seconds=60)
    async with db.transaction() as tx:
        assert await variants_waited_for(tx, 9) == [GAME]
        assert await give_waiting(tx, GAME) == 1
    assert [len(await boxes(db, n)) for n in (1, 2)] == [1, 1]
    # Consent before the purchase counts, until it is taken back before the purchase.
    async with db.transaction() as tx:
        await agree(tx, order(3), "at once")
        await disagree(tx, order(3))
        await agree(tx, order(4), "at once")
    await owing(db, line(3, asks=True), line(4, asks=True))
    assert [len(await boxes(db, n)) for n in (3, 4)] == [0, 1]


async def test_what_is_revoked_is_given_to_nobody_and_no_more_is_given(db: Database) -> None:
    await opened(db, "a")
    await owing(db, line(1, 2))
    async with db.transaction() as tx:
        await end(tx, [order(1)])
        await end(tx, [order(1)])
        await add_keys(tx, GAME, keys("b"))
    await owing(db, line(1, 2))
    async with db.reading() as tx:
        found = await standing_of(tx, order(1))
        assert [key.revoked_at is not None for key in found.keys] == [True]
        assert found.missing == 0
        assert await count_keys(tx, GAME) == (1, 1, 0)
    (revoked,) = await told(db, "keys_revoked")
    assert revoked["units"] == 1
