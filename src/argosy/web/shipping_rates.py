"""Whence the price of shipping is, as answers show it."""

from datetime import datetime
from typing import Any

import msgspec

from argosy.kernel.money import Money
from argosy.modules.quote import ShippingRate


class ShippingRateView(msgspec.Struct, frozen=True, kw_only=True):
    """Whence a price is that carriers are asked for. `live`: by that carrier and service.
    `estimated`: no carrier was reached, and the price is the shop's table's.
    """

    source: str
    carrier: str | None
    service: str | None
    transit_days: int | None
    asked_at: datetime | None

    @classmethod
    def of(cls, rate: ShippingRate | None) -> "ShippingRateView | None":
        """As answers show it; None where no carrier is asked. What it costs the shop is its own."""
        if rate is None:
            return None
        carrier, _, service = rate.service.partition("/")
        return cls(
            source=rate.source,
            carrier=carrier or None,
            service=service or None,
            transit_days=rate.transit_days,
            asked_at=rate.asked_at,
        )


class CarrierRateView(msgspec.Struct, frozen=True, kw_only=True):
    """The same for staff, with what the carrier itself asks for."""

    source: str
    service: str
    amount: Money | None
    transit_days: int | None
    asked_at: datetime | None


def order_rate(frozen: dict[str, Any], currency: str) -> CarrierRateView | None:
    """Whence the shipping price of an order is, from its frozen quote."""
    found = (frozen.get("shipping") or {}).get("rate")
    if found is None:
        return None
    rate = msgspec.convert(found, ShippingRate)
    return CarrierRateView(
        source=rate.source,
        service=rate.service,
        amount=None if rate.amount_minor is None else Money(rate.amount_minor, currency),
        transit_days=rate.transit_days,
        asked_at=rate.asked_at,
    )


def shopper_rate(frozen: dict[str, Any]) -> ShippingRateView | None:
    """The same for the shopper."""
    found = (frozen.get("shipping") or {}).get("rate")
    return None if found is None else ShippingRateView.of(msgspec.convert(found, ShippingRate))
