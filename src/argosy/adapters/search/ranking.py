"""A plan as a Tantivy query.

Tiers first: a product that has all words of the query as they were typed comes before one that
meets a part of it by a synonym or a compound, and that before one that has only some of the words.
Within a tier BM25 decides, whether the thing that is asked for is what the product is, and whether
a brand that is asked for made it. The last two are yes or no: how often a word is a head in the
catalogue says nothing about which product is meant.
"""

from collections.abc import Iterable
from typing import Final

from tantivy import Occur, Query, Schema

from argosy.adapters.search.analysing import FIELDS, makers
from argosy.modules.search import Alternative, Part, Plan

WEIGHTS: Final = {
    "title": 4.0,
    "brand": 1.0,
    "kind": 1.0,
    "description": 0.8,
    "attributes": 0.3,
    "flags": 0.3,
    "codes": 20.0,
}
ALL_PARTS: Final = 30.0
ALL_WORDS: Final = 30.0
IS_HEAD: Final = 2.5
IS_BRAND: Final = 3.0
TITLE_PHRASE: Final = 2.0
IS_CODE: Final = 100.0
_OTHER_FIELDS: Final = 0.3


def query_of(schema: Schema, found: Plan, codes: Iterable[str] = ()) -> Query:
    """The query of a plan with at least one word; `codes` are SKUs or GTINs, if they are any."""
    parts = [_part(schema, part) for part in found.parts]
    clauses = [
        _any(parts),
        Query.const_score_query(_all(parts), ALL_PARTS),
        Query.const_score_query(_all(_in_fields(schema, word) for word in found.words), ALL_WORDS),
        _head(schema, found.parts[-1]),
    ]
    clauses += [
        Query.const_score_query(Query.term_query(schema, "maker", maker), IS_BRAND)
        for maker in makers(found.words)
    ]
    clauses += [
        Query.const_score_query(Query.term_query(schema, "codes", code), IS_CODE) for code in codes
    ]
    if len(found.words) > 1:
        phrase = Query.phrase_query(schema, "title", list(found.words), 2)
        clauses.append(Query.boost_query(phrase, TITLE_PHRASE))
    return _any(clauses)


def _any(clauses: Iterable[Query]) -> Query:
    return Query.boolean_query([(Occur.Should, clause) for clause in clauses])


def _all(clauses: Iterable[Query]) -> Query:
    return Query.boolean_query([(Occur.Must, clause) for clause in clauses])


def _in_fields(schema: Schema, *words: str, weight: float = 1.0) -> Query:
    """The word or phrase in any field: its best field, and a little of the others."""
    return Query.disjunction_max_query(
        [
            Query.boost_query(_phrase(schema, field, words), WEIGHTS[field] * weight)
            for field in FIELDS
        ],
        _OTHER_FIELDS,
    )


def _phrase(schema: Schema, field: str, words: tuple[str, ...]) -> Query:
    if len(words) == 1:
        return Query.term_query(schema, field, words[0])
    return Query.phrase_query(schema, field, list(words))


def _part(schema: Schema, part: Part) -> Query:
    return Query.disjunction_max_query([_met(schema, one) for one in part.alternatives], 0.1)


def _met(schema: Schema, one: Alternative) -> Query:
    if one.phrase or len(one.words) == 1:
        return _in_fields(schema, *one.words, weight=one.weight)
    return _all(_in_fields(schema, word, weight=one.weight) for word in one.words)


def _head(schema: Schema, last: Part) -> Query:
    """The last part of a query names the thing: is it what the product is?"""
    found: list[Query] = []
    for one in last.alternatives:
        clause = Query.term_query(schema, "head", one.words[-1])
        if len(one.words) > 1:
            clause = _all([clause, _phrase(schema, "title", one.words)])
        found.append(Query.const_score_query(clause, IS_HEAD * one.weight))
    return Query.disjunction_max_query(found, 0.0)
