"""Personalisation: what products ask of shoppers, which answers are good, and what they cost.

Owns schema `personalisation`. Emits PersonalisationChanged. Knows products by id only, and answers
as the configuration of a line; never keeps what a shopper said.
"""

from argosy.modules.personalisation.commands import forget_inputs, set_inputs
from argosy.modules.personalisation.errors import (
    AnswerRefused,
    PersonalisationChangedMeanwhile,
    PersonalisationInvalid,
)
from argosy.modules.personalisation.events import PersonalisationChanged
from argosy.modules.personalisation.queries import inputs_of, inputs_of_products
from argosy.modules.personalisation.rules import answers_of, check_inputs, offered_in
from argosy.modules.personalisation.types import (
    FORMATS,
    MAX_CHOICES,
    MAX_FILE_BYTES,
    MAX_INPUTS,
    MAX_TEXT,
    Answered,
    AnswerProblem,
    Personalisation,
    Unanswered,
)

__all__ = [
    "FORMATS",
    "MAX_CHOICES",
    "MAX_FILE_BYTES",
    "MAX_INPUTS",
    "MAX_TEXT",
    "AnswerProblem",
    "AnswerRefused",
    "Answered",
    "Personalisation",
    "PersonalisationChanged",
    "PersonalisationChangedMeanwhile",
    "PersonalisationInvalid",
    "Unanswered",
    "answers_of",
    "check_inputs",
    "forget_inputs",
    "inputs_of",
    "inputs_of_products",
    "offered_in",
    "set_inputs",
]
