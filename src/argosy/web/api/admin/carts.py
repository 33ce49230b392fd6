"""Carts in the administration: who fills which, and which were given up."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

from argosy.kernel.email import EmailInvalid, checked_email
from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.kernel.wall_clock import in_utc
from argosy.modules.fields import FilterInvalid
from argosy.reads.cart_list import CartFilters, CartRow, CartStatus, carts_by_ids
from argosy.web.auth import ADMINISTRATION, requires, shop
from argosy.web.field_filters import field_filters, found_by_fields
from argosy.web.long_lists import cart_page
from argosy.web.paging import CursorText, Limit, filters_of

StatusFilter = Annotated[
    CartStatus | None,
    Parameter(
        description="`open` (being filled), `placing`, `awaiting_action`, `placed`, or over:"
        " `abandoned` with something in it, `merged` into its customer's other cart, or"
        " `expired` empty."
    ),
]
EmailFilter = Annotated[
    str | None,
    Parameter(
        max_length=254,
        description="Only carts that name this address, or of the account that has it.",
    ),
]
IdFilter = Annotated[str | None, Parameter(max_length=100)]
Since = Annotated[datetime | None, Parameter(description="Only carts changed then or later.")]
Until = Annotated[datetime | None, Parameter(description="Only carts changed before.")]


class CartListed(msgspec.Struct, frozen=True, kw_only=True):
    """A cart in the list. `email` is what the cart says, `account_email` what the account of its
    customer does. Of who was erased neither is told. `units` counts pieces; `order_id` is what a
    placed cart became.
    """

    id: str
    status: CartStatus
    channel_id: str
    customer_id: str | None
    email: str
    account_email: str
    currency: str
    lines: int
    units: int
    order_id: str | None
    created_at: datetime
    changed_at: datetime
    expires_at: datetime | None

    @classmethod
    def of(cls, row: CartRow) -> "CartListed":
        """As answers show it."""
        return cls(
            id=encode("cart", row.id),
            status=row.status,
            channel_id=encode("channel", row.channel_id),
            customer_id=None if row.customer_id is None else encode("customer", row.customer_id),
            email=row.email,
            account_email=row.account_email,
            currency=row.currency,
            lines=row.lines,
            units=row.units,
            order_id=encode("order", row.id) if row.status == "placed" else None,
            created_at=row.created_at,
            changed_at=row.updated_at,
            expires_at=row.expires_at,
        )


@get(
    "/admin/v1/carts",
    tags=["Carts"],
    security=ADMINISTRATION,
    guards=[requires("customers:read")],
    problems=[EmailInvalid, FilterInvalid],
)
async def list_carts(  # noqa: PLR0917 - the filters of a list
    request: Request[Any, Any, Any],
    limit: Limit = 24,
    cursor: CursorText = None,
    status: StatusFilter = None,
    channel_id: IdFilter = None,
    customer_id: IdFilter = None,
    email: EmailFilter = None,
    changed_since: Since = None,
    changed_until: Until = None,
) -> Page[CartListed]:
    """Carts, the latest changed first; not those that a purchase in one call made and placed at
    once: their orders are listed. `field.<code>=<value>` (or `.min`, `.max`) narrows by up to five
    custom fields at once, without other filters.
    """
    if by_fields := field_filters(request):
        async with shop(request).db.reading() as tx:
            ids, following = await found_by_fields(
                tx, "cart", by_fields, limit=limit, cursor=cursor
            )
            known = await carts_by_ids(tx, ids)
        found = [CartListed.of(known[cart_id]) for cart_id in ids if cart_id in known]
        return Page(items=found, next_cursor=following)
    wanted = CartFilters(
        status=status,
        channel_id=_id("channel", channel_id),
        customer_id=_id("customer", customer_id),
        email=None if email is None else checked_email(email),
        changed_since=in_utc(changed_since, "changed_since"),
        changed_until=in_utc(changed_until, "changed_until"),
    )
    filters = filters_of("carts", **msgspec.structs.asdict(wanted))
    async with shop(request).db.reading() as tx:
        page = await cart_page(tx, wanted, cursor, filters, limit)
    return Page(items=[CartListed.of(row) for row in page.items], next_cursor=page.next_cursor)


def _id(kind: str, text: str | None) -> UUID | None:
    return None if text is None else decode(kind, text, field=f"{kind}_id")


ROUTES: list[HTTPRouteHandler] = [list_carts]
