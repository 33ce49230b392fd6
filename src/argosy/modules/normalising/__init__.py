"""Normalising: what words of supplier's files mean, and where the values of products are from.

Owns schema `normalising`: learned synonyms, origins of values, questions about what is not sure.
Emits nothing. Never writes a product: it proposes, and keeps what came of it.
"""

from argosy.modules.normalising.commands import (
    answer,
    forget_source,
    forget_synonym,
    note,
    settle,
)
from argosy.modules.normalising.errors import (
    QuestionAnswered,
    QuestionNotFound,
    SynonymNotFound,
)
from argosy.modules.normalising.queries import (
    list_questions,
    list_synonyms,
    origins_of,
    question_by_id,
    vocabulary,
    waiting_values,
)
from argosy.modules.normalising.rules import SURE, folded, kind_of, proposal
from argosy.modules.normalising.types import (
    Answer,
    Finding,
    Kind,
    Noted,
    Origin,
    Proposal,
    Question,
    QuestionState,
    RuleName,
    Synonym,
    Vocabulary,
)

__all__ = [
    "SURE",
    "Answer",
    "Finding",
    "Kind",
    "Noted",
    "Origin",
    "Proposal",
    "Question",
    "QuestionAnswered",
    "QuestionNotFound",
    "QuestionState",
    "RuleName",
    "Synonym",
    "SynonymNotFound",
    "Vocabulary",
    "answer",
    "folded",
    "forget_source",
    "forget_synonym",
    "kind_of",
    "list_questions",
    "list_synonyms",
    "note",
    "origins_of",
    "proposal",
    "question_by_id",
    "settle",
    "vocabulary",
    "waiting_values",
]
