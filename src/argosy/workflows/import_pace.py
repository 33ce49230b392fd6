"""An import at the pace of the shop windows: before each batch it waits while they are behind.

What an import writes is shown by a worker; one that writes faster than the worker shows would leave
shoppers looking at old prices for as long as the file is. So it waits while the oldest change that
no window shows is older than `import_windows_lag_s`. It never waits for ever: without a worker, or
with one that is stuck, it goes on after `import_windows_wait_s`, and does not wait again until the
windows have caught up once. Its plan says which of it is so.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from uuid import UUID

import structlog

from argosy.modules import imports, projections
from argosy.modules.imports import Windows
from argosy.runtime import subscriptions
from argosy.workflows.app import App
from argosy.workflows.projecting import note_changes

OnWindows = Callable[[Windows], None]
"""Told whenever an import begins to wait, goes on, or gives up waiting."""
_LOOK_S = 0.05

log = structlog.get_logger(__name__)


async def windows_behind(app: App) -> float:
    """Seconds since the oldest change that no shop window shows, be it that nobody has read its
    event yet. Two looks at an index.
    """
    async with app.db.reading() as tx:
        unread = await subscriptions.lag(tx, note_changes.__name__)
        since = await projections.waits_since(tx)
        waited = 0.0 if since is None else (tx.now - since).total_seconds()
    return max(0.0, unread, waited)


class Pace:
    """How one import stands to the shop windows."""

    def __init__(
        self, app: App, plan_id: UUID, windows: Windows, on_windows: OnWindows | None = None
    ) -> None:
        self._app = app
        self._plan_id = plan_id
        self._windows = windows
        self._tell = on_windows

    async def keep(self) -> None:
        """Wait while the windows are behind, but not longer than is useful."""
        settings = self._app.settings
        if not settings.import_windows_lag_s:
            return
        began = time.monotonic()
        while await windows_behind(self._app) > settings.import_windows_lag_s:
            if self._windows == "behind":
                return
            waited = time.monotonic() - began
            if waited > settings.import_windows_wait_s:
                log.warning("import.windows_behind", plan_id=str(self._plan_id), waited_s=waited)
                await self._note("behind", waited)
                return
            if self._windows == "current":
                await self._note("awaited", 0)
            await asyncio.sleep(_LOOK_S)
        if self._windows != "current":
            await self._note("current", time.monotonic() - began)

    async def _note(self, windows: Windows, waited_s: float) -> None:
        self._windows = windows
        if self._tell:
            self._tell(windows)
        async with self._app.db.reading() as tx:
            await imports.note_windows(tx, self._plan_id, windows, round(waited_s * 1000))
