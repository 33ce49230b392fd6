"""EasyPost: the rates of the carriers whose accounts are kept there, without making a shipment.

Weights are ounces and sides inches with one decimal place, rounded up from exact grams and
millimetres, so that no parcel is told smaller than it is. Amounts come as decimal text.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from typing import Any, Final
from uuid import uuid4

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.money import Money, exponent
from argosy.modules.shipping import (
    LiveRate,
    RateAnswer,
    Rated,
    RateParcel,
    RateQuestion,
    RateRefused,
    RateSilent,
)
from argosy.runtime.breaker import BreakerRules
from argosy.runtime.providers import Answered, CallOutcome, Limits, Provider
from argosy.runtime.settings import Settings

NAME: Final = "easypost"
PATH: Final = "/beta/rates"
GRAMS_PER_OUNCE: Final = Fraction("28.349523125")
MILLIMETRES_PER_INCH: Final = Fraction("25.4")
MOST_KINDS: Final = 10
"""So many different parcels are asked about for one purchase; more are freight."""


class Rate(msgspec.Struct, frozen=True):
    """A rate as it is quoted."""

    carrier: str
    service: str
    rate: Decimal
    currency: str
    delivery_days: int | None = None


class Message(msgspec.Struct, frozen=True):
    """Why a carrier gave no rate."""

    carrier: str = ""
    type: str = ""


class Rates(msgspec.Struct, frozen=True):
    """The answer for one parcel."""

    rates: tuple[Rate, ...]
    messages: tuple[Message, ...] | None = ()


class Fault(msgspec.Struct, frozen=True):
    """Why a request was refused."""

    code: str = "unspecified"


class Refusal(msgspec.Struct, frozen=True):
    """The answer of a refused request."""

    error: Fault = Fault()


class EasyPost:
    """The service."""

    name = NAME

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    async def rates(self, question: RateQuestion) -> RateAnswer:
        """Ask about each kind of parcel at once, and add up each service that takes them all."""
        if len(question.parcels) > MOST_KINDS:
            return RateRefused(reason="too_many_parcels")
        answers = await asyncio.gather(
            *(self._one(question, parcel) for parcel in question.parcels)
        )
        read = [_read(called) for called in answers]
        for answer in read:
            if not isinstance(answer, Rates):
                return answer
        found = [answer for answer in read if isinstance(answer, Rates)]
        return summed(found, [parcel.count for parcel in question.parcels], question.currency)

    async def _one(self, question: RateQuestion, parcel: RateParcel) -> CallOutcome:
        # Asking twice is asking once: it may be repeated.
        return await self.provider.call(
            "rates", "POST", PATH, body=shipment(question, parcel), idempotency_key=str(uuid4())
        )

    async def close(self) -> None:
        """Close the connections."""
        await self.provider.close()


def shipment(question: RateQuestion, parcel: RateParcel) -> dict[str, Any]:
    """What is asked about one parcel."""
    told: dict[str, Any] = {"weight": tenths(parcel.weight_g, GRAMS_PER_OUNCE)}
    if parcel.sides_mm is not None:
        sides = zip(("length", "width", "height"), parcel.sides_mm, strict=True)
        told |= {name: tenths(side, MILLIMETRES_PER_INCH) for name, side in sides}
    return {
        "shipment": {
            "from_address": _address(question.origin),
            "to_address": _address(question.destination),
            "parcel": told,
        }
    }


def tenths(measure: int, per_unit: Fraction) -> msgspec.Raw:
    """A measure in another unit, rounded up to one decimal place, as a JSON number."""
    exact = Fraction(measure) * 10 / per_unit
    whole, tenth = divmod(-(-exact.numerator // exact.denominator), 10)
    return msgspec.Raw(f"{whole}.{tenth}".encode())


def summed(answers: Sequence[Rates], counts: Sequence[int], currency: str) -> RateAnswer:
    """The services that take every kind of parcel, with what all of them cost together.

    Rates in another currency are no rates: nothing is converted here.
    """
    kinds = [_by_service(answer, currency) for answer in answers]
    offered = [rate for answer in answers for rate in answer.rates]
    if not offered and any(answer.messages for answer in answers):
        return RateRefused(reason="carriers_gave_no_rate")
    if offered and not any(kinds):
        return RateSilent(reason="other_currency")
    common = set(kinds[0]).intersection(*kinds[1:])
    return Rated(
        rates=tuple(
            LiveRate(
                service=service,
                amount_minor=sum(
                    kind[service][0] * count for kind, count in zip(kinds, counts, strict=True)
                ),
                transit_days=_slowest([kind[service][1] for kind in kinds]),
            )
            for service in sorted(common)
        )
    )


def _by_service(answer: Rates, currency: str) -> Mapping[str, tuple[int, int | None]]:
    """Minor units and days by service; of several accounts of a carrier the cheapest."""
    found: dict[str, tuple[int, int | None]] = {}
    for rate in answer.rates:
        if rate.currency != currency:
            continue
        service, amount = f"{rate.carrier}/{rate.service}", minor_units(rate.rate, currency)
        if service not in found or amount < found[service][0]:
            found[service] = amount, rate.delivery_days
    return found


def minor_units(amount: Decimal, currency: str) -> int:
    """Exact, but for fractions of the currency's smallest unit: those count as a whole one."""
    if not amount.is_finite() or amount < 0:
        raise ValueError("a rate is an amount")
    places = Decimal(1).scaleb(-exponent(currency))
    return Money.from_decimal(amount.quantize(places, rounding=ROUND_CEILING), currency).minor


def _slowest(days: Sequence[int | None]) -> int | None:
    known = [each for each in days if each is not None]
    return max(known) if len(known) == len(days) else None


def _address(address: Address) -> dict[str, str]:
    named = {
        "city": address.city,
        "state": address.region,
        "zip": address.postal_code,
        "country": address.country,
    }
    return {name: value for name, value in named.items() if value}


def _read(called: CallOutcome) -> Rates | RateRefused | RateSilent:
    if not isinstance(called, Answered):
        return RateSilent(reason=called.reason)
    if called.ok:
        try:
            found = msgspec.json.decode(called.body, type=Rates)
            for rate in found.rates:
                minor_units(rate.rate, rate.currency)
        except (msgspec.DecodeError, ArithmeticError, ValueError):
            return RateSilent(reason="malformed_answer")
        return found
    if called.status in {401, 402, 403}:
        return RateSilent(reason="carrier_refused_our_key")
    try:
        code = msgspec.json.decode(called.body, type=Refusal).error.code
    except msgspec.DecodeError:
        code = "unspecified"
    return RateRefused(reason=code[:60])


def open_easypost(settings: Settings) -> EasyPost:
    """The service at the address that the settings give; the key is the user of Basic auth."""
    assert settings.easypost_url is not None
    key = f"{settings.easypost_api_key.get_secret_value()}:"
    deadline = settings.carrier_timeout_s
    return EasyPost(
        Provider(
            NAME,
            settings.easypost_url,
            headers={"authorization": f"Basic {b64encode(key.encode()).decode()}"},
            limits=Limits(
                connect_s=min(1.0, deadline / 2),
                # A little before the quote's own deadline, so that the breaker learns of it.
                deadline_s=deadline * 0.9,
                read_s=deadline * 0.8,
                tries=2,
                breaker=BreakerRules(
                    pause_s=settings.provider_pause_s,
                    longest_pause_s=max(60.0, settings.provider_pause_s),
                ),
            ),
        )
    )
