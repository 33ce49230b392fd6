"""Lists of what belongs to orders show their numbers: that is what people know an order by."""

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from litestar import Request

from argosy.kernel.ids import encode
from argosy.kernel.paging import Page
from argosy.modules import orders
from argosy.runtime.db import Tx
from argosy.web.admin.lists import Column
from argosy.web.admin.places import N_
from argosy.web.admin.showing import say

T = TypeVar("T")


class Numbered(NamedTuple, Generic[T]):
    """A row, and its order by id and number."""

    row: T
    order_id: UUID | None
    number: str | None

    @property
    def order(self) -> str | None:
        """The number of the order; of one that has none yet the end of its id."""
        if self.order_id is None:
            return None
        return self.number or encode("order", self.order_id)[-8:]


async def numbered(
    tx: Tx, page: Page[T], order_of: Callable[[T], UUID | None]
) -> Page[Numbered[T]]:
    """The rows of a page with the orders that they belong to. One statement."""
    rows = [(row, order_of(row)) for row in page.items]
    ids = {order_id for _, order_id in rows if order_id is not None}
    numbers = await orders.numbers_of(tx, ids) if ids else {}
    items = [
        Numbered(row, order_id, None if order_id is None else numbers.get(order_id))
        for row, order_id in rows
    ]
    return Page(items=items, next_cursor=page.next_cursor)


def order_column(
    request: Request[Any, Any, Any], path: Callable[[Numbered[Any]], str | None]
) -> Column:
    """The column of orders, which leads to `path`."""
    return Column(
        "order", say(request, N_("Order")), lambda one: one.order, "code", path, narrow=False
    )
