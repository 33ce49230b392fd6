"""Plumbing that owns no business rule: database, outbox, jobs, idempotency, settings, telemetry."""
