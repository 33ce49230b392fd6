"""What has happened, for integrations; and what a subscription of ours could not handle."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

from argosy.kernel.errors import NotFound
from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import CursorInvalid, Page, decode_cursor, encode_cursor
from argosy.modules import staff
from argosy.runtime import feed, subscriptions
from argosy.runtime.db import Tx
from argosy.runtime.feed import CloudEvent
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of

Types = Annotated[
    str | None,
    Parameter(
        max_length=4000,
        description="Event types to read, separated by commas; all of them without it.",
        examples=[],
    ),
]


class ParkedUnknown(NotFound):
    """No event is parked for this subscription under this id: it may have been handled since.

    `GET /admin/v1/events/parked` lists what is parked.
    """

    code = "events.parked_unknown"
    usual_cure = "Use a subscription and an id that `GET /admin/v1/events/parked` lists."


class EventFeed(msgspec.Struct, frozen=True, kw_only=True):
    """Events in order. Unlike a list, a feed has no end: `next_cursor` is always there.

    Keep it, and send it to read on, at once while `items` is full, else after a pause.
    """

    items: list[CloudEvent]
    next_cursor: str


class ParkedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event on which a subscription failed. `next_try_at` null: it waits for a person."""

    subscription: str
    event_id: str
    type: str
    subject: str
    sequence: int
    occurred_at: datetime
    tries: int
    error: str
    next_try_at: datetime | None


@get(
    "/admin/v1/events",
    guards=[requires("events:read")],
    security=ADMINISTRATION,
    tags=["Events"],
    summary="Read the event feed",
    description="Everything that has happened, as CloudEvents 1.0, in an order that never skips a "
    "late commit. Start without a cursor at the oldest event kept, or with `start=newest` at what "
    "comes next. Delivery is at least once: drop repeats by `id`, see gaps by `sequence`, which "
    "counts the events of one `subject`.",
)
async def read_events(
    request: Request[Any, Any, Any],
    limit: Limit = 100,
    cursor: CursorText = None,
    types: Types = None,
    start: Literal["oldest", "newest"] = "oldest",
) -> EventFeed:
    wanted = sorted({t.strip() for t in types.split(",") if t.strip()}) if types else None
    filters = filters_of("events", types=wanted)
    app = shop(request)
    async with app.db.reading() as tx:
        position = await feed.newest(tx) if start == "newest" else feed.START
        if cursor is not None:
            position = position_of(cursor, filters)
        read = await feed.read_feed(
            tx, position, types=wanted, limit=limit, source=app.settings.public_url
        )
    return EventFeed(items=read.events, next_cursor=encode_cursor(read.position, filters))


@get(
    "/admin/v1/events/parked",
    guards=[requires("events:read")],
    security=ADMINISTRATION,
    tags=["Events"],
    summary="List parked events",
    description="Events on which one of our own subscriptions failed. They are tried again with "
    "growing pauses, twelve times, and never hold up other events.",
)
async def list_parked_events(
    request: Request[Any, Any, Any], limit: Limit = 50, cursor: CursorText = None
) -> Page[ParkedEvent]:
    async with shop(request).db.reading() as tx:
        return await parked_page(tx, cursor=cursor, limit=limit)


@post(
    "/admin/v1/events/parked/{subscription:str}/{event_id:str}/replay",
    guards=[requires("events:write")],
    security=ADMINISTRATION,
    tags=["Events"],
    summary="Try a parked event again",
    description="Makes the event due at once, with its tries counted anew. Repeating is harmless: "
    "the effect of a subscription happens once.",
    status_code=204,
    problems=[ParkedUnknown],
)
async def replay_parked_event(
    request: Request[Any, Any, Any], subscription: str, event_id: str
) -> None:
    wanted = decode("event", event_id, field="event_id")
    async with shop(request).db.transaction() as tx:
        if not await replay_parked(tx, actor(request), subscription, wanted):
            raise ParkedUnknown("Nothing is parked under this subscription and event.")


async def parked_page(tx: Tx, *, cursor: str | None, limit: int) -> Page[ParkedEvent]:
    """A page of what is parked, by subscription and event. Raises CursorInvalid."""
    filters = filters_of("parked")
    keys = after(cursor, filters, length=2)
    start = None if keys is None else (str(keys[0]), decode("event", str(keys[1]), field="cursor"))
    rows = await subscriptions.list_parked(tx, after=start, limit=limit + 1)
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda row: (row["subscription"], encode("event", row["event_id"])),
        show=_parked,
    )


async def replay_parked(tx: Tx, who: staff.Actor, subscription: str, event_id: UUID) -> bool:
    """Make a parked event due at once, and note it; False when it is not parked."""
    if not await subscriptions.replay(tx, subscription, event_id):
        return False
    await staff.audit(tx, who, "event.replayed", encode("event", event_id))
    return True


def position_of(cursor: str, filters: str) -> feed.Position:
    """Where a cursor of the feed points to. Raises CursorInvalid."""
    xid, row = decode_cursor(cursor, filters, length=2)
    if not (isinstance(xid, str) and xid.isascii() and xid.isdigit() and isinstance(row, int)):
        raise CursorInvalid("This cursor does not belong to the event feed.", field="cursor")
    return xid, row


def _parked(row: dict[str, Any]) -> ParkedEvent:
    lines = row["error"].strip().splitlines()
    return ParkedEvent(
        subscription=row["subscription"],
        event_id=encode("event", row["event_id"]),
        type=row["type"],
        subject=row["subject"],
        sequence=row["seq"],
        occurred_at=row["occurred_at"],
        tries=row["tries"],
        error=lines[-1].partition(":")[0] if lines else "",
        next_try_at=row["next_try_at"],
    )


ROUTES: list[HTTPRouteHandler] = [read_events, list_parked_events, replay_parked_event]
