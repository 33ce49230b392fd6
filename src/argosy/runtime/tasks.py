"""What a task that runs as long as its process must know about being cancelled."""

from __future__ import annotations

import asyncio


def is_cancelled() -> bool:
    """Whether somebody asked the running task to end.

    A CancelledError does not tell: the driver cancels what waits on a connection that is lost, and
    awaiting that raises the same in a task which nobody cancelled.
    """
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0
