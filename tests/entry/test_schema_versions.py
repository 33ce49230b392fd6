"""Which schemas a version of the code starts on: its own and newer ones, never older ones."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
import typer

from argosy.entry.cli_processes import require_current_schema


def _pretend(url: str, version: str | None) -> None:
    async def write() -> None:
        connection = await asyncpg.connect(url)
        if version is None:
            await connection.execute("delete from alembic_version")
        else:
            await connection.execute("update alembic_version set version_num = $1", version)
        await connection.close()

    asyncio.run(write())


def test_a_newer_schema_is_fine_so_that_upgrades_and_steps_back_need_no_pause(
    database_url: str,
) -> None:
    require_current_schema(database_url)
    _pretend(database_url, "9999_from_the_next_version")
    require_current_schema(database_url)


@pytest.mark.parametrize("version", ["0001_runtime", None])
def test_an_older_schema_is_refused_with_the_cure(
    database_url: str, version: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    _pretend(database_url, version)
    with pytest.raises(typer.Exit):
        require_current_schema(database_url)
    assert "argosy migrate" in capsys.readouterr().err
