"""Whether every event took effect once in every reaction, counted beside the effects themselves.

Each real reaction is given a companion in its own transaction that notes which events it was handed
and kept. What is rolled back leaves no note; what is told again after it took effect leaves two.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from argosy.kernel.ids import new_id
from argosy.modules import customers
from argosy.runtime.db import Database, Tx
from argosy.runtime.statements import Statement
from argosy.runtime.subscriptions import Delivered, Handler, Subscription

_TABLE = Statement(
    "drill_table", "exec",
    "create table if not exists public.drill_effect (reaction text, event_id uuid)",
    __name__,
)  # fmt: skip
_NOTE = Statement(
    "drill_note", "exec",
    "insert into public.drill_effect select $1, unnest($2::uuid[])",
    __name__,
)  # fmt: skip
_WRONG = Statement(
    "drill_wrong", "many",
    """
    select o.type, o.event_id::text as id, count(e.event_id) as times
      from runtime.outbox o
      left join public.drill_effect e on e.event_id = o.event_id and e.reaction = $1
     where o.type = any($2::text[])
       and not exists (select from runtime.parked p
                        where p.event_id = o.event_id and p.subscription = $1)
     group by o.type, o.event_id having count(e.event_id) <> 1
    """,
    __name__,
)  # fmt: skip
_COUNT = Statement("drill_count", "one", "select count(*) as n from public.drill_effect", __name__)


async def counted(db: Database, reactions: Sequence[Subscription]) -> list[Subscription]:
    """The same reactions, each with its companion."""
    async with db.reading() as tx:
        await tx.run(_TABLE)
    return [msgspec.structs.replace(one, handle=_with_note(one)) for one in reactions]


def _with_note(subscription: Subscription) -> Handler:
    async def handle(tx: Tx, events: Sequence[Delivered]) -> None:
        await subscription.handle(tx, events)
        await tx.run(_NOTE, subscription.name, [event.event_id for event in events])

    return handle


async def not_once(
    db: Database,
    reactions: Sequence[Subscription],
    work: Callable[[], Awaitable[object]] | None = None,
    *,
    within_s: float = 20.0,
) -> list[str]:
    """Each event that did not take effect exactly once in a reaction that wants it.

    `work` delivers; without it, what is found now is told. It is repeated while something is
    missing: an event is shown to nobody as long as any transaction of the whole database server is
    older than it.
    """
    deadline = time.monotonic() + within_s
    while True:
        found = await _wrong(db, reactions)
        late = any(times == 0 for _, times in found)
        if not late or work is None or time.monotonic() > deadline:
            return [f"{what} took effect {times} times" for what, times in found]
        await asyncio.sleep(0.1)
        await work()


async def _wrong(db: Database, reactions: Sequence[Subscription]) -> list[tuple[str, int]]:
    async with db.reading() as tx:
        return [
            (f"{one.name}: {row['type']} {row['id']}", row["times"])
            for one in reactions
            for row in await tx.many(_WRONG, one.name, sorted(one.types))
        ]


async def tell(db: Database, facts: int) -> None:
    """Facts that make a reaction of the shop ask for a mail each, fifty in a transaction.

    Nobody has these proofs: the mails are not written.
    """
    for first in range(0, facts, 50):
        async with db.transaction() as tx:
            for _ in range(first, min(first + 50, facts)):
                tx.emit(customers.PasswordResetAsked(customer_id=new_id(), proof_id=new_id()))


async def how_many(db: Database) -> int:
    """Effects that were noted."""
    async with db.reading() as tx:
        return int((await tx.one(_COUNT))["n"])
