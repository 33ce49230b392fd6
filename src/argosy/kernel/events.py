"""Events are facts in the past tense; jobs are orders in the imperative.

An event's wire type is `argosy.<island>.<snake_case_fact>.v<N>`; within a version a payload only
gains optional fields (DOMAIN.md P2, P4). Payloads carry ids, amounts and states, no personal data.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that has happened. Subclasses set TYPE and SUBJECT_KIND/SUBJECT_FIELD.

    The subject is the aggregate whose events are ordered among themselves (`seq`): it is the value
    of the field named SUBJECT_FIELD, shown outside as a public id of kind SUBJECT_KIND.
    """

    TYPE: ClassVar[str] = ""
    SUBJECT_KIND: ClassVar[str] = ""
    SUBJECT_FIELD: ClassVar[str] = ""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A request to the worker, queued in the transaction that wants it. NAME is its entry point."""

    NAME: ClassVar[str] = ""
