"""Sparse answers: `fields` leaves out what a client does not need, `expand` adds what it does.

`?fields=id,number,total` on any `GET` keeps these members; a dot reaches into a nested object or
list (`lines.sku`). Of a page it applies to each of `items`, and the page's other members stay. The
edge takes the parameter out of the query before anything else reads it and cuts the answer that
comes back, so that kept answers and routes that refuse unknown names know nothing of it.
`?expand=lines,payments` names parts that a list leaves out by default; each operation documents
its own.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache, reduce
from operator import or_
from types import UnionType
from typing import Any, Union, cast, get_args, get_origin
from urllib.parse import unquote_plus

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter, ParameterKwarg
from litestar.types import Receive, Scope, Send
from msgspec import inspect

from argosy.kernel.errors import Invalid
from argosy.web.etag import content_tag, matches

MAX_NAMES = 50
MAX_LENGTH = 1000

FIELDS_PARAMETER: dict[str, Any] = {
    "name": "fields",
    "in": "query",
    "required": False,
    "description": "Members to keep, at most 50, separated by commas; dots reach into nested "
    "objects and lists (`total.minor`). Of a page it applies to each of `items`. Without it the "
    "answer is whole.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_LENGTH},
}


def expand_parameter(**parts: str) -> ParameterKwarg:
    """The documented `expand` of an operation: each part's name, and what it adds."""
    listed = "; ".join(f"`{name}`: {what}" for name, what in parts.items())
    documented: ParameterKwarg = Parameter(
        max_length=100,
        description=f"Parts to add, separated by commas. {listed}. Only what is named is read.",
        # No pattern: `expansions` refuses, naming what is allowed, and takes spaces and no names.
        schema_extra={"examples": [",".join(parts)]},
    )
    return documented


Tree = dict[str, "Tree"]


class ExpandUnknown(Invalid):
    """`expand` names a part that this operation does not have; `allowed` lists those it has."""

    code = "request.expand_unknown"
    usual_cure = "Name only parts that `allowed` lists."


def expansions(text: str | None, *, allowed: frozenset[str]) -> frozenset[str]:
    """The parts that `expand` names. Raises ExpandUnknown."""
    wanted = frozenset(part.strip() for part in text.split(",") if part.strip()) if text else None
    if wanted is None:
        return frozenset()
    unknown = sorted(wanted - allowed)
    if unknown:
        raise ExpandUnknown(
            f"There is no part called {unknown[0]}.",
            field="expand",
            cure="Use one of: " + ", ".join(sorted(allowed)) + ".",
            allowed=sorted(allowed),
        )
    return wanted


def take_fields(scope: Scope) -> Tree | None:
    """The members that `fields` names; takes it out of the query. None if it is not there.

    Takes `If-None-Match` out too: it names a version of the cut answer, which only `send_sparse`
    knows. Raises Invalid if there are too many names, or one is empty.
    """
    query: bytes = scope["query_string"]
    given, others = [], []
    for part in query.split(b"&"):
        key, _, value = part.partition(b"=")
        if key == b"fields":
            given.append(unquote_plus(value.decode("latin-1")))
        else:
            others.append(part)
    if not given:
        return None
    text = ",".join(given)
    names = [name.strip() for name in text.split(",", MAX_NAMES)]
    if len(text) > MAX_LENGTH or len(names) > MAX_NAMES:
        raise Invalid(
            f"fields: more than {MAX_NAMES} names or {MAX_LENGTH} characters",
            field="fields",
            cure="Name fewer members, or leave `fields` out for all of them.",
        )
    tree: Tree = {}
    for path in names:
        node = tree
        for name in path.split("."):
            if not name:
                raise Invalid(
                    "fields: a name is empty",
                    field="fields",
                    cure="Write it like `fields=id,total.minor`.",
                )
            node = node.setdefault(name, {})
    scope["query_string"] = b"&".join(others)
    return tree


async def send_sparse(
    app: Callable[[Scope, Receive, Send], Any],
    scope: Scope,
    receive: Receive,
    send: Send,
    tree: Tree,
) -> None:
    """Let `app` answer, and send what `tree` keeps of a successful JSON answer.

    The cut answer has a tag of its own if the whole one has a tag. Other answers pass as they are.
    Raises Invalid if the answer has no member of a name.
    """
    wanted = [value for name, value in scope["headers"] if name == b"if-none-match"]
    scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"if-none-match"]
    start: Any = None
    body = bytearray()

    async def keep(message: Any) -> None:
        nonlocal start
        if message["type"] == "http.response.start" and _is_json(message):
            start = message
        elif start is None:
            await send(message)
        else:
            body.extend(message.get("body", b""))

    await app(scope, receive, keep)
    if start is None:
        return
    short = cut(bytes(body), tree, answer_kind(cast("HTTPRouteHandler", scope["route_handler"])))
    headers = [
        pair for pair in start["headers"] if pair[0].lower() not in (b"content-length", b"etag")
    ]
    if len(headers) + 1 < len(start["headers"]):
        tag = content_tag(short)
        headers.append((b"etag", tag.encode()))
        if wanted and matches(wanted[-1].decode("latin-1"), tag):
            start["status"], short = 304, b""
            headers = [pair for pair in headers if pair[0].lower() != b"content-type"]
    if start["status"] == 200:
        headers.append((b"content-length", str(len(short)).encode()))
    start["headers"] = headers
    await send(start)
    await send({"type": "http.response.body", "body": short, "more_body": False})


def _is_json(start: Any) -> bool:
    kinds = [value for name, value in start["headers"] if name.lower() == b"content-type"]
    return start["status"] == 200 and any(kind.startswith(b"application/json") for kind in kinds)


def cut(body: bytes, tree: Tree, kind: Any) -> bytes:
    """What `tree` keeps of the JSON `body`, whose type is `kind`. Raises Invalid."""
    shapes = _shapes(kind)
    members = _members(shapes)
    plain = msgspec.json.decode(body)
    if members is not None and {"items", "next_cursor"} <= members.keys():
        _refuse_unknown(tree, members["items"], "")
        return msgspec.json.encode({**plain, "items": _kept(plain["items"], tree)})
    _refuse_unknown(tree, shapes, "")
    return msgspec.json.encode(_kept(plain, tree))


def _kept(value: Any, tree: Tree) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_kept(item, tree) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {name: _kept(inner, tree[name]) for name, inner in value.items() if name in tree}


Shapes = tuple[inspect.Type, ...]


@lru_cache(maxsize=1024)
def _shapes(kind: Any) -> Shapes:
    return (inspect.type_info(Any if kind is None else kind),)


def _members(shapes: Shapes) -> dict[str, Shapes] | None:
    """The members that a value of these types may have; None if they may be any."""
    found: dict[str, Shapes] = {}
    waiting = list(shapes)
    while waiting:
        shape = waiting.pop()
        if isinstance(shape, inspect.UnionType):
            waiting.extend(shape.types)
        elif isinstance(shape, inspect.Metadata):
            waiting.append(shape.type)
        elif isinstance(shape, inspect.ListType | inspect.VarTupleType):
            waiting.append(shape.item_type)
        elif isinstance(shape, inspect.StructType):
            for member in shape.fields:
                found[member.encode_name] = (*found.get(member.encode_name, ()), member.type)
        elif isinstance(shape, inspect.DictType | inspect.AnyType):
            return None
    return found


def _refuse_unknown(tree: Tree, shapes: Shapes, path: str) -> None:
    members = _members(shapes)
    if members is None:
        return
    for name, inner in tree.items():
        if name not in members:
            there = ", ".join(members) if members else "none, for it is no object"
            raise Invalid(
                f"fields: there is no member {(path + name)[:80]!r}",
                field="fields",
                cure=f"The members{' of `' + path[:-1] + '`' if path else ''} are: {there}.",
                members=list(members),
            )
        if inner:
            _refuse_unknown(inner, members[name], f"{path}{name}.")


_NOT_JSON = (None, type(None), bytes, str, Any)


def answer_kind(handler: HTTPRouteHandler) -> Any:
    """The type of the answer's body, None if it has none or is not JSON."""
    for spec in (handler.responses or {}).values():
        if spec.data_container is not None:
            return spec.data_container
    kind = handler.parsed_fn_signature.return_type.raw
    is_union = get_origin(kind) in (Union, UnionType)
    shown = [_inside(member) for member in (get_args(kind) if is_union else (kind,))]
    shown = [member for member in shown if member not in _NOT_JSON]
    return reduce(or_, shown) if shown else None


def _inside(kind: Any) -> Any:
    """`X` of `Response[X]`; other types as they are."""
    origin = get_origin(kind)
    if isinstance(origin, type) and issubclass(origin, Response):
        return get_args(kind)[0]
    return None if isinstance(kind, type) and issubclass(kind, Response) else kind
