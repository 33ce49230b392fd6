"""Lists narrowed by custom fields: `?field.<code>=<value>`, `field.<code>.min` and `.max`."""

from typing import Any
from uuid import UUID

from litestar import Request

from argosy.kernel.paging import CursorInvalid
from argosy.modules import fields
from argosy.modules.fields import FilterInvalid, Subject
from argosy.runtime.db import Tx
from argosy.web.paging import after, filters_of, page_of

_PREFIX = "field."
_BESIDE = frozenset({"cursor", "expand", "limit"})


def field_filters(request: Request[Any, Any, Any]) -> dict[str, str]:
    """What the request narrows its list by, without `field.`; empty when by no field.

    Raises FilterInvalid for a field that is named twice, or beside which the list is narrowed
    otherwise: the indexes are those of the fields.
    """
    named = list(request.query_params.multi_items())
    found: dict[str, str] = {}
    for name, text in named:
        if not name.startswith(_PREFIX):
            continue
        code = name.removeprefix(_PREFIX)
        if code in found:
            raise FilterInvalid(f"{name} is given twice.", field=name)
        found[code] = str(text)
    others = sorted({n for n, _ in named if not n.startswith(_PREFIX)} - _BESIDE)
    if found and others:
        message = "A list is narrowed by custom fields alone."
        raise FilterInvalid(message, field=others[0])
    return found


async def found_by_fields(
    tx: Tx, subject: Subject, wanted: dict[str, str], *, limit: int, cursor: str | None
) -> tuple[list[UUID], str | None]:
    """A page of things that have these values, and the cursor of the next. Four statements at most,
    whatever the number of fields; of the field that fits the fewest things, `LOOK` at most are
    looked through for a page (kernel/paging.py). Raises FilterInvalid, CursorInvalid.
    """
    # With ranges alone the first one orders the list, so their order belongs to the cursor.
    filters = filters_of(f"{subject} fields", fields=list(wanted.items()))
    keys = after(cursor, filters, length=2)
    position = None if keys is None else _position(keys)
    parsed = await fields.filters_of(tx, subject, wanted)
    parsed = await fields.rarest_first(tx, subject, parsed)
    rows = await fields.find_by_fields(tx, subject, parsed, after=position, limit=limit + 1)
    end = None
    if len(rows) <= limit:
        end = await fields.fields_look_end(tx, subject, parsed, after=position)
    page = page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda r: [r[1], r[0].hex],
        show=lambda r: r[0],
        further=None if end is None else [end[1], end[0].hex],
    )
    return list(page.items), page.next_cursor


def _position(keys: list[str | int | None]) -> tuple[UUID, str]:
    number, entity_id = keys
    try:
        if number:
            float(str(number))
        return UUID(hex=str(entity_id)), str(number or "")
    except ValueError as error:
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor") from error
