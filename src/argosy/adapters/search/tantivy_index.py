"""Tantivy in the process: one folder per channel, written by one process, read by all of them.

    <folder>/<channel>/current          the name of the generation that is read
    <folder>/<channel>/<generation>/    a Tantivy index, and `locale`

A commit is atomic, and the cursor is a document of its own in it: an index is never ahead of or
behind what its cursor says. A new generation is made beside the present one and put in its place
by a rename. Readers look every half second whether there is something newer.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

import fasteners  # type: ignore[import-untyped]
import tantivy
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler
from tantivy import Occur, Query

from argosy.adapters.search.analysing import FIELDS, Analyser, analyser_of
from argosy.adapters.search.ranking import query_of
from argosy.modules.search import (
    Cursor,
    Found,
    SearchText,
    SearchUnavailable,
    Suggested,
    language_of,
    plan,
)
from argosy.modules.search.ports import Synonyms

LAYOUT: Final = "2"
"""Changes with what is indexed: an index of another layout is made anew."""

_CURSOR: Final = "cursor"
_LOOK_EVERY_S: Final = 0.5
_HEAP: Final = 30_000_000
_COMPLETIONS: Final = 8
_COMPLETED: Final = 100
_VOCABULARY: Final = 200_000
_SHORTEST_TYPO: Final = 4
_ALIKE: Final = 0.82
_TWO_TYPOS_FROM: Final = 8


class _Opened:
    """One generation, open for reading."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.index = tantivy.Index.open(str(folder))
        self.index.config_reader("manual")
        self.analyser: Analyser = analyser_of(language_of((folder / "locale").read_text("utf-8")))
        self.stamp = 0
        self._vocabulary: list[str] | None = None
        self.searcher = self.index.searcher()
        self.refresh()

    def refresh(self) -> None:
        stamp = (self.folder / "meta.json").stat().st_mtime_ns
        if stamp != self.stamp:
            self.index.reload()
            self.searcher = self.index.searcher()
            self.stamp = stamp
            self._vocabulary = None

    @property
    def vocabulary(self) -> list[str]:
        """The words of titles, the most frequent first; read when a query holds an unknown one."""
        if self._vocabulary is None:
            found = self.searcher.terms_with_prefix("title", "", limit=_VOCABULARY)
            self._vocabulary = [word for word, _ in found]
        return self._vocabulary

    def spelled_words(self) -> list[str]:
        """The words of titles, brands and types as they are written. Not kept: few ask for them."""
        return [w for w, _ in self.searcher.terms_with_prefix("spelled", "", limit=_VOCABULARY)]

    def knows(self, word: str) -> bool:
        return any(self.searcher.doc_freq(field, word) for field in FIELDS)


class TantivyIndex:
    """The search island's SearchIndex in a folder of this machine. Safe to use from threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened: dict[UUID, tuple[float, _Opened]] = {}
        self._lock = threading.Lock()
        self._writing = threading.Lock()

    # --- reading ---------------------------------------------------------------------------------

    def find(self, channel_id: UUID, text: str, limit: int, synonyms: Synonyms) -> Found:
        """See SearchIndex."""
        opened = self._open(channel_id)
        words = _meaningful(opened.analyser, text)
        if not words:
            return Found(product_ids=())
        corrections: list[tuple[str, str]] = []
        understood = plan(
            words,
            is_known=opened.knows,
            synonyms=_analysed(opened.analyser, synonyms),
            corrected=partial(_corrected, opened, corrections),
            index_form=opened.analyser.form,
        )
        codes = text.lower().split()
        hits = _hits(opened, query_of(opened.index.schema, understood, codes), limit)
        return Found(
            product_ids=tuple(id_ for id_, _ in hits),
            scores=tuple(score for _, score in hits),
            corrections=tuple(corrections),
        )

    def suggest(self, channel_id: UUID, text: str, limit: int) -> Suggested:
        """See SearchIndex."""
        opened = self._open(channel_id)
        words = opened.analyser.spelled(text)
        if not words:
            return Suggested(completions=(), product_ids=())
        *before, last = words
        schema = opened.index.schema
        ends = [] if text[-1:].isspace() else _ends(opened, last)
        begins = Query.boolean_query(
            [(Occur.Should, Query.term_query(schema, "spelled", end)) for end in (last, *ends)]
        )
        clauses = [Query.term_query(schema, "spelled", word) for word in before]
        query = Query.boolean_query([(Occur.Must, clause) for clause in (*clauses, begins)])
        beginning = " ".join(before)
        return Suggested(
            completions=tuple(f"{beginning} {end}".strip() for end in ends[:_COMPLETIONS]),
            product_ids=tuple(id_ for id_, _ in _hits(opened, query, limit)),
        )

    def near(self, channel_id: UUID, texts: Sequence[str], limit: int) -> list[list[str]]:
        """See SearchIndex."""
        opened = self._open(channel_id)
        words = opened.spelled_words()
        known = set(words)

        def alike(text: str) -> list[str]:
            found = [
                one
                for word in opened.analyser.spelled(text)
                if word not in known
                for one in process.extract(
                    word, words, scorer=JaroWinkler.similarity, score_cutoff=_ALIKE, limit=limit
                )
            ]
            found.sort(key=lambda one: -one[1])
            return list(dict.fromkeys(word for word, _, _ in found))[:limit]

        return [alike(text) for text in texts]

    def _open(self, channel_id: UUID, *, look: bool = False) -> _Opened:
        now = time.monotonic()
        kept = self._opened.get(channel_id)
        if kept is not None and not look and now - kept[0] < _LOOK_EVERY_S:
            return kept[1]
        with self._lock:
            try:
                folder = self._current(channel_id)
                if not _is_readable(folder):
                    raise ValueError(folder.name)
                if kept is None or kept[1].folder != folder:
                    opened = _Opened(folder)
                else:
                    opened = kept[1]
                    opened.refresh()
            except (OSError, ValueError) as error:
                # Between the rename and the end of the old generation there may be no file for a
                # moment, and after a change of version one of another layout; what is open is still
                # whole.
                if kept is None:
                    raise SearchUnavailable(
                        "There is no search index of this channel here yet.", retry_after=5
                    ) from error
                opened = kept[1]
            self._opened[channel_id] = (now, opened)
            return opened

    def _current(self, channel_id: UUID) -> Path:
        place = self._folder / str(channel_id)
        return place / (place / "current").read_text("utf-8").strip()

    # --- writing ---------------------------------------------------------------------------------

    @contextmanager
    def try_writing(self) -> Iterator[bool]:
        """See SearchIndex. One lock is for processes, one for the tasks of this."""
        if not self._writing.acquire(blocking=False):
            yield False
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = fasteners.InterProcessLock(self._folder / "writing.lock")
            taken = lock.acquire(blocking=False)
            try:
                yield taken
            finally:
                if taken:
                    lock.release()
        finally:
            self._writing.release()

    def cursor(self, channel_id: UUID, locale: str) -> Cursor | None:
        """See SearchIndex."""
        try:
            if not _is_readable(self._current(channel_id)):
                return None
            opened = self._open(channel_id, look=True)
        except (OSError, ValueError, SearchUnavailable):
            return None
        if opened.analyser.language != language_of(locale):
            return None
        query = Query.term_query(opened.index.schema, "key", _CURSOR)
        for _, address in opened.searcher.search(query, 1).hits:
            xid, number = opened.searcher.doc(address)["cursor"][0].split(":")
            return Cursor(xid=int(xid), id=int(number))
        return None

    def update(
        self,
        channel_id: UUID,
        texts: Sequence[SearchText],
        gone: Iterable[UUID],
        cursor: Cursor,
    ) -> None:
        """See SearchIndex."""
        opened = self._open(channel_id, look=True)
        writer = opened.index.writer(_HEAP, 1)
        try:
            for product_id in (*gone, *(text.product_id for text in texts)):
                writer.delete_documents_by_term("key", product_id.hex)
            for text in texts:
                writer.add_document(_document(text, opened.analyser))
            _move(writer, cursor)
            writer.commit()
        except BaseException:
            writer.rollback()
            raise
        finally:
            writer.wait_merging_threads()

    def rebuild(
        self, channel_id: UUID, locale: str, texts: Iterable[SearchText], cursor: Cursor
    ) -> int:
        """See SearchIndex."""
        place = self._folder / str(channel_id)
        generation = f"{LAYOUT}-{time.time_ns()}"
        folder = place / generation
        folder.mkdir(parents=True)
        (folder / "locale").write_text(locale, "utf-8")
        analyser = analyser_of(language_of(locale))
        writer = tantivy.Index(_schema(), path=str(folder)).writer(_HEAP, 1)
        count = 0
        for text in texts:
            writer.add_document(_document(text, analyser))
            count += 1
        _move(writer, cursor)
        writer.commit()
        writer.wait_merging_threads()
        following = place / "current.new"
        following.write_text(generation, "utf-8")
        following.replace(place / "current")
        self._drop_others(place, generation)
        return count

    def _drop_others(self, place: Path, generation: str) -> None:
        # One older generation stays: a reader may be about to open it.
        older = sorted(
            (f for f in place.iterdir() if f.is_dir() and f.name != generation),
            key=lambda f: f.stat().st_mtime_ns,
        )
        for folder in older[:-1]:
            shutil.rmtree(folder, ignore_errors=True)


def _is_readable(generation: Path) -> bool:
    return generation.name.startswith(f"{LAYOUT}-")


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("key", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("cursor", stored=True, tokenizer_name="raw", index_option="basic")
    for field in (*FIELDS, "head", "maker", "spelled"):
        builder.add_text_field(field, tokenizer_name="whitespace")
    return builder.build()


def _document(text: SearchText, analyser: Analyser) -> tantivy.Document:
    fields = {field: " ".join(words) for field, words in analyser.fields(text).items()}
    spelled = analyser.spelled(f"{text.brand} {text.title} {text.kind}")
    return tantivy.Document(key=text.product_id.hex, spelled=" ".join(spelled), **fields)


def _move(writer: tantivy.IndexWriter, cursor: Cursor) -> None:
    writer.delete_documents_by_term("key", _CURSOR)
    writer.add_document(tantivy.Document(key=_CURSOR, cursor=f"{cursor.xid}:{cursor.id}"))


def _meaningful(analyser: Analyser, text: str) -> list[str]:
    """The words of a query without those that mean nothing, unless there are no others."""
    stop = analyser.language.stop_words
    kept = [word for word in text.split() if word.lower() not in stop]
    return analyser.words(" ".join(kept)) or analyser.words(text)


def _analysed(analyser: Analyser, synonyms: Synonyms) -> list[list[tuple[str, ...]]]:
    return [[tuple(analyser.words(term)) for term in group] for group in synonyms]


def _hits(opened: _Opened, query: Query, limit: int) -> list[tuple[UUID, float]]:
    """The products with their scores, the best first."""
    searcher = opened.searcher
    hits = searcher.search(query, limit, count=False).hits
    return [(UUID(searcher.doc(address)["key"][0]), float(score)) for score, address in hits]


def _ends(opened: _Opened, beginning: str) -> list[str]:
    """The words that begin so, the most frequent first."""
    found = opened.searcher.terms_with_prefix("spelled", beginning, limit=_COMPLETED)
    return [word for word, _ in found]


def _corrected(opened: _Opened, corrections: list[tuple[str, str]], word: str) -> str | None:
    """The nearest title word within one typo, or two for long words; the most frequent of those.

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
    corrections.append((word, best))
    return best
