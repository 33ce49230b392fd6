"""Accounts through the HTTP application."""

from __future__ import annotations

import pytest
from tests.web.identity.making import PASSWORD, SECRET_KEY, Shop

from argosy.drill.clock import MovableClock
from argosy.modules import customers
from argosy.runtime.db import counting_statements

HOME = {
    "country": "DE",
    "name": "Ann Lee",
    "line1": "Hauptstr. 1",
    "city": "Berlin",
    "postal_code": "10115",
}


async def test_register_sign_in_change_and_sign_out(shop: Shop) -> None:
    token = await shop.shopper_session()
    me = await shop.send("GET", "/v1/customers/me", token=token)
    assert me.status_code == 200
    assert me.json()["email"] == "ann@example.com"
    assert me.headers["etag"] == '"v1"'
    changed = await shop.send(
        "PATCH", "/v1/customers/me", {"phone": "+49 30 123456"}, token=token, if_match='"v1"'
    )
    assert changed.json()["phone"] == "+4930123456"
    stale = await shop.send(
        "PATCH", "/v1/customers/me", {"name": "A"}, token=token, if_match='"v1"'
    )
    assert (stale.status_code, stale.json()["code"]) == (409, "customers.changed")
    assert (await shop.send("DELETE", "/v1/sessions/current", token=token)).status_code == 204
    gone = await shop.send("GET", "/v1/customers/me", token=token)
    assert (gone.status_code, gone.json()["code"]) == (401, "customers.session_ended")
    assert gone.headers["www-authenticate"] == "Bearer"


async def test_38_answers_do_not_tell_whether_an_account_exists(shop: Shop) -> None:
    await shop.shopper_session()
    for path, body, status in [
        ("/v1/customers", {"password": "another password"}, 202),
        ("/v1/sessions", {"password": "this is not it"}, 401),
        ("/v1/password-resets", {}, 202),
    ]:
        answers = []
        for email in ("ann@example.com", "nobody@example.com"):
            with counting_statements() as counter:
                answer = await shop.send("POST", path, body | {"email": email})
            problem = answer.json() | {"request_id": ""}
            answers.append((answer.status_code, problem, tuple(counter.names)))
        assert answers[0] == answers[1], path
        assert answers[0][0] == status


async def test_a_guest_is_told_to_sign_in(shop: Shop) -> None:
    answer = await shop.send("GET", "/v1/customers/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.unauthenticated")
    for header in ("Basic abc", "Bearer", "shopper_x"):
        odd = await shop.send("GET", "/v1/customers/me", authorization=header)
        assert (odd.status_code, odd.json()["code"]) == (401, "auth.header_malformed")


async def test_the_storefront_key_is_needed_and_costs_nothing_when_known(
    shop: Shop, clock: MovableClock
) -> None:
    missing = await shop.client.post("/v1/sessions", json={})
    assert missing.json()["code"] == "auth.publishable_key_missing"
    for wrong in ("pk_" + "0" * 43, "pk_", "nonsense", await shop.secret_key("orders:read")):
        answer = await shop.send("GET", "/v1/customers/me", x_publishable_key=wrong)
        assert (answer.status_code, answer.json()["code"]) == (401, "auth.publishable_key_invalid")
    token = await shop.shopper_session()
    await shop.send("GET", "/v1/customers/me/consents", token=token)
    with counting_statements() as counter:
        await shop.send("GET", "/v1/customers/me/consents", token=token)
    assert counter.names == ["consents"]  # neither the key nor the session is looked up again


async def test_Q2_a_new_password_ends_the_session_at_once(shop: Shop) -> None:
    token = await shop.shopper_session()
    body = {"current_password": PASSWORD, "new_password": "a newer password"}
    wrong = await shop.send(
        "POST", "/v1/customers/me/password", body | {"current_password": "no"}, token=token
    )
    assert (wrong.status_code, wrong.json()["code"]) == (403, "customers.password_wrong")
    done = await shop.send("POST", "/v1/customers/me/password", body, token=token)
    assert done.status_code == 200
    assert (await shop.send("GET", "/v1/customers/me", token=token)).status_code == 401
    fresh = done.json()["token"]
    assert (await shop.send("GET", "/v1/customers/me", token=fresh)).status_code == 200


async def test_a_session_expires_though_it_is_kept(shop: Shop, clock: MovableClock) -> None:
    token = await shop.shopper_session()
    assert (await shop.send("GET", "/v1/customers/me", token=token)).status_code == 200
    clock.advance(days=31)
    assert (await shop.send("GET", "/v1/customers/me", token=token)).status_code == 401


async def test_the_mailed_reset_sets_a_password(shop: Shop) -> None:
    await shop.shopper_session()
    async with shop.app.db.transaction() as tx:
        await customers.issue_reset(tx, customers.IssueReset(email_normalised="ann@example.com"))
    async with shop.app.db.pool.acquire() as connection:
        proof_id = await connection.fetchval(
            "select id from customers.proof where purpose = 'reset'"
        )
    async with shop.app.db.reading() as tx:
        proof = await customers.proof_by_id(tx, proof_id)
    assert proof is not None
    body = {"token": customers.proof_text(SECRET_KEY, proof), "new_password": "a newer password"}
    done = await shop.send("POST", "/v1/password-resets/complete", body)
    assert (done.status_code, done.json()) == (200, {"status": "accepted"})
    again = await shop.send("POST", "/v1/password-resets/complete", body)
    assert (again.status_code, again.json()["code"]) == (422, "customers.proof_invalid")


async def test_addresses_are_normalised_and_problems_list_every_field(shop: Shop) -> None:
    token = await shop.shopper_session()
    path = "/v1/customers/me/addresses"
    body = {"address": HOME | {"phone": "030 123456"}}
    made = await shop.send("POST", path, body, token=token, idempotency_key="one")
    again = await shop.send("POST", path, body, token=token, idempotency_key="one")
    assert made.status_code == again.status_code == 201
    assert made.json() == again.json()
    assert made.json()["address"]["phone"] == "+4930123456"
    assert made.json()["default_shipping"] is True
    wrong = await shop.send(
        "POST", path, {"address": HOME | {"postal_code": "1", "city": ""}}, token=token
    )
    assert wrong.status_code == 422
    assert wrong.json()["code"] == "customers.address_invalid"
    assert [e["field"] for e in wrong.json()["errors"]] == ["address.postal_code", "address.city"]
    entry = f"{path}/{made.json()['id']}"
    other = await shop.shopper_session("bob@example.com")
    for method, change in (("PATCH", {"default_billing": False}), ("DELETE", None)):
        stolen = await shop.send(method, entry, change, token=other)
        assert (stolen.status_code, stolen.json()["code"]) == (404, "customers.address_not_found")
    moved = await shop.send(
        "PATCH", entry, {"address": HOME | {"postal_code": "10117"}}, token=token
    )
    assert moved.json()["address"]["postal_code"] == "10117"
    assert (await shop.send("DELETE", entry, token=token)).status_code == 204
    assert (await shop.send("GET", path, token=token)).json()["items"] == []


async def test_39_export_and_erasure(shop: Shop) -> None:
    token = await shop.shopper_session()
    await shop.send("POST", "/v1/customers/me/addresses", {"address": HOME}, token=token)
    consent = {"purpose": "newsletter", "document_version": "1", "granted": True}
    assert (
        await shop.send("POST", "/v1/customers/me/consents", consent, token=token)
    ).status_code == 201
    export = (await shop.send("GET", "/v1/customers/me/export", token=token)).json()
    assert export["addresses"][0]["address"]["city"] == "Berlin"
    assert export["consents"][0]["purpose"] == "newsletter"
    path = "/v1/customers/me/erasure"
    wrong = await shop.send("POST", path, {"password": "no"}, token=token)
    assert wrong.status_code == 403
    done = await shop.send("POST", path, {"password": PASSWORD}, token=token)
    assert done.status_code == 202
    assert (await shop.send("GET", "/v1/customers/me", token=token)).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", "/v1/customers", {"email": "x", "password": "long enough"}, "email.invalid"),
        ("POST", "/v1/customers", {"email": "a@b.co", "password": "short"}, "auth.password_weak"),
        ("POST", "/v1/customers", {"email": "a@b.co"}, "request.invalid"),
        (
            "POST",
            "/v1/customers",
            {"email": "a@b.co", "password": "long enough", "admin": True},
            "request.invalid",
        ),
        ("POST", "/v1/sessions", {"email": 1, "password": "x"}, "request.invalid"),
        ("POST", "/v1/email-proofs", {"token": "x"}, "customers.proof_invalid"),
    ],
)
async def test_bad_input_gets_a_problem(
    shop: Shop, method: str, path: str, body: object, code: str
) -> None:
    answer = await shop.send(method, path, body)
    assert answer.status_code == 422
    assert answer.json()["code"] == code
    assert answer.headers["content-type"] == "application/problem+json"
