"""Why a product of an index has the score that it has for a query."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from tantivy import Occur, Query, Searcher

from argosy.adapters.search.analysing import FIELDS
from argosy.adapters.search.ranking import Fields
from argosy.modules.search import Alternative, MetPart, Plan


class Explainer:
    """What one product has of a query; cheap to make."""

    def __init__(self, fields: Fields, searcher: Searcher, product_id: UUID) -> None:
        self._fields = fields
        self._searcher = searcher
        self._this = Query.const_score_query(fields.term("key", product_id.hex), 0.0)

    def is_indexed(self) -> bool:
        """Whether the index holds the product."""
        return self.score(Query.all_query()) is not None

    def score(self, clause: Query) -> float | None:
        """What a clause of a query gives the product; None if it does not match."""
        asked = Query.boolean_query([(Occur.Must, self._this), (Occur.Must, clause)])
        hits = self._searcher.search(asked, 1, count=False).hits
        return float(hits[0][0]) if hits else None

    def parts(self, found: Plan) -> tuple[MetPart, ...]:
        """How each part of the query is met: by which of its alternatives, in which fields."""
        return tuple(self._met(part.words, part.alternatives) for part in found.parts)

    def _met(self, words: tuple[str, ...], alternatives: Iterable[Alternative]) -> MetPart:
        tried = tuple(alternatives)
        for one in tried:
            runs = [one.words] if one.phrase else [(word,) for word in one.words]
            fields = [self._holding(run) for run in runs]
            if all(fields):
                named = dict.fromkeys(field for found in fields for field in found)
                return MetPart(words=words, how=one.how, by=one.words, fields=tuple(named))
        return MetPart(words=words, tried=tuple(one.words for one in tried))

    def _holding(self, words: tuple[str, ...]) -> list[str]:
        """The fields of the product in which these words stand next to each other."""
        return [f for f in FIELDS if self.score(self._fields.phrase(f, words)) is not None]
