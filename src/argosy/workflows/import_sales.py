"""The monthly return of the import one-stop shop: what was sold where, at which rate (B18).

euro rates --load_euro_rates--> tax      (thresholds of channels in other currencies)
orders of a month --ioss_return--> sums by member state, rate and currency

Directive 2006/112/EC, articles 369s and 369t: for each member state of consumption and each rate
the value without VAT and the VAT. What is refunded is taken off in proportion, in the month of the
sale; a return that was sent before has to be corrected by hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from argosy.kernel.rounding import ROUNDERS
from argosy.modules import channels, staff, tax
from argosy.modules.pricing import RatesUnreadable
from argosy.modules.pricing.ports import RateSource
from argosy.modules.quote import Quote
from argosy.modules.staff import Actor
from argosy.reads.import_sales import QuotedOrder, import_sales
from argosy.runtime.db import Database

_PAGE: Final = 500


class ImportSales(msgspec.Struct, frozen=True, kw_only=True):
    """What was sold under a number to a member state at a rate, in minor units, less refunds."""

    number: str
    country: str
    rate: Decimal
    currency: str
    orders: int
    net_minor: int
    tax_minor: int


async def load_euro_rates(
    db: Database, source: RateSource, *, actor: Actor = staff.SYSTEM
) -> tuple[str, int]:
    """Keep a day's reference rates against the euro; that day, and how many are new or different.

    Repeatable. Raises RatesUnreadable.
    """
    rates = source.read()
    if rates.base != "EUR":
        raise RatesUnreadable("These are no rates against the euro.")
    async with db.transaction() as tx:
        changed = await tax.keep_euro_rates(tx, rates.as_of, rates.source, rates.rates)
        day = rates.as_of.isoformat()
        what: dict[str, object] = {"source": rates.source, "changed": changed}
        await staff.audit(tx, actor, "euro_rates.loaded", day, None, what)
    return day, changed


async def ioss_return(db: Database, year: int, month: int) -> list[ImportSales]:
    """Sales by the import one-stop shop in a calendar month of each channel's time zone, by number,
    country, rate and currency. Reads page by page; changes nothing.
    """
    found: list[tuple[Quote, int, int]] = []
    async with db.reading() as tx:
        sellers = await channels.list_channels(tx)
    for channel in sellers:
        zone = ZoneInfo(channel.time_zone)
        start = datetime(year, month, 1, tzinfo=zone)
        stop = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone)
        after: UUID | None = None
        while True:
            async with db.reading() as tx:
                page = await import_sales(tx, [channel.id], start, stop, after=after, limit=_PAGE)
            found += _by_ioss(page)
            if len(page) < _PAGE:
                break
            after = page[-1].id
    return summed(found)


def _by_ioss(page: Iterable[QuotedOrder]) -> list[tuple[Quote, int, int]]:
    return [
        (msgspec.convert(one.quote, Quote), one.total_minor, one.refunded_minor)
        for one in page
        if (one.quote.get("imported") or {}).get("scheme") == "ioss"
    ]


def summed(sold: Iterable[tuple[Quote, int, int]]) -> list[ImportSales]:
    """The sums of quotes, each with its total and what of it was refunded. Pure.

    Goods, their shipping and fees are declared in this scheme; what does not ship is not.
    """
    sums: dict[tuple[str, str, Decimal, str], list[int]] = {}
    for quote, total, refunded in sold:
        found = quote.imported
        assert found is not None
        for rate, (net, due) in _taxed(quote, frozenset(found.lines)).items():
            key = (found.number, found.destination, rate, quote.currency)
            entry = sums.setdefault(key, [0, 0, 0])
            entry[0] += 1
            entry[1] += _left(net, total, refunded)
            entry[2] += _left(due, total, refunded)
    return [
        ImportSales(
            number=key[0],
            country=key[1],
            rate=key[2],
            currency=key[3],
            orders=orders,
            net_minor=net,
            tax_minor=due,
        )
        for key, (orders, net, due) in sorted(sums.items())
    ]


def _taxed(quote: Quote, goods: frozenset[str]) -> dict[Decimal, list[int]]:
    """Net and tax by rate: all of the quote less its lines that are no goods."""
    found: dict[Decimal, list[int]] = {}
    for total in quote.taxes:
        entry = found.setdefault(total.rate, [0, 0])
        entry[0] += total.net.minor
        entry[1] += total.tax.minor
    for line in quote.lines:
        for part in line.taxes if line.key not in goods else ():
            found[part.rate][0] -= line.net.minor
            found[part.rate][1] -= part.tax.minor
    return {rate: sums for rate, sums in found.items() if any(sums)}


def _left(minor: int, total: int, refunded: int) -> int:
    if not refunded or not total:
        return minor
    return ROUNDERS["half_up"](minor * max(total - refunded, 0), total)
