"""What a unit cost the shop at an instant."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from argosy.modules.pricing.types import Cost


def costs_on(costs: Iterable[Cost], currency: str, at: datetime) -> dict[UUID, int]:
    """Return the cost of each variant in a currency at an instant, in minor units, without tax.

    A cost whose period [valid_from, valid_until) has the instant goes before the one without.
    """
    always: dict[UUID, int] = {}
    found: dict[UUID, int] = {}
    for cost in costs:
        if cost.currency != currency:
            continue
        if not cost.dated:
            always[cost.variant_id] = cost.amount_minor
        elif (cost.valid_from is None or cost.valid_from <= at) and (
            cost.valid_until is None or at < cost.valid_until
        ):
            found[cost.variant_id] = cost.amount_minor
    return always | found
