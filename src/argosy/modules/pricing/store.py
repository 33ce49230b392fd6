"""The only file of pricing that runs SQL; statements live in store.sql."""

from collections.abc import Sequence
from uuid import UUID

from argosy.modules.pricing.errors import (
    PriceListCodeTaken,
    PriceListNotFound,
    PricesOverlap,
)
from argosy.modules.pricing.types import CreatePriceList, Price, PriceChange, PriceList, SetPrice
from argosy.runtime.db import IntegrityError, Tx, constraint
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def insert_list(tx: Tx, list_id: UUID, given: CreatePriceList) -> None:
    """Raises PriceListCodeTaken."""
    try:
        await tx.run(SQL.insert_list, list_id, given.code, given.name, given.currency, tx.now)
    except IntegrityError as error:
        if constraint(error) == "price_list_code_unique":
            raise PriceListCodeTaken(
                f"There is a price list {given.code!r} already.", field="code"
            ) from error
        raise


async def rename_list(tx: Tx, list_id: UUID, version: int, name: str) -> PriceList | None:
    """The list under its new name, None if its version is another by now."""
    row = await tx.maybe(SQL.rename_list, list_id, version, name, tx.now)
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
