"""Bring a database to the schema that this version needs: Alembic over plain SQL files.

Each `migrations/sql/NNNN_name.sql` is one Alembic revision, in number order, each in a transaction
of its own with a lock timeout, so that a migration gives way instead of stopping the shop. A file
that begins with `-- argosy: no-transaction` runs statement by statement outside one (for CREATE
INDEX CONCURRENTLY).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import asyncpg

# Alembic and SQLAlchemy take half a second to load and are needed only while migrating.
# ruff: noqa: PLC0415

LOCK_TIMEOUT = "4s"
_ADVISORY_KEY = 7_264_823_911  # any constant: two migrating processes take turns

_REVISION = '''"""{name}"""
from argosy.runtime.migrate import run_file

revision = {name!r}
down_revision = {previous!r}


def upgrade():
    run_file({path!r})
'''


def migration_files() -> list[Path]:
    """The SQL files in the order in which they run."""
    folder = Path(str(resources.files("argosy.migrations") / "sql"))
    return sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql"))


def head() -> str:
    """The name of the newest migration that this version of the code knows."""
    return migration_files()[-1].stem


async def current(url: str) -> str | None:
    """The migration that the database is at, or None for an empty database."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        if await connection.fetchval("select to_regclass('public.alembic_version')") is None:
            return None
        found: str | None = await connection.fetchval("select version_num from alembic_version")
        return found
    finally:
        await connection.close()


async def migrate(url: str, *, progress: Callable[[str], None] = lambda _: None) -> list[str]:
    """Run all pending migrations; the names of those that ran. A second call runs none, nor does
    one on the schema of a newer version.
    """
    lock = await asyncpg.connect(url, timeout=10)
    ran: list[str] = []
    try:
        await lock.execute(f"select pg_advisory_lock({_ADVISORY_KEY})")
        at = await current(url)
        if at is None or at < head():
            await _run_pending(url, ran, progress)
        # Before the first event: a day that has events in the default partition stays there.
        await lock.execute("select runtime.ensure_outbox_partitions(current_date, 14)")
    finally:
        await lock.close()
    return ran


async def _run_pending(url: str, ran: list[str], progress: Callable[[str], None]) -> None:
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    engine = create_async_engine(
        # asyncpg parses the address itself: unlike SQLAlchemy it knows socket folders.
        "postgresql+asyncpg://",
        poolclass=NullPool,
        async_creator=lambda: asyncpg.connect(
            url, server_settings={"application_name": "argosy migrate"}
        ),
    )
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_upgrade, ran, progress)
            await connection.commit()
    finally:
        await engine.dispose()


def _upgrade(connection: Any, ran: list[str], progress: Callable[[str], None]) -> None:
    from alembic import command
    from alembic.config import Config

    def applied(name: str) -> None:
        ran.append(name)
        progress(name)

    with tempfile.TemporaryDirectory() as versions:
        previous = None
        for path in migration_files():
            module = _REVISION.format(name=path.stem, previous=previous, path=str(path))
            (Path(versions) / f"{path.stem}.py").write_text(module, "utf-8")
            previous = path.stem
        config = Config()
        config.set_main_option("script_location", str(resources.files("argosy.migrations")))
        config.set_main_option("version_locations", versions)
        config.set_main_option("path_separator", "os")
        config.attributes.update(connection=connection, applied=applied)
        command.upgrade(config, "head")


def run_file(path: str) -> None:
    """Run one SQL file on the connection of the running Alembic environment."""
    from alembic import context, op

    sql = Path(path).read_text("utf-8")
    raw: Any = op.get_bind().connection.dbapi_connection

    def script(statements: str) -> None:
        raw.run_async(lambda driver: driver.execute(statements))

    if sql.startswith("-- argosy: no-transaction"):
        with op.get_context().autocommit_block():
            for statement in sql.split(";\n"):
                if statement.strip():
                    script(statement)
    else:
        # Any statement through Alembic first, so that SQLAlchemy has opened its transaction.
        op.execute(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
        script(sql)
        script("set search_path to default")
    context.config.attributes["applied"](Path(path).stem)
