"""Lists narrowed by a custom field: which one, and its value or a range of it (`10..20`)."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from litestar import Request

from argosy.kernel.paging import Page
from argosy.modules import fields
from argosy.modules.fields import FieldDefinition, FilterInvalid, Subject
from argosy.runtime.db import Tx
from argosy.web.admin.lists import FIELD, VALUE, Filter
from argosy.web.admin.places import N_
from argosy.web.admin.showing import say
from argosy.web.auth import shop
from argosy.web.field_filters import found_by_fields

AnyRequest = Request[Any, Any, Any]
Rows = Callable[[Tx, Sequence[UUID]], Awaitable[Mapping[UUID, Any]]]

_RANGED = frozenset({"integer", "number", "date"})
_COMMA = re.compile(r"-?[0-9]+,[0-9]+")


async def filters_by_field(request: AnyRequest, subject: Subject) -> list[Filter]:
    """The filters of the list; none where no field is defined. One statement."""
    async with shop(request).db.reading() as tx:
        known = await fields.list_fields(tx, subject)
    if not known:
        return []
    named = sorted(((one.code, one.label) for one in known), key=lambda pair: pair[1].casefold())
    return [
        Filter(FIELD, say(request, N_("Custom field")), tuple(named)),
        Filter(VALUE, say(request, N_("Its value, or from..to")), kind="text"),
    ]


async def page_by_field(
    request: AnyRequest,
    subject: Subject,
    asked: Mapping[str, str],
    rows: Rows,
    *,
    cursor: str | None,
    limit: int,
) -> Page[Any]:
    """What holds the value that is asked for; `rows` reads things by their ids. Three statements.

    Raises FilterInvalid for what is no value of the field, or beside other filters: there is one
    index for each field.
    """
    others = asked.keys() - {FIELD, VALUE}
    if others:
        raise _unfit(request, N_("A custom field narrows the list alone."))
    if FIELD not in asked or VALUE not in asked:
        raise _unfit(request, N_("Choose a custom field and say which value."))
    async with shop(request).db.reading() as tx:
        known = {one.code: one for one in await fields.list_fields(tx, subject)}
        definition = known.get(asked[FIELD])
        if definition is None:
            raise _unfit(request, N_("There is no such field any more."))
        wanted = _wanted(request, definition, asked[VALUE])
        try:
            await fields.filters_of(tx, subject, wanted)
        except FilterInvalid as refusal:
            raise _unfit(request, N_("This is no value of the field.")) from refusal
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


def _unfit(request: AnyRequest, said: str) -> FilterInvalid:
    cure = say(request, N_("Take the other filters off, or write the value as the field holds it."))
    return FilterInvalid(say(request, said), field=VALUE, cure=cure)
