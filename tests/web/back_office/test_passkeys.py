"""Passkeys of staff: alone or after the password, for proofs, and what is hostile refused."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.web.back_office.conftest import Desk, a_member, at_desk
from tests.web.identity.authenticator import BROKEN, HOSTILE, PRESENT, SoftPasskey
from tests.web.identity.making import PASSWORD, Shop

from argosy.drill.clock import MovableClock

EMAIL = "olga@example.com"
API = "/admin/v1"


async def question(desk: Desk, **asked: str) -> dict[str, Any]:
    """What a page's script asks for."""
    mine = "for" in asked
    path = "/admin/me/passkeys/challenge" if mine else "/admin/sign-in/passkey/challenge"
    answer = await desk.post(path, dict(asked))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def enrolled(desk: Desk) -> tuple[SoftPasskey, list[str]]:
    """Set a passkey up through the pages: it, and the recovery codes."""
    asked = await question(desk, **{"for": "new"})
    assert asked["options"]["authenticatorSelection"]["userVerification"] == "required"
    passkey = SoftPasskey()
    form = {"token": asked["token"], "answer": json.dumps(passkey.create(asked["options"]))}
    done = await desk.post("/admin/me/passkeys", form | {"name": "Laptop"})
    assert done.status_code == 200, done.text
    return passkey, re.findall(r"<li><code>(\w{5}-\w{5})</code>", done.text)


async def sign_in(desk: Desk, passkey: SoftPasskey, **bent: Any) -> Any:
    asked = await question(desk)
    answer = json.dumps(passkey.get(asked["options"], **bent))
    return await desk.post("/admin/sign-in/passkey", {"token": asked["token"], "answer": answer})


async def test_a_passkey_signs_in_alone_or_after_the_password_and_proves(
    shop: Shop, clock: MovableClock
) -> None:
    first = await at_desk(shop, "owner")
    passkey, codes = await enrolled(first)
    assert len(codes) == 10
    page = (await first.get("/admin/me")).text
    assert "Laptop" in page
    desk = Desk(shop)
    opened = await sign_in(desk, passkey)
    assert (opened.status_code, opened.headers["location"]) == (303, "/admin")
    assert (await desk.get("/admin/keys/new")).status_code == 200
    # After the password: the challenge names the member's passkeys and is bound to the ticket.
    second = Desk(shop)
    led = await second.sign_in(EMAIL)
    assert led.headers["location"].endswith("&passkey=1")
    unbound = await question(second)
    asked = await question(second, step="second")
    assert len(asked["options"]["allowCredentials"]) == 1
    assert unbound["options"].get("allowCredentials", []) == []
    mixed = {"token": unbound["token"], "answer": json.dumps(passkey.get(unbound["options"]))}
    wrong = await second.post("/admin/sign-in/passkey", mixed | {"step": "second"})
    assert wrong.status_code == 403
    form = {"token": asked["token"], "answer": json.dumps(passkey.get(asked["options"]))}
    done = await second.post("/admin/sign-in/passkey", form | {"step": "second"})
    assert done.status_code == 303, done.text
    # A proof: by the passkey, not by the password.
    clock.advance(minutes=16)
    typed = {"kind": "secret", "name": "Till", "scopes": "orders:read"}
    late = await second.post("/admin/keys/new", typed)
    assert late.status_code == 403
    no = await second.post("/admin/me/proof", {"password": PASSWORD})
    assert no.status_code == 403
    asked = await question(second, **{"for": "proof"})
    proof = {"token": asked["token"], "answer": json.dumps(passkey.get(asked["options"]))}
    held = {"act": "/admin/keys/new", "typed": "kind=secret&name=Till", "back": "/admin/keys"}
    thief = await desk.post("/admin/me/proof", proof)
    assert thief.status_code == 403, "a proof is bound to the session that asked for it"
    asked = await question(second, **{"for": "proof"})
    proof = {"token": asked["token"], "answer": json.dumps(passkey.get(asked["options"]))}
    ready = await second.post("/admin/me/proof", held | proof)
    assert 'value="Till"' in ready.text
    assert (await second.get("/admin/keys/new")).status_code == 200
    trail = await shop.send(
        "GET", f"{API}/audit?action=session.opened", token=await shop.secret_key("audit:read")
    )
    assert {"factor": "passkey"} in [one["after"] for one in trail.json()["items"]]


async def test_hostile_answers_open_nothing_and_tell_nothing(
    shop: Shop, clock: MovableClock
) -> None:
    passkey, _ = await enrolled(await at_desk(shop, "owner"))
    await at_desk(shop, "owner", email="kim@example.com")
    ways = HOSTILE | {"the device did not check its person": {"flags": PRESENT}}
    for way, bent in ways.items():
        desk = Desk(shop)
        refused = await sign_in(desk, passkey, **bent)
        assert refused.status_code == 403, way
        assert "argosy_staff" not in desk.client.cookies
        assert "was not accepted" in refused.text
        clock.advance(minutes=20)
    strange = SoftPasskey()
    asked = await shop.send("POST", f"{API}/sessions/passkey/challenge", {})
    for answer in [strange.get(asked.json()["options"]), *BROKEN]:
        asked = await shop.send("POST", f"{API}/sessions/passkey/challenge", {})
        body = {"token": asked.json()["token"], "credential": answer}
        refused = await shop.send("POST", f"{API}/sessions/passkey", body)
        assert (refused.status_code, refused.json()["code"]) == (403, "auth.passkey_refused")
    # The passkey of another member is no second step for this one's password.
    other = Desk(shop)
    await other.sign_in(EMAIL)
    asked = await question(other, step="second")
    kims = SoftPasskey()
    kim = Desk(shop)
    await kim.sign_in("kim@example.com")
    enrol = await question(kim, **{"for": "new"})
    form = {"token": enrol["token"], "answer": json.dumps(kims.create(enrol["options"]))}
    assert (await kim.post("/admin/me/passkeys", form | {"name": "Kim's"})).status_code == 200
    stolen = {"token": asked["token"], "answer": json.dumps(kims.get(asked["options"]))}
    refused = await other.post("/admin/sign-in/passkey", stolen | {"step": "second"})
    assert refused.status_code == 303
    assert refused.headers["location"] == "/admin/sign-in", "the ticket is another member's"
    assert "argosy_staff" not in other.client.cookies


async def test_a_copy_is_refused_and_audited_and_removing_it_frees_the_password(
    shop: Shop, clock: MovableClock
) -> None:
    desk = await at_desk(shop, "owner")
    passkey, _ = await enrolled(desk)
    passkey.count = 5
    assert (await sign_in(Desk(shop), passkey)).status_code == 303
    assert (await sign_in(Desk(shop), passkey, count=6)).status_code == 403
    assert (await sign_in(Desk(shop), passkey, count=50)).status_code == 403
    assert "may be copied" in (await desk.get("/admin/me")).text
    key = await shop.secret_key("audit:read")
    trail = await shop.send("GET", f"{API}/audit?action=staff.passkey_copied", token=key)
    (entry,) = trail.json()["items"]
    assert entry["after"] == {"last": 6, "shown": 6}
    token = desk.client.cookies["argosy_staff"]
    listed = (await shop.send("GET", f"{API}/me/mfa", token=token)).json()
    (one,) = listed["items"]
    assert (one["kind"], one["name"], one["copied_at"] is None) == ("passkey", "Laptop", False)
    assert "It no longer opens" in (await desk.get(f"/admin/me/passkeys/{one['id']}/remove")).text
    await desk.post(f"/admin/me/passkeys/{one['id']}/remove", {})
    assert (await Desk(shop).sign_in(EMAIL)).headers["location"] == "/admin"
    left = (await shop.send("GET", f"{API}/me/mfa", token=token)).json()
    assert (left["items"], left["recovery_codes_left"]) == ([], 0)


async def test_a_passkey_satisfies_a_role_and_ends_with_the_member(
    shop: Shop, clock: MovableClock
) -> None:
    desk = await at_desk(shop, "support")
    owner = await shop.staff_session("owner@example.com", "owner")
    change = {"second_factor": True}
    await shop.send("PATCH", f"{API}/roles/support", change, token=owner)
    assert (await desk.get("/admin/orders")).headers["location"] == "/admin/me"
    passkey, _ = await enrolled(desk)
    assert (await desk.get("/admin/orders")).status_code == 200
    members = (await shop.send("GET", f"{API}/staff", token=owner)).json()["items"]
    olga = next(one["id"] for one in members if one["email"] == EMAIL)
    await shop.send("PATCH", f"{API}/staff/{olga}", {"active": False}, token=owner)
    refused = await sign_in(Desk(shop), passkey)
    assert refused.status_code == 401
    key = await shop.secret_key("*")
    for path in ("me/passkeys/challenge", "me/proof/passkey/challenge"):
        nobody = await shop.send("POST", f"{API}/{path}", token=key)
        assert nobody.json()["code"] == "staff.not_a_person"
    await a_member(shop, "zoe@example.com", "owner")
