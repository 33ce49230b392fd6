"""Selectors compiled: which pools they select, and without which words they select nothing."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from argosy.modules.quote.rules.carts import Cart
from argosy.modules.quote.rules.custom_fields import (
    compares,
    field_key,
    field_tokens,
    field_words,
)
from argosy.modules.quote.rules.units import Pool, State
from argosy.modules.quote.types import (
    Attribute,
    Brands,
    Categories,
    Collections,
    FieldFact,
    GoodsAll,
    GoodsAny,
    GoodsField,
    GoodsNone,
    LineFacts,
    OnSale,
    Products,
    Selector,
    UnitPrice,
    Variants,
)

Match = Callable[[Pool, bool], bool]
"""(pool, it was reduced by the sale phase) -> selected."""

_WORDS: Final = {
    Products: "product",
    Variants: "variant",
    Categories: "category",
    Collections: "collection",
    Brands: "brand",
}
_FEW_WORDS: Final = 8
"""Up to so many words are looked up one by one."""
_encode = msgspec.json.Encoder(order="sorted").encode


def line_facts(
    *,
    product: str = "",
    variant: str = "",
    brand: str = "",
    categories: Sequence[str] = (),
    collections: Sequence[str] = (),
    attributes: Mapping[str, str | Sequence[str]] | None = None,
    fields: Mapping[str, FieldFact] | None = None,
) -> LineFacts:
    """Return what is known of some goods, ready to be compared; `categories` with all above.

    Make it once per version of a product, and share it among requests.
    """
    tokens = {f"category:{name}" for name in categories}
    tokens.update(f"collection:{name}" for name in collections)
    for word, name in (("product", product), ("variant", variant), ("brand", brand)):
        if name:
            tokens.add(f"{word}:{name}")
    for name, values in (attributes or {}).items():
        for value in (values,) if isinstance(values, str) else values:
            tokens.add(f"attribute:{name}={value}")
    tokens.update(field_tokens(fields or {}))
    return LineFacts(tokens=frozenset(tokens), fields=dict(fields or {}))


class Chosen:
    """A compiled selector. `slot` numbers it within its set of promotions, to remember answers.

    `words`: goods with one of them are selected, if that is all it asks.
    """

    __slots__ = ("everything", "match", "needs", "sale", "slot", "words")

    def __init__(
        self, slot: int, match: Match, needs: frozenset[str] | None, selector: Selector | None
    ) -> None:
        self.slot = slot
        self.everything = match is _everything
        self.match = match
        self.needs = needs
        self.sale = reads_sale(selector)
        self.words = None if selector is None else words_of(selector)


class Selectors:
    """Compiles selectors, equal ones once."""

    def __init__(self, currency: str) -> None:
        self._currency = currency
        self._known: dict[bytes, Chosen] = {}

    def compiled(self, selector: Selector | None) -> Chosen:
        """Return the compiled selector; None selects everything. Raises KeyError (currency)."""
        key = _encode(selector)
        found = self._known.get(key)
        if found is None:
            match = _everything if selector is None else matcher(selector, self._currency)
            needs = None if selector is None else needed_words(selector)
            found = Chosen(len(self._known), match, needs, selector)
            self._known[key] = found
        return found

    def words(self) -> frozenset[str]:
        """Return all words that goods may be looked up by."""
        return frozenset().union(*(one.needs for one in self._known.values() if one.needs))


def select(chosen: Chosen, cart: Cart, state: State) -> tuple[int, ...]:
    """Return the positions of the selected pools, ascending."""
    if not chosen.sale:
        found = cart.known.get(chosen.slot)
        if found is None:
            found = cart.known[chosen.slot] = _selected(chosen, cart)
        return found
    after = (state.snaps[1] if len(state.snaps) > 1 else state.snaps[0]).left
    match = chosen.match
    return tuple([i for i, pool in enumerate(cart.pools) if match(pool, after[i] < pool.listed)])


def _selected(chosen: Chosen, cart: Cart) -> tuple[int, ...]:
    pools, match = cart.pools, chosen.match
    if chosen.everything:
        return tuple(range(len(pools)))
    words = chosen.needs
    if words is None or len(words) > _FEW_WORDS:
        return tuple([i for i, pool in enumerate(pools) if match(pool, False)])
    found: Sequence[int] = ()
    for word in words:
        places = cart.places.get(word)
        if places is not None:
            found = sorted({*found, *places}) if found else places
    if chosen.words is None:
        return tuple([i for i in found if match(pools[i], False)])
    return tuple(found)


def _everything(pool: Pool, reduced: bool) -> bool:
    return True


def words_of(selector: Selector) -> frozenset[str] | None:
    """Return the words of which a selected pool has one, if that is all the selector asks."""
    word = _WORDS.get(type(selector))
    if word is not None:
        return frozenset(f"{word}:{name}" for name in selector.ids)  # type: ignore[union-attr]
    if isinstance(selector, Attribute):
        return frozenset(f"attribute:{selector.name}={value}" for value in selector.values)
    if isinstance(selector, GoodsField):
        key = field_key(selector.subject, selector.name)
        return field_words(key, selector.op, selector.value)
    return None


def matcher(  # noqa: PLR0911 - one for each kind of selector
    selector: Selector, currency: str
) -> Match:
    """Compile a selector. Raises KeyError if it has no amount in the currency."""
    words = words_of(selector)
    if words is not None:
        return lambda pool, _: not words.isdisjoint(pool.tokens)
    match selector:
        case GoodsField(op=op, value=value):
            key = field_key(selector.subject, selector.name)
            return lambda pool, _: compares(pool.fields.get(key), op, value)
        case OnSale(is_=wanted):
            return lambda pool, reduced: (pool.on_sale or reduced) is wanted
        case UnitPrice(gte=gte, lte=lte):
            low = -1 if gte is None else gte[currency]
            high = None if lte is None else lte[currency]
            return lambda pool, _: low <= pool.unit and (high is None or pool.unit <= high)
        case GoodsAll(of=of):
            every = [matcher(each, currency) for each in of]
            return lambda pool, reduced: all(m(pool, reduced) for m in every)
        case GoodsAny(of=of):
            some = [matcher(each, currency) for each in of]
            return lambda pool, reduced: any(m(pool, reduced) for m in some)
        case GoodsNone(of=of):
            none = [matcher(each, currency) for each in of]
            return lambda pool, reduced: not any(m(pool, reduced) for m in none)
    raise AssertionError(selector)


def needed_words(selector: Selector) -> frozenset[str] | None:
    """Return words of which at least one must be in the cart for anything to be selected."""
    words = words_of(selector)
    if words is not None:
        return words
    if isinstance(selector, GoodsAll):
        return narrowest([needed_words(each) for each in selector.of])
    if isinstance(selector, GoodsAny):
        return all_or_none([needed_words(each) for each in selector.of])
    return None


_RANK: Final = {
    word: rank
    for rank, words in enumerate(
        (
            ("coupon", "pool", "customer"),
            ("variant",),
            ("product",),
            ("bought",),
            ("group", "collection", "field"),
            ("brand", "category"),
            ("attribute",),
            ("ship", "pay"),
            ("country",),
            ("channel",),
        )
    )
    for word in words
}


def narrowest(needs: Sequence[frozenset[str] | None]) -> frozenset[str] | None:
    """Of several needs that all hold, return the one that the fewest carts meet, by guess."""
    known = [need for need in needs if need is not None]
    if not known:
        return None
    return min(known, key=lambda need: (max((_rank(w) for w in need), default=-1), len(need)))


def _rank(word: str) -> int:
    return _RANK.get(word.partition(":")[0], 99)


def all_or_none(needs: Sequence[frozenset[str] | None]) -> frozenset[str] | None:
    """Of several needs of which one holds, return what covers them all."""
    result: frozenset[str] = frozenset()
    for need in needs:
        if need is None:
            return None
        result |= need
    return result


def reads_sale(selector: Selector | None) -> bool:
    """Say whether the answer depends on what the sale phase did."""
    if isinstance(selector, GoodsAll | GoodsAny | GoodsNone):
        return any(reads_sale(each) for each in selector.of)
    return isinstance(selector, OnSale)
