"""Keep the record of imports: state, counts, and the report of what could not be taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from argosy.kernel.ids import new_id
from argosy.modules.catalog import store
from argosy.modules.catalog.events import ProductImportFinished
from argosy.modules.catalog.types import ImportIssue
from argosy.runtime.db import Tx


async def request_import(
    tx: Tx,
    *,
    format_name: str,
    file_name: str,
    storage_key: str | None,
    options: dict[str, object],
    actor: str,
) -> UUID:
    """Record an import that a job is to run."""
    run_id = new_id()
    await store.insert_import_run(
        tx,
        run_id,
        format_name=format_name,
        file_name=file_name,
        storage_key=storage_key,
        options=options,
        actor=actor,
    )
    return run_id


async def start_import(tx: Tx, run_id: UUID) -> bool:
    """Take a waiting or interrupted import; False if it has ended. Its report starts empty."""
    taken = await store.start_import_run(tx, run_id)
    if taken:
        await store.clear_import_issues(tx, run_id)
    return taken


async def note_import_progress(
    tx: Tx,
    run_id: UUID,
    *,
    lines_total: int | None,
    counts: tuple[int, int, int, int, int, int],
    first_issue: int,
    issues: Sequence[ImportIssue],
) -> None:
    """Counts (done, created, updated, unchanged, failed, warnings) and the issues since the last
    call, of which the first has the number `first_issue`.
    """
    await store.note_import_progress(tx, run_id, lines_total, *counts)
    if issues:
        await store.add_import_issues(tx, run_id, first_issue, issues)


async def finish_import(
    tx: Tx, run_id: UUID, *, state: Literal["done", "failed"], message: str = ""
) -> None:
    """End an import, announcing it; a no-op if it has ended already."""
    counts = await store.finish_import_run(tx, run_id, state, message)
    if counts:
        tx.emit(
            ProductImportFinished(
                import_id=run_id,
                created=counts["created"],
                updated=counts["updated"],
                unchanged=counts["unchanged"],
                failed=counts["failed"],
            )
        )
