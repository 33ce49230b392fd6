"""Values of attributes as a form: a control of its kind for each, what is wrong in words."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from litestar import Request
from markupsafe import Markup

from argosy.kernel.errors import ArgosyError
from argosy.modules import catalog
from argosy.modules.catalog import AttributeDefinition, AttributeKind, AttributeValue, Media
from argosy.modules.producttypes import TypeAttribute
from argosy.web.admin.editing import NO_FAULTS, Faults
from argosy.web.admin.places import N_
from argosy.web.admin.refusals import InTheirWords
from argosy.web.admin.showing import say
from argosy.web.admin.struct_forms import Kind, Node, lines_read
from argosy.web.pages.forms import Form

AnyRequest = Request[Any, Any, Any]
Values = Mapping[str, Any]

PREFIX, UNIT = "value.", "unit."
_COMMA = re.compile(r"-?[0-9]+,[0-9]+")
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_PICKS = {"product_reference": "product/slug", "category_reference": "category/line"}
_CHOICES = frozenset({"choice", "swatch"})
_LISTS = _CHOICES | _PICKS.keys()
_CONTROLS: Mapping[AttributeKind, Kind] = {
    "text": "area",
    "rich_text": "rich",
    "number": "text",
    "integer": "number",
    "date": "date",
}
_SMALL = frozenset({"number", "integer", "date", "boolean", "file"})
_EITHER = (("", "–"), ("yes", N_("yes")), ("no", N_("no")))
FAULTS = {
    "attribute_kind": N_("This does not fit the kind of the attribute."),
    "attribute_kind:number": N_("Write a number, such as 12.5."),
    "attribute_kind:integer": N_("Write a whole number."),
    "attribute_level": N_("The attribute belongs elsewhere now. Open the page again."),
    "attribute_choice": N_("This is not one of the choices."),
    "attribute_choice:named": N_("Not one of the choices: %(values)s."),
    "attribute_count": N_("These are more values than the attribute may have."),
    "attribute_date": N_("Write a day."),
    "attribute_length": N_("This is too long."),
    "attribute_range": N_("This is out of the range of the attribute."),
    "attribute_unit": N_("The attribute is not measured in this unit."),
    "attribute_across_variants": N_("The variants of the product do not agree or differ as asked."),
    "reference_unknown": N_("There is none of this name."),
    "reference_unknown:named": N_("There is none of this name: %(values)s."),
    "file_unknown": N_("The product has no such file."),
    "type_missing": N_("This has to be filled in: the product is shown."),
    "type_value": N_("The type of the product does not allow this value."),
    "type_unknown": N_("The type of the product does not have this attribute."),
}


class Slot(NamedTuple):
    """An attribute in the form, with what the product's type asks of it, if it does."""

    definition: AttributeDefinition
    entry: TypeAttribute | None = None

    @property
    def name(self) -> str:
        """Its field in the form."""
        return PREFIX + self.definition.code

    @property
    def choices(self) -> tuple[str, ...]:
        """What may be chosen: as the type narrows it."""
        narrowed = self.entry.choices if self.entry else ()
        return narrowed or self.definition.choices

    @property
    def single(self) -> bool:
        """Whether it has one value at most."""
        return self.definition.max_values == 1

    @property
    def ticked(self) -> bool:
        """Whether values are ticked, and not chosen from a list or typed."""
        kind = self.definition.kind
        if kind not in _CHOICES or not self.choices:
            return False
        return not self.single or kind == "swatch"


class Around(NamedTuple):
    """What the controls need to know besides: the product's files, the names of channels."""

    media: Sequence[Media]
    channels: Mapping[str, str]


def value_link(path: str, code: str) -> str:
    """The address of an attribute's field, of a thing whose pages begin with `path`."""
    return f"{path}/attributes#f-{PREFIX}{code}"


# --- what is shown -------------------------------------------------------------------------------


def nodes_of(
    request: AnyRequest, slots: Sequence[Slot], values: Values, around: Around
) -> list[Node]:
    """The fields of the form with their values; a number has one more for its unit."""
    return [
        node
        for slot in slots
        for node in _nodes(request, slot, values.get(slot.definition.code), around)
    ]


def _nodes(request: AnyRequest, slot: Slot, value: Any, around: Around) -> list[Node]:
    definition = slot.definition
    kind = definition.kind
    texts = texts_of(slot, value)
    held = texts.get(slot.name, [])
    node = Node(
        slot.name,
        definition.label,
        _CONTROLS.get(kind, "text"),
        "\n".join(held),
        _about(request, slot),
        small=kind in _SMALL,
        asked=_asked(request, slot.entry, around.channels),
    )
    match kind:
        case "boolean":
            either = [(known, say(request, said)) for known, said in _EITHER]
            return [node._replace(kind="choice", options=either)]
        case "file":
            return [node._replace(kind="choice", options=_files(around.media, held))]
        case "number":
            units = _units(request, slot, texts.get(UNIT + definition.code))
            return [node, *units]
        case _ if kind in _LISTS:
            return [_several(node, slot, held)]
    return [node]


def _several(node: Node, slot: Slot, held: Sequence[str]) -> Node:
    """The field of an attribute with several values, or with one of some choices."""
    kind = slot.definition.kind
    if kind not in _CHOICES or not slot.choices:
        lines: Kind = "text" if slot.single and len(held) < 2 else "area"
        return node._replace(kind=lines, pick=_PICKS.get(kind, ""))
    known = [(one, one) for one in dict.fromkeys((*slot.choices, *filter(None, held)))]
    if not slot.ticked:
        return node._replace(kind="choice", options=[("", "–"), *known], small=True)
    if slot.single:
        known, held = [("", "–"), *known], held or [""]
    return node._replace(
        kind="ticks",
        value="",
        options=known,
        chosen=held,
        single=slot.single,
        marks=slot.definition.swatches,
    )


def _units(request: AnyRequest, slot: Slot, held: Sequence[str] | None) -> list[Node]:
    if held is None:
        return []
    definition, unit = slot.definition, held[0]
    label = say(request, N_("%(attribute)s: unit"), attribute=definition.label)
    known = catalog.units_like(definition.unit)
    node = Node(UNIT + definition.code, label, "text", unit, small=True)
    if not known:
        return [node]
    options = [(one, one) for one in dict.fromkeys((*known, unit))]
    return [node._replace(kind="choice", options=options)]


def _files(media: Sequence[Media], held: Sequence[str]) -> list[tuple[str, str]]:
    known = {
        one.storage_key: one.source or one.alt or one.storage_key
        for one in media
        if one.kind != "external_video"
    }
    known |= {key: key for key in held if key and key not in known}
    return [("", "–"), *known.items()]


def _asked(request: AnyRequest, entry: TypeAttribute | None, channels: Mapping[str, str]) -> str:
    needed = entry.required if entry else False
    if not isinstance(needed, tuple):
        return say(request, N_("needed")) if needed else ""
    names = ", ".join(channels.get(code, code) for code in needed)
    return say(request, N_("needed in %(channels)s"), channels=names)


def _about(request: AnyRequest, slot: Slot) -> str:
    """What may be filled in, in words."""
    definition, entry, said = slot.definition, slot.entry, []
    unit = f" {definition.unit}" if definition.unit else ""
    low = entry.minimum if entry and entry.minimum is not None else definition.minimum
    high = entry.maximum if entry and entry.maximum is not None else definition.maximum
    if low is not None and high is not None:
        said.append(say(request, N_("From %(low)s to %(high)s."), low=low, high=high + unit))
    elif low is not None:
        said.append(say(request, N_("At least %(low)s."), low=low + unit))
    elif high is not None:
        said.append(say(request, N_("At most %(high)s."), high=high + unit))
    if definition.kind in _LISTS and not slot.single:
        if not slot.ticked:
            said.append(say(request, N_("One a line.")))
        if definition.max_values is not None:
            text = N_("%(most)s values at most.")
            said.append(say(request, text, most=definition.max_values))
    if definition.kind == "product_reference":
        said.append(say(request, N_("A product by its slug.")))
    elif definition.kind == "category_reference":
        said.append(say(request, N_("A category by its path, such as men/tops.")))
    elif definition.kind == "file":
        said.append(say(request, N_("One of the product's pictures and files.")))
    if definition.across_variants == "unique":
        said.append(say(request, N_("The variants must differ in it.")))
    elif definition.across_variants == "same":
        said.append(say(request, N_("The variants must agree in it.")))
    return " ".join(said)


def shown_text(request: AnyRequest, value: Any, kind: AttributeKind = "text") -> str:
    """A value (as the catalog or as JSON has it) as people read it; rich text without its tags."""
    if kind == "rich_text":
        return str(Markup(value or "").striptags())  # noqa: S704 - its tags are taken off
    if isinstance(value, bool):
        return say(request, N_("Yes") if value else N_("No"))
    if isinstance(value, catalog.NumberValue):
        value = {"number": value.number, "unit": value.unit}
    if isinstance(value, dict):
        return f"{value.get('number', '')} {value.get('unit') or ''}".strip()
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def read_only(request: AnyRequest, slots: Sequence[Slot], values: Values) -> list[Node]:
    """What is filled in, for people who may not change it."""
    found = []
    for slot in slots:
        definition = slot.definition
        text = shown_text(request, values.get(definition.code), definition.kind)
        if text:
            found.append(Node(slot.name, definition.label, "text", text))
    return found


# --- what was typed ------------------------------------------------------------------------------


def texts_of(slot: Slot, value: Any) -> dict[str, list[str]]:
    """What the fields of an attribute hold for a value, as a form sends it."""
    definition, name = slot.definition, slot.name
    match definition.kind:
        case "boolean":
            return {name: [{True: "yes", False: "no"}.get(value, "")]}
        case "number":
            held = value if isinstance(value, dict) else {}
            unit = held.get("unit") or definition.unit or ""
            found = {name: [str(held.get("number", ""))]}
            return found | ({UNIT + definition.code: [str(unit)]} if unit else {})
        case kind if kind in _LISTS:
            return {name: [str(one) for one in value] if isinstance(value, list | tuple) else []}
    return {name: ["" if value is None else str(value)]}


def typed_of(slots: Sequence[Slot], form: Form, opened: Values) -> dict[str, Any]:
    """The values (JSON) that the form holds, by code; of attributes that it does not have, none.
    What cannot be read stays as it was typed, and what nobody touched is what it was.
    """
    typed: dict[str, Any] = {}
    for slot in slots:
        code = slot.definition.code
        if slot.name in form or f"shown@{slot.name}" in form:
            was = opened.get(code)
            typed[code] = was if _untouched(slot, form, was) else _read(slot, form)
    return typed


def _untouched(slot: Slot, form: Form, was: Any) -> bool:
    return all(
        _sent(slot, form, name) == _trimmed(slot, texts)
        for name, texts in texts_of(slot, was).items()
    )


def _sent(slot: Slot, form: Form, name: str) -> list[str]:
    if slot.definition.kind not in _LISTS:
        return [_lines(form[name])]
    if slot.ticked:
        return sorted(filter(None, form.every(name)))
    return lines_read(_lines(form[name]))


def _trimmed(slot: Slot, texts: Sequence[str]) -> list[str]:
    found = [_lines(one).strip() for one in texts]
    return sorted(found) if slot.ticked else found


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")


def _read(slot: Slot, form: Form) -> Any:
    definition, text = slot.definition, _lines(form[slot.name])
    match definition.kind:
        case kind if kind in _LISTS:
            # Forms are trimmed; choices may begin or end with a blank.
            known = {one.strip(): one for one in slot.choices}
            found = [known.get(one, one) for one in _sent_in_order(slot, form)]
            return list(dict.fromkeys(found)) or None
        case _ if not text:
            return None
        case "boolean":
            return {"yes": True, "no": False}.get(text, text)
        case "integer":
            return int(text) if _WHOLE.fullmatch(text) else text
        case "number":
            number = text.replace(",", ".") if _COMMA.fullmatch(text) else text
            unit = form[UNIT + definition.code]
            return {"number": number, **({"unit": unit} if unit else {})}
    return text


def _sent_in_order(slot: Slot, form: Form) -> list[str]:
    if slot.ticked:
        return [one for one in form.every(slot.name) if one]
    return lines_read(_lines(form[slot.name]))


def check_readable(slots: Sequence[Slot], values: Values) -> None:
    """Raise CatalogInputInvalid, with all faults, for values that no attribute can hold."""
    faults = []
    for slot in slots:
        code, kind = slot.definition.code, slot.definition.kind
        value = values.get(code)
        fault = "" if value is None else _unreadable(kind, value)
        if fault:
            message = f"{code} cannot be read as a {kind}, or is too long."
            faults.append({"column": f"attributes.{code}", "code": fault, "message": message})
    if faults:
        first = faults[0]
        raise catalog.CatalogInputInvalid(first["message"], field=first["column"], faults=faults)


def _unreadable(kind: AttributeKind, value: Any) -> str:
    if kind == "number" and not _NUMBER.fullmatch(value["number"]):
        return "attribute_kind"
    if kind in {"integer", "boolean"} and isinstance(value, str):
        return "attribute_kind"
    try:
        msgspec.convert(value, AttributeValue)
    except msgspec.ValidationError:
        return "attribute_unit" if kind == "number" else "attribute_length"
    return ""


def faults_at(
    request: AnyRequest, slots: Sequence[Slot], typed: Values, refusal: ArgosyError | None
) -> Faults:
    """What is wrong at each field, in the reader's words; besides what is wrong elsewhere."""
    if refusal is None:
        return NO_FAULTS
    listed = refusal.details.get("faults", ())
    told = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    by_code = {slot.definition.code: slot for slot in slots}
    at: dict[str, str] = {}
    elsewhere = not told
    for one in told:
        path, _, code = str(one["column"]).rpartition("attributes.")
        slot = by_code.get(code)
        levels = {"variant"} if path else {"product", "variant"}
        if slot is None or slot.definition.level not in levels:
            elsewhere = True
            continue
        same = [o for o in told if o["column"] == one["column"] and o["code"] == one["code"]]
        at.setdefault(slot.name, _words(request, slot, one["code"], same, typed.get(code)))
    return Faults(at, (refusal,) if elsewhere else ())


def _words(
    request: AnyRequest, slot: Slot, code: str, same: Sequence[Mapping[str, Any]], value: Any
) -> str:
    listed = value if isinstance(value, list | tuple) else []
    named = [one for one in listed if any(repr(one) in fault["message"] for fault in same)]
    if named and f"{code}:named" in FAULTS:
        said = say(request, FAULTS[f"{code}:named"], values=", ".join(named)[:400])
        return InTheirWords(said)
    known = FAULTS.get(f"{code}:{slot.definition.kind}") or FAULTS.get(code)
    return str(same[0]["message"]) if known is None else InTheirWords(say(request, known))
