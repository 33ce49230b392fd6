"""A promotion's document as a form, made from the quote's own schema of what rules are made of.

Every field of the form is named by its place in the document (`$.when.of[0].gte`), which is also
how problems name it. Groups leave a trace of their own (`part@<place>`), so that a form says which
parts there are; buttons add and remove parts without scripts. What cannot be read stays as it was
typed, and the check of the document says at its place what is wrong with it. Pure.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, Literal, NamedTuple

from argosy.kernel.iso4217 import EXPONENTS
from argosy.kernel.money import Money, exponent
from argosy.modules import quote
from argosy.modules.quote import Problem
from argosy.web.admin.editing import Faults
from argosy.web.admin.rule_words import FIELDS, HELPS, LISTED, PARTS, STRUCTS, VALUES
from argosy.web.pages.forms import Form
from argosy.web.pages.wording import decimal_text

Document = dict[str, Any]
Shape = Mapping[str, Any]
Kind = Literal["group", "slot", "list", "choice", "text", "tick", "ticks", "area"]

BESIDE: Final = frozenset({"id", "name", "version", "budget"})
"""What the promotion keeps beside its document."""
MOST_FIELDS: Final = 150
"""A document of more fields is edited as text: a form holds 200 (`read_form`)."""
_MOST_ITEMS: Final = 100
_JOINED: Final = frozenset({"condition", "selector"})
_ORDER: Final = (
    *("sale", "line", "order", "shipping"),
    *("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
)
"""Choices that have an order of their own."""
_STEP: Final = re.compile(r"\.([a-z_]+)|\[(\d{1,3})\]")
_AMOUNT: Final = re.compile(r"^(?:([A-Z]{3})\s*)?(\d{1,15}(?:[.,]\d{1,4})?)(?:\s*([A-Z]{3}))?$")


_PICKS: Final = {
    "Products.ids": "product/id",
    "Variants.ids": "variant/sku",
    "Categories.ids": "category/line",
    "Collections.ids": "collection/slug",
    "Customer.ids": "customer/id",
    "Bought.products": "product/id",
    "Gift.variant": "variant/id",
}
"""What members of parts are offered by name (`picking.py`)."""


class Node(NamedTuple):
    """A place of the form. `add`: how a part is added here (`put`, `append`, `join`), of `adds`.
    `chosen` are the ticks that are set.
    """

    path: str
    label: str
    kind: Kind
    value: str = ""
    required: bool = False
    about: str = ""
    part: str = ""
    removable: bool = False
    add: str = ""
    adds: Sequence[tuple[str, str]] = ()
    options: Sequence[tuple[str, str]] = ()
    chosen: Sequence[str] = ()
    pick: str = ""
    children: Sequence["Node"] = ()

    def all(self) -> Iterator["Node"]:
        """This place and all below it."""
        yield self
        for child in self.children:
            yield from child.all()


def read_document(form: Mapping[str, str]) -> Document:
    """The document that the form describes."""
    made: Document = {}
    for name, schema in _properties().items():
        value = _read(form, schema, f"$.{name}")
        if value is not None:
            made[name] = value
    return made


def nodes_of(document: Mapping[str, Any]) -> list[Node]:
    """The form of a document, in the order of the schema."""
    required = _defs()["Promotion"].get("required", [])
    return [
        _node(document.get(name), schema, f"$.{name}", name, required=name in required)
        for name, schema in _properties().items()
    ]


def act_on(document: Document, act: str, form: Mapping[str, str]) -> Document:
    """The document with a part more or less: `remove <place>`, or `put`, `append`, `join <place>`
    of what `new@<place>` names. What makes no sense changes nothing.
    """
    verb, _, path = act.partition(" ")
    steps = _steps(path)
    if not steps:
        return document
    holder: Any = document
    for step in steps[:-1]:
        try:
            holder = holder[step]
        except (LookupError, TypeError):
            return document
    last, name = steps[-1], form.get(f"new@{path}", "")
    fresh: Document = {"type": name} if name else {}
    if verb == "remove":
        _drop(holder, last)
    elif not isinstance(holder, dict | list) or (name and not _is_known(name)):
        return document
    elif verb == "put" and isinstance(holder, dict):
        holder[last] = fresh
    elif verb == "append" and isinstance(holder, dict):
        listed = holder.setdefault(last, [])
        if isinstance(listed, list) and len(listed) < _MOST_ITEMS:
            listed.append(fresh)
    elif verb == "join":
        try:
            holder[last] = {"type": "all", "of": [holder[last], fresh]}  # type: ignore[index]
        except LookupError:
            return document
    return document


def faults_at(nodes: Sequence[Node], problems: Sequence[Problem]) -> Faults:
    """Each problem at its place of the form, or at the nearest one around it."""
    known = {one.path for node in nodes for one in node.all()}
    at: dict[str, str] = {}
    for problem in problems:
        path = problem.path
        while path and path not in known:
            path = path[: max(path.rfind("."), path.rfind("["))] if path != "$" else ""
            path = "" if path.endswith("$") else path
        if path:
            said = f"{problem.path}: {problem.reason}" if path != problem.path else problem.reason
            at[path] = f"{at[path]}; {said}" if path in at else said
    return Faults(at, ())


def money_text(value: Any) -> str:
    """Amounts by currency as people read them: `50.00 EUR; 5000 JPY`."""
    if not isinstance(value, Mapping):
        return "" if value is None else str(value)
    return "; ".join(
        f"{decimal_text(Money(minor, currency))} {currency}"
        for currency, minor in value.items()
        if currency in EXPONENTS and type(minor) is int
    )


def money_read(text: str) -> Any:
    """Amounts by currency as people type them, in minor units; what is none stays as typed."""
    made: dict[str, int] = {}
    for piece in filter(None, (one.strip() for one in re.split(r"[;\n]", text.upper()))):
        found = _AMOUNT.match(piece)
        currency = (found[1] or found[3] or "") if found else ""
        if found is None or currency not in EXPONENTS:
            return text
        whole, _, places = found[2].replace(",", ".").partition(".")
        digits = exponent(currency)
        if len(places) > digits:
            return text
        made[currency] = int(whole + places.ljust(digits, "0"))
    return made


@cache
def _defs() -> dict[str, Any]:
    found: dict[str, Any] = quote.promotion_schema()["$defs"]
    return found


@cache
def _kinds() -> dict[str, str]:
    """Which kind of part (condition, selector, action, reward) each definition is."""
    return {part.schema["title"]: part.kind for part in quote.catalogue()}


def _properties() -> dict[str, Any]:
    found = _defs()["Promotion"]["properties"]
    return {name: schema for name, schema in found.items() if name not in BESIDE}


def _plain(schema: Shape) -> tuple[Shape, bool]:
    """The schema without "or null", and whether it had it."""
    choices = schema.get("anyOf")
    if choices and {"type": "null"} in choices:
        others = [one for one in choices if one != {"type": "null"}]
        return (others[0] if len(others) == 1 else {"anyOf": others}), True
    return schema, False


def _members(shape: Shape) -> dict[str, str]:
    """Of a place for parts: the names of the definitions that may stand there, by type; of one
    definition alone, it by the empty type.
    """
    if "$ref" in shape:
        return {"": shape["$ref"].rpartition("/")[2]}
    refs = [one.get("$ref") for one in shape.get("anyOf", ())]
    if not refs or None in refs:
        return {}
    names = [ref.rpartition("/")[2] for ref in refs]
    return {_defs()[name]["properties"]["type"]["enum"][0]: name for name in names}


def _read(form: Mapping[str, str], schema: Shape, path: str) -> Any:
    shape, _ = _plain(schema)
    members = _members(shape)
    if members:
        part = form.get(f"part@{path}")
        if part is None:
            return None
        part = "" if part == "yes" else part
        made: Document = {"type": part} if part else {}
        below = _defs()[members[part]]["properties"] if part in members else {}
        for name, sub in below.items():
            value = None if name == "type" else _read(form, sub, f"{path}.{name}")
            if value is not None:
                made[name] = value
        return made
    items = shape.get("items", {})
    if _members(items):
        count = next(n for n in range(_MOST_ITEMS + 1) if f"part@{path}[{n}]" not in form)
        return [_read(form, items, f"{path}[{n}]") for n in range(count)] or None
    if path not in form and f"shown@{path}" not in form:
        return None
    if "enum" in items and isinstance(form, Form) and f"shown@{path}" in form:
        given: Any = form.every(path)
    else:
        given = _scalar(form, shape, path)
    default = schema.get("default")
    return None if given == (list(default) if isinstance(default, tuple) else default) else given


def _scalar(form: Mapping[str, str], shape: Shape, path: str) -> Any:
    text, kind = form.get(path, ""), str(shape.get("type", ""))
    if kind == "boolean":
        return text == "yes"
    if not text:
        return None
    if "anyOf" in shape:
        return _any(text, many=form.get(f"{path.rpartition('.')[0]}.op") == "in")
    if shape.get("format") == "decimal":
        kind = "decimal"
    read = _READERS.get(kind)
    return text if read is None else read(text)


def _integer(text: str) -> int | str:
    return int(text) if re.fullmatch(r"-?\d{1,15}", text) else text


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "integer": _integer,
    "object": money_read,
    "decimal": lambda text: text.replace(",", ".").removesuffix("%").strip(),
    "array": lambda text: [one.strip() for one in re.split(r"[,\n]", text) if one.strip()],
}


def _any(text: str, *, many: bool) -> Any:
    if many:
        return [_any(one.strip(), many=False) for one in text.split(",") if one.strip()]
    if text in ("true", "false"):
        return text == "true"
    return _integer(text)


def _node(
    value: Any, schema: Shape, path: str, name: str, *, required: bool, removable: bool = False
) -> Node:
    shape, _ = _plain(schema)
    members = _members(shape)
    label = FIELDS.get(name, name.replace("_", " "))
    if members:
        return _part(value, members, path, label, required=required, removable=removable)
    items = shape.get("items", {})
    below = _members(items)
    if below:
        listed = value if isinstance(value, list) else []
        children = [
            _node(one, items, f"{path}[{n}]", "", required=True, removable=True)
            for n, one in enumerate(listed[:_MOST_ITEMS])
        ]
        return Node(
            path,
            label,
            "list",
            required=required,
            children=children,
            add="append",
            adds=_choices(below),
        )
    return _leaf(value, schema, path, name, required=required)


def _part(
    value: Any,
    members: Mapping[str, str],
    path: str,
    label: str,
    *,
    required: bool,
    removable: bool,
) -> Node:
    part = str(value.get("type", "")) if isinstance(value, dict) else None
    if part is None or part not in members:
        return Node(path, label, "slot", required=required, add="put", adds=_choices(members))
    definition = _defs()[members[part]]
    kind = _kinds().get(members[part], "")
    title, about = PARTS.get(f"{kind}.{part}", (label or STRUCTS.get(members[part], ""), ""))
    needed = definition.get("required", [])
    children = [
        _node(value.get(name), sub, f"{path}.{name}", name, required=name in needed)._replace(
            pick=_PICKS.get(f"{members[part]}.{name}", "")
        )
        for name, sub in definition["properties"].items()
        if name != "type"
    ]
    joins = kind in _JOINED and not removable and not isinstance(value.get("of"), list)
    return Node(
        path,
        title,
        "group",
        required=required,
        about=about,
        part=part or "yes",
        removable=True,
        add="join" if joins else "",
        adds=_choices(members) if joins else (),
        children=children,
    )


def _leaf(value: Any, schema: Shape, path: str, name: str, *, required: bool) -> Node:
    shape, _ = _plain(schema)
    label = FIELDS.get(name, name.replace("_", " "))
    about = HELPS.get(name, "")
    default = schema.get("default")
    shown = default if value is None else value
    if shape.get("type") == "boolean":
        return Node(path, label, "tick", "yes" if shown is True else "", about=about)
    offered = shape.get("enum") or shape.get("items", {}).get("enum")
    if offered:
        options = [(one, VALUES.get(one, one)) for one in sorted(offered, key=_in_order)]
        if "enum" not in shape:
            chosen = shown if isinstance(shown, list | tuple) else ()
            node = Node(path, label, "ticks", about=about, options=options, chosen=chosen)
        else:
            if not required and default is None:
                options.insert(0, ("", ""))
            text = str(shown or "")
            node = Node(path, label, "choice", text, required, about, options=options)
        return node
    if shape.get("type") == "object":
        return Node(path, label, "text", money_text(shown), required, about or LISTED["money"])
    if shape.get("type") == "array" or isinstance(shown, list):
        text = str(shown or "")
        if isinstance(shown, list | tuple):
            text = ", ".join(_word(one) for one in shown)
        return Node(path, label, "area", text, required, about or LISTED["list"])
    if isinstance(shown, bool):
        return Node(path, label, "text", "true" if shown else "false", required, about)
    return Node(path, label, "text", "" if shown is None else str(shown), required, about)


def _in_order(value: str) -> int:
    return _ORDER.index(value) if value in _ORDER else len(_ORDER)


def _word(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _choices(members: Mapping[str, str]) -> list[tuple[str, str]]:
    found = []
    for part, name in members.items():
        key = f"{_kinds().get(name, '')}.{part}"
        # Codes are kept beside the document: the promotion needs a coupon, or does not.
        if key != "condition.coupon":
            found.append((part, PARTS.get(key, (name, ""))[0]))
    return found


def _is_known(name: str) -> bool:
    return any(part.type == name for part in quote.catalogue())


def _steps(path: str) -> list[str | int]:
    if not path.startswith("$") or "".join(m[0] for m in _STEP.finditer(path)) != path[1:]:
        return []
    return [m[1] or int(m[2]) for m in _STEP.finditer(path)]


def _drop(holder: Any, last: str | int) -> None:
    if isinstance(holder, dict | list):
        try:
            del holder[last]  # type: ignore[arg-type]
        except (LookupError, TypeError):
            return
