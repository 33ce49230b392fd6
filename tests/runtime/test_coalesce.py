"""Requests that come together go together; none of them pays for another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from argosy.runtime.coalesce import Coalescer
from argosy.runtime.db import Database, counting_statements
from argosy.runtime.statements import Statement

_ONE = Statement("one", "one", "select 1 as n", "")


class Scribe:
    """Doubles numbers and notes its batches; negative ones fail alone, zero fails the batch."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        self.running = 0
        self.most_running = 0

    async def run(self, items: Sequence[int]) -> list[int | Exception]:
        self.batches.append(list(items))
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        await self.gate.wait()
        self.running -= 1
        if 0 in items:
            raise ValueError("zero")
        return [ArithmeticError(str(item)) if item < 0 else 2 * item for item in items]


async def test_what_arrives_while_a_batch_runs_is_the_next_batch() -> None:
    scribe = Scribe()
    desk: Coalescer[int, int] = Coalescer(scribe.run)
    asked = [asyncio.create_task(desk.ask(n)) for n in (1, 2, 3)]
    await asyncio.sleep(0.01)
    late = [asyncio.create_task(desk.ask(n)) for n in (4, 5)]
    await asyncio.sleep(0.01)
    scribe.gate.set()
    assert await asyncio.gather(*asked, *late) == [2, 4, 6, 8, 10]
    assert scribe.batches == [[1, 2, 3], [4, 5]]


async def test_a_single_request_goes_at_once() -> None:
    scribe = Scribe()
    scribe.gate.set()
    desk: Coalescer[int, int] = Coalescer(scribe.run)
    assert await desk.ask(7) == 14
    assert await desk.ask(8) == 16
    assert scribe.batches == [[7], [8]]


async def test_no_batch_is_larger_than_allowed_and_no_more_run_than_lanes() -> None:
    scribe = Scribe()
    desk: Coalescer[int, int] = Coalescer(scribe.run, largest=4, lanes=2)
    asked = []
    for n in range(1, 20):
        asked.append(asyncio.create_task(desk.ask(n)))
        await asyncio.sleep(0)
    scribe.gate.set()
    assert await asyncio.gather(*asked) == [2 * n for n in range(1, 20)]
    assert max(map(len, scribe.batches)) == 4
    assert scribe.most_running == 2


async def test_a_result_that_is_an_exception_is_raised_to_its_caller_alone() -> None:
    scribe = Scribe()
    scribe.gate.set()
    desk: Coalescer[int, int] = Coalescer(scribe.run)
    found = await asyncio.gather(*(desk.ask(n) for n in (1, -2, 3)), return_exceptions=True)
    assert (found[0], found[2]) == (2, 6)
    assert isinstance(found[1], ArithmeticError)
    assert len(scribe.batches) == 1


async def test_a_batch_that_fails_is_run_one_by_one_so_that_one_spoils_no_other() -> None:
    scribe = Scribe()
    scribe.gate.set()
    desk: Coalescer[int, int] = Coalescer(scribe.run)
    found = await asyncio.gather(*(desk.ask(n) for n in (1, 0, 3)), return_exceptions=True)
    assert (found[0], found[2]) == (2, 6)
    assert isinstance(found[1], ValueError)
    assert scribe.batches == [[1, 0, 3], [1], [0], [3]]
    assert await desk.ask(4) == 8, "and the desk goes on"


async def test_a_caller_that_goes_away_harms_nobody() -> None:
    scribe = Scribe()
    desk: Coalescer[int, int] = Coalescer(scribe.run)
    gone, stays = asyncio.create_task(desk.ask(1)), asyncio.create_task(desk.ask(2))
    await asyncio.sleep(0.01)
    gone.cancel()
    scribe.gate.set()
    assert await stays == 4
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert scribe.batches == [[1, 2]], "its item was run all the same"


async def test_the_statements_of_a_batch_are_counted_once_over_its_requests(db: Database) -> None:
    async def run(items: Sequence[int]) -> list[int | Exception]:
        async with db.transaction() as tx:
            row = await tx.one(_ONE)
        return [item + row["n"] for item in items]

    desk: Coalescer[int, int] = Coalescer(run)

    async def counted(n: int) -> tuple[int, int]:
        with counting_statements() as count:
            assert await desk.ask(n) == n + 1
        return count.statements, count.transactions

    told = await asyncio.gather(*(counted(n) for n in range(5)))
    assert sum(statements for statements, _ in told) == desk.batches
    assert sum(transactions for _, transactions in told) == desk.batches


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_after_a_batch_of_several_the_next_gathers_those_who_come_back() -> None:
    sizes: list[int] = []

    async def run(items: Sequence[int]) -> list[int | Exception]:
        sizes.append(len(items))
        await asyncio.sleep(0.04)
        return list(items)

    desk: Coalescer[int, int] = Coalescer(run)

    async def shopper(n: int) -> None:
        for _ in range(4):
            await desk.ask(n)
            await turns(3 * n)  # they come back one after the other

    await asyncio.gather(*(shopper(n) for n in range(8)))
    assert sizes == [8, 8, 8, 8]


async def test_nobody_alone_waits_and_patience_ends() -> None:
    sizes: list[int] = []

    async def run(items: Sequence[int]) -> list[int | Exception]:
        sizes.append(len(items))
        await asyncio.sleep(0.04)
        return list(items)

    async def one_then_another() -> list[int]:
        sizes.clear()
        first = asyncio.create_task(desk.ask(1))
        await turns(5)
        await asyncio.gather(first, desk.ask(2))
        return sizes.copy()

    desk: Coalescer[int, int] = Coalescer(run)
    assert await one_then_another() == [1, 1], "nobody was there"
    await asyncio.gather(*(desk.ask(n) for n in range(2)))
    assert await one_then_another() == [2], "both were expected back"
    await asyncio.gather(*(desk.ask(n) for n in range(2)))
    await asyncio.sleep(0.03)
    assert await one_then_another() == [1, 1], "too late to be waited for"
    await asyncio.gather(*(desk.ask(n) for n in range(8)))
    assert await desk.ask(3) == 3, "the others do not come back"
