"""What a drill did, what it checked, and what it found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from argosy.drill.audit import SQL, audit
from argosy.workflows.app import App

Say = Callable[[str], None]
"""Progress, a line at a time."""


class Report(msgspec.Struct, kw_only=True):
    """The end of one drill. `did` and `checked` are counts; `violations` should be empty;
    `again` is the command that does the same.
    """

    drill: str
    seed: int
    seconds: float = 0.0
    did: dict[str, int | float] = {}
    checked: dict[str, int] = {}
    violations: list[str] = []
    details: list[Any] = []
    again: str = ""

    async def close(self, app: App) -> None:
        """Audit the shop, which is at rest, and count what was looked at."""
        self.violations += await audit(app)
        async with app.db.reading() as tx:
            counted = await tx.one(SQL.counts)
        for name, number in counted.items():
            self.checked[name] = self.checked.get(name, 0) + int(number)
