"""What a purchase leaves over what its goods cost the shop. For staff who may read costs only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from argosy.modules.quote import Quote


def margin_of(
    found: Quote, costs: Mapping[UUID, int], *, aside: Collection[str] = ()
) -> int | None:
    """Return the net of the goods less their costs, in minor units; gifts cost and bring nothing.

    Shipping and fees are not in it, nor the lines whose keys are `aside` (gift cards are no goods).
    None: the cost of something is not known, or there are no goods.
    """
    lines = [line for line in found.lines if line.key not in aside]
    if not lines or any(line.variant_id not in costs for line in lines):
        return None
    return sum(line.net.minor - costs[line.variant_id] * line.quantity for line in lines)
