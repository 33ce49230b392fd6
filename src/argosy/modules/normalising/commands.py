"""Note where values are from, ask about words, and learn from answers."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from argosy.kernel.ids import new_id
from argosy.modules.normalising import rules, store
from argosy.modules.normalising.errors import (
    QuestionAnswered,
    QuestionNotFound,
    SynonymNotFound,
)
from argosy.modules.normalising.types import Answer, Noted, Question, Synonym
from argosy.runtime.db import Tx


async def note(tx: Tx, noted: Sequence[Noted]) -> None:
    """Keep where values of products are from, and ask about those that are not sure.

    A word that is asked about already is not asked twice. Two statements.
    """
    if not noted:
        return
    await store.note_origins(tx, noted)
    asked: dict[tuple[str, str], dict[str, object]] = {}
    seen: dict[tuple[str, str], int] = {}
    for one in noted:
        finding = one.finding
        if not finding.settled:
            key = finding.kind, rules.folded(finding.raw)
            seen[key] = seen.get(key, 0) + 1
            fields = {f: getattr(finding, f) for f in ("kind", "raw", "value", "rule")}
            asked[key] = {**fields, "confidence": finding.confidence, "word": key[1]}
    if asked:
        questions = [{**asked[key], "id": new_id(), "seen": seen[key]} for key in sorted(asked)]
        await store.ask(tx, questions)


async def answer(
    tx: Tx, question_id: UUID, said: Answer, *, value: str | None = None, person: str
) -> Question:
    """Answer a question: `accept` this once, `always` also from now on, `reject` never again.
    `value` is another one than was proposed.

    Raises QuestionNotFound, QuestionAnswered.
    """
    question = await store.question_by_id(tx, question_id)
    if question is None:
        raise QuestionNotFound("There is no such question.")
    meant = value or question.proposed
    if not await store.answer_question(tx, question_id, said, meant, person):
        raise QuestionAnswered("It is answered already.")
    word = rules.folded(question.raw)
    if said == "always":
        await store.learn(tx, question.kind, word, meant, person)
    elif said == "reject":
        await store.learn(tx, question.kind, word, None, person)
    return msgspec.structs.replace(
        question, state=said, proposed=meant, person=person, answered_at=tx.now
    )


async def settle(tx: Tx, places: Sequence[tuple[UUID, str]], *, value: str, person: str) -> None:
    """Note that a person decided about these values (product, path)."""
    if places:
        await store.settle(tx, places, person, value)


async def forget_synonym(tx: Tx, kind: str, word: str) -> Synonym:
    """Forget what a word means; products stay as they are. Raises SynonymNotFound."""
    gone = await store.forget_synonym(tx, kind, rules.folded(word.replace("\x00", "")))
    if gone is None:
        raise SynonymNotFound("No such word was learned.")
    return gone


async def forget_source(tx: Tx, source: str) -> None:
    """An import was taken back: forget what it said of values."""
    await store.forget_source(tx, source)
