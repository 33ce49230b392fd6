"""The wire between the shop and its payment provider, which a drill can hold or cut.

A relay: what it holds is lost, as on a network that fails. So a request can be kept from the
provider, or an answer from the shop, at an exact moment and without a word to either.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal

Mode = Literal["open", "holds requests", "holds answers"]


class Wire:
    """`address` is where the shop finds its provider. `held` is set when something is held."""

    def __init__(self, provider_port: int) -> None:
        self._provider_port = provider_port
        self._server: asyncio.Server | None = None
        self._links: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.mode: Mode = "open"
        self.held = asyncio.Event()
        self.address = ""

    async def start(self) -> None:
        """Listen on a port of its own."""
        self._server = await asyncio.start_server(self._link, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"

    def become(self, mode: Mode) -> None:
        """Hold, or let through again; what was held until now is lost with its connection."""
        self.mode = mode
        self.held.clear()
        if mode == "open":
            for writer in self._links:
                writer.transport.abort()

    async def stop(self) -> None:
        """Close everything."""
        assert self._server is not None, "started"
        self._server.close()
        self.become("open")
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _link(self, ours: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            theirs, there = await asyncio.open_connection("127.0.0.1", self._provider_port)
        except OSError:
            back.transport.abort()
            return
        self._links |= {back, there}
        task = asyncio.current_task()
        assert task is not None, "a server runs each link as a task"
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            await asyncio.gather(
                self._carry(ours, there, "holds requests"),
                self._carry(theirs, back, "holds answers"),
            )
        finally:
            self._links -= {back, there}

    async def _carry(
        self, source: asyncio.StreamReader, to: asyncio.StreamWriter, held_by: Mode
    ) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                if self.mode == held_by:
                    self.held.set()
                    await source.read()  # until the other end is gone
                    break
                to.write(data)
                await to.drain()
        to.transport.abort()


@asynccontextmanager
async def wire_to(provider_port: int) -> AsyncIterator[Wire]:
    """A wire that is open."""
    wire = Wire(provider_port)
    await wire.start()
    try:
        yield wire
    finally:
        await wire.stop()
