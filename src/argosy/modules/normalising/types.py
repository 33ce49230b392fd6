"""What the normaliser finds, asks and remembers. Instants are UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

Kind = Literal["brand", "colour", "size", "unit"]
Answer = Literal["accept", "always", "reject"]
QuestionState = Literal["open", "accept", "always", "reject"]
RuleName = Literal["exact", "alias", "learned", "contains", "similar", "unit"]


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What a value should be. `confidence` 1 is certain."""

    value: str
    rule: RuleName
    confidence: float


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A value of a product and what it should be. `settled`: it was put in its place; otherwise a
    person is asked, and the raw one stays.
    """

    path: str
    kind: Kind
    raw: str
    value: str
    rule: RuleName
    confidence: float
    settled: bool


class Vocabulary(msgspec.Struct, frozen=True, kw_only=True):
    """What words are known: `learned` by kind and folded word (None: it stays as it is), the names
    of brands by folded name, and the language that colours are told in.
    """

    locale: str
    brands: dict[str, str]
    learned: dict[tuple[str, str], str | None]


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """A finding that became a value of a product, by an import (`source`)."""

    product_id: UUID
    finding: Finding
    source: str


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a value of a product is from: what stood in the file, by which rule it became what it
    is, how sure that was, and who had a hand in it.
    """

    path: str
    kind: Kind
    raw: str
    value: str
    rule: RuleName
    confidence: float
    settled: bool
    source: str
    person: str | None
    noted_at: datetime


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A word that is not sure. `seen` counts values that have it, in applied imports."""

    id: UUID
    kind: Kind
    raw: str
    proposed: str
    rule: RuleName
    confidence: float
    state: QuestionState
    seen: int
    person: str | None
    asked_at: datetime
    answered_at: datetime | None


class Synonym(msgspec.Struct, frozen=True, kw_only=True):
    """What a person said that a word means from now on; None: it stays as it is."""

    kind: Kind
    word: str
    value: str | None
    person: str
    learned_at: datetime
