"""The audit trail: who changed what in the administration."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, get
from litestar.params import Parameter

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.kernel.wall_clock import in_utc
from argosy.modules import staff
from argosy.web.auth import ADMINISTRATION, requires, shop
from argosy.web.newest import newest_after, newest_keys
from argosy.web.paging import CursorText, Limit, filters_of, page_of

Subject = Annotated[
    str | None, Parameter(max_length=120, description="The id of what was changed.")
]
Action = Annotated[
    str | None, Parameter(max_length=80, description="What was done, like `key.revoked`.")
]
ActorId = Annotated[
    str | None, Parameter(max_length=60, description="The staff member (`stf_`) or key (`key_`).")
]
Since = Annotated[datetime | None, Parameter(description="Not before this time (UTC).")]
Until = Annotated[datetime | None, Parameter(description="Before this time (UTC).")]


class AuditView(msgspec.Struct, frozen=True, kw_only=True):
    """One act. `before` and `after` hold what changed; `request_id` leads to the logs."""

    id: str
    at: datetime
    actor_kind: Literal["staff", "key", "system"]
    actor_id: str | None
    actor_name: str
    action: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    request_id: str

    @classmethod
    def of(cls, entry: staff.AuditEntry) -> "AuditView":
        """As answers show it."""
        who = None if entry.actor_id is None else encode(entry.actor_kind, entry.actor_id)
        return cls(
            id=encode("audit", entry.id),
            at=entry.at,
            actor_kind=entry.actor_kind,
            actor_id=who,
            actor_name=entry.actor_name,
            action=entry.action,
            subject=entry.subject,
            before=None if entry.before is None else dict(entry.before),
            after=None if entry.after is None else dict(entry.after),
            request_id=entry.request_id,
        )


@get("/admin/v1/audit", tags=["Audit"], security=ADMINISTRATION, guards=[requires("audit:read")])
async def list_audit(
    request: Request[Any, Any, Any],
    *,
    limit: Limit = 24,
    cursor: CursorText = None,
    subject: Subject = None,
    action: Action = None,
    actor_id: ActorId = None,
    since: Since = None,
    until: Until = None,
) -> Page[AuditView]:
    """What was done, the newest first."""
    wanted = filter_of(subject, action, actor_id, since, until)
    filters = filters_of("audit", **msgspec.structs.asdict(wanted))
    async with shop(request).db.reading() as tx:
        rows = await staff.list_audit(
            tx, wanted, after=newest_after(cursor, filters), limit=limit + 1
        )
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda e: newest_keys(e.at, e.id),
        show=AuditView.of,
    )


def filter_of(
    subject: str | None,
    action: str | None,
    actor_id: str | None,
    since: datetime | None,
    until: datetime | None,
) -> staff.AuditFilter:
    """The filter that the query string describes. Raises MalformedId, TimeOutOfRange."""
    who = None
    if actor_id is not None:
        kind = "key" if actor_id.startswith("key_") else "staff"
        who = decode(kind, actor_id, field="actor_id")
    return staff.AuditFilter(
        subject=subject,
        action=action,
        actor_id=who,
        since=in_utc(since, "since"),
        until=in_utc(until, "until"),
    )


ROUTES = [list_audit]
