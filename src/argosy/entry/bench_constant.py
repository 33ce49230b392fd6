"""What H is measured on: the same server and event loop, answering `/<n>` with n bytes."""

from __future__ import annotations

from typing import Any

from granian import Granian
from granian.constants import Interfaces, Loops
from granian.log import LogLevels

_LENGTHS: dict[str, tuple[list[tuple[bytes, bytes]], bytes]] = {}


async def answer(scope: Any, receive: Any, send: Any) -> None:
    """An ASGI application that does nothing but answer."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    path = scope["path"]
    known = _LENGTHS.get(path)
    if known is None:
        length = int(path[1:])
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % length)]
        known = _LENGTHS[path] = headers, b"x" * length
    headers, body = known
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def run_constant(port: int, processes: int) -> None:
    """Serve until told to end."""
    Granian(
        "argosy.entry.bench_constant:answer",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        workers=processes,
        loop=Loops.uvloop,
        websockets=False,
        log_access=False,
        log_level=LogLevels.warning,
        backlog=2048,
    ).serve()
