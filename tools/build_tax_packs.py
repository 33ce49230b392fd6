"""Write the tax data packs of `src/argosy/modules/tax/data` from the published tables.

Usage: python tools/build_tax_packs.py FOLDER, where FOLDER holds eu-vat-rates-ibericode.json,
eu-vat-rates-data-2026.9.29.json and us-state-rates-2026.json. See data/ATTRIBUTION.md.
"""

from __future__ import annotations

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


def main() -> None:
    folder = Path(sys.argv[1])
    TARGET.mkdir(exist_ok=True)
    for name, pack in (("eu-vat", eu_vat(folder)), ("us-states", us_states(folder))):
        text = json.dumps(pack, ensure_ascii=False, indent=1)
        (TARGET / f"{name}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
