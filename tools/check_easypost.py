"""Compare what the EasyPost adapter relies on with recorded exchanges of the provider's own client.

    python tools/check_easypost.py path/to/cassettes

For every recorded question for rates: an independent server takes only bodies whose fields and
types the recorded one had, answers with the recorded bytes, and the adapter must say what they say.
Exits with 1 and a list if a path, a field, a type, a measure or an amount is not as expected.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import yaml

from argosy.adapters.shipping.easypost import EasyPost
from argosy.kernel.address import Address
from argosy.modules.shipping import Rated, RateParcel, RateQuestion
from argosy.runtime.providers import Provider

EXPECTED = Path(__file__).parents[1] / "tests" / "adapters" / "shipping" / "easypost.json"
KINDS = {"string": str, "number": (int, float, Decimal)}


def exchanges(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each recorded exchange, with the name of its file."""
    for file in sorted(folder.glob("*.yaml")):
        for each in yaml.safe_load(file.read_text("utf-8"))["interactions"]:
            yield file.name, each


def misfits(value: Any, shape: Any, where: str = "") -> Iterator[str]:
    """Fields of the shape that the recorded body lacks, or has with another type."""
    if isinstance(shape, str):
        if value is not None and not isinstance(value, KINDS[shape]):
            yield f"{where} is {type(value).__name__}, not {shape}"
        return
    for name, part in shape.items():
        if not isinstance(value, dict) or name not in value:
            yield f"{where}.{name} is not there"
        else:
            yield from misfits(value[name], part, f"{where}.{name}")


def _address(told: dict[str, Any]) -> Address:
    return Address(
        country=told["country"],
        region=told.get("state") or "",
        postal_code=told["zip"],
        city=told.get("city") or "",
    )


def _metric(told: Decimal, per_unit: str) -> int:
    """The largest whole gram or millimetre that is told as this."""
    exact = Fraction(told) * Fraction(per_unit)
    return exact.numerator // exact.denominator


async def _replayed(body: dict[str, Any], path: str, answer: str) -> Iterator[str]:
    recorded = body["shipment"]
    parcel, wrong = recorded["parcel"], list[str]()

    def serve(request: httpx.Request) -> httpx.Response:
        sent = json.loads(request.content, parse_float=Decimal)
        if (request.method, request.url.path) != ("POST", path):
            wrong.append(f"it goes to {request.method} {request.url.path}")
        for part, told in sent["shipment"].items():
            if not set(told) <= set(recorded[part]):
                wrong.append(f"{part} has {sorted(set(told) - set(recorded[part]))}, too")
        if sent["shipment"]["parcel"] != parcel:
            wrong.append(f"the parcel is {sent['shipment']['parcel']}, not {parcel}")
        return httpx.Response(200, content=answer.encode())

    sides = ("length", "width", "height")
    question = RateQuestion(
        carrier="easypost",
        origin=_address(recorded["from_address"]),
        destination=_address(recorded["to_address"]),
        parcels=(
            RateParcel(
                weight_g=_metric(parcel["weight"], "28.349523125"),
                sides_mm=tuple(_metric(parcel[side], "25.4") for side in sides),
            ),
        ),
        currency="USD",
    )
    provider = Provider("easypost", "https://x.test", transport=httpx.MockTransport(serve))
    found = await EasyPost(provider).rates(question)
    said = json.loads(answer, parse_float=Decimal)["rates"]
    wanted = {
        f"{one['carrier']}/{one['service']}": (
            int(Decimal(one["rate"]) * 100),
            one["delivery_days"],
        )
        for one in said
    }
    if not isinstance(found, Rated):
        wrong.append(f"it is understood as {found}")
    elif {r.service: (r.amount_minor, r.transit_days) for r in found.rates} != wanted:
        wrong.append(f"its rates are understood as {found.rates}")
    return iter(wrong)


def problems(folder: Path) -> Iterator[str]:
    """All that is not as the adapter expects it."""
    expected = json.loads(EXPECTED.read_text("utf-8"))
    replayed = 0
    for name, each in exchanges(folder):
        path = urlsplit(each["request"]["uri"]).path
        answer = each["response"]["body"]["string"]
        if path == expected["path"]:
            replayed += 1
            body = json.loads(each["request"]["body"], parse_float=Decimal)
            for what in misfits(body, expected["request"]):
                yield f"{name}: the question{what}"
            for rate in json.loads(answer)["rates"]:
                for what in misfits(rate, expected["rate"]):
                    yield f"{name}: the rate{what}"
            for what in asyncio.run(_replayed(body, path, answer)):
                yield f"{name}: {what}"
        if each["response"]["status"]["code"] == 422:
            for what in misfits(json.loads(answer), expected["refusal"]):
                yield f"{name}: the refusal{what}"
    if not replayed:
        yield f"there is no recorded question to {expected['path']}"


def main() -> int:
    """Print what differs."""
    found = list(problems(Path(sys.argv[1])))
    print("\n".join(found) or "As recorded.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
