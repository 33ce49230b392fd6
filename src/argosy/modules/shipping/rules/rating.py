"""What carriers are asked, and what a method costs by their answers (DOMAIN.md K1, K2)."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from fractions import Fraction
from hashlib import sha256
from typing import NamedTuple

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.rounding import Rounding, rounded
from argosy.modules.shipping.rules.charging import fulfils, price_of, surcharges_of
from argosy.modules.shipping.rules.packing import pack
from argosy.modules.shipping.types import (
    Consignment,
    FoundPrice,
    LiveRate,
    LiveRates,
    Method,
    RateAnswer,
    Rated,
    RateParcel,
    RateQuestion,
)


class KnownAnswer(NamedTuple):
    """What a carrier said, and when."""

    answer: RateAnswer
    asked_at: datetime


Answers = Callable[[str], KnownAnswer | None]
"""From the key of a question to what is known of its answer."""


def rate_parcels(method: Method, goods: Consignment) -> tuple[RateParcel, ...] | None:
    """Return the method's parcels as carriers are told of them, heaviest first; None: it does not
    take the goods.
    """
    tare_g = 0 if method.live is None else method.live.tare_g
    if method.conditions is not None and not fulfils(method.conditions, goods):
        return None
    parcels = pack(goods, method.packing)
    if parcels is None or surcharges_of(method, goods) is None:
        return None
    alike = Counter((parcel.weight_g + tare_g, parcel.box_mm()) for parcel in parcels)
    ordered = sorted(alike.items(), key=lambda item: (-item[0][0], item[0][1] or ()))
    # A carrier takes nothing that weighs nothing: goods of unknown weight are asked for as 1 g.
    return tuple(
        RateParcel(weight_g=max(1, weight), sides_mm=box, count=count)
        for (weight, box), count in ordered
    )


def rate_questions(
    method: Method, goods: Consignment, place: Address, currency: str
) -> dict[str, RateQuestion]:
    """Return what each carrier of a live method is to be asked, by the key of its question."""
    parcels = None if method.live is None else rate_parcels(method, goods)
    if method.live is None or parcels is None:
        return {}
    asked = [
        RateQuestion(
            carrier=carrier,
            origin=_bare(method.live.origin),
            destination=_bare(place),
            parcels=parcels,
            currency=currency,
        )
        for carrier in method.live.carriers
    ]
    return {rate_key(question): question for question in asked}


def rate_key(question: RateQuestion) -> str:
    """What names a question by all that its answer depends on."""
    return sha256(msgspec.json.encode(question)).hexdigest()


def live_price(  # noqa: PLR0917 - a method, by what it is priced
    method: Method,
    goods: Consignment,
    place: Address,
    currency: str,
    answers: Answers,
    with_tax: Callable[[int], int],
    rounding: Rounding = "half_up",
) -> FoundPrice | None:
    """Return what a live method costs, in the channel's tax mode; None: it is not offered.

    `with_tax` turns a net amount into one of the channel's tax mode. Unknown and missing answers
    count as silence. A carrier that answered is believed: if all did, and none has an allowed
    service, the method is not offered.
    """
    live = method.live
    assert live is not None
    questions = rate_questions(method, goods, place, currency)
    if not questions:
        return None
    found: list[tuple[int, str, LiveRate, datetime]] = []
    reached = True
    for key in questions:
        known = answers(key)
        if known is None or not isinstance(known.answer, Rated):
            reached = False
            continue
        found += [
            (rate.amount_minor, rate.service, rate, known.asked_at)
            for rate in known.answer.rates
            if is_allowed(live, rate.service)
        ]
    if found:
        _, _, rate, asked_at = min(found, key=lambda one: one[:2])
        count = sum(parcel.count for parcel in next(iter(questions.values())).parcels)
        price = charged(live, rate.amount_minor, count, with_tax, rounding)
        extra = surcharges_of(method, goods) or 0
        return FoundPrice(price_minor=price + extra, rate=rate, asked_at=asked_at)
    if reached or live.fallback == "withhold":
        return None
    price_minor = price_of(method, goods)
    return None if price_minor is None else FoundPrice(price_minor=price_minor, estimated=True)


def is_allowed(live: LiveRates, service: str) -> bool:
    """Say whether the method may go by the service."""
    return not live.services or service in live.services


def charged(
    live: LiveRates,
    amount_minor: int,
    parcels: int,
    with_tax: Callable[[int], int],
    rounding: Rounding = "half_up",
) -> int:
    """Return a carrier's amount as it is charged: with tax, markup and handling.

    The markup is of the exact amount, rounded once (A10); handling is added as it is.
    """
    base = with_tax(amount_minor) if live.amounts == "net" else amount_minor
    marked = rounded(Fraction(base) * (1 + Fraction(live.markup_percent) / 100), rounding)
    return marked + live.handling_minor * (parcels if live.handling_per == "parcel" else 1)


def allowed_rates(
    live: LiveRates, answers: Mapping[str, RateAnswer]
) -> list[tuple[str, LiveRate, bool]]:
    """List each carrier's rates by rising amount, and whether the method may go by each."""
    listed = [
        (carrier, rate, is_allowed(live, rate.service))
        for carrier, answer in answers.items()
        if isinstance(answer, Rated)
        for rate in answer.rates
    ]
    return sorted(listed, key=lambda one: (one[1].amount_minor, one[1].service))


def _bare(place: Address) -> Address:
    return Address(
        country=place.country,
        region=place.region,
        postal_code=place.postal_code,
        city=place.city,
    )
