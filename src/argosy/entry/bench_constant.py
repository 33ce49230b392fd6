"""What H is measured on: the same server and event loop, answering `/<n>` with n bytes.

`/headed/<n>` has also the headers that every answer of the shop window has: the least that an
answer with them can cost.
"""

from __future__ import annotations

from typing import Any

from granian import Granian
from granian.constants import Interfaces, Loops
from granian.log import LogLevels

_HEADERS = [
    (b"etag", b'"constant-constant-consta"'),
    (b"cache-control", b"public, no-cache"),
    (b"vary", b"X-Publishable-Key"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"x-frame-options", b"DENY"),
    (b"ratelimit-policy", b'"browse";q=60000;w=60'),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-request-id", b"000000000000000000000000"),
    (b"ratelimit", b'"browse";r=50000;t=10'),
]
_ANSWERS: dict[str, tuple[list[tuple[bytes, bytes]], bytes]] = {}


async def answer(scope: Any, receive: Any, send: Any) -> None:
    """An ASGI application that does nothing but answer."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    path = scope["path"]
    known = _ANSWERS.get(path)
    if known is None:
        length = int(path.rpartition("/")[2])
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % length)]
        if path.startswith("/headed/"):
            headers += _HEADERS
        known = _ANSWERS[path] = headers, b"x" * length
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
