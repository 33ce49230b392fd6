"""Rows of a list: escaped, linked, said in the reader's language."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from argosy.kernel.money import Money
from argosy.web.admin.cells import row_writer
from argosy.web.admin.lists import Bulk, Column, Empty, Listing
from argosy.web.pages.forms import options_of

EVIL = '"><script>alert(1)</script>'
AT = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)


def listing(columns: list[Column], *, bulk: bool = False) -> Listing:
    return Listing(
        path="/admin/x",
        columns=columns,
        rows=[],
        row_id=lambda row: row["id"],
        row_path=lambda row: f"/admin/x/{row['id']}",
        filters=(),
        asked={},
        views=(),
        bulk=[Bulk("Do", "/admin/x/bulk/do", "x:write")] if bulk else [],
        empty=Empty("", ""),
        next_cursor=None,
        first=True,
    )


def column(name: str, kind: Any = "text", **more: Any) -> Column:
    return Column(name, name, lambda row: row[name], kind, **more)


def test_whatever_a_row_holds_is_text() -> None:
    kinds = ("text", "code", "muted", "badge")
    columns = [column(f"c{at}", kind) for at, kind in enumerate(kinds)]
    columns.append(column("to", href=lambda _: f"/admin/y?{EVIL}"))
    row = {f"c{at}": EVIL for at in range(len(kinds))} | {"to": EVIL, "id": EVIL}
    shown = str(row_writer("de", "UTC", 2026)(listing(columns, bulk=True), row))
    assert "<script" not in shown
    assert shown.count("&lt;script&gt;") >= 8
    assert shown.count("<") == 3 + 2 * 5 + 2 * 3 + 2 * 2, "box, cells, what they wrap, links"


def test_each_kind_is_written_as_people_of_the_place_do() -> None:
    columns = [
        column("id"),
        column("total", "money"),
        column("units", "number", narrow=False),
        column("at", "instant"),
        column("state", "badge"),
        column("none", "money"),
    ]
    row = {
        "id": "7", "total": Money(123450, "EUR"), "units": 1200, "at": AT, "state": "paid",
        "none": None,
    }  # fmt: skip
    shown = str(row_writer("de", "Europe/Berlin", 2026)(listing(columns), row))
    assert '<th scope="row" class=""><a href="/admin/x/7" class="row-link">7</a></th>' in shown
    assert '<td class="end">1.234,50\u00a0€</td>' in shown
    assert '<td class="end wide">1.200</td>' in shown
    assert (
        f'<time datetime="{AT.isoformat()}" title="23.11.2026, 00:30:00">23. Nov., 00:30' in shown
    )
    assert '<span class="badge good">Bezahlt</span>' in shown
    assert '<td class="end"><span class="muted">–</span></td>' in shown
    assert "checkbox" not in shown


def test_one_option_is_chosen_and_what_is_none_of_them_is_nothing() -> None:
    choices = [("", "-"), ("DE", "Deutsch<land"), ("FR", "France")]
    assert options_of(choices, "DE") == (
        '<option value="">-</option><option value="DE" selected>Deutsch&lt;land</option>'
        '<option value="FR">France</option>'
    )
    assert "selected" not in options_of(choices, EVIL)
    assert options_of((), "DE") == ""
