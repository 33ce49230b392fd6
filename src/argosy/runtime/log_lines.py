"""What a log line may contain (DOMAIN.md H17, P14): decided by key and type, never by pattern.

Personal data and secrets cannot get into a line by mistake: a text is kept only under a key of
SAFE_TEXT or, under a key that ends in `_id`, when it is a public id of ours; numbers, booleans,
instants and UUIDs are kept under any key; everything else is replaced by its type in angle
brackets. The event's name must be a constant like `order.placed`. Exceptions are logged as their
types and code lines, without their messages, which quote data.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import TracebackType
from typing import Any
from uuid import UUID

from argosy.runtime import tracing

SAFE_TEXT = frozenset(
    {
        "breaker", "code", "currency", "database", "error", "error_type", "event", "event_type",
        "file", "frames", "gateway", "job", "kind", "level", "logger", "method", "migration",
        "operation", "outcome", "phase", "pool", "provider", "reason_code", "release",
        "request_id", "route", "server", "signal", "span_id", "stage", "state", "statement",
        "status", "step", "subscription", "timestamp", "topic", "trace_id", "type",
        "version",
    }
)  # fmt: skip
_NAME = re.compile(r"[a-z][a-z0-9_]*(?:[. ][a-z0-9_]+)*")
_WORD = re.compile(r"[A-Za-z0-9_.:/{}*<>\- ,]{0,200}")
_PUBLIC_ID = re.compile(r"[a-z]{2,5}_[0-7][0-9a-hjkmnp-tv-z]{25}")
_PLAIN = (bool, int, float, Decimal, UUID, datetime, date, timedelta, type(None))
_LIBRARIES = frozenset({"_granian", "granian", "pgqueuer", "alembic", "uvloop", "asyncio"})
_FRAMES = 12


def keep_safe(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog processor that lets through what may be logged and masks the rest."""
    name = line.get("event")
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        line["event"] = "unnamed"
    for key, value in line.items():
        if not isinstance(value, _PLAIN):
            line[key] = _masked(key, value)
    return line


def _masked(key: str, value: Any) -> Any:
    if isinstance(value, str):
        if key == "template":
            return value
        if key in SAFE_TEXT and _WORD.fullmatch(value) and "@" not in value:
            return value
        if key.endswith("_id") and _PUBLIC_ID.fullmatch(value):
            return value
    elif key == "frames" and isinstance(value, list):
        return value
    return f"<{type(value).__name__}>"


def with_work(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Add the ids of the request or job that the line belongs to."""
    work = tracing.current()
    if work is not None:
        line["request_id"] = work.request_id
        line["trace_id"] = work.trace_id
        line["span_id"] = work.span_id
    return line


def with_exception(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace `exc_info` by the exception's type and the code lines it passed."""
    given = line.pop("exc_info", None)
    if given is None or given is False:
        return line
    error = given if isinstance(given, BaseException) else _current_error(given)
    if error is not None:
        line["error_type"] = f"{type(error).__module__}.{type(error).__qualname__}"
        line["frames"] = frames_of(error)
    return line


def frames_of(error: BaseException) -> list[str]:
    """The innermost code lines that `error` and its causes passed, outermost first."""
    lines = [
        f"{_short(frame.filename)}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    ]
    cause = error.__cause__ or error.__context__
    if cause is not None and cause is not error:
        lines.append(f"caused by {type(cause).__module__}.{type(cause).__qualname__}")
        lines.extend(
            f"{_short(frame.filename)}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(cause.__traceback__)[-_FRAMES:]
        )
    return lines


def keep_template(record: logging.LogRecord) -> bool:
    """Logging filter: remember a record's constant text before its arguments are put in."""
    root = record.name.partition(".")[0]
    safe = root in _LIBRARIES and isinstance(record.msg, str) and bool(record.args)
    record.template = record.msg.split("\n", 1)[0][:200] if safe else None
    return True


def from_library(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A record of another library: its constant text, never its arguments."""
    record: Any = line.get("_record")
    if record is not None:
        line["logger"] = record.name
        if getattr(record, "template", None) is not None:
            line["template"] = record.template
        line["event"] = "library"
    return line


def _current_error(given: Any) -> BaseException | None:
    if isinstance(given, tuple):
        found: tuple[Any, BaseException | None, TracebackType | None] = given
        return found[1]
    return sys.exc_info()[1]


def _short(path: str) -> str:
    for mark in ("/site-packages/", "/src/"):
        _, found, rest = path.rpartition(mark)
        if found:
            return rest
    return path.rpartition("/")[2]
