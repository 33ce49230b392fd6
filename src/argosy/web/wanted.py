"""What a value should have been, in words: the cure of a request that does not fit its schema.

The words come from the very type that refused the value, so they name its allowed values and both
ends of its range: "Send a whole number from 1 to 100."
"""

import re
from functools import lru_cache
from typing import Any

from litestar.handlers import HTTPRouteHandler
from msgspec import inspect

_STEP = re.compile(r"\.?([^.\[\]]+)|\[(?:\d+|\.\.\.)\]")
_MOST_VALUES = 40
_PLAIN: dict[type[inspect.Type], str] = {
    inspect.BoolType: "true or false",
    inspect.DateTimeType: "an instant like 2026-01-31T12:00:00Z",
    inspect.DateType: "a date like 2026-01-31",
    inspect.DecimalType: "a decimal number",
    inspect.DictType: "an object",
    inspect.NoneType: "null",
    inspect.StructType: "an object",
    inspect.UUIDType: "a UUID",
}


def wanted(handler: HTTPRouteHandler, path: str) -> str | None:
    """What `handler` takes at `path`, as a sentence; None if its schema does not say.

    `path` leads into the body (`lines[0].quantity`, "" for all of it) or is the name that the
    handler has for a parameter.
    """
    return _wanted(handler, re.sub(r"\[\d+\]", "[...]", path))


@lru_cache(maxsize=2048)
def _wanted(handler: HTTPRouteHandler, path: str) -> str | None:
    declared = handler.parsed_fn_signature.parameters
    if path in declared and path != "data":
        model = inspect.type_info(handler.signature_model)
        shapes = _step([model], path)
    elif "data" in declared:
        shapes = [inspect.type_info(declared["data"].raw)]
        for step in _STEP.finditer("" if path == "body" else path):
            shapes = _step(shapes, step.group(1))
    else:
        return None
    words = [_noun(shape) for shape in _flat(shapes) if not isinstance(shape, inspect.NoneType)]
    known = [word for word in dict.fromkeys(words) if word]
    return f"Send {' or '.join(known)}." if known and len(words) == words.count(known[0]) else None


def public_name(handler: HTTPRouteHandler, name: str) -> str:
    """How callers know the parameter that the handler calls `name`: `state`, `Idempotency-Key`."""
    field = handler.parsed_fn_signature.parameters.get(name)
    given = None if field is None else field.kwarg_definition
    for source in ("query", "header", "name"):
        alias = getattr(given, source, None)
        if alias:
            return str(alias)
    return name


def _flat(shapes: list[inspect.Type]) -> list[inspect.Type]:
    found: list[inspect.Type] = []
    for shape in shapes:
        if isinstance(shape, inspect.Metadata):
            found += _flat([shape.type])
        elif isinstance(shape, inspect.UnionType):
            found += _flat(list(shape.types))
        else:
            found.append(shape)
    return found


def _step(shapes: list[inspect.Type], name: str | None) -> list[inspect.Type]:
    """The types one step further: of the member `name`, or with None of the items."""
    found: list[inspect.Type] = []
    for shape in _flat(shapes):
        if isinstance(shape, inspect.StructType) and name is not None:
            found += [f.type for f in shape.fields if name in {f.name, f.encode_name}]
        elif isinstance(shape, inspect.ListType | inspect.VarTupleType) and name is None:
            found.append(shape.item_type)
        elif isinstance(shape, inspect.DictType):
            found.append(shape.value_type)
    return found


def _noun(shape: inspect.Type) -> str | None:
    if isinstance(shape, inspect.LiteralType):
        return _one_of(list(shape.values))
    if isinstance(shape, inspect.EnumType):
        return _one_of([member.value for member in shape.cls])
    if isinstance(shape, inspect.IntType):
        return f"a whole number{_range(shape.ge, shape.le)}"
    if isinstance(shape, inspect.StrType):
        size = _range(shape.min_length, shape.max_length, of=" of", unit=" characters")
        return f"a text{size}" + (f" that matches {shape.pattern}" if shape.pattern else "")
    if isinstance(shape, inspect.ListType | inspect.VarTupleType):
        return "a list" + _range(shape.min_length, shape.max_length, of=" of", unit=" items")
    return _PLAIN.get(type(shape))


def _one_of(values: list[Any]) -> str | None:
    if len(values) > _MOST_VALUES:
        return None
    return "one of " + ", ".join(str(value) for value in sorted(values, key=str))


def _range(low: Any, high: Any, *, of: str = " from", unit: str = "") -> str:
    if low is not None and high is not None:
        return f"{of} {low} to {high}{unit}"
    if low is not None:
        return f" of at least {low}{unit}"
    return "" if high is None else f" of at most {high}{unit}"
