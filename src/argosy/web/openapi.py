"""The OpenAPI 3.1 document: `/schema/openapi.json`, `/schema/openapi.yaml`, a page at `/schema`.

Litestar describes paths and parameters. Bodies come from msgspec, which also reads them, so that
document and behaviour cannot differ; every operation gets an example for its body, the problems it
may answer, and a stable id (the handler's name). A handler may add, as keyword arguments of its
decorator: `example={...}` for its body, and `problems=[OutOfStock, ...]` for errors of its own.
A handler that returns a `Response` names the type of its body in `responses` (ResponseSpec).
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import msgspec
import yaml  # type: ignore[import-untyped]
from litestar import Litestar, Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Contact, License
from litestar.routes import HTTPRoute

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import PREFIXES
from argosy.web import auth
from argosy.web.etag import content_tag, is_fresh
from argosy.web.examples import example_id, example_of, parameter_example
from argosy.web.openapi_page import PAGE_POLICY, render_page
from argosy.web.problems import MEDIA_TYPE, Problem
from argosy.web.sparse import FIELDS_PARAMETER, answer_kind

_REF = "#/components/schemas/{name}"
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_UNSAFE = {"post", "put", "patch", "delete"}
_DESCRIPTION = """Everything a storefront, a point of sale or an integration needs.

**Storefront** operations (`/v1`) name their channel with a publishable key in `X-Publishable-Key`;
a signed-in shopper adds `Authorization: Bearer` with a session token. **Administration** operations
(`/admin/v1`) need `Authorization: Bearer` with a staff session token or a scoped secret key.

Money is `{"minor": 1999, "currency": "USD"}` in minor units. Ids are opaque texts. Lists answer
`{"items": [...], "next_cursor": ...}`; send the cursor back for the next page. Unknown fields of a
body are refused; clients must ignore members of answers that they do not know. Every failure is a
problem document (RFC 9457): switch on `code`, show `detail`, follow `type` for the explanation.
Repeat a request safely by sending the same `Idempotency-Key`.
"""
_SUCCESS_TEXT = {
    201: "Made; the answer shows it.",
    202: "Accepted; it goes on after this answer.",
    204: "Done; there is no body.",
    304: "Not changed since the version in `If-None-Match`.",
}
_STATUS_TEXT = {
    400: "The request is not well formed.",
    401: "No valid credentials came with the request.",
    402: "The payment was declined; nothing was charged.",
    403: "A rule or a permission does not allow this.",
    404: "What the request names does not exist.",
    409: "The request clashes with the current state.",
    410: "It was taken away for good.",
    412: "The object has changed since the version in `If-Match`.",
    413: "The body is too large.",
    415: "The body is of another media type.",
    416: "The file has no such bytes.",
    422: "A value of the request is not acceptable; `errors` names each.",
    428: "The update must name the version it changes in `If-Match`.",
    429: "Too many requests; wait for `Retry-After` seconds.",
    500: "Something failed unexpectedly; it is logged under `request_id`.",
    503: "Nothing was decided; send the same request again after `Retry-After` seconds.",
}


def build_document(handlers: Sequence[HTTPRouteHandler]) -> dict[str, Any]:
    """The OpenAPI document of `handlers` as JSON-like values."""
    for handler in handlers:
        for spec in (handler.responses or {}).values():
            spec.generate_examples = False  # ours are made from the schemas and always valid
    app = Litestar(
        route_handlers=list(handlers),
        openapi_config=OpenAPIConfig(
            title="Argosy",
            version="1",
            description=_DESCRIPTION,
            license=License(name="Apache-2.0", identifier="Apache-2.0"),
            contact=Contact(name="Argosy"),
            components=auth.SECURITY,
            use_handler_docstrings=True,
            operation_id_creator=lambda handler, _, __: str(id(handler)),
        ),
        logging_config=None,
    )
    document: dict[str, Any] = app.openapi_schema.to_schema()
    operations = list(_operations(app, document))
    schemas = _Schemas([kind for _, _, handler, _ in operations for kind in _kinds(handler)])
    ids = _operation_ids(operations)
    for path, method, handler, operation in operations:
        operation["operationId"] = ids[path, method]
        _describe(operation, handler, path, method, schemas)
    document["components"]["schemas"] = schemas.components
    document["components"]["responses"] = {
        _response_name(status): _problem_response(status, schemas) for status in _STATUS_TEXT
    }
    document["tags"] = [{"name": name} for name in _tags(operations)]
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document, enc_hook=str))
    return plain


Operation = tuple[str, str, HTTPRouteHandler, dict[str, Any]]


def _operations(app: Litestar, document: Mapping[str, Any]) -> Iterator[Operation]:
    for route in app.routes:
        if not isinstance(route, HTTPRoute) or route.path_format not in document["paths"]:
            continue
        item = document["paths"][route.path_format]
        for method, (handler, _) in route.route_handler_map.items():
            if method.lower() in item:
                yield route.path_format, method.lower(), handler, item[method.lower()]


def _operation_ids(operations: Sequence[Operation]) -> dict[tuple[str, str], str]:
    """The handler's name; of equal names, the administration's get a prefix."""
    ids: dict[tuple[str, str], str] = {}
    for path, method, handler, _ in operations:
        name = handler.handler_name
        ids[path, method] = f"admin_{name}" if path.startswith("/admin/") else name
    return ids


def _tags(operations: Sequence[Operation]) -> list[str]:
    return list(dict.fromkeys(tag for *_, operation in operations for tag in operation["tags"]))


class _Schemas:
    """JSON Schemas of all types that bodies have, by type, and the components they refer to."""

    def __init__(self, kinds: Sequence[Any]) -> None:
        unique = list(dict.fromkeys([Problem, *kinds]))
        schemas, self.components = msgspec.json.schema_components(unique, ref_template=_REF)
        self._by_kind = dict(zip(unique, schemas, strict=True))

    def of(self, kind: Any) -> dict[str, Any]:
        return dict(self._by_kind[kind])


def _body_kind(handler: HTTPRouteHandler) -> Any:
    declared = handler.parsed_fn_signature.parameters.get("data")
    return None if declared is None else declared.raw


def _kinds(handler: HTTPRouteHandler) -> list[Any]:
    return [k for k in (_body_kind(handler), answer_kind(handler)) if k is not None]


def _describe(
    operation: dict[str, Any],
    handler: HTTPRouteHandler,
    path: str,
    method: str,
    schemas: _Schemas,
) -> None:
    if "requestBody" in operation and _is_json(operation["requestBody"]):
        kind = _body_kind(handler)
        example = handler.opt.get("example") or example_of(schemas.of(kind), schemas.components)
        operation["requestBody"]["content"] = {
            "application/json": {
                "schema": schemas.of(kind),
                "examples": {"example": {"value": example}},
            }
        }
    for parameter in operation.get("parameters", ()):
        _describe_parameter(parameter)
    if method == "get" and answer_kind(handler) is not None:
        operation.setdefault("parameters", []).append(dict(FIELDS_PARAMETER))
    _describe_answers(operation, handler, schemas)
    if handler.summary is None:
        sentence = (operation.get("description") or "").replace("\n", " ").split(". ")[0]
        operation["summary"] = sentence.rstrip(".")
    guards = [getattr(guard, "scope", None) for guard in handler.resolve_guards()]
    scopes = [scope for scope in guards if scope]
    if scopes:
        operation["x-required-scope"] = scopes[0]
        text = operation.get("description") or ""
        operation["description"] = f"{text}\n\nNeeds the scope `{scopes[0]}`.".strip()
    for status, codes in _problems_of(operation, handler, path, method).items():
        operation["responses"][str(status)] = _response(status, codes)


def _is_json(body: Mapping[str, Any]) -> bool:
    return "application/json" in body["content"]


def _describe_parameter(parameter: dict[str, Any]) -> None:
    schema = parameter["schema"]
    choices = [c for c in schema.get("oneOf", ()) if c.get("type") != "null"]
    if len(choices) == 1:
        # Null means "left out", which a parameter says by being absent.
        parameter["schema"] = {k: v for k, v in schema.items() if k != "oneOf"} | choices[0]
    for redundant in ("allowEmptyValue", "allowReserved", "deprecated"):
        if not parameter.get(redundant):
            parameter.pop(redundant, None)
    parameter["schema"].pop("description", None)
    example = parameter_example(parameter["name"])
    if example is not None:
        parameter["schema"].setdefault("examples", [example])
    if parameter["in"] == "path":
        kind = parameter["name"].removesuffix("_id")
        if kind in PREFIXES:
            parameter["schema"] = {
                "type": "string",
                "pattern": f"^{PREFIXES[kind]}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$",
                "examples": [example_id(kind)],
            }
            parameter.setdefault("description", f"The {kind.replace('_', ' ')}'s id.")


def _describe_answers(
    operation: dict[str, Any], handler: HTTPRouteHandler, schemas: _Schemas
) -> None:
    answers = {s: r for s, r in operation["responses"].items() if int(s) < 400}
    kind = answer_kind(handler)
    for status, answer in answers.items():
        if answer.get("description") == HTTPStatus(int(status)).description or not answer.get(
            "description"
        ):
            answer["description"] = _SUCCESS_TEXT.get(int(status), "The answer.")
        if not answer.get("headers"):
            answer.pop("headers", None)
        if kind is not None and (answer.get("content") or handler.responses):
            schema = schemas.of(kind)
            answer["content"] = {
                "application/json": {
                    "schema": schema,
                    "examples": {
                        "example": {"value": example_of(schema, schemas.components, answer=True)}
                    },
                }
            }
    operation["responses"] = answers


def _problems_of(
    operation: Mapping[str, Any], handler: HTTPRouteHandler, path: str, method: str
) -> dict[int, list[str]]:
    """The problem statuses that an operation may answer, with the codes it declares itself."""
    statuses = {400, 422, 429, 500, 503}
    if operation.get("security"):
        statuses |= {401, 403}
    if "{" in path:
        statuses.add(404)
    if "requestBody" in operation:
        statuses |= {413, 415}
    if method in _UNSAFE and not path.startswith("/webhooks/"):
        statuses.add(409)
    for parameter in operation.get("parameters", ()):
        if parameter["name"].lower() == "if-match":
            statuses |= {412, 428} if parameter.get("required") else {412}
    found: dict[int, list[str]] = {status: [] for status in statuses}
    declared: Sequence[type[ArgosyError]] = handler.opt.get("problems", ())
    for kind in declared:
        found.setdefault(kind.http_status, []).append(kind.code)
    return dict(sorted(found.items()))


def _response(status: int, codes: Sequence[str]) -> dict[str, Any]:
    reference = {"$ref": f"#/components/responses/{_response_name(status)}"}
    if not codes:
        return reference
    listed = ", ".join(f"`{code}`" for code in codes)
    return {
        "description": f"{_STATUS_TEXT[status]} Among them: {listed}.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(name="Problem")}}},
    }


def _response_name(status: int) -> str:
    return f"Problem{status}"


def _problem_response(status: int, schemas: _Schemas) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if status in (429, 503):
        headers["Retry-After"] = {
            "description": "Seconds to wait before sending the request again.",
            "schema": {"type": "integer"},
        }
    return {
        "description": _STATUS_TEXT[status],
        "headers": headers,
        "content": {MEDIA_TYPE: {"schema": schemas.of(Problem)}},
    }


@get("/schema", include_in_schema=False, media_type="text/html")
async def page(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The document for people."""
    return await _answer(request, 2, "text/html")


@get("/schema/openapi.json", include_in_schema=False)
async def as_json(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The document as JSON."""
    return await _answer(request, 0, "application/vnd.oai.openapi+json")


@get(["/schema/openapi.yaml", "/schema/openapi.yml"], include_in_schema=False)
async def as_yaml(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The document as YAML."""
    return await _answer(request, 1, "application/vnd.oai.openapi")


async def _answer(request: Request[Any, Any, Any], form: int, media: str) -> Response[bytes]:
    handlers: tuple[HTTPRouteHandler, ...] = request.app.state.handlers
    # The first call takes most of a second; it must not hold up everybody else.
    body = (await asyncio.to_thread(_rendered, handlers))[form]
    tag = content_tag(body)
    headers = {"ETag": tag, "Cache-Control": "public, max-age=60"}
    if is_fresh(request, tag):
        return Response(b"", status_code=304, headers=headers)
    if form == 2:
        headers["Content-Security-Policy"] = PAGE_POLICY
    return Response(body, media_type=media, headers=headers)


@lru_cache(maxsize=4)
def _rendered(handlers: tuple[HTTPRouteHandler, ...]) -> tuple[bytes, bytes, bytes]:
    document = build_document(handlers)
    return (
        msgspec.json.format(msgspec.json.encode(document), indent=1),
        yaml.dump(document, Dumper=_DUMPER, sort_keys=False, allow_unicode=True).encode(),
        render_page(document).encode(),
    )


ROUTES: list[HTTPRouteHandler] = [page, as_json, as_yaml]
