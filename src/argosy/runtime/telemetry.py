"""Logs and traces: what the processes tell about themselves, without personal data.

Logs are JSON lines on standard error; `log_lines.py` says what may stand in them. Metrics are in
`metrics.py`. Traces are OpenTelemetry's (`otel.py`): without a collector nothing of its SDK is
loaded, `span` returns one shared object that does nothing, and the W3C trace context is still
carried on from request to event and job (`tracing.py`).

    with span("payments.authorise", gateway="sandbox"):
        ...

Names and attributes of spans are constants and states, never texts of people (DOMAIN.md P14).
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import Token
from typing import TYPE_CHECKING, Any, TextIO
from uuid import uuid4

import msgspec
import structlog

from argosy.runtime import log_lines, metrics, tracing
from argosy.runtime.statements import NAMES

if TYPE_CHECKING:
    from argosy.runtime.otel import Exporter
    from argosy.runtime.settings import Settings

Attribute = str | bool | int | float

log = structlog.get_logger("argosy")

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


class _NoSpan:
    """A span that is not recorded. One object for all of them."""

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


_NO_SPAN = _NoSpan()
_SAFE: list[Any] = [
    log_lines.with_work,
    log_lines.with_exception,
    log_lines.keep_safe,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
_exporter: Exporter | None = None
_request_log: TextIO | None = None
# Lines of answered requests are written together: a system call for each would halve the rate.
_request_lines: list[str] = []
_LINES_WAIT_S = 0.1
# Requests whose answer was kept, not counted and logged yet: id, route, method, status, seconds,
# and when they were answered.
_again: list[tuple[str, str, str, int, float, float]] = []
_AGAIN_AT_ONCE = 200


def start(settings: Settings, *, service: str) -> None:
    """Set up logs, and traces if a collector is set. Once per process, before anything else."""
    global _request_log  # noqa: PLW0603 - one per process, like logging itself
    configure_logs(settings.log_level, human=settings.log_format == "console")
    wanted = settings.log_requests and _LEVELS[settings.log_level] <= _LEVELS["info"]
    _request_log = sys.stderr if wanted else None
    if settings.otlp_endpoint is not None:
        from argosy.runtime import otel  # noqa: PLC0415 - the SDK costs 100 ms to load

        use_exporter(
            otel.Exporter(
                endpoint=settings.otlp_endpoint, ratio=settings.trace_sample_ratio, service=service
            )
        )


def use_exporter(exporter: Exporter | None) -> None:
    """Export spans through `exporter` from here on, or (None) stop exporting."""
    global _exporter  # noqa: PLW0603
    _exporter = exporter
    if exporter is None:
        tracing.export_with(None)
    else:
        from argosy.runtime.otel import current_traceparent  # noqa: PLC0415

        tracing.export_with(current_traceparent)


def stop() -> None:
    """Write and send what is left."""
    _note_again()
    _write_request_lines()
    if _exporter is not None:
        _exporter.stop()
        use_exporter(None)


def configure_logs(level: str, *, human: bool = False, stream: Any = None) -> None:
    """Send all logs, ours and the libraries', through the masking processors to `stream`."""
    out = stream or sys.stderr
    last: Any = (
        structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
        if human
        else structlog.processors.JSONRenderer(serializer=_as_json)
    )
    structlog.configure(
        processors=[structlog.stdlib.add_log_level, *_SAFE, last],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.add_log_level,
            log_lines.from_library,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *_SAFE,
            last,
        ]
    )
    handler = logging.StreamHandler(out)
    handler.addFilter(log_lines.keep_template)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(_LEVELS[level], logging.WARNING))


def _as_json(line: Any, **_: Any) -> str:
    return msgspec.json.encode(line, enc_hook=str).decode()


def span(name: str, **attributes: Attribute) -> AbstractContextManager[Any]:
    """A span around a part of the work; does nothing without a collector."""
    return _NO_SPAN if _exporter is None else _exporter.span(name, attributes)


def trace_statements(connection: Any) -> None:
    """Let a new database connection tell its statements (by name) while spans are exported."""
    if _exporter is not None:
        connection.add_query_logger(_statement_ended)


def _statement_ended(record: Any) -> None:
    name = NAMES.get(record.query)
    if _exporter is not None and name is not None:
        _exporter.statement(name, record.elapsed, record.exception is not None)


def is_exporting() -> bool:
    """Whether spans go to a collector."""
    return _exporter is not None


def begin_request(
    request_id: str, remote: tuple[str, str, bool] | None
) -> tuple[tracing.Work, Token[tracing.Work | None]]:
    """Start the record of a request; `end_request` takes both."""
    work, token = tracing.begin(request_id, remote)
    if _exporter is not None:
        _exporter.begin(work, "request", server=True)
    return work, token


def end_request(  # noqa: PLR0917 - positional, because it runs for every request
    work: tracing.Work,
    token: Token[tracing.Work | None],
    route: str,
    method: str,
    seconds: float,
    statements: int,
) -> None:
    """Count, log and trace an answered request. `route` is the template, never the path."""
    metrics.http_answered(route, method, work.status, seconds, statements)
    if _exporter is not None:
        attributes: dict[str, Attribute] = {
            "http.route": route,
            "http.request.method": method,
            "http.response.status_code": work.status,
            "argosy.statements": statements,
        }
        _exporter.end(work, f"{method} {route}", attributes)
    if _request_log is not None:
        _log_request(work, route, method, seconds, statements)
    tracing.end(token)


def answered_again(request_id: str, route: str, method: str, status: int, seconds: float) -> None:
    """Count and log a request whose answer was kept: what `end_request` does for others, but for
    many at a time. Not while spans are exported.
    """
    _again.append((request_id, route, method, status, seconds, time.time()))
    waiting = len(_again)
    if waiting == 1:
        asyncio.get_running_loop().call_later(_LINES_WAIT_S, _note_again)
    elif waiting == _AGAIN_AT_ONCE:
        _note_again()


def _note_again() -> None:
    """Count and log what was answered again since the last time."""
    for request_id, route, method, status, seconds, at in _again:
        metrics.http_answered(route, method, status, seconds, 0)
        if _request_log is not None:
            # No trace: the request named none, and nothing was run that could carry one on.
            asked = f'"request_id":"{request_id}"'
            _request_lines.append(_request_line(asked, route, method, status, seconds, 0, at))
    _again.clear()
    _write_request_lines()


metrics.complete_with(_note_again)


def _log_request(
    work: tracing.Work, route: str, method: str, seconds: float, statements: int
) -> None:
    if not _request_lines:
        asyncio.get_running_loop().call_later(_LINES_WAIT_S, _write_request_lines)
    asked = f'"request_id":"{work.request_id}","trace_id":"{work.trace_id}"'
    _request_lines.append(
        _request_line(asked, route, method, work.status, seconds, statements, time.time())
    )


def _write_request_lines() -> None:
    if _request_log is not None and _request_lines:
        _request_log.write("".join(_request_lines))
        _request_log.flush()
    _request_lines.clear()


def _request_line(  # noqa: PLR0917 - positional, because it runs for every request
    asked: str, route: str, method: str, status: int, seconds: float, statements: int, at: float
) -> str:
    """What `log.info("request", ...)` would print, at a tenth of its cost; all parts are safe.
    `asked` are the members that name the request.
    """
    known = method if method in metrics.METHODS else "OTHER"
    return (
        f'{{"event":"request","level":"info","method":"{known}","route":"{route}",'
        f'"status":{status},"ms":{seconds * 1000:.2f},"statements":{statements},'
        f'{asked},"timestamp":"{_timestamp(at)}"}}\n'
    )


_second = 0
_second_text = ""


def _timestamp(at: float) -> str:
    """An instant in ISO 8601 and UTC. The text of a second is made once."""
    global _second, _second_text
    second = int(at)
    if second != _second:
        _second, _second_text = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
    return f"{_second_text}.{int((at - second) * 1_000_000):06d}+00:00"


@contextmanager
def job(name: str, traceparent: str | None) -> Iterator[None]:
    """Run a job or a reaction as part of the trace that caused it, counted and timed.

    `name` is a constant; `traceparent` comes from the outbox row or the job.
    """
    work, token = tracing.begin(uuid4().hex[:24], tracing.parse(traceparent))
    if _exporter is not None:
        _exporter.begin(work, name, server=False)
    started = time.perf_counter()
    outcome = "failed"
    try:
        yield
        outcome, work.status = "done", 200
    finally:
        metrics.JOBS.labels(name, outcome).inc()
        metrics.JOB_SECONDS.labels(name).observe(time.perf_counter() - started)
        if _exporter is not None:
            _exporter.end(work, name, {"argosy.outcome": outcome})
        tracing.end(token)


def unexpected(error: BaseException, *, route: str) -> None:
    """Log a failure that nobody expected, with its code lines and without its message."""
    log.error("request.failed", route=route, exc_info=error)


# A process that never calls `start` (a script, a test) must not print values either.
structlog.configure(
    processors=[
        structlog.stdlib.add_log_level,
        *_SAFE,
        structlog.processors.JSONRenderer(serializer=_as_json),
    ],
    logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    cache_logger_on_first_use=False,
)
