"""Passkeys of shoppers through the API: the whole way, and every hostile answer refused alike."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.web.identity.authenticator import BROKEN, HOSTILE, PRESENT, SoftPasskey
from tests.web.identity.making import PASSWORD, Shop

from argosy.drill.clock import MovableClock
from argosy.runtime.db import counting_statements

ME, DOOR = "/v1/customers/me/passkeys", "/v1/sessions/passkey"


async def enrolled(shop: Shop, token: str, name: str = "Phone") -> SoftPasskey:
    """A new passkey of a signed-in customer."""
    asked = await shop.send("POST", f"{ME}/challenge", {}, token=token)
    assert asked.status_code == 200, asked.text
    passkey = SoftPasskey()
    made = passkey.create(asked.json()["options"])
    body = {"token": asked.json()["token"], "credential": made, "name": name}
    added = await shop.send("POST", ME, body, token=token)
    assert added.status_code == 201, added.text
    again = await shop.send("POST", ME, body, token=token)
    assert again.json()["code"] == "auth.passkey_refused", "an answer is taken once"
    return passkey


async def asked(shop: Shop) -> dict[str, Any]:
    found: dict[str, Any] = (await shop.send("POST", f"{DOOR}/challenge")).json()
    return found


async def sign_in(shop: Shop, passkey: SoftPasskey, **bent: Any) -> Any:
    question = await asked(shop)
    answer = passkey.get(question["options"], **bent)
    return await shop.send("POST", DOOR, {"token": question["token"], "credential": answer})


async def test_a_passkey_is_set_up_named_used_and_removed(shop: Shop, clock: MovableClock) -> None:
    token = await shop.shopper_session()
    passkey = await enrolled(shop, token)
    opened = await sign_in(shop, passkey)
    assert opened.status_code == 201, opened.text
    me = await shop.send("GET", "/v1/customers/me", token=opened.json()["token"])
    assert me.json()["email"] == "ann@example.com"
    (listed,) = (await shop.send("GET", ME, token=token)).json()["items"]
    assert (listed["name"], listed["used_at"] is not None, listed["copied_at"]) == (
        "Phone",
        True,
        None,
    )
    path = f"{ME}/{listed['id']}"
    assert (await shop.send("PATCH", path, {"name": "Key"}, token=token)).status_code == 204
    other = await shop.shopper_session("bob@example.com")
    for method, body in (("PATCH", {"name": "mine"}), ("DELETE", None)):
        stolen = await shop.send(method, path, body, token=other)
        assert (stolen.status_code, stolen.json()["code"]) == (404, "customers.passkey_not_found")
    export = (await shop.send("GET", "/v1/customers/me/export", token=token)).json()
    assert [one["name"] for one in export["passkeys"]] == ["Key"]
    # The password still opens the account, and changing it leaves the passkey.
    change = {"current_password": PASSWORD, "new_password": "four other random words"}
    token = (await shop.send("POST", "/v1/customers/me/password", change, token=token)).json()[
        "token"
    ]
    assert (await sign_in(shop, passkey)).status_code == 201
    # An old session needs the password for another one.
    clock.advance(minutes=16)
    old = await shop.send("POST", f"{ME}/challenge", {}, token=token)
    assert old.json()["code"] == "customers.password_wrong"
    again = {"password": "four other random words"}
    fresh = await shop.send("POST", f"{ME}/challenge", again, token=token)
    assert len(fresh.json()["options"]["excludeCredentials"]) == 1
    assert (await shop.send("DELETE", path, token=token)).status_code == 204
    gone = await sign_in(shop, passkey)
    assert (gone.status_code, gone.json()["code"]) == (403, "auth.passkey_refused")


async def test_38_every_hostile_answer_is_refused_alike(shop: Shop, clock: MovableClock) -> None:
    token = await shop.shopper_session()
    passkey = await enrolled(shop, token)
    strange = SoftPasskey()
    problems = []
    for way, bent in HOSTILE.items():
        answer = await sign_in(shop, passkey, **bent)
        assert answer.status_code == 403, way
        problems.append(answer.json() | {"request_id": ""})
        clock.advance(minutes=20)  # the tries are counted
    unknown = await sign_in(shop, strange, handle=passkey.handle)
    problems.append(unknown.json() | {"request_id": ""})
    assert all(problem == problems[0] for problem in problems)
    for broken in BROKEN:
        question = await asked(shop)
        body = {"token": question["token"], "credential": broken}
        refused = await shop.send("POST", DOOR, body)
        assert (refused.status_code, refused.json()["code"]) == (403, "auth.passkey_refused")
    assert (await sign_in(shop, passkey)).status_code == 201


async def test_a_challenge_is_good_once_in_time_and_for_what_it_was_asked(
    shop: Shop, clock: MovableClock
) -> None:
    token = await shop.shopper_session()
    passkey = await enrolled(shop, token)
    question = await asked(shop)
    body = {"token": question["token"], "credential": passkey.get(question["options"])}
    answers = await asyncio.gather(*(shop.send("POST", DOOR, body) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 403, 403]
    late = await asked(shop)
    clock.advance(minutes=5)
    body = {"token": late["token"], "credential": passkey.get(late["options"])}
    assert (await shop.send("POST", DOOR, body)).status_code == 403
    # A challenge to set one up opens no session, and that of one session serves no other.
    again = {"password": PASSWORD}
    enrol = (await shop.send("POST", f"{ME}/challenge", again, token=token)).json()
    sign = {"rpId": enrol["options"]["rp"]["id"], "challenge": enrol["options"]["challenge"]}
    body = {"token": enrol["token"], "credential": passkey.get(sign)}
    assert (await shop.send("POST", DOOR, body)).status_code == 403
    bob = await shop.shopper_session("bob@example.com")
    enrol = (await shop.send("POST", f"{ME}/challenge", again, token=token)).json()
    made = SoftPasskey().create(enrol["options"])
    body = {"token": enrol["token"], "credential": made, "name": "x"}
    assert (await shop.send("POST", ME, body, token=bob)).status_code == 403
    # Nobody keeps a passkey that is another's already.
    enrol = (await shop.send("POST", f"{ME}/challenge", {}, token=bob)).json()
    body = {"token": enrol["token"], "credential": passkey.create(enrol["options"]), "name": "x"}
    assert (await shop.send("POST", ME, body, token=bob)).status_code == 403
    for forged in ("x", question["token"][:-4] + "AAA=", "\u00e9"):
        body = {"token": forged, "credential": passkey.get(question["options"])}
        assert (await shop.send("POST", DOOR, body)).status_code == 403


@pytest.mark.parametrize("bent", [{"rp_id": "evil.example"}, {"origin": "https://evil.example"}])
async def test_a_passkey_made_elsewhere_or_with_a_certificate_is_not_kept(
    shop: Shop, bent: dict[str, Any]
) -> None:
    token = await shop.shopper_session()
    for ways in (bent, {"fmt": "tpm"}, {"flags": 4}, {"kind": "webauthn.get"}):
        enrol = (await shop.send("POST", f"{ME}/challenge", {}, token=token)).json()
        made = SoftPasskey().create(enrol["options"], **ways)
        body = {"token": enrol["token"], "credential": made, "name": "x"}
        refused = await shop.send("POST", ME, body, token=token)
        assert (refused.status_code, refused.json()["code"]) == (403, "auth.passkey_refused")
    assert (await shop.send("GET", ME, token=token)).json()["items"] == []


async def test_one_that_counts_backwards_is_refused_and_marked_and_presence_is_enough(
    shop: Shop,
) -> None:
    token = await shop.shopper_session()
    passkey = await enrolled(shop, token)
    assert (await sign_in(shop, passkey, flags=PRESENT)).status_code == 201
    passkey.count = 7
    assert (await sign_in(shop, passkey)).status_code == 201
    assert (await sign_in(shop, passkey, count=8)).status_code == 403
    (marked,) = (await shop.send("GET", ME, token=token)).json()["items"]
    assert marked["copied_at"] is not None
    assert (await sign_in(shop, passkey, count=99)).status_code == 403, "refused from then on"


async def test_asking_reads_and_stores_nothing_and_erasing_forgets(shop: Shop) -> None:
    token = await shop.shopper_session()
    passkey = await enrolled(shop, token)
    await asked(shop)
    with counting_statements() as counter:
        await asked(shop)
    assert counter.names == []
    body = {"password": PASSWORD}
    erased = await shop.send("POST", "/v1/customers/me/erasure", body, token=token)
    assert erased.status_code == 202
    assert (await sign_in(shop, passkey)).status_code == 403
    left = await shop.app.db.pool.fetchval("select count(*) from customers.passkey")
    assert left == 0
