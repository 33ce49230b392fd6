"""What a product asks of shoppers, and what their answers come to."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple
from uuid import UUID

import msgspec

from argosy.kernel.personal import Asked, FileFormat, Input

MAX_INPUTS: Final = 10
MAX_CHOICES: Final = 50
MAX_TEXT: Final = 500
MAX_FORMER: Final = 200
MAX_FILE_BYTES: Final = 25_000_000
FORMATS: Final[tuple[FileFormat, ...]] = ("jpeg", "png", "webp", "pdf")

AnswerProblem = Literal["answer_missing", "answer_invalid", "answer_unknown", "answer_unpriced"]
"""`answer_missing`: something required was not said; `answer_invalid`: what was said is too long,
of other characters, out of bounds, no choice, or no file of the shopper's that fits;
`answer_unknown`: the product does not ask that any more; `answer_unpriced`: what it adds has no
price in this currency.
"""


class Personalisation(msgspec.Struct, frozen=True, kw_only=True):
    """What a product asks. `version` grows with every change; 0: it never asked anything."""

    product_id: UUID
    asked: Asked = Asked()
    version: int = 0

    @property
    def inputs(self) -> tuple[Input, ...]:
        """What it asks now, in the order of its page."""
        return self.asked.inputs


class Answered(NamedTuple):
    """A good answer. `choice` is the label of what was chosen; `unit_minor` is what it adds to each
    unit, in minor units of the currency that was asked for.
    """

    code: str
    label: str
    choice: str
    unit_minor: int


class Unanswered(NamedTuple):
    """Why answers cannot be taken: the input at fault, and what is wrong in words."""

    problem: AnswerProblem
    code: str
    message: str
