"""Write the tax data packs of `src/argosy/modules/tax/data` from the published tables.

Usage: python tools/build_tax_packs.py FOLDER, where FOLDER holds eu-vat-rates-ibericode.json,
eu-vat-rates-data-2026.9.29.json, us-state-rates-2026.json, kdeldycke-vat_rates.csv and
node-sales-tax-sales_tax_rates.json. See data/ATTRIBUTION.md.
"""

from __future__ import annotations

import csv
import itertools
import json
import re
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "src/argosy/modules/tax/data"
CLASSES = {
    "standard": "standard",
    "reduced": "reduced",
    "reduced1": "reduced",
    "reduced2": "reduced_alternate",
    "super_reduced": "super_reduced",
}


def ratio(percent: object) -> str:
    """8.5 (percent) as the exact text "0.085"."""
    text = f"{(Decimal(str(percent)) / 100):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def prefixes(pattern: str) -> list[str]:
    r"""The digits with which the postal codes of a pattern like `9[0-4]\d{2,}` begin."""
    found: list[str] = []
    for branch in pattern.strip("()").split("|"):
        head = branch.partition("\\d")[0]
        choices: list[str] = []
        for part in re.findall(r"\[([^\]]+)\]|(\d)", head):
            span = re.sub(
                r"(\d)-(\d)",
                lambda m: "".join(str(n) for n in range(int(m[1]), int(m[2]) + 1)),
                part[0],
            )
            choices.append(span or part[1])
        found += ["".join(digits) for digits in itertools.product(*choices)]
    return sorted(found)


def vat_rate(
    zone: str, label: str, percent: float, since: str, until: str | None
) -> dict[str, Any]:
    value = ratio(percent)
    rate = {
        "tax_class": CLASSES[label],
        "code": f"{zone}.{CLASSES[label]}",
        "name": f"VAT {percent:g} %",
        "jurisdiction": zone[:2],
        "rate": value,
    }
    if value == "0":
        rate |= {"name": "Outside the VAT territory", "treatment": "out_of_scope"}
    if since > "1000":
        rate["valid_from"] = since
    if until:
        rate["valid_until"] = until
    return rate


def zones_of_country(
    country: str, name: str, periods: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    own: list[dict[str, Any]] = []
    special: dict[str, dict[str, Any]] = {}
    periods = sorted(periods, key=lambda period: period["effective_from"])
    ends = [*(period["effective_from"] for period in periods[1:]), None]
    for period, until in zip(periods, ends, strict=True):
        since = period["effective_from"]
        own += [
            vat_rate(country, label, percent, since, until)
            for label, percent in period["rates"].items()
            if label in CLASSES
        ]
        for place in period.get("exceptions", []):
            code = country + "-" + re.sub(r"\W+", "-", place["name"].replace("ü", "ue")).lower()
            zone = special.setdefault(
                code,
                {
                    "code": code,
                    "name": f"{name}: {place['name']}",
                    "areas": [
                        {"country": country, "postal_prefix": prefix}
                        for prefix in prefixes(place["postcode"])
                    ],
                    "rates": [],
                },
            )
            zone["rates"].append(vat_rate(code, "standard", place["standard"], since, until))
    main = {"code": country, "name": name, "areas": [{"country": country}], "rates": own}
    return [main, *special.values()]


def eu_vat(folder: Path) -> dict[str, Any]:
    history = json.loads((folder / "eu-vat-rates-ibericode.json").read_text("utf-8"))["items"]
    check = json.loads((folder / "eu-vat-rates-data-2026.9.29.json").read_text("utf-8"))
    zones = []
    for country, facts in sorted(check["rates"].items()):
        if facts["eu_member"]:
            periods = history[country]
            latest = max(periods, key=lambda period: period["effective_from"])
            assert latest["rates"]["standard"] == facts["standard"], country
            zones += zones_of_country(country, facts["country"], periods)
    return {
        "source": "github.com/ibericode/vat-rates at 5abb1e1 (MIT); standard rates equal to those"
        " of eu-vat-rates-data 2026.9.29 (MIT)",
        "as_of": check["version"],
        "zones": zones,
    }


def us_states(folder: Path) -> dict[str, Any]:
    table = json.loads((folder / "us-state-rates-2026.json").read_text("utf-8"))
    zones = []
    for state, facts in sorted(table.items()):
        if state == "_meta":
            continue
        change = facts.get("scheduled_change")
        steps = [(facts["state_bps"], None, change and change["date"])]
        if change:
            steps.append((change["state_bps"], change["date"], None))
        rates = []
        for points, since, until in steps:
            value = ratio(Decimal(str(points)) / 100)
            rate: dict[str, Any] = {
                "tax_class": "standard",
                "code": f"US-{state}.state",
                "name": f"{facts['name']} sales tax",
                "jurisdiction": f"US-{state}",
                "rate": value,
                "source": facts["source"][:200],
            }
            if value == "0":
                rate |= {"name": f"No sales tax in {facts['name']}", "treatment": "out_of_scope"}
            rate |= {"valid_from": since} if since else {}
            rate |= {"valid_until": until} if until else {}
            rates.append(rate)
        zones.append(
            {
                "code": f"US-{state}",
                "name": facts["name"],
                "areas": [{"country": "US", "region": state}],
                "rates": rates,
            }
        )
    return {
        "source": "github.com/SocratesTheProphet/us-sales-tax-rates-dataset at d93b401 (CC BY 4.0)",
        "as_of": "2026-07-16",
        "zones": zones,
    }


# The reduced rates come from the statutes, which the tables do not hold: (class, percent, since,
# until, source). The standard rates are checked against both tables.
_VATA = "Value Added Tax Act 1994"
_MWSTG = "MWSTG (SR 641.20) art. 25"
_STORTINGET = "Stortingets vedtak om merverdiavgift, jf. merverdiavgiftsloven kap. 5"
_CONSUMPTION = "Consumption Tax Act (Act No. 108 of 1988), as amended by Act No. 15 of 2016"
_GST = "A New Tax System (Goods and Services Tax) Act 1999"
COUNTRIES: dict[str, tuple[str, str, list[str], list[tuple[str, str, str, str, str]]]] = {
    "gb-vat": (
        "United Kingdom", "VAT", ["GB", "IM"], [
            ("standard", "20", "2011-01-04", "", f"{_VATA} s. 2(1)"),
            ("reduced", "5", "1997-09-01", "", f"{_VATA} s. 29A, Sch. 7A"),
            ("zero_rated", "0", "", "", f"{_VATA} s. 30, Sch. 8"),
        ],
    ),
    "ch-vat": (
        "Switzerland and Liechtenstein", "VAT", ["CH", "LI"], [
            ("standard", "7.7", "2018-01-01", "2024-01-01", _MWSTG),
            ("standard", "8.1", "2024-01-01", "", _MWSTG),
            ("reduced", "2.5", "2018-01-01", "2024-01-01", _MWSTG),
            ("reduced", "2.6", "2024-01-01", "", _MWSTG),
            ("reduced_alternate", "3.7", "2018-01-01", "2024-01-01", _MWSTG),
            ("reduced_alternate", "3.8", "2024-01-01", "", _MWSTG),
            ("zero_rated", "0", "", "", "MWSTG (SR 641.20) art. 23"),
        ],
    ),
    "no-vat": (
        "Norway", "VAT", ["NO"], [
            ("standard", "25", "2005-01-01", "", _STORTINGET),
            ("reduced", "15", "2012-01-01", "", f"{_STORTINGET} (food)"),
            ("zero_rated", "0", "", "", "merverdiavgiftsloven kap. 6 (books, for one)"),
        ],
    ),
    "jp-consumption-tax": (
        "Japan", "Consumption tax", ["JP"], [
            ("standard", "8", "2014-04-01", "2019-10-01", _CONSUMPTION),
            ("standard", "10", "2019-10-01", "", _CONSUMPTION),
            ("reduced", "8", "2019-10-01", "", f"{_CONSUMPTION} (food, newspapers)"),
        ],
    ),
    "au-gst": (
        "Australia", "GST", ["AU"], [
            ("standard", "10", "2000-07-01", "", f"{_GST} s. 9-70"),
            ("zero_rated", "0", "", "", f"{_GST} Div. 38 (GST-free supplies)"),
        ],
    ),
}  # fmt: skip
OUTSIDE = {"no-vat": [("SJ", "Svalbard and Jan Mayen")]}
PROVINCES = {
    "AB": "Alberta", "BC": "British Columbia", "MB": "Manitoba", "NB": "New Brunswick",
    "NL": "Newfoundland and Labrador", "NS": "Nova Scotia", "NT": "Northwest Territories",
    "NU": "Nunavut", "ON": "Ontario", "PE": "Prince Edward Island", "QC": "Quebec",
    "SK": "Saskatchewan", "YT": "Yukon",
}  # fmt: skip
_EXCISE = "Excise Tax Act (R.S.C. 1985, c. E-15)"


def country_pack(name: str, folder: Path) -> dict[str, Any]:
    title, tax, countries, rows = COUNTRIES[name]
    home = countries[0]
    rates: list[dict[str, Any]] = []
    for tax_class, percent, since, until, source in rows:
        value = ratio(percent)
        rate: dict[str, Any] = {
            "tax_class": tax_class,
            "code": f"{home}.{tax_class}",
            "name": f"{tax} {percent} %",
            "jurisdiction": home,
            "rate": value,
            "source": source,
        }
        rate |= {"name": f"{tax}, zero-rated", "treatment": "zero_rated"} if value == "0" else {}
        rate |= {"valid_from": since} if since else {}
        rate |= {"valid_until": until} if until else {}
        rates.append(rate)
    check_standard(home, rates, folder)
    zones = [
        {"code": home, "name": title, "areas": [{"country": c} for c in countries], "rates": rates}
    ]
    for country, called in OUTSIDE.get(name, []):
        outside = {
            "tax_class": "standard",
            "code": f"{country}.standard",
            "name": f"Outside the {tax} territory",
            "jurisdiction": country,
            "rate": "0",
            "treatment": "out_of_scope",
        }
        zones.append(
            {"code": country, "name": called, "areas": [{"country": country}], "rates": [outside]}
        )
    return {"source": "the statutes that each rate names", "as_of": "2026-11-01", "zones": zones}


def check_standard(country: str, rates: list[dict[str, Any]], folder: Path) -> None:
    """Today's standard rate is that of both published tables."""
    now = next(r for r in rates if r["tax_class"] == "standard" and "valid_until" not in r)
    table = json.loads((folder / "node-sales-tax-sales_tax_rates.json").read_text("utf-8"))
    assert Decimal(str(table[country]["rate"])) == Decimal(now["rate"]), country
    with (folder / "kdeldycke-vat_rates.csv").open(encoding="utf-8", newline="") as file:
        listed = [
            row["rate"]
            for row in csv.DictReader(file)
            if country in row["territory_codes"].split()
            and not row["stop_date"]
            and row["rate_type"] == "standard"
        ]
    assert {Decimal(rate) for rate in listed} == {Decimal(now["rate"])}, (country, listed)


def canada(folder: Path) -> dict[str, Any]:
    table = json.loads((folder / "node-sales-tax-sales_tax_rates.json").read_text("utf-8"))["CA"]
    federal = Decimal(str(table["rate"]))
    zones = []
    for region, name in PROVINCES.items():
        facts = table["states"].get(region)
        kind = facts["type"] if facts else ""
        steps: list[tuple[Decimal, str, str]] = []
        if facts:
            until = ""
            for day, before in sorted(facts.get("before", {}).items()):
                steps.append((Decimal(str(before["rate"])), "", day[:10]))
                until = day[:10]
            steps.append((Decimal(str(facts["rate"])), until, ""))
        rates: list[dict[str, Any]] = []
        if kind == "hst":
            rates += [
                canadian(region, "hst", federal + step, since, until, f"{_EXCISE} s. 165(2)")
                for step, since, until in steps
            ]
        else:
            rates.append(canadian(region, "gst", federal, "", "", f"{_EXCISE} s. 165(1)"))
            rates += [
                canadian(region, kind, step, since, until, f"{name}'s sales tax act")
                | {"position": 1}
                for step, since, until in steps
            ]
        zero = canadian(region, "gst", Decimal(0), "", "", f"{_EXCISE} Sch. VI")
        zero |= {"tax_class": "zero_rated", "code": f"CA-{region}.zero_rated"}
        rates.append(zero | {"name": "GST/HST, zero-rated", "treatment": "zero_rated"})
        zones.append(
            {
                "code": f"CA-{region}",
                "name": name,
                "areas": [{"country": "CA", "region": region}],
                "rates": rates,
            }
        )
    return {
        "source": "github.com/valeriansaliou/node-sales-tax at 4a47f68 (MIT)",
        "as_of": "2026-11-01",
        "zones": zones,
    }


def canadian(  # noqa: PLR0917 - a row of a table
    region: str, kind: str, rate: Decimal, since: str, until: str, source: str
) -> dict[str, Any]:
    made = {
        "tax_class": "standard",
        "code": f"CA-{region}.{kind}",
        "name": kind.upper(),
        "jurisdiction": "CA" if kind in {"gst", "hst"} else f"CA-{region}",
        "rate": ratio(rate * 100),
        "source": source,
    }
    made |= {"valid_from": since} if since else {}
    return made | ({"valid_until": until} if until else {})


def main() -> None:
    folder = Path(sys.argv[1])
    TARGET.mkdir(exist_ok=True)
    packs = {
        "eu-vat": eu_vat(folder),
        "us-states": us_states(folder),
        "ca-sales-tax": canada(folder),
    }
    packs |= {name: country_pack(name, folder) for name in COUNTRIES}
    for name, pack in packs.items():
        text = json.dumps(pack, ensure_ascii=False, indent=1)
        (TARGET / f"{name}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
