"""What waits in the job queue, what runs, and what was held after its last try.

Jobs that are done leave the queue; what is listed is what somebody may still have to look at.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "job_list.sql")

JobState = Literal["queued", "picked", "held"]
_HELD = "failed"
_LAST = 2**63 - 1


class WaitingJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job in the queue: `queued` until `due_at` or a worker is free, `picked` while one works on
    it, `held` after its last try. `error` is the kind of its last failure, if that is still known.
    """

    id: int
    job: str
    state: JobState
    tries: int
    made_at: datetime
    changed_at: datetime
    due_at: datetime
    error: str


async def list_jobs(
    tx: Tx,
    *,
    state: JobState | None = None,
    job: str | None = None,
    before: int | None = None,
    limit: int,
) -> list[WaitingJob]:
    """Jobs, the newest first, those made before the one with the id `before`."""
    start = _LAST if before is None else before
    if state == "held":
        rows = await tx.many(SQL.list_held_jobs, start, job, limit)
    else:
        rows = await tx.many(SQL.list_jobs, start, state, job, limit)
    return [_job(row) for row in rows]


async def requeue_jobs(tx: Tx, ids: Sequence[int]) -> list[tuple[int, str]]:
    """Make held jobs due at once, with their tries counted anew; which they were, with their names.
    A job that is not held is left alone, so a repeat changes nothing.
    """
    rows = await tx.many(SQL.requeue_jobs, sorted(set(ids)), tx.now)
    return [(row["id"], row["entrypoint"]) for row in rows]


def _job(row: Record) -> WaitingJob:
    return WaitingJob(
        id=row["id"],
        job=row["entrypoint"],
        state="held" if row["status"] == _HELD else row["status"],
        tries=row["attempts"],
        made_at=row["created"],
        changed_at=row["updated"],
        due_at=row["execute_after"],
        error=row["error"] or "",
    )
