"""Tax ids of carts and customers over HTTP (B7, B8), and their administration (B22)."""

from __future__ import annotations

from typing import Any

import msgspec
from tests.web.checkout.conftest import Counter
from tests.workflows.tax_shop import LYON_TAX_ID, PARIS, Register, sells_to_france, with_register

from argosy.kernel.ids import encode
from argosy.modules.tax import RegisterAnswer
from argosy.runtime.statements import Statement
from argosy.workflows.quoting import rules_for
from argosy.workflows.tax_ids import checked_tax_id

PARIS_BODY = msgspec.to_builtins(PARIS) | {"name": "Ann Lee"}
CERTIFICATE = {
    "number": "DE-77",
    "reason": "diplomatic",
    "jurisdictions": [{"country": "DE", "valid_from": "2020-01-01"}],
}


async def french_cart(shop: Counter, **more: Any) -> dict[str, Any]:
    body = {
        "lines": [{"variant_id": shop.variant("shirt"), "quantity": 3}],
        "email": "ann@example.com",
        "shipping_address": PARIS_BODY,
        "shipping_method": "france",
    }
    answer = await shop.send("POST", "/v1/carts", body | more)
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def test_B7_B8_a_cart_shows_its_tax_id_the_relief_and_the_words(shop: Counter) -> None:
    await sells_to_france(shop.till)
    shop.till.app.parts.clear()
    cart = await french_cart(shop)
    assert (cart["tax_id"], cart["tax_relief"]) == (None, None)
    path = f"/v1/carts/{cart['id']}/tax-id"
    told = (await shop.send("PUT", path, {"tax_id": LYON_TAX_ID})).json()
    # The settings name no register here: the id is kept, and taxed.
    assert (told["tax_id"]["status"], told["tax_id"]["reason"]) == ("unverified", "no_register")
    assert told["total"] == cart["total"]
    wrong = await shop.send("PUT", path, {"tax_id": "FR40303265046"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "tax.id_invalid")
    gone = (await shop.send("DELETE", path)).json()
    assert gone["tax_id"] is None


async def test_B7_a_policy_that_accepts_relieves_and_says_why(shop: Counter) -> None:
    await sells_to_france(shop.till, unverified="accept")
    cart = await french_cart(shop, tax_id={"tax_id": "40303265045", "country": "FR"})
    assert cart["tax_relief"] == {"minor": 700, "currency": "EUR"}
    assert cart["total"]["minor"] == 3500
    (part,) = cart["taxes"]
    assert (part["treatment"], part["tax"]["minor"]) == ("intra_community", 0)
    assert "Art. 138" in part["note"]
    placed = await shop.place(cart, "k1")
    assert placed.status_code == 201, placed.text


async def test_a_customer_keeps_a_tax_id(shop: Counter) -> None:
    token, path = await shop.shopper_session(), "/v1/customers/me/tax-id"
    assert (await shop.send("GET", path, token=token)).json() == {"tax_id": None}
    put = await shop.send("PUT", path, {"tax_id": "de136695976"}, token=token)
    assert put.json()["tax_id"]["value"] == "DE136695976"
    assert (await shop.send("GET", path, token=token)).json() == put.json()
    for _ in range(2):
        assert (await shop.send("DELETE", path, token=token)).status_code == 204
    assert (await shop.send("GET", path)).status_code == 401


async def test_the_tax_policy_of_a_channel_is_set(shop: Counter) -> None:
    token = await shop.secret_key("taxes:write", "audit:read")
    path = f"/admin/v1/channels/{encode('channel', shop.till.channel.id)}/tax-policy"
    first = await shop.send("GET", path, token=token)
    assert (first.json()["unverified"], first.headers["etag"]) == ("charge", '"v0"')
    body = {"seller_country": "DE", "seller_tax_id": "DE136695976", "unverified": "recent"}
    put = await shop.send("PUT", path, body, token=token, if_match='"v0"')
    assert put.status_code == 200, put.text
    assert put.json() == body | {
        "waived_price": "net", "recheck_s": 86400, "recent_days": 30, "version": 1,
        "engine": "", "engine_company": "", "engine_commit": "placed", "engine_codes": {},
        "refuse_above_minor": None, "origin": None, "ioss_number": "", "excise_classes": [],
    }  # fmt: skip
    again = await shop.send("PUT", path, body, token=token, if_match='"v0"')
    assert (again.status_code, again.json()["code"]) == (409, "tax.policy_changed")
    wrong = await shop.send("PUT", path, {"seller_tax_id": "DE1"}, token=token, if_match="*")
    assert wrong.status_code == 422
    trail = await shop.send("GET", "/admin/v1/audit", token=token)
    assert "tax_policy.set" in trail.text


async def test_B22_certificates_are_kept_per_customer(shop: Counter) -> None:
    await shop.shopper_session()
    async with shop.till.db.reading() as tx:
        row = await tx.one(Statement("t", "one", "select id from customers.customer", "t"))
    customer = encode("customer", row["id"])
    token = await shop.secret_key("taxes:write")
    path = f"/admin/v1/customers/{customer}/tax-certificates"
    made = await shop.send("POST", path, CERTIFICATE, token=token)
    assert made.status_code == 201, made.text
    found = made.json()
    twice = await shop.send("POST", path, CERTIFICATE, token=token)
    assert (twice.status_code, twice.json()["code"]) == (409, "tax.certificate_taken")
    wider = CERTIFICATE | {"tax_classes": ["standard"]}
    one = f"{path}/{found['id']}"
    read = await shop.send("GET", one, token=token)
    assert (read.json(), read.headers["etag"]) == (found, '"v1"')
    put = await shop.send("PUT", one, wider, token=token, if_match=read.headers["etag"])
    assert put.json()["tax_classes"] == ["standard"]
    stale = await shop.send("PUT", one, wider, token=token, if_match='"v1"')
    assert (stale.status_code, stale.json()["code"]) == (409, "tax.certificate_changed")
    for _ in range(2):
        revoked = await shop.send("POST", f"{one}/revoke", token=token)
        assert revoked.json()["revoked_at"] is not None
    assert len((await shop.send("GET", path, token=token)).json()["items"]) == 1
    nobody = path.replace(customer, encode("customer", shop.till.channel.id))
    assert (await shop.send("GET", nobody, token=token)).status_code == 404


async def test_B7_consultations_are_shown_as_evidence(shop: Counter) -> None:
    register = Register()
    register.says = RegisterAnswer(status="invalid", request_id="WAPI-3")
    await sells_to_france(shop.till)
    app = with_register(shop.till, register)
    await checked_tax_id(app, (await rules(shop)).taxes.policy, LYON_TAX_ID)
    token = await shop.secret_key("taxes:read")
    path = "/admin/v1/tax-id-checks?tax_id=fr%2040303265045"
    (shown,) = (await shop.send("GET", path, token=token)).json()["items"]
    assert (shown["status"], shown["request_id"]) == ("invalid", "WAPI-3")
    assert (shown["tax_id"], shown["requester"]) == (LYON_TAX_ID, "DE136695976")


async def rules(shop: Counter) -> Any:
    return await rules_for(shop.till.app, shop.till.channel.id)


async def test_B16_an_engine_is_chosen_among_those_that_are_set_up(shop: Counter) -> None:
    token = await shop.secret_key("taxes:write")
    path = f"/admin/v1/channels/{encode('channel', shop.till.channel.id)}/tax-policy"
    wrong = await shop.send("PUT", path, {"engine": "avalara"}, token=token, if_match="*")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "tax.policy_invalid")
    told = await shop.send("GET", "/admin/v1/tax-filings?state=open", token=token)
    assert (told.status_code, told.json()["items"]) == (200, [])
    assert (await shop.send("GET", "/admin/v1/tax-filings?state=x", token=token)).status_code == 422
