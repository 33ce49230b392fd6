"""The HTTP server: Granian, with one ASGI application per process."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from typing import Any

from granian import Granian
from granian.constants import Interfaces, Loops
from granian.log import LogLevels

from argosy.entry.wiring import running_app
from argosy.runtime import telemetry
from argosy.runtime.settings import Settings, load_settings
from argosy.web.api.storefront.search import prepare_search
from argosy.web.app import create_app
from argosy.workflows import search_warming

ORPHAN_CHECK_S = 1.0


class Application:
    """The ASGI application of one process: opens the App at start-up and closes it at the end."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._serve: Any = None

    def __call__(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        if scope["type"] == "lifespan":
            return self._live(receive, send)
        served: Awaitable[None] = self._serve(scope, receive, send)
        return served

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        try:
            settings = load_settings()
            assert settings.database_url, "the parent process passes ARGOSY_DATABASE_URL on"
            telemetry.start(settings, service="server")
            shop = await self._stack.enter_async_context(
                running_app(settings, settings.database_url, purpose="server")
            )
            self._serve = create_app(shop).asgi_handler
            _settle_memory()
            watching = asyncio.create_task(_end_with(os.getppid()))
            self._stack.callback(watching.cancel)
        except Exception as error:  # noqa: BLE001 - the server is told why it cannot start
            telemetry.unexpected(error, route="startup")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        # From here on there are requests, and these come first.
        await self._stack.enter_async_context(search_warming.running(shop, prepare_search))
        await receive()
        await self._stack.aclose()
        telemetry.stop()
        await send({"type": "lifespan.shutdown.complete"})


async def _end_with(parent: int) -> None:
    """End this process when its parent was killed: nobody would stop it, and it would go on taking
    requests beside its successor.
    """
    while os.getppid() == parent:  # noqa: ASYNC110 - nothing tells of it but asking
        await asyncio.sleep(ORPHAN_CHECK_S)
    os.kill(os.getpid(), signal.SIGTERM)


def _settle_memory() -> None:
    """Let the garbage collector pass over what lives as long as the process.

    Code, routes and schemas are hundreds of thousands of objects, and a request leaves few cycles:
    looking through all of them every 700 new objects would be wasted.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def application() -> Application:
    """Called by Granian in each of its processes."""
    return Application()


def run_server(settings: Settings) -> None:
    """Serve until the process is told to end; requests in progress are finished."""
    Granian(
        "argosy.entry.server:application",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.server_processes,
        loop=Loops.uvloop,
        websockets=False,
        log_access=False,
        log_level=LogLevels.warning,
        backlog=2048,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
    ).serve()
