"""Numbers, sums and shares of documents. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from argosy.kernel.allocation import allocate
from argosy.kernel.rounding import half_up
from argosy.modules.invoices.errors import EntityInvalid, NothingToInvoice, TooMuchCredited
from argosy.modules.invoices.types import DocumentKind, Entity, GroupSum, Item, SetEntity

MAX_CHANNELS: Final = 1000

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_PREFIX = re.compile(r"[A-Za-z0-9/_.-]{0,20}")
_COUNTRY = re.compile(r"[A-Z]{2}")


def period_of(entity: SetEntity, day: date) -> str:
    """Return which count a document of that day is of: the year's, or the only one."""
    return str(day.year) if entity.yearly else ""


def number_of(entity: SetEntity, kind: DocumentKind, period: str, sequence: int) -> str:
    """Return the number as people see it."""
    prefix = entity.invoice_prefix if kind == "invoice" else entity.credit_prefix
    return f"{prefix}{period}{'-' if period else ''}{sequence:06d}"


def grouped(
    items: Iterable[Item], reasons: Mapping[tuple[str, Decimal], str]
) -> tuple[GroupSum, ...]:
    """Return the sums by VAT category and rate, with the reason why no tax is due where so."""
    sums: dict[tuple[str, Decimal], tuple[int, int]] = {}
    for item in items:
        net, tax = sums.get((item.category, item.rate), (0, 0))
        sums[item.category, item.rate] = (net + item.net_minor, tax + item.tax_minor)
    return tuple(
        GroupSum(
            category=category,
            rate=rate,
            net_minor=net,
            tax_minor=tax,
            reason=reasons.get((category, rate), ""),
        )
        for (category, rate), (net, tax) in sorted(sums.items())
    )


def share_of(whole_minor: int, part: int, of: int, taken_minor: int) -> int:
    """Return the part of an amount that is due when `part` of `of` is reached, less what was taken.

    Cumulative (A17, B21): when all is reached, everything that is left.
    """
    return half_up(whole_minor * part, of) - taken_minor


def left_of(invoice: Sequence[Item], gone_items: Iterable[Item]) -> tuple[Item, ...]:
    """Return what credit notes have left of an invoice's items; units count, too."""
    left = {item.key: item for item in invoice}
    for gone in gone_items:
        item = left[gone.key]
        left[gone.key] = msgspec.structs.replace(
            item,
            net_minor=item.net_minor - gone.net_minor,
            tax_minor=item.tax_minor - gone.tax_minor,
            quantity=item.quantity - gone.quantity,
            first_unit=item.first_unit + gone.quantity,
        )
    return tuple(left.values())


def credited(left: Sequence[Item], amount_minor: int | None) -> tuple[Item, ...]:
    """Return what a credit of an amount takes of each item, in proportion (A6); None: all.

    The last credit closes every item to the cent. No units are given back by it, unless it is all.
    Raises NothingToInvoice, TooMuchCredited.
    """
    owed = {item.key: item.total_minor for item in left if item.total_minor > 0}
    whole = sum(owed.values())
    if not whole:
        raise NothingToInvoice("Nothing of this invoice is left to credit.")
    if amount_minor is None or amount_minor == whole:
        return tuple(item for item in left if item.total_minor > 0)
    if not 0 < amount_minor < whole:
        raise TooMuchCredited(
            "So much is not left of this invoice.", field="amount", left_minor=whole
        )
    parts = allocate(amount_minor, owed, caps=owed)
    found = []
    for item in left:
        part = parts.get(item.key, 0)
        if part:
            tax = half_up(item.tax_minor * part, item.total_minor)
            found.append(
                msgspec.structs.replace(item, net_minor=part - tax, tax_minor=tax, quantity=0)
            )
    return tuple(found)


def check_entity(entity: SetEntity) -> SetEntity:
    """Return the entity. Raises EntityInvalid naming the field."""
    if not _CODE.fullmatch(entity.code):
        raise _invalid("code", "Lower-case letters, digits, _ and -.")
    if not 1 <= len(entity.name.strip()) <= 200:
        raise _invalid("name", "1 to 200 characters.")
    if not _COUNTRY.fullmatch(entity.address.country) or not entity.address.city:
        raise _invalid("address", "At least a city, and an ISO 3166-1 country like DE.")
    if len(set(entity.channel_ids)) != len(entity.channel_ids) > 0:
        raise _invalid("channel_ids", "Each channel once.")
    if len(entity.channel_ids) > MAX_CHANNELS:
        raise _invalid("channel_ids", f"At most {MAX_CHANNELS}.")
    for name in ("invoice_prefix", "credit_prefix"):
        if not _PREFIX.fullmatch(getattr(entity, name)):
            raise _invalid(name, "At most 20 letters, digits, - _ . and /.")
    if entity.invoice_prefix == entity.credit_prefix:
        raise _invalid("credit_prefix", "Another than that of invoices.")
    try:
        ZoneInfo(entity.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _invalid("time_zone", "An IANA time zone like Europe/Berlin.") from None
    return entity


def check_renumbering(before: Entity, now: SetEntity) -> None:
    """Raise EntityInvalid for a change that could give a number twice."""
    for name in ("invoice_prefix", "credit_prefix", "yearly"):
        if getattr(before, name) != getattr(now, name):
            raise _invalid(name, "As it was: documents with such numbers were issued.")


def _invalid(field: str, cure: str) -> EntityInvalid:
    return EntityInvalid(f"The entity's {field} is not possible.", field=field, cure=cure)
