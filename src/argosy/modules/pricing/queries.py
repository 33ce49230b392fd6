"""Reading price lists, prices and their history."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from argosy.modules.pricing import rules, store
from argosy.modules.pricing.types import (
    Assignment,
    Cost,
    Measure,
    Policy,
    Price,
    PriceChange,
    PriceList,
    Resolution,
    Terms,
)
from argosy.runtime.db import Tx

MAX_HISTORY: Final = 10_000
MAX_CANDIDATES: Final = 10_000


async def price_list_by_id(tx: Tx, list_id: UUID) -> PriceList:
    """Raises PriceListNotFound."""
    return await store.price_list(tx, list_id)


async def price_list_by_code(tx: Tx, code: str) -> PriceList:
    """Raises PriceListNotFound."""
    return await store.price_list_by_code(tx, code)


async def list_price_lists(tx: Tx, *, after: str | None = None, limit: int) -> list[PriceList]:
    """Price lists in the order of their codes, those after the code given."""
    return await store.lists(tx, after=after, limit=limit)


async def list_prices(
    tx: Tx,
    list_id: UUID,
    *,
    variant_ids: Sequence[UUID] | None = None,
    after: tuple[UUID, UUID] | None = None,
    limit: int,
) -> list[Price]:
    """Prices of a list, past and future ones too, by (variant, price), those after the key."""
    return await store.prices(tx, list_id, variant_ids=variant_ids, after=after, limit=limit)


async def prices_of_variants(tx: Tx, variant_ids: Sequence[UUID]) -> list[Price]:
    """Prices of these variants in all lists, past and future ones too. One statement."""
    return await store.prices_of_variants(tx, variant_ids)


async def price_history(
    tx: Tx, list_id: UUID, variant_id: UUID, *, after: int = 0, limit: int = MAX_HISTORY
) -> list[PriceChange]:
    """What was recorded of a variant's prices in a list, in order, after the entry given."""
    return await store.history(tx, list_id, variant_id, after=after, limit=limit)


async def explain_price(
    tx: Tx, list_id: UUID, variant_id: UUID, *, quantity: int, at: datetime
) -> Resolution[Price]:
    """Say which price of a variant applies to so many units at that time, and why no other does."""
    candidates = await store.prices(
        tx, list_id, variant_ids=[variant_id], after=None, limit=MAX_CANDIDATES
    )
    return rules.resolve(candidates, quantity, at)


async def prior_price(tx: Tx, list_id: UUID, variant_id: UUID, at: datetime) -> int | None:
    """Return the prior price (minor units) to show beside the reduction in force at `at` (C5).

    None if the price at that time is no reduction.
    """
    history = await store.history(tx, list_id, variant_id, after=0, limit=MAX_HISTORY)
    return rules.prior_amount(history, at)


async def price_history_of_lists(
    tx: Tx, list_ids: Sequence[UUID], variant_id: UUID
) -> list[PriceChange]:
    """What was recorded of a variant's prices in these lists, in the order of recording."""
    return await store.history_of_lists(tx, list_ids, variant_id, limit=MAX_HISTORY)


async def list_assignments(
    tx: Tx,
    *,
    price_list_id: UUID | None = None,
    channel_id: UUID | None = None,
    subject: str | None = None,
    after: UUID | None = None,
    limit: int,
) -> list[Assignment]:
    """Assignments that were not ended, by id, those after the id given."""
    return await store.assignments(
        tx,
        price_list_id=price_list_id,
        channel_id=channel_id,
        subject=subject,
        after=after,
        limit=limit,
    )


class PublicTerms:
    """What is and was offered to everybody, of all channels; read in one statement."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._rows = rows

    def of(
        self,
        channel_id: UUID,
        currency: str,
        base: Terms,
        *,
        at: datetime,
        past: bool = False,
    ) -> list[Terms]:
        """The terms of one channel, with its own list (`base`); `past`: those that are over, too.

        An assignment holds from when it was made at the earliest, until it was ended at most.
        """
        found = [base]
        for row in self._rows:
            if row["currency"] != currency or row["channel_id"] not in {None, channel_id}:
                continue
            ends = [end for end in (row["valid_until"], row["ended_at"]) if end is not None]
            until = min(ends, default=None)
            starts = row["valid_from"]
            if past:
                starts = max(s for s in (starts, row["created_at"]) if s is not None)
            elif row["ended_at"] is not None or (until is not None and until <= at):
                continue
            if until is not None and starts is not None and until <= starts:
                continue
            found.append(
                Terms(
                    price_list_id=row["price_list_id"],
                    level=row["level"],
                    priority=row["priority"],
                    market=row["market"],
                    tier_kind=row["tier_kind"],
                    tier_basis=row["tier_basis"],
                    valid_from=starts,
                    valid_until=until,
                    assignment_id=row["assignment_id"],
                )
            )
        return found

    def list_ids(self) -> set[UUID]:
        """All lists that are or were offered to everybody somewhere."""
        return {row["price_list_id"] for row in self._rows}


async def public_terms(tx: Tx) -> PublicTerms:
    """What is and was offered to everybody. One statement."""
    return PublicTerms(await store.public_terms(tx))


async def personal_terms(
    tx: Tx,
    channel_id: UUID,
    currency: str,
    customer_id: UUID,
    *,
    groups: Sequence[str],
    segments: Sequence[str],
) -> list[Terms]:
    """What is offered to one customer in a channel, now or later. One statement."""
    return await store.personal_terms(
        tx, channel_id, currency, customer_id, groups=groups, segments=segments
    )


async def has_personal_prices(tx: Tx, channel_id: UUID, currency: str) -> bool:
    """Whether anything is offered to single customers, groups or segments in a channel."""
    return await store.has_personal(tx, channel_id, currency)


async def policy_of(tx: Tx, channel_id: UUID) -> Policy:
    """How a channel chooses its prices; the default if that was never set."""
    return (await store.policies(tx, channel_id)).get(channel_id, Policy())


async def all_policies(tx: Tx) -> dict[UUID, Policy]:
    """The policies of those channels that have one."""
    return await store.policies(tx)


async def base_terms(tx: Tx, list_id: UUID) -> Terms:
    """A channel's own list, as it is offered to everybody. One statement."""
    prices = (await price_lists_by_ids(tx, [list_id])).get(list_id)
    return terms_of(list_id, prices)


def terms_of(list_id: UUID, prices: PriceList | None) -> Terms:
    """A channel's own list as it is offered to everybody; None: there is no such list."""
    if prices is None:
        return Terms(price_list_id=list_id)
    return Terms(price_list_id=list_id, tier_kind=prices.tier_kind, tier_basis=prices.tier_basis)


async def price_lists_by_ids(tx: Tx, list_ids: Iterable[UUID]) -> dict[UUID, PriceList]:
    """Those of the lists that there are, by id. One statement."""
    ids = sorted(set(list_ids))
    found = await store.lists(tx, ids=ids, limit=max(1, len(ids)))
    return {prices.id: prices for prices in found}


async def costs_of(tx: Tx, variant_ids: Sequence[UUID]) -> list[Cost]:
    """What units of these variants cost the shop, by variant, currency and period; also past and
    future costs. Not for shoppers.
    """
    return await store.costs(tx, variant_ids)


async def list_costs(tx: Tx, *, after: Cost | None = None, limit: int) -> list[Cost]:
    """What units cost the shop, of all variants in the order of `costs_of`, those after the one
    given (its amount does not matter). Not for shoppers.
    """
    return await store.costs_after(tx, after, limit)


async def costs_at(
    tx: Tx, variant_ids: Sequence[UUID], currency: str, at: datetime | None = None
) -> dict[UUID, int]:
    """What units of variants cost the shop at an instant (now, if none is given): minor units,
    without tax. Absent: not known. One statement. Not for shoppers.
    """
    return await store.costs_at(tx, variant_ids, currency, at or tx.now)


async def measures_of(tx: Tx, variant_ids: Sequence[UUID]) -> list[Measure]:
    """What units of these variants hold, where that is known."""
    return await store.measures(tx, variant_ids)


async def list_measures(tx: Tx, *, after: UUID | None = None, limit: int) -> list[Measure]:
    """What units hold, of all variants by id, those after the one given."""
    return await store.measures_after(tx, after, limit)
