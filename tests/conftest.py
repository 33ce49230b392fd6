"""Fixtures for all: one embedded PostgreSQL per test run, a fresh database per test.

The migrated template is made once per run and cloned (about 40 ms) for each test that asks for
`db`, so that tests commit freely, run in parallel and in any order.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import fasteners
import pytest
from hypothesis import HealthCheck, settings

from argosy.drill.clock import MovableClock
from argosy.runtime import migrate
from argosy.runtime.db import Database
from argosy.runtime.embedded import start_embedded

# Nothing is kept, so the test server need not wait for the disk. Crash tests start their own.
_FAST = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nmax_connections = 400\n"


# A busy machine must not fail a test: what is slow is seen in bench/, not here.
settings.register_profile(
    "argosy", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
# For a night: `pytest tests/unit --hypothesis-profile=deep` (see CONTRIBUTING.md).
settings.register_profile("deep", settings.get_profile("argosy"), max_examples=2500)
settings.load_profile("argosy")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the garbage collector away from what lives as long as the run: modules, tests, schemas.

    That is more than half a million objects, and each look through all of them takes half a second.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()
        gc.set_threshold(10_000, 10, 10)


# Thousands of databases of hundreds of files come and go, and file systems on disks look long for
# the name of a new file among many that were just deleted (0.4 s a database on ext4, 0.04 s here).
_IN_MEMORY = Path("/dev/shm")
_ROOM = 4 * 1024**3
_TEMPLATES_KEPT = 16


def _server_folder() -> Path:
    """Where the test server keeps its data: in memory if there is room, else with temporary files.

    A folder that is there stays in use, so that all runs share one server.
    """
    name = f"argosy-tests-{os.getuid()}"
    folder = Path(tempfile.gettempdir()) / name
    try:
        room = shutil.disk_usage(_IN_MEMORY).free if os.access(_IN_MEMORY, os.W_OK) else 0
    except OSError:
        room = 0
    if (_IN_MEMORY / name).exists() or room >= _ROOM:
        folder = _IN_MEMORY / name
    folder.mkdir(exist_ok=True)
    return folder


def _schema_digest() -> str:
    digest = hashlib.blake2b(digest_size=8)
    for path in migrate.migration_files():
        digest.update(path.read_bytes())
    return digest.hexdigest()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Address of the `postgres` database of the test server, shared by all test processes.

    ARGOSY_TEST_DATABASE_URL names a server to use in its place.
    """
    given = os.environ.get("ARGOSY_TEST_DATABASE_URL")
    if given:
        yield given
        return
    folder = _server_folder()
    with fasteners.InterProcessLock(str(folder / "start.lock")):
        server = start_embedded(folder, extra_settings=_FAST)
    yield server.url()


@pytest.fixture(scope="session")
def template_database(postgres_url: str) -> str:
    """Name of a database with every migration run, made once per schema."""
    name = f"template_{_schema_digest()}"
    folder = _server_folder()

    async def build() -> None:
        admin = await asyncpg.connect(postgres_url)
        try:
            if await admin.fetchval("select 1 from pg_database where datname = $1", name):
                return
            await _forget_templates(admin)
            await admin.execute(f"create database {name}_wip")
            await migrate.migrate(_database_url(postgres_url, f"{name}_wip"))
            await admin.execute(f"alter database {name}_wip rename to {name}")
        except BaseException:
            await admin.execute(f"drop database if exists {name}_wip with (force)")
            raise
        finally:
            await admin.close()

    with fasteners.InterProcessLock(str(folder / "template.lock")):
        asyncio.run(build())
    return name


async def _forget_templates(admin: asyncpg.Connection) -> None:
    """Drop the templates of former schemas but the newest few, which another checkout may use."""
    rows = await admin.fetch(
        r"select datname from pg_database where datname like 'template\_%' order by oid desc"
    )
    for row in rows[_TEMPLATES_KEPT - 1 :]:
        with suppress(asyncpg.ObjectInUseError):
            await admin.execute(f"drop database if exists {row['datname']}")


def _database_url(server_url: str, name: str) -> str:
    return urlsplit(server_url)._replace(path=f"/{name}").geturl()


@pytest.fixture
async def database_url(postgres_url: str, template_database: str) -> AsyncIterator[str]:
    """Address of a fresh, migrated database of this test's own."""
    name = f"test_{secrets.token_hex(8)}"
    admin = await asyncpg.connect(postgres_url)
    try:
        await admin.execute(
            f"create database {name} template {template_database} strategy file_copy"
        )
        yield _database_url(postgres_url, name)
        await admin.execute(f"drop database if exists {name} with (force)")
    finally:
        await admin.close()


@pytest.fixture
def clock() -> MovableClock:
    """The clock of the `db` fixture."""
    return MovableClock()


@pytest.fixture
async def db(database_url: str, clock: MovableClock) -> AsyncIterator[Database]:
    """A Database on a fresh clone of the migrated template."""
    database = await Database.open(
        database_url, clock=clock, min_size=1, max_size=20, name="argosy tests"
    )
    try:
        yield database
    finally:
        await database.close()
