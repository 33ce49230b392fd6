"""A CSV file of redirects: `from`, `to`, and optional `channel`, `locale`, `answer`.

`answer` is `moved` (301, as when it is empty) or `gone` (410). Read are addresses with their host
too, as exports of other systems have them: the host is left off in `from`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Final, Literal

from argosy.adapters.tabular.guarding import guarded, unguarded
from argosy.adapters.tabular.text import FileUnreadable, csv_rows, open_text
from argosy.modules.paths.ports import RedirectFault, RedirectRow

_NAMES: Final[dict[str, str]] = {
    "from": "from",
    "redirect from": "from",
    "path": "from",
    "source": "from",
    "to": "to",
    "redirect to": "to",
    "target": "to",
    "channel": "channel",
    "locale": "locale",
    "language": "locale",
    "answer": "answer",
    "status": "answer",
}
_ANSWERS: Final[dict[str, Literal["moved", "gone"]]] = {
    "": "moved",
    "moved": "moved",
    "301": "moved",
    "302": "moved",
    "308": "moved",
    "gone": "gone",
    "410": "gone",
}
_HOST = re.compile(r"https?://[^/]+")
HEADER: Final = ("from", "to", "channel", "locale", "answer")


class RedirectCsv:
    """A file of redirects. Raises FileUnreadable when it is read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def rows(self) -> Iterator[RedirectRow | RedirectFault]:
        """Each line once: as a redirect, or as what keeps it from being one."""
        text = open_text(self._path)
        with text.stream as stream:
            lines = csv_rows(stream)
            columns = _columns(next(lines, []))
            for number, cells in enumerate(lines, start=2):
                if any(cell.strip() for cell in cells):
                    yield _row(number, columns, cells)


def _columns(header: Sequence[str]) -> list[str]:
    names = [" ".join(cell.strip().lower().replace("_", " ").split()) for cell in header]
    columns = [_NAMES.get(name, name) for name in names]
    if columns.count("from") != 1 or columns.count("to") > 1:
        raise FileUnreadable(
            "A file of redirects has one column `from` and one column `to`.",
            field="file",
            cure=f"Name the columns in the first row: {', '.join(HEADER)}.",
        )
    return columns


def _row(number: int, columns: Sequence[str], cells: Sequence[str]) -> RedirectRow | RedirectFault:
    if len(cells) > len(columns):
        return RedirectFault(
            row=number, column="", reason="The row has more cells than the header."
        )
    given = {name: unguarded(cell).strip() for name, cell in zip(columns, cells, strict=False)}
    answer = _ANSWERS.get(given.get("answer", "").lower())
    if answer is None:
        return RedirectFault(row=number, column="answer", reason="Neither `moved` nor `gone`.")
    return RedirectRow(
        row=number,
        path=_HOST.sub("", given.get("from", ""), count=1) or "/",
        to=given.get("to", ""),
        channel=given.get("channel", ""),
        locale=given.get("locale", ""),
        answer=answer,
    )


def write_redirects(stream: IO[str], rows: Iterable[RedirectRow]) -> None:
    """Write redirects as `RedirectCsv` reads them."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(HEADER)
    for row in rows:
        cells = (row.path, row.to, row.channel, row.locale, row.answer)
        writer.writerow([guarded(cell) for cell in cells])
