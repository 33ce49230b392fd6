"""Sales to consumers of other member states, by year and country."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "eu_sales.sql")


class SellingYear(NamedTuple):
    """A channel of a seller in a member state, and the instants of a year of its own."""

    channel_id: UUID
    seller_country: str
    year: int
    from_at: datetime
    until_at: datetime


class SoldAbroad(NamedTuple):
    """What was sold to a country in a year, in minor units of `currency` without tax."""

    channel_id: UUID
    year: int
    country: str
    currency: str
    net_minor: int


async def eu_sales(
    tx: Tx, years: Sequence[SellingYear], member_states: Collection[str]
) -> list[SoldAbroad]:
    """What was sold to consumers of other member states, less refunds in proportion. One statement
    for any number of channels and years.
    """
    rows = await tx.many(
        SQL.eu_sales,
        [one.channel_id for one in years],
        [one.seller_country for one in years],
        [one.year for one in years],
        [one.from_at for one in years],
        [one.until_at for one in years],
        sorted(member_states),
    )
    return [
        SoldAbroad(row["channel_id"], row["year"], row["country"], row["currency"], row["net"])
        for row in rows
    ]
