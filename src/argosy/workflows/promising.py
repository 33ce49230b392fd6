"""When one piece of a product would arrive, told before anybody has put it into a cart.

It is what the checkout would say of a cart with this one piece: the first way of shipping, in the
shop's order, that is offered there and promises anything. Nothing is told where nothing is known.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from argosy.kernel.address import Address
from argosy.modules.shipping import DeliveryPromise
from argosy.reads.sellable import sellable_variants
from argosy.runtime.db import Tx
from argosy.workflows.kit_lines import WantedLine
from argosy.workflows.quoting import NotPurchasable, quote_lines, shipping_options
from argosy.workflows.shop_rules import ShopRules


class Arrival(NamedTuple):
    """By which way of shipping, and the days; it holds for an order before
    `promise.order_before`.
    """

    method: str
    promise: DeliveryPromise


async def arrival_of(
    tx: Tx, rules: ShopRules, variant_id: UUID, place: Address, at: datetime
) -> Arrival | None:
    """When one piece ordered at that instant arrives at the place. One statement, none where no way
    of shipping promises anything.
    """
    if not any(method.promise is not None for method in rules.methods):
        return None
    channel = rules.channel
    lists = sorted(rules.book.list_ids)
    sellables = await sellable_variants(tx, channel.id, lists, [variant_id], at)
    lines = [WantedLine(key="1", variant_id=variant_id, quantity=1)]
    try:
        quoted = quote_lines(rules, channel, sellables, lines, place, None, at=at)
    except NotPurchasable:
        return None
    options = shipping_options(rules, channel, sellables, lines, place, quoted=quoted, at=at)
    promised = (Arrival(one.name, one.promise) for one in options if one.promise is not None)
    return next(promised, None)
