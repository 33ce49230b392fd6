"""What the readers of other systems' files share: named categories, numbers and codes as ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from hashlib import sha256

from argosy.modules.catalog import Fault, gtin_is_valid, slugify
from argosy.modules.catalog.ports import SourceRecord

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?", re.ASCII)
# Exact by definition (international yard and pound agreement, 1959); DOMAIN.md E6.
_GRAMS = {
    "g": Decimal(1), "kg": Decimal(1000), "mg": Decimal("0.001"), "lb": Decimal("453.59237"),
    "oz": Decimal("28.349523125"),
}  # fmt: skip
_MILLIMETRES = {
    "mm": Decimal(1), "cm": Decimal(10), "m": Decimal(1000), "in": Decimal("25.4"),
    "ft": Decimal("304.8"),
}  # fmt: skip


def category_path(names: Sequence[str]) -> str:
    """`["Home & Garden", "Lamps"]` is at `home-garden/lamps`."""
    return "/".join(slugify(name) or "category" for name in names)


def new_categories(
    trails: Sequence[Sequence[str]], row: int, seen: set[str]
) -> Iterator[SourceRecord]:
    """A record for each category on the way that was not there before."""
    for names in trails:
        for depth in range(1, len(names) + 1):
            path = category_path(names[:depth])
            if path not in seen:
                seen.add(path)
                data: dict[str, object] = {"kind": "category", "path": path}
                data["name"] = names[depth - 1][:200]
                yield SourceRecord(row=row, data=data)


def attribute_code(name: str) -> str:
    """The code of an attribute that another system calls `name`; long ones end in a digest."""
    code = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "attribute"
    code = code if code[0].isalpha() else f"x_{code}"
    if len(code) <= 63:
        return code
    return f"{code[:54]}_{sha256(name.encode()).hexdigest()[:8]}"


def attribute_label(name: str) -> str:
    """A label for people from a code: `cable_length` is `Cable length`."""
    plain = re.sub(r"[_\s]+", " ", name).strip()
    return (plain[:1].upper() + plain[1:])[:120] or "Attribute"


def number_text(value: float | str | Decimal) -> str | None:
    """The exact decimal text of a number, or None if it is none that we store."""
    try:
        # A float is told as its shortest text; that is what stood in the file.
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    if not found.is_finite():
        return None
    text = format(found, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    text = "0" if text in {"-0", ""} else text
    return text if _NUMBER.fullmatch(text) else None


def grams(value: Decimal, unit: str) -> int | None:
    """A mass in whole grams, None for a unit that is not known (DOMAIN.md E6)."""
    factor = _GRAMS.get(unit.strip().lower().rstrip("s"))
    return None if factor is None else int((value * factor).to_integral_value())


def millimetres(value: Decimal, unit: str) -> int | None:
    """A length in whole millimetres, None for a unit that is not known."""
    factor = _MILLIMETRES.get(unit.strip().lower())
    return None if factor is None else int((value * factor).to_integral_value())


def first_gtin(codes: Sequence[str]) -> str | None:
    """The first of the codes that is a GTIN with a right check digit."""
    return next((code for code in codes if gtin_is_valid(code)), None)


class Counted:
    """What has no place here: counted by name and told once each, at the end."""

    def __init__(self) -> None:
        self.times: dict[str, int] = {}
        self._why: dict[str, str] = {}

    def add(self, name: str, why: str, times: int = 1) -> None:
        """One more time; `why` of the first is told."""
        self.times[name] = self.times.get(name, 0) + times
        self._why.setdefault(name, why)

    def told(self, row: int) -> SourceRecord:
        """A record that is nothing but the warnings."""
        warnings = tuple(
            Fault(column=name, code="left_out", message=f"{self._why[name]} ({count} times)")
            for name, count in self.times.items()
        )
        return SourceRecord(row=row, data={}, warnings=warnings)
