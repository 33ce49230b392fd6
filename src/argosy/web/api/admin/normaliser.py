"""What the normaliser asks, what it has learned, and where the values of products are from."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from msgspec import Meta

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import catalog, normalising, staff
from argosy.modules.normalising import Origin, Question, Synonym
from argosy.runtime.db import Tx
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.workflows.normalising_values import AnswerQuestion

AnyRequest = Request[Any, Any, Any]
_READS = [requires("catalog:read")]
_WRITES = [requires("catalog:write")]


class QuestionView(msgspec.Struct, frozen=True, kw_only=True):
    """A word that is not sure. `seen` counts values that had it when it was asked about."""

    id: str
    kind: normalising.Kind
    raw: str
    proposed: str
    rule: normalising.RuleName
    confidence: float
    state: normalising.QuestionState
    seen: int
    person: str | None
    asked_at: datetime
    answered_at: datetime | None

    @classmethod
    def of(cls, question: Question) -> "QuestionView":
        """As answers show it."""
        fields = msgspec.structs.asdict(question)
        return cls(**fields | {"id": encode("question", question.id)})


class AnswerBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`accept`: so it is, this once. `always`: from now on, too. `reject`: the word stays as it is,
    and is not asked about again. `value` is another one than was proposed.
    """

    answer: normalising.Answer
    value: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")] | None = None


class SynonymView(msgspec.Struct, frozen=True, kw_only=True):
    """What a word (folded: without case, accents and hyphens) means; null: it stays as it is."""

    kind: normalising.Kind
    word: str
    value: str | None
    person: str
    learned_at: datetime

    @classmethod
    def of(cls, synonym: Synonym) -> "SynonymView":
        """As answers show it."""
        return cls(**msgspec.structs.asdict(synonym))


class OriginView(msgspec.Struct, frozen=True, kw_only=True):
    """Where a value of a product is from: what stood in the file, the rule by which it became what
    it is, how sure that was, the import, and the person who had a hand in it.
    """

    path: str
    kind: normalising.Kind
    raw: str
    value: str
    rule: normalising.RuleName
    confidence: float
    settled: bool
    source: str
    person: str | None
    noted_at: datetime

    @classmethod
    def of(cls, origin: Origin) -> "OriginView":
        """As answers show it."""
        return cls(**msgspec.structs.asdict(origin))


class Origins(msgspec.Struct, frozen=True, kw_only=True):
    """The values of a product that the normaliser had a hand in."""

    items: tuple[OriginView, ...]


@get("/admin/v1/normaliser/questions", tags=["Imports"], security=ADMINISTRATION, guards=_READS)
async def list_normaliser_questions(
    request: AnyRequest,
    question_state: Annotated[
        normalising.QuestionState, Parameter(query="state", description="How they were answered.")
    ] = "open",
    limit: Limit = 24,
    cursor: CursorText = None,
) -> Page[QuestionView]:
    """Words of applied imports that were not sure, the newest first."""
    f = filters_of("normaliser-questions", state=question_state)
    keys = after(cursor, f, length=1)
    before = decode("question", str(keys[0]), field="cursor") if keys else None
    async with shop(request).db.reading() as tx:
        rows = await normalising.list_questions(
            tx, state=question_state, before=before, limit=limit + 1
        )
    return page_of(
        rows, limit=limit, filters=f, keys=lambda q: (encode("question", q.id),),
        show=QuestionView.of,
    )  # fmt: skip


@post(
    "/admin/v1/normaliser/questions/{question_id:str}/answer",
    status_code=200,
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_WRITES,
    problems=[normalising.QuestionNotFound, normalising.QuestionAnswered],
    responses={200: ResponseSpec(data_container=QuestionView, description="Answered.")},
)
async def answer_normaliser_question(
    request: AnyRequest, question_id: str, data: AnswerBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Say what a word means. Products that still have it are changed in the background."""
    found = decode("question", question_id, field="question_id")

    async def run(tx: Tx) -> Question:
        return await answer(tx, actor(request), found, data.answer, data.value)

    return await once(request, run, show=QuestionView.of, status=200)


async def answer(
    tx: Tx, who: staff.Actor, question_id: Any, said: normalising.Answer, value: str | None
) -> Question:
    """Answer, and have the products changed. Raises QuestionNotFound, QuestionAnswered."""
    question = await normalising.answer(tx, question_id, said, value=value, person=who.name)
    tx.enqueue(AnswerQuestion(question_id=question_id))
    told = {"kind": question.kind, "raw": question.raw, "value": question.proposed, "answer": said}
    subject = encode("question", question_id)
    await staff.audit(tx, who, "normaliser.answered", subject, None, told)
    return question


@get("/admin/v1/normaliser/synonyms", tags=["Imports"], security=ADMINISTRATION, guards=_READS)
async def list_normaliser_synonyms(
    request: AnyRequest,
    synonym_kind: Annotated[
        normalising.Kind | None, Parameter(query="kind", description="Words of this kind.")
    ] = None,
    q: Annotated[
        str, Parameter(max_length=200, description="In the word, or in what it means.")
    ] = "",
    limit: Limit = 24,
    cursor: CursorText = None,
) -> Page[SynonymView]:
    """What was learned, by kind and word."""
    f = filters_of("normaliser-synonyms", kind=synonym_kind, q=q)
    keys = after(cursor, f, length=2)
    async with shop(request).db.reading() as tx:
        rows = await normalising.list_synonyms(
            tx,
            kind=synonym_kind,
            text=q,
            after=(str(keys[0]), str(keys[1])) if keys else None,
            limit=limit + 1,
        )
    return page_of(
        rows, limit=limit, filters=f, keys=lambda s: (s.kind, s.word), show=SynonymView.of
    )


@delete(
    "/admin/v1/normaliser/synonyms/{kind:str}",
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_WRITES,
    problems=[normalising.SynonymNotFound],
)
async def forget_normaliser_synonym(
    request: AnyRequest,
    kind: str,
    word: Annotated[str, Parameter(min_length=1, max_length=200, description="The word.")],
) -> None:
    """Forget what a word means. Products stay as they are; the next import may ask again."""
    async with shop(request).db.transaction() as tx:
        gone = await normalising.forget_synonym(tx, kind, word)
        told = {"kind": gone.kind, "word": gone.word, "value": gone.value}
        await staff.audit(tx, actor(request), "normaliser.forgot", f"{kind}:{gone.word}", told)


@get(
    "/admin/v1/products/{product_id:str}/origins",
    tags=["Imports"],
    security=ADMINISTRATION,
    guards=_READS,
    problems=[catalog.ProductNotFound],
)
async def list_product_origins(request: AnyRequest, product_id: str) -> Origins:
    """Where the values of a product are from that the normaliser had a hand in."""
    found = decode("product", product_id, field="product_id")
    async with shop(request).db.reading() as tx:
        await catalog.product_by_id(tx, found)
        rows = await normalising.origins_of(tx, found)
    return Origins(items=tuple(OriginView.of(row) for row in rows))


ROUTES: list[HTTPRouteHandler] = [
    list_normaliser_questions,
    answer_normaliser_question,
    list_normaliser_synonyms,
    forget_normaliser_synonym,
    list_product_origins,
]
