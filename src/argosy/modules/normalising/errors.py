"""Why normalising stops.

ArgosyError
├── NotFound ─┬─ QuestionNotFound
│             └─ SynonymNotFound
└── Conflict ─── QuestionAnswered  somebody was faster
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, NotFound


class QuestionNotFound(NotFound):
    """There is no such question of the normaliser."""

    code = "normalising.question_not_found"
    usual_cure = "Take the id from `GET /admin/v1/normaliser/questions`."


class SynonymNotFound(NotFound):
    """The normaliser has learned no such word."""

    code = "normalising.synonym_not_found"
    usual_cure = "Take the kind and word from `GET /admin/v1/normaliser/synonyms`."


class QuestionAnswered(Conflict):
    """Somebody has answered the question already. What was learned can be forgotten; products are
    changed on their own pages.
    """

    code = "normalising.question_answered"
    usual_cure = "Read the questions again."
