"""Custom fields from definition to order: over the API, with what purchases pay for them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.web.back_office.conftest import at_desk
from tests.web.back_office.filling import fill, form_of, led
from tests.web.checkout.conftest import Counter
from tests.web.identity.making import Shop

from argosy.kernel.ids import decode, encode
from argosy.modules import catalog, fields, orders
from argosy.modules.fields import DefineField
from argosy.runtime.db import Tx
from argosy.runtime.statements import Statement
from argosy.runtime.subscriptions import Delivered
from argosy.workflows import fielding
from argosy.workflows.projecting import note_changes, project_changed
from argosy.workflows.reactions import ON

DEFINITIONS = "/admin/v1/field-definitions"


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    assert body["code"] == code
    return body


@pytest.fixture
async def key(shop: Counter) -> str:
    """A secret key that may define fields and fill all of them."""
    return await shop.secret_key(
        "settings:write", "orders:write", "customers:write", "catalog:write"
    )


async def define(shop: Counter, key: str, subject: str, code: str, kind: str, **more: Any) -> Any:
    body = {"subject": subject, "code": code, "label": code, "kind": kind, **more}
    made = await shop.send("POST", DEFINITIONS, body, token=key)
    assert made.status_code == 201, made.text
    return made.json()


def told(event: Any, **data: Any) -> Delivered:
    return Delivered(
        event_id=UUID(int=1), type=event.TYPE, subject="", seq=1, data=data, trace=None,
        occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


async def test_a_field_is_defined_changed_and_removed(shop: Counter, key: str) -> None:
    made = await define(shop, key, "order", "vat", "text", pattern=r"[A-Z]{2}\d+")
    path = f"{DEFINITIONS}/{made['id']}"
    listed = await shop.send("GET", f"{DEFINITIONS}?subject=order", token=key)
    assert listed.json()["items"] == [made]
    again = {"subject": "order", "code": "vat", "label": "x", "kind": "text"}
    problem(await shop.send("POST", DEFINITIONS, again, token=key), 409, "fields.code_taken")
    wrong = again | {"code": "w", "pattern": "(a+)+"}
    problem(
        await shop.send("POST", DEFINITIONS, wrong, token=key), 422, "fields.definition_invalid"
    )
    body = {"code": "vat_id", "label": "VAT id", "kind": "text"}
    renamed = await shop.send("PUT", path, body, token=key, if_match='"v1"')
    assert (renamed.json()["code"], renamed.headers["etag"]) == ("vat_id", '"v2"')
    stale = await shop.send("PUT", path, body, token=key, if_match='"v1"')
    problem(stale, 409, "fields.changed")
    assert (await shop.send("DELETE", path, token=key, if_match="*")).status_code == 204
    gone = await shop.send("DELETE", path, token=key, if_match="*")
    problem(gone, 404, "fields.not_found")


async def test_what_a_shopper_says_of_a_cart_goes_onto_the_order(shop: Counter, key: str) -> None:
    shown: dict[str, Any] = {"visible": "storefront"}
    await define(
        shop, key, "cart", "engraving", "text", max_length=9, shopper_writes=True, on_order=True,
        **shown,
    )  # fmt: skip
    await define(shop, key, "cart", "risk", "integer")
    await define(shop, key, "order", "engraving", "text", **shown)
    await define(shop, key, "order", "margin", "number")
    cart = await shop.cart(shirt=1)
    path = f"/v1/carts/{cart['id']}/fields"
    told_ = await shop.send("PATCH", path, {"values": {"engraving": "For Ann"}})
    assert told_.json() == {"values": {"engraving": "For Ann"}}
    for wrong in ({"engraving": "far too long"}, {"risk": 3}, {"nothing": 1}):
        refused = await shop.send("PATCH", path, {"values": wrong})
        problem(refused, 422, "fields.values_invalid")
    staff_path = f"/admin/v1/carts/{cart['id']}/fields"
    await shop.send("PATCH", staff_path, {"values": {"risk": 3}}, token=key)
    assert (await shop.send("GET", path)).json() == {"values": {"engraving": "For Ann"}}

    placed = await shop.place(cart, "k1")
    assert placed.status_code in {200, 201}, placed.text
    closed = await shop.send("PATCH", path, {"values": {"engraving": "For Bob"}})
    problem(closed, 409, "fields.closed")
    order_id = decode("cart", cart["id"])
    async with shop.till.db.transaction() as tx:
        await fielding.copy_fields(tx, [told(orders.OrderPlaced, order_id=str(order_id))])
    order = f"/admin/v1/orders/{encode('order', order_id)}/fields"
    assert (await shop.send("GET", order, token=key)).json() == {"values": {"engraving": "For Ann"}}
    await shop.send("PATCH", order, {"values": {"margin": "12.50"}}, token=key)
    own_path = f"/v1/orders/{encode('order', order_id)}/fields"
    own = await shop.send("GET", own_path, x_order_token=placed.json()["order"]["token"])
    assert own.json() == {"values": {"engraving": "For Ann"}}
    problem(await shop.send("GET", own_path), 404, "orders.not_found")
    found = await shop.send(
        "GET", "/admin/v1/orders?field.engraving=For%20Ann&field.margin.min=12.5", token=key
    )
    assert [row["id"] for row in found.json()["items"]] == [encode("order", order_id)]
    none = await shop.send("GET", "/admin/v1/orders?field.margin.min=12.51", token=key)
    assert none.json()["items"] == []
    for query in ("field.nothing=1", "field.margin=x", "field.engraving=a&stage=confirmed"):
        refused = await shop.send("GET", f"/admin/v1/orders?{query}", token=key)
        problem(refused, 422, "fields.filter_invalid")


async def test_orders_hear_of_fields_by_an_event_when_they_stand(shop: Counter) -> None:
    assert fielding.copy_fields in ON[orders.OrderPlaced]
    assert fielding.copy_fields in ON[orders.OrderPending]


async def test_a_purchase_runs_no_statement_of_fields(
    shop: Counter, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await define(shop, key, "cart", "note", "text", visible="storefront", shopper_writes=True)
    ran: list[Statement] = []

    def listening(name: str) -> None:
        original = getattr(Tx, name)

        async def run(self: Tx, statement: Statement, *args: Any) -> Any:
            ran.append(statement)
            return await original(self, statement, *args)

        monkeypatch.setattr(Tx, name, run)

    for name in ("one", "maybe", "many", "run"):
        listening(name)
    cart = await shop.cart(shirt=2)
    placed = await shop.place(cart, "k1")
    assert placed.status_code in {200, 201}, placed.text
    assert ran
    assert not [s.name for s in ran if "fields.value" in s.sql or "fields.definition" in s.sql]


async def test_customers_and_products_are_found_by_their_fields(shop: Counter, key: str) -> None:
    await define(shop, key, "customer", "rank", "integer", minimum="1")
    await define(shop, key, "product", "season", "choice", choices=["summer", "winter"])
    await shop.shopper_session()
    [ann] = (await shop.send("GET", "/admin/v1/customers", token=key)).json()["items"]
    path = f"/admin/v1/customers/{ann['id']}/fields"
    low = await shop.send("PATCH", path, {"values": {"rank": 0}}, token=key)
    assert problem(low, 422, "fields.values_invalid")["faults"][0]["code"] == "range"
    await shop.send("PATCH", path, {"values": {"rank": 7}}, token=key)
    found = await shop.send("GET", "/admin/v1/customers?field.rank=7", token=key)
    assert [row["id"] for row in found.json()["items"]] == [ann["id"]]
    product = (await shop.send("GET", "/admin/v1/products", token=key)).json()["items"][0]["id"]
    filled = {"values": {"season": "winter"}}
    await shop.send("PATCH", f"/admin/v1/products/{product}/fields", filled, token=key)
    found = await shop.send("GET", "/admin/v1/products?field.season=winter", token=key)
    assert [row["id"] for row in found.json()["items"]] == [product]
    nobody = encode("product", UUID(int=7))
    missing = await shop.send("GET", f"/admin/v1/products/{nobody}/fields", token=key)
    problem(missing, 404, "catalog.product_not_found")
    # The trail of a person names the fields and not what is in them.
    auditor = await shop.secret_key("audit:read")
    trail = (await shop.send("GET", "/admin/v1/audit", token=auditor)).json()["items"]
    [entry] = [e for e in trail if e["action"] == "customer.fields"]
    assert entry["after"] == {"fields": ["rank"]}


async def test_product_pages_show_the_fields_that_shoppers_may_see(shop: Counter) -> None:
    till = shop.till
    async with till.db.transaction() as tx:
        for code, visible in (("season", "storefront"), ("buyer", "staff")):
            given = DefineField(code=code, label=code, kind="text", visible=visible)  # type: ignore[arg-type]
            await fields.define_field(tx, "product", given)
        [product_id] = await catalog.product_ids_after(tx, None, 1)
        values = {"season": "winter", "buyer": "Bob"}
        await fielding.set_fields(tx, "product", product_id, values)
        product = await catalog.product_by_id(tx, product_id)
        changed = told(fields.ProductFieldsChanged, product_id=str(product_id))
        await note_changes(tx, [changed])
    while await project_changed(till.app):
        pass
    page = await shop.send("GET", f"/v1/products/{product.row.slug}")
    assert page.json()["fields"] == {"season": "winter"}
    async with till.db.transaction() as tx:
        await fielding.forget_fields(tx, [told(catalog.ProductDeleted, product_id=str(product_id))])
        assert await fields.values_of(tx, "product", [product_id]) == {}


async def test_a_change_of_values_that_were_changed_since_is_refused(
    shop: Counter, key: str
) -> None:
    await define(shop, key, "product", "care", "text")
    await define(shop, key, "product", "maker", "text", default="us")
    some = (await shop.send("GET", "/admin/v1/products", token=key)).json()["items"]
    path = f"/admin/v1/products/{some[0]['id']}/fields"
    read = await shop.send("GET", path, token=key)
    assert read.json() == {"values": {"maker": "us"}}
    tag = read.headers["etag"]
    first = await shop.send("PATCH", path, {"values": {"care": "dry"}}, token=key, if_match=tag)
    assert (first.status_code, first.headers["etag"] != tag) == (200, True)
    late = {"values": {"care": "wet"}}
    refused = await shop.send("PATCH", path, late, token=key, if_match=tag)
    body = problem(refused, 409, "fields.values_changed")
    assert first.headers["etag"] == f'"v{body["current_version"]}"'
    assert (await shop.send("GET", path, token=key)).json()["values"]["care"] == "dry"
    again = await shop.send("PATCH", path, late, token=key, if_match=first.headers["etag"])
    assert again.json()["values"] == {"care": "wet", "maker": "us"}
    assert (await shop.send("PATCH", path, late, token=key, if_match="*")).status_code == 200
    assert (await shop.send("PATCH", path, late, token=key)).status_code == 200


async def test_support_looks_at_a_cart_and_fills_its_fields(shop: Counter, key: str) -> None:
    await define(shop, key, "cart", "wrap", "choice", choices=["paper", "box"])
    cart = await shop.cart(shirt=2)
    await define(shop, key, "cart", "risk", "integer")
    values = {"values": {"wrap": "paper", "risk": 3}}
    await shop.send("PATCH", f"/admin/v1/carts/{cart['id']}/fields", values, token=key)
    for low, found in ((3, [cart["id"]]), (4, [])):
        query = f"field.wrap=paper&field.risk.min={low}"
        listed = await shop.send("GET", f"/admin/v1/carts?{query}", token=key)
        assert [row["id"] for row in listed.json()["items"]] == found
    staffed = Shop(shop.till.app, shop.client, shop.till.channel, "")
    desk = await at_desk(staffed, "support")
    path = f"/admin/carts/{cart['id']}"
    assert led(await desk.get(f"/admin/carts?cart={cart['id']}")) == path
    lost = await desk.get(f"/admin/carts?cart={encode('cart', UUID(int=7))}")
    assert (lost.status_code, "There is no such cart." in lost.text) == (404, True)
    for risk, found in ((3, True), (4, False)):
        narrowed = f"/admin/carts?field=wrap&is=paper&field2=risk&is2={risk}"
        assert (f'"{path}"' in (await desk.get(narrowed)).text) is found
    page = (await desk.get(path)).text
    assert all(text in page for text in ("SHIRT", "Being filled", f'"{path}/fields"'))
    assert led(await fill(desk, f"{path}/fields", field__wrap="box")) == path
    assert "<dd>box</dd>" in (await desk.get(path)).text
    form = form_of(await desk.get(f"{path}/fields"))
    assert (await shop.place(cart, "k1")).status_code in {200, 201}
    late = await desk.post(f"{path}/fields", form | {"field.wrap": "paper"})
    assert (late.status_code, "being bought or is an order" in late.text) == (409, True)
    assert "what it cost stands on its order" in (await desk.get(path)).text
