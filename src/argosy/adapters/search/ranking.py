"""A plan as a Tantivy query.

Tiers first: a product that has all words of the query as they were typed comes before one that
meets a part of it by a synonym or a compound, and that before one that has only some of the words.
Within a tier BM25 decides, whether the thing that is asked for is what the product is, and whether
a brand that is asked for made it. The last two are yes or no: how often a word is a head in the
catalogue says nothing about which product is meant.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from tantivy import Occur, Query, Schema

from argosy.adapters.search.analysing import FIELDS, makers
from argosy.modules.search import Alternative, Part, Plan, Reward

WEIGHTS: Final = {
    "title": 3.5,
    "brand": 1.0,
    "kind": 1.0,
    "description": 0.8,
    "attributes": 0.5,
    "flags": 0.1,
    "codes": 20.0,
}
ALL_PARTS: Final = 30.0
ALL_WORDS: Final = 30.0
IS_HEAD: Final = 2.0
IS_BRAND: Final = 3.0
TITLE_PHRASE: Final = 2.0
IS_CODE: Final = 100.0
_OTHER_FIELDS: Final = 0.3
_MOST_KEPT: Final = 2_000


class Fields:
    """What an index of this or another layout can be asked: a field that it lacks holds nothing.

    `heads_last`: a phrase of its language ends with the thing that it names.
    """

    def __init__(self, schema: Schema, names: Collection[str], *, heads_last: bool = False) -> None:
        self._schema = schema
        self._names = frozenset(names)
        self.heads_last = heads_last and "head" in self._names
        self._kept: dict[tuple[tuple[str, ...], float], Query] = {}

    def term(self, field: str, word: str) -> Query:
        """The word in a field."""
        if field not in self._names:
            return Query.empty_query()
        return Query.term_query(self._schema, field, word)

    def phrase(self, field: str, words: Sequence[str], slop: int = 0) -> Query:
        """The words next to each other in a field, or up to `slop` apart."""
        if len(words) == 1 or field not in self._names:
            return self.term(field, words[0])
        return Query.phrase_query(self._schema, field, list(words), slop)

    def anywhere(self, words: tuple[str, ...], weight: float) -> Query:
        """The word or phrase in any field: its best field, and a little of the others. Kept: people
        ask for the same words again and again, and it is made of many pieces.
        """
        kept = self._kept.get((words, weight))
        if kept is None:
            kept = Query.disjunction_max_query(
                [
                    Query.boost_query(self.phrase(field, words), WEIGHTS[field] * weight)
                    for field in FIELDS
                ],
                _OTHER_FIELDS,
            )
            if len(self._kept) < _MOST_KEPT:
                self._kept[words, weight] = kept
        return kept


def query_of(index: Fields, found: Plan, codes: Iterable[str] = ()) -> Query:
    """The query of a plan with at least one word; `codes` are SKUs or GTINs, if they are any."""
    clauses = clauses_of(index, found, codes)
    asked = [clause for _, clause in clauses]
    if all(len(part.words) == len(part.alternatives) == 1 for part in found.parts):
        # Whoever has all parts has all words as they were typed: one look is enough.
        every = _all(_part(index, part) for part in found.parts)
        asked = [one for name, one in clauses if name not in {"all_parts", "all_words"}]
        asked.append(Query.const_score_query(every, ALL_PARTS + ALL_WORDS))
    return _any(asked)


def clauses_of(index: Fields, found: Plan, codes: Iterable[str] = ()) -> list[tuple[Reward, Query]]:
    """The clauses whose scores add up, each with the name of what it rewards."""
    parts = [_part(index, part) for part in found.parts]
    every = _all(index.anywhere((word,), 1.0) for part in found.parts for word in _as_typed(part))
    clauses: list[tuple[Reward, Query]] = [
        ("words", _any(parts)),
        ("all_parts", Query.const_score_query(_all(parts), ALL_PARTS)),
        ("all_words", Query.const_score_query(every, ALL_WORDS)),
        ("is_head", _head(index, found.parts[-1])),
    ]
    clauses += [
        ("is_brand", Query.const_score_query(index.term("maker", maker), IS_BRAND))
        for maker in makers(found.words)
    ]
    clauses += [
        ("is_code", Query.const_score_query(index.term("codes", code), IS_CODE)) for code in codes
    ]
    if len(found.words) > 1:
        phrase = Query.boost_query(index.phrase("title", found.words, 2), TITLE_PHRASE)
        if index.heads_last:
            # A "gaming mouse pad" is no gaming mouse, though the words stand there.
            head = Query.const_score_query(index.term("head", found.words[-1]), 0.0)
            phrase = _all([phrase, head])
        clauses.append(("title_phrase", phrase))
    return clauses


def _as_typed(part: Part) -> tuple[str, ...]:
    """The words of a part, in one where the shop never writes them apart."""
    first = part.alternatives[0]
    return first.words if first.how == "joined" else part.words


def _any(clauses: Iterable[Query]) -> Query:
    return Query.boolean_query([(Occur.Should, clause) for clause in clauses])


def _all(clauses: Iterable[Query]) -> Query:
    return Query.boolean_query([(Occur.Must, clause) for clause in clauses])


def _part(index: Fields, part: Part) -> Query:
    return Query.disjunction_max_query([_met(index, one) for one in part.alternatives], 0.1)


def _met(index: Fields, one: Alternative) -> Query:
    if one.phrase or len(one.words) == 1:
        return index.anywhere(one.words, one.weight)
    return _all(index.anywhere((word,), one.weight) for word in one.words)


def _head(index: Fields, last: Part) -> Query:
    """The last part of a query names the thing: is it what the product is?"""
    found: list[Query] = []
    for one in last.alternatives:
        clause = index.term("head", one.words[-1])
        if len(one.words) > 1:
            clause = _all([clause, index.phrase("title", one.words)])
        found.append(Query.const_score_query(clause, IS_HEAD * one.weight))
    return Query.disjunction_max_query(found, 0.0)
