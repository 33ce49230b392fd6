"""Buying over HTTP: carts, placing, 3DS, one-call purchases, orders by token and by customer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.sandbox import Sandbox
from tests.web.checkout.conftest import BERLIN, Counter
from tests.workflows.till import another_id

from argosy.kernel.ids import encode
from argosy.modules import channels, staff
from argosy.modules.channels import CreateChannel
from argosy.runtime.db import counting_statements
from argosy.runtime.statements import Statement


async def test_a_purchase_step_by_step_as_a_storefront_makes_it(shop: Counter) -> None:
    made = await shop.send("POST", "/v1/carts", {})
    assert made.status_code == 201
    path = f"/v1/carts/{made.json()['id']}"
    line = {"variant_id": shop.variant("shirt"), "quantity": 2}
    added = await shop.send("POST", f"{path}/lines", line, idempotency_key="a1")
    again = await shop.send("POST", f"{path}/lines", line, idempotency_key="a1")
    assert (added.status_code, again.status_code, again.content) == (201, 201, added.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert added.json()["missing"] == ["email", "shipping_address", "shipping_method"]
    (shown,) = added.json()["lines"]
    assert (shown["sku"], shown["quantity"], shown["total"]["minor"]) == ("SHIRT", 2, 2000)
    changed = await shop.send("PATCH", f"{path}/lines/{shown['id']}", {"quantity": 1})
    assert changed.json()["total"] == {"minor": 1000, "currency": "EUR"}
    await shop.send("PUT", f"{path}/email", {"email": "ann@example.com"})
    await shop.send("PUT", f"{path}/shipping-address", BERLIN)
    options = (await shop.send("GET", f"{path}/shipping-options")).json()["items"]
    assert [(one["code"], one["price"]["minor"]) for one in options] == [("standard", 490)]
    chosen = await shop.send(
        "PUT", f"{path}/shipping-method", {"shipping_method": options[0]["id"]}
    )
    assert chosen.json()["missing"] == []
    assert chosen.json()["shipping"]["total"]["minor"] == 490
    cart = (await shop.send("GET", path)).json()
    assert cart["total"]["minor"] == 1490
    placed = await shop.place(cart, "p1")
    assert placed.status_code == 201, placed.text
    order = placed.json()["order"]
    assert order["number"].startswith("E-")
    assert order["id"].removeprefix("ord_") == cart["id"].removeprefix("cart_")
    assert (order["stage"], order["payment_status"]) == ("confirmed", "authorised")
    read = await shop.send("GET", f"/v1/orders/{order['id']}", x_order_token=order["token"])
    assert read.status_code == 200
    assert read.json()["total"] == {"minor": 1490, "currency": "EUR"}
    assert [step["kind"] for step in read.json()["timeline"]] == ["confirmed"]
    assert read.json()["lines"][0]["title"] == "Shirt"
    assert (await shop.send("GET", path)).json()["state"] == "placed"


async def test_a_purchase_in_six_calls_is_billed_to_where_it_is_shipped(shop: Counter) -> None:
    made = await shop.send("POST", "/v1/carts", {"email": "ann@example.com"})
    path = f"/v1/carts/{made.json()['id']}"
    for name in ("shirt", "mug"):
        line = {"variant_id": shop.variant(name), "quantity": 1}
        assert (await shop.send("POST", f"{path}/lines", line)).status_code == 201
    answer = await shop.send("PATCH", path, {"shipping_address": BERLIN})
    assert (answer.status_code, answer.json()["missing"]) == (200, ["shipping_method"])
    answer = await shop.send("PUT", f"{path}/shipping-method", {"shipping_method": "standard"})
    cart = answer.json()
    assert (cart["missing"], cart["total"]["minor"]) == ([], 1990)
    placed = (await shop.place(cart, "p")).json()["order"]
    order = await shop.send("GET", f"/v1/orders/{placed['id']}", x_order_token=placed["token"])
    assert order.json()["billing_address"] == order.json()["shipping_address"]
    assert order.json()["billing_address"]["city"] == "Berlin"


async def test_what_a_cart_update_refuses_names_its_field_and_changes_nothing(
    shop: Counter,
) -> None:
    cart = await shop.cart(shirt=1)
    path = f"/v1/carts/{cart['id']}"
    bad = {"country": "DE"}
    for body, code, field in [
        ({"email": "no"}, "email.invalid", "email"),
        ({"billing_address": bad}, "customers.address_invalid", "billing_address"),
        ({"email": "eve@x.de", "shipping_address": bad}, "customers.address_invalid", "shipping"),
        ({"shipping_method": "pigeon"}, "checkout.shipping_method_missing", "shipping_method"),
        ({"surprise": 1}, "request.invalid", "surprise"),
    ]:
        problem = (await shop.send("PATCH", path, body)).json()
        assert problem["code"] == code, problem
        assert field in str(problem), problem
    assert (await shop.send("GET", path)).json() == cart


async def test_G2_a_replayed_place_is_byte_equal_with_its_token(shop: Counter) -> None:
    cart = await shop.cart(shirt=1)
    first, second = await asyncio.gather(shop.place(cart, "k"), shop.place(cart, "k"))
    third = await shop.place(cart, "k")
    assert first.content == second.content == third.content
    assert third.headers["idempotency-replayed"] == "true"
    other = await shop.send(
        "POST",
        f"/v1/carts/{cart['id']}/place",
        {"expected_total": {"minor": 1, "currency": "EUR"}},
        idempotency_key="k",
    )
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.key_reused")
    missing = await shop.send(
        "POST", f"/v1/carts/{cart['id']}/place", {"expected_total": cart["total"]}
    )
    assert missing.status_code in {400, 422}


async def test_C4_a_stale_total_is_a_conflict_with_the_new_quote(shop: Counter) -> None:
    cart = await shop.cart(shirt=1)
    await shop.till.price("shirt", 1200)
    answer = await shop.place(cart, "k")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "checkout.total_changed")
    assert problem["total"] == {"minor": 1690, "currency": "EUR"}
    assert problem["quote"]["lines"][0]["unit_price"]["minor"] == 1200
    assert problem["quote"]["lines"][0]["variant_id"] == shop.variant("shirt")
    assert problem["quote"]["shipping"]["method_id"].startswith("shm_")


async def test_a_declined_card_is_a_problem_that_reveals_nothing(shop: Counter) -> None:
    cart = await shop.cart(shirt=1)
    stolen = {"gateway": "sandbox", "instrument": {"token": "tok_declined_stolen_card"}}
    answer = await shop.place(cart, "k", stolen)
    assert (answer.status_code, answer.json()["code"]) == (402, "payments.declined")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["reason"] == "use_another_method"
    assert "stolen" not in answer.text
    assert (await shop.place(cart, "k", stolen)).content == answer.content
    assert (await shop.send("GET", f"/v1/carts/{cart['id']}")).json()["state"] == "open"
    approved = {"gateway": "sandbox", "instrument": {"token": "tok_approved"}}
    assert (await shop.place(cart, "other", approved)).status_code == 201


async def test_3ds_over_http(shop: Counter, sandbox: Sandbox) -> None:
    cart = await shop.cart(shirt=1)
    payment = {
        "gateway": "sandbox",
        "instrument": {"token": "tok_3ds_challenge"},
        "return_url": "https://shop.test/back",
    }
    answer = await shop.place(cart, "k", payment)
    assert (answer.status_code, answer.json()["result"]) == (202, "requires_action")
    assert answer.json()["payment"]["next_action"]["url"].startswith("http")
    blocked = await shop.send(
        "POST", f"/v1/carts/{cart['id']}/lines", {"variant_id": shop.variant("mug")}
    )
    assert (blocked.status_code, blocked.json()["code"]) == (409, "cart.not_open")
    order_id = answer.json()["order"]["id"]
    async with shop.till.db.reading() as tx:
        (row,) = await tx.many(
            Statement("t", "many", "select gateway_reference from payments.payment", "t")
        )
    await sandbox.challenge(row["gateway_reference"], approve=True)
    resumed = await shop.send("POST", f"/v1/carts/{cart['id']}/resume")
    assert (resumed.status_code, resumed.json()["result"]) == (200, "placed")
    assert resumed.json()["order"]["id"] == order_id


async def test_one_call_purchase_and_its_statements(shop: Counter) -> None:
    body = {
        "lines": [{"variant_id": shop.variant("shirt"), "quantity": 1}],
        "email": "ann@example.com",
        "shipping_address": BERLIN,
        "shipping_method": "standard",
        "payment": {"gateway": "invoice"},
    }
    first = await shop.send("POST", "/v1/purchases", body, idempotency_key="warm")
    assert first.status_code == 201, first.text
    with counting_statements() as count:
        answer = await shop.send("POST", "/v1/purchases", body, idempotency_key="p")
    assert answer.status_code == 201
    assert (count.statements, count.transactions) == (8, 1), count.names
    again = await shop.send("POST", "/v1/purchases", body, idempotency_key="p")
    assert again.content == answer.content
    guarded = body | {"expected_total": {"minor": 1, "currency": "EUR"}}
    refused = await shop.send("POST", "/v1/purchases", guarded, idempotency_key="q")
    assert refused.json()["code"] == "checkout.total_changed"


async def test_statement_budget_over_http(shop: Counter) -> None:
    cart = await shop.cart(shirt=1)
    line = {"variant_id": shop.variant("mug"), "quantity": 1}
    with counting_statements() as count:
        await shop.send("POST", f"/v1/carts/{cart['id']}/lines", line, idempotency_key="l")
    assert count.names == ["sellable_variants", "write_carts"]
    assert count.round_trips == 2
    cart = (await shop.send("GET", f"/v1/carts/{cart['id']}")).json()
    with counting_statements() as count:
        approved = {"gateway": "sandbox", "instrument": {"token": "tok_approved"}}
        assert (await shop.place(cart, "k", approved)).status_code == 201
    assert (count.statements, count.transactions) == (12, 2), count.names


async def test_an_order_is_shown_to_its_customer_and_its_token_only(shop: Counter) -> None:
    placed = (await shop.place(await shop.cart(shirt=1), "k")).json()["order"]
    path = f"/v1/orders/{placed['id']}"
    other = (await shop.place(await shop.cart(shirt=1), "k2")).json()["order"]
    session = await shop.shopper_session("bob@example.com")
    for headers in ({}, {"x_order_token": other["token"]}, {"x_order_token": "x"}):
        answer = await shop.send("GET", path, **headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "orders.not_found")
    assert (await shop.send("GET", path, token=session)).status_code == 404
    unknown = encode("order", another_id())
    assert (await shop.send("GET", f"/v1/orders/{unknown}")).json()["code"] == "orders.not_found"


async def test_a_customer_buys_and_lists_and_claims_orders_as_a_guest(shop: Counter) -> None:
    guest = (await shop.place(await shop.cart(shirt=1), "g")).json()["order"]
    session = await shop.shopper_session()
    cart = await shop.cart(mug=1)
    claimed = await shop.send("POST", f"/v1/carts/{cart['id']}/claim", token=session)
    assert claimed.status_code == 200, claimed.text
    assert (await shop.send("GET", f"/v1/carts/{cart['id']}")).status_code == 404
    body = {"expected_total": cart["total"], "payment": {"gateway": "invoice"}}
    placed = await shop.send(
        "POST", f"/v1/carts/{cart['id']}/place", body, token=session, idempotency_key="c"
    )
    mine = placed.json()["order"]["id"]
    assert (await shop.send("GET", f"/v1/orders/{mine}", token=session)).status_code == 200
    listed = (await shop.send("GET", "/v1/orders", token=session)).json()["items"]
    assert [one["id"] for one in listed] == [mine]
    refused = await shop.send("POST", "/v1/orders/claim", token=session)
    assert (refused.status_code, refused.json()["code"]) == (403, "orders.email_not_verified")
    async with shop.till.db.transaction() as tx:
        await tx.run(
            Statement("t", "exec", "update customers.customer set email_verified_at = now()", "t")
        )
    session = (
        await shop.send(
            "POST",
            "/v1/sessions",
            {"email": "ann@example.com", "password": "four random words here"},
        )
    ).json()["token"]
    done = await shop.send("POST", "/v1/orders/claim", token=session)
    assert done.json() == {"order_ids": [guest["id"]]}
    listed = (await shop.send("GET", "/v1/orders?limit=1", token=session)).json()
    assert len(listed["items"]) == 1
    rest = await shop.send("GET", f"/v1/orders?cursor={listed['next_cursor']}", token=session)
    assert {one["id"] for one in listed["items"] + rest.json()["items"]} == {mine, guest["id"]}


BAD = [
    ("POST", "/v1/carts/{cart}/lines", {"variant_id": "{variant}", "quantity": 0}),
    ("POST", "/v1/carts/{cart}/lines", {"variant_id": "{variant}", "quantity": 10**30}),
    ("POST", "/v1/carts/{cart}/lines", {"variant_id": "{variant}", "quantity": "1"}),
    ("POST", "/v1/carts/{cart}/lines", {"variant_id": "{variant}", "quantity": 1.5}),
    ("POST", "/v1/carts/{cart}/lines", {"variant_id": "{variant}", "surprise": 1}),
    ("POST", "/v1/carts/{cart}/lines", {"variant_id": "ord_nonsense"}),
    ("POST", "/v1/carts/{cart}/lines", {"variant_id": "{unknown}"}),
    ("POST", "/v1/carts/{cart}/lines", {"variant_id": "{variant}", "configuration": {"a": "\0"}}),
    ("POST", "/v1/carts/{cart}/lines", {"variant_id": "{variant}", "configuration": {"": "x"}}),
    ("POST", "/v1/carts/{cart}/lines", {"variant_id": "{variant}", "quantity": 9999}),
    ("PUT", "/v1/carts/{cart}/email", {"email": "not an address"}),
    ("PUT", "/v1/carts/{cart}/email", {"email": "a" * 5000}),
    ("PUT", "/v1/carts/{cart}/shipping-address", {"country": "XX"}),
    ("PUT", "/v1/carts/{cart}/shipping-address", {"country": "DE"}),
    ("PUT", "/v1/carts/{cart}/shipping-method", {"shipping_method": "pigeon"}),
    ("POST", "/v1/carts/nonsense/lines", {"variant_id": "{variant}"}),
    ("POST", "/v1/carts/{nocart}/lines", {"variant_id": "{variant}"}),
    ("POST", "/v1/carts/{nocart}/place", {"expected_total": {"minor": 1, "currency": "EUR"}}),
    ("POST", "/v1/carts/{cart}/place", {"expected_total": {"minor": 1.5, "currency": "EUR"}}),
    ("POST", "/v1/carts/{cart}/place", {"expected_total": {"minor": 1490, "currency": "euro"}}),
    ("POST", "/v1/carts/{cart}/place", {"expected_total": {"minor": 1490, "currency": "USD"}}),
    ("POST", "/v1/carts/{cart}/place", {"expected_total": {"minor": -1, "currency": "EUR"}}),
    (
        "POST",
        "/v1/carts/{cart}/place",
        {
            "expected_total": {"minor": 1490, "currency": "EUR"},
            "payment": {"gateway": "sandbox", "instrument": {"number": "4111 1111 1111 1111"}},
        },
    ),
    (
        "POST",
        "/v1/carts/{cart}/place",
        {
            "expected_total": {"minor": 1490, "currency": "EUR"},
            "payment": {"gateway": "sandbox", "instrument": {}},
        },
    ),
    ("POST", "/v1/carts/{cart}/resume", None),
    ("POST", "/v1/purchases", {"lines": [], "email": "ann@example.com"}),
    ("POST", "/v1/purchases", {"lines": [{"variant_id": "{variant}"}], "email": "x"}),
    ("POST", "/v1/purchases", {"lines": [{"variant_id": "{variant}"}], "email": "a@b.de"}),
    ("GET", "/v1/orders/ord_nonsense", None),
]


@pytest.mark.parametrize(("method", "path", "body"), BAD)
async def test_bad_input_is_a_problem_with_a_code_and_no_effect(
    shop: Counter, method: str, path: str, body: Any
) -> None:
    cart = await shop.cart(shirt=9998)
    names = {
        "{cart}": cart["id"],
        "{nocart}": encode("cart", another_id()),
        "{variant}": shop.variant("shirt"),
        "{unknown}": encode("variant", another_id()),
    }

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [filled(inner) for inner in value]
        return names.get(value, value) if isinstance(value, str) else value

    for name, value in names.items():
        path = path.replace(name, value)
    answer = await shop.send(method, path, filled(body), idempotency_key="k")
    assert 400 <= answer.status_code < 500, answer.text
    problem = answer.json()
    assert problem["code"]
    assert problem["detail"]
    assert (await shop.send("GET", f"/v1/carts/{cart['id']}")).json() == cart
    async with shop.till.db.reading() as tx:
        orders_made = Statement("t", "many", 'select 1 from orders."order"', "t")
        assert await tx.many(orders_made) == []


async def test_another_channels_key_opens_neither_cart_nor_order(shop: Counter) -> None:
    cart = await shop.cart(shirt=1)
    placed = (await shop.place(await shop.cart(mug=1), "k")).json()["order"]
    async with shop.till.db.transaction() as tx:
        other = await channels.create_channel(
            tx,
            CreateChannel(
                code="other",
                name="Other",
                currency="EUR",
                countries=("DE",),
                default_country="DE",
                price_list_id=shop.till.channel.price_list_id,
                tax_inclusive=True,
            ),
        )
        made = await staff.create_publishable_key(
            tx, staff.SYSTEM, name="other", channel_id=other.id
        )
    foreign = {"x_publishable_key": made.token}
    for method, path, body in [
        ("GET", f"/v1/carts/{cart['id']}", None),
        ("POST", f"/v1/carts/{cart['id']}/lines", {"variant_id": shop.variant("mug")}),
        ("POST", f"/v1/carts/{cart['id']}/place", {"expected_total": cart["total"]}),
        ("POST", f"/v1/carts/{cart['id']}/resume", None),
    ]:
        answer = await shop.send(method, path, body, idempotency_key="f", **foreign)
        assert (answer.status_code, answer.json()["code"]) == (404, "cart.not_found"), path
    read = await shop.send(
        "GET", f"/v1/orders/{placed['id']}", x_order_token=placed["token"], **foreign
    )
    assert read.status_code == 404
