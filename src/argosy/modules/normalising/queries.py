"""Read what is asked, learned and noted."""

from __future__ import annotations

from uuid import UUID

from argosy.modules.normalising import rules, store
from argosy.modules.normalising.errors import QuestionNotFound
from argosy.modules.normalising.types import (
    Kind,
    Origin,
    Question,
    QuestionState,
    Synonym,
    Vocabulary,
)
from argosy.runtime.db import Tx


async def vocabulary(tx: Tx, *, brands: list[str], locale: str) -> Vocabulary:
    """All words that are known. One statement."""
    learned = await store.learned(tx)
    return Vocabulary(
        locale=locale,
        brands={rules.folded(name): name for name in reversed(brands)},
        learned={(one.kind, one.word): one.value for one in learned},
    )


async def origins_of(tx: Tx, product_id: UUID) -> list[Origin]:
    """Where the values of a product are from, by path."""
    return await store.origins_of(tx, product_id)


async def list_questions(
    tx: Tx, *, state: QuestionState | None = "open", before: UUID | None = None, limit: int
) -> list[Question]:
    """Questions, the newest first."""
    return await store.question_page(tx, state, before, limit)


async def list_synonyms(
    tx: Tx,
    *,
    kind: Kind | None = None,
    text: str = "",
    after: tuple[str, str] | None = None,
    limit: int,
) -> list[Synonym]:
    """Learned words by kind and word; with `text`, those that hold it or mean something with it,
    compared as words are.
    """
    wanted = rules.folded(text) or None
    return await store.synonym_page(tx, after or ("", ""), limit, kind, wanted)


async def question_by_id(tx: Tx, question_id: UUID) -> Question:
    """One question. Raises QuestionNotFound."""
    found = await store.question_by_id(tx, question_id)
    if found is None:
        raise QuestionNotFound("There is no such question.")
    return found


async def waiting_values(tx: Tx, question: Question, *, limit: int) -> list[tuple[UUID, str]]:
    """Values that wait for the answer: product and path."""
    return await store.unsettled(tx, question.kind, rules.folded(question.raw), limit)
