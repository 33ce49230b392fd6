"""Dangerous acts ask people who is there, and keys never; nothing that was typed is lost."""

from __future__ import annotations

import re
from html import unescape

import pytest
from tests.web.back_office.conftest import at_desk
from tests.web.identity.making import PASSWORD, Shop

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import encode
from argosy.modules import staff

NEW_MEMBER = {
    "email": "sam@example.com",
    "name": "Sam",
    "password": PASSWORD,
    "roles": ["support"],
}


async def dangerous(shop: Shop) -> list[tuple[str, str, dict[str, object] | None]]:
    """Every dangerous act of the API on things that are there: method, path, body."""
    async with shop.app.db.transaction() as tx:
        key = await staff.create_secret_key(tx, staff.SYSTEM, name="x", scopes=("orders:read",))
    new = staff.AddMember(email="kim@example.com", name="K", password=PASSWORD, roles=("support",))
    kim = await staff.add_member(shop.app.db, shop.app.passwords, staff.SYSTEM, new)
    await shop.shopper_session("ann@example.com")
    reader = await shop.secret_key("customers:read")
    found = await shop.send("GET", "/admin/v1/customers?email=ann@example.com", token=reader)
    ann = found.json()["items"][0]["id"]
    member = f"/admin/v1/staff/{encode('staff', kim.id)}"
    web = {"kind": "publishable", "name": "web", "channel_id": encode("channel", shop.channel.id)}
    return [
        ("POST", "/admin/v1/keys", {"kind": "secret", "name": "y", "scopes": ["orders:read"]}),
        ("POST", "/admin/v1/keys", web),
        ("DELETE", f"/admin/v1/keys/{encode('key', key.key.id)}", None),
        ("POST", "/admin/v1/staff", NEW_MEMBER),
        ("PATCH", member, {"name": "Kimberly"}),
        ("PUT", f"{member}/password", {"password": "another four random words"}),
        ("DELETE", f"{member}/mfa", None),
        ("PATCH", "/admin/v1/roles/support", {"second_factor": False}),
        ("POST", f"/admin/v1/customers/{ann}/erasure", None),
    ]


async def test_every_dangerous_act_of_the_api_asks_a_person_for_a_fresh_proof(
    shop: Shop, clock: MovableClock
) -> None:
    acts = await dangerous(shop)
    owner = await shop.staff_session("olga@example.com", "owner")
    clock.advance(minutes=15)
    for method, path, body in acts:
        late = await shop.send(method, path, body, token=owner)
        assert (late.status_code, late.json()["code"]) == (403, "auth.proof_needed"), path
        assert late.json()["methods"] == ["password"]
        assert "/admin/v1/me/proof" in late.json()["cure"]
    # What is not dangerous is not asked for it, and nothing of the above happened.
    everybody = (await shop.send("GET", "/admin/v1/staff", token=owner)).json()["items"]
    assert {one["name"] for one in everybody} == {"Olga", "K"}
    proof = {"password": PASSWORD}
    assert (await shop.send("POST", "/admin/v1/me/proof", proof, token=owner)).status_code == 204
    clock.advance(minutes=14)
    for method, path, body in acts:
        done = await shop.send(method, path, body, token=owner)
        assert done.status_code < 300, (path, done.text)


async def test_a_key_is_no_person_and_is_limited_by_its_scopes_alone(
    shop: Shop, clock: MovableClock
) -> None:
    acts = await dangerous(shop)
    key, narrow = await shop.secret_key("*"), await shop.secret_key("orders:read")
    clock.advance(hours=5)
    for method, path, body in acts:
        refused = await shop.send(method, path, body, token=narrow)
        assert refused.json()["code"] == "auth.forbidden", path
        done = await shop.send(method, path, body, token=key)
        assert done.status_code < 300, (path, done.text)


async def test_ones_own_password_needs_more_than_the_old_one_only_with_a_second_factor(
    shop: Shop, clock: MovableClock
) -> None:
    desk = await at_desk(shop, "owner")
    token = desk.client.cookies["argosy_staff"]
    clock.advance(minutes=20)
    change = {"current_password": PASSWORD, "new_password": "four other random words"}
    path = "/admin/v1/me/password"
    fresh = await shop.send("POST", path, change, token=token)
    assert fresh.status_code == 200, fresh.text
    token = fresh.json()["token"]
    async with shop.app.db.transaction() as tx:
        actor = await staff.actor_by_session(tx, token)
        await staff.add_one_time_codes(tx, actor, secret_key="x" * 32, name="Phone")
    async with shop.app.db.pool.acquire() as connection:
        await connection.execute("update staff.factor set confirmed_at = now()")
    clock.advance(minutes=20)
    back = {"current_password": "four other random words", "new_password": PASSWORD}
    late = await shop.send("POST", path, back, token=token)
    assert (late.status_code, late.json()["code"]) == (403, "auth.proof_needed")
    assert late.json()["methods"] == ["one_time_code", "recovery_code"]


@pytest.mark.parametrize("act", ["/admin/keys/new", "/admin/staff/new"])
async def test_what_was_typed_goes_on_after_the_proof(
    shop: Shop, clock: MovableClock, act: str
) -> None:
    desk = await at_desk(shop, "owner")
    clock.advance(minutes=16)
    form: dict[str, object] = (
        {"kind": "secret", "name": 'A & "B"', "scopes": ["orders:read", "keys:read"]}
        if act == "/admin/keys/new"
        else NEW_MEMBER
    )
    page = await desk.post(act, form, referer=f"http://shop.test{act}")
    assert page.status_code == 403
    assert page.headers["cache-control"] == "no-store"
    held = {name: unescape(value) for name, value in hidden(page.text)}
    assert held["act"] == act
    wrong = await desk.post("/admin/me/proof", held | {"password": "no"})
    assert wrong.status_code == 403
    assert {name: unescape(value) for name, value in hidden(wrong.text)} == held
    ready = await desk.post("/admin/me/proof", held | {"password": PASSWORD})
    assert ready.status_code == 200
    assert f'action="{act}"' in ready.text
    sent: dict[str, list[str]] = {}
    for name, value in hidden(ready.text):
        sent.setdefault(name, []).append(unescape(value))
    assert sent == {k: v if isinstance(v, list) else [v] for k, v in form.items()}
    done = await desk.post(act, dict(sent))
    assert done.status_code in {200, 303}, done.text


async def test_a_carried_form_goes_only_to_pages_of_the_back_office(
    shop: Shop, clock: MovableClock
) -> None:
    desk = await at_desk(shop, "owner")
    for act in ("https://evil.example/x", "//evil.example", "/account/erase", "/admin/v1/keys"):
        form = {"password": PASSWORD, "act": act, "typed": "a=1", "back": "/admin/me"}
        answer = await desk.post("/admin/me/proof", form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/admin/me"), act


def hidden(html: str) -> list[tuple[str, str]]:
    """The hidden fields of a page."""
    return re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html)
