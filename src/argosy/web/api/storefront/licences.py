"""The licence keys of a shopper's order: by its token, or by its customer."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, put
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from argosy.kernel.ids import decode, encode
from argosy.modules import licences, orders
from argosy.reads.order_view import read_order_view
from argosy.web.api.storefront.invoices import OrderId
from argosy.web.api.storefront.orders import TokenHeader, may_see
from argosy.web.auth import PUBLISHABLE, channel_context, shop, shopper
from argosy.workflows import licensing
from argosy.workflows.licensing import Licences

_PRIVATE = {"Cache-Control": "private, no-store"}


class LicenceKeyView(msgspec.Struct, frozen=True, kw_only=True):
    """The key of the `unit`-th unit of a line; empty if it was revoked."""

    line_id: str
    unit: int
    key: str
    given_at: datetime
    revoked: bool


class LicencesView(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of an order. `missing` are still to come; with `asks_consent` not before the buyer
    asks for them (`PUT .../digital-consent`), or the time to withdraw is over.
    """

    items: list[LicenceKeyView]
    missing: int
    asks_consent: bool
    consented_at: datetime | None

    @classmethod
    def of(cls, found: Licences) -> "LicencesView":
        """As answers show it."""
        return cls(
            items=[
                LicenceKeyView(
                    line_id=encode("order_line", one.line_id),
                    unit=one.unit,
                    key=one.text,
                    given_at=one.given_at,
                    revoked=one.revoked,
                )
                for one in found.keys
            ],
            missing=found.missing,
            asks_consent=found.asks_consent,
            consented_at=found.consented_at,
        )


class ConsentBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The words that the buyer agreed to, in their language: that delivery begins at once, and that
    the right to withdraw is lost by it. They are kept as the proof.
    """

    words: Annotated[str, Meta(min_length=10, max_length=1000)]


@get(
    "/v1/orders/{order_id:str}/licence-keys",
    tags=["Orders"],
    security=PUBLISHABLE,
    problems=[orders.OrderNotFound],
)
async def list_licence_keys(
    request: Request[Any, Any, Any], order_id: OrderId, token: TokenHeader = None
) -> Response[LicencesView]:
    """The licence keys of an order, for its customer or for whoever has its token."""
    found = await of_order(request, order_id, token)
    async with shop(request).db.reading() as tx:
        held = await licensing.licences_of(tx, shop(request).settings, found)
    return Response(LicencesView.of(held), headers=_PRIVATE)


@put(
    "/v1/orders/{order_id:str}/digital-consent",
    tags=["Orders"],
    security=PUBLISHABLE,
    problems=[orders.OrderNotFound],
)
async def give_consent(
    request: Request[Any, Any, Any],
    order_id: OrderId,
    data: ConsentBody,
    token: TokenHeader = None,
) -> Response[LicencesView]:
    """The buyer wants digital goods at once, and knows that the right to withdraw is lost by that
    (Directive 2011/83/EU, Article 16 (m)). Keys that are owed are given with the answer, and
    downloads may begin. A repeat changes nothing: the first consent stays.
    """
    found = await of_order(request, order_id, token)
    async with shop(request).db.transaction() as tx:
        await licences.agree(tx, found, data.words)
        held = await licensing.licences_of(tx, shop(request).settings, found)
    return Response(LicencesView.of(held), headers=_PRIVATE)


async def of_order(request: Request[Any, Any, Any], order_id: str, token: str | None) -> UUID:
    """The order, if it is the shopper's to see. Raises OrderNotFound."""
    found: UUID = decode("order", order_id, field="order_id")
    channel, who = await channel_context(request), await shopper(request)
    async with shop(request).db.reading() as tx:
        order = await read_order_view(tx, found)
    visible = order is not None and order.channel_id == channel.id
    if order is None or not visible or not may_see(request, order, who.customer_id, token):
        raise orders.OrderNotFound("There is no such order, or it is not yours to see.")
    return found


ROUTES: list[HTTPRouteHandler] = [list_licence_keys, give_consent]
