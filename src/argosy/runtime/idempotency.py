"""Idempotent commands: the key, the request's hash and the answer live with the effect.

DOMAIN.md G2 and G3. The scope is tenant, principal and route; the same key with another body is
refused; while the first request runs, a second one waits for its commit (both insert the same key)
or, when the command spans transactions, is told to come back. A stored answer is replayed byte for
byte, status included. A command that fails without effect stores nothing, so it may be sent again.

    async with db.transaction() as tx:
        stored = await claim(tx, key)
        if stored:
            return stored            # replay
        ...the effect...
        tx.remember(key.answered(201, body))
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

import msgspec

from argosy.kernel.errors import Conflict, Invalid
from argosy.runtime.db import Tx
from argosy.runtime.outbox_rows import Answered
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "idempotency.sql")

TTL = timedelta(hours=48)


class KeyReused(Invalid):
    """An Idempotency-Key was sent before with another request.

    A key belongs to one request, byte for byte. Use a new key for a new request, and the old key
    only to repeat the old one.
    """

    code = "idempotency.key_reused"
    usual_cure = "Use a new key for a new request, and the old key only to repeat the old one."


class KeyInProgress(Conflict):
    """The first request with this Idempotency-Key is still being worked on.

    Wait for the seconds in `Retry-After` and send the same request with the same key again.
    """

    code = "idempotency.in_progress"
    usual_cure = (
        "Wait for the seconds in `Retry-After`, and send the same request with the same key."
    )
    retryable = True


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """An Idempotency-Key in its scope, with the hash of the request it came with."""

    scope: str
    key: str
    request_hash: bytes

    def answered(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> Answered:
        """The answer to store with `tx.remember`."""
        return Answered(
            scope=self.scope, key=self.key, status=status, body=body, headers=headers or {}
        )


def key_for(scope: str, key: str, *parts: bytes) -> Key:
    """A Key whose request hash covers `parts` (method, path, body)."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return Key(scope=scope, key=key, request_hash=digest.digest())


async def claim(tx: Tx, key: Key, *, lease: timedelta | None = None) -> Answered | None:
    """Claim `key` for this transaction: None when it is ours, the stored answer when it is done.

    Waits for a concurrent transaction that claimed the same key. `lease`: a claim that was
    committed without an answer (a command of several transactions) is taken over after this time;
    without a lease it is taken over at once, because then no answer can be missing but by a crash.

    Raises KeyReused for another request under this key, KeyInProgress while a lease runs.
    """
    if await tx.maybe(SQL.claim, key.scope, key.key, key.request_hash, tx.now):
        return None
    row = await tx.one(SQL.claimed, key.scope, key.key)
    if row["request_hash"] != key.request_hash:
        raise KeyReused(
            "This Idempotency-Key was used for another request.",
            field="Idempotency-Key",
            cure="Use a new key for a new request.",
        )
    if row["status"] is not None:
        return Answered(
            scope=key.scope,
            key=key.key,
            status=row["status"],
            body=row["body"],
            headers=row["headers"] or {},
        )
    if lease and row["claimed_at"] + lease > tx.now:
        raise KeyInProgress(
            "The first request with this Idempotency-Key is still running.", retry_after=1
        )
    await tx.run(SQL.take_over, key.scope, key.key, tx.now)
    return None


async def forget_old(tx: Tx, limit: int = 10_000) -> int:
    """Delete answers older than the TTL; called by the worker. The number deleted."""
    return await tx.run(SQL.forget_old, tx.now - TTL, limit)
