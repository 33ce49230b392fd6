"""Whether this process may be sent requests: one statement, however often it is asked."""

from __future__ import annotations

from argosy.runtime.db import Database
from argosy.runtime.migrate import head
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "readiness.sql")


async def check(db: Database) -> dict[str, str]:
    """`ok` or what is wrong, for the database and its migrations.

    A newer schema than this code knows is fine (expand, then contract: N and N+1 run together).
    Raises DatabaseUnavailable.
    """
    async with db.reading() as tx:
        row = await tx.maybe(SQL.applied_migration)
    applied = None if row is None else row["version_num"]
    return {
        "database": "ok",
        "migrations": "ok" if applied is not None and applied >= head() else "pending",
    }
