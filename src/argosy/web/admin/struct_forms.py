"""Forms made from the bodies that the API takes: every field of the schema, with what it allows.

Each field of the form is named by its place in the body (`tiers[0].price_minor`), which is also how
problems name it. Groups leave a trace of their own (`part@<place>`), so that a form says which
parts there are; buttons add and remove parts without scripts. `struct_reading.py` reads what was
sent. Pure.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Final, Literal, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import NODEFAULT, UNSET, inspect

from argosy.kernel.errors import ArgosyError
from argosy.kernel.iso4217 import EXPONENTS
from argosy.kernel.money import Money
from argosy.web.admin.editing import Faults
from argosy.web.admin.places import N_
from argosy.web.pages.wording import decimal_text

Document = Mapping[str, Any]
Kind = Literal[
    "group",
    "slot",
    "list",
    "choice",
    "ticks",
    "tick",
    "text",
    "number",
    "area",
    "rich",
    "date",
    "moment",
]
Options = Sequence[tuple[str, str]]
Known = TypeVar("Known")

_SHORT: Final = 63
_LONG: Final = 500
_EITHER: Final = (("", N_("either")), ("yes", N_("yes")), ("no", N_("no")))
_TYPED: Final = frozenset({"text", "area", "rich", "number", "date", "moment"})
_SMALL: Final = frozenset({"choice", "number", "date", "moment", "tick"})


class Codec(NamedTuple):
    """How a value that has a form of its own is written, and read again."""

    show: Callable[[Any], str]
    read: Callable[[str], Any]
    kind: Kind = "area"


class Around(NamedTuple):
    """What is known of the part that a field stands in: the currency of its amounts, whether that
    stands `beside` it, and its tag among the parts that may stand there.
    """

    currency: str
    beside: bool = False
    tag: str = ""


class Shaping(NamedTuple):
    """How a body is shown. `words`: label and help by place or name (`tiers.from_value`, `name`),
    of a part that is one of several by `place=tag`, of a choice by `name:value`. `options`: what a
    text may be, by place or name. `picks`: what is offered by name at a place (`picking.py`).
    `rich`: places of HTML, which get an editor. `left_out`: members that the form does not have.
    Money is in `currency`, moments are by the clock of `zone`.
    """

    say: Callable[[str], str]
    words: Mapping[str, tuple[str, str]] = {}
    options: Mapping[str, Options] = {}
    codecs: Mapping[str, Codec] = {}
    picks: Mapping[str, str] = {}
    rich: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()
    currency: str = ""
    zone: str = "UTC"

    def said(self, key: str, name: str = "") -> tuple[str, str]:
        """Label and help, translated."""
        found = self.words.get(key) or self.words.get(name)
        label, about = found or ((name or key).replace("_", " ").capitalize(), "")
        return self.say(label) if found else label, self.say(about) if about else ""

    def codec(self, path: str, around: "Around") -> Codec | None:
        """The codec of a place: in a part that is one of several also by `parts=tag.name`."""
        return _of_place(self.codecs, path, around)

    def pick(self, path: str, around: "Around") -> str:
        """What is offered by name at a place, found as its codec is."""
        return _of_place(self.picks, path, around) or ""

    def value(self, name: str, value: str) -> tuple[str, str]:
        """A choice with what it is called."""
        return value, self.said(f"{name}:{value}", value)[0]


def _of_place(known: Mapping[str, Known], path: str, around: Around) -> Known | None:
    key = key_of(path)
    parent, _, name = key.rpartition(".")
    found = known.get(f"{parent}={around.tag}.{name}") if around.tag else None
    return found or known.get(key)


class Node(NamedTuple):
    """A place of the form. `add`: how a part is added here (`put`, `append`), of `adds`. `chosen`
    are the ticks that are set, of which `single` ones exclude each other; `marks` are the looks of
    choices: a colour or a storage key. `asked` says who needs it, where the form does
    not insist. `small` ones stand side by side.
    """

    path: str
    label: str
    kind: Kind
    value: str = ""
    about: str = ""
    unit: str = ""
    required: bool = False
    small: bool = False
    part: str = ""
    removable: bool = False
    add: str = ""
    adds: Options = ()
    options: Options = ()
    chosen: Sequence[str] = ()
    pick: str = ""
    asked: str = ""
    single: bool = False
    marks: Mapping[str, str] = {}
    children: Sequence["Node"] = ()

    def all(self) -> Iterator["Node"]:
        """This place and all below it."""
        yield self
        for child in self.children:
            yield from child.all()

    @property
    def flat(self) -> bool:
        """A list whose parts fit a line each."""
        return self.kind == "list" and all(
            leaf.small or leaf.kind == "text" for one in self.children for leaf in one.children
        )


def nodes_of(shape: type[msgspec.Struct], document: Document, how: Shaping) -> list[Node]:
    """The form of a document (JSON values), in the order of its schema."""
    return _members_of(fields_of(shape), document, "", how, Around(how.currency))


def as_typed(nodes: Sequence[Node], form: Mapping[str, str]) -> list[Node]:
    """The form that was refused, letter by letter as it was typed."""
    return [
        node._replace(
            value=form[node.path] if node.path in form and node.kind in _TYPED else node.value,
            children=as_typed(node.children, form),
        )
        for node in nodes
    ]


def within(
    fields: Sequence[inspect.Field], currency: object, around: Around, tag: object = ""
) -> Around:
    """What is around the fields of a part, in which `currency` is named if it has one."""
    beside = any(one.encode_name == "currency" for one in fields)
    named = str(currency or around.currency) if beside else around.currency
    return Around(named, beside, str(tag or ""))


def lacking(nodes: Sequence[Node]) -> list[str]:
    """The fields that must be filled in and are not."""
    return [
        one.path for node in nodes for one in node.all()
        if one.required and not one.value and not one.children and not one.chosen
        and one.kind not in {"group", "list", "ticks", "tick"}
    ]  # fmt: skip


def faults_at(nodes: Sequence[Node], refusal: ArgosyError | None) -> Faults:
    """Each message of a refusal at its place, or at the nearest one around it."""
    if refusal is None:
        return Faults({}, ())
    known = {one.path for node in nodes for one in node.all()}
    told = [] if refusal.field is None else [(refusal.field, refusal.message)]
    listed = refusal.details.get("errors", ())
    told += [
        (one.field, one.message) for one in listed if isinstance(getattr(one, "field", None), str)
    ] if isinstance(listed, list | tuple) else []  # fmt: skip
    at: dict[str, str] = {}
    for field, message in told:
        path = re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", field)
        while path and path not in known:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        if path:
            at.setdefault(path, message)
    return Faults(at, () if at else (refusal,))


# --- what a schema says --------------------------------------------------------------------------


@cache
def fields_of(shape: type[msgspec.Struct]) -> tuple[inspect.Field, ...]:
    """The members of a body."""
    found = inspect.type_info(shape)
    assert isinstance(found, inspect.StructType)
    return found.fields


def plain(shape: inspect.Type) -> tuple[inspect.Type, bool]:
    """The type without notes and without "or null", and whether it had that."""
    if isinstance(shape, inspect.Metadata):
        return plain(shape.type)
    if isinstance(shape, inspect.UnionType):
        others = [one for one in shape.types if not isinstance(one, inspect.NoneType)]
        if len(others) < len(shape.types):
            bare = others[0] if len(others) == 1 else inspect.UnionType(tuple(others))
            return plain(bare)[0], True
    return shape, False


def parts_of(shape: inspect.Type) -> dict[str, inspect.StructType]:
    """Of a place for parts: what may stand there, by its mark (`field=title`, `yes` for one)."""
    if isinstance(shape, inspect.StructType):
        return {mark_of(shape): shape}
    if isinstance(shape, inspect.UnionType):
        found = [plain(one)[0] for one in shape.types]
        structs = [one for one in found if isinstance(one, inspect.StructType)]
        if structs and len(structs) == len(found):
            return {mark_of(one): one for one in structs}
    return {}


def mark_of(shape: inspect.StructType) -> str:
    """The trace of a part in a form."""
    return "yes" if shape.tag_field is None else f"{shape.tag_field}={shape.tag}"


def items_of(shape: inspect.Type) -> inspect.Type | None:
    """What a list holds; None for what is no list."""
    if isinstance(shape, inspect.ListType | inspect.VarTupleType):
        return plain(shape.item_type)[0]
    return None


def default_of(field: inspect.Field) -> Any:
    """The member's default as JSON values; UNSET without one."""
    if field.default_factory is not NODEFAULT:
        return msgspec.to_builtins(field.default_factory())
    return UNSET if field.default in (NODEFAULT, UNSET) else msgspec.to_builtins(field.default)


def is_money(name: str, shape: inspect.Type, *, beside: bool) -> bool:
    """Whether a number is an amount in minor units; `beside`: a currency stands beside it."""
    return isinstance(shape, inspect.IntType) and (
        name.endswith("_minor") or (beside and name in {"min", "max"})
    )


def key_of(path: str) -> str:
    """The place without its numbers."""
    return re.sub(r"\[\d+\]", "", path)


# --- what is shown -------------------------------------------------------------------------------


def _members_of(
    fields: Sequence[inspect.Field], document: Document, path: str, how: Shaping, around: Around
) -> list[Node]:
    shown = []
    for field in fields:
        place = f"{path}.{field.encode_name}" if path else field.encode_name
        if key_of(place) in how.left_out:
            continue
        value = document.get(field.encode_name, default_of(field))
        shown.append(_node(value, field, place, how, around))
    return shown


def _node(value: Any, field: inspect.Field, path: str, how: Shaping, around: Around) -> Node:
    shape, nullable = plain(field.type)
    label, about = how.said(key_of(path), field.encode_name)
    required = field.required and not nullable
    pick = how.pick(path, around)
    codec = how.codec(path, around)
    if codec is not None:
        text = "" if value is None or value is UNSET else codec.show(value)
        small = codec.kind in _SMALL
        return Node(path, label, codec.kind, text, about, "", required, small, pick=pick)
    parts = parts_of(shape)
    if parts:
        always = required or (not nullable and default_of(field) is not UNSET)
        return _part(value, parts, path, (label, about), how, around=around, removable=not always)
    item = items_of(shape)
    if item is not None and parts_of(item):
        return _list(value, parts_of(item), path, (label, about), how, around=around)
    money = is_money(field.encode_name, shape, beside=around.beside)
    unit = around.currency if money else ""
    shown = _leaf(value, shape, path, how, nullable=nullable, unit=unit)
    if pick and item is None:
        shown = shown._replace(kind="text")  # one thing: however long, it is no lines
    if key_of(path) in how.rich:
        shown = shown._replace(kind="rich", small=False)
    return shown._replace(label=label, about=about, required=required, unit=unit, pick=pick)


def _list(
    value: Any,
    parts: Mapping[str, inspect.StructType],
    path: str,
    said: tuple[str, str],
    how: Shaping,
    *,
    around: Around,
) -> Node:
    listed = value if isinstance(value, list | tuple) else []
    children = [
        _part(one, parts, f"{path}[{n}]", ("", ""), how, around=around, removable=True)
        for n, one in enumerate(listed)
    ]
    one = how.said(f"{key_of(path)}[]")[0] if f"{key_of(path)}[]" in how.words else said[0]
    adds = [(mark, _called(path, mark, one, how)) for mark in parts]
    return Node(path, said[0], "list", about=said[1], children=children, add="append", adds=adds)


def _part(
    value: Any,
    parts: Mapping[str, inspect.StructType],
    path: str,
    said: tuple[str, str],
    how: Shaping,
    *,
    around: Around,
    removable: bool,
) -> Node:
    label, about = said
    if not isinstance(value, dict) and (removable or len(parts) > 1):
        adds = [(mark, _called(path, mark, label, how)) for mark in parts]
        return Node(path, label, "slot", about=about, add="put", adds=adds)
    held: Document = value if isinstance(value, dict) else {}
    mark = next(
        (m for m, one in parts.items() if one.tag_field and held.get(one.tag_field) == one.tag),
        next(iter(parts)),
    )
    fields = parts[mark].fields
    inside = within(fields, held.get("currency"), around, parts[mark].tag)
    children = _members_of(fields, held, path, how, inside)
    if len(parts) > 1:
        label, about = how.said(f"{key_of(path)}={mark.partition('=')[2]}", mark.partition("=")[2])
    return Node(
        path, label, "group", about=about, part=mark, removable=removable, children=children
    )


def _called(path: str, mark: str, label: str, how: Shaping) -> str:
    tag = mark.partition("=")[2]
    return how.said(f"{key_of(path)}={tag}", tag)[0] if tag else label


def _leaf(
    value: Any, shape: inspect.Type, path: str, how: Shaping, *, nullable: bool, unit: str
) -> Node:
    key, name = key_of(path), path.rpartition(".")[2]
    offered = how.options.get(key) or how.options.get(name)
    item = items_of(shape)
    if item is not None:
        return _several(value, item, path, how, offered)
    if isinstance(shape, inspect.LiteralType):
        offered = [how.value(name, str(one)) for one in shape.values]
        if nullable:
            offered.insert(0, ("", "–"))
    if isinstance(shape, inspect.BoolType):
        truth = {True: "yes", False: "no"}.get(value, "")
        if nullable:
            either = [(one, how.say(said)) for one, said in _EITHER]
            return Node(path, "", "choice", truth, options=either, small=True)
        return Node(path, "", "tick", "yes" if truth == "yes" else "", small=True)
    if offered is not None:
        text = "" if value is None or value is UNSET else str(value)
        if nullable and "" not in dict(offered):
            offered = [("", "–"), *offered]
        if text and text not in dict(offered):
            offered = [*offered, (text, text)]
        return Node(path, "", "choice", text, options=offered, small=True)
    return _text(value, shape, path, how, unit)


def _several(
    value: Any, item: inspect.Type, path: str, how: Shaping, offered: Options | None
) -> Node:
    chosen = [str(one) for one in value] if isinstance(value, list | tuple) else []
    name = key_of(path).rpartition(".")[2]
    if isinstance(item, inspect.LiteralType):
        offered = [how.value(name, str(one)) for one in item.values]
    if offered is not None:
        offered = [*offered, *((one, one) for one in chosen if one not in dict(offered))]
        return Node(path, "", "ticks", options=offered, chosen=chosen)
    return Node(path, "", "area", "\n".join(chosen))


def _text(value: Any, shape: inspect.Type, path: str, how: Shaping, unit: str) -> Node:
    empty = value is None or value is UNSET or value == ""
    if isinstance(shape, inspect.DictType):
        lines = [f"{name}: {_word(one)}" for name, one in (value or {}).items()] if value else []
        return Node(path, "", "area", "\n".join(lines))
    if isinstance(shape, inspect.DateTimeType):
        text = "" if empty else local_text(str(value), how.zone)
        return Node(path, "", "moment", text, small=True)
    if isinstance(shape, inspect.DateType):
        return Node(path, "", "date", "" if empty else str(value), small=True)
    if isinstance(shape, inspect.IntType):
        text = "" if empty else amount_text(value, unit) if unit else str(value)
        return Node(path, "", "text" if unit else "number", text, small=True)
    longest = None
    if isinstance(shape, inspect.StrType):
        longest = shape.max_length or (_SHORT if shape.pattern else None)
    if longest is None or longest > _LONG:
        return Node(path, "", "area", "" if empty else str(value))
    return Node(path, "", "text", "" if empty else str(value), small=longest <= _SHORT)


def _word(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def amount_text(value: Any, currency: str) -> str:
    """Minor units as people read them; what is no amount stays as it is."""
    if type(value) is not int or currency not in EXPONENTS:
        return str(value)
    return decimal_text(Money(value, currency))


def local_text(text: str, zone: str) -> str:
    """An instant as a field for date and time holds it, by the clock of `zone`."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat(timespec="minutes")


def percent_shown(value: Any) -> str:
    """A ratio in percent: 0.19 is 19."""
    try:
        return f"{(Decimal(str(value)) * 100).normalize():f}"
    except InvalidOperation:
        return str(value)


def percent_read(text: str) -> str:
    """Percent as a ratio; what is no number stays as typed."""
    try:
        return f"{(Decimal(text.replace(',', '.').removesuffix('%').strip()) / 100).normalize():f}"
    except InvalidOperation:
        return text


def lines_read(text: str) -> list[str]:
    """What stands on a line each: what is on one may have commas."""
    return [line.strip() for line in text.split("\n") if line.strip()]


LINES: Final = Codec("\n".join, lines_read)
PERCENT: Final = Codec(percent_shown, percent_read, "text")
