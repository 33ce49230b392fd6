"""One generation of an index, open for reading."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, cast
from uuid import UUID

import msgspec
import tantivy
from rapidfuzz import process
from rapidfuzz.distance import OSA
from tantivy import Query

from argosy.adapters.search.analysing import FIELDS, Analyser, analyser_of
from argosy.adapters.search.documents import CURSOR, FOLLOWED, HALVES, cursor_of
from argosy.adapters.search.ranking import Fields
from argosy.modules.search import Cursor, Groups, by_term, language_of
from argosy.modules.search.ports import Synonyms

_LEAST: Final = {"key", "cursor", "title", "spelled"}
"""An index without these fields answers nothing."""
_VOCABULARY: Final = 200_000
_MOST_IDS: Final = 200_000
_MOST_CORRECTED: Final = 5_000
_MOST_KNOWN: Final = 50_000
_SHORTEST_TYPO: Final = 4
_TWO_TYPOS_FROM: Final = 8


class Opened:
    """One generation, open for reading."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index = tantivy.Index.open(str(folder))
        self.index.config_reader("manual")
        self.analyser: Analyser = analyser_of(language_of((folder / "locale").read_text("utf-8")))
        self.fields = Fields(
            self.index.schema,
            names := _field_names(folder),
            heads_last=self.analyser.language.heads_last,
        )
        if not names >= _LEAST:
            raise ValueError(folder.name)
        self._worded = [field for field in FIELDS if field in names]
        self._has_halves = names.issuperset(HALVES)
        self._written = 0
        self.stamp = ""
        self._vocabulary: list[str] | None = None
        self._corrections: dict[str, str | None] = {}
        self._known: dict[str, bool] = {}
        self._by_low: dict[int, UUID] = {}
        self._high: dict[int, int] = {}
        self._analysed: tuple[Synonyms, Groups] = ((), {})
        self.searcher = self.index.searcher()
        self.refresh()

    def refresh(self) -> None:
        written = (self.folder / "meta.json").stat().st_mtime_ns
        if written != self._written:
            self.index.reload()
            self.searcher = self.index.searcher()
            self._written = written
            self.stamp = f"{self.folder.name}:{written}"
            self._vocabulary = None
            self._corrections = {}
            self._known = {}

    def hits(self, query: Query, limit: int) -> tuple[list[UUID], list[float]]:
        """The products, the best first, and their scores: apart, for there are hundreds."""
        # Another thread may look for something newer meanwhile, where documents are others.
        searcher = self.searcher
        hits = searcher.search(query, limit, count=False).hits
        ids = self._ids_of(searcher, [address for _, address in hits])
        return ids, [score for score, _ in hits]

    def _ids_of(
        self, searcher: tantivy.Searcher, addresses: list[tantivy.DocAddress]
    ) -> list[UUID]:
        if not self._has_halves:
            return [UUID(searcher.doc(one)["key"][0]) for one in addresses]
        high, low = (
            cast("list[int]", searcher.fast_field_values(half, addresses)) for half in HALVES
        )
        # By the lower halves, of which no two products should have the same; if two have, the
        # upper ones tell.
        ids = list(map(self._by_low.get, low))
        if list(map(self._high.get, low)) == high:
            return cast("list[UUID]", ids)
        return [self._id(*one) for one in zip(high, low, strict=True)]

    def _id(self, high: int, low: int) -> UUID:
        """A product's id, which takes longer to make than to find again."""
        known = self._by_low.get(low)
        if known is not None and self._high[low] == high:
            return known
        made = UUID(int=high << 64 | low)
        if known is None and len(self._by_low) < _MOST_IDS:
            self._by_low[low], self._high[low] = made, high
        return made

    def analysed(self, synonyms: Synonyms) -> Groups:
        """Synonyms in their index form by term; those that were asked for last are kept."""
        last, found = self._analysed
        if last is not synonyms:
            words = self.analyser.words
            found = by_term([tuple(words(term)) for term in group] for group in synonyms)
            self._analysed = (synonyms, found)
        return found

    def corrected(self, word: str) -> str | None:
        """As `_corrected`, which looks at the whole vocabulary: once for each word."""
        kept = self._corrections
        if word in kept:
            return kept[word]
        best = _corrected(self, word)
        if len(kept) < _MOST_CORRECTED:
            kept[word] = best
        return best

    @property
    def vocabulary(self) -> list[str]:
        """The words of titles, brands and types as they are written, the most frequent first; read
        when a query holds an unknown one.
        """
        if self._vocabulary is None:
            found = self.searcher.terms_with_prefix("spelled", "", limit=_VOCABULARY)
            self._vocabulary = [word for word, _ in found]
        return self._vocabulary

    def knows(self, word: str) -> bool:
        kept = self._known
        if word in kept:
            return kept[word]
        known = any(self.searcher.doc_freq(field, word) for field in self._worded)
        if len(kept) < _MOST_KNOWN:
            kept[word] = known
        return known

    def has_phrase(self, words: Sequence[str]) -> bool:
        """Whether these words stand next to each other in any title."""
        query = self.fields.phrase("title", words)
        return bool(self.searcher.search(query, 1, count=False).hits)

    def cursor(self) -> Cursor | None:
        """How far it has followed; None while it is being made."""
        query = self.fields.term("key", CURSOR)
        for _, address in self.searcher.search(query, 1, count=False).hits:
            found = [cursor_of(self.searcher.doc(address)["cursor"][0])]
            with suppress(FileNotFoundError):
                found.append(cursor_of((self.folder / FOLLOWED).read_text("utf-8")))
            return max(found, key=lambda cursor: (cursor.xid, cursor.id))
        return None

    def seal(self, product_id: UUID) -> str | None:
        """The seal of what is indexed of a product, "" if it has none; None: nothing is."""
        query = self.fields.term("key", product_id.hex)
        for _, address in self.searcher.search(query, 1, count=False).hits:
            found: str = self.searcher.doc(address).get_first("seal") or ""
            return found
        return None


def _field_names(generation: Path) -> frozenset[str]:
    """The fields that a generation was made with. Raises ValueError when that is not said."""
    try:
        meta = msgspec.json.decode((generation / "meta.json").read_bytes())
        return frozenset(field["name"] for field in meta["schema"])
    except (KeyError, TypeError, msgspec.DecodeError) as error:
        raise ValueError(generation.name) from error


def _corrected(opened: Opened, word: str) -> str | None:
    """The nearest written word within one typo, or two for long words; the most frequent of those.
    Words are compared as they are written: the stem of a typo ("jak" of "jaket", in German) may be
    far from that of what was meant.

    A typo is a letter too many, missing, wrong, or exchanged with its neighbour (optimal string
    alignment). Short words and numbers are taken as they are.
    """
    if len(word) < _SHORTEST_TYPO or any(letter.isdigit() for letter in word):
        return None
    allowed = 2 if len(word) >= _TWO_TYPOS_FROM else 1
    near = process.extract(
        word, opened.vocabulary, scorer=OSA.distance, score_cutoff=allowed, limit=50
    )
    if not near:
        return None
    best: str = min(near, key=lambda found: (found[1], found[2]))[0]
    return best
