"""Every failure as a problem document (RFC 9457), in one place.

A problem has `type` (the address of its page), `title`, `status`, `detail`, and our members: a
stable `code`, `retryable`, `request_id`, `cure`, and where they apply `field`, `errors`.
Errors of the kernel carry their own status; the framework's and the driver's are translated here.
What nobody expected becomes `internal`: logged with its traceback, answered with the request id
and nothing else.
"""

import inspect
import re
from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.exceptions import HTTPException, ValidationException
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import (
    ArgosyError,
    Conflict,
    Invalid,
    NotFound,
    Refused,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from argosy.runtime import metrics, telemetry, tracing
from argosy.runtime.feed import public_ids
from argosy.web.idempotent import KeyMissing
from argosy.web.wanted import public_name, wanted

MEDIA_TYPE = "application/problem+json"
PROBLEM_PATH = "/problems/"


class RequestMalformed(Invalid):
    """The body is not well-formed JSON in UTF-8.

    The problem's `detail` says at which byte reading stopped. Send one JSON value, encoded in
    UTF-8 without a byte order mark.
    """

    code = "request.malformed"
    usual_cure = "Send one JSON value, encoded in UTF-8 without a byte order mark."
    http_status = 400


class RequestCutShort(Invalid):
    """The connection closed before the whole body had arrived; nothing was done. Nobody is there to
    read this answer: it stands in the log and in the metrics.
    """

    code = "request.cut_short"
    usual_cure = "Send the whole request again."
    http_status = 400


class RequestTooDeep(Invalid):
    """The JSON body is nested deeper than any request needs. Flatten it and send it again."""

    code = "request.too_deep"
    usual_cure = "Flatten the JSON and send it again."
    http_status = 400


class RequestRefusedByServer(Invalid):
    """The HTTP request itself is not acceptable, for example because of a bad `Host` header."""

    code = "request.bad"
    usual_cure = "Correct what the message names in the request's line or headers."
    http_status = 400


class BodyMissing(Invalid):
    """This operation needs a JSON body and none was sent. See the operation's example."""

    code = "request.body_missing"
    usual_cure = "Send a JSON body like the example of this operation at `/schema`."


class RouteUnknown(NotFound):
    """There is no operation at this path. The document at `/schema/openapi.json` lists them all."""

    code = "request.route_unknown"
    usual_cure = "Check the path against `/schema/openapi.json`, which lists all operations."


class MethodNotAllowed(Invalid):
    """The path exists, but not with this method. The `Allow` header lists the ones it takes."""

    code = "request.method_not_allowed"
    usual_cure = "Use one of the methods in the `Allow` header."
    http_status = 405


class NotAcceptable(Invalid):
    """The answer cannot be given in any of the media types that the `Accept` header names."""

    code = "request.not_acceptable"
    usual_cure = "Send `Accept: application/json`, or leave the header out."
    http_status = 406


class PreconditionFailed(Conflict):
    """The object has changed since it was read, so `If-Match` names a version that is gone.

    Read it again, apply the change to what is there now, and send the new `ETag` in `If-Match`.
    """

    code = "request.precondition_failed"
    usual_cure = (
        "Read it again, apply the change to what is there now, and send its new `ETag` in `If-"
        "Match`."
    )
    http_status = 412


class PreconditionRequired(Invalid):
    """This change must say which version of the object it changes, so that it cannot overwrite
    what somebody else did in the meantime unseen.

    Read the object, and send its `ETag` back in `If-Match`. `If-Match: *` changes whichever version
    there is.
    """

    code = "request.precondition_required"
    usual_cure = "Read the object, and send its `ETag` in `If-Match`; `*` means whichever there is."
    http_status = 428


class RequestTooLarge(Invalid):
    """The body is larger than this operation accepts. Send less at once, or use an import."""

    code = "request.too_large"
    usual_cure = "Send less at once, or use an import."
    http_status = 413


class UnsupportedMediaType(Invalid):
    """This operation does not read bodies of this `Content-Type`; most read application/json."""

    code = "request.unsupported_media_type"
    usual_cure = (
        "Send the header `Content-Type` with the type that the operation reads; most read "
        "application/json."
    )
    http_status = 415


class ServerBusy(Unavailable):
    """The server is at its limit for this class of operations and answered at once, doing nothing.

    Send the same request again after the seconds in `Retry-After`. Purchases have a lane of their
    own, so browsing and administration give way first.
    """

    code = "service.busy"
    usual_cure = "Send the same request again after the seconds in `Retry-After`."


class Internal(ArgosyError):
    """Something failed that should not have. It is logged under the request id.

    Report it with the `request_id`. Repeating the request is safe where it carries an
    `Idempotency-Key`.
    """

    code = "internal"
    usual_cure = (
        "Report it with the `request_id`; with an `Idempotency-Key` it is safe to send the "
        "request again."
    )
    http_status = 500


class FieldError(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing wrong with the request: where (dotted path), what, and what would be right."""

    field: str
    message: str
    cure: str | None = None


Sentence = Annotated[str, msgspec.Meta(min_length=1)]


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The problem document of RFC 9457, as the OpenAPI document describes it.

    `code` is stable: switch on it. `cure` says what to do about it, `field` where. Further members
    depend on the code and are described on the page that `type` points to.
    """

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    retryable: bool
    cure: Sentence
    field: str | None = None
    errors: list[FieldError] | None = None


_PLACING = frozenset({"/v1/carts/{cart_id}/place", "/v1/purchases"})
_OUT_OF_STOCK = "inventory.out_of_stock"
_BY_STATUS: dict[int, type[ArgosyError]] = {
    400: RequestRefusedByServer,
    401: Unauthenticated,
    403: Refused,
    404: RouteUnknown,
    405: MethodNotAllowed,
    406: NotAcceptable,
    413: RequestTooLarge,
    415: UnsupportedMediaType,
    422: Invalid,
    429: TooMany,
    503: Unavailable,
}
_NEEDED_HEADERS: dict[str, tuple[type[ArgosyError], str]] = {
    "if-match": (PreconditionRequired, "This change must name the version that it changes."),
    "idempotency-key": (KeyMissing, "This operation needs an Idempotency-Key."),
}
_MISSING = re.compile(r"Missing required (\w+) parameter '([^']+)'")
_MSGSPEC_PATH = re.compile(r" - at `(?:key in )?\$\.?([^`]*)`$")
_UNKNOWN_FIELD = re.compile(r"Object contains unknown field `([^`]+)`")
_MISSING_FIELD = re.compile(r"Object missing required field `([^`]+)`")


def answer(request: Request[Any, Any, Any], exc: Exception) -> Response[bytes]:
    """The problem response for any exception that left a handler (Litestar's exception handler)."""
    error, errors = translate(exc, request.scope.get("route_handler"))
    route = request.scope.get("path_template") or "unmatched"
    if error.http_status >= 500 and not isinstance(error, Unavailable):
        telemetry.unexpected(exc, route=route)
    metrics.PROBLEMS.labels(error.code).inc()
    if route in _PLACING:
        metrics.PLACEMENTS.labels(error.code).inc()
    if error.code == _OUT_OF_STOCK:
        metrics.OUT_OF_STOCK.inc()
    headers = {"Cache-Control": "no-store"}
    if error.retry_after is not None or error.http_status == 503:
        headers["Retry-After"] = str(error.retry_after or 1)
    if error.http_status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(exc, HTTPException) and exc.headers:
        headers.update({k: v for k, v in exc.headers.items() if k.lower() == "allow"})
    work = tracing.current()
    rid = work.request_id if work else ""
    body = document(error, base=request.app.state.problem_base, request_id=rid, errors=errors)
    return Response(body, status_code=error.http_status, media_type=MEDIA_TYPE, headers=headers)


def document(
    error: ArgosyError, *, base: str, request_id: str, errors: Iterable[FieldError] | None = None
) -> bytes:
    """The problem document of `error` as JSON, its `type` below `base`. Details that cannot be
    encoded become text.
    """
    members: dict[str, Any] = {
        "type": base + error.code,
        "title": title(error.code),
        "status": error.http_status,
        "code": error.code,
        "detail": error.message,
        "retryable": error.retryable,
        "request_id": request_id,
        "cure": error.cure,
    }
    if error.field is not None:
        members["field"] = error.field
    listed = list(errors or ())
    has_own = "errors" in error.details
    if not listed and not has_own and error.http_status == 422 and error.field is not None:
        listed = [FieldError(field=error.field, message=error.message, cure=error.cure)]
    if listed:
        members["errors"] = listed
    for name, value in error.details.items():
        members.setdefault(
            name, public_ids(msgspec.to_builtins(value)) if name == "quote" else value
        )
    return msgspec.json.encode(members, enc_hook=str)


def title(code: str) -> str:
    """The short name of a problem, from its code: `inventory.out_of_stock` gives "Out of stock"."""
    return code.rpartition(".")[2].replace("_", " ").capitalize()


def translate(exc: Exception, handler: Any = None) -> tuple[ArgosyError, list[FieldError]]:
    """Our error for any exception that left `handler` (None: there was no such operation), and the
    list of field errors where there is one.
    """
    handler = handler if isinstance(handler, HTTPRouteHandler) else None
    if isinstance(exc, ArgosyError):
        return exc, []
    if isinstance(exc, ValidationException):
        return _from_framework_validation(exc, handler)
    if isinstance(exc, msgspec.ValidationError):
        return _invalid([_from_msgspec(str(exc), handler)])
    if isinstance(exc, HTTPException):
        return _from_http(exc), []
    return Internal("An unexpected error occurred. It has been logged."), []


def _from_http(exc: HTTPException) -> ArgosyError:
    kind = _BY_STATUS.get(exc.status_code)
    if kind is None:
        kind = RequestRefusedByServer if exc.status_code < 500 else Internal
    if kind is Internal:
        return Internal("An unexpected error occurred. It has been logged.")
    return kind(exc.detail or title(kind.code))


def _invalid(errors: list[FieldError]) -> tuple[ArgosyError, list[FieldError]]:
    first = errors[0]
    count = "" if len(errors) == 1 else f" (and {len(errors) - 1} more)"
    return Invalid(f"{first.field}: {first.message}{count}", field=first.field, cure=first.cure), (
        errors
    )


def _from_framework_validation(
    exc: ValidationException, handler: HTTPRouteHandler | None
) -> tuple[ArgosyError, list[FieldError]]:
    extra = exc.extra
    if not isinstance(extra, list) or not extra:
        missing = _MISSING.search(exc.detail)
        if missing is None:
            return Invalid(exc.detail), []
        where, name = missing.groups()
        if name.lower() in _NEEDED_HEADERS:
            kind, message = _NEEDED_HEADERS[name.lower()]
            return kind(message, field=name), []
        return _invalid(
            [FieldError(field=name, message=f"is required in the {where}", cure=f"Send `{name}`.")]
        )
    if any(item.get("key") == "data" for item in extra):
        return BodyMissing("This operation needs a JSON body.", field="body"), []
    return _invalid(
        [_readable(str(i.get("key", "")), str(i.get("message", "")), handler) for i in extra]
    )


def _from_msgspec(text: str, handler: HTTPRouteHandler | None) -> FieldError:
    found = _MSGSPEC_PATH.search(text)
    path = "" if found is None else found.group(1)
    return _readable(path, text[: found.start()] if found else text, handler)


def _readable(path: str, message: str, handler: HTTPRouteHandler | None) -> FieldError:
    if unknown := _UNKNOWN_FIELD.match(message):
        path = f"{path}.{unknown.group(1)}".lstrip(".")
        return FieldError(field=path, message="is not a field of this object", cure="Leave it out.")
    if missing := _MISSING_FIELD.match(message):
        path = f"{path}.{missing.group(1)}".lstrip(".")
        return FieldError(field=path, message="is required", cure="Send it.")
    cure = None if handler is None else wanted(handler, path or "body")
    name = path if handler is None else public_name(handler, path)
    return FieldError(
        field=name or "body", message=message, cure=cure or _cure(message) or Invalid.usual_cure
    )


def _cure(message: str) -> str | None:
    """What would be right, from what was expected: "Expected `int` >= 1" says it already."""
    if message.startswith("Expected "):
        return f"Send {message.removeprefix('Expected ').partition(', got ')[0]}."
    return None


@get("/problems/{code:str}", include_in_schema=False)
async def explain(code: str) -> Response[str]:
    """The page that a problem's `type` points to: its class's docstring, as plain text."""
    kind = kinds().get(code)
    if kind is None:
        raise RouteUnknown("No problem has this code.")
    text = f"{title(code)}\n\ncode: {code}\nstatus: {kind.http_status}\n"
    text += f"retryable: {'yes' if kind.retryable else 'no'}\n\n{inspect.getdoc(kind)}\n"
    text += f"\nWhat to do: {kind.usual_cure}\n"
    return Response(text, media_type="text/plain", headers={"Cache-Control": "max-age=3600"})


def kinds() -> dict[str, type[ArgosyError]]:
    """Every error that is loaded, by its stable code; of a class and its base, the class.

    Asserts that no two other classes share a code.
    """
    found: dict[str, type[ArgosyError]] = {}
    waiting = list(ArgosyError.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        if "code" in vars(kind):
            other = found.get(kind.code, kind)
            related = issubclass(kind, other) or issubclass(other, kind)
            assert related, f"{kind} and {other} have the code {kind.code}"
            found[kind.code] = kind if issubclass(kind, other) else other
    return found


ROUTES: list[HTTPRouteHandler] = [explain]
