"""Writing price lists and prices. Every change of a price is recorded in its history (C5)."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from argosy.kernel.ids import new_id
from argosy.modules.pricing import rules, store
from argosy.modules.pricing.errors import (
    PriceInvalid,
    PriceListChanged,
    PriceNotFound,
)
from argosy.modules.pricing.events import PriceListCreated, PricesChanged
from argosy.modules.pricing.types import CreatePriceList, PriceList, SetPrice, SetPrices
from argosy.runtime.db import Tx

MAX_PRICES: Final = 20_000
"""Largest number of prices in one write: one statement, one bounded transaction."""
EVENT_VARIANTS: Final = 1000


async def create_price_list(tx: Tx, cmd: CreatePriceList) -> PriceList:
    """Create an empty list. Raises PriceListInvalid, PriceListCodeTaken."""
    rules.check_list(cmd)
    list_id = new_id()
    await store.insert_list(tx, list_id, cmd)
    tx.emit(PriceListCreated(price_list_id=list_id, code=cmd.code, currency=cmd.currency))
    return PriceList(id=list_id, code=cmd.code, name=cmd.name, currency=cmd.currency, version=1)


async def rename_price_list(
    tx: Tx, list_id: UUID, name: str, *, expected_version: int
) -> PriceList:
    """Rename a list; code and currency are fixed.

    Raises PriceListNotFound, PriceListInvalid, PriceListChanged.
    """
    before = await store.price_list(tx, list_id)
    rules.check_list(CreatePriceList(code=before.code, name=name, currency=before.currency))
    renamed = await store.rename_list(tx, list_id, expected_version, name)
    if renamed is None:
        raise PriceListChanged("The price list was changed meanwhile.")
    return renamed


async def set_prices(tx: Tx, list_id: UUID, prices: Sequence[SetPrice]) -> SetPrices:
    """Set up to 20,000 prices of one list, all or none, in one statement.

    A price of the same variant, quantity, priority and period is replaced, another is added.
    Repeating it changes nothing and records nothing. Whether the variants exist is not checked
    here: prices may be known before the products. Raises PriceInvalid, PricesOverlap,
    PriceListNotFound.
    """
    _check(prices)
    if not prices:
        return SetPrices(created=0, updated=0, unchanged=0)
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
