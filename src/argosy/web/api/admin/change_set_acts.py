"""Change sets: publishing, scheduling, rolling back, cancelling."""

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec

from argosy.kernel.wall_clock import TimeOutOfRange, ZoneUnknown
from argosy.modules import changesets, staff
from argosy.modules.changesets import ChangeSet
from argosy.runtime.db import Tx
from argosy.web.api.admin.change_set_forms import (
    ChangeSetView,
    ConflictsView,
    RollbackBody,
    ScheduleBody,
)
from argosy.web.api.admin.change_sets import ONE, READS, WRITES, AnyRequest, set_id_of
from argosy.web.api.admin.wall_times import Times
from argosy.web.auth import ADMINISTRATION, actor, shop
from argosy.web.etag import RequiredIfMatch, expected_version
from argosy.web.idempotent import KeyHeader, once
from argosy.workflows import change_publishing, change_rollback

_HELD = [
    changesets.ChangeSetNotFound,
    changesets.ChangeSetChanged,
    changesets.ChangeSetStateWrong,
    changesets.ChangeSetTooLarge,
    staff.Forbidden,
]


@post(
    f"{ONE}/publish",
    status_code=200,
    tags=["Change sets"],
    security=ADMINISTRATION,
    guards=WRITES,
    problems=[changesets.ChangeSetConflicts, changesets.EditInvalid, *_HELD],
    responses={200: ResponseSpec(ChangeSetView, description="Published, or scheduled for now.")},
)
async def publish_change_set(
    request: AnyRequest,
    change_set_id: str,
    if_match: RequiredIfMatch,
    idempotency_key: KeyHeader = None,
) -> Response[bytes]:
    """Let all edits of a change set take effect together, or none. It takes the scopes for doing
    each of them directly. A set of more than 200 edits is scheduled for now.
    """

    async def run(tx: Tx) -> ChangeSet:
        return await change_publishing.publish(
            tx,
            set_id_of(change_set_id),
            actor(request),
            expected_version=expected_version(request),
        )

    return await once(request, run, show=ChangeSetView.of, status=200)


@post(
    f"{ONE}/schedule",
    status_code=200,
    tags=["Change sets"],
    security=ADMINISTRATION,
    guards=WRITES,
    problems=[changesets.EditInvalid, TimeOutOfRange, ZoneUnknown, *_HELD],
    responses={200: ResponseSpec(ChangeSetView, description="Scheduled.")},
    example={"at": {"local": "2030-11-29T00:00:00", "time_zone": "Europe/Berlin"}},
)
async def schedule_change_set(
    request: AnyRequest,
    change_set_id: str,
    data: ScheduleBody,
    if_match: RequiredIfMatch,
    idempotency_key: KeyHeader = None,
) -> Response[bytes]:
    """Publish a change set at an instant, or when the clocks of a zone show a time. If it cannot be
    published then, it is a draft again, and says why.
    """
    times = Times()
    due = data.due(times)

    async def run(tx: Tx) -> ChangeSet:
        return await change_publishing.schedule(
            tx,
            set_id_of(change_set_id),
            due,
            actor(request),
            expected_version=expected_version(request),
        )

    return await once(
        request, run, show=lambda one: ChangeSetView.of(one, times.notices), status=200
    )


@post(
    f"{ONE}/unschedule",
    status_code=200,
    tags=["Change sets"],
    security=ADMINISTRATION,
    guards=WRITES,
    problems=_HELD,
    responses={200: ResponseSpec(ChangeSetView, description="A draft again.")},
)
async def unschedule_change_set(
    request: AnyRequest,
    change_set_id: str,
    if_match: RequiredIfMatch,
    idempotency_key: KeyHeader = None,
) -> Response[bytes]:
    """Take a change set off the schedule, to go on editing it."""

    async def run(tx: Tx) -> ChangeSet:
        return await change_publishing.unschedule(
            tx,
            set_id_of(change_set_id),
            actor(request),
            expected_version=expected_version(request),
        )

    return await once(request, run, show=ChangeSetView.of, status=200)


@get(
    f"{ONE}/rollback",
    tags=["Change sets"],
    security=ADMINISTRATION,
    guards=READS,
    problems=[changesets.ChangeSetNotFound, changesets.ChangeSetTooLarge],
)
async def preview_rollback(request: AnyRequest, change_set_id: str) -> ConflictsView:
    """Fields that the published set had changed and somebody has changed since: what rolling it
    back needs decisions about.
    """
    async with shop(request).db.reading() as tx:
        found = await change_rollback.clashes_of_rollback(tx, set_id_of(change_set_id))
    return ConflictsView.of(found)


@post(
    f"{ONE}/rollback",
    status_code=200,
    tags=["Change sets"],
    security=ADMINISTRATION,
    guards=WRITES,
    problems=[changesets.DecisionsMissing, changesets.EditInvalid, *_HELD],
    responses={200: ResponseSpec(ChangeSetView, description="Rolled back.")},
    example={"decisions": [], "otherwise": "keep"},
)
async def roll_back_change_set(
    request: AnyRequest,
    change_set_id: str,
    data: RollbackBody,
    if_match: RequiredIfMatch,
    idempotency_key: KeyHeader = None,
) -> Response[bytes]:
    """Put everything back that a published change set changed, or nothing. Fields that somebody
    has changed since need a decision.
    """

    async def run(tx: Tx) -> ChangeSet:
        return await change_rollback.roll_back(
            tx,
            set_id_of(change_set_id),
            actor(request),
            decisions=data.decided(),
            otherwise=data.otherwise,
            expected_version=expected_version(request),
        )

    return await once(request, run, show=ChangeSetView.of, status=200)


@post(
    f"{ONE}/cancel",
    status_code=200,
    tags=["Change sets"],
    security=ADMINISTRATION,
    guards=WRITES,
    problems=_HELD,
    responses={200: ResponseSpec(ChangeSetView, description="Cancelled.")},
)
async def cancel_change_set(
    request: AnyRequest,
    change_set_id: str,
    if_match: RequiredIfMatch,
    idempotency_key: KeyHeader = None,
) -> Response[bytes]:
    """Never publish a change set."""

    async def run(tx: Tx) -> ChangeSet:
        found = await changesets.cancel_change_set(
            tx, set_id_of(change_set_id), expected_version=expected_version(request)
        )
        await staff.audit(tx, actor(request), "change_set.cancelled", change_set_id)
        return found

    return await once(request, run, show=ChangeSetView.of, status=200)


ROUTES: list[HTTPRouteHandler] = [
    publish_change_set,
    schedule_change_set,
    unschedule_change_set,
    preview_rollback,
    roll_back_change_set,
    cancel_change_set,
]
