"""Channels, prices, taxes and shipping over HTTP: who may, what is answered, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from tests.web.identity.making import Shop

from argosy.kernel.ids import encode, new_id
from argosy.modules import shipping

CHANNEL = {
    "code": "us",
    "name": "United States",
    "currency": "USD",
    "countries": ["US"],
    "default_country": "US",
    "tax_inclusive": False,
}
ZONE = {
    "code": "DE",
    "name": "Germany",
    "areas": [{"country": "DE"}],
    "rates": [
        {
            "tax_class": "standard",
            "code": "DE.standard",
            "name": "VAT",
            "jurisdiction": "DE",
            "rate": "0.19",
        }
    ],
}
SHIPPING_ZONE = {"code": "de", "name": "Germany", "areas": [{"country": "DE"}]}


class Desk:
    """Sends requests with the key and checks the status."""

    def __init__(self, shop: Shop, key: str) -> None:
        self.shop, self.key = shop, key

    async def __call__(
        self, expected: int, method: str, path: str, body: Any = None, **headers: str
    ) -> Any:
        answer = await self.shop.send(method, f"/admin/v1{path}", body, token=self.key, **headers)
        assert answer.status_code == expected, answer.text
        return answer.json() if answer.content else None

    async def tag(self, path: str) -> str:
        """The ETag of what is there."""
        answer = await self.shop.send("GET", f"/admin/v1{path}", token=self.key)
        return answer.headers["etag"]


@pytest.fixture
def desk(shop: Shop, key: str) -> Desk:
    return Desk(shop, key)


async def test_a_channel_is_opened_with_its_own_price_list(desk: Desk) -> None:
    made = await desk(201, "POST", "/channels", CHANNEL)
    assert (made["shipping_tax"], made["capture"], made["active"]) == ("own", "manual", True)
    prices = await desk(200, "GET", f"/price-lists/{made['price_list_id']}")
    assert (prices["code"], prices["currency"]) == ("us", "USD")
    assert await desk(200, "GET", f"/channels/{made['id']}") == made
    assert made in (await desk(200, "GET", "/channels"))["items"]
    taken = await desk(409, "POST", "/channels", CHANNEL)
    assert taken["code"] in {"channels.code_taken", "pricing.list_code_taken"}


async def test_a_channel_sells_by_a_list_of_its_currency(desk: Desk) -> None:
    euro = await desk(
        201, "POST", "/price-lists", {"code": "eur", "name": "Euro", "currency": "EUR"}
    )
    refused = await desk(422, "POST", "/channels", CHANNEL | {"price_list_id": euro["id"]})
    assert refused["code"] == "pricing.currency_differs"
    made = await desk(201, "POST", "/channels", CHANNEL)
    refused = await desk(422, "PATCH", f"/channels/{made['id']}", {"price_list_id": euro["id"]})
    assert refused["code"] == "pricing.currency_differs"
    missing = {"locations": [encode("location", new_id())]}
    refused = await desk(404, "PATCH", f"/channels/{made['id']}", missing)
    assert refused["code"] == "inventory.location_not_found"


async def test_a_channel_is_changed_from_the_version_that_was_read(desk: Desk) -> None:
    made = await desk(201, "POST", "/channels", CHANNEL)
    path = f"/channels/{made['id']}"
    tag = await desk.tag(path)
    changed = await desk(200, "PATCH", path, {"name": "USA"}, if_match=tag)
    assert (changed["name"], changed["version"]) == ("USA", 2)
    stale = await desk(409, "PATCH", path, {"name": "America"}, if_match=tag)
    assert stale["code"] == "channels.changed"
    trail = await desk(200, "GET", f"/audit?subject={made['id']}")
    assert [entry["action"] for entry in trail["items"]] == ["channel.changed", "channel.opened"]
    assert trail["items"][0]["before"]["name"] == "United States"


async def test_lists_are_paged(desk: Desk) -> None:
    for code in ("b", "a"):
        await desk(201, "POST", "/price-lists", {"code": code, "name": "x", "currency": "EUR"})
    first = await desk(200, "GET", "/price-lists?limit=1")
    rest = await desk(200, "GET", f"/price-lists?limit=1&cursor={first['next_cursor']}")
    assert [page["items"][0]["code"] for page in (first, rest)] == ["a", "b"]
    assert rest["next_cursor"] is None
    wrong = await desk(422, "GET", f"/channels?cursor={first['next_cursor']}")
    assert wrong["code"] == "paging.cursor_invalid"


@pytest.fixture
async def euro(desk: Desk) -> str:
    made = await desk(
        201, "POST", "/price-lists", {"code": "eur", "name": "Euro", "currency": "EUR"}
    )
    return f"/price-lists/{made['id']}"


async def test_prices_are_set_explained_and_removed(desk: Desk, euro: str) -> None:
    variant = encode("variant", new_id())
    prices = [
        {"variant_id": variant, "amount_minor": 1000},
        {"variant_id": variant, "amount_minor": 900, "min_quantity": 10},
    ]
    done = await desk(200, "POST", f"{euro}/prices", {"prices": prices})
    assert done == {"created": 2, "updated": 0, "unchanged": 0, "notices": []}
    again = await desk(200, "POST", f"{euro}/prices", {"prices": prices})
    assert again == {"created": 0, "updated": 0, "unchanged": 2, "notices": []}

    page = await desk(200, "GET", f"{euro}/prices?limit=1&variant_id={variant}")
    rest = await desk(
        200, "GET", f"{euro}/prices?variant_id={variant}&cursor={page['next_cursor']}"
    )
    assert {p["amount_minor"] for p in page["items"] + rest["items"]} == {900, 1000}

    told = await desk(200, "GET", f"{euro}/explanation?variant_id={variant}&quantity=10")
    assert told["applies"]["amount_minor"] == 900
    assert [other["reason"] for other in told["others"]] == ["larger_tier_applies"]
    assert told["prior_minor"] is None

    await desk(204, "DELETE", f"{euro}/prices/{told['applies']['id']}")
    gone = await desk(404, "DELETE", f"{euro}/prices/{told['applies']['id']}")
    assert gone["code"] == "pricing.price_not_found"
    history = await desk(200, "GET", f"{euro}/history?variant_id={variant}&limit=2")
    rest = await desk(
        200, "GET", f"{euro}/history?variant_id={variant}&cursor={history['next_cursor']}"
    )
    amounts = [entry["amount_minor"] for entry in history["items"] + rest["items"]]
    assert (sorted(amounts[:2]), amounts[2:]) == ([900, 1000], [None])


async def test_a_price_call_with_a_key_is_done_once(desk: Desk, euro: str) -> None:
    body = {"prices": [{"variant_id": encode("variant", new_id()), "amount_minor": 5}]}
    for _ in range(2):
        done = await desk(200, "POST", f"{euro}/prices", body, idempotency_key="k1")
        assert done["created"] == 1


@pytest.mark.parametrize(
    "price",
    [
        {"amount_minor": 5},
        {"variant_id": "var_x", "amount_minor": 5},
        {"variant_id": encode("product", new_id()), "amount_minor": 5},
        {"variant_id": encode("variant", new_id()), "amount_minor": 5.5},
        {"variant_id": encode("variant", new_id()), "amount_minor": "5"},
        {"variant_id": encode("variant", new_id()), "amount_minor": -5},
        {"variant_id": encode("variant", new_id()), "amount_minor": 5, "min_quantity": 0},
        {"variant_id": encode("variant", new_id()), "amount_minor": 5, "discount": 1},
        {
            "variant_id": encode("variant", new_id()),
            "amount_minor": 5,
            "valid_from": "0001-01-01T00:00:00+14:00",
        },
        {
            "variant_id": encode("variant", new_id()),
            "amount_minor": 5,
            "valid_from": "2026-02-01T00:00:00Z",
            "valid_until": "2026-01-01T00:00:00Z",
        },
    ],
)
async def test_bad_prices_are_problems_and_change_nothing(
    desk: Desk, euro: str, price: dict[str, Any]
) -> None:
    good = {"variant_id": encode("variant", new_id()), "amount_minor": 1}
    await desk(422, "POST", f"{euro}/prices", {"prices": [good, price]})
    assert (await desk(200, "GET", f"{euro}/prices"))["items"] == []


async def test_overlapping_prices_are_a_conflict(desk: Desk, euro: str) -> None:
    variant = encode("variant", new_id())
    march = {"variant_id": variant, "amount_minor": 5, "valid_from": "2026-03-01T00:00:00Z"}
    await desk(200, "POST", f"{euro}/prices", {"prices": [march]})
    always = {"variant_id": variant, "amount_minor": 6}
    refused = await desk(409, "POST", f"{euro}/prices", {"prices": [always]})
    assert refused["code"] == "pricing.prices_overlap"


async def test_C11_a_list_limits_how_far_its_prices_move_in_a_day(desk: Desk, euro: str) -> None:
    limited = await desk(
        200, "PATCH", euro, {"max_step_per_day": 1000}, if_match=await desk.tag(euro)
    )
    assert limited["max_step_per_day"] == 1000
    named = await desk(200, "PATCH", euro, {"name": "Euros"}, if_match=await desk.tag(euro))
    assert (named["name"], named["max_step_per_day"]) == ("Euros", 1000)
    price = {"variant_id": encode("variant", new_id()), "amount_minor": 1000}
    await desk(200, "POST", f"{euro}/prices", {"prices": [price]})
    refused = await desk(
        409, "POST", f"{euro}/prices", {"prices": [price | {"amount_minor": 1200}]}
    )
    assert refused["code"] == "pricing.step_too_large"
    assert refused["field"] == "prices.0.amount_minor"
    told = {name: refused[name] for name in ("reference_minor", "least_minor", "most_minor")}
    assert told == {"reference_minor": 1000, "least_minor": 900, "most_minor": 1100}
    await desk(422, "PATCH", euro, {"max_step_per_day": 0}, if_match=await desk.tag(euro))
    lifted = await desk(
        200, "PATCH", euro, {"max_step_per_day": None}, if_match=await desk.tag(euro)
    )
    assert lifted["max_step_per_day"] is None
    trail = (await desk(200, "GET", f"/audit?subject={lifted['id']}"))["items"]
    changes = [(one["before"], one["after"]) for one in trail if one["action"].endswith("changed")]
    assert changes[0] == ({"max_step_per_day": 1000}, {"max_step_per_day": None})
    assert changes[1] == ({"name": "Euro"}, {"name": "Euros"})
    await desk(200, "POST", f"{euro}/prices", {"prices": [price | {"amount_minor": 1200}]})


async def test_unknown_price_lists_are_not_found(desk: Desk) -> None:
    nowhere = f"/price-lists/{encode('price_list', new_id())}"
    variant = encode("variant", new_id())
    body = {"prices": [{"variant_id": variant, "amount_minor": 5}]}
    await desk(404, "GET", nowhere)
    await desk(404, "PATCH", nowhere, {"name": "x"})
    await desk(404, "GET", f"{nowhere}/prices")
    await desk(404, "POST", f"{nowhere}/prices", body)
    await desk(404, "GET", f"{nowhere}/history?variant_id={variant}")
    await desk(404, "GET", f"{nowhere}/explanation?variant_id={variant}")


async def test_tax_zones_and_rates_are_set_up(desk: Desk) -> None:
    zone = await desk(201, "POST", "/tax-zones", ZONE)
    path, rate = f"/tax-zones/{zone['id']}", zone["rates"][0]
    assert (rate["rate"], rate["valid_from"]) == ("0.19", None)
    assert (await desk(409, "POST", "/tax-zones", ZONE))["code"] == "tax.zone_code_taken"

    overlap = ZONE["rates"][0] | {"rate": "0.2"}  # type: ignore[index]
    assert (await desk(409, "POST", f"{path}/rates", overlap))["code"] == "tax.rate_overlaps"
    ended = overlap | {"rate": "0.19", "valid_until": "2027-01-01"}
    await desk(200, "PUT", f"{path}/rates/{rate['id']}", ended)
    changed = await desk(201, "POST", f"{path}/rates", overlap | {"valid_from": "2027-01-01"})
    assert [r["rate"] for r in changed["rates"]] == ["0.19", "0.2"]
    await desk(204, "DELETE", f"{path}/rates/{rate['id']}")
    await desk(404, "DELETE", f"{path}/rates/{rate['id']}")

    tag = await desk.tag(path)
    body = {"code": "DE", "name": "Deutschland", "areas": [{"country": "DE", "region": "BY"}]}
    assert (await desk(200, "PUT", path, body, if_match=tag))["name"] == "Deutschland"
    assert (await desk(409, "PUT", path, body, if_match=tag))["code"] == "tax.zone_changed"
    await desk(204, "DELETE", path)
    await desk(404, "GET", path)


async def test_tax_packs_are_loaded_once(desk: Desk) -> None:
    first = await desk(200, "POST", "/tax-packs", {"pack": "us-states"})
    assert (first["zones_created"], first["as_of"]) == (51, "2026-07-16")
    again = await desk(200, "POST", "/tax-packs", {"pack": "us-states"})
    assert (again["zones_created"], again["zones_kept"]) == (0, 51)
    page = await desk(200, "GET", "/tax-zones?limit=50")
    assert len(page["items"]) == 50
    await desk(422, "POST", "/tax-packs", {"pack": "mars"})


async def test_classes_are_listed_and_set(desk: Desk) -> None:
    for kind in ("tax", "shipping"):
        made = await desk(200, "PUT", f"/{kind}-classes/books", {"name": "Books"})
        assert made in (await desk(200, "GET", f"/{kind}-classes"))["items"]
        await desk(422, "PUT", f"/{kind}-classes/Not%20A%20Code", {"name": "Books"})


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/tax-zones", ZONE | {"rates": [ZONE["rates"][0] | {"rate": 0.19}]}),  # type: ignore[index]
        ("/tax-zones", ZONE | {"rates": [ZONE["rates"][0] | {"rate": "19%"}]}),  # type: ignore[index]
        ("/tax-zones", ZONE | {"rates": [ZONE["rates"][0] | {"tax_class": "none"}]}),  # type: ignore[index]
        ("/tax-zones", ZONE | {"areas": []}),
        ("/tax-zones", ZONE | {"areas": [{"country": "Germany"}]}),
        ("/shipping-zones", SHIPPING_ZONE | {"areas": [{"country": "DE"}, {"country": "DE"}]}),
        ("/channels", CHANNEL | {"default_country": "DE"}),
        ("/channels", CHANNEL | {"currency": "XXX"}),
        ("/channels", CHANNEL | {"time_zone": "Nowhere/City"}),
        ("/channels", CHANNEL | {"colour": "red"}),
    ],
)
async def test_bad_settings_are_problems(desk: Desk, path: str, body: dict[str, Any]) -> None:
    problem = await desk(422, "POST", path, body)
    assert problem["code"]


async def test_zones_of_an_unknown_channel_are_refused(desk: Desk) -> None:
    body = ZONE | {"channel_id": encode("channel", new_id())}
    assert (await desk(404, "POST", "/tax-zones", body))["code"] == "channels.not_found"


class Carrier:
    """Knows two services; remembers nothing."""

    name = "fake"

    async def rates(self, question: shipping.RateQuestion) -> shipping.RateAnswer:
        if question.destination.postal_code == "00000":
            return shipping.RateRefused(reason="unknown_place")
        parcels = sum(parcel.count for parcel in question.parcels)
        return shipping.Rated(
            rates=(
                shipping.LiveRate(service="X/slow", amount_minor=400 * parcels, transit_days=3),
                shipping.LiveRate(service="X/fast", amount_minor=300 * parcels),
            )
        )

    async def close(self) -> None:
        """Nothing is open."""


LIVE = {
    "carriers": ["fake"],
    "origin": {"country": "DE", "postal_code": "10115"},
    "services": ["X/slow"],
    "markup_percent": "12.5",
}


async def test_K2_staff_see_what_carriers_say_before_shoppers_do(desk: Desk, shop: Shop) -> None:
    shop.app.carriers["fake"] = Carrier()  # type: ignore[index]
    zone = await desk(201, "POST", "/shipping-zones", SHIPPING_ZONE)
    body = {
        "channel_id": encode("channel", shop.channel.id),
        "code": "live",
        "name": "Live",
        "pricing": "flat",
        "zone_ids": [zone["id"]],
        "tiers": [{"from_value": 0, "price_minor": 490}],
        "packing": {"max_weight_g": 1000},
        "live": LIVE,
    }
    made = await desk(201, "POST", "/shipping-methods", body)
    assert made["live"]["markup_percent"] == "12.5"
    path = f"/shipping-methods/{made['id']}"
    assert (await desk(200, "GET", path))["live"] == made["live"]
    wanted = {"country": "DE", "postal_code": "20095", "goods": [{"units": 3, "weight_g": 600}]}
    seen = await desk(200, "POST", f"{path}/rate-preview", wanted)
    assert seen["parcels"] == [{"count": 3, "weight_g": 600, "sides_mm": None}]
    assert (seen["price"]["minor"], seen["estimated"]) == (1350, False)
    [word] = seen["carriers"]
    assert [(r["service"], r["amount"]["minor"], r["allowed"]) for r in word["rates"]] == [
        ("X/fast", 900, False),
        ("X/slow", 1200, True),
    ]
    nowhere = await desk(200, "POST", f"{path}/rate-preview", wanted | {"postal_code": "00000"})
    assert (nowhere["price"], nowhere["estimated"]) == (nowhere["table_price"], True)
    assert nowhere["carriers"][0]["reason"] == "unknown_place"
    plain = await desk(201, "POST", "/shipping-methods", body | {"code": "flat", "live": None})
    by_table = await desk(200, "POST", f"/shipping-methods/{plain['id']}/rate-preview", wanted)
    assert (by_table["price"]["minor"], by_table["estimated"]) == (3 * 490, False)
    assert by_table["carriers"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"carriers": ["nobody"]}, "live.carriers"),
        ({"carriers": ["fake", "fake"]}, "live.carriers"),
        ({"services": ["no slash"]}, "live.services"),
        ({"markup_percent": "1000.1"}, "live.markup_percent"),
    ],
)
async def test_live_terms_that_cannot_work_are_refused(
    desk: Desk, shop: Shop, change: dict[str, Any], field: str
) -> None:
    shop.app.carriers["fake"] = Carrier()  # type: ignore[index]
    zone = await desk(201, "POST", "/shipping-zones", SHIPPING_ZONE)
    body = {
        "channel_id": encode("channel", shop.channel.id),
        "code": "live",
        "name": "Live",
        "pricing": "flat",
        "zone_ids": [zone["id"]],
        "tiers": [{"from_value": 0, "price_minor": 490}],
        "live": LIVE | change,
    }
    refused = await desk(422, "POST", "/shipping-methods", body)
    assert (refused["code"], refused["field"]) == ("shipping.method_invalid", field)


async def test_shipping_is_set_up(desk: Desk, shop: Shop) -> None:
    zone = await desk(201, "POST", "/shipping-zones", SHIPPING_ZONE)
    body = {
        "code": "parcel",
        "name": "Parcel",
        "pricing": "price",
        "zone_ids": [zone["id"]],
        "tiers": [{"from_value": 0, "price_minor": 490}, {"from_value": 5000, "price_minor": 0}],
        "class_rules": [{"shipping_class": "bulky", "surcharge_minor": 1500}],
    }
    channel = {"channel_id": encode("channel", shop.channel.id)}
    made = await desk(201, "POST", "/shipping-methods", body | channel)
    path = f"/shipping-methods/{made['id']}"
    assert await desk(200, "GET", path) == made
    listed = await desk(200, "GET", f"/shipping-methods?channel_id={channel['channel_id']}")
    assert listed["items"] == [made]
    assert (await desk(409, "POST", "/shipping-methods", body | channel))["code"] == (
        "shipping.code_taken"
    )
    tag = await desk.tag(path)
    changed = await desk(200, "PUT", path, body | {"active": False}, if_match=tag)
    assert (changed["active"], changed["version"]) == (False, 2)
    await desk(409, "PUT", path, body, if_match=tag)

    used = await desk(409, "DELETE", f"/shipping-zones/{zone['id']}")
    assert used["code"] == "shipping.zone_used"
    await desk(204, "DELETE", path)
    await desk(404, "DELETE", path)
    renamed = SHIPPING_ZONE | {"name": "Deutschland"}
    tag = await desk.tag(f"/shipping-zones/{zone['id']}")
    await desk(200, "PUT", f"/shipping-zones/{zone['id']}", renamed, if_match=tag)
    await desk(409, "PUT", f"/shipping-zones/{zone['id']}", renamed, if_match=tag)
    await desk(204, "DELETE", f"/shipping-zones/{zone['id']}")
    assert (await desk(200, "GET", "/shipping-zones"))["items"] == []


async def test_a_method_with_all_its_terms_is_answered_as_it_was_set(
    desk: Desk, shop: Shop
) -> None:
    area = {"country": "DE", "postal_codes": ["10000..14199"], "except_postal_codes": ["12*"]}
    zone = await desk(201, "POST", "/shipping-zones", SHIPPING_ZONE | {"areas": [area]})
    assert zone["areas"] == [area | {"region": ""}]
    terms = {
        "packing": {
            "max_weight_g": 31500,
            "max_volume_cm3": None,
            "max_side_mm": 1200,
            "cm3_per_kg": 5000,
        },
        "conditions": {
            "min_goods_minor": None,
            "max_goods_minor": 100_000,
            "min_weight_g": None,
            "max_weight_g": None,
            "min_units": None,
            "max_units": 50,
            "only_classes": ["standard"],
        },
        "free_from": {"amount_minor": 5000, "counts": "after_discounts"},
        "promise": {
            "cut_off": "14:00",
            "time_zone": "Europe/Berlin",
            "transit_min_days": 1,
            "transit_max_days": 2,
            "handling_days": 1,
            "ship_days": [1, 2, 3, 4, 5],
            "delivery_days": [1, 2, 3, 4, 5, 6],
            "holidays": "DE-BE",
            "closed": ["2026-12-31"],
        },
    }
    body = terms | {
        "channel_id": encode("channel", shop.channel.id),
        "code": "parcel",
        "name": "Parcel",
        "pricing": "weight",
        "zone_ids": [zone["id"]],
        "tiers": [{"from_value": 0, "price_minor": 490}],
    }
    made = await desk(201, "POST", "/shipping-methods", body)
    assert {name: made[name] for name in terms} == terms
    promise = terms["promise"] | {"holidays": "DE-QQ"}
    refused = await desk(422, "POST", "/shipping-methods", body | {"code": "b", "promise": promise})
    assert (refused["code"], refused["field"]) == ("shipping.method_invalid", "promise.holidays")


async def test_a_method_needs_its_zone_and_channel(desk: Desk, shop: Shop) -> None:
    body = {
        "channel_id": encode("channel", shop.channel.id),
        "code": "post",
        "name": "Post",
        "pricing": "flat",
        "zone_ids": [encode("shipping_zone", new_id())],
        "tiers": [{"from_value": 0, "price_minor": 490}],
    }
    refused = await desk(422, "POST", "/shipping-methods", body)
    assert refused["code"] == "shipping.method_invalid"
    nowhere = body | {"channel_id": encode("channel", new_id())}
    assert (await desk(404, "POST", "/shipping-methods", nowhere))["code"] == "channels.not_found"


@pytest.mark.parametrize(
    ("area", "path"),
    [
        ("channels", "/channels"),
        ("prices", "/price-lists"),
        ("taxes", "/tax-zones"),
        ("taxes", "/tax-classes"),
        ("shipping", "/shipping-methods"),
        ("shipping", "/shipping-zones"),
        ("shipping", "/shipping-classes"),
    ],
)
async def test_each_area_needs_its_scope(shop: Shop, area: str, path: str) -> None:
    reader, stranger = await shop.secret_key(f"{area}:read"), await shop.secret_key("orders:read")

    async def status(method: str, token: str | None, body: Any = None) -> int:
        return (await shop.send(method, f"/admin/v1{path}", body, token=token)).status_code

    assert await status("GET", reader) == 200
    assert await status("GET", stranger) == 403
    assert await status("GET", None) == 401
    if not path.endswith("classes"):
        assert await status("POST", reader, {}) == 403
