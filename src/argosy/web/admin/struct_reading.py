"""What was typed into a form of a body (`struct_forms.py`), as JSON values. Pure.

What cannot be read stays as it was typed: the check of the body says at its place what is wrong.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, inspect

from argosy.kernel.wall_clock import instant_of
from argosy.web.admin.rule_builder import money_read
from argosy.web.admin.struct_forms import (
    Around,
    Codec,
    Shaping,
    default_of,
    fields_of,
    is_money,
    items_of,
    key_of,
    parts_of,
    plain,
    within,
)
from argosy.web.pages.forms import Form

_MOST_ITEMS: Final = 2000
_STEP: Final = re.compile(r"(?:^|\.)([a-z_0-9]+)|\[(\d{1,4})\]")


def read_document(shape: type[msgspec.Struct], form: Form, how: Shaping) -> dict[str, Any]:
    """The body that the form describes; members that it does not have are left out."""
    return _struct(fields_of(shape), "", form, how, Around(how.currency))


def act_on(document: dict[str, Any], act: str, form: Form) -> dict[str, Any]:
    """The document with a part more or less: `remove <place>`, or `put`, `append <place>` of what
    `new@<place>` names. What makes no sense changes nothing.
    """
    verb, _, path = act.partition(" ")
    steps: list[str | int] = [one[1] or int(one[2]) for one in _STEP.finditer(path)]
    if not steps or "".join(one[0] for one in _STEP.finditer(path)) != path:
        return document
    holder: Any = document
    for step in steps[:-1]:
        try:
            holder = holder[step]
        except (LookupError, TypeError):
            return document
    last = steps[-1]
    if verb == "remove":
        _drop(holder, last)
        return document
    mark = form[f"new@{path}"] or form[f"only@{path}"]
    if not mark or not isinstance(holder, dict) or not isinstance(last, str):
        return document
    tag, _, value = mark.partition("=")
    fresh = {tag: value} if value else {}
    if verb == "put":
        holder[last] = fresh
    elif verb == "append":
        listed = holder.setdefault(last, [])
        if isinstance(listed, list) and len(listed) < _MOST_ITEMS:
            listed.append(fresh)
    return document


def _drop(holder: Any, last: str | int) -> None:
    if isinstance(holder, dict) and last in holder:
        # Null says that it is gone; a member that is left out would stay.
        holder[str(last)] = None
    elif isinstance(holder, list) and isinstance(last, int) and last < len(holder):
        del holder[last]


def _struct(
    fields: Sequence[inspect.Field], path: str, form: Form, how: Shaping, around: Around
) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for field in fields:
        place = f"{path}.{field.encode_name}" if path else field.encode_name
        if key_of(place) in how.left_out:
            continue
        value = _read(field, place, form, how, around)
        if value is not UNSET:
            made[field.encode_name] = value
    return made


def _read(field: inspect.Field, path: str, form: Form, how: Shaping, around: Around) -> Any:
    shape, nullable = plain(field.type)
    codec = how.codec(path, around)
    if codec is not None:
        return _coded(field, path, form, codec, nullable=nullable)
    parts = parts_of(shape)
    if parts:
        mark = form.get(f"part@{path}")
        if mark is None or mark not in parts:
            return None if nullable else UNSET
        return _part(parts[mark], path, form, how, around)
    if path not in form and f"shown@{path}" not in form:
        return UNSET
    item = items_of(shape)
    if item is not None and parts_of(item):
        return _parts(parts_of(item), path, form, how, around)
    is_amount = is_money(field.encode_name, shape, beside=around.beside)
    money = around.currency if is_amount else ""
    return _leaf(field, shape, path, form, how, nullable=nullable, money=money)


def _parts(
    known: Mapping[str, inspect.StructType], path: str, form: Form, how: Shaping, around: Around
) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = []
    while len(listed) < _MOST_ITEMS:
        place = f"{path}[{len(listed)}]"
        mark = form.get(f"part@{place}")
        if mark is None or mark not in known:
            break
        listed.append(_part(known[mark], place, form, how, around))
    return listed


def _part(
    shape: inspect.StructType, path: str, form: Form, how: Shaping, around: Around
) -> dict[str, Any]:
    tag = {} if shape.tag_field is None else {shape.tag_field: shape.tag}
    inside = within(shape.fields, form[f"{path}.currency"].upper(), around, shape.tag)
    return tag | _struct(shape.fields, path, form, how, inside)


def _coded(field: inspect.Field, path: str, form: Form, codec: Codec, *, nullable: bool) -> Any:
    if path not in form:
        return UNSET
    text = form[path].replace("\r\n", "\n")
    if not text and nullable:
        return None
    if not text and default_of(field) not in (UNSET, [], {}):
        return UNSET
    return codec.read(text)


def _leaf(
    field: inspect.Field,
    shape: inspect.Type,
    path: str,
    form: Form,
    how: Shaping,
    *,
    nullable: bool,
    money: str,
) -> Any:
    item = items_of(shape)
    if item is not None:
        return _several(path, item, form)
    text = form[path].replace("\r\n", "\n")
    if isinstance(shape, inspect.BoolType):
        return {"yes": True, "no": False}.get(text) if nullable else text == "yes"
    if isinstance(shape, inspect.DictType):
        return _pairs(text, many=items_of(plain(shape.value_type)[0]) is not None)
    return _scalar(text, shape, how, money) if text else _nothing(field, shape, nullable=nullable)


def _scalar(text: str, shape: inspect.Type, how: Shaping, money: str) -> Any:
    if isinstance(shape, inspect.IntType):
        return amount_read(text, money) if money else _whole(text)
    return instant_read(text, how.zone) if isinstance(shape, inspect.DateTimeType) else text


def _nothing(field: inspect.Field, shape: inspect.Type, *, nullable: bool) -> Any:
    """What an empty field says: null where that may be, an empty text where that may be."""
    if nullable:
        return None
    default = default_of(field)
    if isinstance(shape, inspect.StrType) and default in (UNSET, ""):
        return "" if field.required or default == "" or not shape.min_length else UNSET
    return "" if field.required else UNSET


def _several(path: str, item: inspect.Type, form: Form) -> list[Any]:
    if f"shown@{path}" in form:
        words = form.every(path)
    else:
        words = [one.strip() for one in re.split(r"[,\n]", form[path]) if one.strip()]
    return [_whole(one) if _is_number(item) else one for one in words]


def _is_number(item: inspect.Type) -> bool:
    if isinstance(item, inspect.LiteralType):
        return all(isinstance(one, int) for one in item.values)
    return isinstance(item, inspect.IntType)


def _pairs(text: str, *, many: bool) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for line in filter(None, map(str.strip, text.split("\n"))):
        name, _, value = line.partition(":")
        words = [one.strip() for one in value.split(",") if one.strip()]
        made[name.strip()] = words if many else value.strip()
    return made


def _whole(text: str) -> int | str:
    return int(text) if re.fullmatch(r"-?\d{1,15}", text) else text


def amount_read(text: str, currency: str) -> int | str:
    """An amount as minor units; what is none stays as it was typed."""
    found = money_read(f"{text} {currency}")
    return int(found[currency]) if isinstance(found, dict) and currency in found else text


def instant_read(text: str, zone: str) -> str:
    """What the clocks of `zone` show as an instant; what is none stays as it was typed."""
    try:
        local = datetime.fromisoformat(text[:19]).replace(tzinfo=None)
        return instant_of(local, ZoneInfo(zone)).instant.isoformat()
    except (ValueError, OverflowError):
        return text
