"""Requests that come in together are worked off together: a micro-batch in the process.

The first request goes at once; those that arrive while it is under way make the next batch, so that
batches grow with the load and vanish with it. A transaction of many costs little more than a
transaction of one: BEGIN, COMMIT, the wait for the disk, the start of each statement and the round
trips are paid once.

Under load, what a batch has answered comes back as the next requests, one after the other. The
first of them would go alone and keep the rest waiting for all the costs of a batch. So after a
batch of several, the next one gathers for a moment: until as many have come as were there, at most
`PATIENCE` of the time that the batch took. A request with nobody around never waits.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Generic, NamedTuple, TypeVar

from argosy.runtime.db import StatementCount, begin_counting, current_count

PATIENCE = 0.5
LONGEST_PATIENCE_S = 0.02

T = TypeVar("T")
R = TypeVar("R")


class _Waiting(NamedTuple, Generic[T, R]):
    item: T
    answer: asyncio.Future[R]
    counter: StatementCount | None


class Coalescer(Generic[T, R]):
    """Runs `run` with all items that wait, at most `largest` at a time and `lanes` batches at once.

    `run` returns one result per item, in order; an exception in place of a result is raised to
    that item's caller alone. When `run` itself raises, nothing of the batch may have been kept, and
    each item is run again by itself, so that one bad item spoils no other; the items of a batch of
    one get the exception. `run` must therefore be one transaction, or idempotent.

    A caller that goes away (a closed connection) takes nothing back: its item is run all the same.
    """

    def __init__(
        self,
        run: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]],
        *,
        largest: int = 32,
        lanes: int = 1,
        name: str = "batch",
    ) -> None:
        self._run = run
        self._largest = largest
        self._idle = lanes
        self._name = name
        self._waiting: deque[_Waiting[T, R]] = deque()
        # The loop keeps weak references only.
        self._tasks: set[asyncio.Task[None]] = set()
        self._expected = 1
        self._until = 0.0
        self._gathered: asyncio.Event | None = None
        self.batches = 0
        self.items = 0

    async def ask(self, item: T) -> R:
        """The result for `item`, from the batch that takes it along."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(item, future, current_count()))
        if self._gathered is not None and len(self._waiting) >= self._expected:
            self._gathered.set()
        if self._idle:
            self._idle -= 1
            # A context of its own: the batch belongs to no single request.
            task = asyncio.create_task(
                self._serve(), name=self._name, context=contextvars.Context()
            )
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await future

    async def _serve(self) -> None:
        try:
            while self._waiting:
                await self._gather()
                size = min(self._largest, len(self._waiting))
                if not size:  # another lane took them meanwhile
                    break
                batch = [self._waiting.popleft() for _ in range(size)]
                counter = begin_counting()
                before = counter.mark()
                began = time.monotonic()
                await self._decide(batch)
                _share(counter, before, batch)
                self._expect(size, began)
        finally:
            self._idle += 1

    def _expect(self, size: int, began: float) -> None:
        """Those who were answered may come back; until when, and how many with those who wait."""
        ended = time.monotonic()
        self._expected = min(self._largest, size + len(self._waiting))
        self._until = ended + min(PATIENCE * (ended - began), LONGEST_PATIENCE_S) * (size > 1)

    async def _gather(self) -> None:
        """Wait for the expected, but not beyond the end of patience; with lanes, one at a time."""
        patience = self._until - time.monotonic()
        if self._gathered is not None or patience <= 0 or len(self._waiting) >= self._expected:
            return
        self._gathered = asyncio.Event()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._gathered.wait(), patience)
        self._gathered = None

    async def _decide(self, batch: Sequence[_Waiting[T, R]]) -> None:
        self.batches += 1
        self.items += len(batch)
        try:
            results = await self._run([waiting.item for waiting in batch])
            assert len(results) == len(batch), "one result per item"
        except asyncio.CancelledError:
            for waiting in batch:
                waiting.answer.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the callers'
            if len(batch) == 1:
                _answer(batch[0], error)
                return
        except BaseException as error:
            # The end of the process: nobody is left waiting for a task that is no more.
            for waiting in batch:
                _answer(waiting, error)
            raise
        else:
            for waiting, result in zip(batch, results, strict=True):
                _answer(waiting, result)
            return
        # At the same time: what keeps one of them (a lock, a timeout) does not add up.
        await asyncio.gather(*(self._decide([waiting]) for waiting in batch))


def _answer(waiting: _Waiting[T, R], result: R | BaseException) -> None:
    if waiting.answer.done():  # its caller was cancelled
        return
    if isinstance(result, BaseException):
        waiting.answer.set_exception(result)
    else:
        waiting.answer.set_result(result)


def _share(
    counter: StatementCount, before: tuple[int, int], batch: Sequence[_Waiting[T, R]]
) -> None:
    """Book the batch's statements on its first request: sums over requests stay true."""
    names, transactions = counter.since(before)
    for waiting in batch:
        if waiting.counter is not None:
            waiting.counter.names.extend(names)
            waiting.counter.transactions += transactions
            return
