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
from argosy.web.languages import negotiated
from argosy.workflows.windows import in_language

Headers = list[tuple[bytes, bytes]]
Common = tuple[tuple[bytes, bytes], ...]
Key = tuple[UUID, str, bytes]
"""Channel, path and query of a kept answer."""

READS = frozenset({"GET", "HEAD"})
_PLAIN_HOST = re.compile(rb"[0-9A-Za-z.:\[\]-]*")
_MOST_HOSTS = 64
# With one of these a request needs more than the kept answer.
_UNUSUAL = frozenset({b"origin", b"traceparent"})
_POLICY = b"content-security-policy"
_NO_BODY = {"type": "http.response.body", "body": b"", "more_body": False}


class Finished(Response[bytes]):
    """An answer of which only the request's `If-None-Match` decides anything any more.

    `kept` are the headers that it has unchanged too (304), `tag` is its ETag, `route` its template;
    `given_again` is told whenever it is given before routing.
    """

    def __init__(
        self,
        body: bytes,
        route: str,
        *,
        kind: bytes,
        tag: bytes,
        kept: Headers,
        given_again: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(body)
        self.given_again = given_again
        self.route = route
        self._tag = tag
        self._unchanged: Headers = [(b"etag", tag), *kept]
        self._whole: Headers = [
            (b"content-type", kind),
            (b"content-length", str(len(body)).encode()),
            *self._unchanged,
        ]
        self._own_policy = any(name == _POLICY for name, _ in kept)
        self._common: Common | None = None
        self._with_common = self._whole, self._unchanged
        self._message = {"type": "http.response.body", "body": body, "more_body": False}

    def given(self, known: bytes | None) -> tuple[int, Headers, dict[str, Any]]:
        """Status, headers and last message for a client that sends `If-None-Match: known`."""
        if known is not None and self._is(known):
            return 304, self._unchanged, _NO_BODY
        return 200, self._whole, self._message

    def given_with(
        self, common: Common, known: bytes | None, bodyless: bool
    ) -> tuple[int, Headers, dict[str, Any]]:
        """As `given`, with the headers that all answers have, which are put together once. Neither
        list nor message may be changed: the next client gets the same ones.
        """
        if self._common is not common:
            self._common = common
            more = [one for one in common if one[0] != _POLICY] if self._own_policy else common
            self._with_common = [*self._whole, *more], [*self._unchanged, *more]
        if known is not None and self._is(known):
            return 304, self._with_common[1], _NO_BODY
        return 200, self._with_common[0], _NO_BODY if bodyless else self._message

    def _is(self, known: bytes) -> bool:
        return self._tag in known or known.strip() == b"*"

    def to_asgi_response(self, *_: Any, **__: Any) -> Any:
        """What Litestar calls: an ASGI application; nothing is left to be rendered."""
        return self._send

    async def _send(self, scope: Scope, _receive: Receive, send: Send) -> None:
        known = [value for name, value in scope["headers"] if name == b"if-none-match"]
        status, headers, message = self.given(b",".join(known) if known else None)
        # A copy: what CORS adds for one origin is not for the next client.
        start = {"type": "http.response.start", "status": status, "headers": [*headers]}
        await send(start)  # type: ignore[arg-type]
        await send(message)  # type: ignore[arg-type]


class Prepared(Finished):
    """An answer of the API, as it is kept.

    Clients and proxies may keep it and must ask each time whether it still holds (`no-cache`): a
    change shows within a second, and asking costs a hash comparison. `route` is its template.
    `differs`: who is signed in may be shown something else, so that it is for guests only.
    `language`: that of its texts, in a channel of several; `offered`: those of which it was chosen
    by `Accept-Language`, the channel's own first. `again`: whether it may be given once more, for
    what no notice ends.
    """

    def __init__(
        self,
        body: bytes,
        route: str,
        *,
        differs: bool = False,
        language: str | None = None,
        offered: tuple[str, ...] = (),
        again: Callable[[], bool] = lambda: True,
        given_again: Callable[[], None] = lambda: None,
    ) -> None:
        vary = [b"X-Publishable-Key"]
        vary += [b"Authorization"] if differs else []
        vary += [b"Accept-Language"] if offered else []
        kept = [(b"cache-control", b"public, no-cache"), (b"vary", b", ".join(vary))]
        if language is not None:
            kept.append((b"content-language", language.encode()))
        tag = content_tag(body).encode()
        super().__init__(
            body, route, kind=b"application/json", tag=tag, kept=kept, given_again=given_again
        )
        self.again = again
        self.differs = differs
        self.language = language
        self.offered = offered


def storefront_key(token: str) -> tuple[str, str]:
    """Where the channel of a publishable key is kept."""
    return "storefront", token


class PlainHosts:
    """Which values of `Host` need not be looked at again: what anybody may send is bounded."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: set[bytes] = set()

    def know(self, host: bytes) -> bool:
        """Whether it is an ordinary name or address, with or without a port."""
        if host in self._known:
            return True
        plain = _PLAIN_HOST.fullmatch(host) is not None
        if plain and len(self._known) < _MOST_HOSTS:
            self._known.add(host)
        return plain


def finder(cache: Cache) -> Callable[[Any, dict[bytes, bytes]], Prepared | None]:
    """What finds the kept answer to a plain request, by ASGI scope and headers."""
    hosts = PlainHosts()

    def look_up(name: tuple[bytes, str, bytes]) -> Prepared | None:
        token, path, query = name
        of_key = storefront_key(token.decode("latin-1"))
        channel: Channel | None = cache.peek(of_key)
        if channel is None or b"fields" in query:
            return None
        answer = channel.id, path, query
        found: Prepared | None = cache.peek(answer)
        if found is not None:
            cache.link(name, answer, other=of_key)
        return found

    def look_up_in(name: tuple[bytes, str, bytes], language: str) -> Prepared | None:
        token, path, query = name
        of_key = storefront_key(token.decode("latin-1"))
        channel: Channel | None = cache.peek(of_key)
        if channel is None or b"fields" in query:
            return None
        answer = in_language(channel.id, language), path, query
        found: Prepared | None = cache.peek(answer)
        if found is not None:
            cache.link((*name, language), answer, other=of_key)
        return found

    def find(scope: Any, sent: dict[bytes, bytes]) -> Prepared | None:
        token = sent.get(b"x-publishable-key")
        if token is None or scope["method"] not in READS:
            return None
        name = token, scope["path"], scope["query_string"]
        found: Prepared | None = cache.found(name) or look_up(name)
        if found is None or len(sent) != len(scope["headers"]) or not _UNUSUAL.isdisjoint(sent):
            return None
        if found.offered and (wanted := sent.get(b"accept-language")) is not None:
            language = negotiated(wanted.decode("latin-1"), found.offered)
            if language != found.language:
                found = cache.found((*name, language)) or look_up_in(name, language)
                if found is None:
                    return None
        if found.differs and b"authorization" in sent:
            return None
        return found if hosts.know(sent.get(b"host", b"")) and found.again() else None

    return find
