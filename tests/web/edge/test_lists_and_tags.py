"""Paging, entity tags, expansions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Request, get, patch
from tests.web.edge.making import an_edge, code_of

from argosy.kernel.paging import CursorInvalid
from argosy.web.etag import RequiredIfMatch, expected_version, require_version, version_tag
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.web.sparse import ExpandUnknown, expansions


def _page(rows: list[tuple[int, int]], limit: int, cursor: str | None, filters: str):
    keys = after(cursor, filters, length=2)
    start = (0, 0) if keys is None else (keys[0], keys[1])
    found = sorted(row for row in rows if row > start)[: limit + 1]
    return page_of(found, limit=limit, filters=filters, keys=lambda row: row, show=lambda row: row)


@given(
    rows=st.lists(st.tuples(st.integers(1, 5), st.integers(1, 1000)), unique=True),
    late=st.lists(st.tuples(st.integers(1, 5), st.integers(1001, 2000)), unique=True, max_size=20),
    limit=st.integers(1, 7),
)
def test_P1_inserts_between_pages_neither_repeat_nor_skip_a_row(rows, late, limit):
    filters, seen, cursor, waiting = filters_of("t", a=1), [], None, list(late)
    present = list(rows)
    while True:
        page = _page(present, limit, cursor, filters)
        seen += page.items
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
        if waiting:
            present.append(waiting.pop())
    assert len(seen) == len(set(seen))
    assert set(rows) <= set(seen)
    assert seen == sorted(seen)


def test_P1_a_cursor_belongs_to_its_list_and_filters():
    rows = [(1, n) for n in range(10)]
    cursor = _page(rows, 3, None, filters_of("a", status="open")).next_cursor
    assert cursor is not None
    for other in (filters_of("a", status="closed"), filters_of("b", status="open")):
        with pytest.raises(CursorInvalid):
            _page(rows, 3, cursor, other)
    with pytest.raises(CursorInvalid):
        _page(rows, 3, cursor[:-2], filters_of("a", status="open"))


@get("/v1/rows", tags=["T"])
async def rows(limit: Limit = 2, cursor: CursorText = None) -> dict[str, Any]:
    page = _page([(1, n) for n in range(1, 6)], limit, cursor, filters_of("rows"))
    return {"items": page.items, "next_cursor": page.next_cursor}


async def test_lists_are_walked_by_their_cursor():
    async with an_edge(rows) as client:
        seen, cursor = [], None
        while True:
            query = {"cursor": cursor} if cursor else {}
            page = (await client.get("/v1/rows", params=query)).json()
            seen += page["items"]
            if (cursor := page["next_cursor"]) is None:
                break
        assert seen == [[1, n] for n in range(1, 6)]
        for damaged in ("x", "ÿ", "a" * 500, "bnVsbA", "W10"):
            answer = await client.get("/v1/rows", params={"cursor": damaged})
            assert code_of(answer) == "paging.cursor_invalid"


@patch("/v1/thing", tags=["T"])
async def change(request: Request[Any, Any, Any], if_match: RequiredIfMatch) -> int | None:
    expected = expected_version(request)
    require_version(request, 7)
    return expected


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (version_tag(7), 200, None),
        ("*", 200, None),
        (version_tag(6), 412, "request.precondition_failed"),
        ("v7", 412, "request.precondition_failed"),
        ('W/"v7"', 412, "request.precondition_failed"),
        ('"v' + "9" * 40 + '"', 412, "request.precondition_failed"),
        (None, 428, "request.precondition_required"),
    ],
)
async def test_updates_name_the_version_they_change(sent, status, code):
    async with an_edge(change) as client:
        headers = {} if sent is None else {"if-match": sent}
        answer = await client.patch("/v1/thing", headers=headers)
    assert answer.status_code == status
    assert code is None or code_of(answer) == code
    assert status == 200 or answer.json()["field"] == "If-Match"


def test_expand_names_known_parts_only():
    allowed = frozenset({"lines", "payments"})
    assert expansions(None, allowed=allowed) == frozenset()
    assert expansions("lines, payments", allowed=allowed) == allowed
    with pytest.raises(ExpandUnknown) as refused:
        expansions("lines,secrets", allowed=allowed)
    assert refused.value.details["allowed"] == ["lines", "payments"]
