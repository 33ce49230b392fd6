"""How far a seller is from the EU-wide threshold of 10,000 euros (DOMAIN.md B18).

Directive 2006/112/EC, article 59c: a business established in one member state only may tax its
distance sales of goods and its digital services to consumers of the others at home, while they
came to no more than 10,000 EUR without tax in this calendar year and in the one before, all
countries together. Beyond it the tax of the country of destination is due, from the very sale on
that exceeds it; the one-stop shop (OSS) declares it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from argosy.modules import channels, tax
from argosy.modules.channels import Channel
from argosy.reads.eu_sales import SellingYear, SoldAbroad, eu_sales
from argosy.runtime.db import Tx

THRESHOLD_MINOR: Final = 1_000_000
"""10,000.00 EUR without tax."""
NEAR_PERCENT: Final = 80

State = Literal["below", "near", "above", "unknown"]


class CountrySales(msgspec.Struct, frozen=True, kw_only=True):
    """Net sales to one country in the year and in the one before, in minor units."""

    country: str
    net_minor: int
    net_before_minor: int


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """All channels that sell from one member state in one currency, together.

    `near` is 80 % of the threshold in the year; `above` also stands when only the year before was.
    `unknown`: the sales are in another currency than euros, which nothing here converts.
    """

    seller_country: str
    currency: str
    net_minor: int
    net_before_minor: int
    threshold_minor: int | None
    left_minor: int | None
    state: State
    countries: tuple[CountrySales, ...]


async def eu_standings(tx: Tx, year: int) -> list[Standing]:
    """Where each selling country stands in a calendar year of its channels' time zones."""
    sellers: list[tuple[Channel, str]] = []
    for channel in await channels.list_channels(tx):
        policy = (await tax.taxes_of_channel(tx, channel.id)).policy
        country = policy.seller_country or channel.default_country
        if country in tax.MEMBER_STATES:
            sellers.append((channel, country))
    years = [
        _year_of(channel, country, each)
        for channel, country in sellers
        for each in (year - 1, year)
    ]
    sold = await eu_sales(tx, years, tax.MEMBER_STATES) if years else []
    countries = {channel.id: country for channel, country in sellers}
    groups = sorted({(country, channel.currency) for channel, country in sellers})
    return [
        standing(
            country,
            currency,
            year,
            [
                one
                for one in sold
                if countries[one.channel_id] == country and one.currency == currency
            ],
        )
        for country, currency in groups
    ]


def standing(country: str, currency: str, year: int, sold: list[SoldAbroad]) -> Standing:
    """Where the sales of one seller country and currency stand. Pure."""
    by_country: dict[str, list[int]] = {}
    for one in sold:
        by_country.setdefault(one.country, [0, 0])[one.year == year] += one.net_minor
    before = sum(sums[0] for sums in by_country.values())
    now = sum(sums[1] for sums in by_country.values())
    in_euros = currency == "EUR"
    return Standing(
        seller_country=country,
        currency=currency,
        net_minor=now,
        net_before_minor=before,
        threshold_minor=THRESHOLD_MINOR if in_euros else None,
        left_minor=max(0, THRESHOLD_MINOR - now) if in_euros else None,
        state=_state(now, before) if in_euros else "unknown",
        countries=tuple(
            CountrySales(country=name, net_minor=sums[1], net_before_minor=sums[0])
            for name, sums in sorted(by_country.items())
        ),
    )


def _state(now: int, before: int) -> State:
    if max(now, before) > THRESHOLD_MINOR:
        return "above"
    return "near" if now * 100 >= THRESHOLD_MINOR * NEAR_PERCENT else "below"


def _year_of(channel: Channel, country: str, year: int) -> SellingYear:
    zone = ZoneInfo(channel.time_zone)
    start, end = (datetime(each, 1, 1, tzinfo=zone) for each in (year, year + 1))
    return SellingYear(channel.id, country, year, start, end)
