"""Telling the indexes what changed, and what words mean the same."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from argosy.modules.search import store
from argosy.modules.search.errors import SynonymsInvalid
from argosy.modules.search.types import QueryCount
from argosy.runtime.db import Tx

SYNONYMS_TOPIC: Final = "synonyms"
KEPT: Final = timedelta(days=7)
"""An index that was away for longer is made anew."""

QUERIES_KEPT: Final = timedelta(days=90)
"""What was searched for is told to the merchant for so long."""

_MAX_GROUPS: Final = 2000
_MAX_TERMS: Final = 20
_MAX_WORDS: Final = 4
_MAX_LENGTH: Final = 80


async def mark_shown(tx: Tx, product_ids: Collection[UUID]) -> None:
    """Say that these products look different now, or are gone. A repeat costs one more look."""
    if product_ids:
        await store.mark(tx, product_ids)


async def forget_changes(tx: Tx) -> int:
    """Forget what every index has long followed; how many entries."""
    return await store.forget(tx, tx.now - KEPT)


async def count_queries(tx: Tx, counts: Collection[QueryCount]) -> None:
    """Add to what was searched for today (UTC). A repeat counts again."""
    if counts:
        await store.count_queries(tx, tx.now.date(), list(counts))


async def forget_queries(tx: Tx) -> int:
    """Forget what was searched for long ago; how many counts."""
    return await store.forget_queries(tx, (tx.now - QUERIES_KEPT).date())


async def set_synonyms(
    tx: Tx, language: str, groups: Sequence[Sequence[str]]
) -> list[tuple[str, ...]]:
    """Replace the synonyms of a language ("en"); no group removes them all. Repeatable.

    Queries use them within a second; nothing is indexed anew. Raises SynonymsInvalid.
    """
    if len(groups) > _MAX_GROUPS:
        raise SynonymsInvalid("There are too many groups.", field="groups")
    cleaned = [_group(terms, index) for index, terms in enumerate(groups)]
    await store.replace_synonyms(tx, language, cleaned)
    tx.notify(SYNONYMS_TOPIC, language)
    return cleaned


def _group(terms: Sequence[str], index: int) -> tuple[str, ...]:
    group = tuple(dict.fromkeys(" ".join(term.lower().split()) for term in terms))
    if (
        not 2 <= len(group) <= _MAX_TERMS
        or not all(group)
        or any(len(t) > _MAX_LENGTH or len(t.split()) > _MAX_WORDS for t in group)
    ):
        raise SynonymsInvalid(
            "A group has at least two different terms of one to four words.",
            field=f"groups.{index}",
            cure='Write a group like ["laptop", "notebook"].',
        )
    return group
