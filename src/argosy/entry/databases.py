"""Which PostgreSQL a command talks to: the one it is given, or the embedded one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from argosy.runtime.embedded import EmbeddedPostgres, start_embedded
from argosy.runtime.settings import Settings

NAME = "argosy"


@contextmanager
def database_for(settings: Settings) -> Iterator[str]:
    """The address of the database to use.

    Without a configured address the embedded server in `settings.home` is started, or joined when
    another command of ours runs it; it stops when the last of them ends.
    """
    if settings.database_url:
        yield settings.database_url
        return
    server = start_embedded(Path(settings.home).absolute())
    try:
        asyncio.run(_ensure_database(server))
        yield server.url(NAME)
    finally:
        server.stop()


async def _ensure_database(server: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(server.url())
    try:
        if not await connection.fetchval("select 1 from pg_database where datname = $1", NAME):
            await connection.execute(f"create database {NAME}")
    finally:
        await connection.close()
