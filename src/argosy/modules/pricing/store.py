"""The only file of pricing that runs SQL; statements live in store.sql."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from argosy.modules.pricing.errors import (
    AssignmentsOverlap,
    CostsOverlap,
    PriceListCodeTaken,
    PriceListNotFound,
    PricesOverlap,
)
from argosy.modules.pricing.types import (
    Assignment,
    AssignPriceList,
    Cost,
    CreatePriceList,
    Measure,
    Policy,
    Price,
    PriceChange,
    PriceList,
    SaidPrice,
    SetPrice,
    Terms,
)
from argosy.runtime.db import IntegrityError, Record, Tx, constraint
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def insert_list(tx: Tx, list_id: UUID, given: CreatePriceList) -> None:
    """Raises PriceListCodeTaken."""
    try:
        await tx.run(
            SQL.insert_list,
            list_id,
            given.code,
            given.name,
            given.currency,
            given.tier_kind,
            given.tier_basis,
            tx.now,
            given.max_step_per_day,
        )
    except IntegrityError as error:
        if constraint(error) == "price_list_code_unique":
            raise PriceListCodeTaken(
                f"There is a price list {given.code!r} already.", field="code"
            ) from error
        raise


async def change_list(tx: Tx, version: int, wanted: PriceList) -> PriceList | None:
    """The list as wanted, None if its version is another by now."""
    row = await tx.maybe(
        SQL.change_list,
        wanted.id,
        version,
        wanted.name,
        wanted.tier_kind,
        wanted.tier_basis,
        tx.now,
        wanted.max_step_per_day,
    )
    return None if row is None else PriceList(**row)


async def lists(
    tx: Tx,
    *,
    ids: Sequence[UUID] | None = None,
    code: str | None = None,
    after: str | None = None,
    limit: int,
) -> list[PriceList]:
    """Price lists by code."""
    rows = await tx.many(SQL.lists, None if ids is None else list(ids), code, after, limit)
    return [PriceList(**row) for row in rows]


async def price_list(tx: Tx, list_id: UUID) -> PriceList:
    """Raises PriceListNotFound."""
    return _found(await lists(tx, ids=[list_id], limit=1))


async def price_list_by_code(tx: Tx, code: str) -> PriceList:
    """Raises PriceListNotFound."""
    return _found(await lists(tx, code=code, limit=1))


def _found(found: Sequence[PriceList]) -> PriceList:
    if not found:
        raise PriceListNotFound("There is no such price list.")
    return found[0]


async def lock_stepped_list(tx: Tx, list_id: UUID) -> PriceList | None:
    """The list, if it limits how far prices move in a day."""
    row = await tx.maybe(SQL.lock_stepped_list, list_id)
    return None if row is None else PriceList(**row)


async def said_prices(
    tx: Tx, list_id: UUID, variant_ids: Sequence[UUID], since: datetime
) -> list[SaidPrice]:
    """What prices of these variants say, and said in the time since."""
    rows = await tx.many(SQL.said_prices, list_id, list(variant_ids), since)
    return [SaidPrice(**row) for row in rows]


async def set_prices(
    tx: Tx, list_id: UUID, prices: Sequence[tuple[UUID, SetPrice]]
) -> tuple[int, int, list[UUID]]:
    """How many prices were created and updated, and of which variants; ids are for new prices.

    Raises PricesOverlap, PriceListNotFound.
    """
    try:
        row = await tx.one(
            SQL.set_prices,
            list_id,
            [price_id for price_id, _ in prices],
            [price.variant_id for _, price in prices],
            [price.min_quantity for _, price in prices],
            [price.priority for _, price in prices],
            [price.amount_minor for _, price in prices],
            [price.compare_at_minor for _, price in prices],
            [price.valid_from for _, price in prices],
            [price.valid_until for _, price in prices],
            tx.now,
            [price.mix_group for _, price in prices],
        )
    except IntegrityError as error:
        match constraint(error):
            case "price_overlap":
                raise PricesOverlap(
                    "Two prices of equal rank would be in force at once.", field="prices"
                ) from error
            case "price_list_exists":
                raise PriceListNotFound("There is no such price list.") from error
        raise
    return row["created"], row["updated"], row["variants"]


async def remove_prices(tx: Tx, list_id: UUID, price_ids: Sequence[UUID]) -> list[UUID]:
    """The variants whose prices were removed, once for each price."""
    rows = await tx.many(SQL.remove_prices, list_id, sorted(set(price_ids)), tx.now)
    return [row["variant_id"] for row in rows]


async def prices(
    tx: Tx,
    list_id: UUID,
    *,
    variant_ids: Sequence[UUID] | None = None,
    after: tuple[UUID, UUID] | None = None,
    limit: int,
) -> list[Price]:
    """Prices of a list by variant and id."""
    last_variant, last_price = after or (None, None)
    wanted = None if variant_ids is None else list(variant_ids)
    rows = await tx.many(SQL.prices, list_id, wanted, last_variant, last_price, limit)
    return [Price(**row) for row in rows]


async def prices_of_variants(tx: Tx, variant_ids: Sequence[UUID]) -> list[Price]:
    """Prices of these variants in all lists."""
    return [Price(**row) for row in await tx.many(SQL.prices_of_variants, list(variant_ids))]


async def history(
    tx: Tx, list_id: UUID, variant_id: UUID, *, after: int, limit: int
) -> list[PriceChange]:
    """What was recorded of a variant's prices in a list, in the order of recording."""
    rows = await tx.many(SQL.history, list_id, variant_id, after, limit)
    return [PriceChange(**row) for row in rows]


async def history_of_lists(
    tx: Tx, list_ids: Sequence[UUID], variant_id: UUID, *, limit: int
) -> list[PriceChange]:
    """What was recorded of a variant's prices in these lists, in the order of recording."""
    rows = await tx.many(SQL.history_of_lists, list(list_ids), variant_id, limit)
    return [PriceChange(**row) for row in rows]


async def insert_assignment(tx: Tx, assignment_id: UUID, given: AssignPriceList) -> Assignment:
    """Raises AssignmentsOverlap, PriceListNotFound."""
    try:
        row = await tx.maybe(
            SQL.insert_assignment,
            assignment_id,
            given.price_list_id,
            given.level,
            given.channel_id,
            given.subject,
            given.reference,
            given.priority,
            given.valid_from,
            given.valid_until,
            tx.now,
        )
    except IntegrityError as error:
        if constraint(error) == "assignment_overlap":
            raise AssignmentsOverlap(
                "Another list of equal rank is offered in that time.", field="priority"
            ) from error
        raise
    if row is None:
        raise PriceListNotFound("There is no such price list.", field="price_list_id")
    return Assignment(**row)


async def end_assignment(tx: Tx, assignment_id: UUID) -> Assignment | None:
    """The assignment that ends now; None if there is none or it has ended."""
    row = await tx.maybe(SQL.end_assignment, assignment_id, tx.now)
    return None if row is None else Assignment(**row)


async def assignments(
    tx: Tx,
    *,
    price_list_id: UUID | None,
    channel_id: UUID | None,
    subject: str | None,
    after: UUID | None,
    limit: int,
) -> list[Assignment]:
    """Assignments that have not been ended, by id."""
    rows = await tx.many(SQL.assignments, price_list_id, channel_id, subject, after, limit)
    return [Assignment(**row) for row in rows]


async def public_terms(tx: Tx) -> list[Record]:
    """Terms of what is or was offered to everybody, with channel_id, currency and when it held."""
    return await tx.many(SQL.public_terms)


async def personal_terms(
    tx: Tx,
    channel_id: UUID,
    currency: str,
    customer_id: UUID,
    *,
    groups: Sequence[str],
    segments: Sequence[str],
) -> list[Terms]:
    """What is offered to one customer in a channel."""
    rows = await tx.many(
        SQL.personal_terms,
        channel_id,
        currency,
        str(customer_id),
        list(groups),
        list(segments),
        tx.now,
    )
    return [Terms(**row) for row in rows]


async def has_personal(tx: Tx, channel_id: UUID, currency: str) -> bool:
    """Whether anything is offered to single customers or groups in a channel."""
    personal: bool = (await tx.one(SQL.has_personal, channel_id, currency, tx.now))["personal"]
    return personal


async def policies(tx: Tx, channel_id: UUID | None = None) -> dict[UUID, Policy]:
    """The policies that were set, by channel."""
    return {
        row["channel_id"]: Policy(
            choice=row["choice"],
            levels=tuple(row["levels"]),
            gross_policy=row["gross_policy"],
            was_price=row["was_price"],
            hold_minutes=row["hold_minutes"],
            tell_personal=row["tell_personal"],
            version=row["version"],
        )
        for row in await tx.many(SQL.policies, channel_id)
    }


async def set_policy(tx: Tx, channel_id: UUID, version: int, policy: Policy) -> int | None:
    """The new version; None if the version is another by now."""
    statement = SQL.change_policy if version else SQL.set_policy
    row = await tx.maybe(
        statement,
        channel_id,
        version,
        policy.choice,
        list(policy.levels),
        policy.gross_policy,
        policy.was_price,
        tx.now,
        policy.hold_minutes,
        policy.tell_personal,
    )
    return None if row is None else row["version"]


async def lock_facts(tx: Tx) -> None:
    """Nobody else writes a cost or a measure until this transaction ends."""
    await tx.one(SQL.lock_facts)


async def set_costs(tx: Tx, costs: Sequence[Cost]) -> int:
    """How many costs are new or different."""
    changed: int = (
        await tx.one(
            SQL.set_costs,
            [cost.variant_id for cost in costs],
            [cost.currency for cost in costs],
            [cost.amount_minor for cost in costs],
            tx.now,
        )
    )["changed"]
    return changed


async def set_dated_costs(tx: Tx, costs: Sequence[Cost]) -> int:
    """How many costs with a period are new or different. Raises CostsOverlap."""
    try:
        row = await tx.one(
            SQL.set_dated_costs,
            [cost.variant_id for cost in costs],
            [cost.currency for cost in costs],
            [cost.amount_minor for cost in costs],
            [cost.valid_from for cost in costs],
            [cost.valid_until for cost in costs],
            tx.now,
        )
    except IntegrityError as error:
        if constraint(error) == "dated_cost_overlap":
            raise CostsOverlap("Two costs would hold at once.", field="costs") from error
        raise
    changed: int = row["changed"]
    return changed


async def drop_costs(tx: Tx, costs: Sequence[Cost]) -> int:
    """How many of these costs there were, whatever their amounts."""
    row = await tx.one(
        SQL.drop_costs,
        [cost.variant_id for cost in costs],
        [cost.currency for cost in costs],
        [cost.valid_from for cost in costs],
        [cost.valid_until for cost in costs],
    )
    dropped: int = row["dropped"]
    return dropped


async def costs(tx: Tx, variant_ids: Sequence[UUID]) -> list[Cost]:
    """The costs of these variants, by variant, currency and period."""
    return [Cost(**row) for row in await tx.many(SQL.costs, list(variant_ids))]


async def costs_after(tx: Tx, after: Cost | None, limit: int) -> list[Cost]:
    """The costs of all variants, in the same order, after one of them."""
    rows = await tx.many(
        SQL.costs_after,
        after.variant_id if after else UUID(int=0),
        after.currency if after else "",
        after.valid_from if after else None,
        after.valid_until if after else None,
        limit,
    )
    return [Cost(**row) for row in rows]


async def costs_at(
    tx: Tx, variant_ids: Sequence[UUID], currency: str, at: datetime
) -> dict[UUID, int]:
    """What units of those variants cost whose cost is known."""
    rows = await tx.many(SQL.costs_at, list(variant_ids), currency, at)
    return {row["variant_id"]: row["amount_minor"] for row in rows}


async def set_measures(tx: Tx, measures: Sequence[Measure]) -> list[UUID]:
    """The variants whose measures are new or different."""
    rows = await tx.many(
        SQL.set_measures,
        [measure.variant_id for measure in measures],
        [measure.content for measure in measures],
        [measure.unit for measure in measures],
        [measure.drained for measure in measures],
        [measure.base_quantity for measure in measures],
        [measure.base_unit for measure in measures],
        tx.now,
    )
    return [row["variant_id"] for row in rows]


async def drop_measures(tx: Tx, variant_ids: Sequence[UUID]) -> list[UUID]:
    """Those of the variants that had a measure."""
    rows = await tx.many(SQL.drop_measures, list(variant_ids))
    return [row["variant_id"] for row in rows]


async def measures(tx: Tx, variant_ids: Sequence[UUID]) -> list[Measure]:
    """The measures of those of the variants that have one, by variant."""
    return [Measure(**row) for row in await tx.many(SQL.measures, list(variant_ids))]


async def measures_after(tx: Tx, after: UUID | None, limit: int) -> list[Measure]:
    """The measures of all variants, by variant, after one of them."""
    rows = await tx.many(SQL.measures_after, after or UUID(int=0), limit)
    return [Measure(**row) for row in rows]
