"""The rule builder: what a form shows is what it reads, whatever the document is made of."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.modules.quote import Problem, catalogue, check_document
from argosy.web.admin.rule_builder import (
    Node,
    act_on,
    faults_at,
    money_read,
    money_text,
    nodes_of,
    read_document,
)
from argosy.web.pages.forms import Form

RULES: list[dict[str, Any]] = [
    {
        "phase": "order",
        "combines_with": [],
        "group": "alone",
        "when": {"type": "day_of_week", "days": ["mon", "sun"], "zone": "Europe/Berlin"},
        "action": {"type": "percent", "percent": "10"},
    },
    {"phase": "order", "action": {"type": "percent", "percent": "10"}},
    {
        "phase": "line",
        "reason": "Any 3",
        "priority": -2,
        "exclusive": True,
        "combines_with": ["sale"],
        "group": "autumn",
        "window": {"zone": "Europe/Berlin", "from": "2026-11-27T00:00:00"},
        "floor": {"percent_of_list": "50", "price": {"EUR": 100, "JPY": 5}},
        "when": {
            "type": "all",
            "of": [
                {"type": "cart_amount", "gte": {"EUR": 5000, "USD": 5550}},
                {"type": "signed_in", "is": False},
                {
                    "type": "any",
                    "of": [
                        {"type": "country", "codes": ["DE", "AT"]},
                        {"type": "field", "name": "tier", "op": "in", "value": ["gold", 7, True]},
                        {"type": "first_order"},
                    ],
                },
                {
                    "type": "cart_quantity",
                    "gte": 3,
                    "of": {"type": "attribute", "name": "color", "values": ["dark blue", "red"]},
                },
            ],
        },
        "action": {
            "type": "set_price",
            "price": {"EUR": 1000},
            "parts": [
                {"quantity": 2, "of": {"type": "on_sale"}},
                {"quantity": 1, "of": {"type": "all", "of": [{"type": "brands", "ids": ["b"]}]}},
            ],
        },
    },
    {
        "phase": "line",
        "action": {
            "type": "tiered",
            "by": "quantity",
            "tiers": [
                {"quantity": 2, "reward": {"type": "percent", "percent": "5.5"}},
                {"quantity": 5, "reward": {"type": "amount_off", "amount": {"EUR": 250}}},
            ],
        },
    },
    {
        "phase": "shipping",
        "action": {"type": "shipping", "reward": {"type": "fixed_price", "price": {"EUR": 0}}},
    },
]


def form_of(nodes: list[Node]) -> Form:
    """What a browser sends of the form."""
    sent: list[tuple[str, str]] = []
    for node in (one for top in nodes for one in top.all()):
        if node.kind == "group":
            sent.append((f"part@{node.path}", node.part))
        elif node.kind in ("tick", "ticks"):
            sent.append((f"shown@{node.path}", "1"))
            chosen = node.chosen if node.kind == "ticks" else ["yes"] if node.value else []
            known = [value for value, _ in node.options] or ["yes"]
            sent += [(node.path, one) for one in known if one in chosen]
        elif node.kind not in ("slot", "list"):
            sent.append((node.path, node.value))
    return Form(pairs=sent)


@pytest.mark.parametrize("document", RULES)
def test_a_form_that_is_sent_as_it_was_opened_is_the_same_document(document: Any) -> None:
    whole = document | {"id": "x", "name": "x"}
    rule, problems = check_document(whole)
    assert rule is not None, problems
    assert read_document(form_of(nodes_of(document))) == document


def test_every_part_of_the_catalogue_can_be_added_and_says_what_it_lacks() -> None:
    for part in catalogue():
        document: Any = {"phase": "line", "action": {"type": "percent", "percent": "1"}}
        place = {
            "condition": "$.when",
            "selector": "$.action.of",
            "action": "$.action",
            "reward": "$.action.reward",
        }[part.kind]
        if part.kind == "reward":
            document["action"] = {"type": "shipping"}
        shown = form_of(nodes_of(act_on(document, f"put {place}", {f"new@{place}": part.type})))
        assert shown[f"part@{place}"] == part.type
        assert read_document(shown)["action"]["type"]
        _, problems = check_document(read_document(shown) | {"id": "x", "name": "x"})
        faults = faults_at(nodes_of(read_document(shown)), problems)
        assert len(faults.at) == min(1, len(problems)) or len(problems) > 1, (part, problems)
        assert bool(faults.at) == bool(problems)


def test_parts_are_added_joined_and_removed_and_nonsense_changes_nothing() -> None:
    document: Any = {"phase": "order", "action": {"type": "percent"}}
    made = act_on(document, "put $.when", {"new@$.when": "signed_in"})
    made = act_on(made, "join $.when", {"new@$.when": "country"})
    assert made["when"] == {"type": "all", "of": [{"type": "signed_in"}, {"type": "country"}]}
    made = act_on(made, "append $.when.of", {"new@$.when.of": "first_order"})
    made = act_on(made, "remove $.when.of[0]", {})
    assert [one["type"] for one in made["when"]["of"]] == ["country", "first_order"]
    before = repr(made)
    for act in ("remove $.when.of[9]", "put $.no.way", "burn $.when", "remove", "put $.when["):
        act_on(made, act, {})
    act_on(made, "put $.action", {"new@$.action": "<script>"})
    assert repr(made) == before


def test_what_cannot_be_read_stays_as_typed_and_is_told_at_its_place() -> None:
    form = {
        "$.phase": "order",
        "part@$.action": "amount_off",
        "$.action.amount": "ten euros",
        "$.action.per": "order",
        "$.priority": "high",
    }
    document = read_document(form)
    assert document["priority"] == "high"
    assert document["action"]["amount"] == "ten euros"
    faults = faults_at(
        nodes_of(document),
        [
            Problem(path="$.action.amount", code="x", reason="is no amount"),
            Problem(path="$.action.amount.EUR", code="x", reason="is too much"),
            Problem(path="$.nowhere.at.all", code="x", reason="lost"),
        ],
    )
    assert faults.of("$.action.amount") == "is no amount; $.action.amount.EUR: is too much"
    assert money_read("50 eur; 1,5 USD;JPY 300") == {"EUR": 5000, "USD": 150, "JPY": 300}
    assert money_text({"EUR": 5000, "JPY": 300}) == "50.00 EUR; 300 JPY"
    for wrong in ("50", "1.234 EUR", "5 XXQ", "300.5 JPY", "-1 EUR"):
        assert money_read(wrong) == wrong


def test_places_for_ids_offer_what_there_is_by_name() -> None:
    document = {
        "phase": "order",
        "when": {
            "type": "any",
            "of": [{"type": "customer", "ids": []}, {"type": "bought", "products": []}],
        },
        "action": {"type": "percent", "percent": "10", "of": {"type": "variants", "ids": []}},
    }
    offered = {one.path: one.pick for node in nodes_of(document) for one in node.all() if one.pick}
    assert offered == {
        "$.when.of[0].ids": "customer/id",
        "$.when.of[1].products": "product/id",
        "$.action.of.ids": "variant/sku",
    }
