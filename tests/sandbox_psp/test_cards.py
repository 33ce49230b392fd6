"""Cards that are typed at the provider's own pages: tokens, the hosted page, kept ways to pay."""

from __future__ import annotations

import secrets
from typing import Any

import httpx
import pytest

from argosy.drill.sandbox import Sandbox
from argosy.sandbox_psp import wire
from argosy.sandbox_psp.wallet import read_card

VISA = {"number": "4242 4242 4242 4242", "expiry": "12/39", "code": "123"}


async def token_for(sandbox: Sandbox, **typed: str) -> str:
    answer = await sandbox.http.post("/fields/tokens", json=VISA | typed)
    assert answer.status_code == 200, answer.text
    assert "4242424242424242" not in answer.text
    token: str = answer.json()["token"]
    return token


async def pay(sandbox: Sandbox, key: str = "", **more: Any) -> httpx.Response:
    body = {"amount": 1000, "currency": "EUR", "reference": secrets.token_hex(4), **more}
    headers = {"idempotency-key": key or secrets.token_hex(8)}
    return await sandbox.http.post("/v1/payments", json=body, headers=headers)


async def test_a_card_token_pays_once_and_behaves_like_its_card(sandbox: Sandbox) -> None:
    token, key = await token_for(sandbox), secrets.token_hex(8)
    body = {"token": token, "reference": "one"}
    first = await pay(sandbox, key, **body)
    assert first.json()["payment"]["status"] == "authorised"
    again = await pay(sandbox, key, **body)
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    spent = await pay(sandbox, token=token)
    assert (spent.status_code, spent.json()["error"]["code"]) == (422, "token_unknown")
    for number, status in (
        ("4000 0000 0000 9995", "declined"),
        ("4000-0000-0000-3220", "requires_action"),
    ):
        made = await pay(sandbox, token=await token_for(sandbox, number=number))
        assert made.json()["payment"]["status"] == status


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"number": "4242 4242 4242 4241"}, "number"),
        ({"number": "x"}, "number"),
        ({"number": ""}, "number"),
        ({"expiry": "01/20"}, "expiry"),
        ({"expiry": "13/39"}, "expiry"),
        ({"expiry": "soon"}, "expiry"),
        ({"code": "12"}, "code"),
        ({"code": "12a"}, "code"),
    ],
)
def test_what_is_no_card_is_told_at_its_field(typed: dict[str, str], field: str) -> None:
    given = VISA | typed
    with pytest.raises(wire.Stop) as stopped:
        read_card(given["number"], given["expiry"], given["code"], year=2026, month=11)
    assert stopped.value.body["error"]["field"] == field


async def test_the_fields_may_be_framed_by_the_named_shop_alone(sandbox: Sandbox) -> None:
    page = await sandbox.http.get("/fields", params={"origin": "http://shop.test:8000"})
    assert page.headers["content-security-policy"].endswith("frame-ancestors http://shop.test:8000")
    assert "tok_" not in page.text
    for odd in ("", "*", "http://a.test; script-src *", "javascript:alert(1)", "http://a.test/x"):
        refused = await sandbox.http.get("/fields", params={"origin": odd})
        assert refused.status_code == 422, odd


async def test_the_hosted_page_takes_a_card_and_leads_back(sandbox: Sandbox) -> None:
    back = "http://shop.test/checkout/return"

    async def at_page() -> str:
        made = await pay(sandbox, token="tok_hosted_page", return_url=back)
        payment = made.json()["payment"]
        assert payment["next_action"]["url"].endswith(f"/pay/{payment['id']}")
        return f"/pay/{payment['id']}"

    path = await at_page()
    wrong = await sandbox.http.post(path, data=VISA | {"number": "1"})
    assert (wrong.status_code, "This is no card number." in wrong.text) == (422, True)
    done = await sandbox.http.post(path, data=VISA)
    assert done.status_code == 303
    assert done.headers["location"].startswith(back + "?")
    assert "status=authorised" in done.headers["location"]
    assert "decided already" in (await sandbox.http.get(path)).text
    asked = await sandbox.http.post(await at_page(), data=VISA | {"number": "4000000000003220"})
    assert asked.headers["location"].startswith("/challenge/")
    for more in ({"number": "4000000000009995"}, {"cancel": "1"}):
        declined = await sandbox.http.post(await at_page(), data=VISA | more)
        assert "status=declined" in declined.headers["location"]


async def test_a_card_is_kept_when_wished_and_approved_and_pays_for_its_customer_alone(
    sandbox: Sandbox,
) -> None:
    ann = secrets.token_hex(6)
    card = await token_for(sandbox)
    made = await pay(sandbox, token=card, save_for=ann)
    payment = made.json()["payment"]
    kept = (await sandbox.http.get(f"/v1/payments/{payment['id']}")).json()["method"]
    assert (kept["brand"], kept["last4"], kept["exp_month"], kept["exp_year"]) == (
        "visa",
        "4242",
        12,
        2039,
    )
    await pay(sandbox, token="tok_declined_fraud", save_for=ann)
    listed = (await sandbox.http.get(f"/v1/customers/{ann}/methods")).json()["items"]
    assert [one["id"] for one in listed] == [kept["id"]]
    again = await pay(sandbox, method=kept["id"], customer=ann)
    assert again.json()["payment"]["status"] == "authorised"
    stolen = await pay(sandbox, method=kept["id"], customer="bob")
    assert stolen.json()["error"]["code"] == "token_unknown"
    for _ in range(2):
        assert (await sandbox.http.post(f"/v1/methods/{kept['id']}/detach")).status_code == 200
    gone = await pay(sandbox, method=kept["id"], customer=ann)
    assert gone.json()["error"]["code"] == "token_unknown"


async def test_the_first_use_of_a_kept_card_is_asked_about_and_later_ones_are_not(
    sandbox: Sandbox,
) -> None:
    ann, first = secrets.token_hex(6), {"initiator": "customer", "use": "first"}
    wish = {"save_for": ann, "stored_credential": first, "return_url": "http://shop.test/back"}
    made = await pay(sandbox, token=await token_for(sandbox), **wish)
    payment = made.json()["payment"]
    assert (payment["status"], payment["stored_credential"]) == ("requires_action", first)
    assert "/challenge/" in payment["next_action"]["url"]
    assert (await sandbox.http.get(f"/v1/customers/{ann}/methods")).json()["items"] == []
    await sandbox.challenge(payment["id"], approve=True)
    kept = (await sandbox.http.get(f"/v1/payments/{payment['id']}")).json()["method"]
    # Typed at the provider's page, it is asked about as well; a declined one is not.
    for number, leads in (("4242424242424242", "/challenge/"), ("4000000000009995", "http://shop")):
        hosted = (await pay(sandbox, token="tok_hosted_page", **wish)).json()["payment"]
        done = await sandbox.http.post(f"/pay/{hosted['id']}", data=VISA | {"number": number})
        assert done.headers["location"].startswith(leads)
    later = {"initiator": "customer", "use": "later"}
    again = await pay(sandbox, method=kept["id"], customer=ann, stored_credential=later)
    assert again.json()["payment"]["status"] == "authorised"
    assert again.json()["payment"]["three_ds"] is None
