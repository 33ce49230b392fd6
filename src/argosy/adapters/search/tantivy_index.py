"""Tantivy in the process: one folder per channel, written by one process, read by all of them.

    <folder>/<channel>/current          the name of the generation that is read
    <folder>/<channel>/<generation>/    a Tantivy index, and `locale`

A generation is named by its layout and the time. One of an earlier layout, or of an earlier version
of Tantivy that can still be read, answers until the one of this layout is in its place.

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
import msgspec
import tantivy
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler
from tantivy import Occur, Query

from argosy.adapters.search.analysing import FIELDS, Analyser, analyser_of
from argosy.adapters.search.explaining import Explainer
from argosy.adapters.search.ranking import Fields, clauses_of, query_of
from argosy.modules.search import (
    Cursor,
    Explained,
    Found,
    Plan,
    SearchText,
    SearchUnavailable,
    Suggested,
    language_of,
    plan,
)
from argosy.modules.search.ports import Synonyms

LAYOUT: Final = "2"
"""Changes with what is indexed: an index of another layout answers until it is made anew."""

_CURSOR: Final = "cursor"
_LEAST: Final = {"key", "cursor", "title", "spelled"}
"""An index without these fields answers nothing."""
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
        self.fields = Fields(self.index.schema, names := _field_names(folder))
        if not names >= _LEAST:
            raise ValueError(folder.name)
        self._worded = [field for field in FIELDS if field in names]
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
        return any(self.searcher.doc_freq(field, word) for field in self._worded)

    def cursor(self) -> Cursor | None:
        """How far it has followed; None while it is being made."""
        query = self.fields.term("key", _CURSOR)
        for _, address in self.searcher.search(query, 1, count=False).hits:
            xid, number = self.searcher.doc(address)["cursor"][0].split(":")
            return Cursor(xid=int(xid), id=int(number))
        return None


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
        understood, corrections = _understood(opened, text, synonyms)
        if understood is None:
            return Found(product_ids=())
        hits = _hits(opened, query_of(opened.fields, understood, _codes(text)), limit)
        return Found(
            product_ids=tuple(id_ for id_, _ in hits),
            scores=tuple(score for _, score in hits),
            corrections=corrections,
        )

    def stamp(self, channel_id: UUID) -> str:
        """See SearchIndex."""
        opened = self._open(channel_id)
        return f"{opened.folder.name}:{opened.stamp}"

    def explain(
        self, channel_id: UUID, text: str, product_id: UUID, limit: int, synonyms: Synonyms
    ) -> Explained:
        """See SearchIndex."""
        opened = self._open(channel_id)
        understood, corrections = _understood(opened, text, synonyms)
        product = Explainer(opened.fields, opened.searcher, product_id)
        scores: dict[str, float] = {}
        ids: list[UUID] = []
        if understood is not None:
            for name, clause in clauses_of(opened.fields, understood, _codes(text)):
                if score := product.score(clause):
                    scores[name] = scores.get(name, 0.0) + score
            query = query_of(opened.fields, understood, _codes(text))
            ids = [id_ for id_, _ in _hits(opened, query, limit)]
        return Explained(
            words=understood.words if understood else (),
            corrections=corrections,
            indexed=product.is_indexed(),
            parts=product.parts(understood) if understood else (),
            score=sum(scores.values()),
            scores=scores,
            rank=ids.index(product_id) + 1 if product_id in ids else None,
        )

    def suggest(self, channel_id: UUID, text: str, limit: int) -> Suggested:
        """See SearchIndex."""
        opened = self._open(channel_id)
        words = opened.analyser.spelled(text)
        if not words:
            return Suggested(completions=(), product_ids=())
        *before, last = words
        ends = [] if text[-1:].isspace() else _ends(opened, last)
        begins = Query.boolean_query(
            [(Occur.Should, opened.fields.term("spelled", end)) for end in (last, *ends)]
        )
        clauses = [opened.fields.term("spelled", word) for word in before]
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
            opened = self._newest(channel_id, None if kept is None else kept[1])
            self._opened[channel_id] = (now, opened)
            return opened

    def _newest(self, channel_id: UUID, kept: _Opened | None) -> _Opened:
        try:
            folder = self._current(channel_id)
            if kept is None or kept.folder != folder:
                return _Opened(folder)
            kept.refresh()
        except (OSError, ValueError) as error:
            # Between the rename and the end of the old generation there may be no file for a
            # moment, and the present one may be of a version that cannot be read; what is open is
            # still whole, and so may be another.
            if kept is None:
                kept = self._readable(channel_id)
            if kept is None:
                raise SearchUnavailable(
                    "There is no search index of this channel here yet.", retry_after=5
                ) from error
        return kept

    def _readable(self, channel_id: UUID) -> _Opened | None:
        """The newest generation that can be read and is whole, if the present one cannot."""
        place = self._folder / str(channel_id)
        for folder in sorted(place.glob("*-*"), key=lambda f: f.name.partition("-")[2])[::-1]:
            try:
                opened = _Opened(folder)
                if opened.cursor() is not None:
                    return opened
            except (OSError, ValueError):
                continue
        return None

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
            opened = self._open(channel_id, look=True)
        except SearchUnavailable:
            return None
        if not _is_present(opened.folder) or opened.analyser.language != language_of(locale):
            return None
        return opened.cursor()

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


def _is_present(generation: Path) -> bool:
    return generation.name.startswith(f"{LAYOUT}-")


def _field_names(generation: Path) -> frozenset[str]:
    """The fields that a generation was made with. Raises ValueError when that is not said."""
    try:
        meta = msgspec.json.decode((generation / "meta.json").read_bytes())
        return frozenset(field["name"] for field in meta["schema"])
    except (KeyError, TypeError, msgspec.DecodeError) as error:
        raise ValueError(generation.name) from error


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


def _understood(
    opened: _Opened, text: str, synonyms: Synonyms
) -> tuple[Plan | None, tuple[tuple[str, str], ...]]:
    """What a query means to this index, and what was corrected; None for one without a word."""
    words = _meaningful(opened.analyser, text)
    if not words:
        return None, ()
    corrections: list[tuple[str, str]] = []
    understood = plan(
        words,
        is_known=opened.knows,
        synonyms=_analysed(opened.analyser, synonyms),
        corrected=partial(_corrected, opened, corrections),
        index_form=opened.analyser.form,
    )
    return understood, tuple(corrections)


def _codes(text: str) -> list[str]:
    """What may be a SKU or GTIN."""
    return text.lower().split()


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
