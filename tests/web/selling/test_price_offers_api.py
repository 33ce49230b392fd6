"""Offers of price lists, policies, local times, costs and measures over HTTP: DOMAIN.md C1-C3, C7,
B8.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.web.identity.making import Shop
from tests.web.selling.test_selling_api import Desk

from argosy.kernel.ids import encode, new_id
from argosy.modules import catalog, customers

VARIANT = encode("variant", new_id())


@pytest.fixture
def desk(shop: Shop, key: str) -> Desk:
    return Desk(shop, key)


@pytest.fixture
async def euro(desk: Desk) -> dict[str, Any]:
    body = {"code": "dealers", "name": "Dealers", "currency": "EUR"}
    made: dict[str, Any] = await desk(201, "POST", "/price-lists", body)
    return made


@pytest.fixture
async def group(shop: Shop) -> str:
    async with shop.app.db.transaction() as tx:
        await customers.create_group(tx, "dealers", "Dealers")
    return "dealers"


async def test_C3_a_list_says_how_its_tiers_count(desk: Desk, euro: dict[str, Any]) -> None:
    assert (euro["tier_kind"], euro["tier_basis"]) == ("volume", "line")
    path = f"/price-lists/{euro['id']}"
    changed = await desk(200, "PATCH", path, {"tier_kind": "graduated", "tier_basis": "mix"})
    assert changed == euro | {"tier_kind": "graduated", "tier_basis": "mix", "version": 2}
    price = {"variant_id": VARIANT, "amount_minor": 900, "mix_group": "tea"}
    await desk(200, "POST", f"{path}/prices", {"prices": [price]})
    (shown,) = (await desk(200, "GET", f"{path}/prices"))["items"]
    assert shown["mix_group"] == "tea"


async def test_C2_lists_of_equal_rank_are_not_offered_at_the_same_time(
    desk: Desk, euro: dict[str, Any], group: str
) -> None:
    other = await desk(
        201, "POST", "/price-lists", {"code": "more", "name": "More", "currency": "EUR"}
    )
    body = {"price_list_id": euro["id"], "level": "group", "subject": group}
    first = await desk(
        201, "POST", "/price-assignments", body | {"valid_until": "2026-12-01T00:00:00Z"}
    )
    again = body | {"price_list_id": other["id"]}
    refused = await desk(409, "POST", "/price-assignments", again)
    assert (refused["code"], refused["field"]) == ("pricing.assignments_overlap", "priority")
    await desk(201, "POST", "/price-assignments", again | {"valid_from": "2026-12-01T00:00:00Z"})
    await desk(201, "POST", "/price-assignments", again | {"priority": 1})
    await desk(204, "DELETE", f"/price-assignments/{first['id']}")
    gone = await desk(404, "DELETE", f"/price-assignments/{first['id']}")
    assert gone["code"] == "pricing.assignment_not_found"
    listed = await desk(200, "GET", f"/price-assignments?price_list_id={other['id']}&limit=1")
    rest = await desk(
        200,
        "GET",
        f"/price-assignments?price_list_id={other['id']}&cursor={listed['next_cursor']}",
    )
    assert [a["priority"] for a in (*listed["items"], *rest["items"])] == [0, 1]
    assert (await desk(200, "GET", "/price-assignments?subject=nobody"))["items"] == []


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"level": "group", "subject": "none"}, "customers.group_not_found", None),
        ({"level": "segment", "subject": "dealers"}, "pricing.assignment_invalid", "level"),
        ({"level": "group"}, "customers.group_not_found", None),
        ({"level": "channel"}, "pricing.assignment_invalid", "channel_id"),
        ({"level": "market", "subject": "Austria"}, "pricing.assignment_invalid", "subject"),
        (
            {"level": "market", "subject": "AT", "valid_from": {"local": "2026-01-01T00:00:00",
             "time_zone": "Mars"}},
            "time.zone_unknown",
            "valid_from.time_zone",
        ),
        (
            {"level": "market", "subject": "AT", "valid_from": "2026-02-01T00:00:00Z",
             "valid_until": "2026-01-01T00:00:00Z"},
            "pricing.assignment_invalid",
            "valid_until",
        ),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("group")
async def test_what_cannot_be_offered_is_refused_with_its_field(
    desk: Desk, euro: dict[str, Any], given: dict[str, Any], code: str, field: str
) -> None:
    status = 404 if code.endswith("not_found") else 422
    refused = await desk(
        status, "POST", "/price-assignments", {"price_list_id": euro["id"]} | given
    )
    assert (refused["code"], refused.get("field")) == (code, field)


async def test_C2_local_times_are_taken_for_instants_and_odd_ones_are_told(
    desk: Desk, euro: dict[str, Any]
) -> None:
    def berlin(local: str, **more: str) -> dict[str, str]:
        return {"local": local, "time_zone": "Europe/Berlin"} | more

    prices = [
        {"variant_id": VARIANT, "amount_minor": 1, "valid_from": berlin("2026-03-29T02:30:00"),
         "valid_until": berlin("2026-10-25T02:30:00")},
        {"variant_id": VARIANT, "amount_minor": 2,
         "valid_from": berlin("2026-10-25T02:30:00", repeated="later"),
         "valid_until": "2026-11-01T00:00:00Z"},
    ]  # fmt: skip
    path = f"/price-lists/{euro['id']}/prices"
    done = await desk(200, "POST", path, {"prices": prices})
    assert [(n["field"], n["code"], n["instant"]) for n in done["notices"]] == [
        ("prices.0.valid_from", "time_skipped", "2026-03-29T01:00:00Z"),
        ("prices.0.valid_until", "time_repeated", "2026-10-25T00:30:00Z"),
        ("prices.1.valid_from", "time_repeated", "2026-10-25T01:30:00Z"),
    ]
    shown = (await desk(200, "GET", path))["items"]
    assert {(p["valid_from"], p["valid_until"]) for p in shown} == {
        ("2026-03-29T01:00:00Z", "2026-10-25T00:30:00Z"),
        ("2026-10-25T01:30:00Z", "2026-11-01T00:00:00Z"),
    }


async def test_C1_a_channel_says_how_it_chooses(desk: Desk, shop: Shop) -> None:
    path = f"/channels/{encode('channel', shop.channel.id)}/price-policy"
    before = await desk(200, "GET", path)
    assert (before["choice"], before["levels"][0], before["version"]) == (
        "precedence",
        "contract",
        0,
    )
    body = {"choice": "lowest", "gross_policy": "net_fixed", "was_price": "omnibus"}
    after = await desk(200, "PUT", path, body)
    assert after == before | body | {"version": 1}
    stale = await desk(409, "PUT", path, body, if_match='"v0"')
    assert stale["code"] == "pricing.policy_changed"
    wrong = await desk(422, "PUT", path, {"levels": ["base"] * 7})
    assert (wrong["code"], wrong["field"]) == ("pricing.policy_invalid", "levels")


async def test_costs_are_for_who_may_read_them(desk: Desk, shop: Shop) -> None:
    cost = {"variant_id": VARIANT, "currency": "EUR", "amount_minor": 600}
    refused = await desk(403, "POST", "/costs", {"costs": [cost]})
    assert refused["code"] == "auth.forbidden"
    buyer = Desk(shop, await shop.secret_key("costs:write"))
    assert await buyer(200, "POST", "/costs", {"costs": [cost]}) == {"changed": 1}
    assert await buyer(200, "POST", "/costs", {"costs": [cost]}) == {"changed": 0}
    shown = await buyer(200, "GET", f"/costs?variant={VARIANT}")
    (kept,) = shown["items"]
    undated = {"valid_from": None, "valid_until": None}
    assert kept == cost | undated | {"version": kept["version"]}
    twice = await buyer(422, "POST", "/costs", {"costs": [cost, cost]})
    assert twice["code"] == "pricing.cost_invalid"
    path = f"/channels/{encode('channel', shop.channel.id)}/price-explanation"
    told = await desk(200, "GET", f"{path}?variant_id={VARIANT}")
    assert told["cost_minor"] is None


async def test_C2_costs_with_a_period_are_set_shown_and_forgotten(shop: Shop) -> None:
    buyer = Desk(shop, await shop.secret_key("costs:write"))
    period = {"valid_from": "2027-01-01T00:00:00Z", "valid_until": "2027-04-01T00:00:00Z"}
    cost = {"variant_id": VARIANT, "currency": "EUR", "amount_minor": 590} | period
    assert await buyer(200, "POST", "/costs", {"costs": [cost]}) == {"changed": 1}
    (shown,) = (await buyer(200, "GET", f"/costs?variant={VARIANT}"))["items"]
    assert shown == cost | {"version": shown["version"]}
    over = cost | {"valid_until": "2027-02-01T00:00:00Z"}
    refused = await buyer(409, "POST", "/costs", {"costs": [over]})
    assert refused["code"] == "pricing.costs_overlap"
    for bad in ("2027-01-01T00:00:00", "0001-01-01T00:00:00+14:00"):
        wrong = await buyer(422, "POST", "/costs", {"costs": [cost | {"valid_from": bad}]})
        assert "valid_from" in wrong["field"]
    wanted = {"variant_id": VARIANT, "currency": "EUR"}
    for named, gone in ((wanted, 0), (wanted | period, 1), (wanted | period, 0)):
        found = await buyer(200, "POST", "/costs/removal", {"costs": [named]})
        assert found == {"changed": gone}


async def test_C7_measures_are_set_shown_and_forgotten(desk: Desk) -> None:
    body = {"measures": [{"variant_id": VARIANT, "content": "0.75", "unit": "l"}]}
    assert await desk(200, "POST", "/measures", body) == {"changed": 1}
    (shown,) = (await desk(200, "GET", f"/measures?variant={VARIANT}"))["items"]
    assert (shown["content"], shown["base_quantity"], shown["base_unit"]) == ("0.75", "1", "l")
    body["measures"][0]["base_unit"] = "kg"
    refused = await desk(422, "POST", "/measures", body)
    assert (refused["code"], refused["field"]) == (
        "pricing.measure_invalid",
        "measures.0.base_unit",
    )
    gone = await desk(200, "POST", "/measures/removal", {"variant_ids": [VARIANT]})
    assert gone == {"changed": 1}


async def test_prices_are_planned_then_applied_by_sku(
    desk: Desk, shop: Shop, euro: dict[str, Any]
) -> None:
    async with shop.app.db.transaction() as tx:
        variant = catalog.VariantInput(sku="MUG-1")
        await catalog.upsert_products(
            tx, [catalog.ProductInput(slug="mug", title="Mug", variants=(variant,))]
        )
    body: dict[str, Any] = {
        "mode": "plan",
        "price_list": "dealers",
        "prices": [{"sku": "MUG-1", "amount": "19.99"}, {"sku": "NONE", "amount": "1"}],
    }
    plan = await desk(200, "POST", "/price-imports", body)
    assert (plan["applied"], plan["created"], plan["failed"]) == (False, 1, 1)
    assert plan["faults"][0]["column"] == "sku"
    prices = f"/price-lists/{euro['id']}/prices"
    assert (await desk(200, "GET", prices))["items"] == []
    assert (await desk(200, "POST", "/price-imports", body | {"mode": "apply"}))["applied"]
    far = body | {"mode": "apply", "prices": [{"sku": "MUG-1", "amount": "1999"}]}
    refused = await desk(409, "POST", "/price-imports", far)
    assert refused["code"] == "pricing.outliers_unacknowledged"
    assert refused["outliers"][0]["after_minor"] == 199900
    code = refused["acknowledgement"]
    done = await desk(200, "POST", "/price-imports", far | {"acknowledge": code})
    assert (done["updated"], done["outlier_count"]) == (1, 1)
