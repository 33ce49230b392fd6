"""The only file of normalising that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from argosy.modules.normalising.rules import folded
from argosy.modules.normalising.types import (
    Kind,
    Noted,
    Origin,
    Question,
    QuestionState,
    Synonym,
)
from argosy.runtime.db import Tx
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def learned(tx: Tx) -> list[Synonym]:
    """All that was learned."""
    return [Synonym(**dict(row)) for row in await tx.many(SQL.learned)]


async def synonym_page(
    tx: Tx, after: tuple[str, str], limit: int, kind: str | None, text: str | None
) -> list[Synonym]:
    """Learned words by kind and word; those of a kind, those that hold a text."""
    rows = await tx.many(SQL.synonym_page, *after, limit, kind, text)
    return [Synonym(**dict(row)) for row in rows]


async def learn(tx: Tx, kind: Kind, word: str, value: str | None, person: str) -> None:
    """What a word means from now on."""
    await tx.run(SQL.learn, kind, word, value, person, tx.now)


async def forget_synonym(tx: Tx, kind: str, word: str) -> Synonym | None:
    """Forget a word; what it was."""
    row = await tx.maybe(SQL.forget_synonym, kind, word)
    return Synonym(**dict(row)) if row else None


async def note_origins(tx: Tx, noted: Sequence[Noted]) -> None:
    """Where values are from; of a value that has an origin already, the new one."""
    listed = {
        (one.product_id, one.finding.path): {
            **msgspec.structs.asdict(one.finding),
            "product_id": one.product_id,
            "source": one.source,
            "word": folded(one.finding.raw),
        }
        for one in noted
    }
    await tx.run(SQL.note_origins, [listed[key] for key in sorted(listed)], tx.now)


async def ask(tx: Tx, questions: Sequence[dict[str, object]]) -> None:
    """Ask about words; of an open question, more were seen."""
    await tx.run(SQL.ask, questions, tx.now)


async def forget_source(tx: Tx, source: str) -> None:
    """Forget what an import said."""
    await tx.run(SQL.forget_source, source)


async def origins_of(tx: Tx, product_id: UUID) -> list[Origin]:
    """Where the values of a product are from."""
    return [Origin(**dict(row)) for row in await tx.many(SQL.origins_of, product_id)]


async def question_page(
    tx: Tx, state: QuestionState | None, before: UUID | None, limit: int
) -> list[Question]:
    """Questions, the newest first."""
    rows = await tx.many(SQL.question_page, state, before, limit)
    return [Question(**dict(row)) for row in rows]


async def question_by_id(tx: Tx, question_id: UUID) -> Question | None:
    """One question."""
    row = await tx.maybe(SQL.question_by_id, question_id)
    return Question(**dict(row)) if row else None


async def answer_question(tx: Tx, question_id: UUID, answer: str, value: str, person: str) -> bool:
    """Answer an open question; False when it is answered."""
    row = await tx.maybe(SQL.answer_question, question_id, answer, value, person, tx.now)
    return row is not None


async def unsettled(tx: Tx, kind: str, word: str, limit: int) -> list[tuple[UUID, str]]:
    """Values that wait for an answer about a word: product and path."""
    rows = await tx.many(SQL.unsettled, kind, word, limit)
    return [(row["product_id"], row["path"]) for row in rows]


async def settle(tx: Tx, places: Sequence[tuple[UUID, str]], person: str, value: str) -> None:
    """Note what a person said of values."""
    ids, paths = [p for p, _ in places], [path for _, path in places]
    await tx.run(SQL.settle, ids, paths, person, value, tx.now)
