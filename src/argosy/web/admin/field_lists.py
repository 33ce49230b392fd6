"""Lists narrowed by custom fields: which ones, and the value or a range of each (`10..20`)."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from litestar import Request

from argosy.kernel.paging import Page
from argosy.modules import fields
from argosy.modules.fields import FieldDefinition, FilterInvalid, Subject
from argosy.runtime.db import Tx
from argosy.web.admin.lists import FIELD, FIELD_PAIRS, VALUE, Filter
from argosy.web.admin.places import N_
from argosy.web.admin.refusals import InTheirWords
from argosy.web.admin.showing import say
from argosy.web.auth import shop
from argosy.web.field_filters import found_by_fields

AnyRequest = Request[Any, Any, Any]
Rows = Callable[[Tx, Sequence[UUID]], Awaitable[Mapping[UUID, Any]]]

_RANGED = frozenset({"integer", "number", "date"})
_VALUE = N_("Its value, or from..to")
_COMMA = re.compile(r"-?[0-9]+,[0-9]+")


async def filters_by_field(request: AnyRequest, subject: Subject) -> list[Filter]:
    """The filters of the list: those fields that it is narrowed by, and room for one more. None
    where no field is defined. One statement.
    """
    async with shop(request).db.reading() as tx:
        known = await fields.list_fields(tx, subject)
    if not known:
        return []
    named = tuple(sorted(((d.code, d.label) for d in known), key=lambda p: p[1].casefold()))
    asked = [pair for pair in FIELD_PAIRS if _is_asked(request, pair)]
    offered = asked + [pair for pair in FIELD_PAIRS if pair not in asked][:1]
    found = []
    for field, value in sorted(offered, key=FIELD_PAIRS.index):
        more = {"field": say(request, N_("Custom field")), "is": say(request, _VALUE)}
        if field != FIELD:
            at = FIELD_PAIRS.index((field, value)) + 1
            more = {name: f"{label} ({at})" for name, label in more.items()}
        found += [
            Filter(field, more["field"], named),
            Filter(value, more["is"], kind="text", of=field),
        ]
    return found


def _is_asked(request: AnyRequest, pair: tuple[str, str]) -> bool:
    return any(request.query_params.get(name, "").strip() for name in pair)


async def page_by_field(
    request: AnyRequest,
    subject: Subject,
    asked: Mapping[str, str],
    rows: Rows,
    *,
    cursor: str | None,
    limit: int,
) -> Page[Any]:
    """What holds all the values that are asked for; `rows` reads things by their ids. Seven
    statements at most.

    Raises FilterInvalid for what is no value of the field, for a field that is named twice, or
    beside other filters: the indexes are those of the fields.
    """
    pairs = [pair for pair in FIELD_PAIRS if asked.keys() & set(pair)]
    if asked.keys() - {name for pair in pairs for name in pair}:
        raise _unfit(request, VALUE, N_("Custom fields narrow the list alone."))
    if f"{FIELD}{len(FIELD_PAIRS) + 1}" in request.query_params:
        raise _unfit(request, VALUE, N_("Five custom fields at most narrow a list."))
    async with shop(request).db.reading() as tx:
        known = {one.code: one for one in await fields.list_fields(tx, subject)}
        wanted: dict[str, str] = {}
        said: dict[str, str] = {}
        for field, value in pairs:
            if field not in asked or value not in asked:
                raise _unfit(request, value, N_("Choose a custom field and say which value."))
            definition = known.get(asked[field])
            if definition is None:
                raise _unfit(request, value, N_("There is no such field any more."))
            if definition.code in said:
                raise _unfit(request, value, N_("A custom field is named twice."))
            said[definition.code] = value
            wanted |= _wanted(request, definition, asked[value])
        try:
            await fields.filters_of(tx, subject, wanted)
        except FilterInvalid as refusal:
            code = str(refusal.field).split(".")[1]
            raise _unfit(request, said[code], N_("This is no value of the field.")) from refusal
        ids, following = await found_by_fields(tx, subject, wanted, limit=limit, cursor=cursor)
        found = await rows(tx, ids)
    return Page(items=[found[one] for one in ids if one in found], next_cursor=following)


def _wanted(request: AnyRequest, definition: FieldDefinition, text: str) -> dict[str, str]:
    """What the API would be asked by, without its `field.`."""
    code = definition.code
    if definition.kind == "boolean":
        words = {"yes": "true", "no": "false"}
        words |= {say(request, N_("yes")): "true", say(request, N_("no")): "false"}
        return {code: words.get(text.casefold(), text)}
    low, dots, high = text.partition("..")
    if dots and definition.kind in _RANGED:
        bounds = {f"{code}.min": low.strip(), f"{code}.max": high.strip()}
        return {name: _number(value) for name, value in bounds.items() if value} or {code: text}
    return {code: _number(text) if definition.kind == "number" else text}


def _number(text: str) -> str:
    return text.replace(",", ".") if _COMMA.fullmatch(text) else text


def _unfit(request: AnyRequest, field: str, said: str) -> FilterInvalid:
    cure = say(request, N_("Take the other filters off, or write the value as the field holds it."))
    words = InTheirWords(say(request, said))
    return FilterInvalid(words, field=field, cure=InTheirWords(cure))
