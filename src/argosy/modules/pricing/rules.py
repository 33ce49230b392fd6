"""How one price is chosen (C1-C3, C9), what prices must be, and the prior price (C5)."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from argosy.kernel.iso4217 import EXPONENTS
from argosy.modules.pricing.errors import PriceInvalid, PriceListInvalid
from argosy.modules.pricing.types import (
    Candidate,
    CreatePriceList,
    Lost,
    PriceChange,
    Ranked,
    Resolution,
    SetPrice,
)

MAX_AMOUNT_MINOR = 10**12
MAX_QUANTITY = 10**9
PRIOR_PRICE_DAYS = 30

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


def resolve(candidates: Iterable[Candidate], quantity: int, at: datetime) -> Resolution[Candidate]:
    """Choose the price of a line: volume tiers, by the line's quantity (C3).

    Of the prices in force whose quantity is reached, the highest priority wins, then the largest
    tier, then (never needed while periods do not overlap) the lowest id. Every other candidate is
    returned with the reason why it lost.
    """
    lost: list[tuple[Candidate, Lost]] = []
    fit: list[Candidate] = []
    for candidate in candidates:
        if candidate.valid_from is not None and at < candidate.valid_from:
            lost.append((candidate, "not_yet_valid"))
        elif candidate.valid_until is not None and at >= candidate.valid_until:
            lost.append((candidate, "no_longer_valid"))
        elif candidate.min_quantity > quantity:
            lost.append((candidate, "quantity_too_small"))
        else:
            fit.append(candidate)
    if not fit:
        return Resolution(taken=None, lost=lost)
    if len(fit) > 1:
        fit.sort(key=_rank)
    taken = fit[0]
    for candidate in fit[1:]:
        outranked = candidate.priority < taken.priority
        lost.append((candidate, "lower_priority" if outranked else "larger_tier_applies"))
    return Resolution(taken=taken, lost=lost)


def _rank(candidate: Ranked) -> tuple[int, int, int]:
    return -candidate.priority, -candidate.min_quantity, candidate.price_id.int


def check_list(given: CreatePriceList) -> CreatePriceList:
    """Return the list. Raises PriceListInvalid naming the field."""
    for field, fine, cure in (
        ("code", _CODE.fullmatch(given.code), "Lower-case letters, digits, _ and -."),
        ("name", 1 <= len(given.name.strip()) <= 200, "1 to 200 characters."),
        ("currency", given.currency in EXPONENTS, "An ISO 4217 code in capitals, like EUR."),
    ):
        if not fine:
            raise PriceListInvalid(
                f"The price list's {field} is not possible.", field=field, cure=cure
            )
    return given


def check_price(price: SetPrice, *, index: int = 0) -> None:
    """Raise PriceInvalid naming the field of the price at that place of the request."""
    for field, fine, cure in (
        ("amount_minor", 0 <= price.amount_minor <= MAX_AMOUNT_MINOR, "From 0 to 10^12."),
        (
            "compare_at_minor",
            0 <= (price.compare_at_minor or 0) <= MAX_AMOUNT_MINOR,
            "From 0 to 10^12, or none.",
        ),
        ("min_quantity", 1 <= price.min_quantity <= MAX_QUANTITY, "From 1 on."),
        ("priority", -1000 <= price.priority <= 1000, "From -1000 to 1000."),
        ("valid_until", _is_period(price), "Later than valid_from: the price ends before it."),
    ):
        if not fine:
            raise PriceInvalid(
                f"The price's {field} is not possible.", field=f"prices.{index}.{field}", cure=cure
            )


def _is_period(price: SetPrice) -> bool:
    return (
        price.valid_from is None
        or price.valid_until is None
        or price.valid_from < price.valid_until
    )


def amount_in_force(history: Sequence[PriceChange], at: datetime) -> int | None:
    """Return the single-unit price as it was recorded and in force at that instant, or None."""
    latest: dict[object, PriceChange] = {}
    for change in history:
        if change.recorded_at <= at:
            latest[change.price_id] = change
    best: tuple[int, int] | None = None
    for change in latest.values():
        if change.amount_minor is None or change.min_quantity != 1 or not _covers(change, at):
            continue
        if best is None or change.priority > best[0]:
            best = (change.priority, change.amount_minor)
    return None if best is None else best[1]


def prior_amount(history: Sequence[PriceChange], at: datetime) -> int | None:
    """Return the lowest price of the 30 days before the reduction that is in force at `at` (C5).

    Prices set earlier but in force count. Reductions that follow one another without a rise are
    one campaign and keep its first reference: 100 since January, 80 on March 1 and 70 on March 10
    refer to 100. None if the price at `at` is no reduction. `history` is in the order of recording.
    """
    moments = sorted({moment for change in history for moment in _moments(change) if moment <= at})
    began: datetime | None = None
    before: int | None = None
    for moment in moments:
        now = amount_in_force(history, moment)
        if now is None or before is None or now > before:
            began = None
        elif now < before and began is None:
            began = moment
        before = now
    if began is None:
        return None
    start = began - timedelta(days=PRIOR_PRICE_DAYS)
    window = [start, *(moment for moment in moments if start < moment < began)]
    amounts = [amount_in_force(history, moment) for moment in window]
    return min((amount for amount in amounts if amount is not None), default=None)


def _covers(change: PriceChange, at: datetime) -> bool:
    return (change.valid_from is None or change.valid_from <= at) and (
        change.valid_until is None or at < change.valid_until
    )


def _moments(change: PriceChange) -> Iterable[datetime]:
    yield change.recorded_at
    for moment in (change.valid_from, change.valid_until):
        if moment is not None:
            yield moment
