"""Whether a product belongs to a collection: pure, from the facts that a channel shows of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import assert_never
from uuid import UUID

from argosy.modules.collections.errors import RulesInvalid, WindowInvalid
from argosy.modules.collections.types import (
    AttributeCondition,
    BrandCondition,
    CategoryCondition,
    Condition,
    CreatedCondition,
    Facts,
    Live,
    Placed,
    PriceCondition,
    Rules,
    SaleCondition,
    StockCondition,
    TitleCondition,
    TypeCondition,
    Window,
)

MAX_COLLECTIONS = 1000
MAX_MEMBERS = 5000


@lru_cache(maxsize=8192)
def folded(text: str) -> str:
    """The form in which texts are compared: case, width and runs of space do not matter.

    Remembered: the words of rules are held against every product that is projected.
    """
    for _ in range(2):
        text = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(unicodedata.normalize("NFKC", text).split())


def checked_rules(rules: Rules) -> Rules:
    """Raises RulesInvalid for a condition that nothing, or everything, could fit."""
    for place, condition in enumerate(rules.conditions):
        reason = _fault(condition)
        if reason:
            raise RulesInvalid(reason, field=f"rules.conditions[{place}]")
    return rules


def _fault(condition: Condition) -> str | None:  # noqa: PLR0911 - one a kind
    match condition:
        case AttributeCondition(op="between", min=low, max=high):
            bounds = (low and Decimal(low), high and Decimal(high))
            return _bounds(*bounds) or ("Values do not go with it." if condition.values else None)
        case AttributeCondition(values=values, min=low, max=high):
            if low is not None or high is not None:
                return "Bounds go with `between`."
            return None if values else "Name at least one value."
        case PriceCondition(min=low, max=high):
            return _bounds(low, high)
        case CreatedCondition(after=after, before=before, within_days=days):
            if any(t is not None and t.tzinfo is None for t in (after, before)):
                return "A time has its zone, like 2026-01-01T00:00:00Z."
            return None if days is not None and after is None is before else _bounds(after, before)
        case _:
            return None


def _bounds(low: object, high: object) -> str | None:
    if low is None and high is None:
        return "Name at least one bound."
    crossed = low is not None and high is not None and low > high  # type: ignore[operator]
    return "The lower bound is above the upper one." if crossed else None


def fits(rules: Rules, facts: Facts, at: datetime) -> bool:
    """Whether the product is of the collection at that instant."""
    decide = all if rules.match == "all" else any
    return decide(_fits(condition, facts, at) for condition in rules.conditions)


def _fits(condition: Condition, facts: Facts, at: datetime) -> bool:  # noqa: PLR0911 - one a kind
    match condition:
        case TitleCondition():
            return _text(condition.op, condition.values, facts.title)
        case BrandCondition():
            return _text(condition.op, condition.values, facts.brand)
        case TypeCondition():
            return _text(condition.op, condition.values, facts.product_type)
        case CategoryCondition(op=op, values=values):
            return facts.categories.isdisjoint(values) == (op == "is_not")
        case AttributeCondition():
            return _attribute(condition, facts.attributes.get(condition.code, frozenset()))
        case PriceCondition(currency=currency, min=low, max=high):
            price = facts.price
            return (
                price is not None and price.currency == currency and _within(price.minor, low, high)
            )
        case StockCondition(values=values):
            return facts.availability in values
        case CreatedCondition():
            return _created(condition, facts.created_at, at)
        case SaleCondition(value=value):
            return facts.on_sale == value
    assert_never(condition)


def _text(op: str, values: Iterable[str], text: str) -> bool:
    wanted = map(folded, values)
    match op:
        case "contains":
            return any(one in text for one in wanted)
        case "starts_with":
            return any(text.startswith(one) for one in wanted)
        case _:
            return (text in set(wanted)) == (op == "is")


def _attribute(condition: AttributeCondition, held: frozenset[str | Decimal]) -> bool:
    if condition.op == "between":
        low = None if condition.min is None else Decimal(condition.min)
        high = None if condition.max is None else Decimal(condition.max)
        return any(isinstance(one, Decimal) and _within(one, low, high) for one in held)
    found = not held.isdisjoint(map(folded, condition.values))
    return found == (condition.op == "is")


def _within(value: int | Decimal, low: int | Decimal | None, high: int | Decimal | None) -> bool:
    return (low is None or low <= value) and (high is None or value <= high)


def _created(condition: CreatedCondition, made: datetime, at: datetime) -> bool:
    if condition.within_days is not None and at >= made + timedelta(days=condition.within_days):
        return False
    return (condition.after is None or condition.after <= made) and (
        condition.before is None or made < condition.before
    )


def placed_in(
    live: Sequence[Live],
    by_hand: Mapping[UUID, int],
    channel_id: UUID,
    facts: Facts,
    at: datetime,
) -> Iterator[Placed]:
    """The collections of a channel that a product is in; `by_hand`: its places in manual ones."""
    for one in live:
        if channel_id not in one.channels or not is_shown(one.windows, channel_id, at):
            continue
        position = by_hand.get(one.id) if one.rules is None else 0
        if position is not None and (one.rules is None or fits(one.rules, facts, at)):
            yield Placed(id=one.id, slug=one.slug, title=one.title, position=position)


def is_shown(windows: Iterable[Window], channel_id: UUID, at: datetime) -> bool:
    """Whether a channel shows a collection with these windows at an instant."""
    return not any(
        one.channel_id == channel_id
        and (
            (one.starts_at is not None and at < one.starts_at)
            or (one.ends_at is not None and one.ends_at <= at)
        )
        for one in windows
    )


def checked_windows(windows: Sequence[Window], channels: Container[UUID]) -> None:
    """Raises WindowInvalid: a window is of a channel that shows the collection, one for each."""
    seen: set[UUID] = set()
    for place, one in enumerate(windows):
        cure = None
        if one.channel_id not in channels:
            cure = "Name a channel of `channels`."
        elif one.channel_id in seen:
            cure = "Give each channel one window."
        elif one.starts_at is None is one.ends_at:
            cure = "Say when it begins, or when it ends."
        elif any(t is not None and t.tzinfo is None for t in (one.starts_at, one.ends_at)):
            cure = "A time has its zone, like 2026-01-01T00:00:00Z."
        elif one.starts_at and one.ends_at and one.ends_at <= one.starts_at:
            cure = "Let it end after it begins."
        if cure is not None:
            raise WindowInvalid("This window cannot be.", field=f"windows[{place}]", cure=cure)
        seen.add(one.channel_id)


def changes_of(
    live: Sequence[Live], made: datetime, by_hand: Container[UUID] = ()
) -> Iterator[datetime]:
    """When the collections of a product change by time alone: by its age (it was `made` then), and
    by the windows of those that rules fill, and of those that it is in `by_hand`.
    """
    for one in live:
        if one.rules is not None or one.id in by_hand:
            for window in one.windows:
                yield from (t for t in (window.starts_at, window.ends_at) if t is not None)
    days = {
        condition.within_days
        for one in live
        if one.rules is not None
        for condition in one.rules.conditions
        if isinstance(condition, CreatedCondition) and condition.within_days is not None
    }
    for number in sorted(days):
        yield made + timedelta(days=number)
