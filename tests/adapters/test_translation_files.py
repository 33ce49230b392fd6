"""Translations as CSV and XLIFF: what is written is read again, and hostile files are refused."""

from __future__ import annotations

import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.adapters.tabular.text import FileUnreadable
from argosy.adapters.tabular.translations import TranslationCsv, write_translations
from argosy.adapters.tabular.xliff import TranslationXliff, Version, write_xliff
from argosy.modules.translations.ports import TranslationFault, TranslationRow

# What people type; XML has no other controls than these.
texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("\t\n\r<>&\"'=+-@{}"),
    max_size=30,
)
names = texts.filter(lambda text: text.strip() == text != "")
rows = st.lists(
    st.builds(
        TranslationRow,
        row=st.just(0),
        kind=st.sampled_from(["product", "option"]),
        entity=names,
        field=names,
        locale=st.just("de-AT"),
        value=texts,
        source=texts,
        state=st.sampled_from(["draft", "approved", "stale"]),
    ).map(lambda row: row if row.value else _without_state(row)),
    max_size=5,
)


def _without_state(row: TranslationRow) -> TranslationRow:
    return TranslationRow(
        row=0, kind=row.kind, entity=row.entity, field=row.field, locale="de-AT", value="",
        source=row.source,
    )  # fmt: skip


def told(found: object) -> tuple[object, ...]:
    assert isinstance(found, TranslationRow), found
    return (found.kind, found.entity, found.field, found.locale, found.value, found.source,
            found.state)  # fmt: skip


def read(text: str, name: str) -> list[TranslationRow | TranslationFault]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(text.encode())
        source = TranslationCsv(path) if name.endswith(".csv") else TranslationXliff(path)
        return list(source.rows())


@given(rows)
@pytest.mark.parametrize("version", ["1.2", "2.0"])
def test_xliff_that_is_written_is_read_again(version: Version, rows: list[TranslationRow]) -> None:
    stream = io.StringIO()
    given_ = {"version": version, "source_locale": "en", "locale": "de-AT"}
    assert write_xliff(stream, rows, **given_) == 0  # type: ignore[arg-type]
    assert [told(one) for one in read(stream.getvalue(), "x.xlf")] == [told(one) for one in rows]


@given(rows)
def test_csv_that_is_written_is_read_again(rows: list[TranslationRow]) -> None:
    stream = io.StringIO()
    write_translations(stream, rows)
    assert [told(one) for one in read(stream.getvalue(), "x.csv")] == [told(one) for one in rows]


def xliff(inside: str, *, head: str = "") -> str:
    return (
        f'<?xml version="1.0"?>{head}<xliff version="1.2" '
        'xmlns="urn:oasis:names:tc:xliff:document:1.2"><file source-language="en" '
        f'target-language="de"><body>{inside}</body></file></xliff>'
    )


UNIT = (
    '<trans-unit id="1" resname="product/x/title"><source>a</source><target>{}</target>'
    "</trans-unit>"
)


def test_what_tools_make_of_a_unit_is_understood() -> None:
    [one] = read(xliff(UNIT.format("b<mrk>c</mrk>")), "x.xlf")
    assert told(one) == ("product", "x", "title", "de", "bc", "a", "")
    [one] = read(xliff(UNIT.format('b<x id="1"/>')), "x.xlf")
    assert isinstance(one, TranslationFault)
    assert "<x>" in one.reason
    alternative = UNIT.replace(
        "</trans-unit>", "<alt-trans><target>no</target></alt-trans></trans-unit>"
    )
    [one] = read(xliff(alternative.format("yes")), "x.xlf")
    assert told(one)[4] == "yes"
    [one] = read(xliff(UNIT.replace("product/x/title", "x").format("b")), "x.xlf")
    assert isinstance(one, TranslationFault)
    segments = (
        '<xliff xmlns="urn:oasis:names:tc:xliff:document:2.0" version="2.0" srcLang="en" '
        'trgLang="de"><file id="f"><unit id="u" name="product/x/title"><segment state="final">'
        "<source>A. </source><target>B. </target></segment><ignorable><source> </source>"
        '<target> </target></ignorable><segment state="translated"><source>C</source>'
        "<target>D</target></segment></unit></file></xliff>"
    )
    [one] = read(segments, "x.xlf")
    assert told(one)[4:] == ("B.  D", "A.  C", "draft")


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)


@pytest.mark.parametrize(
    "text",
    [
        xliff(UNIT.format("&c;"), head=BOMB),
        xliff(UNIT.format("&x;"), head='<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        xliff(UNIT.format("b"), head='<!DOCTYPE x SYSTEM "http://example.org/x.dtd">'),
        xliff(UNIT.format("b"))[:-20],
        xliff("<group>" * 200),
        xliff(UNIT.format("b" * 1_100_000)),
        "<html><body/></html>",
        "kind,entity\n",
        "",
    ],
)
def test_hostile_and_broken_files_are_refused(text: str) -> None:
    with pytest.raises(FileUnreadable):
        read(text, "x.xlf")


def test_texts_that_xml_cannot_hold_are_counted() -> None:
    row = TranslationRow(
        row=1, kind="product", entity="x", field="title", locale="de", value="a\x0bb", source="a"
    )
    stream = io.StringIO()
    assert write_xliff(stream, [row], version="1.2", source_locale="en", locale="de") == 1
    assert read(stream.getvalue(), "x.xlf") == []


def test_a_csv_needs_its_columns() -> None:
    with pytest.raises(FileUnreadable):
        read("kind,entity,field,locale\n", "x.csv")
    header = "kind,entity,field,locale,value,state\n"
    [one] = read(f"{header}product,x,title,de,b,perhaps\n", "x.csv")
    assert isinstance(one, TranslationFault)
    assert one.column == "state"
