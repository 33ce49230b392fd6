"""Read by Python at the start of each process that has this folder in PYTHONPATH: breaks the code
in the one place that ARGOSY_TEST_BREAK names (test_underload.py), in server and worker alike.
"""

from __future__ import annotations

import os
from typing import Any


def breaker_never_opens() -> None:
    from argosy.runtime.breaker import Breaker

    Breaker.report = lambda *_: None  # type: ignore[method-assign, assignment]


def connection_held_while_waiting() -> None:
    from argosy.workflows import checkout

    ask = checkout._ask

    async def held(app: Any, *more: Any) -> Any:
        async with app.checkout_db.pool.acquire():
            return await ask(app, *more)

    checkout._ask = held


def recovery_skips() -> None:
    from argosy.workflows import recovery

    async def sweep(_: Any) -> int:
        return 0

    recovery.sweep = sweep


if os.environ.get("ARGOSY_TEST_BREAK"):
    globals()[os.environ["ARGOSY_TEST_BREAK"]]()
