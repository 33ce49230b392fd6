"""The job queue: what waits, what runs, what was held after its last try."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

from argosy.kernel.errors import NotFound
from argosy.kernel.paging import CursorInvalid, Page
from argosy.modules import staff
from argosy.runtime import job_list
from argosy.runtime.db import Tx
from argosy.runtime.job_list import JobState, WaitingJob
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of

JobName = Annotated[
    str | None, Parameter(max_length=200, description="Only jobs of this name.", examples=[])
]


class JobUnknown(NotFound):
    """No job is held under this id: it may have been tried again since.

    `GET /admin/v1/jobs?status=held` lists what is held.
    """

    code = "jobs.unknown"
    usual_cure = "Use an id that `GET /admin/v1/jobs?status=held` lists."


class JobView(msgspec.Struct, frozen=True, kw_only=True):
    """A job that is not done. `held`: its last try failed, and it waits for a person; `error` is
    the kind of that failure, if it is still known.
    """

    id: int
    job: str
    status: JobState
    tries: int
    made_at: datetime
    changed_at: datetime
    due_at: datetime
    error: str

    @classmethod
    def of(cls, found: WaitingJob) -> "JobView":
        """As answers show it."""
        fields = msgspec.structs.asdict(found)
        return cls(status=fields.pop("state"), **fields)


@get(
    "/admin/v1/jobs",
    guards=[requires("events:read")],
    security=ADMINISTRATION,
    tags=["Events"],
)
async def list_jobs(
    request: Request[Any, Any, Any],
    limit: Limit = 50,
    cursor: CursorText = None,
    status: JobState | None = None,
    job: JobName = None,
) -> Page[JobView]:
    """Background jobs that are not done, the newest first. A job is tried ten times with growing
    pauses, then held until somebody has it tried again.
    """
    filters = filters_of("jobs", status=status, job=job)
    keys = after(cursor, filters, length=1)
    before = None if keys is None else _number(keys[0])
    async with shop(request).db.reading() as tx:
        rows = await job_list.list_jobs(tx, state=status, job=job, before=before, limit=limit + 1)
    return page_of(rows, limit=limit, filters=filters, keys=lambda row: [row.id], show=JobView.of)


@post(
    "/admin/v1/jobs/{job_id:int}/requeue",
    guards=[requires("events:write")],
    security=ADMINISTRATION,
    tags=["Events"],
    status_code=204,
    problems=[JobUnknown],
)
async def requeue_job(request: Request[Any, Any, Any], job_id: int) -> None:
    """Make a held job due at once, with its tries counted anew. Jobs are safe to repeat."""
    async with shop(request).db.transaction() as tx:
        if not await requeue(tx, actor(request), [job_id]):
            raise JobUnknown("No job is held under this id.", field="job_id")


async def requeue(tx: Tx, who: staff.Actor, ids: list[int]) -> int:
    """Make held jobs due at once, and note each; how many were held."""
    known = [one for one in ids if 0 < one < 2**63]
    done = await job_list.requeue_jobs(tx, known)
    for job_id, name in done:
        await staff.audit(tx, who, "job.requeued", f"job_{job_id}", None, {"job": name})
    return len(done)


def _number(key: object) -> int:
    if not isinstance(key, int) or not 0 <= key < 2**63:
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor")
    return key


ROUTES: list[HTTPRouteHandler] = [list_jobs, requeue_job]
