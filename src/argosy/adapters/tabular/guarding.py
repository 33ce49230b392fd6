"""A cell that begins with = + - @ or a control character is a formula to a spreadsheet.

Such cells are written with an apostrophe in front and read without it; cells that begin so by
themselves get one more, so that writing and reading is the identity (DOMAIN.md E5, OWASP CSV
injection).
"""

from __future__ import annotations

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r\n|%]")


def guarded(text: str) -> str:
    """`text` as a cell that no spreadsheet runs."""
    return "'" + text if _FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """The text that `guarded` made the cell from."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
