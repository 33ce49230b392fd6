"""Who gets into the back office's pages, what they see there, and what stops strangers."""

from __future__ import annotations

import re

import pytest
from tests.web.back_office.conftest import Desk, a_member, at_desk
from tests.web.identity.making import PASSWORD, Shop

from argosy.drill.clock import MovableClock
from argosy.web.admin.access import SECOND_STEP, SIGN_IN
from argosy.web.admin.showing import ADMIN_POLICY
from argosy.web.app import collect_entries, collect_pages
from argosy.web.pages.guarding import own_pages_only

OPEN = {SIGN_IN, SECOND_STEP, f"{SIGN_IN}/passkey", f"{SIGN_IN}/passkey/challenge"}


def test_every_page_is_guarded_and_every_form_is_taken_from_our_own_pages_alone() -> None:
    pages = [h for h in collect_pages() if any(p.startswith("/admin") for p in h.paths)]
    assert len(pages) > 5
    for handler in pages:
        guards = list(handler.guards or ())
        assert not handler.include_in_schema
        if "GET" not in handler.http_methods:
            assert own_pages_only in guards, handler.paths
        if not OPEN & set(handler.paths):
            assert [g for g in guards if g is not own_pages_only], handler.paths


def test_every_place_is_a_page_that_asks_for_the_scope_of_its_entry() -> None:
    scopes = {
        path: {getattr(guard, "scope", None) for guard in handler.guards or ()}
        for handler in collect_pages()
        if "GET" in handler.http_methods
        for path in handler.paths
    }
    for entry in collect_entries():
        assert entry.scope in scopes[entry.path], entry


async def test_signing_in_opens_a_new_session_that_scripts_cannot_read(shop: Shop) -> None:
    await a_member(shop, "olga@example.com", "owner")
    desk = Desk(shop)
    desk.client.cookies.set("argosy_staff", "staff_" + "0" * 43, domain="shop.test")
    answer = await desk.sign_in("olga@example.com", back="/admin/orders?stage=confirmed")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/admin/orders?stage=confirmed"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    token = re.search(r"argosy_staff=(staff_\w{43})", cookie)
    assert token is not None
    assert token[1] != "staff_" + "0" * 43
    again = await desk.sign_in("olga@example.com", back="//evil.example/x")
    assert again.headers["location"] == "/admin"
    assert token[1] not in again.headers["set-cookie"]


async def test_what_is_said_to_a_stranger_tells_nothing_about_accounts(shop: Shop) -> None:
    await a_member(shop, "olga@example.com", "owner")
    desk = Desk(shop)
    wrong = await desk.sign_in("olga@example.com", "this is not the word")
    unknown = await desk.sign_in("nora@example.com", "this is not the word")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace("olga", "nora") == unknown.text
    assert "auth.credentials_wrong" in wrong.text
    assert "this is not the word" not in wrong.text
    assert "set-cookie" not in wrong.headers
    assert shop.app.passwords.hashings >= 3


async def test_the_cookie_of_the_pages_does_not_open_the_api(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    assert (await desk.get("/admin")).status_code == 200
    refused = await desk.get("/admin/v1/me", accept="application/json")
    assert (refused.status_code, refused.json()["code"]) == (401, "auth.unauthenticated")


async def test_signing_out_ends_the_session_itself(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    token = desk.client.cookies["argosy_staff"]
    out = await desk.post("/admin/sign-out", {})
    assert (out.status_code, out.headers["location"]) == (303, SIGN_IN)
    assert "argosy_staff" not in desk.client.cookies
    desk.client.cookies.set("argosy_staff", token, domain="shop.test")
    assert (await desk.get("/admin")).status_code == 303


async def test_a_session_ends_after_two_idle_hours_and_leads_back_to_the_page(
    shop: Shop, clock: MovableClock
) -> None:
    desk = await at_desk(shop, "owner")
    clock.advance(hours=2, seconds=1)
    gone = await desk.get("/admin/orders?stage=confirmed")
    assert gone.status_code == 303
    assert gone.headers["location"] == ("/admin/sign-in?back=%2Fadmin%2Forders%3Fstage%3Dconfirmed")
    part = await desk.get(
        "/admin/find?q=x", hx_request="true", hx_current_url="http://shop.test/admin/orders"
    )
    assert part.headers["hx-redirect"] == "/admin/sign-in?back=%2Fadmin%2Forders"
    form = await desk.post("/admin/me/language", {"language": "de"})
    assert form.status_code == 401
    assert "sign in in a new tab" in form.text


@pytest.mark.parametrize(
    "sent", [{"sec_fetch_site": "cross-site"}, {"sec_fetch_site": "same-site"}]
)
async def test_a_form_of_another_site_does_nothing(shop: Shop, sent: dict[str, str]) -> None:
    desk = await at_desk(shop, "owner")
    for path in ("/admin/sign-out", "/admin/sign-in", "/admin/me/password"):
        refused = await desk.post(path, {}, **sent)
        assert refused.status_code == 403
        assert "request.foreign_form" in refused.text
    assert (await desk.get("/admin")).status_code == 200


async def test_people_see_the_places_of_their_rights_and_are_told_what_they_lack(
    shop: Shop,
) -> None:
    desk = await at_desk(shop, "catalogue")
    home = await desk.get("/admin")
    assert home.headers["content-security-policy"] == ADMIN_POLICY
    assert home.headers["cache-control"] == "no-store"
    assert home.headers["x-frame-options"] == "DENY"
    assert 'href="/admin/orders"' not in home.text
    refused = await desk.get("/admin/orders")
    assert refused.status_code == 403
    assert "auth.forbidden" in refused.text
    assert "orders:read" in refused.text
    found = await desk.get("/admin/find?q=order", hx_request="true")
    assert "/admin/orders" not in found.text
    other = await at_desk(shop, "support", email="sam@example.com")
    assert 'href="/admin/orders"' in (await other.get("/admin")).text
    assert "/admin/orders" in (await other.get("/admin/find?q=order", hx_request="true")).text


async def test_the_back_office_has_one_address_and_no_scripts_in_its_text(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    assert (await desk.get(f"/@{shop.channel.code}/admin")).status_code == 404
    missing = await desk.get("/admin/nothing-here")
    assert missing.status_code == 404
    for path in ("/admin", "/admin/me", "/admin/orders", "/admin/find?q=%3Cscript%3Ex"):
        page = await desk.get(path)
        assert page.status_code == 200, page.text
        assert not re.search(r"\son\w+=|<style|style=|javascript:|<script>", page.text)


async def test_a_new_password_ends_all_sessions_but_this_one(shop: Shop) -> None:
    desk = await at_desk(shop, "owner")
    other = Desk(shop)
    await other.sign_in("olga@example.com")
    wrong = await desk.post(
        "/admin/me/password", {"current_password": "no", "new_password": "four other random words"}
    )
    assert wrong.status_code == 403
    assert "staff.password_wrong" in wrong.text
    assert 'aria-invalid="true"' in wrong.text
    done = await desk.post(
        "/admin/me/password",
        {"current_password": PASSWORD, "new_password": "four other random words"},
    )
    assert done.status_code == 303
    page = await desk.get("/admin/me")
    assert "Your password is changed" in page.text
    assert "Your password is changed" not in (await desk.get("/admin/me")).text
    assert (await other.get("/admin")).status_code == 303


async def test_pages_speak_the_language_of_the_browser_or_the_one_that_was_chosen(
    shop: Shop,
) -> None:
    desk = await at_desk(shop, "owner")
    assert "<h1>Übersicht</h1>" in (await desk.get("/admin", accept_language="de-AT,en")).text
    await desk.post("/admin/me/language", {"language": "de"})
    assert "<h1>Übersicht</h1>" in (await desk.get("/admin")).text
    await desk.post("/admin/me/language", {"language": ""})
    assert "<h1>Overview</h1>" in (await desk.get("/admin", accept_language="fr")).text
