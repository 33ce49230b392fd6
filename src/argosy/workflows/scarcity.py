"""What ran short here a moment ago: who wants it is told no before anything else is written.

A batch of purchases takes its stock as the last thing before it commits, so that the rows that many
buyers contend for are locked for one statement and the commit (docs/adr/0013). When somebody gets
none, all that was written is rolled back and the batch begins anew with the stock. What was short
then is remembered, so that a sold-out product costs no purchase twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from uuid import UUID

from argosy.modules.inventory import OutOfStock
from argosy.workflows.drafting import Draft

REMEMBERED_S = 5.0
MOST = 4_096


class Scarcity:
    """The variants, and limits of promotions, that ran short in this process. Only a hint."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._until: dict[UUID, float] = {}
        self._clock = clock

    def note(self, wanted: Iterable[UUID]) -> None:
        """These were not enough for all who wanted them."""
        if len(self._until) > MOST:
            self._until.clear()
        self._until.update(dict.fromkeys(wanted, self._clock() + REMEMBERED_S))

    def concerns(self, wanted: Iterable[UUID]) -> bool:
        """Whether any of these was short within the last seconds."""
        if not self._until:
            return False
        now = self._clock()
        return any(self._until.get(one, 0.0) > now for one in wanted)


def wanted_by(drafts: Iterable[Draft]) -> Iterator[UUID]:
    """What the drafts may find short: variants, and limits of promotions."""
    for draft in drafts:
        yield from (line.variant_id for line in draft.demand)
        yield from (one.subject for one in draft.claims)


def ran_short(draft: Draft, why: object) -> Iterable[UUID]:
    """What it was that the draft got none of."""
    if isinstance(why, OutOfStock) and why.lines:
        return [line.variant_id for line in why.lines]
    return wanted_by([draft])
