"""What every HTTP request passes: one plain ASGI function around Litestar, no layers.

In: request id, W3C trace context, refusal of hostile paths and queries, limits. Out: security
headers, request id, trace context, limits; then the request is counted, timed and logged.
`HEAD` is answered as `GET` without its body (RFC 9110 9.3.2).
"""

import re
from collections.abc import Awaitable, Callable
from random import getrandbits
from time import perf_counter
from typing import Any

from litestar.types import ASGIApp, Receive, Send

from argosy.kernel.errors import ArgosyError
from argosy.runtime import metrics, telemetry
from argosy.runtime.db import begin_counting
from argosy.runtime.settings import Settings
from argosy.runtime.tracing import Work
from argosy.web.limits import Limits, OperationClass
from argosy.web.problems import MEDIA_TYPE, PROBLEM_PATH, RouteUnknown, document
from argosy.web.screening import screen_query

_TRACEPARENT = re.compile(rb"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{8,64}")
_API_POLICY = b"default-src 'none'; frame-ancestors 'none'"
_ADMIN = "/admin/"

Headers = list[tuple[bytes, bytes]]


class Edge:
    """The ASGI application that the server calls for HTTP; `app` is Litestar's own."""

    __slots__ = ("_always", "_app", "_limits", "_problem_base")

    def __init__(self, app: ASGIApp, settings: Settings, limits: Limits) -> None:
        self._app = app
        self._problem_base = settings.public_url + PROBLEM_PATH
        self._limits = limits
        self._always: Headers = [
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"strict-origin-when-cross-origin"),
            (b"x-frame-options", b"DENY"),
        ]
        if settings.public_url.startswith("https://"):
            self._always.append((b"strict-transport-security", b"max-age=31536000"))

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve one HTTP request; anything else goes straight through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        sent = _Incoming(scope)
        work, token = telemetry.begin_request(sent.request_id(), sent.trace)
        scope["argosy.request_id"] = work.request_id
        counted = begin_counting()
        before = len(counted.names)
        method = scope["method"]
        out = self._outgoing(work)
        answer = _answering(send, out, work, bodyless=method == "HEAD")
        if method == "HEAD":
            scope["method"] = "GET"
        entered: OperationClass | None = None
        try:
            entered = self._admit(scope, sent, out)
            await self._app(scope, receive, answer)
        except ArgosyError as refusal:
            body = document(refusal, base=self._problem_base, request_id=work.request_id)
            await _refuse(answer, refusal, body)
        finally:
            if entered is not None:
                entered.leave()
            telemetry.end_request(
                work,
                token,
                route=scope.get("path_template") or "unmatched",
                method=method,
                seconds=perf_counter() - started,
                statements=len(counted.names) - before,
            )

    def _outgoing(self, work: Work) -> Headers:
        return [
            *self._always,
            (b"x-request-id", work.request_id.encode()),
            (b"traceresponse", work.traceparent.encode()),
        ]

    def _admit(self, scope: Any, sent: "_Incoming", out: Headers) -> OperationClass | None:
        """Screen path and query, count against the limits. Raises the kernel's errors."""
        path = scope["path"]
        if "\0" in path or not _encodable(path):
            raise RouteUnknown("There is nothing at this path.")
        screen_query(scope["query_string"])
        operation = self._limits.classify(scope["method"], path)
        if operation is None:
            return None
        if operation.quota:
            out.append(operation.headers)
            try:
                out.append((b"ratelimit", operation.take(sent.client(scope, self._limits))))
            except ArgosyError:
                out.append((b"ratelimit", b'"%b";r=0;t=60' % operation.name.encode()))
                raise
        operation.enter()
        return operation


class _Incoming:
    """The request headers that the edge itself reads, found in one pass."""

    __slots__ = ("authorization", "forwarded", "given_id", "publishable_key", "trace")

    def __init__(self, scope: Any) -> None:
        self.authorization: bytes | None = None
        self.forwarded: bytes | None = None
        self.given_id: bytes | None = None
        self.publishable_key: bytes | None = None
        self.trace: tuple[str, str, bool] | None = None
        for name, value in scope["headers"]:
            if name == b"authorization":
                self.authorization = value
            elif name == b"x-publishable-key":
                self.publishable_key = value
            elif name == b"x-request-id":
                self.given_id = value
            elif name == b"x-forwarded-for":
                self.forwarded = value
            elif name == b"traceparent" and (found := _TRACEPARENT.fullmatch(value)):
                trace_id, span_id, flags = found.groups()
                self.trace = trace_id.decode(), span_id.decode(), bool(int(flags, 16) & 1)

    def request_id(self) -> str:
        """The id that the client gave, if it is presentable, else a new one."""
        if self.given_id is not None and _REQUEST_ID.fullmatch(self.given_id):
            return self.given_id.decode()
        return f"{getrandbits(96):024x}"

    def client(self, scope: Any, limits: Limits) -> object:
        """Whom the limits count: see `limits.py`. Credentials are kept as hashes only."""
        if self.authorization is not None and scope["path"].startswith(_ADMIN):
            return hash(self.authorization)
        peer = scope.get("client")
        address = limits.address(peer[0] if peer else "", self.forwarded)
        return address if self.publishable_key is None else (address, hash(self.publishable_key))


def _answering(
    send: Send, out: Headers, work: Work, *, bodyless: bool
) -> Callable[[Any], Awaitable[None]]:
    """A `send` that adds the outgoing headers, once, and keeps the status."""

    async def answer(message: Any) -> None:
        if message["type"] == "http.response.start":
            work.status = message["status"]
            headers = message["headers"] = list(message.get("headers", ()))
            policy = cache = False
            for name, _ in headers:
                policy = policy or name == b"content-security-policy"
                cache = cache or name == b"cache-control"
            headers.extend(out)
            if not policy:
                headers.append((b"content-security-policy", _API_POLICY))
            if not cache:
                headers.append((b"cache-control", b"no-store"))
        elif bodyless:
            if message.get("more_body"):
                return
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await send(message)

    return answer


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
