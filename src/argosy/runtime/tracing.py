"""W3C trace context of the current task, as a `traceparent` header value."""

from __future__ import annotations

from opentelemetry import trace


def traceparent() -> str | None:
    """`00-<trace id>-<span id>-<flags>` of the current span, or None outside a trace."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"
