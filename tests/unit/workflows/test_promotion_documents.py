"""What the documents say of promotions is what happens."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.quote.making import rates, ship
from tests.unit.quote.promoting import GROSS, asked, item, rule, tagged

from argosy.modules.promotions import Limits, SetPromotion
from argosy.modules.quote import catalogue, compile_promotions, compute, paid_for, promotion_schema
from argosy.workflows.promoting import check_wish

DOCS = Path(__file__).parents[3] / "docs"
BLOCK = re.compile(r"```json\n(.*?)\n```", re.DOTALL)


def blocks(page: str) -> list[dict[str, Any]]:
    return [json.loads(text) for text in BLOCK.findall((DOCS / page).read_text("utf-8"))]


EVERYDAY = blocks("howto/promotions.md")


def test_there_are_ten_everyday_promotions() -> None:
    assert len(EVERYDAY) == 10


@pytest.mark.parametrize("body", EVERYDAY, ids=lambda body: str(body["name"]))
def test_the_everyday_promotions_can_be_saved(body: dict[str, Any]) -> None:
    wish = SetPromotion(
        name=body["name"],
        document=body["document"],
        needs_coupon=body.get("needs_coupon", False),
        limits=msgspec.convert(body.get("limits", {}), Limits),
    )
    assert check_wish(wish).problems == ()


def sections() -> dict[tuple[str, str], dict[str, Any]]:
    text = (DOCS / "reference/promotions.md").read_text("utf-8")
    found = re.findall(r"^### (\w+) `(\w+)`\n(.*?)(?=^##|\Z)", text, re.DOTALL | re.MULTILINE)
    return {(kind, name): json.loads(BLOCK.findall(body)[0]) for kind, name, body in found}


def test_the_reference_has_every_part_with_its_description() -> None:
    text = (DOCS / "reference/promotions.md").read_text("utf-8")
    assert set(sections()) == {(part.kind, part.type) for part in catalogue()}
    for part in catalogue():
        assert part.description in text, f"{part.kind} {part.type}: run the description anew"


@pytest.mark.parametrize("part", sorted(sections()), ids="-".join)
def test_the_examples_of_the_reference_are_understood(part: tuple[str, str]) -> None:
    kind, _ = part
    example = sections()[part]
    action: dict[str, Any] = {"type": "percent", "percent": "10"}
    document: dict[str, Any] = {"id": "x", "name": "x", "phase": "line", "action": action}
    match kind:
        case "condition":
            document["when"] = example
        case "action":
            document["action"] = example
        case "selector":
            action["of"] = example
        case _:
            document["action"] = {"type": "tiered", "by": "quantity"} | {
                "tiers": [{"quantity": 1, "reward": example}]
            }
    rule(**_split(document))


def _split(document: dict[str, Any]) -> dict[str, Any]:
    return {
        "id_": document["id"],
        "action": document["action"],
        "phase": document["phase"],
        **({"when": document["when"]} if "when" in document else {}),
    }


def test_the_schema_names_every_part() -> None:
    text = json.dumps(promotion_schema())
    assert all(f'"{part.type}"' in text for part in catalogue())


def test_the_worked_cart_is_computed_as_the_page_says() -> None:
    tops = tagged("shirt", categories=["tops"])
    vat = rates("0.19")
    shirts = {"type": "categories", "ids": ["tops"]}
    rules = [
        rule("1", {"type": "percent", "percent": "10", "of": shirts}, phase="sale"),
        rule(
            "2",
            {
                "type": "buy_get",
                "buy_quantity": 2,
                "get_quantity": 1,
                "pick": "nth",
                "reward": {"type": "percent", "percent": "100"},
                "buy": shirts,
            },
        ),
        rule(
            "3",
            {"type": "amount_off", "per": "order", "amount": {"EUR": 500}},
            phase="order",
            when={"type": "cart_amount", "gte": {"EUR": 5000}},
        ),
        rule(
            "4",
            {
                "type": "shipping",
                "reward": {"type": "percent", "percent": "100"},
                "methods": ["flat"],
            },
            phase="shipping",
            when={"type": "cart_amount", "gte": {"EUR": 6000}},
        ),
    ]
    request = asked(
        item("a", 3, 3333, taxed=vat, facts=tops),
        item("b", 1, 1250, taxed=vat),
        policy=GROSS,
        shipping=ship(490, vat),
    )
    found = compute(request, compile_promotions(rules, currency="EUR"))
    a, b = found.lines
    assert [one.amount.minor for one in a.discounts] == [999, 3000, 414]
    assert a.discounts[0].units == ((3, 333),)
    assert (a.total.minor, a.tax.minor, a.net.minor) == (5586, 892, 4694)
    assert (b.discount.minor, b.total.minor, b.tax.minor, b.net.minor) == (86, 1164, 186, 978)
    assert found.shipping is not None
    assert (found.shipping.price.minor, found.shipping.total.minor) == (490, 0)
    assert (found.total.minor, found.net_total.minor, found.tax_total.minor) == (6750, 5672, 1078)
    back = sorted(paid_for(a, unit, unit + 1).total_minor for unit in range(3))
    assert back == [0, 2793, 2793]
    page = (DOCS / "explanation/how-a-cent-is-computed.md").read_text("utf-8")
    for figure in ("4.14", "0.86", "55.86", "11.64", "8.92", "1.86", "67.50", "10.78", "27.93"):
        assert figure in page
