"""Saying who is shown what. Whether channels, groups, products and variants exist is not checked
here: who calls knows them.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from argosy.kernel.ids import new_id
from argosy.modules.audiences import rules, store
from argosy.modules.audiences.errors import (
    AudienceNotFound,
    RestrictionInvalid,
    TooManyAudiences,
    TooManyRestrictions,
)
from argosy.modules.audiences.events import AudiencesChanged, RestrictionsChanged
from argosy.modules.audiences.types import Audience, Restriction, SetAudience
from argosy.runtime.db import Record, Tx

MAX_AUDIENCES: Final = 8
"""So many audiences a channel has at most: a shop window is kept for each."""
MAX_RESTRICTIONS: Final = 50_000
MAX_AT_ONCE: Final = 1000
RULES_TOPIC: Final = "rules"
WINDOWS_TOPIC: Final = "windows"
"""Kept answers that are the same for everybody listen here: a channel begins to show some people
something else. The payload is a channel's id, or `*` for all."""


async def set_audience(tx: Tx, channel_id: UUID, given: SetAudience) -> Audience:
    """Make an audience so, by its code; a repeat changes nothing.

    Raises AudienceInvalid, TooManyAudiences.
    """
    rules.check_audience(given)
    await store.lock_channel(tx, channel_id)
    active = [one.code for one in await store.audiences(tx, channel_id) if one.active]
    if given.code not in active and len(active) >= MAX_AUDIENCES:
        raise TooManyAudiences(f"The channel has {len(active)} audiences already.")
    made = await store.set_audience(tx, new_id(), channel_id, given)
    _announce(tx, channel_id)
    return made


async def end_audience(tx: Tx, channel_id: UUID, code: str) -> None:
    """End an audience: what is restricted to it alone is shown to nobody. Raises AudienceNotFound,
    also when it has ended.
    """
    if not await store.end_audience(tx, channel_id, code):
        raise AudienceNotFound(f"The channel has no audience {code[:64]!r}.", field="code")
    _announce(tx, channel_id)


async def begin_windows(tx: Tx) -> None:
    """Note that all products wait to be shown in the windows of new audiences."""
    await store.begin_windows(tx)


async def finish_windows(tx: Tx) -> int:
    """Note that nothing waits any more: windows that were being made are used from now on. How many
    there were; one statement.
    """
    channels = await store.finish_windows(tx)
    for channel_id in sorted(set(channels)):
        tx.notify(RULES_TOPIC, str(channel_id))
    return len(channels)


async def restrict(tx: Tx, channel_id: UUID, given: Sequence[Restriction]) -> int:
    """Show up to 1,000 subjects to their audiences only; how many restrictions are new or
    different. All or none. Raises RestrictionInvalid, TooManyRestrictions.
    """
    if len(given) > MAX_AT_ONCE:
        raise RestrictionInvalid(f"At most {MAX_AT_ONCE} at once.", field="restrictions")
    await store.lock_channel(tx, channel_id)
    known = [one.code for one in await store.audiences(tx, channel_id) if one.active]
    rules.check_restrictions(given, channel_id=channel_id, known=known)
    changed = await store.restrict(tx, channel_id, given)
    if await store.count_restrictions(tx, channel_id) > MAX_RESTRICTIONS:
        raise TooManyRestrictions(f"The channel would have more than {MAX_RESTRICTIONS}.")
    return _announce_subjects(tx, channel_id, changed)


async def lift_restrictions(tx: Tx, channel_id: UUID, subjects: Sequence[UUID]) -> int:
    """Show subjects to everybody again; how many were restricted."""
    lifted = await store.lift(tx, channel_id, subjects[:MAX_AT_ONCE])
    return _announce_subjects(tx, channel_id, lifted)


def _announce_subjects(tx: Tx, channel_id: UUID, changed: Sequence[Record]) -> int:
    by_kind: dict[str, list[UUID]] = {"channel": [], "product": [], "variant": []}
    for row in changed:
        by_kind[row["subject_kind"]].append(row["subject_id"])
    if by_kind["channel"]:
        _announce(tx, channel_id)
    if by_kind["product"] or by_kind["variant"]:
        tx.emit(
            RestrictionsChanged(
                channel_id=channel_id,
                product_ids=tuple(by_kind["product"]),
                variant_ids=tuple(by_kind["variant"]),
            )
        )
        tx.notify(RULES_TOPIC, str(channel_id))
    return len(changed)


def _announce(tx: Tx, channel_id: UUID) -> None:
    tx.emit(AudiencesChanged(channel_id=channel_id))
    tx.notify(RULES_TOPIC, str(channel_id))
    tx.notify(WINDOWS_TOPIC, str(channel_id))
