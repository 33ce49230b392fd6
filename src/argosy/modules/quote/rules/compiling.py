"""Promotions compiled once per version and currency, shared by all quotes, with an index.

The index answers which promotions could match a cart by the words that the cart is made of, so that
a quote costs by what can match and not by what is live.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Final

from argosy.modules.quote.rules.bounding import Most, is_plain, most_of
from argosy.modules.quote.rules.giving import (
    Give,
    amount_off,
    fixed_price,
    gift,
    percent,
    shipping,
    tiered,
)
from argosy.modules.quote.rules.judging import (
    Judge,
    asks_coupon,
    judge,
    least_goods,
    might,
    needed,
    reads_state,
)
from argosy.modules.quote.rules.room import Terms
from argosy.modules.quote.rules.selecting import Chosen, Selectors, narrowest, needed_words
from argosy.modules.quote.rules.sets import buy_get, set_price
from argosy.modules.quote.rules.wall_clock import UnknownZone, bounds
from argosy.modules.quote.types import (
    PHASES,
    Action,
    AmountOff,
    BuyGet,
    Disabled,
    FixedPrice,
    Gift,
    Percent,
    Promotion,
    Selector,
    SetPrice,
    Shipping,
    Tiered,
)

_KINDS: Final = (FixedPrice, SetPrice, BuyGet, Percent, Tiered, AmountOff, Gift, Shipping)
"""Within a phase and priority, in this order: prices before percentages before amounts (D2)."""


class Compiled:
    """One promotion, ready to be applied.

    `restricted`: it may exclude others, `picky`: by phases, `alone`: the rest of its group.
    `plain`: see `is_plain`. `timed`: it has a window. `moving` judges what other promotions can
    change, `might` all else. `most` bounds what it takes; `sure`: by itself it applies if that is
    anything. `gives`: a gift. `ships`: off shipping. `couponed`: it asks for a coupon.
    """

    __slots__ = (
        "alone",
        "budget",
        "combines",
        "couponed",
        "give",
        "gives",
        "group",
        "honour",
        "id",
        "judge",
        "least",
        "might",
        "most",
        "moving",
        "order",
        "phase",
        "picky",
        "plain",
        "restricted",
        "rule",
        "ships",
        "start",
        "stop",
        "sure",
        "targets",
        "timed",
    )

    def __init__(self, rule: Promotion, terms: Terms) -> None:
        self.rule = rule
        self.id = rule.id
        self.phase = terms.phase
        self.order = order_of(rule)
        when = rule.when
        self.judge: Judge | None = (
            None if when is None else judge(when, self.phase, terms.currency, terms.selectors)
        )
        self.moving = self.judge if reads_state(when) else None
        self.least = least_goods(when, terms.currency)
        self.might: Judge | None = (
            None if when is None else might(when, self.phase, terms.currency, terms.selectors)
        )
        self.give: Give = give_of(rule.action, terms)
        self.targets: tuple[Chosen, ...] = tuple(
            terms.selectors.compiled(selector) for selector in targets_of(rule.action)
        )
        self.most: Most = most_of(rule, terms, self.targets)
        self.plain = is_plain(rule, terms)
        self.sure = (
            isinstance(rule.action, Percent)
            and self.moving is None
            and rule.floor is None
            and rule.budget is None
            and not any(chosen.sale for chosen in self.targets)
        )
        self.couponed = when is not None and asks_coupon(when)
        self.start: datetime | None = None
        self.stop: datetime | None = None
        if rule.window is not None:
            self.start, self.stop = bounds(rule.window)
        self.timed = self.start is not None or self.stop is not None
        self.honour = timedelta(seconds=rule.honour_s)
        self.combines = frozenset() if rule.exclusive else frozenset(rule.combines_with)
        self.group = rule.group
        self.budget = rule.budget
        self.alone = rule.group is not None and rule.group_scope == "cart"
        self.gives = isinstance(rule.action, Gift)
        self.ships = isinstance(rule.action, Shipping)
        self.picky = len(self.combines) < len(PHASES)
        self.restricted = self.picky or self.group is not None


class CompiledPromotions:
    """Live promotions of one currency. Made by `compile_promotions`; immutable, share it.

    `rules` are in the order of application. `disabled` are left out, each for its reason. `least`:
    goods that are worth less get nothing. `words` are those by which promotions are found and
    goods selected.
    """

    __slots__ = ("always", "currency", "disabled", "index", "least", "rules", "words")

    def __init__(
        self,
        currency: str,
        rules: Sequence[Compiled],
        disabled: Sequence[Disabled],
        words: Iterable[str] = (),
    ) -> None:
        self.currency = currency
        self.rules = tuple(rules)
        self.disabled = tuple(disabled)
        self.least = min((rule.least for rule in rules), default=0)
        index: dict[str, list[int]] = {}
        always: list[int] = []
        for number, compiled in enumerate(self.rules):
            needs = needed_of(compiled.rule)
            if needs is None:
                always.append(number)
            else:
                for word in needs:
                    index.setdefault(word, []).append(number)
        self.always = tuple(always)
        self.index = {word: tuple(numbers) for word, numbers in index.items()}
        self.words = frozenset(words).union(index)

    def possible(self, cart: AbstractSet[str], goods: AbstractSet[str]) -> Sequence[int]:
        """Return the numbers of the promotions that could match these words, in order."""
        index = self.index
        if not index:
            return self.always
        found = set(self.always)
        for words in (cart, goods):
            for word in words:
                numbers = index.get(word)
                if numbers is not None:
                    found.update(numbers)
        return sorted(found)


def compile_promotions(
    promotions: Iterable[Promotion | Disabled], *, currency: str
) -> CompiledPromotions:
    """Compile promotions for quotes in a currency: once per version, not once per quote.

    A promotion that cannot be evaluated (stored by another version, no amount in the currency, an
    unknown zone) is listed in `disabled`; it never fails a quote. Ids are unique.
    """
    selectors = Selectors(currency)
    groups: dict[str, int] = {}
    compiled: list[Compiled] = []
    disabled: list[Disabled] = []
    for number, rule in enumerate(promotions):
        if isinstance(rule, Disabled):
            disabled.append(rule)
            continue
        bit = 0
        if rule.group is not None and rule.group_scope == "unit":
            bit = 1 << groups.setdefault(rule.group, len(groups))
        terms = Terms(number, PHASES.index(rule.phase), currency, selectors, rule.floor, bit)
        try:
            compiled.append(Compiled(rule, terms))
        except KeyError:
            disabled.append(_out(rule, f"has an amount that is not given in {currency}"))
        except (UnknownZone, ValueError, ArithmeticError, AssertionError, RecursionError) as error:
            disabled.append(_out(rule, str(error)))
    compiled.sort(key=lambda one: one.order)
    return CompiledPromotions(currency, compiled, disabled, selectors.words())


def _out(rule: Promotion, reason: str) -> Disabled:
    return Disabled(id=rule.id, version=rule.version, path="$", reason=reason)


def order_of(rule: Promotion) -> tuple[int, int, int, str]:
    """Return what the order of application goes by: never the time of creation (D2)."""
    return (PHASES.index(rule.phase), rule.priority, _KINDS.index(type(rule.action)), rule.id)


def give_of(action: Action, terms: Terms) -> Give:  # noqa: PLR0911 - one for each action
    """Compile an action. Raises KeyError for a currency without amount."""
    match action:
        case Percent():
            return percent(action, terms)
        case AmountOff():
            return amount_off(action, terms)
        case FixedPrice():
            return fixed_price(action, terms)
        case BuyGet():
            return buy_get(action, terms)
        case SetPrice():
            return set_price(action, terms)
        case Tiered():
            return tiered(action, terms)
        case Gift():
            return gift(action, terms)
    return shipping(action, terms)


def targets_of(action: Action) -> tuple[Selector | None, ...]:
    """Return the selectors of the goods that an action may reduce or use up."""
    match action:
        case BuyGet(buy=buy, get=get):
            return (buy,) if get is None else (buy, get)
        case SetPrice(parts=parts):
            return tuple(part.of for part in parts)
        case Gift() | Shipping():
            return ()
    return (action.of,)


def needed_of(rule: Promotion) -> frozenset[str] | None:
    """Return words without any of which the promotion does nothing, or None."""
    needs = [] if rule.when is None else [needed(rule.when)]
    match rule.action:
        case BuyGet() | SetPrice():
            needs += [None if of is None else needed_words(of) for of in targets_of(rule.action)]
        case Shipping(methods=methods):
            if methods is not None:
                needs.append(frozenset(f"ship:{code}" for code in methods))
        case Gift():
            pass
        case _:
            of = rule.action.of
            needs.append(None if of is None else needed_words(of))
    return narrowest(needs)
