"""Answers whose bytes are made already: the least that Litestar needs to send them."""

from collections.abc import Mapping
from typing import Any

from litestar import Response
from litestar.types import Receive, Scope, Send

_NO_HEADERS: Mapping[str, str] = {}


class Ready(Response[bytes]):
    """JSON that is encoded already, with a body: not for 204 and 304.

    Litestar's own response would prepare for cookies, background tasks and rendering, at a fifth of
    the cost of the whole HTTP layer.
    """

    def __init__(
        self,
        body: bytes,
        *,
        status_code: int = 200,
        headers: Mapping[str, str] = _NO_HEADERS,
        media_type: str = "application/json",
    ) -> None:
        self.content = body
        self.status_code = status_code
        self.headers = dict(headers)
        self.media_type = media_type

    def to_asgi_response(self, *_: Any, **__: Any) -> Any:
        """What Litestar calls: an ASGI application."""
        return self._send

    async def _send(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [
            (b"content-type", (self.media_type or "").encode()),
            (b"content-length", b"%d" % len(self.content)),
        ]
        for name, value in self.headers.items():
            headers.append((name.lower().encode(), value.encode("latin-1")))
        start: Any = {
            "type": "http.response.start",
            "status": self.status_code,
            "headers": headers,
        }
        await send(start)
        await send({"type": "http.response.body", "body": self.content, "more_body": False})
