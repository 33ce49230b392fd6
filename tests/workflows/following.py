"""Letting a reaction follow the events that there are, as the worker would."""

from __future__ import annotations

import asyncio

from argosy.runtime.db import Database
from argosy.runtime.subscriptions import Subscription, deliver, register
from argosy.workflows.reactions import Reaction


async def follow(db: Database, reaction: Reaction, *kinds: str) -> None:
    """Until it has handled all events of these kinds."""
    listening = Subscription(reaction.__name__, frozenset(kinds), reaction)
    await register(db, [listening])
    # Events are read once all older transactions of the server have ended, and other tests run on
    # the same server.
    async with asyncio.timeout(60):
        while True:
            await deliver(db, listening)
            unread = await db.pool.fetchval(
                """select count(*) from runtime.outbox o join runtime.subscription s
                   on (o.xid, o.id) > (s.xid, s.id)
                   where s.name = $1 and o.type = any ($2::text[])""",
                listening.name,
                list(kinds),
            )
            if not unread:
                return
            await asyncio.sleep(0.01)
