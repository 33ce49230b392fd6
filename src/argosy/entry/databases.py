"""Which PostgreSQL a command talks to: the one it is given, or the embedded one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from argosy.runtime.embedded import start_embedded
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
        asyncio.run(server.create_database(NAME))
        yield server.url(NAME)
    finally:
        server.stop()
