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
    otherwise: there is one index for each field.
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
    """A page of things that have these values, and the cursor of the next. Two statements.

    Raises FilterInvalid, CursorInvalid.
    """
    filters = filters_of(f"{subject} fields", fields=sorted(wanted.items()))
    keys = after(cursor, filters, length=2)
    parsed = await fields.filters_of(tx, subject, wanted)
    rows = await fields.find_by_fields(
        tx, subject, parsed, after=None if keys is None else _position(keys), limit=limit + 1
    )
    page = page_of(
        rows, limit=limit, filters=filters, keys=lambda r: [r[1], r[0].hex], show=lambda r: r[0]
    )
    return list(page.items), page.next_cursor


def _position(keys: list[str | int | None]) -> tuple[str, UUID]:
    number, entity_id = keys
    try:
        if number:
            float(str(number))
        return str(number or ""), UUID(hex=str(entity_id))
    except ValueError as error:
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor") from error
