"""Pages as they are kept: finished, compressed, and found again before anything is routed.

A page that everybody is shown alike is finished when it is made. Each visitor is given its very
bytes; whose cart holds something, with the number of pieces put in. Compressed, the page consists
of two runs that do not refer to one another (zlib's full flush), so the number goes between them
without compressing anything again. Only such pages are compressed: nothing on them is secret, so
their lengths tell nobody anything.

The edge finds a page by the path and query of a plain request, as it finds an answer of the API
(ADR 0010). Who is signed in may be shown another page, and goes the ordinary way.
"""

import zlib
from collections.abc import Callable
from typing import Any

from argosy.runtime.cache import Cache
from argosy.web.etag import content_tag
from argosy.web.kept import READS, Finished, Headers, PlainHosts
from argosy.web.pages.templating import POLICY
from argosy.web.storefront.people import SESSION
from argosy.web.storefront.visitors import visitor_by

PIECES = "<!--pieces-->"
"""Where a page shows how many pieces are in the cart."""

KIND = b"text/html; charset=utf-8"
_MOST_NAMES = 4
_FIELDS = b"fields"
# With one of these a request needs more than the kept page.
_UNUSUAL = frozenset({b"hx-request", b"origin", b"traceparent"})
_HEADERS: Headers = [
    (b"content-security-policy", POLICY.encode()),
    (b"cache-control", b"private, no-cache"),
    (b"vary", b"Accept-Encoding, Cookie, HX-Request"),
]
_GZIP_HEAD = bytes((0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255))  # RFC 1952: no name, no time, any system
_WINDOW = 15
_EFFORT = 6


class KeptPage:
    """A page, and the place in it for the number of pieces if it has one. `code`: of its channel,
    whose cookies tell that number; `route` is its template.
    """

    __slots__ = ("_anonymous", "_code", "_digest", "_head", "_pressed", "_route", "_runs", "_tail")

    def __init__(self, html: str, *, code: str, route: str) -> None:
        head, place, tail = html.partition(PIECES)
        self._head = head.encode()
        self._tail = tail.encode() if place else None
        self._code = code
        self._route = route
        self._digest = content_tag(self._head + (self._tail or b""))[1:-1]
        self._anonymous: Finished | None = None
        self._pressed: Finished | None = None
        self._runs: tuple[bytes, bytes] | None = None

    def answer(self, cookies: dict[str, str], encodings: bytes) -> Finished:
        """The page for who sends these cookies and this `Accept-Encoding`."""
        pieces = visitor_by(cookies, self._code).pieces if cookies and self._tail is not None else 0
        pressed = b"gzip" in encodings and b"gzip;q=0" not in encodings
        if pieces:
            return self._with(pieces, pressed=pressed)
        if pressed:
            self._pressed = self._pressed or self._with(0, pressed=True)
            return self._pressed
        self._anonymous = self._anonymous or self._with(0, pressed=False)
        return self._anonymous

    def _with(self, pieces: int, *, pressed: bool) -> Finished:
        number = str(pieces).encode() if pieces else b""
        body = self._compressed(number) if pressed else self._head + number + (self._tail or b"")
        marks = (f".{pieces}" if pieces else "") + (".gz" if pressed else "")
        headers = [*_HEADERS, (b"content-encoding", b"gzip")] if pressed else _HEADERS
        tag = f'"{self._digest}{marks}"'.encode()
        return Finished(body, self._route, kind=KIND, tag=tag, kept=headers)

    def _compressed(self, number: bytes) -> bytes:
        """The page as one gzip member, with `number` as a block of its own in the middle."""
        tail = self._tail or b""
        if self._runs is None:
            deflate = zlib.compressobj(_EFFORT, zlib.DEFLATED, -_WINDOW)
            head = deflate.compress(self._head) + deflate.flush(zlib.Z_FULL_FLUSH)
            self._runs = head, deflate.compress(tail) + deflate.flush()
        # RFC 1951 3.2.4: a stored block; a full flush ends at a whole byte.
        length = len(number)
        block = b"\0" + length.to_bytes(2, "little") + (length ^ 0xFFFF).to_bytes(2, "little")
        check = zlib.crc32(tail, zlib.crc32(number, zlib.crc32(self._head)))
        size = (len(self._head) + length + len(tail)) & 0xFFFFFFFF
        end = check.to_bytes(4, "little") + size.to_bytes(4, "little")
        first, second = self._runs
        return b"".join((_GZIP_HEAD, first, block, number, second, end))


def name_page(cache: Cache, path: str, query: bytes, *, key: Any, other: Any) -> None:
    """Let the edge find the page kept as `key` by this path and query, while `other` is kept too.

    A page has few names: the queries that anybody may make up must not fill the memory.
    """
    if _FIELDS not in query:
        cache.link(_name(path, query), key, other=other, most=_MOST_NAMES if query else None)


def page_finder(cache: Cache) -> Callable[[Any, dict[bytes, bytes]], Finished | None]:
    """What finds the kept page of a plain request of somebody who is not signed in, by ASGI scope
    and headers.
    """
    hosts = PlainHosts()

    def find(scope: Any, sent: dict[bytes, bytes]) -> Finished | None:
        found: KeptPage | None = cache.found(_name(scope["path"], scope["query_string"]))
        if found is None or scope["method"] not in READS:
            return None
        if len(sent) != len(scope["headers"]) or not _UNUSUAL.isdisjoint(sent):
            return None
        cookies = _cookies(sent[b"cookie"]) if b"cookie" in sent else {}
        if SESSION in cookies or not hosts.know(sent.get(b"host", b"")):
            return None
        return found.answer(cookies, sent.get(b"accept-encoding", b""))

    return find


def _name(path: str, query: bytes) -> tuple[str, str, bytes]:
    return "page", path, query


def _cookies(sent: bytes) -> dict[str, str]:
    """Cookies by name; ours have plain values."""
    pairs = (one.strip().partition("=") for one in sent.decode("latin-1").split(";"))
    return {name: value for name, _, value in pairs}
