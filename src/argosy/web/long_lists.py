"""Pages of lists that may be long: orders, carts, payments, bookings, stock; for API and pages.

Each is read from an index; what filters no index serves let in is looked for among `LOOK` rows
(kernel/paging.py), and the page's cursor leads on from there. So a page costs the same however much
there is, and whatever it is narrowed to.
"""

from uuid import UUID

import msgspec

from argosy.kernel.paging import CursorInvalid, Page
from argosy.modules import customers, ledger, payments
from argosy.modules.ledger import Booked
from argosy.modules.payments import Payment
from argosy.reads import cart_list
from argosy.reads.cart_list import CartFilters, CartRow
from argosy.reads.order_list import OrderFilters, OrderRow, list_orders, look_end
from argosy.reads.stock_list import LevelInList, StockFilters, stock_list, stock_look_end
from argosy.runtime.db import Tx
from argosy.web.newest import newest_page
from argosy.web.paging import after, page_of


async def order_page(
    tx: Tx, wanted: OrderFilters, cursor: str | None, filters: str, limit: int
) -> Page[OrderRow]:
    """Orders after a cursor, the newest first. Two statements at most. Raises CursorInvalid."""
    return await newest_page(
        cursor,
        filters,
        limit=limit,
        read=lambda before, most: list_orders(tx, wanted, before=before, limit=most),
        place=lambda row: (row.opened_at, row.id),
        look_end=lambda before: look_end(tx, wanted, before),
    )


async def cart_page(
    tx: Tx, wanted: CartFilters, cursor: str | None, filters: str, limit: int
) -> Page[CartRow]:
    """Carts after a cursor, the latest changed first. Three statements at most. With an address
    also the carts of the account that has it. Raises CursorInvalid.
    """
    if wanted.email is not None:
        account = await customers.customer_by_email(tx, wanted.email.normalised)
        if account is not None:
            wanted = msgspec.structs.replace(wanted, account_id=account.id)
    return await newest_page(
        cursor,
        filters,
        limit=limit,
        read=lambda before, most: cart_list.list_carts(tx, wanted, before=before, limit=most),
        place=lambda row: (row.updated_at, row.id),
        look_end=lambda before: cart_list.look_end(tx, wanted, before),
    )


async def payment_page(
    tx: Tx,
    cursor: str | None,
    filters: str,
    limit: int,
    *,
    state: str | None,
    gateway: str | None,
    lapsing: bool,
) -> Page[Payment]:
    """Payments after a cursor, the newest first. Two statements at most. Raises CursorInvalid."""
    return await newest_page(
        cursor,
        filters,
        limit=limit,
        read=lambda before, most: payments.list_payments(
            tx, before, state=state, gateway=gateway, lapsing=lapsing, limit=most
        ),
        place=lambda row: (row.created_at, row.id),
        look_end=lambda before: payments.payments_look_end(
            tx, before, state=state, gateway=gateway, lapsing=lapsing
        ),
    )


async def booking_page(
    tx: Tx, cursor: str | None, filters: str, limit: int, *, kind: str | None
) -> Page[Booked]:
    """Transactions of the books after a cursor, the newest first. Two statements at most.

    Raises CursorInvalid.
    """
    return await newest_page(
        cursor,
        filters,
        limit=limit,
        read=lambda before, most: ledger.list_transactions(tx, before, kind=kind, limit=most),
        place=lambda row: (row.posted_at, row.id),
        look_end=lambda before: ledger.transactions_look_end(tx, before, kind=kind),
    )


async def stock_page(
    tx: Tx, wanted: StockFilters, cursor: str | None, filters: str, limit: int
) -> Page[LevelInList]:
    """Levels after a cursor, by their ids. Two statements at most. Raises CursorInvalid."""
    keys = after(cursor, filters, length=2)
    place = None if keys is None else (_uuid(keys[0]), _uuid(keys[1]))
    rows = await stock_list(tx, wanted, after=place, limit=limit + 1)
    end = await stock_look_end(tx, wanted, place) if len(rows) <= limit else None
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda row: [row.variant_id.hex, row.location_id.hex],
        show=lambda row: row,
        further=None if end is None else [one.hex for one in end],
    )


def _uuid(key: object) -> UUID:
    try:
        return UUID(hex=str(key))
    except ValueError as error:
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor") from error
