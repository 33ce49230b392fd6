"""Answers that are kept whole: how they are given, and found again before anything is routed.

The shop window (api/storefront/catalog.py) prepares an answer once; the process keeps it in
runtime/cache.py until what it was made from changes. A request that asks for the same again is the
most frequent of all, so the edge looks here first. What decides whether a client may have an answer
is looked up each time: its key leads to its channel, in the same cache from which a revocation
drops it. A request that is unusual in any way goes the ordinary way, where all rules live.
"""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from litestar import Response
from litestar.types import Receive, Scope, Send

from argosy.modules.channels import Channel
from argosy.runtime.cache import Cache
from argosy.web.etag import content_tag

Headers = list[tuple[bytes, bytes]]
Key = tuple[UUID, str, bytes]
"""Channel, path and query of a kept answer."""

_READS = frozenset({"GET", "HEAD"})
_PLAIN_HOST = re.compile(rb"[0-9A-Za-z.:\[\]-]*")
# With one of these a request needs more than the kept answer.
_UNUSUAL = frozenset({b"origin", b"traceparent"})


class Prepared(Response[bytes]):
    """An answer of which only the request's `If-None-Match` decides anything any more.

    Clients and proxies may keep it and must ask each time whether it still holds (`no-cache`): a
    change shows within a second, and asking costs a hash comparison. `route` is its template.
    """

    def __init__(self, body: bytes, route: str) -> None:
        super().__init__(body)
        self.route = route
        self._tag = content_tag(body).encode()
        self._unchanged: Headers = [
            (b"etag", self._tag),
            (b"cache-control", b"public, no-cache"),
            (b"vary", b"X-Publishable-Key"),
        ]
        self._whole: Headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            *self._unchanged,
        ]

    def given(self, known: bytes | None) -> tuple[int, Headers, bytes]:
        """Status, headers and body for a client that sends `If-None-Match: known`."""
        if known is not None and (self._tag in known or known.strip() == b"*"):
            return 304, self._unchanged, b""
        return 200, self._whole, self.content

    def to_asgi_response(self, *_: Any, **__: Any) -> Any:
        """What Litestar calls: an ASGI application; nothing is left to be rendered."""
        return self._send

    async def _send(self, scope: Scope, _receive: Receive, send: Send) -> None:
        known = [value for name, value in scope["headers"] if name == b"if-none-match"]
        status, headers, body = self.given(b",".join(known) if known else None)
        # A copy: what CORS adds for one origin is not for the next client.
        start = {"type": "http.response.start", "status": status, "headers": [*headers]}
        await send(start)  # type: ignore[arg-type]
        await send({"type": "http.response.body", "body": body, "more_body": False})


def storefront_key(token: str) -> tuple[str, str]:
    """Where the channel of a publishable key is kept."""
    return "storefront", token


def finder(cache: Cache) -> Callable[[Any, dict[bytes, bytes]], Prepared | None]:
    """What finds the kept answer to a plain request, by ASGI scope and headers."""

    def find(scope: Any, sent: dict[bytes, bytes]) -> Prepared | None:
        token = sent.get(b"x-publishable-key")
        if token is None or scope["method"] not in _READS:
            return None
        channel: Channel | None = cache.peek(storefront_key(token.decode("latin-1")))
        if channel is None:
            return None
        query: bytes = scope["query_string"]
        found: Prepared | None = cache.peek((channel.id, scope["path"], query))
        if found is None or b"fields" in query or len(sent) != len(scope["headers"]):
            return None
        usual = _UNUSUAL.isdisjoint(sent) and _PLAIN_HOST.fullmatch(sent.get(b"host", b""))
        return found if usual else None

    return find
