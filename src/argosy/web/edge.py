"""What every HTTP request passes: one plain ASGI function around Litestar, no layers.

In: request id, W3C trace context, refusal of hostile paths and queries, limits. Out: security
headers, request id, trace context, limits; then the request is counted, timed and logged.
`HEAD` is answered as `GET` without its body (RFC 9110 9.3.2). `instants` are the names of query
parameters that are points in time.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from random import getrandbits
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from litestar.types import ASGIApp, Receive, Send

from argosy.adapters.storage import bucket_of
from argosy.kernel.errors import ArgosyError
from argosy.runtime import metrics, telemetry, tracing
from argosy.runtime.db import begin_counting
from argosy.runtime.settings import Settings
from argosy.runtime.tracing import Work
from argosy.web.kept import Common, Finished
from argosy.web.limits import Limits, OperationClass, RateLimited
from argosy.web.problems import MEDIA_TYPE, PROBLEM_PATH, RouteUnknown, document
from argosy.web.screening import instant_names, screen_query
from argosy.web.sparse import send_sparse, take_fields

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{8,64}")
_API_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_UNCACHED = (b"cache-control", b"no-store")
_ADMIN = "/admin/"

EXPOSED_HEADERS = (
    "ETag",
    "Idempotency-Replayed",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-Id",
)
"""What scripts of an allowed origin may read of an answer (CORS)."""

Headers = list[tuple[bytes, bytes]]
Sent = dict[bytes, bytes]


FindKept = Callable[[Any, Sent], Finished | None]


Allowed = tuple[bytes, bytes]
_OF_ALL_PAGES = 2


def elsewhere_allowed(settings: Settings) -> tuple[Allowed, ...]:
    """(directive, origin) that policies of pages allow beyond this server: pictures and videos of
    the CDN, and, of the back office alone, which is behind those, sending files to the bucket.
    """
    if settings.media_storage != "s3":
        return ()
    parts = urlsplit(settings.media_cdn_url)
    cdn = f"{parts.scheme}://{parts.netloc}" if parts.netloc else "'self'"
    bucket = bucket_of(settings).origin
    allowed = (("img-src", cdn), ("media-src", cdn), ("connect-src", bucket))
    return tuple((directive.encode(), origin.encode()) for directive, origin in allowed)


def _nothing_kept(_scope: Any, _sent: Sent) -> None:
    return None


class Edge:
    """The ASGI application that the server calls for HTTP; `app` is Litestar's own."""

    __slots__ = (
        "_always",
        "_app",
        "_common",
        "_elsewhere",
        "_find_kept",
        "_instants",
        "_limits",
        "_origins",
        "_problem_base",
    )

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        limits: Limits,
        instants: Sequence[str] = (),
        find_kept: FindKept = _nothing_kept,
    ) -> None:
        self._app = app
        self._find_kept = find_kept
        self._elsewhere = elsewhere_allowed(settings)
        self._instants = instant_names(instants)
        self._problem_base = settings.public_url + PROBLEM_PATH
        self._limits = limits
        self._origins = frozenset(origin.encode() for origin in settings.cors_origins)
        always: Headers = [
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"strict-origin-when-cross-origin"),
            (b"x-frame-options", b"DENY"),
        ]
        if settings.public_url.startswith("https://"):
            always.append((b"strict-transport-security", b"max-age=31536000"))
        if self._origins and b"*" not in self._origins:
            # On every answer: a cache must not give one without CORS headers to an allowed origin.
            always.append((b"vary", b"Origin"))
        self._always = tuple(always)
        self._common: Common = (*self._always, limits.browse.policy, _API_POLICY)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve one HTTP request; anything else goes straight through.

        What is kept is answered here: counted, timed and logged as any other, but bound to no task,
        for nothing is run. It takes no place in the lane, for it is gone before another can ask.
        """
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        # Of a repeated header the last one counts: the one that the nearest proxy added.
        sent: Sent = dict(scope["headers"])
        kept = self._find_kept(scope, sent)
        rate = None if kept is None else self._rate_of_kept(scope, sent)
        if kept is None or rate is None:
            await self._serve(scope, receive, send, sent, started)
            return
        request_id = _request_id(sent.get(b"x-request-id"))
        method = scope["method"]
        status, headers, message = kept.given_with(
            self._common, sent.get(b"if-none-match"), method == "HEAD"
        )
        if self._elsewhere:
            headers = [_widened(header, self._elsewhere[:_OF_ALL_PAGES]) for header in headers]
        told = [*headers, (b"x-request-id", request_id.encode()), (b"ratelimit", rate)]
        await send({"type": "http.response.start", "status": status, "headers": told})
        await send(message)  # type: ignore[arg-type]
        kept.given_again()
        telemetry.answered_again(request_id, kept.route, method, status, perf_counter() - started)

    async def _serve(
        self, scope: Any, receive: Receive, send: Send, sent: Sent, started: float
    ) -> None:
        """Serve a request that is to be worked for."""
        remote = sent.get(b"traceparent")
        trace = None if remote is None else tracing.parse(remote.decode("latin-1"))
        work, token = telemetry.begin_request(_request_id(sent.get(b"x-request-id")), trace)
        scope["argosy.request_id"] = work.request_id
        counted = begin_counting()
        before = len(counted.names)
        method = scope["method"]
        out = [*self._always, (b"x-request-id", work.request_id.encode())]
        if trace is not None:
            out.append((b"traceresponse", work.traceparent.encode()))
        back_office = scope["path"].startswith(_ADMIN)
        elsewhere = self._elsewhere if back_office else self._elsewhere[:_OF_ALL_PAGES]
        answer = _answering(send, out, work, method == "HEAD", elsewhere)
        if method == "HEAD":
            scope["method"] = "GET"
        entered: OperationClass | None = None
        try:
            entered = self._admit(scope, sent, out)
            tree = None
            if b"fields" in scope["query_string"] and scope["method"] == "GET":
                tree = take_fields(scope)
            if tree is None:
                await self._app(scope, receive, answer)
            else:
                await send_sparse(self._app, scope, receive, answer, tree)
        except ArgosyError as refusal:
            body = document(refusal, base=self._problem_base, request_id=work.request_id)
            out += self._readable(sent.get(b"origin"))
            await _refuse(answer, refusal, body)
        finally:
            if entered is not None:
                entered.in_flight -= 1
            telemetry.end_request(
                work,
                token,
                scope.get("path_template") or "unmatched",
                method,
                perf_counter() - started,
                len(counted.names) - before,
            )

    def _rate_of_kept(self, scope: Any, sent: Sent) -> bytes | None:
        """Count a request for what is kept; its `RateLimit`. None if it must go the ordinary way:
        spans are exported, or the quota is used up, which is refused there in full form.
        """
        if telemetry.is_exporting():
            return None
        try:
            return self._limits.browse.take(_client(scope, sent, self._limits))
        except RateLimited:
            return None  # nothing was counted

    def _readable(self, origin: bytes | None) -> Headers:
        """What lets a browser read a refusal of the edge; other answers get it from Litestar."""
        anybody = b"*" in self._origins
        if origin is None or not (anybody or origin in self._origins):
            return []
        return [
            (b"access-control-allow-origin", b"*" if anybody else origin),
            (b"access-control-expose-headers", ", ".join(EXPOSED_HEADERS).encode()),
        ]

    def _admit(self, scope: Any, sent: Sent, out: Headers) -> OperationClass | None:
        """Screen path and query, count against the limits. Raises the kernel's errors."""
        path = scope["path"]
        if "\0" in path or not (path.isascii() or _encodable(path)):
            raise RouteUnknown("There is nothing at this path.")
        if scope["query_string"]:
            screen_query(scope["query_string"], self._instants)
        operation = self._limits.classify(scope["method"], path)
        if operation is None:
            return None
        out.append(operation.policy)
        try:
            out.append((b"ratelimit", operation.take(_client(scope, sent, self._limits))))
        except RateLimited as refusal:
            out.append(
                (
                    b"ratelimit",
                    b'"%b";r=0;t=%d' % (operation.name.encode(), refusal.retry_after or 1),
                )
            )
            raise
        operation.enter()
        return operation


def _request_id(given: bytes | None) -> str:
    """The id that the client gave, if it is presentable, else a new one."""
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given.decode()
    return f"{getrandbits(96):024x}"


def _client(scope: Any, sent: Sent, limits: Limits) -> object:
    """Whom the limits count: see `limits.py`. Credentials are kept as hashes only."""
    authorization = sent.get(b"authorization")
    if authorization is not None and scope["path"].startswith(_ADMIN):
        return hash(authorization)
    peer = scope["client"]
    address = limits.address(peer[0] if peer else "", sent.get(b"x-forwarded-for"))
    key = sent.get(b"x-publishable-key")
    return address if key is None else hash((address, key))


def _answering(
    send: Send, out: Headers, work: Work, bodyless: bool, elsewhere: Sequence[Allowed] = ()
) -> Callable[[Any], Awaitable[None]]:
    """A `send` that adds the outgoing headers, once, and keeps the status. `elsewhere`: what the
    policies of pages allow beyond this server.
    """

    async def answer(message: Any) -> None:
        if message["type"] == "http.response.start":
            work.status = message["status"]
            given = message["headers"]
            if len(given) == 2:  # type and length alone, as most answers have
                message["headers"] = [*given, *out, _API_POLICY, _UNCACHED]
            else:
                names = {name for name, _ in given}
                policy = () if b"content-security-policy" in names else (_API_POLICY,)
                if elsewhere and not policy:
                    given = [_widened(header, elsewhere) for header in given]
                cache = () if b"cache-control" in names else (_UNCACHED,)
                if b"referrer-policy" in names:
                    ours = [header for header in out if header[0] != b"referrer-policy"]
                    message["headers"] = [*given, *ours, *policy, *cache]
                else:
                    message["headers"] = [*given, *out, *policy, *cache]
        elif bodyless:
            if message.get("more_body"):
                return
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await send(message)

    return answer


def _widened(header: tuple[bytes, bytes], elsewhere: Sequence[Allowed]) -> tuple[bytes, bytes]:
    name, value = header
    if name == b"content-security-policy":
        for directive, origin in elsewhere:
            value = value.replace(directive + b" 'self'", directive + b" 'self' " + origin)
    return name, value


async def _refuse(
    answer: Callable[[Any], Awaitable[None]], error: ArgosyError, body: bytes
) -> None:
    """Answer a refusal of the edge itself, without going through Litestar."""
    metrics.PROBLEMS.labels(error.code).inc()
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    if error.retry_after is not None:
        headers.append((b"retry-after", str(error.retry_after).encode()))
    await answer({"type": "http.response.start", "status": error.http_status, "headers": headers})
    await answer({"type": "http.response.body", "body": body, "more_body": False})


def _encodable(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
