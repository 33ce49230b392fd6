"""Which rules are due, and the order that they make. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from argosy.kernel.text import folded, is_storable, tidy
from argosy.kernel.wall_clock import in_utc
from argosy.modules.merchandising.errors import RuleInvalid
from argosy.modules.merchandising.types import (
    Asked,
    Listed,
    Place,
    Rule,
    SetRule,
    Standing,
    Terms,
)

STRONGEST: Final = 100
_FIRST: Final = -(2**50)
_LAST: Final = 2**50
MAX_PINS: Final = 50


def normal_query(words: str) -> str:
    """The form in which queries are compared: case, width and runs of space do not matter."""
    return " ".join(folded(tidy(words)).split())


def check_rule(given: SetRule) -> SetRule:
    """The rule with its queries in their normal form. Raises RuleInvalid, TimeOutOfRange."""
    name = tidy(given.name)
    if not name or not is_storable(name):
        raise RuleInvalid("A rule has a name.", field="name")
    queries = tuple(dict.fromkeys(filter(None, map(normal_query, given.queries))))
    if bool(queries) != (given.scope in {"query", "contains"}):
        raise RuleInvalid("Queries are for the scopes `query` and `contains`.", field="queries")
    if (given.category_id is not None) != (given.scope == "category"):
        raise RuleInvalid("A category is for the scope `category`.", field="category_id")
    in_utc(given.starts_at, "starts_at")
    in_utc(given.ends_at, "ends_at")
    if given.starts_at and given.ends_at and given.starts_at >= given.ends_at:
        raise RuleInvalid("A rule ends after it starts.", field="ends_at")
    if given.act == "pin":
        _check_pin(given)
    elif given.terms == Terms():
        raise RuleInvalid("Say which products are meant.", field="terms")
    elif not 1 <= given.strength <= STRONGEST:
        raise RuleInvalid(f"The strength is 1 to {STRONGEST}.", field="strength")
    return msgspec.structs.replace(given, name=name, queries=queries)


def _check_pin(given: SetRule) -> None:
    products = given.terms.products
    if given.terms != Terms(products=products) or not 0 < len(products) <= MAX_PINS:
        raise RuleInvalid(f"A pin names 1 to {MAX_PINS} products, nothing else.", field="terms")
    if given.strength:
        raise RuleInvalid("A pin has no strength.", field="strength")


def due(rules: Iterable[Rule], place: Place, at: datetime, locale: str) -> list[Rule]:
    """Those that hold there and then, in their order: priority, then the older one."""
    found = [r for r in rules if r.active and _holds(r, at) and _is_for(r, place, locale)]
    return sorted(found, key=lambda rule: (rule.priority, rule.id))


def _holds(rule: Rule, at: datetime) -> bool:
    return (rule.starts_at is None or rule.starts_at <= at) and (
        rule.ends_at is None or at < rule.ends_at
    )


def _is_for(rule: Rule, place: Place, locale: str) -> bool:
    if rule.locale is not None and rule.locale.lower() != locale.lower():
        return False
    match place:
        case Asked(words=words):
            asked = normal_query(words)
            if rule.scope == "query":
                return asked in rule.queries
            if rule.scope == "contains":
                return any(f" {query} " in f" {asked} " for query in rule.queries)
        case Listed(category_id=category_id):
            if rule.scope == "category":
                return rule.category_id == category_id
    return rule.scope == "everywhere"


def next_change(rules: Iterable[Rule], after: datetime) -> datetime | None:
    """When the next of these rules starts or ends."""
    instants = (at for rule in rules if rule.active for at in (rule.starts_at, rule.ends_at))
    return min((at for at in instants if at is not None and at > after), default=None)


def pinned(rules: Iterable[Rule]) -> list[UUID]:
    """What the due rules pin, in order; a product once."""
    return list(
        dict.fromkeys(id_ for rule in rules if rule.act == "pin" for id_ in rule.terms.products)
    )


def bounded(strength: int) -> int:
    """What the boosts and buries of one product come to: at most 100 either way."""
    return max(-STRONGEST, min(STRONGEST, strength))


def order_of_found(
    found: Sequence[tuple[UUID, float]], pins: Sequence[UUID], standings: Mapping[UUID, Standing]
) -> list[UUID]:
    """The products of a search in the order of the rules.

    First what is pinned and can be bought, found or not. Then by the score of the search, which a
    strength of 100 doubles, and one of -100 takes to nothing; the same score keeps its order.
    """
    first = [id_ for id_ in pins if id_ in standings and standings[id_].buyable]
    before = set(first)
    rest = [(id_, score * _factor(standings.get(id_))) for id_, score in found]
    rest.sort(key=lambda pair: -pair[1])
    return first + [id_ for id_, _ in rest if id_ not in before]


def _factor(standing: Standing | None) -> float:
    return 1.0 if standing is None else 1.0 + standing.strength / STRONGEST


def places_of_listed(
    pins: Sequence[UUID], moved: Sequence[tuple[UUID, Standing]]
) -> dict[UUID, int]:
    """Keys for the list of a category, by product: what is pinned and boosted has a key below every
    position, what is buried one above.

    `moved` are the products with a strength in the order of the category. Pins are those that can
    be bought.
    """
    placed = {id_: _FIRST + n for n, id_ in enumerate(pins)}
    ordered = sorted(moved, key=lambda pair: -pair[1].strength)
    for n, (id_, standing) in enumerate(ordered, start=len(pins)):
        if standing.strength:
            placed.setdefault(id_, (_FIRST if standing.strength > 0 else _LAST) + n)
    return placed
