"""Why a promotion took less than it wanted: its floors, goods of unknown cost, its cap (D7)."""

from collections.abc import Sequence

from argosy.modules.quote.rules.carts import Cart
from argosy.modules.quote.rules.compiling import Compiled
from argosy.modules.quote.rules.room import floor_price
from argosy.modules.quote.rules.selecting import select
from argosy.modules.quote.rules.units import LEFT, Pool, State, Taken
from argosy.modules.quote.types import Cut, Floor

_FLOORS: tuple[tuple[Cut, str], ...] = (
    ("floor_percent", "percent_of_list"),
    ("floor_price", "price"),
    ("floor_margin", "margin_percent"),
)


def cuts_of(taken: Sequence[Taken], cart: Cart) -> dict[str, tuple[Cut, ...]]:
    """Return why each promotion that took less than it wanted did so, by its id."""
    found: dict[str, tuple[Cut, ...]] = {}
    state = cart.first
    for one in taken:
        state = state.at_phase(one.rule.phase).after(one)
        if one.wanted == one.amount:
            continue
        cuts = floors_met(one.rule, cart, state)
        cap = getattr(one.rule.rule.action, "cap", None)
        if cap is not None and one.amount == cap[cart.policy.currency]:
            cuts = (*cuts, "cap")
        found[one.rule.id] = cuts or ("price",)
    return found


def floors_met(compiled: Compiled, cart: Cart, state: State) -> tuple[Cut, ...]:
    """Return the floors at which goods of the promotion are, so that nothing more can be taken."""
    floor = compiled.rule.floor
    if floor is None:
        return ()
    found: dict[Cut, None] = {}
    for chosen in compiled.targets:
        for index in select(chosen, cart, state):
            pool = cart.pools[index]
            if pool.locked or not state.left[index]:
                continue
            cut, least = _highest(floor, cart, pool)
            if least and any(0 < run[LEFT] <= least for run in state.runs_of(index)):
                found[cut] = None
    return tuple(found)


def _highest(floor: Floor, cart: Cart, pool: Pool) -> tuple[Cut, int]:
    if floor.margin_percent is not None and pool.cost is None:
        return "cost_unknown", floor_price(floor, cart, pool, cart.policy.currency)
    return max(
        (
            (cut, floor_price(_only(floor, name), cart, pool, cart.policy.currency))
            for cut, name in _FLOORS
            if getattr(floor, name) is not None
        ),
        key=lambda one: one[1],
    )


def _only(floor: Floor, name: str) -> Floor:
    return Floor(**{name: getattr(floor, name)})
