"""Translations as XLIFF 1.2 and 2.0, the formats of translators' tools.

Each text is a unit of its own, named by kind, thing and field; markup in a text is text to the
file. Documents with a DOCTYPE are refused before anything of it is looked at: so there are no
entities that could name files or grow without end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Final, Literal
from urllib.parse import quote, unquote
from xml.parsers import expat
from xml.sax.saxutils import escape

from argosy.adapters.tabular.text import FileUnreadable, open_text
from argosy.modules.translations.ports import RowState, TranslationFault, TranslationRow

Version = Literal["1.2", "2.0"]
NAMESPACES: Final[dict[Version, str]] = {
    "1.2": "urn:oasis:names:tc:xliff:document:1.2",
    "2.0": "urn:oasis:names:tc:xliff:document:2.0",
}
_VERSIONS: Final = frozenset(NAMESPACES.values())
_CHUNK: Final = 65_536
_DEPTH: Final = 64
_LONGEST: Final = 1_000_000
_STALE: Final = "argosy:stale"
_STATES_12: Final[dict[RowState, str]] = {
    "approved": "final",
    "draft": "needs-review-translation",
    "stale": "needs-adaptation",
}
_STATES_20: Final[dict[RowState, str]] = {
    "approved": "final",
    "draft": "translated",
    "stale": "initial",
}
_READ: Final[dict[str, RowState]] = {
    "final": "approved",
    "signed-off": "approved",
    "reviewed": "approved",
    "needs-adaptation": "stale",
}
_UNITS: Final = frozenset({"trans-unit", "unit"})
_TEXTS: Final = frozenset({"source", "target"})
# What stands for a code of the original: our texts have none, so its place cannot be known.
_CODES: Final = frozenset({"x", "bx", "ex", "ph", "it", "bpt", "ept", "sc", "ec", "sub", "cp"})
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class TranslationXliff:
    """A file of translations. Raises FileUnreadable when it is read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def rows(self) -> Iterator[TranslationRow | TranslationFault]:
        """Each unit once: as a translation, or as what keeps it from being one."""
        reading = _Reading()
        text = open_text(self._path)
        with text.stream as stream:
            try:
                while chunk := stream.read(_CHUNK):
                    reading.feed(chunk)
                    yield from reading.taken()
                reading.feed("", final=True)
            except expat.ExpatError as error:
                place = f"line {error.lineno}, column {error.offset}"
                raise _unreadable(f"The file is no XML from {place} on.") from error
            yield from reading.taken()


class _Unit:
    """What was read of one unit so far."""

    def __init__(self, name: str, row: int) -> None:
        self.name = name
        self.row = row
        self.source: list[str] = []
        self.target: list[str] = []
        self.states: list[RowState] = []
        self.code = ""


class _Reading:
    """A document as far as it was read."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = _doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._path: list[str] = []
        self._locale = ""
        self._unit: _Unit | None = None
        self._into: list[str] | None = None
        self._size = 0
        self._made: list[TranslationRow | TranslationFault] = []

    def feed(self, text: str, *, final: bool = False) -> None:
        """Read on."""
        self._parser.Parse(text, final)

    def taken(self) -> list[TranslationRow | TranslationFault]:
        """The units that were read since."""
        made, self._made = self._made, []
        return made

    def _start(self, tag: str, given: dict[str, str]) -> None:
        namespace, _, name = tag.rpartition(" ")
        if not self._path and (name != "xliff" or namespace not in _VERSIONS):
            raise _unreadable("The file is neither XLIFF 1.2 nor XLIFF 2.0.")
        if len(self._path) >= _DEPTH:
            raise _unreadable(f"The file is nested deeper than {_DEPTH} levels.")
        self._path.append(name)
        if namespace not in _VERSIONS:
            return
        if name in {"xliff", "file"}:
            self._locale = given.get("trgLang") or given.get("target-language") or self._locale
        elif name in _UNITS:
            named = given.get("resname") or given.get("name") or ""
            self._unit = _Unit(named, self._parser.CurrentLineNumber)
            self._size = 0
        elif self._unit is not None:
            self._inside(self._unit, name, given)

    def _inside(self, unit: _Unit, name: str, given: dict[str, str]) -> None:
        if name in _TEXTS and "alt-trans" not in self._path and self._into is None:
            self._into = unit.source if name == "source" else unit.target
        elif name in _CODES and self._into is unit.target:
            unit.code = name
        state = given.get("state")
        if name == "target" and state is not None:
            unit.states.append(_READ.get(state, "draft"))
        elif name == "segment" and (state is not None or "subState" in given):
            stale = given.get("subState") == _STALE
            unit.states.append("stale" if stale else _READ.get(state or "", "draft"))

    def _end(self, _tag: str) -> None:
        name = self._path.pop()
        if name in _TEXTS and not _TEXTS.intersection(self._path):
            self._into = None
        elif name in _UNITS and self._unit is not None:
            self._made.append(_row(self._unit, self._locale))
            self._unit = None

    def _text(self, text: str) -> None:
        if self._into is None:
            return
        self._size += len(text)
        if self._size > _LONGEST:
            raise _unreadable(f"A unit has more than {_LONGEST} characters.")
        self._into.append(text)


def _doctype(*_given: object) -> None:
    raise _unreadable("The file has a DOCTYPE, which XLIFF has not and nobody needs.")


def _unreadable(message: str) -> FileUnreadable:
    return FileUnreadable(message, field="file")


def _row(unit: _Unit, locale: str) -> TranslationRow | TranslationFault:
    parts = [unquote(part) for part in unit.name.split("/")]
    if len(parts) != 3:
        reason = f"The unit {unit.name[:80]!r} is not named kind/thing/field."
        return TranslationFault(row=unit.row, column="name", reason=reason)
    if unit.code:
        reason = f"The target has the code <{unit.code}>, which its source has not."
        return TranslationFault(row=unit.row, column="target", reason=reason)
    # Of a unit in several segments the least finished one counts.
    state: RowState = ""
    for one in ("stale", "draft", "approved"):
        if one in unit.states:
            state = one
            break
    return TranslationRow(
        row=unit.row,
        kind=parts[0],
        entity=parts[1],
        field=parts[2],
        locale=locale,
        value="".join(unit.target),
        source="".join(unit.source),
        state=state,
    )


def write_xliff(
    stream: IO[str],
    rows: Iterable[TranslationRow],
    *,
    version: Version,
    source_locale: str,
    locale: str,
) -> int:
    """Write translations as `TranslationXliff` reads them; how many had to be left out, because
    they hold a character that XML has not.
    """
    start, end = xliff_frame(version, source_locale, locale)
    left_out = 0
    stream.write(start)
    for number, row in enumerate(rows, start=1):
        unit = xliff_unit(version, number, row)
        left_out += not unit
        stream.write(unit)
    stream.write(end)
    return left_out


def xliff_frame(version: Version, source_locale: str, locale: str) -> tuple[str, str]:
    """How a file begins and how it ends."""
    start, end = (_START_12, _END_12) if version == "1.2" else (_START_20, _END_20)
    return start.format(source=_quoted(source_locale), target=_quoted(locale)), end


def xliff_unit(version: Version, number: int, row: TranslationRow) -> str:
    """A translation in a file, its `number` being its own there; empty for one that holds a
    character that XML has not.
    """
    if _UNWRITABLE.search(f"{row.name}{row.source}{row.value}"):
        return ""
    return (_unit_12 if version == "1.2" else _unit_20)(number, row)


_START_12 = """<?xml version="1.0" encoding="UTF-8"?>
<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
 <file original="catalogue" datatype="plaintext" source-language={source} target-language={target}>
  <body>
"""
_END_12 = "  </body>\n </file>\n</xliff>\n"
_START_20 = """<?xml version="1.0" encoding="UTF-8"?>
<xliff version="2.0" xmlns="urn:oasis:names:tc:xliff:document:2.0"
 srcLang={source} trgLang={target}>
 <file id="catalogue">
"""
_END_20 = " </file>\n</xliff>\n"


def _unit_12(number: int, row: TranslationRow) -> str:
    approved = ' approved="yes"' if row.state == "approved" else ""
    state = f' state="{_STATES_12[row.state]}"' if row.state else ""
    target = f"<target{state}>{_escaped(row.value)}</target>" if row.value else ""
    note = f"<note>{_escaped(row.name)}</note>" if row.name else ""
    return (
        f'   <trans-unit id="u{number}" resname={_quoted(_name(row))} xml:space="preserve"'
        f"{approved}><source>{_escaped(row.source or '')}</source>{target}{note}</trans-unit>\n"
    )


def _unit_20(number: int, row: TranslationRow) -> str:
    state = f' state="{_STATES_20[row.state]}"' if row.state else ""
    state += f' subState="{_STALE}"' if row.state == "stale" else ""
    target = f"<target>{_escaped(row.value)}</target>" if row.value else ""
    note = f"<notes><note>{_escaped(row.name)}</note></notes>" if row.name else ""
    return (
        f'  <unit id="u{number}" name={_quoted(_name(row))} xml:space="preserve">{note}'
        f"<segment{state}><source>{_escaped(row.source or '')}</source>{target}</segment></unit>\n"
    )


def _name(row: TranslationRow) -> str:
    return "/".join(quote(part, safe="") for part in (row.kind, row.entity, row.field))


def _escaped(text: str) -> str:
    # A reader of XML makes a line feed of every carriage return that is not written so.
    return escape(text, {"\r": "&#13;"})


def _quoted(text: str) -> str:
    return '"' + escape(text, {'"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}) + '"'
