"""Numbers as people and spreadsheets write them (DOMAIN.md E5): `1.234,50`, `1,234.50`, `1 234`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal

Separator = Literal["auto", ".", ","]

_SPACES = re.compile(r"[\s\u00a0\u202f'’](?=\d{3}(\D|$))")
_PLAIN = re.compile(r"-?\d{1,15}(\.\d{1,9})?", re.ASCII)
_GROUPED = {
    ".": re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII),
    ",": re.compile(r"-?\d{1,3}(\.\d{3})+(,\d+)?", re.ASCII),
}
_SCIENTIFIC = re.compile(r"\d(\.\d+)?E\+\d+", re.ASCII | re.IGNORECASE)
_FORMULA_TEXT = re.compile(r'="(.*)"', re.DOTALL)


class NotANumber(ValueError):
    """The text is no number, or could be two; the message says which."""


def parsed_decimal(text: str, separator: Separator = "auto") -> Decimal:
    """The number in `text`; `separator` is the decimal one, or `auto` to tell from the text.

    With `auto`, `12,5` and `1.234,50` are understood; `1,234` could be two numbers and is refused.
    """
    plain = _SPACES.sub("", text.strip())
    if separator == "auto":
        separator = _told_separator(plain)
    if _GROUPED[separator].fullmatch(plain):
        plain = plain.replace("," if separator == "." else ".", "")
    if separator == ",":
        if "." in plain:
            raise NotANumber(f"{text!r} is not a number with a decimal comma.")
        plain = plain.replace(",", ".")
    if not _PLAIN.fullmatch(plain):
        raise NotANumber(f"{text!r} is not a number.")
    return Decimal(plain)


def _told_separator(plain: str) -> Literal[".", ","]:
    comma, point = plain.rfind(","), plain.rfind(".")
    if comma < 0:
        if plain.count(".") > 1:
            return ","
        return "."
    if point >= 0:
        return "," if comma > point else "."
    if plain.count(",") > 1:
        return "."
    if len(plain) - comma - 1 == 3:
        raise NotANumber(
            f"{plain!r} could mean {plain.replace(',', '')} or {plain.replace(',', '.')}:"
            " say which decimal separator the file uses."
        )
    return ","


def unwrapped(cell: str) -> str:
    """`="00123"`, which keeps a spreadsheet from eating zeros, gives `00123`."""
    found = _FORMULA_TEXT.fullmatch(cell.strip())
    return found.group(1).replace('""', '"') if found else cell


def is_mangled(code: str) -> bool:
    """Whether a spreadsheet turned a long code into a number: `4.00638E+12`."""
    return _SCIENTIFIC.fullmatch(code.strip()) is not None


def with_lost_zeros(digits: str) -> list[str]:
    """The codes of GTIN length that a spreadsheet could have eaten the leading zeros of."""
    if not digits.isascii() or not digits.isdigit():
        return []
    return [digits.zfill(n) for n in (8, 12, 13, 14) if n > len(digits) >= n - 4]
