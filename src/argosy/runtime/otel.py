"""Traces to an OpenTelemetry collector. Imported only when one is set (`telemetry.start`)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import SpanKind, Status, StatusCode

from argosy.runtime import tracing

Attribute = str | bool | int | float


class Exporter:
    """Makes spans and sends the sampled ones in batches. One per process."""

    def __init__(
        self, *, endpoint: str, ratio: float, service: str, exporter: SpanExporter | None = None
    ) -> None:
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(ratio)),
            resource=Resource.create({"service.name": service}),
        )
        target = exporter or OTLPSpanExporter(endpoint=endpoint.rstrip("/") + "/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(target))
        self._tracer = self._provider.get_tracer("argosy")

    def begin(self, work: tracing.Work, name: str, *, server: bool) -> None:
        """Open the span of a request or job; `work` takes over its ids."""
        parent = None
        if work.parent is not None:
            remote = trace.SpanContext(
                int(work.trace_id, 16),
                int(work.parent, 16),
                is_remote=True,
                trace_flags=trace.TraceFlags(int(work.sampled)),
            )
            parent = trace.set_span_in_context(trace.NonRecordingSpan(remote), context.Context())
        kind = SpanKind.SERVER if server else SpanKind.CONSUMER
        span = self._tracer.start_span(name, context=parent or context.Context(), kind=kind)
        ids = span.get_span_context()
        work.take_ids(
            f"{ids.trace_id:032x}", f"{ids.span_id:016x}", sampled=ids.trace_flags.sampled
        )
        work.span = (span, context.attach(trace.set_span_in_context(span)))

    def end(self, work: tracing.Work, name: str, attributes: dict[str, Attribute]) -> None:
        """Close the span that `begin` opened, under its final name."""
        if not isinstance(work.span, tuple):
            return
        span, token = work.span
        work.span = None
        span.update_name(name)
        span.set_attributes(attributes)
        if work.status >= 500 or work.status == 0:
            span.set_status(Status(StatusCode.ERROR))
        context.detach(token)
        span.end()

    def span(self, name: str, attributes: dict[str, Attribute]) -> AbstractContextManager[Any]:
        """A span inside the current one. An exception marks it; its message is not recorded."""
        return _span(self._tracer, name, attributes)

    def statement(self, name: str, seconds: float, failed: bool) -> None:
        """A database statement that has just ended: its name and time, nothing else."""
        end = time.time_ns()
        span = self._tracer.start_span(
            f"db {name}",
            kind=SpanKind.CLIENT,
            attributes={"db.system.name": "postgresql", "db.query.summary": name},
            start_time=end - int(seconds * 1e9),
        )
        if failed:
            span.set_status(Status(StatusCode.ERROR))
        span.end(end)

    def stop(self) -> None:
        """Send what is left and stop."""
        self._provider.shutdown()


def current_traceparent() -> str | None:
    """The innermost open span as a `traceparent`, None outside of any."""
    ids = trace.get_current_span().get_span_context()
    if not ids.is_valid:
        return None
    return f"00-{ids.trace_id:032x}-{ids.span_id:016x}-{int(ids.trace_flags):02x}"


@contextmanager
def _span(tracer: trace.Tracer, name: str, attributes: dict[str, Attribute]) -> Iterator[None]:
    with tracer.start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield
        except BaseException as error:
            span.set_status(Status(StatusCode.ERROR))
            span.set_attribute("error.type", type(error).__qualname__)
            raise
