"""Tantivy in the process: one folder per channel, written by one process, read by all of them.

    <folder>/<channel>/current          the name of the generation that is read
    <folder>/<channel>/<generation>/    a Tantivy index, and `locale`

A generation is named by its layout and the time. One of an earlier layout, or of an earlier version
of Tantivy that can still be read, answers until the one of this layout is in its place.

A commit is atomic, and the cursor is a document of its own in it: an index is never behind what its
cursor says. Where nothing that changed has other words than before there is no commit, and the
cursor moves on in the file `followed`: prices and stock change far more often than words, and
readers go on with what they have open. A new generation is made beside the present one and put in
its place by a rename. Readers look every half second whether there is something newer.
"""

from __future__ import annotations

import shutil
import threading
import time
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

import fasteners  # type: ignore[import-untyped]
import tantivy
from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler
from tantivy import Occur, Query

from argosy.adapters.search.analysing import Analyser, analyser_of
from argosy.adapters.search.documents import document, move, move_on, schema, seal_of
from argosy.adapters.search.explaining import Explainer
from argosy.adapters.search.opened import Opened
from argosy.adapters.search.ranking import clauses_of, query_of
from argosy.modules.search import (
    Cursor,
    Explained,
    Found,
    Plan,
    Reward,
    SearchText,
    SearchUnavailable,
    Suggested,
    language_of,
    plan,
)
from argosy.modules.search.ports import Synonyms

LAYOUT: Final = "3"
"""Changes with what is indexed: an index of another layout answers until it is made anew."""

_LOOK_EVERY_S: Final = 0.5
_HEAP: Final = 30_000_000
_COMPLETIONS: Final = 8
_COMPLETED: Final = 100
_ALIKE: Final = 0.82


class TantivyIndex:
    """The search island's SearchIndex in a folder of this machine. Safe to use from threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened: dict[UUID, tuple[float, Opened]] = {}
        self._lock = threading.Lock()
        self._writing = threading.Lock()

    # --- reading ---------------------------------------------------------------------------------

    def find(self, channel_id: UUID, text: str, limit: int, synonyms: Synonyms) -> Found:
        """See SearchIndex."""
        opened = self._open(channel_id)
        understood, corrections = _understood(opened, text, synonyms)
        if understood is None:
            return Found(product_ids=())
        ids, scores = opened.hits(query_of(opened.fields, understood, _codes(text)), limit)
        return Found(product_ids=tuple(ids), scores=array("d", scores), corrections=corrections)

    def stamp(self, channel_id: UUID) -> str:
        """See SearchIndex."""
        return self._open(channel_id).stamp

    def explain(
        self, channel_id: UUID, text: str, product_id: UUID, limit: int, synonyms: Synonyms
    ) -> Explained:
        """See SearchIndex."""
        opened = self._open(channel_id)
        understood, corrections = _understood(opened, text, synonyms)
        product = Explainer(opened.fields, opened.searcher, product_id)
        scores: dict[Reward, float] = {}
        ids: list[UUID] = []
        if understood is not None:
            for name, clause in clauses_of(opened.fields, understood, _codes(text)):
                if score := product.score(clause):
                    scores[name] = scores.get(name, 0.0) + score
            query = query_of(opened.fields, understood, _codes(text))
            ids, _ = opened.hits(query, limit)
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
            product_ids=tuple(opened.hits(query, limit)[0]),
        )

    def near(self, channel_id: UUID, texts: Sequence[str], limit: int) -> list[list[str]]:
        """See SearchIndex."""
        opened = self._open(channel_id)
        words = opened.vocabulary
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

    def _open(self, channel_id: UUID, *, look: bool = False) -> Opened:
        now = time.monotonic()
        kept = self._opened.get(channel_id)
        if kept is not None and not look and now - kept[0] < _LOOK_EVERY_S:
            return kept[1]
        with self._lock:
            opened = self._newest(channel_id, None if kept is None else kept[1])
            self._opened[channel_id] = (now, opened)
            return opened

    def _newest(self, channel_id: UUID, kept: Opened | None) -> Opened:
        try:
            folder = self._current(channel_id)
            if kept is None or kept.folder != folder:
                return Opened(folder)
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

    def _readable(self, channel_id: UUID) -> Opened | None:
        """The newest generation that can be read and is whole, if the present one cannot."""
        place = self._folder / str(channel_id)
        for folder in sorted(place.glob("*-*"), key=lambda f: f.name.partition("-")[2])[::-1]:
            try:
                opened = Opened(folder)
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
        sealed = [(text, seal_of(text)) for text in texts]
        news = [(text, seal) for text, seal in sealed if opened.seal(text.product_id) != seal]
        lost = [product_id for product_id in gone if opened.seal(product_id) is not None]
        if not news and not lost:
            move_on(opened.folder, cursor)
            return
        writer = opened.index.writer(_HEAP, 1)
        try:
            for product_id in (*lost, *(text.product_id for text, _ in news)):
                writer.delete_documents_by_term("key", product_id.hex)
            for text, seal in news:
                writer.add_document(document(text, seal, opened.analyser))
            move(writer, cursor)
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
        writer = tantivy.Index(schema(), path=str(folder)).writer(_HEAP, 1)
        count = 0
        for text in texts:
            writer.add_document(document(text, seal_of(text), analyser))
            count += 1
        move(writer, cursor)
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


def _understood(
    opened: Opened, text: str, synonyms: Synonyms
) -> tuple[Plan | None, tuple[tuple[str, str], ...]]:
    """What a query means to this index, and what was corrected; None for one without a word."""
    words = _meaningful(opened.analyser, text)
    if not words:
        return None, ()
    corrections: list[tuple[str, str]] = []
    analyser = opened.analyser
    written = {analyser.form(one): one for one in reversed(analyser.spelled(text))}

    def corrected(word: str) -> str | None:
        typed = written.get(word, word)
        best = opened.corrected(typed)
        if best is None:
            return None
        corrections.append((typed, best))
        return analyser.form(best)

    understood = plan(
        words,
        is_known=opened.knows,
        is_phrase=opened.has_phrase,
        synonyms=opened.analysed(synonyms),
        corrected=corrected,
        index_form=analyser.form,
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


def _ends(opened: Opened, beginning: str) -> list[str]:
    """The words that begin so, the most frequent first."""
    found = opened.searcher.terms_with_prefix("spelled", beginning, limit=_COMPLETED)
    return [word for word, _ in found]
