"""The second step of signing in: through the pages and through the API, with hostile guests."""

from __future__ import annotations

import asyncio
import re

import asyncpg
import pyotp
from tests.web.back_office.conftest import Desk, a_member, at_desk
from tests.web.identity.making import PASSWORD, Shop

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import encode
from argosy.modules import staff

EMAIL = "olga@example.com"


async def enrolled(desk: Desk, clock: MovableClock) -> tuple[pyotp.TOTP, list[str]]:
    """Set up an app through the pages: its codes, and the recovery codes."""
    page = await desk.post("/admin/me/apps", {"name": "Phone"})
    assert page.status_code == 200, page.text
    assert "<svg" in page.text
    secret = re.search(r"<p><code>([A-Z2-7 ]+)</code>", page.text)
    factor = re.search(r"/admin/me/apps/(fac_\w+)/confirm", page.text)
    assert secret is not None
    assert factor is not None
    app = pyotp.TOTP(secret[1].replace(" ", ""))
    path = f"/admin/me/apps/{factor[1]}/confirm"
    wrong = await desk.post(path, {"code": "000000"})
    assert wrong.status_code == 403
    assert "auth.code_wrong" in wrong.text
    done = await desk.post(path, {"code": app.at(clock.now())})
    codes = re.findall(r"<li><code>(\w{5}-\w{5})</code>", done.text)
    assert len(set(codes)) == 10
    return app, codes


async def test_a_code_is_asked_for_taken_once_and_never_again(
    shop: Shop, clock: MovableClock
) -> None:
    first = await at_desk(shop, "owner")
    app, recovery = await enrolled(first, clock)
    desk = Desk(shop)
    # The code of the set-up was taken: it does not open the door as well.
    asked = await desk.sign_in(EMAIL, back="/admin/orders")
    assert asked.headers["location"] == "/admin/sign-in/code?back=%2Fadmin%2Forders"
    assert "argosy_staff" not in desk.client.cookies
    replayed = await desk.post("/admin/sign-in/code", {"code": app.at(clock.now())})
    assert replayed.status_code == 403
    clock.advance(seconds=30)
    code, ticket = app.at(clock.now()), desk.client.cookies["argosy_ticket"]
    opened = await desk.post("/admin/sign-in/code", {"code": code, "back": "/admin/orders"})
    assert (opened.status_code, opened.headers["location"]) == (303, "/admin/orders")
    assert (await desk.get("/admin")).status_code == 200
    # Neither the ticket nor the code works again.
    thief = Desk(shop)
    thief.client.cookies.set("argosy_ticket", ticket, domain="shop.test")
    again = await thief.post("/admin/sign-in/code", {"code": recovery[0]})
    assert (again.status_code, again.headers["location"]) == (303, "/admin/sign-in")
    await thief.sign_in(EMAIL)
    assert (await thief.post("/admin/sign-in/code", {"code": code})).status_code == 403
    assert (await thief.get("/admin")).status_code == 303


async def test_two_requests_with_one_code_open_one_session(shop: Shop, clock: MovableClock) -> None:
    app, recovery = await enrolled(await at_desk(shop, "owner"), clock)
    clock.advance(minutes=1)
    desks = [Desk(shop) for _ in range(3)]
    for desk in desks:
        await desk.sign_in(EMAIL)
    form = {"code": app.at(clock.now())}
    answers = await asyncio.gather(*(desk.post("/admin/sign-in/code", form) for desk in desks))
    assert sorted(answer.status_code for answer in answers) == [303, 403, 403]
    form = {"code": recovery[3].upper()}
    late = [desk for desk, got in zip(desks, answers, strict=True) if got.status_code == 403]
    answers = await asyncio.gather(*(desk.post("/admin/sign-in/code", form) for desk in late))
    assert sorted(answer.status_code for answer in answers) == [303, 403]


async def test_guesses_are_stopped_whatever_tickets_the_password_buys(
    shop: Shop, clock: MovableClock
) -> None:
    app, _ = await enrolled(await at_desk(shop, "owner"), clock)
    clock.advance(minutes=1)
    statuses = []
    for _ in range(7):
        desk = Desk(shop)
        await desk.sign_in(EMAIL)
        statuses.append((await desk.post("/admin/sign-in/code", {"code": "000000"})).status_code)
    assert statuses[:5] == [403] * 5
    assert statuses[-1] == 429
    right = await desk.post("/admin/sign-in/code", {"code": app.at(clock.now())})
    assert right.status_code == 429
    clock.advance(minutes=6)
    ended = await desk.post("/admin/sign-in/code", {"code": app.at(clock.now())})
    assert ended.headers["location"] == "/admin/sign-in"


async def test_the_api_asks_for_it_too(shop: Shop, clock: MovableClock) -> None:
    await a_member(shop, EMAIL, "owner")
    body = {"email": EMAIL, "password": PASSWORD}
    token = (await shop.send("POST", "/admin/v1/sessions", body)).json()["token"]
    made = await shop.send("POST", "/admin/v1/me/mfa/totp", {"name": "Phone"}, token=token)
    assert made.status_code == 201, made.text
    app = pyotp.TOTP(made.json()["secret"])
    assert pyotp.parse_uri(made.json()["uri"]).name == EMAIL
    path = f"/admin/v1/me/mfa/totp/{made.json()['id']}/confirm"
    codes = await shop.send("POST", path, {"code": app.at(clock.now())}, token=token)
    assert len(codes.json()["recovery_codes"]) == 10
    listed = (await shop.send("GET", "/admin/v1/me/mfa", token=token)).json()
    assert (len(listed["items"]), listed["recovery_codes_left"]) == (1, 10)
    needed = await shop.send("POST", "/admin/v1/sessions", body)
    assert (needed.status_code, needed.json()["code"]) == (401, "auth.second_factor_needed")
    assert "token" not in needed.json()
    clock.advance(seconds=30)
    second = {"ticket": needed.json()["ticket"], "code": codes.json()["recovery_codes"][0]}
    opened = await shop.send("POST", "/admin/v1/sessions/second-factor", second)
    assert opened.status_code == 201, opened.text
    me = opened.json()["token"]
    listed = (await shop.send("GET", "/admin/v1/me/mfa", token=me)).json()
    assert listed["recovery_codes_left"] == 9
    gone = f"/admin/v1/me/mfa/{listed['items'][0]['id']}"
    clock.advance(minutes=16)
    old = await shop.send("DELETE", gone, token=me)
    assert (old.status_code, old.json()["code"]) == (403, "auth.proof_needed")
    by_password = await shop.send("POST", "/admin/v1/me/proof", {"password": PASSWORD}, token=me)
    assert by_password.json()["code"] == "auth.code_wrong"
    proof = {"code": app.at(clock.now())}
    assert (await shop.send("POST", "/admin/v1/me/proof", proof, token=me)).status_code == 204
    assert (await shop.send("DELETE", gone, token=me)).status_code == 204
    assert (await shop.send("GET", "/admin/v1/me/mfa", token=me)).json()["recovery_codes_left"] == 0
    assert (await shop.send("POST", "/admin/v1/sessions", body)).status_code == 201


async def test_a_role_can_ask_for_it_and_then_nothing_else_is_possible_before(
    shop: Shop, clock: MovableClock
) -> None:
    desk = await at_desk(shop, "support")
    owner = await shop.staff_session("owner@example.com", "owner")
    change = await shop.send(
        "PATCH", "/admin/v1/roles/support", {"second_factor": True}, token=owner
    )
    assert change.json()["second_factor"] is True
    led = await desk.get("/admin/orders")
    assert (led.status_code, led.headers["location"]) == (303, "/admin/me")
    page = await desk.get("/admin/me")
    assert "Your role asks for a second factor" in page.text
    assert 'href="/admin/orders"' not in page.text
    await enrolled(desk, clock)
    assert (await desk.get("/admin/orders")).status_code == 200
    # A lost phone: somebody with the rights lets the person in by password, and not an equal.
    async with shop.app.db.reading() as tx:
        olga = await staff.member_by_email(tx, EMAIL)
    assert olga is not None
    path = f"/admin/v1/staff/{encode('staff', olga.id)}/mfa"
    narrow = await shop.secret_key("staff:write")
    refused = await shop.send("DELETE", path, token=narrow)
    assert refused.json()["code"] == "staff.beyond_own_rights"
    assert (await shop.send("DELETE", path, token=owner)).status_code == 204
    assert (await desk.get("/admin/me")).status_code == 303
    trail = await shop.send("GET", "/admin/v1/audit?action=staff.factors_reset", token=owner)
    assert len(trail.json()["items"]) == 1


async def test_a_dangerous_act_asks_anew_who_is_there(shop: Shop, clock: MovableClock) -> None:
    desk = await at_desk(shop, "owner")
    clock.advance(minutes=20)
    sent = await desk.post("/admin/me/apps", {"name": "x"}, referer="http://shop.test/admin/me")
    assert sent.status_code == 403
    assert "Show that it is you" in sent.text
    asked = await desk.get("/admin/keys/new")
    assert asked.headers["location"] == "/admin/me/proof?back=%2Fadmin%2Fkeys%2Fnew"
    wrong = await desk.post("/admin/me/proof", {"password": "no", "back": "/admin/me"})
    assert wrong.status_code == 403
    right = await desk.post("/admin/me/proof", {"password": PASSWORD, "back": "//evil.example"})
    assert right.headers["location"] == "/admin"
    await enrolled(desk, clock)


async def test_what_is_stored_of_a_factor_cannot_be_used(
    shop: Shop, clock: MovableClock, database_url: str
) -> None:
    app, recovery = await enrolled(await at_desk(shop, "owner"), clock)
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch("select secret from staff.factor")
    finally:
        await connection.close()
    stored = b" ".join(row["secret"] for row in rows)
    assert len(rows) == 11
    assert app.secret.encode() not in stored
    assert not any(code.replace("-", "").encode() in stored for code in recovery)
