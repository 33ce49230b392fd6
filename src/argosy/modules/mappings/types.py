"""What a mapping says: which column of a file becomes which field, and what is done on the way.

A mapping is data: it is stored, versioned, exchanged as JSON and described by a JSON Schema. The
docstrings and metadata here are its reference (docs/reference/import-mappings.md).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

ColumnName = Annotated[str, Meta(min_length=1, max_length=200)]
Code = Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,62}$")]
Cell = Annotated[str, Meta(max_length=5000)]
Separator = Annotated[str, Meta(min_length=1, max_length=10)]
DecimalSeparator = Literal["auto", ".", ","]


class Trim(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="trim"):
    """Take space off both ends; with `inner`, runs of space within become one."""

    inner: bool = False


class Split(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="split"):
    """Cut a text at each separator into a list, without its empty parts; with `part`, only that
    part is taken (0 is the first, -1 the last).
    """

    separator: Separator
    part: Annotated[int, Meta(ge=-100, le=100)] | None = None


class Join(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="join"):
    """Put the parts of a list, or of several columns, together to one text."""

    separator: Annotated[str, Meta(max_length=10)] = " "


class Number(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="number"):
    """Read a number such as `1.234,50`. `decimal` is its decimal separator; `auto` tells it from
    the number and refuses what could be two. `factor` multiplies it exactly; `whole` refuses
    decimals and gives an integer.
    """

    decimal: DecimalSeparator | None = None
    factor: Annotated[str, Meta(pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,12})?$")] = "1"
    whole: bool = False


class InUnit(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="unit"):
    """Read a number with its unit, such as `3,5 kg`; where it has none it is in `given`. With `to`
    it is converted by the exact factor of the units (DOMAIN.md E6); without, it is kept as it is.
    """

    given: Annotated[str, Meta(min_length=1, max_length=20)] | None = None
    to: Annotated[str, Meta(min_length=1, max_length=20)] | None = None
    decimal: DecimalSeparator | None = None


class DateFormat(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="date"):
    """Read a day written by `format` (strptime: `%d.%m.%Y`) and write it as `2026-11-27`."""

    format: Annotated[str, Meta(min_length=2, max_length=40, pattern="%")]


class Lookup(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="lookup"):
    """Replace a value by what the table says of it, whatever its case and outer space. What is not
    in the table is kept, taken as empty, or refused.
    """

    table: Annotated[dict[Cell, Cell], Meta(min_length=1, max_length=5000)]
    otherwise: Literal["keep", "empty", "refuse"] = "keep"


class Truth(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="truth"):
    """Yes or no: `yes` and `no` list what is written for either; anything else is refused."""

    yes: Annotated[tuple[Cell, ...], Meta(min_length=1, max_length=50)] = (
        "1", "true", "yes", "y", "x", "ja", "oui", "si",
    )  # fmt: skip
    no: Annotated[tuple[Cell, ...], Meta(max_length=50)] = (
        "0", "false", "no", "n", "-", "nein", "non",
    )  # fmt: skip


class Constant(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="constant"):
    """This value in every row; no column is needed."""

    value: Cell


class Default(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="default"):
    """This value where there is none."""

    value: Cell


class Template(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="template"):
    """A text with cells in it: `{Brand} {Model}` names columns, `{}` is the value itself. It is
    empty where every cell that it names is.
    """

    text: Annotated[str, Meta(min_length=1, max_length=2000)]


class CategoryPath(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="category"):
    """Read `Home > Lamps` as a place in the category tree; categories that do not exist are made.
    `under` is the path of the category that all of them are in.
    """

    separator: Separator = ">"
    under: Annotated[str, Meta(max_length=500)] = ""


Transform = (
    Trim
    | Split
    | Join
    | Number
    | InUnit
    | DateFormat
    | Lookup
    | Truth
    | Constant
    | Default
    | Template
    | CategoryPath
)


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field and where its value comes from: a column, or several (a list), or none with a
    `constant` or a `template`. `empty`: a cell without a value keeps what is stored, or clears it.
    """

    field: Annotated[str, Meta(min_length=1, max_length=200)]
    column: ColumnName | None = None
    columns: Annotated[tuple[ColumnName, ...], Meta(max_length=20)] = ()
    transforms: Annotated[tuple[Transform, ...], Meta(max_length=20)] = ()
    empty: Literal["keep", "clear"] = "keep"

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns that it takes its value from."""
        return (self.column, *self.columns) if self.column else self.columns


class Mapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a table of any shape is read as products.

    `sheet` names one of a workbook (the first without it), `header_row` is the row that names the
    columns. Rows next to each other with the same value in `group_by` are the variants of one
    product; without it every row is a product. `modes` are those of the product format: `replace`
    for collections that the file holds whole.
    """

    rules: Annotated[tuple[Rule, ...], Meta(min_length=1, max_length=300)]
    sheet: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    header_row: Annotated[int, Meta(ge=1, le=100)] = 1
    decimal_separator: DecimalSeparator = "auto"
    group_by: ColumnName | None = None
    modes: dict[
        Literal["attributes", "categories", "media", "publications", "variants"],
        Literal["merge", "replace"],
    ] = {}


class SavedMapping(msgspec.Struct, frozen=True, kw_only=True):
    """A mapping under its code, in one of its versions. `author` wrote this one."""

    code: str
    name: str
    version: int
    document: Mapping
    author: str
    created_at: datetime


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """What a column may be: the field, how sure that is (1 is certain), and why."""

    column: str
    field: str | None
    confidence: float
    reason: Literal["exact", "synonym", "similar", "none"]
    rule: Rule | None
