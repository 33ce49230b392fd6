"""Values of custom fields as a form: a control of its kind for each, what is wrong in words."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from litestar import Request

from argosy.kernel.errors import ArgosyError
from argosy.modules import fields
from argosy.modules.fields import FieldDefinition, FieldValue, Subject
from argosy.runtime.db import Tx
from argosy.web.admin.editing import NO_FAULTS, Faults
from argosy.web.admin.places import N_
from argosy.web.admin.showing import locale_tag, say
from argosy.web.admin.struct_forms import Node
from argosy.web.pages.forms import Form
from argosy.web.pages.wording import date_text

AnyRequest = Request[Any, Any, Any]
Values = Mapping[str, Any]

PREFIX = "field."
_SHORT = 63
_LONG_LINE = 200
_EITHER = (("", "–"), ("yes", N_("yes")), ("no", N_("no")))
_COMMA = re.compile(r"-?[0-9]+,[0-9]+")
_WHOLE = re.compile(r"-?[0-9]{1,15}")
FAULTS = {
    "required": N_("This has to be filled in."),
    "kind": N_("This does not fit the kind of the field."),
    "kind:integer": N_("Write a whole number."),
    "kind:number": N_("Write a number, such as 12.5."),
    "kind:date": N_("Write a day."),
    "choice": N_("This is not one of the choices."),
    "range": N_("This is out of the range of the field."),
    "length": N_("This is too long."),
    "pattern": N_("This does not follow the pattern of the field."),
    "text": N_("This holds a character that no text may hold."),
    "unknown": N_("There is no such field any more."),
}


class Held(NamedTuple):
    """What a thing holds, for a card of its page: labels with values, and whether there are any
    fields at all.
    """

    pairs: Sequence[tuple[str, str]]
    defined: bool


async def held_fields(request: AnyRequest, tx: Tx, subject: Subject, thing_id: UUID) -> Held:
    """The card of a thing that is known to be there. Two statements, one where none is defined."""
    definitions = await fields.list_fields(tx, subject)
    if not definitions:
        return Held((), defined=False)
    stored = (await fields.values_of(tx, subject, [thing_id])).get(thing_id, {})
    values = fields.shown(definitions, stored)
    pairs = [
        (one.label, shown_text(request, one, values[one.code]))
        for one in sorted(definitions, key=lambda one: one.label.casefold())
        if one.code in values
    ]
    return Held(pairs, defined=True)


def place_of(definition: FieldDefinition) -> str:
    """The name of a field in the form."""
    return PREFIX + definition.code


def nodes_of(
    request: AnyRequest, definitions: Sequence[FieldDefinition], values: Values
) -> list[Node]:
    """The fields of the form with their values, by what they are called."""
    ordered = sorted(definitions, key=lambda one: (one.label.casefold(), one.code))
    return [_node(request, one, values.get(one.code)) for one in ordered]


def _node(request: AnyRequest, definition: FieldDefinition, value: Any) -> Node:
    node = Node(
        place_of(definition),
        definition.label,
        "text",
        "" if value is None else str(value),
        _about(request, definition),
        required=definition.required and definition.default is None,
    )
    match definition.kind:
        case "boolean":
            either = [(known, say(request, said)) for known, said in _EITHER]
            text = {True: "yes", False: "no"}.get(value, "")
            node = node._replace(kind="choice", value=text, options=either, small=True)
        case "choice":
            known = _offered(definition, [] if value is None else [str(value)])
            node = node._replace(kind="choice", options=[("", "–"), *known], small=True)
        case "choices":
            chosen = [str(one) for one in value] if isinstance(value, list | tuple) else []
            known = _offered(definition, chosen)
            node = node._replace(kind="ticks", value="", options=known, chosen=chosen)
        case "integer":
            node = node._replace(kind="number", small=True)
        case "date":
            node = node._replace(kind="date", small=True)
        case "number":
            node = node._replace(small=True)
        case "text":
            longest = definition.max_length or fields.MAX_TEXT
            lines = longest > _LONG_LINE or "\n" in node.value
            node = node._replace(kind="area" if lines else "text", small=longest <= _SHORT)
    return node


def _offered(definition: FieldDefinition, chosen: Sequence[str]) -> list[tuple[str, str]]:
    """The choices, and those that are chosen and not offered any more."""
    known = dict.fromkeys((*definition.choices, *chosen))
    return [(one, one) for one in known]


def _about(request: AnyRequest, definition: FieldDefinition) -> str:
    """What may be filled in, in words."""

    def bound(text: str) -> str:
        return shown_text(request, definition, text)

    low, high, said = definition.minimum, definition.maximum, []
    if low is not None and high is not None:
        said.append(say(request, N_("From %(low)s to %(high)s."), low=bound(low), high=bound(high)))
    elif low is not None:
        said.append(say(request, N_("At least %(low)s."), low=bound(low)))
    elif high is not None:
        said.append(say(request, N_("At most %(high)s."), high=bound(high)))
    if definition.max_length is not None:
        said.append(say(request, N_("At most %(letters)s letters."), letters=definition.max_length))
    if definition.pattern is not None:
        said.append(say(request, N_("Of the pattern %(pattern)s."), pattern=definition.pattern))
    if definition.default is not None:
        default = shown_text(request, definition, definition.default)
        said.append(say(request, N_("If nothing is said: %(value)s."), value=default))
    return " ".join(said)


def shown_text(request: AnyRequest, definition: FieldDefinition, value: FieldValue) -> str:
    """A value as people read it."""
    if isinstance(value, bool):
        return say(request, N_("yes") if value else N_("no"))
    if isinstance(value, list | tuple):
        return ", ".join(value)
    if definition.kind == "date":
        try:
            at = datetime.combine(date.fromisoformat(str(value)), time(), UTC)
            return date_text(at, locale_tag(request), "UTC")
        except ValueError:
            return str(value)
    return str(value)


# --- what was typed ------------------------------------------------------------------------------


def typed_of(definitions: Sequence[FieldDefinition], form: Form, opened: Values) -> dict[str, Any]:
    """The values that the form holds, by code; of fields that it does not have, none. What cannot
    be read stays as it was typed.
    """
    typed: dict[str, Any] = {}
    for one in definitions:
        name = place_of(one)
        if one.kind == "choices":
            if f"shown@{name}" in form:
                typed[one.code] = form.every(name) or None
        elif name in form:
            text = form[name].replace("\r\n", "\n")
            was = opened.get(one.code)
            # Forms are trimmed: what only that changes is not changed.
            same = isinstance(was, str) and was.replace("\r\n", "\n").strip() == text
            typed[one.code] = was if same else _READ.get(one.kind, str)(text) if text else None
        if typed.get(one.code) is None and opened.get(one.code) == []:
            typed[one.code] = []
    return {code: value for code, value in typed.items() if code in {d.code for d in definitions}}


def _truth(text: str) -> Any:
    return {"yes": True, "no": False}.get(text, text)


def _integer(text: str) -> Any:
    return int(text) if _WHOLE.fullmatch(text) else text


def _number(text: str) -> str:
    return text.replace(",", ".") if _COMMA.fullmatch(text) else text


_READ: dict[str, Callable[[str], Any]] = {
    "boolean": _truth,
    "integer": _integer,
    "number": _number,
}


def check_size(values: Values) -> None:
    """Raise ValuesInvalid at each value that is larger than any field holds."""
    faults: list[dict[str, str]] = []
    for code, value in values.items():
        try:
            msgspec.convert(value, FieldValue | None)
        except msgspec.ValidationError as error:
            faults.append({"column": code, "code": "length", "message": str(error)})
    if faults:
        raise fields.ValuesInvalid("A value is too long.", field=faults[0]["column"], faults=faults)


def faults_of(
    request: AnyRequest, definitions: Sequence[FieldDefinition], refusal: ArgosyError | None
) -> Faults:
    """What is wrong at each field, in the reader's words."""
    if refusal is None:
        return NO_FAULTS
    known = {one.code: one for one in definitions}
    at: dict[str, str] = {}
    listed = refusal.details.get("faults", ())
    for fault in listed if isinstance(listed, list) else ():
        definition = known.get(fault["column"])
        if definition is not None:
            code = fault["code"]
            said = FAULTS.get(f"{code}:{definition.kind}") or FAULTS.get(code)
            text = fault["message"] if said is None else say(request, said)
            at.setdefault(place_of(definition), text)
    return Faults(at, () if at else (refusal,))
