"""Notices between processes, waited for: a test that reads what is kept says first what was heard.

They arrive within a moment, and on a busy machine some moments later.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from urllib.parse import urlsplit

from argosy.runtime.cache import Cache
from argosy.runtime.db import Clock, Database

# Nothing is kept for the topic as a whole: a notice to nobody drops nothing.
_TOPIC = "tax_buyers"
_PROBES = count()
_AGAIN_AFTER_S = 1.0
_GIVE_UP_AFTER_S = 30


class HearingCache(Cache):
    """A cache that tells which probes it has heard."""

    def __init__(self, database: str, clock: Clock) -> None:
        super().__init__(clock=clock)
        self.database = database
        self.probes: set[str] = set()

    def forget(self, topic: str, payload: str) -> None:
        super().forget(topic, payload)
        if topic == _TOPIC:
            self.probes.add(payload)


_OPEN: list[HearingCache] = []


@asynccontextmanager
async def listening(url: str, clock: Clock) -> AsyncIterator[Cache]:
    """A cache that listens to the database at `url`, and that `all_heard` waits for."""
    cache = HearingCache(urlsplit(url).path.removeprefix("/"), clock)
    await cache.start(url)
    _OPEN.append(cache)
    try:
        yield cache
    finally:
        _OPEN.remove(cache)
        await cache.close()


async def all_heard(db: Database) -> None:
    """Wait until every cache that listens to this database has heard of all that was committed:
    notices arrive in the order of the commits.
    """
    if not _OPEN:
        return
    database = await db.pool.fetchval("select current_database()")
    probe = f"probe {next(_PROBES)}"
    async with asyncio.timeout(_GIVE_UP_AFTER_S):
        while waiting := [one for one in _OPEN if one.database == database]:
            # Again, as who was not listening at the moment never hears the first one.
            await db.pool.execute("select pg_notify($1, $2)", _TOPIC, probe)
            try:
                async with asyncio.timeout(_AGAIN_AFTER_S):
                    while not all(probe in one.probes for one in waiting):  # noqa: ASYNC110
                        await asyncio.sleep(0.001)
            except TimeoutError:
                continue
            return
