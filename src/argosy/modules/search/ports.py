"""What search asks of an index engine: Tantivy in the process, or a server of its own."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol
from uuid import UUID

from argosy.modules.search.types import Cursor, Explained, Found, SearchText, Suggested

Synonyms = Sequence[Sequence[str]]


class SearchIndex(Protocol):
    """One index per channel. Reading never waits for writing; only one process writes."""

    def try_writing(self) -> AbstractContextManager[bool]:
        """True while this process may write; False when another one does."""
        ...

    def find(self, channel_id: UUID, text: str, limit: int, synonyms: Synonyms) -> Found:
        """Return at most `limit` products, best first; nothing for a text without a word.

        Raises SearchUnavailable where the channel has no index yet.
        """
        ...

    def suggest(self, channel_id: UUID, text: str, limit: int) -> Suggested:
        """Return what the beginning of a query may become. Raises SearchUnavailable."""
        ...

    def stamp(self, channel_id: UUID) -> str:
        """Names what `find` reads just now: another name, perhaps another answer. Cheap.

        Raises SearchUnavailable.
        """
        ...

    def explain(
        self, channel_id: UUID, text: str, product_id: UUID, limit: int, synonyms: Synonyms
    ) -> Explained:
        """Why `find` with these arguments finds a product where it does, or not.

        Raises SearchUnavailable.
        """
        ...

    def near(self, channel_id: UUID, texts: Sequence[str], limit: int) -> list[list[str]]:
        """For each text, words of titles and brands that look like those that no product has.

        Raises SearchUnavailable.
        """
        ...

    def cursor(self, channel_id: UUID, locale: str) -> Cursor | None:
        """How far the index has followed; None if it has to be made anew.

        Cheap where nothing was written since it was asked last.
        """
        ...

    def update(
        self,
        channel_id: UUID,
        texts: Sequence[SearchText],
        gone: Iterable[UUID],
        cursor: Cursor,
    ) -> None:
        """Replace and remove products, and move the cursor: all of it at once or nothing."""
        ...

    def rebuild(
        self, channel_id: UUID, locale: str, texts: Iterable[SearchText], cursor: Cursor
    ) -> int:
        """Make the channel's index anew beside the present one, then put it in its place."""
        ...
