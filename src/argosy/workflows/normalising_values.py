"""Normalise the values of records on their way in: brands, colours, sizes, numbers with units.

A step of import plans that ask for it (`normalise`). What is sure is put in its place, and the plan
shows what stood in the file; what is not sure stays as it is and becomes a question. Where a value
is from is kept with the product when the plan is applied.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from argosy.kernel.events import Job
from argosy.modules import brands, catalog, imports, normalising, translations
from argosy.modules.catalog import AttributeDefinition, ProductInput
from argosy.modules.catalog.ports import SourceRecord
from argosy.modules.normalising import Finding, Noted, Question, Vocabulary
from argosy.runtime.db import Database, Tx
from argosy.workflows.app import App
from argosy.workflows.typed_products import upsert_products

MOST_BRANDS = 50_000
"""More brands than this are not compared with: the first by name count."""
_PAGE = 500
_SETTLED_AT_ONCE = 100
# A text that is a number and a unit: `3,5 kg`, `10"`. What could be two numbers is left alone.
_MEASURE = re.compile(
    r"\s*(-?[0-9]{1,12})(?:[.,]([0-9]{1,2}|[0-9]{4,9}))?\s*([^\d\s][^\d]{0,18})\s*"
)


class AnswerQuestion(Job, frozen=True, kw_only=True):
    """Put an answer in its place."""

    NAME: ClassVar[str] = "answer_question"

    question_id: UUID


class Normaliser(msgspec.Struct, kw_only=True):
    """What is known while records are normalised; `found` are findings by the record's line."""

    vocabulary: Vocabulary
    attributes: dict[str, AttributeDefinition]
    found: dict[int, list[Finding]] = msgspec.field(default_factory=dict)

    def taken(self, source: SourceRecord) -> SourceRecord:
        """The record with what is sure put in its place."""
        data = source.data
        if data.get("kind") == "attribute":
            self._learn_attribute(data)
        if data.get("kind") != "product" or source.faults:
            return source
        found: list[Finding] = []
        brand = data.get("brand")
        changed: dict[str, object] = {}
        if isinstance(brand, str):
            changed["brand"] = self._word("brand", "brand", brand, (), found)
        attributes = data.get("attributes")
        if isinstance(attributes, dict):
            changed["attributes"] = {
                code: self._value(f"attributes.{code}", code, value, found)
                for code, value in attributes.items()
            }
        if not found:
            return source
        self.found.setdefault(source.row, []).extend(found)
        return msgspec.structs.replace(source, data={**data, **changed})

    def _learn_attribute(self, data: Mapping[str, object]) -> None:
        """A definition of the file counts for what follows it."""
        try:
            fields = {k: v for k, v in data.items() if k not in {"kind", "type"}}
            made = msgspec.convert({**fields, "kind": data.get("type")}, AttributeDefinition)
        except msgspec.ValidationError:
            return
        self.attributes.setdefault(made.code, made)

    def _value(self, path: str, code: str, value: object, found: list[Finding]) -> object:
        definition = self.attributes.get(code)
        if definition is not None and definition.kind == "number" and isinstance(value, str):
            return self._measure(path, value, definition, found)
        kind = normalising.kind_of(code)
        choices = definition.choices if definition else ()
        if kind and isinstance(value, str) and value:
            return self._word(kind, path, value, choices, found)
        if kind and isinstance(value, list) and len(value) <= 100:
            # The path tells which one of several is meant.
            return [
                self._word(kind, path if len(value) == 1 else f"{path}[{n}]", one, choices, found)
                if isinstance(one, str)
                else one
                for n, one in enumerate(value)
            ]
        return value

    def _word(
        self,
        kind: normalising.Kind,
        path: str,
        raw: str,
        choices: Sequence[str],
        found: list[Finding],
    ) -> str:
        made = normalising.proposal(kind, raw, self.vocabulary, choices=choices)
        if made is None:
            return raw
        settled = made.confidence >= normalising.SURE
        found.append(
            Finding(
                path=path, kind=kind, raw=raw, value=made.value, rule=made.rule,
                confidence=made.confidence, settled=settled,
            )
        )  # fmt: skip
        return made.value if settled else raw

    @staticmethod
    def _measure(
        path: str, raw: str, definition: AttributeDefinition, found: list[Finding]
    ) -> object:
        """A number with a known unit as such (DOMAIN.md E6); anything else stays for its fault."""
        match = _MEASURE.fullmatch(raw)
        unit = catalog.known_unit(match.group(3)) if match else None
        if match is None or unit is None:
            return raw
        if definition.unit and catalog.converted(Decimal(1), unit, definition.unit) is None:
            return raw
        number = match.group(1) + (f".{match.group(2)}" if match.group(2) else "")
        found.append(
            Finding(
                path=path, kind="unit", raw=raw, value=f"{number} {unit}", rule="unit",
                confidence=1.0, settled=True,
            )
        )  # fmt: skip
        return {"number": number, "unit": unit}


async def normaliser(tx: Tx) -> Normaliser:
    """Everything that is known now."""
    names: list[str] = []
    after: str | None = None
    while len(names) < MOST_BRANDS:
        page = await brands.list_brands(tx, after=after, limit=_PAGE)
        names += [brand.name for brand in page]
        if len(page) < _PAGE:
            break
        after = page[-1].key
    locale = await translations.source_locale(tx)
    known = await catalog.list_attributes(tx)
    return Normaliser(
        vocabulary=await normalising.vocabulary(tx, brands=names, locale=locale or "en"),
        attributes={one.code: one for one in known},
    )


def as_stored(found: Sequence[Finding]) -> list[imports.Normalised]:
    """Findings as the row of a plan keeps them."""
    return [imports.Normalised(**msgspec.structs.asdict(one)) for one in found]


async def note_applied(
    tx: Tx, plan_id: UUID, rows: Sequence[tuple[UUID, Sequence[imports.Normalised]]]
) -> None:
    """Keep where the values of written products are from, and ask what is not sure."""
    noted = [
        Noted(
            product_id=product_id,
            finding=msgspec.convert(msgspec.structs.asdict(one), Finding),
            source=f"plan {plan_id}",
        )
        for product_id, found in rows
        for one in found
    ]
    await normalising.note(tx, noted)


async def forget_plan(tx: Tx, plan_id: UUID) -> None:
    """The plan was taken back."""
    await normalising.forget_source(tx, f"plan {plan_id}")


async def settle_question(app: App, job: AnswerQuestion) -> None:
    """Put the answer in the place of the raw word wherever products still have it. A retry goes on
    with what is left.
    """
    await settle_answer(app.db, job.question_id)


async def settle_answer(db: Database, question_id: UUID) -> int:
    """Settle the values that wait for an answered question; how many products were changed.

    They are changed some at a time, and those that were are not looked at again. Raises
    QuestionNotFound.
    """
    async with db.reading() as tx:
        question = await normalising.question_by_id(tx, question_id)
    changed = 0
    if question.state == "open":
        return 0
    while True:
        async with db.transaction() as tx:
            places = await normalising.waiting_values(tx, question, limit=_SETTLED_AT_ONCE)
            if question.state != "reject":
                changed += await _put(tx, question, places)
            meant = question.raw if question.state == "reject" else question.proposed
            await normalising.settle(tx, places, value=meant, person=question.person or "")
        if len(places) < _SETTLED_AT_ONCE:
            return changed


async def _put(tx: Tx, question: Question, places: Sequence[tuple[UUID, str]]) -> int:
    """Write the answer where the raw word still stands; how many products were changed."""
    found = await catalog.products_by_ids(tx, sorted({product_id for product_id, _ in places}))
    by_id = {product.row.id: product.row for product in found}
    changes: dict[UUID, dict[str, Any]] = {}
    for product_id, path in places:
        row = by_id.get(product_id)
        if row is not None:
            _change(row, path, question, changes.setdefault(product_id, {}))
    inputs = [ProductInput(id=key, **change) for key, change in changes.items() if change]
    if inputs:
        await upsert_products(tx, inputs)
    return len(inputs)


def _change(row: Any, path: str, question: Question, change: dict[str, Any]) -> None:
    word = normalising.folded(question.raw)
    if path == "brand":
        if row.brand and normalising.folded(row.brand) == word:
            change["brand"] = question.proposed
        return
    code = path.removeprefix("attributes.").partition("[")[0]
    value = row.attributes.get(code)
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple):
        return
    replaced = [question.proposed if normalising.folded(v) == word else v for v in values]
    if replaced != list(values):
        new = replaced[0] if isinstance(value, str) else tuple(dict.fromkeys(replaced))
        change.setdefault("attributes", {})[code] = new
