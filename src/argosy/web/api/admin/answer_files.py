"""Files that shoppers sent as answers, for staff: what an order was placed with."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

from argosy.kernel.ids import decode
from argosy.modules import attachments, orders
from argosy.web.api.storefront.answer_files import SentFileView
from argosy.web.auth import ADMINISTRATION, requires, shop
from argosy.web.private_files import PRIVATE

OrderId = Annotated[str, Parameter(max_length=100, description="The order.")]


class OrderFilesView(msgspec.Struct, frozen=True, kw_only=True):
    """The files that an order was placed with, the oldest first. The answers of its
    lines name them by `id`.
    """

    items: list[SentFileView]


@get(
    "/admin/v1/orders/{order_id:str}/files",
    tags=["Orders"],
    security=ADMINISTRATION,
    guards=[requires("orders:read")],
    problems=[orders.OrderNotFound],
)
async def list_order_files(
    request: Request[Any, Any, Any], order_id: OrderId
) -> Response[OrderFilesView]:
    """What shoppers sent with an order, with links to it that are good for a while."""
    found = decode("order", order_id, field="order_id")
    async with shop(request).db.reading() as tx:
        await orders.order_by_id(tx, found)
        held = await attachments.files_of(tx, [found])
    items = [SentFileView.of(request, one) for one in held]
    return Response(OrderFilesView(items=items), headers={"Cache-Control": PRIVATE})


ROUTES: list[HTTPRouteHandler] = [list_order_files]
