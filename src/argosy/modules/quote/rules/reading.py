"""Promotions from and to documents: a schema, a reader that never fails, a catalogue of parts."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, get_args

import msgspec

from argosy.modules.quote.types import (
    Action,
    Condition,
    Disabled,
    Problem,
    Promotion,
    Reward,
    Selector,
)

_PLACE: Final = re.compile(r" - at `([^`]+)`$")
MAX_LEVELS: Final = 12
"""Conditions, selectors and rewards nest this deep in a document that is saved, and no deeper."""
MAX_PARTS: Final = 500
"""So many of them a document may have in all."""
_KINDS: Final = {
    "condition": Condition,
    "selector": Selector,
    "action": Action,
    "reward": Reward,
}


class PartOfRules(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of condition, selector, action or reward, for an editor to offer.

    `schema` is a JSON Schema of its document; definitions are those of `promotion_schema`.
    """

    kind: str
    type: str
    title: str
    description: str
    schema: dict[str, Any]


@cache
def promotion_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a promotion's document; the same each time, to be read
    only.
    """
    (schema,), components = msgspec.json.schema_components(
        [Promotion], ref_template="#/$defs/{name}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "$defs": components,
    }


@cache
def catalogue() -> tuple[PartOfRules, ...]:
    """Return every condition, selector, action and reward there is, by kind and type; the same each
    time, to be read only.
    """
    parts = []
    for kind, union in _KINDS.items():
        for part in get_args(union):
            _, components = msgspec.json.schema_components([part], ref_template="#/$defs/{name}")
            text = " ".join((part.__doc__ or "").split())
            parts.append(
                PartOfRules(
                    kind=kind,
                    type=part.__struct_config__.tag,
                    title=re.sub(r"(?<!^)(?=[A-Z])", " ", part.__name__).lower(),
                    description=text,
                    schema=components[part.__name__],
                )
            )
    return tuple(sorted(parts, key=lambda part: (part.kind, part.type)))


def read_promotion(document: bytes | str | Mapping[str, Any]) -> Promotion | Disabled:
    """Read a stored document. One that this version does not understand is Disabled, not raised:
    an unknown condition turns off its promotion, never the cart.
    """
    try:
        if isinstance(document, bytes | str):
            return msgspec.json.decode(document, type=Promotion)
        return msgspec.convert(document, Promotion)
    except (msgspec.DecodeError, RecursionError) as error:
        problem = problem_of(error)
        about = _about(document)
        version = about.get("version")
        return Disabled(
            id=str(about.get("id", "")),
            version=version if isinstance(version, int) else 0,
            path=problem.path,
            reason=problem.reason,
        )


def _about(document: bytes | str | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(document, bytes | str):
        try:
            document = msgspec.json.decode(document)
        except (msgspec.DecodeError, RecursionError):
            return {}
    return document if isinstance(document, Mapping) else {}


def problem_of(error: msgspec.DecodeError | RecursionError) -> Problem:
    """Return where and why a document cannot be read."""
    if isinstance(error, RecursionError):
        return Problem(path="$", code="too_deep", reason="is nested too deeply to be read")
    text = str(error)
    place = _PLACE.search(text)
    return Problem(
        path=place.group(1) if place else "$",
        code="not_understood",
        reason=_PLACE.sub("", text),
    )


def check_nesting(document: Mapping[str, Any]) -> list[Problem]:
    """Return the problem of a document that is to be saved and is nested beyond all use.

    What is stored already is evaluated whatever it is: this bounds what a save lets in, and so the
    work of every quote. Reads the document without recursion, before anything else does.
    """
    parts = 0
    rest: list[tuple[Any, str, int]] = [(document, "$", 0)]
    while rest:
        value, path, level = rest.pop()
        if isinstance(value, Mapping):
            if "type" in value:
                parts, level = parts + 1, level + 1
            if level > MAX_LEVELS:
                reason = f"is nested deeper than {MAX_LEVELS} levels"
                return [Problem(path=path, code="too_deep", reason=reason)]
            # The last one in is looked at next: backwards, for the order of the document.
            rest += [(value[name], f"{path}.{name}", level) for name in reversed([*value])]
        elif isinstance(value, list | tuple):
            rest += [(value[i], f"{path}[{i}]", level) for i in range(len(value) - 1, -1, -1)]
        if parts > MAX_PARTS:
            reason = f"is one of more than {MAX_PARTS} conditions, selectors and rewards"
            return [Problem(path=path, code="too_many_parts", reason=reason)]
    return []


def check_document(document: bytes | Mapping[str, Any]) -> tuple[Promotion | None, list[Problem]]:
    """Read a document that is to be saved: the promotion, or the problem that forbids it."""
    try:
        if isinstance(document, bytes):
            return msgspec.json.decode(document, type=Promotion), []
        return msgspec.convert(document, Promotion), []
    except (msgspec.DecodeError, RecursionError) as error:
        return None, [problem_of(error)]
