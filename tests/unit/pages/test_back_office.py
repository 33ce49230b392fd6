"""The building blocks of the back office's pages: merging, filters, files, faults."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.kernel.errors import Invalid
from argosy.kernel.ids import encode, new_id
from argosy.kernel.money import Money
from argosy.kernel.paging import Page
from argosy.web.admin.editing import chosen, compared, faults_of
from argosy.web.admin.lists import Column, csv_of, day_start, harmless, url_of
from argosy.web.admin.payments import AmountUnreadable, money_of
from argosy.web.admin.refunding import amount_of, wanted_units
from argosy.web.pages.forms import Form

texts = st.sampled_from(["a", "b", "c"])
states = st.tuples(texts, texts, texts)


@given(states, states)
def test_nothing_that_anybody_changed_is_lost_unseen(
    was_yours_now: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    labels = {"name": "Name", "note": "Note"}
    form, theirs = {}, {}
    for name, (was, yours, now) in zip(labels, (was_yours_now, other), strict=True):
        form |= {f"opened.{name}": was, name: yours}
        theirs[name] = now
    differences, taken, merged = compared(labels, form, theirs)
    asked = {one.name for one in differences}
    for name, (was, yours, now) in zip(labels, (was_yours_now, other), strict=True):
        both = yours != was and now not in (was, yours)
        assert (name in asked) == both
        if not both:
            assert merged[name] == (now if yours == was else yours)
        assert (labels[name] in taken) == (yours == was and now != was)


def test_what_was_chosen_goes_into_the_form() -> None:
    form = Form(
        {
            "name": "mine",
            "choose.name": "theirs",
            "theirs.name": "hers",
            "note": "my note",
            "choose.note": "yours",
            "theirs.note": "her note",
        }
    )
    made = chosen(form, ["name", "note"])
    assert (made["name"], made["note"]) == ("hers", "my note")


def test_a_refusal_is_told_at_its_field_and_what_has_none_is_told_above() -> None:
    at_field = faults_of(Invalid("Too long.", field="lines.0.sku"), ["lines"])
    assert (at_field.of("lines"), at_field.rest) == ("Too long.", ())
    several = Invalid(
        "No.", errors=[{"field": "a", "message": "A"}, {"field": "b", "message": "B"}]
    )
    found = faults_of(several, ["a", "b"])
    assert (found.of("a"), found.of("b"), len(found.rest)) == ("A", "B", 1)
    assert faults_of(Invalid("Elsewhere.", field="x"), ["a"]).rest
    assert faults_of(Invalid("Named.", field="price"), ["amount"], {"price": "amount"}).of("amount")


@given(st.text(max_size=12))
def test_no_cell_of_a_file_is_a_formula(text: str) -> None:
    assert not harmless(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert harmless(text).removeprefix("'") == text.removeprefix("'") or text.startswith("'")


async def test_a_file_holds_every_page_with_amounts_and_instants_for_machines() -> None:
    rows: list[tuple[str, int]] = [("=cmd", 1250), ('Ann, "A"', 5), ("plain", 0)]
    columns = [
        Column("name", "Name", lambda row: row[0]),
        Column("total", "Summe", lambda row: Money(row[1], "EUR"), "money"),
        Column("at", "Wann", lambda _: datetime(2026, 11, 21, 9, tzinfo=UTC), "instant"),
    ]
    asked: list[str | None] = []

    async def read(cursor: str | None) -> Page[Any]:
        asked.append(cursor)
        at = int(cursor or 0)
        return Page(items=rows[at : at + 1], next_cursor=str(at + 1) if at < 2 else None)

    stream = csv_of("x", columns, read)
    text = "".join([part async for part in stream.iterator])  # type: ignore[union-attr, misc]
    assert text.startswith("\ufeff")
    lines = list(csv.reader(io.StringIO(text[1:])))
    assert lines == [
        ["name", "total", "total_currency", "at"],
        ["'=cmd", "12.50", "EUR", "2026-11-21T09:00:00+00:00"],
        ['Ann, "A"', "0.05", "EUR", "2026-11-21T09:00:00+00:00"],
        ["plain", "0.00", "EUR", "2026-11-21T09:00:00+00:00"],
    ]
    assert asked == [None, "1", "2"]


def test_a_list_is_linked_to_with_the_filters_that_are_set() -> None:
    assert url_of("/admin/x", {"a": "1 & 2", "b": ""}) == "/admin/x?a=1+%26+2"
    assert url_of("/admin/x", {}) == "/admin/x"
    assert day_start("2026-11-21") == datetime(2026, 11, 21, tzinfo=UTC)
    assert day_start("soon") is None


def test_a_form_gives_every_chosen_row() -> None:
    form = Form(pairs=[("chosen", "a"), ("chosen", "b"), ("x", "1")])
    assert (form["chosen"], form.every("chosen"), form["missing"]) == ("b", ["a", "b"], "")


def order(*lines: tuple[int, int], shipping: int = 0) -> Any:
    """An order of lines (quantity, total in minor units)."""
    made = [SimpleNamespace(id=new_id(), quantity=q, total_minor=t) for q, t in lines]
    return SimpleNamespace(lines=made, currency="EUR", shipping_minor=shipping)


@given(st.integers(1, 9), st.integers(0, 10_000), st.data())
def test_what_units_come_to_grows_with_each_and_ends_at_the_line(
    quantity: int, total: int, data: st.DataObject
) -> None:
    bought = order((quantity, total), shipping=500)
    line = bought.lines[0].id
    amounts = [
        amount_of(bought, {line: units}, shipping=False).minor for units in range(quantity + 1)
    ]
    assert amounts == sorted(amounts)
    assert (amounts[0], amounts[-1]) == (0, total)
    units = data.draw(st.integers(0, quantity))
    assert amount_of(bought, {line: units}, shipping=True).minor == amounts[units] + 500
    form = Form({f"units.{encode('order_line', line)}": str(units)})
    assert wanted_units(form, bought.lines) == {line: units}
    assert wanted_units(Form({f"units.{encode('order_line', line)}": "99"}), bought.lines) == {
        line: 0
    }


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("12.50", "EUR", 1250), ("12,5", "EUR", 1250), ("1 000", "JPY", 1000), ("0.001", "KWD", 1)],
)
def test_amounts_are_read_as_people_type_them(text: str, currency: str, minor: int) -> None:
    assert money_of(text, currency) == Money(minor, currency)


@pytest.mark.parametrize("text", ["", "0", "-1", "1.001", "NaN", "1e999", "1,000.50x", "9" * 30])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(AmountUnreadable):
        money_of(text, "EUR")
