"""Sparse answers: `fields` leaves out what a client does not need, `expand` adds what it does.

`?fields=id,number,total` keeps these members of each object (and always `id`); a dot reaches into
a nested object or list (`lines.sku`). `?expand=lines,payments` names parts that a list leaves out
by default; each operation documents its own.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from litestar.params import Parameter

from argosy.kernel.errors import Invalid

FieldsText = Annotated[
    str | None,
    Parameter(
        max_length=1000,
        description="Members to keep, separated by commas; dots reach into nested objects.",
    ),
]
ExpandText = Annotated[
    str | None,
    Parameter(max_length=1000, description="Parts to include in full, separated by commas."),
]

Tree = dict[str, "Tree"]


class ExpandUnknown(Invalid):
    """`expand` names a part that this operation does not have; `allowed` lists those it has."""

    code = "request.expand_unknown"


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


def sparse(answer: Any, fields: str | None) -> Any:
    """`answer` with only the members that `fields` names; of a page, in each of its items.

    Unknown names keep nothing: a client may ask for a member that a later version adds (P2).
    """
    if not fields:
        return answer
    tree: Tree = {"id": {}}
    for path in fields.split(","):
        node = tree
        for name in path.strip().split("."):
            node = node.setdefault(name, {})
    plain = msgspec.to_builtins(answer)
    if isinstance(plain, dict) and "items" in plain and "next_cursor" in plain:
        return {**plain, "items": [_kept(item, tree) for item in plain["items"]]}
    return _kept(plain, tree)


def _kept(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [_kept(item, tree) for item in value]
    if not isinstance(value, Mapping) or not tree:
        return value
    return {name: _kept(value[name], inner) for name, inner in tree.items() if name in value}
