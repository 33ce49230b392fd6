"""Prices that carts hold: in channels that want it, a line costs no more than when it was added.

new lines, ShopRules --hold_prices--> the cart's lines        (stored with them)
live prices, the cart's lines --with_held--> the lower of both, until the hold ends

Pure (DOMAIN.md C4, C11). A price that falls meanwhile is the shopper's; goods that are not sold any
more, or not to them, are not sold for being in a cart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.modules import pricing
from argosy.modules.cart import Cart, HeldPrice
from argosy.reads.sellable import PriceTier, Sellable
from argosy.workflows.quoting import PricedLine, WantedLine, priced_lines
from argosy.workflows.shop_rules import ShopRules


def hold_prices(  # noqa: PLR0917 - a cart before and now, and what its lines cost where
    cart: Cart,
    was: Cart | None,
    rules: ShopRules,
    sellables: Mapping[UUID, Sellable],
    lines: Sequence[WantedLine],
    place: Address | None,
    *,
    at: datetime,
) -> Cart:
    """The cart whose new lines hold what they cost now, if the channel holds prices.

    `lines` are the cart's, in its order, and go to `place`. Graduated prices are not held, for
    they have no price of one unit, nor kits, whose price goes by their components.
    """
    minutes = rules.prices.hold_minutes
    known = () if was is None else {line.id for line in was.lines}
    if minutes is None or all(line.id in known for line in cart.lines):
        return cart
    priced = priced_lines(rules, sellables, lines, place, at)
    until = at + timedelta(minutes=minutes)
    market = (place or Address(country=rules.channel.default_country)).country
    return msgspec.structs.replace(
        cart,
        lines=tuple(
            line
            if line.id in known
            else msgspec.structs.replace(line, held=_held(priced[wanted.key], market, until))
            for line, wanted in zip(cart.lines, lines, strict=True)
        ),
    )


def _held(priced: PricedLine, market: str, until: datetime) -> HeldPrice | None:
    if not isinstance(priced, pricing.Priced) or priced.subtotal_minor is not None:
        return None
    price, terms = priced.taken, priced.terms
    assert price is not None
    assert terms is not None
    return HeldPrice(
        until=until,
        amount_minor=price.amount_minor,
        compare_at_minor=price.compare_at_minor,
        min_quantity=price.min_quantity,
        price_id=price.price_id,
        price_list_id=price.price_list_id,
        level=terms.level,
        market=market,
    )


def with_held(
    priced: Mapping[str, PricedLine],
    held: Mapping[str, HeldPrice],
    quantities: Mapping[str, int],
    market: str,
    at: datetime,
) -> dict[str, PricedLine]:
    """What each line costs, with the held prices that are lower and still hold, by the line's key.

    A held price is of its market, and of as many units as its tier asks for.
    """
    found = dict(priced)
    for key, one in held.items():
        live = found.get(key)
        if not isinstance(live, pricing.Priced) or at >= one.until or one.market != market:
            continue
        units, price = quantities[key], live.taken
        assert price is not None
        asked = price.amount_minor * units if live.subtotal_minor is None else live.subtotal_minor
        if live.counted >= one.min_quantity and one.amount_minor * units < asked:
            found[key] = _taken(one, live, price)
    return found


def _taken(
    held: HeldPrice, live: pricing.Priced[PriceTier], price: PriceTier
) -> pricing.Priced[PriceTier]:
    tier = PriceTier(
        price_id=held.price_id,
        price_list_id=held.price_list_id,
        min_quantity=held.min_quantity,
        priority=price.priority,
        amount_minor=held.amount_minor,
        compare_at_minor=held.compare_at_minor,
        valid_from=None,
        valid_until=None,
    )
    level = msgspec.convert(held.level, pricing.Level)
    return pricing.Priced(
        taken=tier,
        lost=[(price, "dearer_than_held"), *live.lost],
        terms=pricing.Terms(price_list_id=held.price_list_id, level=level),
        counted=live.counted,
        held_until=held.until,
    )
