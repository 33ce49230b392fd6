"""The calls of a purchase, handed to their handlers without the framework's way there (ADR 0011).

The handlers, and all that they call, are those that the framework has; what is left out is routing,
the matching of parameters to a signature and the layers around a response, which cost more than a
cart's change. Only a plain request is taken: no query, no repeated header, no `Origin`, an ordinary
`Host`, a body, every required header. Anything else goes the ordinary way and is decided there.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from inspect import signature
from typing import Any, NamedTuple

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Receive, Send

from argosy.web.kept import PlainHosts
from argosy.web.problems import answer
from argosy.web.requests import ShopRequest

_TEMPLATE = re.compile(r"/v1/([a-z]+)(?:/\{([a-z_]+):str\}(?:/([a-z/-]+))?)?")
_KEY = b"idempotency-key"


class _Call(NamedTuple):
    """A handler and what it takes: `part` is the parameter that the path holds, "" if none."""

    handler: HTTPRouteHandler
    run: Callable[..., Awaitable[Response[bytes]]]
    template: str
    part: str
    takes_body: bool
    needs_key: bool


Place = tuple[str, str, bool, str]
"""Method, first word of the path after `/v1/`, whether an id follows, and what follows that."""


def direct(ordinary: ASGIApp, handlers: Iterable[HTTPRouteHandler]) -> ASGIApp:
    """`ordinary`, but plain requests for `handlers` are handed to them at once.

    Their paths are `/v1/word`, `/v1/word/{id:str}` or `/v1/word/{id:str}/more`; they take the
    request, that id, `data` and an idempotency key, and answer with a Response.
    """
    calls = dict(map(_placed, handlers))
    hosts = PlainHosts()

    async def serve(scope: Any, receive: Receive, send: Send) -> None:
        call, part = _found(calls, hosts, scope)
        if call is None:
            await ordinary(scope, receive, send)
            return
        scope["route_handler"], scope["path_template"] = call.handler, call.template
        scope["path_params"] = given = {} if part is None else {call.part: part}
        request = ShopRequest(scope, receive, send)
        try:
            more: dict[str, Any] = {"data": await request.json()} if call.takes_body else {}
            if call.needs_key:
                more["key"] = request.headers["idempotency-key"]
            response = await call.run(request, **given, **more)
        except Exception as error:  # noqa: BLE001 - answered as everywhere
            response = answer(request, error)
        await response.to_asgi_response(None, request)(scope, receive, send)

    return serve


def _found(
    calls: Mapping[Place, _Call], hosts: PlainHosts, scope: Any
) -> tuple[_Call | None, str | None]:
    """The call that a request is, with the id in its path; nothing if it is not a plain one."""
    parts = scope["path"].split("/", 4)
    if len(parts) < 3 or parts[1] != "v1" or parts[0] or scope["query_string"]:
        return None, None
    part = parts[3] if len(parts) > 3 else None
    more = parts[4] if len(parts) > 4 else ""
    call = calls.get((scope["method"], parts[2], part is not None, more))
    if call is None or part == "" or scope.get("root_path"):
        return None, None
    sent = dict(scope["headers"])
    if len(sent) != len(scope["headers"]) or b"origin" in sent:
        return None, None
    if (call.needs_key and _KEY not in sent) or not hosts.know(sent.get(b"host", b"")):
        return None, None
    if call.takes_body and not sent.get(b"content-length", b"").strip(b"0"):
        return None, None  # to be told what is missing
    return call, part


def _placed(handler: HTTPRouteHandler) -> tuple[Place, _Call]:
    (template,) = handler.paths
    (method,) = handler.http_methods
    found = _TEMPLATE.fullmatch(template)
    assert found, f"{template}: not a path for this"
    word, part, more = found.groups(default="")
    takes = dict(signature(handler.fn).parameters)
    needs_key = "key" in takes and takes.pop("key").default is not None
    assert takes.keys() - {"data"} == {"request", part} - {""}, f"{template}: other parameters"
    # As the framework names it: with the kinds of parameters left out.
    shown = template.replace(":str}", "}")
    call = _Call(handler, handler.fn, shown, part, "data" in takes, needs_key)
    return (method, word, bool(part), more), call
