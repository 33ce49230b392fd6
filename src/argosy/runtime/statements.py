"""Named SQL statements, loaded from the `.sql` file beside the code that runs them.

A statement starts with `-- name: lock_cart :one?`. The kind says what it returns and is checked by
`Tx`: `:one` exactly one row, `:one?` a row or None, `:many` a list, `:exec` a count of rows.
"""

from __future__ import annotations

import re
from importlib import resources
from typing import Literal, NamedTuple, cast

Kind = Literal["one", "one?", "many", "exec"]

# The name of each loaded statement by its text, for traces.
NAMES: dict[str, str] = {}

_HEADER = re.compile(r"^-- name: ([a-z][a-z0-9_]*) :(one\?|one|many|exec)[ \t]*\n", re.MULTILINE)


class Statement(NamedTuple):
    """One named statement. `origin` is the file it came from (for the tests that prepare them)."""

    name: str
    kind: Kind
    sql: str
    origin: str


class Statements:
    """The statements of one file, as attributes: `SQL.lock_cart`."""

    def __init__(self, found: dict[str, Statement]) -> None:
        self._found = found

    def __getattr__(self, name: str) -> Statement:
        try:
            return self._found[name]
        except KeyError:
            raise AttributeError(f"no statement named {name!r}") from None

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._found.values())


def parse_statements(text: str, origin: str) -> dict[str, Statement]:
    """All named statements of a file's text. Raises ValueError on a duplicate or malformed name."""
    parts = _HEADER.split(text)
    found: dict[str, Statement] = {}
    for name, kind, sql in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        if name in found:
            raise ValueError(f"{origin}: statement {name!r} is defined twice")
        found[name] = Statement(name, cast("Kind", kind), sql.strip().rstrip(";"), origin)
    if text.count("-- name:") != len(found):
        raise ValueError(f"{origin}: a '-- name:' line is malformed")
    return found


def load_statements(package: str, filename: str = "store.sql") -> Statements:
    """The statements in `filename` of `package` (pass `__package__`)."""
    text = (resources.files(package) / filename).read_text("utf-8")
    found = parse_statements(text, f"{package}/{filename}")
    NAMES.update((s.sql, f"{package.rpartition('.')[2]}.{s.name}") for s in found.values())
    return Statements(found)
