"""What a query means: its words, and what else would do for each part of it.

The shopper's own words come first; a synonym, a compound written in one word or two, and a
corrected typo only widen what is found. Nothing is looked up but whether a word is in the index.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from argosy.modules.search.types import Alternative, Part, Plan

SYNONYM: Final = 0.5
COMPOUND: Final = 0.9
TYPO: Final = 0.5
MAX_WORDS: Final = 12
"""A query is its first words: nobody types more and means all of them."""

_LONGEST_PHRASE: Final = 4
_MEASURE: Final = re.compile(r"(\d+(?:[.,]\d+)?)([^\W\d_]{1,4})")
"""A number with its unit: "27in" is "27 in" too."""
_SHORTEST_PART: Final = 3
_SCATTERED: Final = 0.3

Words = tuple[str, ...]
Groups = Mapping[Words, Sequence[Words]]


def by_term(groups: Iterable[Sequence[Words]]) -> Groups:
    """Groups of synonyms by each of their terms, a tuple of words; of several the last one."""
    return {term: group for group in groups for term in group}


def plan(
    words: Sequence[str],
    *,
    is_known: Callable[[str], bool],
    is_phrase: Callable[[Words], bool] = lambda _words: True,
    synonyms: Groups | None = None,
    corrected: Callable[[str], str | None] = lambda _word: None,
    index_form: Callable[[str], str] = str,
) -> Plan:
    """Return how to look for these words (in their index form, which `index_form` gives).

    `synonyms` are the groups that terms are in, by term (`by_term`). `corrected` is asked for words
    that the index does not hold and that are no compound of those it holds, `is_phrase` whether two
    words stand next to each other in any title.
    """
    kept = tuple(words[:MAX_WORDS])
    phrases = synonyms or {}
    parts: list[Part] = []
    at = 0
    while at < len(kept):
        length = _phrase_at(kept, at, phrases)
        if (
            length == 1
            and at + 1 < len(kept)
            and is_known(joined := index_form(kept[at] + kept[at + 1]))
        ):
            pair = kept[at : at + 2]
            parts.append(_joinable(pair, joined, phrases, apart=is_phrase(pair)))
            at += 2
            continue
        term = kept[at : at + length]
        parts.append(_part(term, phrases, is_known, corrected, index_form))
        at += length
    return Plan(words=kept, parts=tuple(parts))


def _phrase_at(words: Words, at: int, phrases: Groups) -> int:
    for length in range(min(_LONGEST_PHRASE, len(words) - at), 1, -1):
        if words[at : at + length] in phrases:
            return length
    return 1


def _joinable(pair: Words, joined: str, phrases: Groups, *, apart: bool) -> Part:
    """Two words that the shop writes in one: "head set". Where it never writes them `apart`, two
    words of a title that stand far from each other are not what is meant.
    """
    both = Alternative(words=pair, how="exact", phrase=False, weight=1.0 if apart else _SCATTERED)
    one = Alternative(words=(joined,), how="joined", weight=COMPOUND)
    more = _synonyms((joined,), phrases, COMPOUND)
    ways = (both, one, *more) if apart else (one, *more, both)
    return Part(words=pair, alternatives=ways)


def _part(
    term: Words,
    phrases: Groups,
    is_known: Callable[[str], bool],
    corrected: Callable[[str], str | None],
    index_form: Callable[[str], str],
) -> Part:
    found = [Alternative(words=term, how="exact")]
    if len(term) > 1:
        found.append(Alternative(words=term, how="exact", weight=0.8, phrase=False))
    found += _synonyms(term, phrases, 1.0)
    if len(term) == 1 and (measure := _MEASURE.fullmatch(term[0])):
        found.append(Alternative(words=measure.groups(), how="split", weight=COMPOUND))
    if len(term) == 1 and not is_known(term[0]):
        parts = _split(term[0], is_known, index_form)
        if parts is not None:
            found.append(Alternative(words=parts, how="split", weight=COMPOUND, phrase=False))
        elif len(found) == 1 and (other := corrected(term[0])) is not None:
            found.append(Alternative(words=(other,), how="typo", weight=TYPO))
            found += _synonyms((other,), phrases, TYPO)
    return Part(words=term, alternatives=tuple(found))


def _synonyms(term: Words, phrases: Groups, weight: float) -> list[Alternative]:
    return [
        Alternative(words=other, how="synonym", weight=weight * SYNONYM)
        for other in phrases.get(term, ())
        if other != term
    ]


def _split(
    word: str, is_known: Callable[[str], bool], index_form: Callable[[str], str]
) -> Words | None:
    """The two known words that this one is made of; the longest first part wins."""
    for at in range(len(word) - _SHORTEST_PART, _SHORTEST_PART - 1, -1):
        first, second = index_form(word[:at]), index_form(word[at:])
        if is_known(first) and is_known(second):
            return first, second
    return None
