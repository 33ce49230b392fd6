"""Orders in the administration, over HTTP."""

from __future__ import annotations

from typing import Any

from tests.web.checkout.conftest import Counter
from tests.workflows.till import another_id

from argosy.kernel.ids import decode, encode
from argosy.modules.orders import Because, OrderActor, hold_order
from argosy.runtime.db import counting_statements


async def placed(shop: Counter, key: str = "k", **units: int) -> str:
    answer = await shop.place(await shop.cart(**units), key)
    assert answer.status_code == 201, answer.text
    order_id: str = answer.json()["order"]["id"]
    return order_id


async def test_staff_read_an_order_with_its_history_payments_and_books(shop: Counter) -> None:
    order_id = await placed(shop, shirt=2)
    token = await shop.secret_key("orders:read")
    answer = await shop.send("GET", f"/admin/v1/orders/{order_id}", token=token)
    assert answer.status_code == 200
    order = answer.json()
    assert answer.headers["etag"] == f'"v{order["version"]}"'
    assert [entry["kind"] for entry in order["timeline"]] == ["confirmed"]
    assert order["timeline"][0]["actor"] == {"kind": "shopper"}
    assert [payment["state"] for payment in order["payments"]] == ["authorised"]
    assert [booking["kind"] for booking in order["bookings"]] == ["placed"]
    assert order["quote"]["hash"]
    assert order["taxes"][0]["tax"]["minor"] == 397
    assert order["quote"]["lines"][0]["variant_id"] == shop.variant("shirt")
    assert order["quote"]["shipping"]["method_id"].startswith("shm_")
    part = await shop.send(
        "GET", f"/admin/v1/orders/{order_id}?fields=id,total.minor,lines.sku", token=token
    )
    assert part.json() == {
        "id": order_id,
        "lines": [{"sku": line["sku"]} for line in order["lines"]],
        "total": {"minor": order["total"]["minor"]},
    }


async def test_expand_adds_operations_and_postings_to_whoever_may_read_them(shop: Counter) -> None:
    order_id = await placed(shop, shirt=2)
    path = f"/admin/v1/orders/{order_id}"
    token = await shop.secret_key("orders:read", "payments:read", "ledger:read")
    plain = (await shop.send("GET", path, token=token)).json()
    assert (plain["payment_details"], plain["postings"]) == (None, None)
    answer = await shop.send("GET", f"{path}?expand=payments,postings", token=token)
    assert answer.status_code == 200, answer.text
    (payment,) = answer.json()["payment_details"]
    assert payment["payment"]["id"] == plain["payments"][0]["id"]
    assert [operation["kind"] for operation in payment["operations"]] == ["authorise"]
    (posting,) = answer.json()["postings"]
    assert sum(entry["amount"]["minor"] for entry in posting["entries"]) == 0
    unknown = await shop.send("GET", f"{path}?expand=everything", token=token)
    assert (unknown.status_code, unknown.json()["allowed"]) == (
        422,
        ["customer", "payments", "postings"],
    )
    weak = await shop.secret_key("orders:read")
    refused = await shop.send("GET", f"{path}?expand=postings", token=weak)
    assert (refused.status_code, refused.json()["code"]) == (403, "auth.forbidden")


async def test_the_list_pages_filters_and_refuses_foreign_cursors(shop: Counter) -> None:
    made = [await placed(shop, f"k{n}", shirt=1) for n in range(3)]
    token = await shop.secret_key("orders:read")
    first = (await shop.send("GET", "/admin/v1/orders?limit=2", token=token)).json()
    assert [one["id"] for one in first["items"]] == [made[2], made[1]]
    cursor = first["next_cursor"]
    rest = await shop.send("GET", f"/admin/v1/orders?limit=2&cursor={cursor}", token=token)
    assert [one["id"] for one in rest.json()["items"]] == [made[0]]
    assert rest.json()["next_cursor"] is None
    wrong = await shop.send("GET", f"/admin/v1/orders?stage=cancelled&cursor={cursor}", token=token)
    assert wrong.json()["code"] == "paging.cursor_invalid"
    for query, expected in [
        ("email=Ann@Example.com", 3),
        ("email=bob@example.com", 0),
        ("queue=to_fulfil", 3),
        ("stage=cancelled", 0),
        ("payment_status=authorised", 3),
        ("fulfilment_status=fulfilled", 0),
        (f"channel_id={encode('channel', another_id())}", 0),
        ("opened_since=2999-01-01T00:00:00Z", 0),
        ("opened_since=2001-01-01T00:00:00", 3),
    ]:
        answer = await shop.send("GET", f"/admin/v1/orders?{query}", token=token)
        assert len(answer.json()["items"]) == expected, query
    for query in ("stage=nonsense", "channel_id=ord_x", "email=x", "limit=0", "limit=101"):
        answer = await shop.send("GET", f"/admin/v1/orders?{query}", token=token)
        assert answer.status_code in {400, 422}, query


async def test_cancelling_needs_the_scope_the_version_and_is_audited(shop: Counter) -> None:
    order_id = await placed(shop, shirt=2)
    reader = await shop.secret_key("orders:read")
    writer = await shop.secret_key("orders:read", "orders:write", "audit:read")
    path, body = f"/admin/v1/orders/{order_id}/cancel", {"reason": "customer_request"}
    assert (await shop.send("POST", path, body, token=reader)).status_code == 403
    assert (await shop.send("POST", path, body)).status_code == 401
    stale = await shop.send("POST", path, body, token=writer, if_match='"v99"')
    assert (stale.status_code, stale.json()["code"]) == (409, "orders.changed")
    assert stale.json()["current_version"] == 1
    done = await shop.send("POST", path, body, token=writer, if_match='"v1"')
    assert done.status_code == 200, done.text
    assert (done.json()["stage"], done.json()["payment_status"]) == ("cancelled", "voided")
    cancelled = next(one for one in done.json()["timeline"] if one["kind"] == "cancelled")
    assert cancelled["actor"]["kind"] == "key"
    again = await shop.send("POST", path, body, token=writer)
    assert again.json()["version"] == done.json()["version"]
    assert (await shop.till.level("shirt")).allocated == 0
    trail = await shop.send("GET", f"/admin/v1/audit?subject={order_id}", token=writer)
    assert "order.cancelled" in [one["action"] for one in trail.json()["items"]]
    await shop.till.check_books()


async def test_J9_notes_stay_in_the_timeline_for_staff_only(shop: Counter) -> None:
    cart = await shop.cart(shirt=1)
    order = (await shop.place(cart, "k")).json()["order"]
    writer = await shop.secret_key("orders:write")
    path = f"/admin/v1/orders/{order['id']}/notes"
    noted = await shop.send("POST", path, {"text": "  Ring twice.  "}, token=writer)
    assert noted.status_code == 201
    assert noted.json()["timeline"][-1]["data"] == {"text": "Ring twice."}
    blank = await shop.send("POST", path, {"text": "   "}, token=writer)
    assert blank.json()["code"] == "orders.note_invalid"
    seen = await shop.send("GET", f"/v1/orders/{order['id']}", x_order_token=order["token"])
    assert "Ring" not in seen.text
    unknown = encode("order", another_id())
    missing = await shop.send(
        "POST", f"/admin/v1/orders/{unknown}/notes", {"text": "x"}, token=writer
    )
    assert missing.json()["code"] == "orders.not_found"


async def test_J6_a_hold_is_shown_and_released(shop: Counter) -> None:
    cart = await shop.cart(shirt=1)
    order_id = (await shop.place(cart, "k")).json()["order"]["id"]
    because = Because(actor=OrderActor(kind="system", name="test"))
    async with shop.till.db.transaction() as tx:
        await hold_order(tx, decode("order", order_id), "manual", "call first", because)
    token = await shop.secret_key("orders:read", "orders:write")
    held = (await shop.send("GET", "/admin/v1/orders?queue=held", token=token)).json()["items"]
    assert [one["id"] for one in held] == [order_id]
    (hold,) = (await shop.send("GET", f"/admin/v1/orders/{order_id}", token=token)).json()["holds"]
    path = f"/admin/v1/orders/{order_id}/holds/{hold['id']}/release"
    for _ in range(2):
        released = await shop.send("POST", path, token=token)
        assert released.status_code == 200, released.text
        assert released.json()["hold_status"] == "clear"


async def test_the_list_expands_all_its_orders_with_as_many_statements_as_one(
    shop: Counter,
) -> None:
    mine = await shop.shopper_session()
    cart = await shop.cart(shirt=1)
    await shop.send("POST", f"/v1/carts/{cart['id']}/claim", token=mine)
    body = {"expected_total": cart["total"], "payment": {"gateway": "invoice"}}
    own = await shop.send(
        "POST", f"/v1/carts/{cart['id']}/place", body, token=mine, idempotency_key="own"
    )
    made = [own.json()["order"]["id"]]
    made += [await placed(shop, f"k{n}", shirt=1) for n in range(4)]
    token = await shop.secret_key("orders:read", "payments:read", "customers:read")
    path = "/admin/v1/orders?expand=payments,customer"

    async def counted(query: str) -> tuple[list[dict[str, Any]], int]:
        with counting_statements() as ran:
            answer = await shop.send("GET", path + query, token=token)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"], len(ran.names)

    everything, all_statements = await counted("")
    (newest,), _ = await counted("&limit=1")
    assert newest == everything[0]
    by_id = {one["id"]: one for one in everything}
    assert set(by_id) == set(made)
    assert all(len(one["payment_details"]) == 1 for one in everything)
    assert by_id[made[0]]["customer"]["email"] == "ann@example.com"
    assert by_id[made[1]]["customer"] is None
    with counting_statements() as ran:
        await shop.send("GET", "/admin/v1/orders", token=token)
    assert all_statements == len(ran.names) + 3, "payments, their operations, customers"

    unknown = await shop.send("GET", "/admin/v1/orders?expand=postings", token=token)
    assert (unknown.status_code, unknown.json()["allowed"]) == (422, ["customer", "payments"])
    assert "customer, payments" in unknown.json()["cure"]
    weak = await shop.secret_key("orders:read")
    refused = await shop.send("GET", path, token=weak)
    assert refused.status_code == 403


async def test_a_shopper_expands_the_payments_of_an_order(shop: Counter) -> None:
    answer = await shop.place(await shop.cart(shirt=1), "k")
    order = answer.json()["order"]
    path, token = f"/v1/orders/{order['id']}", {"x_order_token": order["token"]}
    plain = (await shop.send("GET", path, **token)).json()
    assert plain["payments"] is None
    shown = (await shop.send("GET", f"{path}?expand=payments", **token)).json()
    (payment,) = shown["payments"]
    assert (payment["gateway"], payment["amount"]) == ("invoice", order["total"])
    assert shown | {"payments": None} == plain
    unknown = await shop.send("GET", f"{path}?expand=postings", **token)
    assert (unknown.status_code, unknown.json()["allowed"]) == (422, ["payments"])
