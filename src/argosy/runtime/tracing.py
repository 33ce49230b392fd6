"""Which request (or job) the current task works for, and its W3C trace context.

Kept in one context variable, so that logs, events and jobs carry it whether or not an
OpenTelemetry exporter is set.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import ContextVar, Token
from random import getrandbits

_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")


class Work:
    """One request or job: its ids, the remote parent span if there is one, and its outcome.

    The ids of a trace that begins here are drawn when somebody first asks for them: most requests
    are answered without.
    """

    __slots__ = ("_span_id", "_trace_id", "parent", "request_id", "sampled", "span", "status")

    def __init__(self, request_id: str, remote: tuple[str, str, bool] | None) -> None:
        self.request_id = request_id
        self.status = 0
        self.span: object = None
        self._span_id: str | None = None
        self._trace_id: str | None
        self.parent: str | None
        if remote is None:
            self._trace_id = self.parent = None
            self.sampled = False
        else:
            self._trace_id, self.parent, self.sampled = remote

    @property
    def trace_id(self) -> str:
        """32 hexadecimal digits."""
        if self._trace_id is None:
            self._trace_id = f"{getrandbits(128) or 1:032x}"
        return self._trace_id

    @property
    def span_id(self) -> str:
        """16 hexadecimal digits."""
        if self._span_id is None:
            self._span_id = f"{getrandbits(64) or 1:016x}"
        return self._span_id

    def take_ids(self, trace_id: str, span_id: str, *, sampled: bool) -> None:
        """Use the ids that the exporter gave to the request's span."""
        self._trace_id, self._span_id, self.sampled = trace_id, span_id, sampled

    @property
    def traceparent(self) -> str:
        """`00-<trace id>-<span id>-<flags>`: what is passed on to whoever works for us."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


_exported: Callable[[], str | None] | None = None
_current: ContextVar[Work | None] = ContextVar("argosy_work", default=None)


def current() -> Work | None:
    """The request or job of this task."""
    return _current.get()


def traceparent() -> str | None:
    """The `traceparent` of the current request or job, None outside of both."""
    if _exported is not None and (found := _exported()) is not None:
        return found
    work = _current.get()
    return None if work is None else work.traceparent


def export_with(source: Callable[[], str | None] | None) -> None:
    """Let `source` tell the innermost exported span; used while an exporter is set."""
    global _exported  # noqa: PLW0603 - one exporter per process
    _exported = source


def parse(header: str | None) -> tuple[str, str, bool] | None:
    """Trace id, span id and sampled flag of a well-formed `traceparent`, else None."""
    found = _TRACEPARENT.fullmatch(header) if header else None
    if found is None:
        return None
    trace_id, span_id, flags = found.groups()
    return trace_id, span_id, bool(int(flags, 16) & 1)


def begin(
    request_id: str, remote: tuple[str, str, bool] | None = None
) -> tuple[Work, Token[Work | None]]:
    """Start working for a request or job: its trace is the caller's, or a new one."""
    work = Work(request_id, remote)
    return work, _current.set(work)


def end(token: Token[Work | None]) -> None:
    """The request or job is done."""
    _current.reset(token)
