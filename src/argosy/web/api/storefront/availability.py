"""Whether variants can be bought now."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get
from litestar.params import Parameter

from argosy.kernel.ids import decode, encode
from argosy.modules import inventory, kits, projections
from argosy.modules.inventory import Availability
from argosy.reads.sellable import Sellable, sellable_variants
from argosy.web.auth import PUBLISHABLE, channel_context, shop, shopper
from argosy.workflows.shop_rules import hidden_from_buyer, rules_for

Variants = Annotated[
    list[str],
    Parameter(
        query="variant",
        min_items=1,
        max_items=100,
        description="Variant ids, up to 100: `?variant=var_...&variant=var_...`",
    ),
]


_FEW = 5
"""From so many kits on their number is told."""
_WORDS: dict[inventory.Status, projections.Availability] = {
    "available": "in_stock",
    "low": "low_stock",
    "backorder": "backorder",
    "out": "out_of_stock",
}


class AvailabilityView(msgspec.Struct, frozen=True, kw_only=True):
    """A variant in this channel: in_stock, low_stock, backorder (ships later) or out_of_stock, the
    words of products and listings.

    `quantity` is told when few are left (low_stock), else null.
    """

    variant_id: str
    status: projections.Availability
    quantity: int | None


class AvailabilityList(msgspec.Struct, frozen=True, kw_only=True):
    """Variants that this channel does not show are left out. Never more than one page."""

    items: list[AvailabilityView]
    next_cursor: str | None = None


@get("/v1/availability", tags=["Products"], security=PUBLISHABLE)
async def get_availability(request: Request[Any, Any, Any], variants: Variants) -> AvailabilityList:
    """Whether variants can be bought in this channel at this moment, over all its locations.

    Holds nothing: a cart reserves when it is placed.
    """
    channel = await channel_context(request)
    rules = await rules_for(shop(request), channel.id)
    if rules.visibility.differs:
        customer_id = (await shopper(request)).customer_id
        rules = await rules_for(shop(request), channel.id, customer_id)
    wanted = list(dict.fromkeys(decode("variant", text, field="variant") for text in variants))
    async with shop(request).db.reading() as tx:
        shown = await sellable_variants(tx, channel.id, [channel.price_list_id], wanted, tx.now)
        found = await inventory.availability(tx, [*wanted, *shown], channel.locations)
    return AvailabilityList(
        items=[
            told(found[variant], tracked=shown[variant].tracks_inventory)
            if shown[variant].bill is None
            else _kit_told(variant, shown, found)
            for variant in wanted
            if variant in shown
            and shown[variant].published
            and hidden_from_buyer(rules, shown[variant].product_id, variant) != "goods"
        ]
    )


def _kit_told(
    variant: UUID, shown: Mapping[UUID, Sellable], found: Mapping[UUID, Availability]
) -> AvailabilityView:
    """As many kits as the components make (DOMAIN.md F12)."""
    bill = shown[variant].bill
    assert bill is not None
    units = {
        one: found[one] if one in shown and shown[one].active else _none(one)
        for one in bill.variants()
        if one not in shown or not shown[one].active or shown[one].tracks_inventory
    }
    sellable = kits.available(bill, {one: max(0, x.sellable) for one, x in units.items()})
    promisable = kits.available(bill, {one: max(0, x.promisable) for one, x in units.items()})
    status: inventory.Status = "available"
    if sellable <= _FEW:
        status = "low" if sellable else "backorder" if promisable else "out"
    one = Availability(variant_id=variant, sellable=sellable, promisable=promisable, status=status)
    return told(one, tracked=bool(units))


def _none(variant: UUID) -> Availability:
    return Availability(variant_id=variant, sellable=0, promisable=0, status="out")


def told(one: Availability, *, tracked: bool) -> AvailabilityView:
    """What a shopper is told. What is not tracked never runs out."""
    low = tracked and one.status == "low"
    return AvailabilityView(
        variant_id=encode("variant", one.variant_id),
        status=_WORDS[one.status] if tracked else "in_stock",
        quantity=one.sellable if low else None,
    )


ROUTES = [get_availability]
