"""Numbers, formulas and encodings as spreadsheets leave them (DOMAIN.md E5)."""

from __future__ import annotations

import csv
import gzip
import io
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.adapters.tabular import FileUnreadable, JsonLines
from argosy.adapters.tabular.guarding import guarded, unguarded
from argosy.adapters.tabular.numbers import (
    NotANumber,
    is_mangled,
    parsed_decimal,
    unwrapped,
    with_lost_zeros,
)
from argosy.adapters.tabular.text import csv_rows, open_text

DDE = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\tx", "\r=1", "|x", "%x")


@given(st.text())
def test_E5_guarding_is_undone_exactly(text: str) -> None:
    assert unguarded(guarded(text)) == text


@given(st.text())
def test_E5_no_guarded_cell_starts_a_formula(text: str) -> None:
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "|", "%"))


@pytest.mark.parametrize("attack", DDE)
def test_E5_known_attacks_are_guarded(attack: str) -> None:
    assert guarded(attack) == "'" + attack


def test_E5_apostrophes_of_people_are_left_alone() -> None:
    assert unguarded("'tis") == "'tis"
    assert guarded("'tis") == "'tis"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12,50", "12.50"),
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1 234,5", "1234.5"),
        ("1 234.5", "1234.5"),
        ("1'234.50", "1234.50"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("0012", "12"),
        ("-3", "-3"),
    ],
)
def test_E5_decimal_commas_and_thousands(text: str, number: str) -> None:
    assert parsed_decimal(text) == Decimal(number)


def test_E5_what_could_be_two_numbers_is_refused_unless_told() -> None:
    with pytest.raises(NotANumber, match=r"1234 or 1\.234"):
        parsed_decimal("1,234")
    assert parsed_decimal("1,234", ".") == 1234
    assert parsed_decimal("1,234", ",") == Decimal("1.234")


@pytest.mark.parametrize("text", ["", "12 USD", "1e5", "NaN", "Infinity", "١٢", "1,2,3", "--1"])
def test_E5_other_texts_are_no_numbers(text: str) -> None:
    with pytest.raises(NotANumber):
        parsed_decimal(text)


@given(st.decimals(-(10**9), 10**9, places=2, allow_nan=False))
def test_E5_both_ways_of_writing_are_read_alike(number: Decimal) -> None:
    english = f"{number:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert parsed_decimal(english) == parsed_decimal(german) == number


def test_E5_leading_zeros() -> None:
    assert unwrapped('="00123"') == "00123"
    assert unwrapped("00123") == "00123"
    assert is_mangled("4.00638E+12")
    assert not is_mangled("SKU-E+1")
    assert "036000291452" in with_lost_zeros("36000291452")


@pytest.mark.parametrize(
    ("encoding", "guessed"),
    [("utf-8", False), ("utf-8-sig", False), ("utf-16", False), ("cp1252", True)],
)
def test_E5_encodings_and_byte_order_marks(tmp_path: Path, encoding: str, guessed: bool) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("Handle;Title\nä;Größe 12 €\n".encode(encoding))
    opened = open_text(path)
    assert opened.guessed is guessed
    assert list(csv_rows(opened.stream)) == [["Handle", "Title"], ["ä", "Größe 12 €"]]


def test_files_that_are_no_text_say_so(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"PK\x03\x04\x00\x00\x00\x00")
    with pytest.raises(FileUnreadable):
        open_text(path)
    path.write_bytes(gzip.compress(b"a,b\n" * 1000)[:-20])
    with pytest.raises(FileUnreadable):
        open_text(path)


_CELLS = st.lists(
    st.lists(st.text(st.characters(exclude_characters="\x00")), min_size=2, max_size=4), min_size=1
)


@given(_CELLS, st.sampled_from(",;\t"))
def test_E5_any_csv_is_read_or_refused(rows: list[list[str]], delimiter: str) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([["a", "b"], *rows])
    text.seek(0)
    found = list(csv_rows(text))
    assert found[1:] == rows


@given(st.binary(max_size=300))
def test_hostile_lines_become_faults(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.jsonl"
        path.write_bytes(content)
        try:
            records = list(JsonLines(path).records())
        except FileUnreadable:
            return
    for record in records:
        assert record.faults or isinstance(record.data, dict)


def test_line_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('﻿{"kind":"format"}\n\n{"kind":"product"}\nnot json\n[1]\n', "utf-8")
    found = [(r.row, bool(r.faults)) for r in JsonLines(path).records()]
    assert found == [(1, False), (3, False), (4, True), (5, True)]
