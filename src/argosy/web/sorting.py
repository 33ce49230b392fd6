"""Lists of the administration in another order than the newest first.

A sorting is a range of an index of its own, so it goes with few filters only: with others a list of
a million rows would be read through for a page of few. What does not fit is refused.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from argosy.kernel.errors import Invalid
from argosy.kernel.paging import CursorInvalid, Page
from argosy.modules import catalog, customers
from argosy.modules.catalog import Product, ProductStatus
from argosy.modules.customers import Customer
from argosy.reads import sorted_lists as reads
from argosy.reads.order_list import OrderRow, orders_by_ids
from argosy.reads.sorted_lists import Found
from argosy.runtime.db import Tx
from argosy.web.newest import newest_after, newest_keys
from argosy.web.paging import after, filters_of, page_of

OrderSort = Literal["newest", "total"]
ProductSort = Literal["newest", "title", "updated"]
CustomerSort = Literal["newest", "name"]


class SortUnfitting(Invalid):
    """This sorting does not go with these filters: the list would have to be read through.

    Take the filters off that the message names, or leave `sort` out.
    """

    code = "lists.sort_unfitting"
    usual_cure = "Take the other filters off, or leave `sort` out."


def check_alone(**filters: object) -> None:
    """Raise SortUnfitting if any of these is set, naming them."""
    named = sorted(name for name, value in filters.items() if value not in {None, "", "all"})
    if named:
        raise SortUnfitting(f"The sorting does not go with: {', '.join(named)}.", field="sort")


async def orders_by_total(
    tx: Tx, *, channel_id: UUID | None, cursor: str | None, limit: int
) -> Page[OrderRow]:
    """Orders, the highest total first (in minor units, whatever the currency). Two statements.

    Raises CursorInvalid.
    """
    filters = filters_of("orders by total", channel=channel_id)
    keys = after(cursor, filters, length=2)
    last = None
    if keys is not None:
        if not isinstance(keys[0], int) or abs(keys[0]) >= 2**63:
            raise _wrong()
        last = keys[0], _id(keys[1])
    found = await reads.orders_by_total(tx, channel_id=channel_id, after=last, limit=limit + 1)
    rows = await orders_by_ids(tx, [one for one, _ in found.rows])
    return page_of(
        [(rows[one], key) for one, key in found.rows if one in rows],
        limit=limit,
        filters=filters,
        keys=lambda row: [row[1], row[0].id.hex],
        show=lambda row: row[0],
        further=None if found.end is None else [found.end[0], found.end[1].hex],
    )


async def products_sorted(
    tx: Tx,
    sort: Literal["title", "updated"],
    *,
    status: ProductStatus | None,
    cursor: str | None,
    limit: int,
) -> Page[Product]:
    """Products by title, or the latest changed first. Raises CursorInvalid."""
    filters = filters_of("products sorted", sort=sort, status=status)
    found: Found[str] | Found[datetime]
    if sort == "title":
        last = _text(after(cursor, filters, length=2))
        found = await reads.products_by_title(tx, status=status, after=last, limit=limit + 1)
    else:
        before = newest_after(cursor, filters)
        found = await reads.products_by_change(tx, status=status, after=before, limit=limit + 1)
    rows = {p.row.id: p for p in await catalog.products_by_ids(tx, [one for one, _ in found.rows])}
    return page_of(
        [(rows[one], key) for one, key in found.rows if one in rows],
        limit=limit,
        filters=filters,
        keys=lambda row: _keys(row[1], row[0].row.id),
        show=lambda row: row[0],
        further=None if found.end is None else _keys(*found.end),
    )


def _keys(key: str | datetime, row_id: UUID) -> list[str]:
    return newest_keys(key, row_id) if isinstance(key, datetime) else [key, row_id.hex]


async def customers_by_name(tx: Tx, *, cursor: str | None, limit: int) -> Page[Customer]:
    """Customers by name. Two statements. Raises CursorInvalid."""
    filters = filters_of("customers by name")
    last = _text(after(cursor, filters, length=2))
    found = await reads.customers_by_name(tx, after=last, limit=limit + 1)
    rows = await customers.customers_by_ids(tx, [one for one, _ in found])
    return page_of(
        [(rows[one], key) for one, key in found if one in rows],
        limit=limit,
        filters=filters,
        keys=lambda row: [row[1], row[0].id.hex],
        show=lambda row: row[0],
    )


async def customers_beginning(tx: Tx, words: str, *, limit: int) -> list[Customer]:
    """Customers whose names begin so, by name. Two statements."""
    wanted = words.lower()
    found = await reads.customers_by_name(tx, after=(wanted, UUID(int=0)), limit=limit)
    ids = [one for one, name in found if name.startswith(wanted)]
    rows = await customers.customers_by_ids(tx, ids)
    return [rows[one] for one in ids if one in rows]


def _text(keys: list[str | int | None] | None) -> tuple[str, UUID] | None:
    if keys is None:
        return None
    if not isinstance(keys[0], str) or "\x00" in keys[0]:
        raise _wrong()
    return keys[0], _id(keys[1])


def _id(key: object) -> UUID:
    try:
        return UUID(hex=str(key))
    except ValueError as error:
        raise _wrong() from error


def _wrong() -> CursorInvalid:
    return CursorInvalid("This cursor does not belong to this list.", field="cursor")
