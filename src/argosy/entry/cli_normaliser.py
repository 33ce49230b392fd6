"""`argosy normaliser`: what words of suppliers' files mean."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
import typer
from rich.markup import escape

from argosy.entry.terminal import as_json, choices, console, run, show
from argosy.kernel.ids import decode, encode
from argosy.modules import normalising
from argosy.modules.normalising import Question, Synonym
from argosy.workflows.app import App
from argosy.workflows.normalising_values import settle_answer

app = typer.Typer(no_args_is_help=True, help="What words of suppliers' files mean.")

SHOWN = 100
PERSON = "command line"


class Said(StrEnum):
    """What can be answered."""

    ACCEPT = "accept"
    ALWAYS = "always"
    REJECT = "reject"


@app.command("questions")
def questions_command() -> None:
    """Words of applied imports that are not sure."""

    async def work(shop: App) -> list[Question]:
        async with shop.db.reading() as tx:
            return await normalising.list_questions(tx, limit=SHOWN)

    rows = [
        {"id": encode("question", q.id), "kind": q.kind, "raw": q.raw, "proposed": q.proposed,
         "confidence": q.confidence, "rule": q.rule, "seen": q.seen}
        for q in run(work)
    ]  # fmt: skip
    columns = ("id", "kind", "raw", "proposed", "confidence", "rule", "seen")
    show(rows, columns=columns, title="Questions")


@app.command("answer")
def answer_command(
    question_id: Annotated[str, typer.Argument(help="The question, such as qst_01m7y...")],
    said: Annotated[
        Said, typer.Argument(help="This once, from now on, or never: the word stays as it is.")
    ],
    value: Annotated[str | None, typer.Option(help="Another value than was proposed.")] = None,
) -> None:
    """Say what a word means, and change the products that have it."""
    found = decode("question", question_id, field="question_id")

    async def work(shop: App) -> int:
        async with shop.db.transaction() as tx:
            await normalising.answer(tx, found, said.value, value=value, person=PERSON)
        return await settle_answer(shop.db, found)

    changed = run(work)
    if choices.get().json:
        as_json({"changed": changed})
    else:
        console.print(f"{changed:,} products changed.")


@app.command("synonyms")
def synonyms_command() -> None:
    """What was learned."""

    async def work(shop: App) -> list[Synonym]:
        async with shop.db.reading() as tx:
            return await normalising.list_synonyms(tx, limit=1_000)

    rows = [msgspec.to_builtins(one) for one in run(work)]
    show(rows, columns=("kind", "word", "value", "person", "learned_at"), title="Synonyms")


@app.command("forget")
def forget_command(
    kind: Annotated[str, typer.Argument(help="brand, colour, size or unit.")],
    word: Annotated[str, typer.Argument(help="The word.")],
) -> None:
    """Forget what a word means; products stay as they are."""

    async def work(shop: App) -> Synonym:
        async with shop.db.transaction() as tx:
            return await normalising.forget_synonym(tx, kind, word)

    gone = run(work)
    if choices.get().json:
        as_json(msgspec.to_builtins(gone))
    else:
        console.print(f"{escape(gone.word)} is forgotten.")
