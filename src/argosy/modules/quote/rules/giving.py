"""Actions compiled: what a promotion takes off the units, shipping, or gives (D1-D9, A6, A10)."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from argosy.kernel.allocation import allocate
from argosy.kernel.rounding import ROUNDERS, Ratio, exact_ratio
from argosy.modules.quote.rules.judging import BASES, Cart
from argosy.modules.quote.rules.rates import tax_ratio
from argosy.modules.quote.rules.selecting import Chosen, Selectors, select
from argosy.modules.quote.rules.units import (
    COUNT,
    LEFT,
    LIST,
    SALE,
    START,
    USED,
    Part,
    Pool,
    Run,
    State,
    Taken,
    cut,
    spread_capped,
    take_off,
)
from argosy.modules.quote.types import (
    AmountOff,
    FixedPrice,
    Floor,
    Gift,
    OffAmount,
    OffPercent,
    Percent,
    PercentBase,
    Reward,
    Shipping,
    Tiered,
)

Give = Callable[[Cart, State], Taken | None]
"""What the promotion would take of the cart now; None is nothing. Does not judge its conditions."""
_WEIGHTS: dict[PercentBase, int] = {"list": LIST, "sale": SALE, "phase": START, "running": LEFT}
_UNTOUCHABLE = 2**62


class Terms:
    """What all actions of one promotion share: currency, phase, floor, bit of its group."""

    __slots__ = ("bit", "currency", "floor", "number", "phase", "selectors")

    def __init__(  # noqa: PLR0917 - the terms, in the order of their importance
        self,
        number: int,
        phase: int,
        currency: str,
        selectors: Selectors,
        floor: Floor | None,
        bit: int,
    ) -> None:
        self.number = number
        self.phase = phase
        self.currency = currency
        self.selectors = selectors
        self.floor = floor
        self.bit = bit

    def floor_of(self, cart: Cart, index: int) -> int:
        """Return below what no unit of the pool may go by this promotion."""
        if self.floor is None:
            return 0
        key = (self.number, index)
        found = cart.floors.get(key)
        if found is None:
            found = floor_price(self.floor, cart, cart.pools[index], self.currency)
            cart.floors[key] = found
        return found


@lru_cache(maxsize=1024)
def ratio_of_percent(percent: Decimal) -> Ratio:
    """Return a percentage as an exact ratio: Decimal("15") is (3, 20)."""
    numerator, denominator = exact_ratio(percent)
    return Fraction(numerator, denominator * 100).as_integer_ratio()


def floor_price(floor: Floor, cart: Cart, pool: Pool, currency: str) -> int:
    """Return the least a unit of the pool may cost, in the channel's tax mode, rounded up."""
    least = 0
    if floor.percent_of_list is not None:
        n, d = ratio_of_percent(floor.percent_of_list)
        least = -(-pool.listed * n // (pool.count * d))
    if floor.price is not None:
        least = max(least, floor.price[currency])
    if floor.margin_percent is not None:
        if pool.cost is None:
            return _UNTOUCHABLE
        n, d = ratio_of_percent(floor.margin_percent)
        net = Fraction(pool.cost * d, d - n)
        if cart.policy.tax_inclusive:
            tax, base = tax_ratio(pool.rates, inclusive=False)
            net = net * (base + tax) / base
        least = max(least, -(-net.numerator // net.denominator))
    return least


class Room(NamedTuple):
    """The units of a pool that a promotion may reduce: what they are worth, and how far down."""

    base: int
    left: int
    room: int
    floor: int


def room_in(runs: Sequence[Run], bit: int, weight: int, floor: int) -> Room:
    """Return the room in the units that are free for the group of that bit."""
    base = left = room = 0
    for run in runs:
        if run[USED] & bit:
            continue
        count = run[COUNT]
        base += count * run[weight]
        left += count * run[LEFT]
        if run[LEFT] > floor:
            room += count * (run[LEFT] - floor)
    return Room(base, left, room, floor)


def rooms(terms: Terms, cart: Cart, state: State, chosen: Chosen, weight: int) -> dict[int, Room]:
    """Return the selected pools with room to take something."""
    found: dict[int, Room] = {}
    lefts, pools, bit = state.left, cart.pools, terms.bit
    plain = weight == LEFT and terms.floor is None and not bit
    for index in select(chosen, pools, state, cart.known):
        left = lefts[index]
        if not left or pools[index].locked:
            continue
        if plain:
            found[index] = Room(left, left, left, 0)
            continue
        room = room_in(state.runs[index], bit, weight, terms.floor_of(cart, index))
        if room.left:
            found[index] = room
    return found


def taken_of(parts: dict[int, Part], wanted: int) -> Taken | None:
    """Wrap what was taken; nothing if it is nothing."""
    amount = 0
    for part in parts.values():
        amount += part.amount
    return Taken(amount, wanted, parts) if amount else None


def take_amounts(
    terms: Terms, state: State, found: dict[int, Room], wants: dict[int, int], weight: int
) -> dict[int, Part]:
    """Take from each pool what is wanted of it, as far as there is room."""
    parts = {}
    for index, want in wants.items():
        given = min(want, found[index].room)
        if given:
            parts[index] = take_off(state.runs[index], given, weight, terms.bit, found[index].floor)
    return parts


def percent(action: Percent, terms: Terms) -> Give:
    """A percentage, rounded per unit (sale), per pool (line) or over all (order)."""
    chosen = terms.selectors.compiled(action.of)
    ratio, weight = ratio_of_percent(action.percent), _WEIGHTS[action.base]
    cap = None if action.cap is None else action.cap[terms.currency]
    return lambda cart, state: percent_off(terms, cart, state, chosen, ratio, weight, cap)


def percent_off(  # noqa: PLR0917 - the parts of one percentage
    terms: Terms,
    cart: Cart,
    state: State,
    chosen: Chosen,
    ratio: Ratio,
    weight: int,
    cap: int | None,
) -> Taken | None:
    """Take a percentage of the units' price at `weight`, never more than `cap` in all."""
    rounder = ROUNDERS[cart.policy.rounding]
    n, d = ratio
    if terms.phase == 0:
        return unit_by_unit(
            terms, cart, state, chosen, lambda run: rounder(run[weight] * n, d), cap
        )
    if terms.phase == 2 and weight == LEFT and takes_all(terms, cart, chosen):
        wanted = rounder(state.goods * n, d)
        return over_everything(terms, cart, state, chosen, wanted, cap)
    found = rooms(terms, cart, state, chosen, weight)
    if not found:
        return None
    if terms.phase == 2:
        wanted = rounder(sum(room.base for room in found.values()) * n, d)
        return over_all(terms, state, found, wanted, weight, cap)
    wants = {index: rounder(room.base * n, d) for index, room in found.items()}
    wanted = sum(wants.values())
    given = {index: min(want, found[index].room) for index, want in wants.items()}
    whole = sum(given.values())
    if cap is not None and whole > cap:
        given, whole = allocate(cap, given), cap
    if not whole:
        return None
    return Taken(
        whole,
        wanted,
        None,
        amounts=given,
        settle=lambda before: take_amounts(terms, before, found, given, weight),
    )


def takes_all(terms: Terms, cart: Cart, chosen: Chosen) -> bool:
    """Say whether all goods are reduced in proportion to what is left: only their sum matters."""
    return chosen.everything and not terms.bit and terms.floor is None and not cart.locked


def over_everything(  # noqa: PLR0917 - the parts of one reduction
    terms: Terms, cart: Cart, state: State, chosen: Chosen, wanted: int, cap: int | None = None
) -> Taken | None:
    """Take one amount from all goods, apportioned by what is left of them."""
    given = min(wanted, state.goods)
    if cap is not None:
        given = min(given, cap)
    if not given:
        return None

    def settle(before: State) -> dict[int, Part]:
        found = rooms(terms, cart, before, chosen, LEFT)
        taken = over_all(terms, before, found, given, LEFT)
        assert taken is not None
        return taken.parts_of(before)

    return Taken(given, wanted, None, settle=settle)


def over_all(  # noqa: PLR0917 - the parts of one reduction
    terms: Terms,
    state: State,
    found: dict[int, Room],
    wanted: int,
    weight: int,
    cap: int | None = None,
) -> Taken | None:
    """Take one amount from all pools, apportioned by their price at `weight` within their room."""
    given = min(wanted, sum(room.room for room in found.values()))
    if cap is not None:
        given = min(given, cap)
    if not given:
        return None
    if len(found) == 1:
        shares = dict.fromkeys(found, given)
    else:
        shares = allocate(
            given,
            {index: room.base if room.room else 0 for index, room in found.items()},
            {index: room.room for index, room in found.items()},
        )
    return taken_of(take_amounts(terms, state, found, shares, weight), wanted)


def unit_by_unit(  # noqa: PLR0917 - the parts of one reduction
    terms: Terms,
    cart: Cart,
    state: State,
    chosen: Chosen,
    off: Callable[[Run], int],
    cap: int | None = None,
) -> Taken | None:
    """Take `off` of each selected unit, as far as its floor allows; all together at most `cap`."""
    wanted = given = 0
    cuts: dict[int, dict[int, list[tuple[int, int]]]] = {}
    for index in select(chosen, cart.pools, state, cart.known):
        if cart.pools[index].locked or not state.left[index]:
            continue
        floor = terms.floor_of(cart, index)
        segments: dict[int, list[tuple[int, int]]] = {}
        for position, run in enumerate(state.runs[index]):
            if run[USED] & terms.bit:
                continue
            want = off(run)
            each = min(want, run[LEFT], max(0, run[LEFT] - floor))
            wanted += max(0, want) * run[COUNT]
            if each > 0:
                segments[position] = [(run[COUNT], each)]
                given += each * run[COUNT]
        if segments:
            cuts[index] = segments
    if cap is not None and given > cap:
        _shrink(cuts, cap)
    return taken_of(
        {index: cut(state.runs[index], pieces, terms.bit) for index, pieces in cuts.items()},
        wanted,
    )


def _shrink(cuts: dict[int, dict[int, list[tuple[int, int]]]], cap: int) -> None:
    keys = [(index, position) for index, pieces in cuts.items() for position in pieces]
    items = []
    for index, position in keys:
        ((count, each),) = cuts[index][position]
        items.append((count, each, each))
    for (index, position), pieces in zip(keys, spread_capped(cap, items), strict=True):
        cuts[index][position] = pieces


def amount_off(action: AmountOff, terms: Terms) -> Give:
    """A fixed amount off each unit, each variant, or once."""
    chosen, amount = terms.selectors.compiled(action.of), action.amount[terms.currency]
    if action.per == "unit":
        return lambda cart, state: unit_by_unit(terms, cart, state, chosen, lambda _: amount)

    def once(cart: Cart, state: State) -> Taken | None:
        if takes_all(terms, cart, chosen):
            return over_everything(terms, cart, state, chosen, amount)
        found = rooms(terms, cart, state, chosen, LEFT)
        return over_all(terms, state, found, amount, LEFT) if found else None

    def each_variant(cart: Cart, state: State) -> Taken | None:
        by_variant: dict[object, dict[int, Room]] = {}
        for index, room in rooms(terms, cart, state, chosen, LEFT).items():
            by_variant.setdefault(cart.pools[index].variant, {})[index] = room
        parts: dict[int, Part] = {}
        for found in by_variant.values():
            taken = over_all(terms, state, found, amount, LEFT)
            parts.update(taken.parts_of(state) if taken else {})
        return taken_of(parts, amount * len(by_variant))

    return once if action.per == "order" else each_variant


def fixed_price(action: FixedPrice, terms: Terms) -> Give:
    """Each unit costs this, unless it costs less already."""
    chosen, price = terms.selectors.compiled(action.of), action.price[terms.currency]
    return lambda cart, state: unit_by_unit(
        terms, cart, state, chosen, lambda run: run[LEFT] - price
    )


def reward_of(
    reward: Reward, currency: str, rounder: Callable[[int, int], int]
) -> Callable[[int], int]:
    """Return what a reward takes off one unit (or one shipping) of a price."""
    match reward:
        case OffPercent(percent=value):
            n, d = ratio_of_percent(value)
            return lambda price: min(price, rounder(price * n, d))
        case OffAmount(amount=amounts):
            amount = amounts[currency]
            return lambda price: min(price, amount)
    to = reward.price[currency]
    return lambda price: max(0, price - to)


def rewards_of(reward: Reward, currency: str) -> dict[str, Callable[[int], int]]:
    """Return, for each way of rounding, what a reward takes off one unit of a price."""
    return {name: reward_of(reward, currency, rounder) for name, rounder in ROUNDERS.items()}


def tiered(action: Tiered, terms: Terms) -> Give:
    """The reward of the highest tier reached."""
    chosen, currency = terms.selectors.compiled(action.of), terms.currency
    at = terms.phase if action.basis is None else BASES[action.basis]
    tiers: list[tuple[int, Give]] = []
    for tier in action.tiers:
        if action.by == "amount":
            assert tier.amount is not None, "checked at save"
            start = tier.amount[currency]
        else:
            assert tier.quantity is not None, "checked at save"
            start = tier.quantity
        tiers.append((start, _tier_reward(tier.reward, action, terms)))
    tiers.sort(key=lambda tier: -tier[0])

    def give(cart: Cart, state: State) -> Taken | None:
        selected = select(chosen, cart.pools, state, cart.known)
        if action.by == "amount":
            reached = sum(state.snaps[at].left[i] for i in selected)
        else:
            reached = sum(cart.pools[i].count for i in selected)
        for start, reward in tiers:
            if reached >= start:
                return reward(cart, state)
        return None

    return give


def _tier_reward(reward: Reward, action: Tiered, terms: Terms) -> Give:
    match reward:
        case OffPercent(percent=value):
            return percent(Percent(percent=value, of=action.of), terms)
        case OffAmount(amount=amount):
            return amount_off(AmountOff(amount=amount, per="order", of=action.of), terms)
    return fixed_price(FixedPrice(price=reward.price, of=action.of), terms)


def gift(action: Gift, terms: Terms) -> Give:
    """A line that costs nothing, worth its price; only with goods, and while stock lasts (D9)."""

    def give(cart: Cart, state: State) -> Taken | None:
        if not is_offered(action, cart):
            return None
        offer = cart.facts.gifts[action.variant]
        quantity = min(action.quantity, offer.available)
        worth = quantity * offer.line.unit_minor
        return Taken(worth, worth, {}, gifts=quantity)

    return give


def is_offered(action: Gift, cart: Cart) -> bool:
    """Say whether there is a gift to be had: in stock, with other goods, and not declined."""
    offer = cart.facts.gifts.get(action.variant)
    declined = action.variant in cart.facts.declined_gifts
    return offer is not None and offer.available > 0 and bool(cart.pools) and not declined


def is_for(action: Shipping, cart: Cart) -> bool:
    """Say whether the chosen way of shipping is one that the promotion reduces (D8)."""
    chosen = cart.shipping
    if chosen is None:
        return False
    return chosen.cheapest if action.methods is None else chosen.code in action.methods


def shipping(action: Shipping, terms: Terms) -> Give:
    """Off the chosen shipping, if it is a named method, or the cheapest one (D8)."""

    offs = rewards_of(action.reward, terms.currency)

    def give(cart: Cart, state: State) -> Taken | None:
        if not state.shipping or not is_for(action, cart):
            return None
        off = offs[cart.policy.rounding](state.shipping)
        return Taken(off, off, {}, shipping=off) if off else None

    return give
