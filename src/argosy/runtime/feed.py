"""The event feed for the outside: every fact in commit-safe order, as CloudEvents 1.0.

Read in the order (xid, id) below the snapshot horizon (ARCHITECTURE section 7): an event whose
transaction commits late is never skipped, at the price that one long transaction holds the feed
back. Delivery is at least once; `id` tells repeats, `sequence` (per subject, from 1) tells gaps
(DOMAIN.md P3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel import paging
from argosy.kernel.errors import Conflict
from argosy.kernel.ids import PREFIXES, encode
from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "feed.sql")

Position = tuple[str, int]

START: Position = ("0", 0)
"""Before the oldest event that is kept."""


class PositionLost(Conflict):
    """The database was restored from a backup since this cursor was given. Other events may stand
    where it points to.
    """

    code = "events.position_lost"
    usual_cure = "Read the feed from its beginning; the ids of events tell what is known already."


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An event in the CloudEvents 1.0 JSON format. Ids inside `data` are public ids."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    sequence: str
    datacontenttype: str
    data: dict[str, Any]
    traceparent: str | None = None


class Read(NamedTuple):
    """Events, where to go on from, and whether there may be more already."""

    events: list[CloudEvent]
    position: Position
    more: bool


async def read_feed(
    tx: Tx, after: Position, *, types: Sequence[str] | None, limit: int, source: str
) -> Read:
    """Up to `limit` events after a position, and the position to go on from (the same at the end).

    Of `types` are looked for among `LOOK` events (kernel/paging.py): there may be fewer, or none,
    and yet more behind them. Then the position is where that look ended.

    Raises PositionLost for a position of another server: the database was restored from a dump.
    """
    wanted = None if types is None else sorted(types)
    rows = await tx.many(SQL.read_feed, *after, wanted, limit, paging.LOOK)
    position = (rows[-1]["xid"], rows[-1]["id"]) if rows else after
    more = len(rows) == limit
    if not rows and (await tx.one(SQL.is_ahead, after[0]))["ahead"]:
        raise PositionLost("The events were restored and are counted anew.", field="cursor")
    if wanted is not None and not more:
        end = await tx.maybe(SQL.read_feed_end, *after, paging.LOOK)
        if end is not None:
            position, more = (end["xid"], end["id"]), True
    return Read([cloud_event(row, source) for row in rows], position, more)


async def newest(tx: Tx) -> Position:
    """The position after everything that can be read now: for who wants only what comes."""
    row = await tx.one(SQL.newest)
    # Ids of one transaction are read together, so its end lies before the next transaction id.
    return row["xid"], 2**63 - 1


async def parked_counts(tx: Tx) -> dict[str, int]:
    """How many events wait because a subscription failed on them, by subscription."""
    return {row["subscription"]: row["parked"] for row in await tx.many(SQL.backlog)}


async def jobs_waiting(tx: Tx) -> int:
    """How many jobs are due and not yet picked by a worker."""
    waiting: int = (await tx.one(SQL.jobs_waiting, tx.now))["waiting"]
    return waiting


def cloud_event(row: Mapping[str, Any], source: str) -> CloudEvent:
    """The envelope of an outbox row."""
    return CloudEvent(
        specversion="1.0",
        id=encode("event", row["event_id"]),
        source=source,
        type=row["type"],
        subject=row["subject"],
        time=row["occurred_at"],
        sequence=str(row["seq"]),
        datacontenttype="application/json",
        traceparent=row["trace"],
        data=public_ids(row["data"]),
    )


_KINDS = {"operation": "payment_operation", "method": "shipping_method"}
"""Kinds whose members have a shorter name than the kind."""


def public_ids(data: Mapping[str, Any]) -> dict[str, Any]:
    """`data` with each `<kind>_id` (or list `<kind>_ids`) of a known kind as a public id."""
    return {name: _public(name, value) for name, value in data.items()}


def _public(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return public_ids(value)
    if isinstance(value, list | tuple):
        return [_public(name.removesuffix("s"), item) for item in value]
    kind = name.removesuffix("_id")
    kind = _KINDS.get(kind, kind) if kind != name else name
    if kind == name or kind not in PREFIXES or not isinstance(value, str):
        return value
    try:
        return encode(kind, UUID(value))
    except ValueError:
        return value
