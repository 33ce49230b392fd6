"""Every named statement is prepared against the migrated schema: a typo fails here, not later."""

from __future__ import annotations

import asyncpg
import pytest

from argosy.runtime.statements import Statement, parse_statements
from tests.tidy.source import SRC

STATEMENTS: list[Statement] = [
    statement
    for path in sorted(SRC.rglob("*.sql"))
    if "migrations" not in path.parts
    for statement in parse_statements(
        path.read_text("utf-8"), str(path.relative_to(SRC).with_suffix(""))
    ).values()
]


async def test_every_statement_prepares(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    failures = []
    try:
        for statement in STATEMENTS:
            try:
                prepared = await connection.prepare(statement.sql)
            except asyncpg.PostgresError as error:
                failures.append(f"{statement.origin}:{statement.name}: {error}")
                continue
            returns = bool(prepared.get_attributes())
            if returns == (statement.kind == "exec") and "pg_notify" not in statement.sql:
                failures.append(f"{statement.origin}:{statement.name}: kind :{statement.kind}")
    finally:
        await connection.close()
    assert not failures, "\n".join(failures)


def test_there_are_statements() -> None:
    assert len(STATEMENTS) > 100


async def test_a_typo_is_found(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        with pytest.raises(asyncpg.PostgresError):
            await connection.prepare("select nunber from orders.order")
    finally:
        await connection.close()
