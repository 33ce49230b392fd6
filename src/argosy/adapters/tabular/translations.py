"""A CSV file of translations: `kind`, `entity`, `field`, `locale`, `value`, and if they are there
`source`, `state` and `name`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Final

from argosy.adapters.tabular.guarding import guarded, unguarded
from argosy.adapters.tabular.text import FileUnreadable, csv_rows, open_text
from argosy.modules.translations.ports import RowState, TranslationFault, TranslationRow

HEADER: Final = ("kind", "entity", "name", "field", "locale", "state", "source", "value")
_NEEDED: Final = ("kind", "entity", "field", "locale", "value")
_STATES: Final[dict[str, RowState]] = {
    "": "",
    "draft": "draft",
    "approved": "approved",
    "stale": "stale",
    "missing": "",
}


class TranslationCsv:
    """A file of translations. Raises FileUnreadable when it is read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def rows(self) -> Iterator[TranslationRow | TranslationFault]:
        """Each line once: as a translation, or as what keeps it from being one."""
        text = open_text(self._path)
        with text.stream as stream:
            lines = csv_rows(stream)
            columns = [cell.strip().lower() for cell in next(lines, [])]
            if any(columns.count(name) != 1 for name in _NEEDED):
                raise FileUnreadable(
                    f"A file of translations has the columns {', '.join(_NEEDED)}, each once.",
                    field="file",
                    cure=f"Name the columns in the first row: {', '.join(HEADER)}.",
                )
            for number, cells in enumerate(lines, start=2):
                if any(cell.strip() for cell in cells):
                    yield _row(number, columns, cells)


def _row(
    number: int, columns: Sequence[str], cells: Sequence[str]
) -> TranslationRow | TranslationFault:
    if len(cells) > len(columns):
        reason = "The row has more cells than the header."
        return TranslationFault(row=number, column="", reason=reason)
    given = {name: unguarded(cell) for name, cell in zip(columns, cells, strict=False)}
    state = _STATES.get(given.get("state", "").strip().lower())
    if state is None:
        reason = "Neither draft, approved nor stale."
        return TranslationFault(row=number, column="state", reason=reason)
    return TranslationRow(
        row=number,
        kind=given.get("kind", "").strip(),
        entity=given.get("entity", "").strip(),
        field=given.get("field", "").strip(),
        locale=given.get("locale", "").strip(),
        value=given.get("value", ""),
        source=given.get("source"),
        state=state,
        name=given.get("name", ""),
    )


def write_translations(stream: IO[str], rows: Iterable[TranslationRow]) -> None:
    """Write translations as `TranslationCsv` reads them."""
    writer = _writer(stream)
    writer.writerow(HEADER)
    write_rows(stream, rows)


def write_rows(stream: IO[str], rows: Iterable[TranslationRow]) -> None:
    """Write further ones, below those that are in the file."""
    writer = _writer(stream)
    for row in rows:
        cells = (row.kind, row.entity, row.name, row.field, row.locale, row.state)
        writer.writerow([guarded(cell) for cell in (*cells, row.source or "", row.value)])


def _writer(stream: IO[str]) -> Any:
    # A lone carriage return would end the line if it were not quoted.
    return csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
