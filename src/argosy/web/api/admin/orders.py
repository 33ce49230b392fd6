"""Orders in the administration: list, read with everything on it, cancel, note, release a hold."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol, TypeVar
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from argosy.kernel.email import checked_email
from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.kernel.wall_clock import in_utc
from argosy.modules import customers, inventory, ledger, orders, payments, staff
from argosy.modules.fields import FilterInvalid
from argosy.modules.orders import Because, OrderActor
from argosy.reads.order_list import OrderFilters, OrderRow, Queue, orders_by_ids
from argosy.reads.order_view import OrderView, read_order_history, read_order_money, read_order_view
from argosy.runtime.db import Tx
from argosy.web.api.admin.customers import CustomerRow
from argosy.web.api.admin.ledger import LedgerTransactionView
from argosy.web.api.admin.payments import PaymentDetailView, payment_detail
from argosy.web.auth import ADMINISTRATION, actor, request_id, requires, shop
from argosy.web.etag import IfMatch, expected_version, version_tag
from argosy.web.field_filters import field_filters, found_by_fields
from argosy.web.long_lists import order_page
from argosy.web.newest import newest_keys
from argosy.web.order_views import AdminOrderView, OrderRowView
from argosy.web.paging import CursorText, Limit, filters_of
from argosy.web.sorting import OrderSort, SortUnfitting, check_alone, orders_by_total
from argosy.web.sparse import ExpandUnknown, expand_parameter, expansions
from argosy.workflows import order_actions

StageFilter = Literal["pending_payment", "payment_failed", "confirmed", "cancelled"] | None
PaymentFilter = (
    Literal[
        "not_required",
        "pending",
        "action_required",
        "failed",
        "authorised",
        "partially_paid",
        "paid",
        "partially_refunded",
        "refunded",
        "voided",
    ]
    | None
)
FulfilmentFilter = Literal["not_required", "unfulfilled", "partially_fulfilled", "fulfilled"] | None
TextFilter = Annotated[str | None, Parameter(max_length=254)]
IdFilter = Annotated[str | None, Parameter(max_length=100)]


class CancelBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why, and whether captured money goes back at once (otherwise it stays owed in the books)."""

    reason: Annotated[
        str, msgspec.Meta(min_length=1, max_length=200, examples=["customer_request"])
    ]
    refund: bool = True


class NoteBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A note for colleagues; it becomes part of the timeline for good."""

    text: Annotated[
        str, msgspec.Meta(min_length=1, max_length=4000, examples=["Please ring twice."])
    ]


_TAGGED = {200: ResponseSpec(AdminOrderView, description="The order as it is now.")}
_NOTED = {201: ResponseSpec(AdminOrderView, description="The order with the note.")}


class ExpandedOrderView(AdminOrderView, frozen=True, kw_only=True):
    """The order; what `expand` did not name is null, and so is the customer of a guest's order."""

    customer: CustomerRow | None = None
    payment_details: list[PaymentDetailView] | None = None
    postings: list[LedgerTransactionView] | None = None


class ExpandedOrderRow(OrderRowView, frozen=True, kw_only=True):
    """An order in the list; what `expand` did not name is null."""

    customer: CustomerRow | None = None
    payment_details: list[PaymentDetailView] | None = None


View = TypeVar("View", bound=AdminOrderView)

PARTS = {
    "customer": "customers:read",
    "payments": "payments:read",
    "postings": "ledger:read",
}
"""What `expand` may name, and the scope that each needs."""
LIST_PARTS = frozenset({"customer", "payments"})

_OF_LIST = {
    "customer": "who ordered, null for a guest (needs `customers:read`)",
    "payments": "`payment_details` with every operation (needs `payments:read`)",
}
ListExpand = Annotated[str | None, expand_parameter(**_OF_LIST)]
Expand = Annotated[
    str | None,
    expand_parameter(**_OF_LIST, postings="ledger transactions with entries (needs `ledger:read`)"),
]


@get(
    "/admin/v1/orders",
    tags=["Orders"],
    security=ADMINISTRATION,
    guards=[requires("orders:read")],
    problems=[ExpandUnknown, FilterInvalid, SortUnfitting],
)
async def list_all_orders(  # noqa: PLR0917 - the query parameters
    request: Request[Any, Any, Any],
    limit: Limit = 24,
    cursor: CursorText = None,
    queue: Queue = "all",
    stage: StageFilter = None,
    payment_status: PaymentFilter = None,
    fulfilment_status: FulfilmentFilter = None,
    channel_id: IdFilter = None,
    customer_id: IdFilter = None,
    email: TextFilter = None,
    number: TextFilter = None,
    opened_since: datetime | None = None,
    expand: ListExpand = None,
    sort: OrderSort = "newest",
) -> Page[ExpandedOrderRow]:
    """Orders, the newest first. `queue` shows work that waits: `to_fulfil` or `held`. With `sort`
    `total` the highest total comes first, of all orders or of a channel.
    `field.<code>=<value>` (or `.min`, `.max`) narrows by up to five custom fields
    at once, without other filters.
    """
    parts = _allowed_parts(request, expand, LIST_PARTS)
    if by_fields := field_filters(request):
        async with shop(request).db.reading() as tx:
            ids, following = await found_by_fields(
                tx, "order", by_fields, limit=limit, cursor=cursor
            )
            known = await orders_by_ids(tx, ids)
            listed = [known[order_id] for order_id in ids if order_id in known]
            more = await _expansions(tx, listed, parts)
        return Page(
            items=[
                msgspec.structs.replace(ExpandedOrderRow.of(row), **more.get(row.id, {}))
                for row in listed
            ],
            next_cursor=following,
        )
    wanted = OrderFilters(
        channel_id=_id("channel", channel_id),
        customer_id=_id("customer", customer_id),
        email=None if email is None else checked_email(email).normalised,
        number=number,
        stage=stage,
        payment_status=payment_status,
        fulfilment_status=fulfilment_status,
        opened_since=in_utc(opened_since, "opened_since"),
        queue=queue,
    )
    if sort == "total":
        return await _by_total(request, wanted, parts, cursor, limit)
    filters = filters_of("orders", **msgspec.structs.asdict(wanted))
    async with shop(request).db.reading() as tx:
        page = await order_page(tx, wanted, cursor, filters, limit)
        more = await _expansions(tx, page.items, parts)
    return _expanded(page, more)


def _expanded(page: Page[OrderRow], more: Mapping[UUID, dict[str, Any]]) -> Page[ExpandedOrderRow]:
    items = [
        msgspec.structs.replace(ExpandedOrderRow.of(row), **more.get(row.id, {}))
        for row in page.items
    ]
    return Page(items=items, next_cursor=page.next_cursor)


async def _by_total(
    request: Request[Any, Any, Any],
    wanted: OrderFilters,
    parts: frozenset[str],
    cursor: str | None,
    limit: int,
) -> Page[ExpandedOrderRow]:
    check_alone(**msgspec.structs.asdict(wanted) | {"channel_id": None})
    async with shop(request).db.reading() as tx:
        page = await orders_by_total(tx, channel_id=wanted.channel_id, cursor=cursor, limit=limit)
        more = await _expansions(tx, page.items, parts)
    return _expanded(page, more)


@get(
    "/admin/v1/orders/{order_id:str}",
    tags=["Orders"],
    security=ADMINISTRATION,
    guards=[requires("orders:read")],
    responses={200: ResponseSpec(ExpandedOrderView, description="The order as it is now.")},
    problems=[orders.OrderNotFound, ExpandUnknown],
)
async def get_any_order(
    request: Request[Any, Any, Any], order_id: str, expand: Expand = None
) -> Response[ExpandedOrderView]:
    """An order with its timeline, payments, and what the books say."""
    parts = _allowed_parts(request, expand, frozenset(PARTS))
    found = decode("order", order_id, field="order_id")
    async with shop(request).db.reading() as tx:
        view, order = await _read(tx, found, ExpandedOrderView)
        more = (await _expansions(tx, [order], parts))[found]
        if "postings" in parts:
            booked = await ledger.postings_of_order(tx, found)
            more["postings"] = [LedgerTransactionView.of(posting) for posting in booked]
        return _tagged(msgspec.structs.replace(view, **more), order.version)


@post(
    "/admin/v1/orders/{order_id:str}/cancel",
    status_code=200,
    tags=["Orders"],
    security=ADMINISTRATION,
    guards=[requires("orders:write")],
    responses=_TAGGED,
    problems=[
        orders.OrderNotFound,
        orders.OrderChanged,
        orders.OrderActionIllegal,
        payments.PaymentBusy,
    ],
)
async def cancel_order(
    request: Request[Any, Any, Any], order_id: str, data: CancelBody, if_match: IfMatch = None
) -> Response[AdminOrderView]:
    """Cancel an order that was not shipped: stock goes back, holds are voided, money is refunded.
    A repeat changes nothing.
    """
    command = order_actions.CancelOrder(
        order_id=decode("order", order_id, field="order_id"),
        reason=data.reason,
        because=_because(request, "cancel"),
        actor=actor(request),
        expected_version=expected_version(request),
        refund=data.refund,
    )
    await order_actions.cancel_order(shop(request), command)
    return await _shown(request, order_id)


@post(
    "/admin/v1/orders/{order_id:str}/notes",
    tags=["Orders"],
    security=ADMINISTRATION,
    guards=[requires("orders:write")],
    responses=_NOTED,
    problems=[orders.OrderNotFound, orders.NoteInvalid],
)
async def add_order_note(
    request: Request[Any, Any, Any], order_id: str, data: NoteBody
) -> Response[AdminOrderView]:
    """Write a note into the timeline."""
    found = decode("order", order_id, field="order_id")
    async with shop(request).db.transaction() as tx:
        await order_actions.add_note(
            tx, found, data.text, _because(request, "note"), actor(request)
        )
    return await _shown(request, order_id, status=201)


@post(
    "/admin/v1/orders/{order_id:str}/holds/{hold_id:str}/release",
    status_code=200,
    tags=["Orders"],
    security=ADMINISTRATION,
    guards=[requires("orders:write")],
    responses=_TAGGED,
    problems=[orders.OrderNotFound, orders.OrderChanged, inventory.OutOfStock],
)
async def release_order_hold(
    request: Request[Any, Any, Any], order_id: str, hold_id: str, if_match: IfMatch = None
) -> Response[AdminOrderView]:
    """Release a hold. One of kind `stock_shortage` goes only when the stock can be taken now."""
    found, hold = decode("order", order_id, field="order_id"), decode("hold", hold_id)
    version, because = expected_version(request), _because(request, "release_hold")
    async with shop(request).db.transaction() as tx:
        await order_actions.release_hold(tx, found, hold, because, actor(request), version)
    return await _shown(request, order_id)


def keys_of(row: OrderRow) -> list[str]:
    """The sort keys of an order in the list."""
    return newest_keys(row.opened_at, row.id)


def _id(kind: str, text: str | None) -> UUID | None:
    return None if text is None else decode(kind, text, field=f"{kind}_id")


async def _shown(
    request: Request[Any, Any, Any], order_id: str, *, status: int = 200
) -> Response[AdminOrderView]:
    found = decode("order", order_id, field="order_id")
    async with shop(request).db.reading() as tx:
        view, order = await _read(tx, found, AdminOrderView)
        return _tagged(view, order.version, status=status)


async def _read(tx: Tx, order_id: UUID, kind: type[View]) -> tuple[View, OrderView]:
    order = await read_order_view(tx, order_id)
    if order is None:
        raise orders.OrderNotFound("There is no such order.")
    history, money = await read_order_history(tx, order_id), await read_order_money(tx, order_id)
    return kind.of(order, history, money), order


def _allowed_parts(
    request: Request[Any, Any, Any], expand: str | None, allowed: frozenset[str]
) -> frozenset[str]:
    """The parts that `expand` names. Raises ExpandUnknown, Forbidden (a part has its own scope)."""
    parts = expansions(expand, allowed=allowed)
    for part in sorted(parts):
        staff.check_allowed(actor(request), PARTS[part])
    return parts


class _Whose(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def customer_id(self) -> UUID | None: ...


async def _expansions(
    tx: Tx, found: Sequence[_Whose], parts: frozenset[str]
) -> dict[UUID, dict[str, Any]]:
    """The members to add to each order, read for all of them together."""
    more: dict[UUID, dict[str, Any]] = {order.id: {} for order in found}
    if "customer" in parts:
        wanted = sorted({one.customer_id for one in found if one.customer_id is not None})
        people = await customers.customers_by_ids(tx, wanted) if wanted else {}
        for order in found:
            person = people.get(order.customer_id) if order.customer_id else None
            more[order.id]["customer"] = None if person is None else CustomerRow.of(person)
    if "payments" in parts:
        made = await payments.payments_of_orders(tx, sorted(more))
        for order_id, members in more.items():
            details = [payment_detail(payment) for payment in made.get(order_id, ())]
            members["payment_details"] = details
    return more


def _tagged(view: View, version: int, *, status: int = 200) -> Response[View]:
    return Response(view, status_code=status, headers={"ETag": version_tag(version)})


def _because(request: Request[Any, Any, Any], cause: str) -> Because:
    who = actor(request)
    return Because(
        actor=OrderActor(
            kind=who.kind, id=encode(who.kind, who.id) if who.id else None, name=who.name
        ),
        cause=cause,
        correlation=request_id(request) or None,
    )


ROUTES = [list_all_orders, get_any_order, cancel_order, add_order_note, release_order_hold]
