"""A CSV file of local tax rates, in our own columns or in the common layout of US ZIP tables.

Ours, one row for each rate and place of a zone (in any order; rows of a zone need not stand
together): `zone`, `rate` as a ratio (0.0725); optional `zone_name`, `country`, `region`,
`postal_prefix`, `tax_class`, `code`, `name`, `jurisdiction`, `treatment`, `compound`, `position`,
`valid_from`, `valid_until`, `source`.

ZIP tables: `State`, `ZipCode`, `TaxRegionName`, `StateRate`, `EstimatedCountyRate`,
`EstimatedCityRate`, `EstimatedSpecialRate`: each tax region becomes a zone with one rate for each
jurisdiction that taxes there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, get_args

from argosy.adapters.tabular.numbers import unwrapped
from argosy.adapters.tabular.text import FileUnreadable, csv_rows, open_text
from argosy.kernel.wall_clock import TimeOutOfRange, day_given
from argosy.modules.tax import Area, SetRate, Treatment
from argosy.modules.tax.ports import RateRow, TaxFault

_OURS: Final = frozenset({
    "zone", "zone_name", "country", "region", "postal_prefix", "tax_class", "code", "name",
    "jurisdiction", "rate", "treatment", "compound", "position", "valid_from", "valid_until",
    "source",
})  # fmt: skip
_ZIP: Final = frozenset({
    "state", "zipcode", "taxregionname", "staterate", "estimatedcombinedrate",
    "estimatedcountyrate", "estimatedcityrate", "estimatedspecialrate", "risklevel",
})  # fmt: skip
_ZIP_PARTS: Final = (
    ("staterate", "state", "state sales tax"),
    ("estimatedcountyrate", "county", "county sales tax"),
    ("estimatedcityrate", "city", "city sales tax"),
    ("estimatedspecialrate", "special", "special district sales tax"),
)
_YES: Final = {"true": True, "yes": True, "1": True, "": False, "false": False, "no": False}
_YES["0"] = False


class TaxRateCsv:
    """A table of rates; see the module for its columns. Raises FileUnreadable when it is read.

    `source` is noted at every rate that names none: which table, of which day.
    """

    def __init__(self, path: Path, *, source: str = "") -> None:
        self._path = path
        self._source = source or path.name
        self._regions: dict[str, list[tuple[Decimal, ...]]] = {}

    def rows(self) -> Iterator[RateRow | TaxFault]:
        """Each line once: as a row of a zone, or as the fault that keeps it from being one."""
        text = open_text(self._path)
        with text.stream as stream:
            lines = csv_rows(stream)
            columns = [_plain(cell) for cell in next(lines, [])]
            read, known = self._layout(columns)
            if text.guessed:
                yield TaxFault(
                    row=1,
                    column="",
                    reason="The file is not UTF-8; it was read as Windows-1252.",
                    severity="warning",
                )
            for name in columns:
                if name not in known:
                    yield TaxFault(
                        row=1,
                        column=name,
                        reason="This column is unknown and has no effect.",
                        severity="warning",
                    )
            for number, cells in enumerate(lines, start=2):
                if any(cell.strip() for cell in cells):
                    yield self._row(number, columns, cells, read)

    def _layout(
        self, columns: Sequence[str]
    ) -> tuple[Callable[[int, Mapping[str, str]], RateRow], frozenset[str]]:
        for needed, read, known in (
            ({"zone", "rate"}, self._ours, _OURS),
            ({"state", "zipcode", "taxregionname", "staterate"}, self._zip, _ZIP),
        ):
            if needed <= set(columns):
                if len(set(columns)) != len(columns):
                    raise FileUnreadable("A column stands there twice.", field="file")
                return read, known
        raise FileUnreadable(
            "This is no table of tax rates.",
            field="file",
            cure="Name the columns in the first row: zone, rate, country, region, postal_prefix"
            " ..., or those of a US ZIP table.",
        )

    def _row(
        self,
        number: int,
        columns: Sequence[str],
        cells: Sequence[str],
        read: Callable[[int, Mapping[str, str]], RateRow],
    ) -> RateRow | TaxFault:
        if len(cells) > len(columns):
            return TaxFault(row=number, column="", reason="The row has more cells than the header.")
        given = {name: unwrapped(cell).strip() for name, cell in zip(columns, cells, strict=False)}
        try:
            return read(number, given)
        except _Unfit as error:
            zone = given.get("zone", "")
            return TaxFault(row=number, column=error.column, reason=str(error), zone=zone)

    def _ours(self, number: int, given: Mapping[str, str]) -> RateRow:
        zone = given.get("zone", "")
        if not zone:
            raise _Unfit("zone", "The zone is missing.")
        area = None
        if given.get("country"):
            area = Area(
                country=given["country"].upper(),
                region=given.get("region", "").upper(),
                postal_prefix=_postal(given.get("postal_prefix", "")),
            )
        tax_class = given.get("tax_class") or "standard"
        rate = _ratio("rate", given["rate"])
        rates = () if rate is None else (
            SetRate(
                tax_class=tax_class,
                code=given.get("code") or f"{zone}.{tax_class}",
                name=given.get("name") or "Tax",
                jurisdiction=given.get("jurisdiction") or zone,
                rate=rate,
                treatment=_treatment(given.get("treatment", ""), rate),
                compound=_yes("compound", given.get("compound", "")),
                position=_whole("position", given.get("position", "")),
                valid_from=_day("valid_from", given.get("valid_from", "")),
                valid_until=_day("valid_until", given.get("valid_until", "")),
                source=given.get("source") or self._source,
            ),
        )  # fmt: skip
        return RateRow(
            row=number, zone=zone, name=given.get("zone_name") or zone, area=area, rates=rates
        )

    def _zip(self, number: int, given: Mapping[str, str]) -> RateRow:
        state, region = given["state"].upper(), given["taxregionname"]
        if not re.fullmatch(r"[A-Z]{2}", state):
            raise _Unfit("State", f"{state!r} is not a state like NY.")
        if not re.fullmatch(r"\d{5}", given["zipcode"]):
            raise _Unfit("ZipCode", f"{given['zipcode']!r} is not a ZIP code of five digits.")
        parts = [
            (label, called, rate)
            for column, label, called in _ZIP_PARTS
            if (rate := _ratio(column, given.get(column, ""))) is not None and rate
        ]
        place = re.sub(r"[^A-Z0-9]+", "-", region.upper()).strip("-")[:40] or "REST"
        zone = self._zone_of(f"US-{state}-{place}", tuple(rate for *_, rate in parts))
        return RateRow(
            row=number,
            zone=zone,
            name=f"{region.title()}, {state}",
            area=Area(country="US", region=state, postal_prefix=given["zipcode"]),
            rates=tuple(
                SetRate(
                    tax_class="standard",
                    code=f"US-{state}.{label}",
                    name=f"{state} {called}",
                    jurisdiction=f"US-{state}" if label == "state" else f"US-{state}-{place}",
                    rate=rate,
                    position=position,
                    source=self._source,
                )
                for position, (label, called, rate) in enumerate(parts)
            )
            or (_untaxed(state, self._source),),
        )

    def _zone_of(self, region: str, rates: tuple[Decimal, ...]) -> str:
        # A few regions have several rates: the second is a zone of its own.
        seen = self._regions.setdefault(region, [])
        if rates not in seen:
            seen.append(rates)
        nth = seen.index(rates) + 1
        return region if nth == 1 else f"{region}_{nth}"


class _Unfit(ValueError):
    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


def _untaxed(state: str, source: str) -> SetRate:
    return SetRate(
        tax_class="standard",
        code=f"US-{state}.state",
        name=f"No sales tax in {state}",
        jurisdiction=f"US-{state}",
        rate=Decimal(0),
        treatment="out_of_scope",
        source=source,
    )


def _plain(cell: str) -> str:
    return "_".join(unwrapped(cell).strip().lower().replace("-", " ").split())


def _postal(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())


def _ratio(column: str, text: str) -> Decimal | None:
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise _Unfit(column, f"{text!r} is not a ratio like 0.0725.") from None
    if not value.is_finite():
        raise _Unfit(column, f"{text!r} is not a ratio like 0.0725.")
    if value >= 1:
        raise _Unfit(column, f"{text} is a tax of {value * 100:f} %: write 7.25 % as 0.0725.")
    return value


def _treatment(text: str, rate: Decimal) -> Treatment:
    if not text:
        return "standard" if rate else "zero_rated"
    for known in get_args(Treatment):
        if text == known:
            return known  # type: ignore[no-any-return]
    raise _Unfit("treatment", f"{text!r} is none of {', '.join(get_args(Treatment))}.")


def _yes(column: str, text: str) -> bool:
    try:
        return _YES[text.lower()]
    except KeyError:
        raise _Unfit(column, f"{text!r} is neither yes nor no.") from None


def _whole(column: str, text: str) -> int:
    if not re.fullmatch(r"-?\d{0,4}", text):
        raise _Unfit(column, f"{text!r} is not a small whole number.")
    return int(text or "0")


def _day(column: str, text: str) -> date | None:
    if not text:
        return None
    try:
        return day_given(date.fromisoformat(text), column)
    except (ValueError, TimeOutOfRange):
        raise _Unfit(column, f"{text!r} is not a day like 2026-03-01.") from None
