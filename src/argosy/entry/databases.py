"""Which PostgreSQL a command talks to: the one it is given, or the embedded one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import SubprocessError

import asyncpg

from argosy.runtime.embedded import start_embedded
from argosy.runtime.settings import Settings

NAME = "argosy"
_CHECK = "Check ARGOSY_DATABASE_URL, that the server runs, and that this role may connect."
_OWN = "Give a PostgreSQL 18 of your own: --database-url or ARGOSY_DATABASE_URL."


class DatabaseAway(Exception):
    """No database answers. The message says why, `cure` what to do."""

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.cure = cure


@contextmanager
def database_for(settings: Settings) -> Iterator[str]:
    """The address of the database to use, which answers. Raises DatabaseAway.

    Without a configured address the embedded server in `settings.home` is started, or joined when
    another command of ours runs it; it stops when the last of them ends.
    """
    if settings.database_url:
        asyncio.run(_answers(settings.database_url))
        yield settings.database_url
        return
    try:
        server = start_embedded(Path(settings.home).absolute())
    except (OSError, RuntimeError, SubprocessError) as error:
        raise DatabaseAway(f"The embedded PostgreSQL did not start: {error}", _OWN) from error
    try:
        asyncio.run(server.create_database(NAME))
        yield server.url(NAME)
    finally:
        server.stop()


async def _answers(url: str) -> None:
    try:
        connection = await asyncpg.connect(url, timeout=10)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = str(error) or type(error).__name__
        raise DatabaseAway(f"The database cannot be reached: {reason}", _CHECK) from error
    await connection.close()
