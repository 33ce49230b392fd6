"""The tax id of the signed-in customer's business."""

from typing import Any

import msgspec
from litestar import Request, delete, get, put

from argosy.modules import tax
from argosy.web.api.storefront.carts import TaxIdBody
from argosy.web.auth import SIGNED_IN, channel_context, requires_channel, shop, signed_in
from argosy.web.cart_views import TaxIdView
from argosy.workflows.quoting import rules_for
from argosy.workflows.tax_ids import checked_tax_id


class BuyerTaxView(msgspec.Struct, frozen=True, kw_only=True):
    """The tax id that the customer buys with, unless a cart names another; None: as a consumer."""

    tax_id: TaxIdView | None


@get(
    "/v1/customers/me/tax-id",
    tags=["Accounts"],
    security=SIGNED_IN,
    guards=[requires_channel],
)
async def get_my_tax_id(request: Request[Any, Any, Any]) -> BuyerTaxView:
    """The tax id of the signed-in customer, with what its register said."""
    identity = await signed_in(request)
    async with shop(request).db.reading() as tx:
        buyer = await tax.buyer_of(tx, identity.customer_id)
    return BuyerTaxView(tax_id=TaxIdView.of(buyer.tax_id))


@put(
    "/v1/customers/me/tax-id",
    tags=["Accounts"],
    security=SIGNED_IN,
    guards=[requires_channel],
    problems=[tax.TaxIdInvalid],
)
async def set_my_tax_id(request: Request[Any, Any, Any], data: TaxIdBody) -> BuyerTaxView:
    """Buy as a business from now on. The register is asked; its answer is kept as evidence."""
    app, identity = shop(request), await signed_in(request)
    channel = await channel_context(request)
    policy = (await rules_for(app, channel.id)).taxes.policy
    found = await checked_tax_id(app, policy, data.tax_id, data.country)
    async with app.db.transaction() as tx:
        await tax.set_buyer_tax_id(tx, identity.customer_id, found)
    return BuyerTaxView(tax_id=TaxIdView.of(found))


@delete(
    "/v1/customers/me/tax-id",
    tags=["Accounts"],
    security=SIGNED_IN,
    guards=[requires_channel],
)
async def remove_my_tax_id(request: Request[Any, Any, Any]) -> None:
    """Buy as a consumer from now on. Repeatable."""
    identity = await signed_in(request)
    async with shop(request).db.transaction() as tx:
        await tax.set_buyer_tax_id(tx, identity.customer_id, None)


ROUTES = [get_my_tax_id, set_my_tax_id, remove_my_tax_id]
