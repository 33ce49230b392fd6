"""Shoppers read the documents of their orders: over the API, and from the order's page."""

from __future__ import annotations

from typing import Any

from tests.web.checkout.conftest import Counter

from argosy.kernel.address import Address
from argosy.kernel.ids import decode, encode, new_id
from argosy.modules import invoices, orders
from argosy.workflows import invoicing


async def sells(shop: Counter) -> None:
    async with shop.till.db.transaction() as tx:
        await invoices.create_entity(
            tx,
            invoices.SetEntity(
                code="ltd",
                name="Example Ltd",
                address=Address(country="DE", city="Berlin", line1="Hauptstr. 1"),
                channel_ids=(shop.till.channel.id,),
                yearly=False,
            ),
        )


async def bought(shop: Counter, token: str | None = None) -> str:
    """The id of an order of a shirt."""
    cart = await shop.cart(shirt=1)
    if token is not None:
        claimed = await shop.send("POST", f"/v1/carts/{cart['id']}/claim", token=token)
        assert claimed.status_code == 200, claimed.text
        cart = claimed.json()["cart"]
    body = {"expected_total": cart["total"], "payment": {"gateway": "invoice"}}
    placed = await shop.send(
        "POST", f"/v1/carts/{cart['id']}/place", body, token=token, idempotency_key=cart["id"]
    )
    assert placed.status_code == 201, placed.text
    return encode("order", decode("cart", cart["id"]))


async def invoiced(shop: Counter, order: str) -> tuple[str, str]:
    """The ids of an invoice of all of an order, and of a credit note of one euro."""
    async with shop.till.db.transaction() as tx:
        made = await invoicing.issue_invoice(tx, decode("order", order))
        note = await invoicing.issue_credit_note(tx, made.id, reason="late", amount_minor=100)
    return encode("invoice", made.id), encode("invoice", note.id)


def secret(shop: Counter, order: str) -> str:
    key = shop.till.app.settings.secret_key.get_secret_value()
    return orders.order_token(key, decode("order", order))


async def get(shop: Counter, path: str, status: int, **headers: Any) -> Any:
    answer = await shop.send("GET", path, **headers)
    assert answer.status_code == status, answer.text
    return answer


async def test_a_guest_reads_the_documents_with_the_token_of_the_order(shop: Counter) -> None:
    await sells(shop)
    order, other = await bought(shop), await bought(shop)
    path, token = f"/v1/orders/{order}/invoices", secret(shop, order)
    assert (await get(shop, path, 200, x_order_token=token)).json()["items"] == []
    invoice, note = await invoiced(shop, order)
    found = await get(shop, path, 200, x_order_token=token)
    assert found.headers["cache-control"] == "private, no-store"
    assert [(one["id"], one["kind"], one["number"]) for one in found.json()["items"]] == [
        (invoice, "invoice", "INV-000001"),
        (note, "credit_note", "CRN-000001"),
    ]
    one = (await get(shop, f"{path}/{note}", 200, x_order_token=token)).json()
    assert one["corrects"]["number"] == "INV-000001"
    page = await get(shop, f"{path}/{invoice}/page", 200, x_order_token=token)
    assert "Invoice INV-000001" in page.text
    assert page.headers["content-disposition"] == 'inline; filename="INV-000001.html"'
    assert page.headers["referrer-policy"] == "no-referrer"
    # Without the order's own token there is nothing to see, nor by the token of another order.
    for wrong in ({}, {"x_order_token": secret(shop, other)}, {"x_order_token": "x"}):
        for each in (path, f"{path}/{invoice}", f"{path}/{invoice}/page"):
            assert (await get(shop, each, 404, **wrong)).json()["code"] == "orders.not_found"
    theirs = f"/v1/orders/{other}/invoices"
    mine = {"x_order_token": secret(shop, other)}
    for each in (f"{theirs}/{invoice}", f"{theirs}/{encode('invoice', new_id())}/page"):
        assert (await get(shop, each, 404, **mine)).json()["code"] == "invoices.not_found"


async def test_a_customer_reads_their_own_and_nobody_elses(shop: Counter) -> None:
    await sells(shop)
    ann = await shop.shopper_session("ann@example.com")
    bob = await shop.shopper_session("bob@example.com")
    order = await bought(shop, ann)
    invoice, _ = await invoiced(shop, order)
    path = f"/v1/orders/{order}/invoices/{invoice}"
    assert (await get(shop, path, 200, token=ann)).json()["number"] == "INV-000001"
    await get(shop, path, 404, token=bob)


async def test_the_page_of_an_order_links_to_its_documents_when_there_are_any(
    shop: Counter,
) -> None:
    await sells(shop)
    order = await bought(shop)
    token = secret(shop, order)
    before = await get(shop, f"/orders/{order}?token={token}", 200)
    assert "/invoices/" not in before.text
    assert "Documents" not in before.text
    invoice, note = await invoiced(shop, order)
    page = await get(shop, f"/orders/{order}?token={token}", 200)
    for document, text in ((invoice, "Invoice INV-000001"), (note, "Credit note CRN-000001")):
        link = f"/orders/{order}/invoices/{document}?token={token}"
        assert f'<a href="{link}">{text}</a>' in page.text
        assert text in (await get(shop, link, 200)).text
    await get(shop, f"/orders/{order}/invoices/{invoice}", 404)
    await get(shop, f"/orders/{order}/invoices/{invoice}?token=x", 404)
