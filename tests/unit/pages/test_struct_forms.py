"""Forms made from the API's bodies: what is shown is what is read, whatever the body is made of."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from argosy.kernel.errors import Invalid
from argosy.web.admin.area_lines import SHIPPING_AREAS, TAX_AREAS
from argosy.web.admin.collections import WORDS
from argosy.web.admin.custom_fields import default_codec
from argosy.web.admin.price_lists import STEP
from argosy.web.admin.product_types import REQUIRED
from argosy.web.admin.struct_forms import (
    PERCENT,
    Node,
    Shaping,
    as_typed,
    faults_at,
    lacking,
    nodes_of,
)
from argosy.web.admin.struct_reading import act_on, read_document
from argosy.web.admin.things import shape_of
from argosy.web.api.admin import collections as collections_api
from argosy.web.api.admin import fees, fields, merchandising, product_types, shipping
from argosy.web.api.admin import taxes as taxes_api
from argosy.web.pages.forms import Form
from argosy.web.problems import FieldError

HOW = Shaping(str, currency="EUR", zone="Europe/Berlin")
METHOD: dict[str, Any] = {
    "code": "parcel",
    "name": "Parcel",
    "pricing": "weight",
    "zone_ids": ["szn_1", "szn_2"],
    "tiers": [{"from_value": 0, "price_minor": 490}, {"from_value": 3000, "price_minor": None}],
    "class_rules": [{"shipping_class": "frozen", "surcharge_minor": 250, "per": "order"}],
    "min_days": 2,
    "active": False,
    "conditions": {"max_goods_minor": 100_000, "only_classes": ["standard"]},
    "free_from": {"amount_minor": 5000, "counts": "before_discounts"},
    "promise": {
        "cut_off": "14:00",
        "time_zone": "Europe/Berlin",
        "transit_min_days": 1,
        "transit_max_days": 3,
        "ship_days": [1, 2, 6],
        "closed": ["2026-12-24"],
    },
}
BODIES: list[tuple[Any, dict[str, Any], Shaping]] = [
    (shipping.replace_shipping_method, METHOD, HOW),
    (
        shipping.replace_shipping_zone,
        {
            "code": "dach",
            "name": "DACH",
            "areas": [
                {
                    "country": "DE",
                    "postal_codes": ["10000..19999"],
                    "except_postal_codes": ["10115"],
                },
                {"country": "US", "region": "CA"},
            ],
        },
        HOW._replace(codecs={"areas": SHIPPING_AREAS}),
    ),
    (
        taxes_api.create_tax_zone,
        {
            "code": "US-CA",
            "name": "California",
            "areas": [{"country": "US", "region": "CA", "postal_prefix": "902"}],
            "rates": [
                {
                    "tax_class": "standard",
                    "code": "US.x",
                    "name": "Sales tax",
                    "jurisdiction": "LA",
                    "rate": "0.0875",
                    "valid_from": "2026-01-01",
                    "compound": True,
                    "position": -2,
                }
            ],
        },
        HOW._replace(codecs={"areas": TAX_AREAS, "rates.rate": PERCENT}),
    ),
    (
        fees.create_fee,
        {
            "channel_id": "chn_1",
            "code": "bottle",
            "kind": "deposit",
            "name": "Bottle deposit",
            "per": "unit",
            "amount_minor": 25,
            "tax_class": None,
            "labels": {"de": "Flaschenpfand: 25 ct"},
            "when": {"countries": ["DE", "AT"], "from_goods_minor": 1000, "from_quantity": 2},
            "returned": True,
        },
        HOW,
    ),
    (
        collections_api.make_collection,
        {
            "title": "Warm things",
            "rules": {
                "match": "any",
                "conditions": [
                    {"field": "title", "op": "contains", "values": ["hoodie", "jacket"]},
                    {"field": "price", "currency": "JPY", "min": 5000},
                    {"field": "stock", "values": ["in_stock", "low_stock"]},
                    {"field": "attribute", "code": "ram", "op": "between", "min": "8", "max": "32"},
                    {"field": "created", "after": "2026-01-01T00:00:00+00:00"},
                    {"field": "sale", "value": False},
                ],
            },
            "sort": "-price",
            "channels": ["chn_1"],
        },
        HOW._replace(words=WORDS),
    ),
    (
        merchandising.create_merchandising_rule,
        {
            "channel_id": "chn_1",
            "name": "Summer",
            "act": "boost",
            "scope": "contains",
            "queries": ["dress", "shirt"],
            "terms": {
                "attributes": {"colour": ["red", "blue"]},
                "in_stock": True,
                "on_sale": None,
            },
            "strength": 30,
            "starts_at": "2026-06-30T22:00:00Z",
        },
        HOW,
    ),
    (
        fields.define_field,
        {
            "subject": "order",
            "code": "gift",
            "label": "Gift",
            "kind": "boolean",
            "default": False,
        },
        HOW._replace(codecs={"default": default_codec("boolean")}),
    ),
    (
        product_types.save_draft,
        {
            "groups": [{"code": "build", "label": "How it is made"}],
            "attributes": [
                {"code": "material", "group": "build", "required": True, "weight": 3},
                {"code": "care", "required": ["us", "eu"], "choices": ["wash", "iron"]},
            ],
            "missing": "block",
            "weights": {"photograph": 0, "price": 2, "description": 1},
        },
        HOW._replace(codecs={"attributes.required": REQUIRED}),
    ),
]


def sent(nodes: list[Node]) -> Form:
    """What a browser would send of a form."""
    pairs: list[tuple[str, str]] = []
    for top in nodes:
        for one in top.all():
            if one.part:
                pairs.append((f"part@{one.path}", one.part))
            if one.kind in {"list", "ticks", "tick"}:
                pairs.append((f"shown@{one.path}", "1"))
            if one.kind == "ticks":
                pairs += [(one.path, value) for value in one.chosen]
            elif one.kind == "tick":
                pairs += [(one.path, "yes")] if one.value else []
            elif one.kind == "choice":
                first = one.options[0][0] if one.options else ""
                pairs.append((one.path, one.value or first))
            elif one.kind not in {"group", "slot", "list"}:
                pairs.append((one.path, one.value.replace("\n", "\r\n")))
    return Form(pairs=pairs)


@pytest.mark.parametrize(("handler", "body", "how"), BODIES)
def test_what_is_shown_is_what_is_read(handler: Any, body: dict[str, Any], how: Shaping) -> None:
    shape = shape_of(handler)
    whole = msgspec.to_builtins(msgspec.convert(body, shape))
    read = read_document(shape, sent(nodes_of(shape, whole, how)), how)
    assert msgspec.convert(read, shape) == msgspec.convert(body, shape)


def test_ticks_are_offered_for_what_can_be_chosen_and_keep_what_is_offered_no_more() -> None:
    how = HOW._replace(options={"zone_ids": [("szn_2", "Two"), ("szn_3", "Three")]})
    nodes = nodes_of(shape_of(shipping.replace_shipping_method), METHOD, how)
    [zones] = [one for one in nodes if one.path == "zone_ids"]
    assert zones.kind == "ticks"
    assert zones.chosen == ["szn_1", "szn_2"]
    assert [value for value, _ in zones.options] == ["szn_2", "szn_3", "szn_1"]
    read = read_document(shape_of(shipping.replace_shipping_method), sent(nodes), how)
    assert read["zone_ids"] == ["szn_1", "szn_2"]


def test_parts_are_added_and_removed_by_buttons() -> None:
    shape = shape_of(collections_api.make_collection)
    document: dict[str, Any] = {"title": "New"}
    how = HOW._replace(words=WORDS)
    slot = {node.path: node for node in nodes_of(shape, document, how)}["rules"]
    assert (slot.kind, slot.add) == ("slot", "put")
    document = act_on(document, "put rules", Form({"only@rules": slot.adds[0][0]}))
    listed = {n.path: n for top in nodes_of(shape, document, how) for n in top.all()}
    marks = dict(listed["rules.conditions"].adds)
    assert marks["field=price"] == "Price"
    for mark in ("field=brand", "field=price"):
        add = Form({"new@rules.conditions": mark})
        document = act_on(document, "append rules.conditions", add)
    assert [one["field"] for one in document["rules"]["conditions"]] == ["brand", "price"]
    document = act_on(document, "remove rules.conditions[0]", Form())
    assert [one["field"] for one in document["rules"]["conditions"]] == ["price"]
    for nonsense in ("", "remove", "append rules.nothing[9].x", "put __class__", "remove rules[7]"):
        assert act_on(dict(document), nonsense, Form({"new@x": "y"})) == document
    assert act_on(document, "remove rules", Form())["rules"] is None


def test_what_cannot_be_read_stays_as_typed_and_is_refused_at_its_place() -> None:
    shape = shape_of(shipping.replace_shipping_method)
    form = sent(nodes_of(shape, METHOD, HOW))
    form["tiers[0].price_minor"] = "4,9o"
    read = read_document(shape, form, HOW)
    assert read["tiers"][0]["price_minor"] == "4,9o"
    nodes = nodes_of(shape, read, HOW)
    refusal = Invalid(
        "wrong",
        field="tiers.1.from_value",
        errors=[
            FieldError(field="tiers[0].price_minor", message="no amount"),
            FieldError(field="promise.nothing", message="inside"),
        ],
    )
    faults = faults_at(nodes, refusal)
    assert faults.of("tiers[0].price_minor") == "no amount"
    assert faults.of("tiers[1].from_value") == "wrong"
    assert faults.of("promise") == "inside"
    assert faults.rest == ()


def test_what_must_be_filled_in_is_found_before_anything_is_asked() -> None:
    shape = shape_of(fees.create_fee)
    assert "name" in lacking(nodes_of(shape, {"code": "x", "name": ""}, HOW))
    whole = {"code": "x", "name": "X", "kind": "eco", "per": "unit", "channel_id": "chn_1"}
    assert lacking(nodes_of(shape, whole, HOW)) == []


def test_a_refused_form_shows_again_what_was_typed_letter_by_letter() -> None:
    leaf = Node("rules.at", "At", "moment", "2026-01-01T00:00")
    tick = Node("rules.on", "On", "tick", "yes")
    group = Node("rules", "Rules", "group", children=(leaf, tick))
    [shown] = as_typed([group], {"rules.at": "someday", "rules.on": "no"})
    assert [child.value for child in shown.children] == ["someday", "yes"]


@pytest.mark.parametrize(
    ("typed", "points", "shown"), [("5", 500, "5"), ("2,5 %", 250, "2.5"), ("0.01", 1, "0.01")]
)
def test_the_greatest_step_of_a_price_is_typed_in_percent(
    typed: str, points: int, shown: str
) -> None:
    assert STEP.read(typed) == points
    assert STEP.show(points) == shown
    for wrong in ("0.001", "abc", "1e999", ""):
        assert STEP.read(wrong) == wrong
