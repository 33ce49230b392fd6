"""A page asks the API: the same handler, the same checks of the body, the same entry of the audit.

So a page can do nothing that the API cannot, and says no more than it. The handler is called in
this process, as the person who is at the page, with their scopes. Answers are plain JSON values.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.typing import FieldDefinition

from argosy.kernel.errors import Invalid
from argosy.modules import staff
from argosy.web.auth import actor
from argosy.web.etag import version_tag
from argosy.web.problems import translate

AnyRequest = Request[Any, Any, Any]

_REPLACED = frozenset({b"if-match", b"idempotency-key", b"content-length"})
_LITESTARS = "_ls_connection_state"


async def ask(
    request: AnyRequest,
    handler: HTTPRouteHandler,
    *,
    data: Mapping[str, Any] | None = None,
    version: int | None = None,
    key: str = "",
    **given: Any,
) -> Any:
    """What the API's `handler` answers to this person, as JSON values (None for no content).

    `data` is the body as JSON values, `version` what `If-Match` names, `key` the Idempotency-Key,
    `given` the parameters of path and query; those that the handler does not have are left out.
    Raises Forbidden, Invalid with `errors` for a body that does not fit, and what the handler does.
    """
    for guard in handler.guards or ():
        scope = getattr(guard, "scope", None)
        if scope is not None:
            staff.check_allowed(actor(request), scope)
    declared = handler.parsed_fn_signature.parameters
    wanted = {
        name: value == "true" if isinstance(value, str) and _is_flag(declared[name]) else value
        for name, value in given.items()
        if name in declared
    }
    body = b""
    if "data" in declared:
        body = msgspec.json.encode(data or {})
        wanted["data"] = _checked(handler, declared["data"].raw, data or {})
    headers = {"if_match": None if version is None else version_tag(version)}
    headers["idempotency_key"] = key or None
    wanted |= {name: value for name, value in headers.items() if name in declared}
    asking = _as_asked(request, body, headers["if_match"], headers["idempotency_key"])
    return _plain(await handler.fn(request=asking, **wanted))


def _is_flag(field: FieldDefinition) -> bool:
    """Whether the parameter is a yes or no, which filters of lists write as `true`."""
    return bool in {field.annotation, *(one.annotation for one in field.inner_types)}


def _checked(handler: HTTPRouteHandler, shape: Any, data: Mapping[str, Any]) -> Any:
    try:
        return msgspec.convert(data, shape)
    except msgspec.ValidationError as fault:
        error, errors = translate(fault, handler)
        raise Invalid(error.message, field=error.field, cure=error.cure, errors=errors) from fault


def _as_asked(
    request: AnyRequest, body: bytes, if_match: str | None, key: str | None
) -> AnyRequest:
    """The request as the API would have got it: its own body and headers, the same person."""
    headers = [pair for pair in request.scope["headers"] if pair[0] not in _REPLACED]
    if if_match is not None:
        headers.append((b"if-match", if_match.encode()))
    if key is not None:
        headers.append((b"idempotency-key", key.encode("ascii", "ignore")))
    state = {name: value for name, value in request.scope["state"].items() if name != _LITESTARS}

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    scope: Any = {**request.scope, "headers": headers, "state": state}
    return Request(scope, receive)


def _plain(answer: Any) -> Any:
    content = answer.content if isinstance(answer, Response) else answer
    if isinstance(content, bytes):
        return msgspec.json.decode(content) if content else None
    return msgspec.to_builtins(content)
