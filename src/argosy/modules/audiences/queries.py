"""Reading audiences and restrictions."""

from collections.abc import Sequence
from uuid import UUID

from argosy.modules.audiences import store
from argosy.modules.audiences.types import OPEN, Audience, Restriction, Visibility
from argosy.runtime.db import Tx


async def list_audiences(tx: Tx, channel_id: UUID) -> list[Audience]:
    """The active audiences of a channel, the strongest first."""
    return [one for one in await store.audiences(tx, channel_id) if one.active]


async def all_audiences(tx: Tx) -> list[Audience]:
    """The audiences of all channels, ended ones too: their windows are emptied. One statement."""
    return await store.audiences(tx, None)


async def list_restrictions(
    tx: Tx, channel_id: UUID, *, after: UUID | None = None, limit: int
) -> list[Restriction]:
    """Restrictions of a channel by subject, those after the subject given."""
    return await store.restrictions(tx, channel_id, after=after, limit=limit)


async def restrictions_of(tx: Tx, subjects: Sequence[UUID]) -> dict[UUID, dict[UUID, Restriction]]:
    """Restrictions of channels, products and variants, by channel and subject. One statement."""
    found: dict[UUID, dict[UUID, Restriction]] = {}
    for channel_id, one in await store.restrictions_of(tx, subjects):
        found.setdefault(channel_id, {})[one.subject_id] = one
    return found


async def visibility_of(tx: Tx, channel_id: UUID) -> Visibility:
    """All that restricts a channel. One statement where there never was an audience, else two."""
    every = await store.audiences(tx, channel_id)
    if not every:
        return OPEN
    found = await store.restrictions(tx, channel_id, after=None, limit=2**31 - 1)
    return Visibility(
        audiences=tuple(one for one in every if one.active),
        restrictions={one.subject_id: one for one in found},
    )
