"""A cart as promotions look at it: its goods in pools, and the words that it is made of."""

import unicodedata
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from argosy.kernel.rounding import ROUNDERS
from argosy.modules.quote.rules.custom_fields import field_tokens
from argosy.modules.quote.rules.units import Pool, State
from argosy.modules.quote.types import Facts, Policy, RequestShipping


class Cart:
    """What does not change while one cart is computed.

    `first` is it before any promotion; `places`: in which pools words of goods occur, of the words
    that promotions ask for; `known`: what selectors select; `floors`: below what no unit may go by
    a promotion.
    """

    __slots__ = (
        "facts",
        "first",
        "floors",
        "known",
        "locked",
        "places",
        "policy",
        "pools",
        "rounder",
        "shipping",
        "tokens",
    )

    def __init__(  # noqa: PLR0917 - what a cart is
        self,
        policy: Policy,
        pools: Sequence[Pool],
        facts: Facts,
        shipping: RequestShipping | None,
        country: str,
        words: AbstractSet[str] | None = None,
    ) -> None:
        self.policy = policy
        self.pools = pools
        self.facts = facts
        self.locked = any(pool.locked for pool in pools)
        self.shipping = shipping
        self.rounder = ROUNDERS[policy.rounding]
        self.first = State.first(
            [pool.first_runs() for pool in pools],
            [pool.listed for pool in pools],
            0 if shipping is None else shipping.price_minor,
        )
        self.tokens = _tokens(facts, shipping, country)
        self.places = places_of(pools, words)
        self.known: dict[int, tuple[int, ...]] = {}
        self.floors: dict[tuple[int, int], int] = {}


def places_of(pools: Sequence[Pool], words: AbstractSet[str] | None = None) -> dict[str, list[int]]:
    """Return, for each word of the goods, or of `words` among them, the positions of the pools that
    have it, ascending.
    """
    places: dict[str, list[int]] = {}
    for index, pool in enumerate(pools):
        for word in pool.tokens if words is None else pool.tokens & words:
            found = places.get(word)
            if found is None:
                places[word] = [index]
            else:
                found.append(index)
    return places


def _tokens(facts: Facts, shipping: RequestShipping | None, country: str) -> frozenset[str]:
    tokens = [f"channel:{facts.channel}", f"country:{country}"]
    if facts.customer is not None:
        tokens.append(f"customer:{facts.customer}")
    if facts.groups:
        tokens.extend(f"group:{group}" for group in facts.groups)
    if shipping is not None:
        tokens.append(f"ship:{shipping.code}")
    if facts.payment_method is not None:
        tokens.append(f"pay:{facts.payment_method}")
    for coupon in facts.coupons:
        tokens.append(f"coupon:{normal_code(coupon.code)}")
        tokens.extend(f"pool:{pool}" for pool in coupon.pools)
    if facts.history is not None and facts.history.products:
        tokens.extend(f"bought:{product}" for product in facts.history.products)
    if facts.fields:
        tokens.extend(field_tokens(facts.fields))
    return frozenset(tokens)


def normal_code(text: str) -> str:
    """Return a coupon's text as it compares: trimmed, NFKC, case-folded (D10)."""
    return unicodedata.normalize("NFKC", text).strip().casefold()
