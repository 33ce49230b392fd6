"""Writing price lists and prices. Every change of a price is recorded in its history (C5)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec
from msgspec import UNSET

from argosy.kernel.ids import new_id
from argosy.modules.pricing import rules, store
from argosy.modules.pricing.errors import (
    AssignmentNotFound,
    CostInvalid,
    FactChanged,
    MeasureInvalid,
    PolicyChanged,
    PriceInvalid,
    PriceListChanged,
    PriceNotFound,
    StepTooLarge,
)
from argosy.modules.pricing.events import (
    MeasuresChanged,
    PriceListAssigned,
    PriceListCreated,
    PricePolicyChanged,
    PricesChanged,
)
from argosy.modules.pricing.types import (
    PERSONAL,
    Assignment,
    AssignPriceList,
    ChangePriceList,
    Cost,
    CreatePriceList,
    Measure,
    Policy,
    PriceList,
    SetPrice,
    SetPrices,
)
from argosy.runtime.db import Tx

MAX_PRICES: Final = 20_000
"""Largest number of prices in one write: one statement, one bounded transaction."""
EVENT_VARIANTS: Final = 1000
MAX_FACTS: Final = 1000
"""Largest number of costs or measures in one write."""
RULES_TOPIC: Final = "rules"
"""Caches of compiled rules listen here; the payload is a channel's id, or `*` for all."""
WINDOWS_TOPIC: Final = "windows"
"""Kept answers for everybody listen here: from now on some people may be shown other prices."""


async def create_price_list(tx: Tx, cmd: CreatePriceList) -> PriceList:
    """Create an empty list. Raises PriceListInvalid, PriceListCodeTaken."""
    rules.check_list(cmd)
    list_id = new_id()
    await store.insert_list(tx, list_id, cmd)
    tx.emit(PriceListCreated(price_list_id=list_id, code=cmd.code, currency=cmd.currency))
    return PriceList(id=list_id, version=1, **msgspec.structs.asdict(cmd))


async def change_price_list(
    tx: Tx, list_id: UUID, change: ChangePriceList, *, expected_version: int
) -> PriceList:
    """Rename a list, let its tiers count otherwise or its prices move farther in a day; code and
    currency are fixed.

    Raises PriceListNotFound, PriceListInvalid, PriceListChanged.
    """
    before = await store.price_list(tx, list_id)
    given = {k: v for k, v in msgspec.structs.asdict(change).items() if v is not None}
    if change.max_step_per_day is UNSET:
        given["max_step_per_day"] = before.max_step_per_day
    else:
        given["max_step_per_day"] = change.max_step_per_day
    wanted = msgspec.structs.replace(before, **given)
    rules.check_list(
        CreatePriceList(
            code=wanted.code,
            name=wanted.name,
            currency=wanted.currency,
            max_step_per_day=wanted.max_step_per_day,
        )
    )
    changed = await store.change_list(tx, expected_version, wanted)
    if changed is None:
        raise PriceListChanged("The price list was changed meanwhile.")
    tx.notify(RULES_TOPIC, "*")
    return changed


async def assign_price_list(tx: Tx, given: AssignPriceList) -> Assignment:
    """Offer a list to somebody. Whether channel, customer or group exist is not checked here.

    Raises AssignmentInvalid, AssignmentsOverlap (a retry raises it too), PriceListNotFound.
    """
    rules.check_assignment(given)
    made = await store.insert_assignment(tx, new_id(), given)
    _announce_assignment(tx, made, ended=False)
    return made


async def end_assignment(tx: Tx, assignment_id: UUID) -> Assignment:
    """Offer a list no longer, from now on. Raises AssignmentNotFound, also when it has ended."""
    ended = await store.end_assignment(tx, assignment_id)
    if ended is None:
        raise AssignmentNotFound("There is no such assignment.")
    _announce_assignment(tx, ended, ended=True)
    return ended


def _announce_assignment(tx: Tx, one: Assignment, *, ended: bool) -> None:
    tx.emit(
        PriceListAssigned(
            price_list_id=one.price_list_id,
            level=one.level,
            channel_id=one.channel_id,
            public=one.level not in PERSONAL,
            ended=ended,
        )
    )
    place = "*" if one.channel_id is None else str(one.channel_id)
    tx.notify(RULES_TOPIC, place)
    if one.level in PERSONAL and not ended:
        tx.notify(WINDOWS_TOPIC, place)


async def set_policy(tx: Tx, channel_id: UUID, policy: Policy, *, expected_version: int) -> Policy:
    """Say how a channel chooses its prices. Whether there is the channel is not checked here.

    Raises PolicyInvalid, PolicyChanged.
    """
    rules.check_policy(policy)
    version = await store.set_policy(tx, channel_id, expected_version, policy)
    if version is None:
        raise PolicyChanged("The policy was changed meanwhile.")
    tx.emit(PricePolicyChanged(channel_id=channel_id))
    tx.notify(RULES_TOPIC, str(channel_id))
    return msgspec.structs.replace(policy, version=version)


async def set_costs(tx: Tx, costs: Sequence[Cost]) -> int:
    """Say what units of up to 1,000 variants cost the shop; how many costs are new or different.

    A cost of the same variant, currency and period is replaced. Those with a period do not overlap,
    and go before the one without. Raises CostInvalid, CostsOverlap, and FactChanged where one is
    no longer at the `version` that it names. Amounts are in no event and in no answer to shoppers.
    """
    _check_costs(costs)
    await _check_read_costs(tx, costs)
    dated = [cost for cost in costs if cost.dated]
    changed = await store.set_costs(tx, [cost for cost in costs if not cost.dated])
    return changed + (await store.set_dated_costs(tx, dated) if dated else 0)


async def drop_costs(tx: Tx, costs: Sequence[Cost]) -> int:
    """Forget costs, found by variant, currency and period; how many there were.

    Raises CostInvalid, FactChanged.
    """
    _check_costs(costs)
    await _check_read_costs(tx, costs)
    return await store.drop_costs(tx, costs)


def _check_costs(costs: Sequence[Cost]) -> None:
    keys = {_key(cost) for cost in costs}
    if len(costs) > MAX_FACTS or len(keys) < len(costs):
        raise CostInvalid(
            f"At most {MAX_FACTS} costs, each variant, currency and period once.", field="costs"
        )
    for index, cost in enumerate(costs):
        rules.check_cost(cost, index=index)


def _key(cost: Cost) -> tuple[object, ...]:
    return cost.variant_id, cost.currency, cost.valid_from, cost.valid_until


async def _check_read_costs(tx: Tx, costs: Sequence[Cost]) -> None:
    await store.lock_facts(tx)
    read = [(f"costs.{n}", _key(c), c.version) for n, c in enumerate(costs)]
    if any(version is not None for _, _, version in read):
        variants = list({cost.variant_id for cost in costs})
        _check_read(read, {_key(c): c.version for c in await store.costs(tx, variants)})


def _check_read(
    read: Iterable[tuple[str, object, int | None]], now: Mapping[object, int | None]
) -> None:
    """`read`: a field, the key of its fact, and the version that was read. Raises FactChanged."""
    for field, key, version in read:
        present = now.get(key) or 0
        if version not in (None, present):
            raise FactChanged(
                "It was changed since you read it.", field=f"{field}.version", version=present
            )


async def set_measures(tx: Tx, measures: Sequence[Measure]) -> int:
    """Say what units of up to 1,000 variants hold; how many measures are new or different.

    Raises MeasureInvalid, and FactChanged where one is no longer at the `version` that it names.
    """
    if len(measures) > MAX_FACTS or len({m.variant_id for m in measures}) < len(measures):
        raise MeasureInvalid(f"At most {MAX_FACTS} measures, each variant once.", field="measures")
    for index, measure in enumerate(measures):
        rules.check_measure(measure, index=index)
    await store.lock_facts(tx)
    read = [(f"measures.{n}", m.variant_id, m.version) for n, m in enumerate(measures)]
    await _check_read_measures(tx, read)
    return _announce_measures(tx, await store.set_measures(tx, measures))


async def _check_read_measures(tx: Tx, read: Sequence[tuple[str, UUID, int | None]]) -> None:
    if any(version is not None for _, _, version in read):
        found = await store.measures(tx, [variant_id for _, variant_id, _ in read])
        _check_read(read, {one.variant_id: one.version for one in found})


async def drop_measures(
    tx: Tx, variant_ids: Sequence[UUID], *, versions: Mapping[UUID, int] | None = None
) -> int:
    """Forget what units of these variants hold; how many had a measure. `versions`: those that were
    read. Raises FactChanged.
    """
    await store.lock_facts(tx)
    read = [(f"versions.{v}", v, (versions or {}).get(v)) for v in variant_ids[:MAX_FACTS]]
    await _check_read_measures(tx, read)
    return _announce_measures(tx, await store.drop_measures(tx, variant_ids[:MAX_FACTS]))


def _announce_measures(tx: Tx, variant_ids: Sequence[UUID]) -> int:
    if variant_ids:
        tx.emit(MeasuresChanged(variant_id=variant_ids[0], variant_ids=tuple(variant_ids)))
    return len(variant_ids)


async def set_prices(
    tx: Tx, list_id: UUID, prices: Sequence[SetPrice], *, free_steps: bool = False
) -> SetPrices:
    """Set up to 20,000 prices of one list, all or none, in one statement.

    A price of the same variant, quantity, priority and period is replaced, another is added.
    Repeating it changes nothing and records nothing. Whether the variants exist is not checked
    here: prices may be known before the products. `free_steps`: whoever writes limits the steps of
    the prices already (contracts do). Raises PriceInvalid, PricesOverlap, PriceListNotFound,
    StepTooLarge (of the first price that moves too far).
    """
    _check(prices)
    if not prices:
        return SetPrices(created=0, updated=0, unchanged=0)
    refused = {} if free_steps else await large_steps(tx, list_id, prices)
    if refused:
        raise refused[min(refused)]
    created, updated, variants = await store.set_prices(
        tx, list_id, [(new_id(), price) for price in prices]
    )
    _announce(tx, list_id, variants)
    return SetPrices(
        created=created,
        updated=updated,
        unchanged=len(prices) - created - updated,
        changed=tuple(variants),
    )


async def large_steps(tx: Tx, list_id: UUID, prices: Sequence[SetPrice]) -> dict[int, StepTooLarge]:
    """Which of these prices would move too far in a day (C11), by their places; none without limit.

    One statement, and one more if the list limits steps; it is then locked until the transaction
    ends, so that the others can be set as they were judged.
    """
    limited = await store.lock_stepped_list(tx, list_id)
    if limited is None:
        return {}
    variants = sorted({price.variant_id for price in prices})
    said = await store.said_prices(tx, list_id, variants, tx.now - rules.STEP_WINDOW)
    return rules.large_steps(limited, said, prices, tx.now)


async def remove_prices(tx: Tx, list_id: UUID, price_ids: Sequence[UUID]) -> int:
    """Remove prices of a list; return how many there were. Their history stays.

    A variant without a price cannot be bought. Raises PriceNotFound if there is none of them.
    """
    variants = await store.remove_prices(tx, list_id, price_ids)
    if not variants:
        raise PriceNotFound("There is no such price in this list.")
    _announce(tx, list_id, sorted(set(variants)))
    return len(variants)


def _check(prices: Sequence[SetPrice]) -> None:
    if len(prices) > MAX_PRICES:
        raise PriceInvalid(
            f"More than {MAX_PRICES} prices at once.", field="prices", cure="Send them in parts."
        )
    seen: set[tuple[object, ...]] = set()
    for index, price in enumerate(prices):
        rules.check_price(price, index=index)
        rank = (
            price.variant_id,
            price.min_quantity,
            price.priority,
            price.valid_from,
            price.valid_until,
        )
        if rank in seen:
            raise PriceInvalid(
                "The same price is given twice.",
                field=f"prices.{index}",
                cure="Give each variant, quantity, priority and period once.",
            )
        seen.add(rank)


def _announce(tx: Tx, list_id: UUID, variants: Sequence[UUID]) -> None:
    for start in range(0, len(variants), EVENT_VARIANTS):
        tx.emit(
            PricesChanged(
                price_list_id=list_id,
                variant_ids=tuple(variants[start : start + EVENT_VARIANTS]),
            )
        )
