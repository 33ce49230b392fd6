"""Actions compiled: what a promotion takes off the units, shipping, or gives (D1-D9, A6, A10)."""

from collections.abc import Callable, Sequence

from argosy.kernel.allocation import allocate
from argosy.kernel.rounding import ROUNDERS, Ratio, half_up
from argosy.modules.quote.rules.carts import Cart
from argosy.modules.quote.rules.judging import BASES
from argosy.modules.quote.rules.room import (
    Room,
    Terms,
    in_amounts,
    in_parts,
    ratio_of_percent,
    rooms,
    shares_of,
)
from argosy.modules.quote.rules.selecting import Chosen, select
from argosy.modules.quote.rules.units import (
    COUNT,
    LEFT,
    LIST,
    SALE,
    START,
    USED,
    Part,
    Run,
    State,
    Taken,
    cut,
    spread_capped,
)
from argosy.modules.quote.types import (
    AmountOff,
    FixedPrice,
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


def percent(action: Percent, terms: Terms) -> Give:
    """A percentage, rounded per unit (sale), per pool (line) or over all (order)."""
    chosen = terms.selectors.compiled(action.of)
    n, d = ratio_of_percent(action.percent)
    weight = _WEIGHTS[action.base]
    cap = None if action.cap is None else action.cap[terms.currency]
    if terms.phase == 0:

        def per_unit(cart: Cart, state: State) -> Taken | None:
            rounder = cart.rounder
            return unit_by_unit(
                terms, cart, state, chosen, lambda run: rounder(run[weight] * n, d), cap
            )

        return per_unit
    if terms.phase == 2:
        plain = weight == LEFT and takes_all(terms, chosen)

        def over_goods(cart: Cart, state: State) -> Taken | None:
            if plain and not cart.locked:
                wanted = cart.rounder(state.goods * n, d)
                return over_everything(state, wanted, cap)
            found = rooms(terms, cart, state, chosen, weight)
            if not found:
                return None
            wanted = cart.rounder(sum([room.base for room in found.values()]) * n, d)
            return over_all(terms, found, wanted, weight, cap)

        return over_goods
    return _percent_of_pools(terms, chosen, (n, d), weight, cap)


def _percent_of_pools(
    terms: Terms, chosen: Chosen, ratio: Ratio, weight: int, cap: int | None
) -> Give:
    n, d = ratio
    n2, d2 = 2 * n, 2 * d
    bit = terms.bit
    # Of what is left, all or less: what is wanted is there.
    simple = weight == LEFT and terms.floor is None and n <= d

    def of_left(cart: Cart, state: State) -> Taken | None:
        lefts, rounder = state.left, cart.rounder
        chosen_pools: Sequence[int] = select(chosen, cart, state)
        if cart.locked:
            chosen_pools = [i for i in chosen_pools if not cart.pools[i].locked]
        if bit:
            used, partly = state.uses(bit)
            if partly and not partly.isdisjoint(chosen_pools):
                return of_rooms(cart, state)
            if used:
                chosen_pools = [i for i in chosen_pools if i not in used]
        if rounder is half_up:
            given = {i: want for i in chosen_pools if (want := (lefts[i] * n2 + d) // d2)}
        else:
            given = {i: want for i in chosen_pools if (want := rounder(lefts[i] * n, d))}
        wanted = whole = sum(given.values())
        if not whole:
            return None
        if cap is not None and whole > cap:
            given, whole = _within(cap, given), cap
        return Taken(whole, wanted, given, LEFT, bit) if whole else None

    def of_rooms(cart: Cart, state: State) -> Taken | None:
        found = rooms(terms, cart, state, chosen, weight)
        rounder = cart.rounder
        wanted = whole = 0
        given: dict[int, int] = {}
        for index, room in found.items():
            want = rounder(room.base * n, d)
            wanted += want
            given[index] = min(want, room.room)
            whole += given[index]
        if cap is not None and whole > cap:
            given, whole = _within(cap, given), cap
        if not whole:
            return None
        given = {index: part for index, part in given.items() if part}
        return in_amounts(terms, whole, wanted, given, weight, found)

    return of_left if simple else of_rooms


def _within(cap: int, given: dict[int, int]) -> dict[int, int]:
    return {index: part for index, part in allocate(cap, given).items() if part}


def takes_all(terms: Terms, chosen: Chosen) -> bool:
    """Say whether all goods are reduced in proportion to what is left: only their sum matters.

    Unless some of the cart are locked.
    """
    return chosen.everything and not terms.bit and terms.floor is None


def over_everything(state: State, wanted: int, cap: int | None = None) -> Taken | None:
    """Take one amount from all goods, apportioned by what is left of them."""
    given = min(wanted, state.goods)
    if cap is not None and given > cap:
        given = cap
    if not given:
        return None
    return Taken(given, wanted, None)


def over_all(
    terms: Terms, found: dict[int, Room], wanted: int, weight: int, cap: int | None = None
) -> Taken | None:
    """Take one amount from all pools, apportioned by their price at `weight` within their room."""
    given = min(wanted, sum([room.room for room in found.values()]))
    if cap is not None and given > cap:
        given = cap
    if not given:
        return None
    shares = shares_of(given, found, weight, floored=terms.floor is not None)
    return in_amounts(terms, given, wanted, shares, weight, found)


def unit_by_unit(  # noqa: PLR0917 - the parts of one reduction
    terms: Terms,
    cart: Cart,
    state: State,
    chosen: Chosen,
    off: Callable[[Run], int],
    cap: int | None = None,
) -> Taken | None:
    """Take `off` of each selected unit, as far as its floor allows; all together at most `cap`."""
    wanted = given = floor = 0
    bit, floored = terms.bit, terms.floor is not None
    if not bit and not floored and cap is None and not cart.locked:
        return _freely(cart, state, chosen, off)
    cuts: dict[int, dict[int, list[tuple[int, int]]]] = {}
    for index in select(chosen, cart, state):
        if cart.pools[index].locked or not state.left[index]:
            continue
        if floored:
            floor = terms.floor_of(cart, index)
        segments: dict[int, list[tuple[int, int]]] = {}
        for position, run in enumerate(state.runs_of(index)):
            if run[USED] & bit:
                continue
            want, left = off(run), run[LEFT]
            if want <= 0:
                continue
            wanted += want * run[COUNT]
            each = min(want, left, left - floor)
            if each > 0:
                segments[position] = [(run[COUNT], each)]
                given += each * run[COUNT]
        if segments:
            cuts[index] = segments
    if not given:
        return None
    if cap is not None and given > cap:
        _shrink(cuts, cap)
    return in_parts(
        {index: cut(state.runs_of(index), pieces, bit) for index, pieces in cuts.items()},
        wanted,
        bit,
    )


def _freely(cart: Cart, state: State, chosen: Chosen, off: Callable[[Run], int]) -> Taken | None:
    """Take `off` of each selected unit: as above, where no floor, cap or group is in the way."""
    lefts, amount = state.left, 0
    parts: dict[int, Part] = {}
    amounts: dict[int, int] = {}
    wanted = 0
    for index in select(chosen, cart, state):
        if not lefts[index]:
            continue
        whole = 0
        after: list[Run] = []
        taken: list[tuple[int, int]] = []
        for run in state.runs_of(index):
            want = off(run)
            count, listed, sale, start, left, used = run
            if want > 0:
                wanted += want * count
                each = min(left, want)
                whole += each * count
                after.append((count, listed, sale, start, left - each, used))
                taken.append((count, each))
            else:
                after.append(run)
                taken.append((count, 0))
        if whole:
            parts[index] = (after, taken, whole)
            amounts[index] = whole
            amount += whole
    if not amount:
        return None
    found = Taken(amount, wanted, amounts)
    found.parts = parts
    return found


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

    plain = takes_all(terms, chosen)

    def once(cart: Cart, state: State) -> Taken | None:
        if plain and not cart.locked:
            return over_everything(state, amount)
        found = rooms(terms, cart, state, chosen, LEFT)
        return over_all(terms, found, amount, LEFT) if found else None

    def each_variant(cart: Cart, state: State) -> Taken | None:
        by_variant: dict[object, dict[int, Room]] = {}
        all_found = rooms(terms, cart, state, chosen, LEFT)
        for index, room in all_found.items():
            by_variant.setdefault(cart.pools[index].variant, {})[index] = room
        whole = 0
        amounts: dict[int, int] = {}
        for found in by_variant.values():
            given = min(amount, sum([room.room for room in found.values()]))
            if given:
                whole += given
                amounts |= shares_of(given, found, LEFT, floored=terms.floor is not None)
        if not whole:
            return None
        return in_amounts(terms, whole, amount * len(by_variant), amounts, LEFT, all_found)

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
        selected = select(chosen, cart, state)
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
        taken = Taken(worth, worth, {})
        taken.gifts = quantity
        return taken

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
        if not off:
            return None
        taken = Taken(off, off, {})
        taken.shipping = off
        return taken

    return give
