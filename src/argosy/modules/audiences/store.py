"""The only file of audiences that runs SQL; statements live in store.sql."""

from collections.abc import Sequence
from uuid import UUID

from argosy.modules.audiences.types import Audience, Restriction, SetAudience
from argosy.runtime.db import Record, Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def lock_channel(tx: Tx, channel_id: UUID) -> None:
    """Until the transaction ends, nobody else counts what this channel has."""
    await tx.one(SQL.lock_channel, channel_id)


async def set_audience(tx: Tx, audience_id: UUID, channel_id: UUID, given: SetAudience) -> Audience:
    """The audience as it is now; the id is for a new one."""
    row = await tx.one(
        SQL.set_audience,
        audience_id,
        channel_id,
        given.code,
        given.name,
        list(given.groups),
        given.priority,
        tx.now,
    )
    return _audience(row)


async def end_audience(tx: Tx, channel_id: UUID, code: str) -> bool:
    """Whether there was such an audience."""
    return await tx.maybe(SQL.end_audience, channel_id, code, tx.now) is not None


async def begin_windows(tx: Tx) -> None:
    """The windows of new audiences are being made from now on."""
    await tx.run(SQL.begin_windows)


async def finish_windows(tx: Tx) -> list[UUID]:
    """The windows that were being made are ready; the channels that they are of."""
    return [row["channel_id"] for row in await tx.many(SQL.finish_windows)]


async def audiences(tx: Tx, channel_id: UUID | None) -> list[Audience]:
    """Audiences of a channel or of all, ended ones too, the strongest first."""
    return [_audience(row) for row in await tx.many(SQL.audiences, channel_id)]


async def restrict(tx: Tx, channel_id: UUID, given: Sequence[Restriction]) -> list[Record]:
    """The subjects whose restriction is new or different."""
    return await tx.many(
        SQL.restrict,
        channel_id,
        [one.subject_id for one in given],
        [one.subject_kind for one in given],
        [one.hides for one in given],
        [" ".join(sorted(set(one.audiences))) for one in given],
        tx.now,
    )


async def lift(tx: Tx, channel_id: UUID, subjects: Sequence[UUID]) -> list[Record]:
    """Those of the subjects that were restricted."""
    return await tx.many(SQL.lift, channel_id, list(subjects))


async def count_restrictions(tx: Tx, channel_id: UUID) -> int:
    """How many restrictions the channel has."""
    found: int = (await tx.one(SQL.count_restrictions, channel_id))["restrictions"]
    return found


async def restrictions(
    tx: Tx, channel_id: UUID, *, after: UUID | None, limit: int
) -> list[Restriction]:
    """Restrictions of a channel by subject."""
    return [_restriction(row) for row in await tx.many(SQL.restrictions, channel_id, after, limit)]


async def restrictions_of(tx: Tx, subjects: Sequence[UUID]) -> list[tuple[UUID, Restriction]]:
    """Restrictions of these subjects with their channels."""
    rows = await tx.many(SQL.restrictions_of, list(subjects))
    return [(row["channel_id"], _restriction(row)) for row in rows]


def _audience(row: Record) -> Audience:
    return Audience(**{**row, "groups": tuple(row["groups"])})


def _restriction(row: Record) -> Restriction:
    return Restriction(
        subject_kind=row["subject_kind"],
        subject_id=row["subject_id"],
        hides=row["hides"],
        audiences=tuple(row["audiences"]),
    )
