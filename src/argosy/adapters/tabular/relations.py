"""A CSV file of what is shown beside products: `product`, `kind`, `related`, and optional
`position` and `both_ways`. Products are named by their slugs.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Final

from argosy.adapters.tabular.guarding import guarded, unguarded
from argosy.adapters.tabular.text import FileUnreadable, csv_rows, open_text
from argosy.modules.relations import KINDS, RelationKind
from argosy.modules.relations.ports import RelationFault, RelationRow

HEADER: Final = ("product", "kind", "related", "position", "both_ways")
_YES: Final = {"yes", "true", "1"}
_NO: Final = {"", "no", "false", "0"}
_KINDS: Final[dict[str, RelationKind]] = {kind: kind for kind in KINDS}


class RelationCsv:
    """A file of relations. Raises FileUnreadable when it is read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def rows(self) -> Iterator[RelationRow | RelationFault]:
        """Each line once: as a relation, or as what keeps it from being one."""
        text = open_text(self._path)
        with text.stream as stream:
            lines = csv_rows(stream)
            columns = [cell.strip().lower() for cell in next(lines, [])]
            if any(columns.count(name) != 1 for name in HEADER[:3]):
                raise FileUnreadable(
                    "A file of relations has the columns product, kind and related.",
                    field="file",
                    cure=f"Name the columns in the first row: {', '.join(HEADER)}.",
                )
            for number, cells in enumerate(lines, start=2):
                if any(cell.strip() for cell in cells):
                    yield _row(number, columns, cells)


def _row(number: int, columns: Sequence[str], cells: Sequence[str]) -> RelationRow | RelationFault:
    given = {name: unguarded(cell).strip() for name, cell in zip(columns, cells, strict=False)}
    kind = _KINDS.get(given.get("kind", "").lower())
    both = given.get("both_ways", "").lower()
    place = given.get("position", "") or "0"
    column = "kind" if kind is None else ""
    if both not in _YES | _NO:
        column = "both_ways"
    if not (place.isascii() and place.isdigit() and len(place) < 8):
        column = "position"
    for name in ("product", "related"):
        if not given.get(name):
            column = name
    if column or kind is None:
        reason = f"{given.get(column, '')[:80]!r} cannot be a {column}."
        return RelationFault(row=number, column=column, reason=reason)
    return RelationRow(
        row=number,
        product=given["product"],
        kind=kind,
        related=given["related"],
        position=int(place),
        both_ways=both in _YES,
    )


def write_relations(stream: IO[str], rows: Iterable[RelationRow]) -> None:
    """Write relations as `RelationCsv` reads them."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(HEADER)
    for row in rows:
        cells = (row.product, row.kind, row.related, str(row.position), "")
        writer.writerow([guarded(cell) for cell in cells])
