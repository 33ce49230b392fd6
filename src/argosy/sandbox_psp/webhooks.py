"""Delivery of events: signed by the Standard Webhooks rules, retried with growing pauses."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import suppress
from datetime import UTC, datetime

import httpx
from standardwebhooks import Webhook

from argosy.sandbox_psp import wire
from argosy.sandbox_psp.storage import Storage

RETRY_AFTER_S = (1.0, 5.0, 30.0, 120.0, 600.0, 3600.0, 6 * 3600.0)
AT_ONCE = 8


class Deliveries:
    """The queue of deliveries and the task that empties it."""

    def __init__(self, storage: Storage, *, url: str | None, secret: str) -> None:
        self.storage = storage
        self.url = url
        self.paused = False
        self._signer = Webhook(secret)
        self._client: httpx.AsyncClient | None = None
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Something may be due: look now instead of at the next tick."""
        self._wake.set()

    async def work(self) -> None:
        """Deliver what is due, for ever. Cancel the task to end it."""
        async with httpx.AsyncClient(timeout=10.0) as self._client:
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), 0.25)
                self._wake.clear()
                if self.url is not None and not self.paused:
                    await self._deliver_all(self._waiting(due_only=True))

    async def flush(self, order: str = "forward") -> int:
        """Deliver everything that waits, due or not, one by one in the given order of events.

        Returns how many deliveries were accepted.
        """
        rows = self._waiting(due_only=False)
        accepted = 0
        for row in reversed(rows) if order == "reverse" else rows:
            accepted += await self._deliver(row)
        return accepted

    def replay(self, what: wire.Replay) -> int:
        """Queue stored events again; returns how many deliveries were queued."""
        rows = self.storage.rows(
            "select id from event where (? is null or payment_id = ?) and (? is null or id = ?)"
            " order by seq",
            *(what.payment, what.payment, what.event, what.event),
        )
        if what.order == "reverse":
            rows.reverse()
        with self.storage.transaction():
            for place, row in enumerate(rows * what.copies):
                self.storage.run(
                    "insert into delivery (event_id, due_at) values (?,?)",
                    *(row["id"], time.time() + place * 0.001),
                )
        self.wake()
        return len(rows) * what.copies

    def _waiting(self, *, due_only: bool) -> list[sqlite3.Row]:
        until = time.time() if due_only else float("inf")
        return self.storage.rows(
            "select d.id, d.event_id, d.tries, e.body from delivery d"
            " join event e on e.id = d.event_id"
            " where d.status = 'waiting' and d.due_at <= ? order by d.due_at, d.id limit 500",
            until,
        )

    async def _deliver_all(self, rows: list[sqlite3.Row]) -> None:
        for start in range(0, len(rows), AT_ONCE):
            await asyncio.gather(*map(self._deliver, rows[start : start + AT_ONCE]))

    async def _deliver(self, row: sqlite3.Row) -> bool:
        assert self._client is not None
        if self.url is None:
            return False
        at = datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": row["event_id"],
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": self._signer.sign(row["event_id"], at, row["body"]),
        }
        try:
            answer = await self._client.post(self.url, content=row["body"], headers=headers)
            accepted, said = answer.is_success, str(answer.status_code)
        except httpx.HTTPError as error:
            accepted, said = False, type(error).__name__
        self._note(row, accepted, said)
        return accepted

    def _note(self, row: sqlite3.Row, accepted: bool, said: str) -> None:
        tries = row["tries"] + 1
        if accepted:
            status = "delivered"
        else:
            status = "waiting" if tries <= len(RETRY_AFTER_S) else "given_up"
        pause = RETRY_AFTER_S[min(tries, len(RETRY_AFTER_S)) - 1]
        self.storage.run(
            "update delivery set tries = ?, status = ?, answer = ?, due_at = ? where id = ?",
            *(tries, status, said, time.time() + pause, row["id"]),
        )
