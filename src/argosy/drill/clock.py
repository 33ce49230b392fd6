"""A clock that a drill moves."""

from __future__ import annotations

from datetime import datetime, timedelta

from argosy.runtime.db import utc_now


class MovableClock:
    """A clock for `Database(clock=...)` that moves only when told to, plus real elapsed time."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        """UTC, as far away as it was moved."""
        return utc_now() + self.offset

    __call__ = now

    def advance(self, **amount: float) -> None:
        """`advance(seconds=30)`, `advance(days=2)`: the arguments of timedelta."""
        self.offset += timedelta(**amount)
