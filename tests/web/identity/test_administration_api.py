"""Staff, keys, rights and the audit trail through the HTTP application."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from tests.web.identity.making import PASSWORD, Shop

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import encode
from argosy.modules import staff
from argosy.web.app import collect_routes


def test_every_administration_route_is_guarded() -> None:
    open_routes = set()
    for handler in collect_routes():
        for path in handler.paths:
            if path.startswith("/admin/") and not handler.guards:
                open_routes.add((*sorted(handler.http_methods), path))
    assert open_routes == {
        ("POST", "/admin/v1/sessions"),
        ("POST", "/admin/v1/sessions/second-factor"),
        ("POST", "/admin/v1/sessions/passkey"),
        ("POST", "/admin/v1/sessions/passkey/challenge"),
    }


async def test_sign_in_and_who_am_i(shop: Shop) -> None:
    await shop.staff_session("olga@example.com", "support")
    body = {"email": "olga@example.com", "password": PASSWORD}
    session = await shop.send("POST", "/admin/v1/sessions", body)
    assert session.status_code == 201
    token = session.json()["token"]
    me = (await shop.send("GET", "/admin/v1/me", token=token)).json()
    assert (me["kind"], me["name"], me["roles"]) == ("staff", "Olga", ["support"])
    assert "orders:write" in me["scopes"]
    wrong = await shop.send("POST", "/admin/v1/sessions", body | {"password": "this is not it"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "auth.credentials_wrong")
    new = {"current_password": PASSWORD, "new_password": "four other random words"}
    fresh = await shop.send("POST", "/admin/v1/me/password", new, token=token)
    assert fresh.status_code == 200
    assert (await shop.send("GET", "/admin/v1/me", token=token)).status_code == 401
    token = fresh.json()["token"]
    assert (await shop.send("DELETE", "/admin/v1/sessions/current", token=token)).status_code == 204
    ended = await shop.send("GET", "/admin/v1/me", token=token)
    assert (ended.status_code, ended.json()["code"]) == (401, "auth.session_ended")


@pytest.mark.parametrize("given", ["nothing", "shopper", "publishable", "unknown key", "expired"])
async def test_nobody_gets_in_without_credentials(
    shop: Shop, clock: MovableClock, given: str
) -> None:
    token: str | None = None
    code = "auth.session_ended"
    if given == "nothing":
        code = "auth.unauthenticated"
    elif given == "shopper":
        token = await shop.shopper_session()
    elif given == "publishable":
        token = shop.key
    elif given == "unknown key":
        token, code = "sk_" + "0" * 43, "auth.secret_key_invalid"
    else:
        code = "auth.key_expired"
        async with shop.app.db.transaction() as tx:
            made = await staff.create_secret_key(
                tx,
                staff.SYSTEM,
                name="old",
                scopes=("staff:read",),
                expires_at=tx.now + timedelta(hours=1),
            )
        token = made.token
        clock.advance(hours=2)
    answer = await shop.send("GET", "/admin/v1/staff", token=token)
    assert (answer.status_code, answer.json()["code"]) == (401, code)


async def test_a_missing_scope_is_named(shop: Shop) -> None:
    token = await shop.secret_key("staff:read", "orders:write")
    assert (await shop.send("GET", "/admin/v1/staff", token=token)).status_code == 200
    body = {
        "email": "new@example.com",
        "name": "New",
        "password": PASSWORD,
        "roles": ["support"],
    }
    answer = await shop.send("POST", "/admin/v1/staff", body, token=token)
    assert answer.status_code == 403
    assert answer.json()["code"] == "auth.forbidden"
    assert answer.json()["scope"] == "staff:write"


async def test_a_key_has_no_password(shop: Shop) -> None:
    body = {"current_password": PASSWORD, "new_password": "four other random words"}
    answer = await shop.send(
        "POST", "/admin/v1/me/password", body, token=await shop.secret_key("*")
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "staff.not_a_person")


async def test_a_key_is_shown_once_and_dies_when_revoked(shop: Shop) -> None:
    owner = await shop.staff_session("olga@example.com", "owner")
    body = {"kind": "secret", "name": "till", "scopes": ["keys:read"]}
    made = await shop.send("POST", "/admin/v1/keys", body, token=owner)
    assert made.status_code == 201
    token = made.json()["token"]
    shown = await shop.send("GET", f"/admin/v1/keys/{made.json()['id']}", token=token)
    assert shown.json()["token"] is None
    assert token not in (await shop.send("GET", "/admin/v1/keys", token=owner)).text
    assert shown.json()["hint"] == token[-4:]
    path = f"/admin/v1/keys/{made.json()['id']}"
    assert (await shop.send("DELETE", path, token=owner)).status_code == 204
    assert (await shop.send("GET", path, token=token)).status_code == 401
    assert (await shop.send("DELETE", path, token=owner)).status_code == 204


async def test_Q6_a_key_cannot_make_a_stronger_key(shop: Shop) -> None:
    token = await shop.secret_key("keys:write", "orders:read")
    body = {"kind": "secret", "name": "x", "scopes": ["orders:read", "payments:write", "*"]}
    answer = await shop.send("POST", "/admin/v1/keys", body, token=token)
    assert (answer.status_code, answer.json()["code"]) == (403, "staff.beyond_own_rights")
    assert answer.json()["missing"] == ["*", "payments:write"]


async def test_a_revoked_storefront_key_closes_the_shop_for_it(shop: Shop) -> None:
    owner = await shop.staff_session("olga@example.com", "owner")
    channel = encode("channel", shop.channel.id)
    body = {"kind": "publishable", "name": "web", "channel_id": channel}
    made = await shop.send("POST", "/admin/v1/keys", body, token=owner)
    key = made.json()["token"]
    reset = {"email": "a@example.com"}
    ok = await shop.send("POST", "/v1/password-resets", reset, x_publishable_key=key)
    assert ok.status_code == 202
    await shop.send("DELETE", f"/admin/v1/keys/{made.json()['id']}", token=owner)
    closed = await shop.send("POST", "/v1/password-resets", reset, x_publishable_key=key)
    assert closed.json()["code"] == "auth.publishable_key_invalid"


async def test_a_revocation_elsewhere_reaches_this_process(shop: Shop) -> None:
    reset = {"email": "a@example.com"}
    assert (await shop.send("POST", "/v1/password-resets", reset)).status_code == 202
    async with shop.app.db.transaction() as tx:  # as another process would: no local forgetting
        key = await staff.publishable_key(tx, shop.key)
        assert key is not None
        await staff.revoke_key(tx, staff.SYSTEM, key.key_id)
    for _ in range(50):
        answer = await shop.send("POST", "/v1/password-resets", {"email": "b@example.com"})
        if answer.status_code == 401:
            break
        await asyncio.sleep(0.02)
    assert answer.json()["code"] == "auth.publishable_key_invalid"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"kind": "publishable"}, 422, "keys.shape"),
        ({"kind": "secret"}, 422, "keys.scope_unknown"),
        ({"kind": "secret", "scopes": ["orders"]}, 422, "keys.scope_unknown"),
        ({"kind": "secret", "channel_id": "chn_x", "scopes": ["a:read"]}, 422, "keys.shape"),
        ({"kind": "publishable", "channel_id": "chn_x"}, 422, "id.malformed"),
        (
            {"kind": "publishable", "channel_id": "chn_01jy6v9q4ke4gtx9m2r8w3c5ah"},
            404,
            "channels.not_found",
        ),
        ({"kind": "secret", "scopes": ["orders:read"], "name": "\t"}, 422, "staff.invalid"),
        (
            {"kind": "secret", "scopes": ["a:b"], "expires_at": "2026-01-01T00:00:00"},
            422,
            "request.invalid",
        ),
        (
            {
                "kind": "secret",
                "scopes": ["orders:read"],
                "expires_at": "9999-12-31T23:59:59-14:00",
            },
            422,
            "request.time_out_of_range",
        ),
        ({"kind": "root"}, 422, "request.invalid"),
    ],
)
async def test_bad_keys_get_a_problem(
    shop: Shop, body: dict[str, object], status: int, code: str
) -> None:
    owner = await shop.staff_session("olga@example.com", "owner")
    answer = await shop.send("POST", "/admin/v1/keys", {"name": "x"} | body, token=owner)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_staff_are_added_listed_changed_and_disabled(shop: Shop) -> None:
    owner = await shop.staff_session("olga@example.com", "owner")
    body = {"email": "sam@example.com", "name": "Sam", "password": PASSWORD, "roles": ["support"]}
    made = await shop.send("POST", "/admin/v1/staff", body, token=owner)
    assert made.status_code == 201
    assert (await shop.send("POST", "/admin/v1/staff", body, token=owner)).status_code == 409
    path = f"/admin/v1/staff/{made.json()['id']}"
    first = (await shop.send("GET", "/admin/v1/staff?limit=1", token=owner)).json()
    rest = (
        await shop.send("GET", f"/admin/v1/staff?cursor={first['next_cursor']}", token=owner)
    ).json()
    assert [m["name"] for m in first["items"] + rest["items"]] == ["Sam", "Olga"]
    assert rest["next_cursor"] is None
    odd = await shop.send("GET", "/admin/v1/staff?cursor=AAAA", token=owner)
    assert odd.json()["code"] == "paging.cursor_invalid"
    changed = await shop.send("PATCH", path, {"roles": ["finance"]}, token=owner, if_match='"v1"')
    assert changed.json()["roles"] == ["finance"]
    assert changed.headers["etag"] == '"v2"'
    stale = await shop.send("PATCH", path, {"name": "S"}, token=owner, if_match='"v1"')
    assert stale.json()["code"] == "staff.changed"
    password = {"password": "another four random words"}
    assert (await shop.send("PUT", f"{path}/password", password, token=owner)).status_code == 204
    assert (await shop.send("PATCH", path, {"active": False}, token=owner)).json()[
        "active"
    ] is False
    me = (await shop.send("GET", "/admin/v1/me", token=owner)).json()["id"]
    last = await shop.send("PATCH", f"/admin/v1/staff/{me}", {"active": False}, token=owner)
    assert (last.status_code, last.json()["code"]) == (403, "staff.last_owner")
    roles = (await shop.send("GET", "/admin/v1/roles", token=owner)).json()
    assert roles["items"][0]["name"] == "owner"
    assert "orders:write" in roles["scopes"]


async def test_the_trail_tells_who_did_what_and_can_be_searched(shop: Shop) -> None:
    owner = await shop.staff_session("olga@example.com", "owner")
    body = {"kind": "secret", "name": "till", "scopes": ["orders:read"]}
    made = await shop.send("POST", "/admin/v1/keys", body, token=owner, x_request_id="req-12345678")
    key = made.json()["id"]
    trail = (await shop.send("GET", f"/admin/v1/audit?subject={key}", token=owner)).json()["items"]
    assert [e["action"] for e in trail] == ["key.created"]
    assert trail[0]["actor_name"] == "Olga"
    assert trail[0]["request_id"] == "req-12345678"
    assert trail[0]["after"] == {"name": "till", "scopes": ["orders:read"]}
    mine = await shop.send(
        "GET", f"/admin/v1/audit?actor_id={trail[0]['actor_id']}&action=key.created", token=owner
    )
    assert len(mine.json()["items"]) == 1
    now = datetime.now(UTC).isoformat().replace("+", "%2B")
    none = await shop.send("GET", f"/admin/v1/audit?since={now}", token=owner)
    assert none.json()["items"] == []
    far = await shop.send("GET", "/admin/v1/audit?until=0001-01-01T00:00:00%2B14:00", token=owner)
    assert (far.status_code, far.json()["code"]) == (422, "request.time_out_of_range")
    page = (await shop.send("GET", "/admin/v1/audit?limit=1", token=owner)).json()
    moved = await shop.send(
        "GET", f"/admin/v1/audit?action=x&cursor={page['next_cursor']}", token=owner
    )
    assert moved.json()["code"] == "paging.cursor_invalid"


async def test_customers_are_found_helped_and_erased_by_staff(shop: Shop) -> None:
    shopper = await shop.shopper_session()
    support = await shop.staff_session("sue@example.com", "support")
    found = await shop.send("GET", "/admin/v1/customers?email=ANN@example.com", token=support)
    (row,) = found.json()["items"]
    path = f"/admin/v1/customers/{row['id']}"
    changed = await shop.send("PATCH", path, {"name": "Ann B."}, token=support, if_match='"v1"')
    assert changed.json()["name"] == "Ann B."
    assert (await shop.send("GET", f"{path}/addresses", token=support)).json()["items"] == []
    export = await shop.send("GET", f"{path}/export", token=support)
    assert export.json()["customer"]["email"] == "ann@example.com"
    assert (await shop.send("POST", f"{path}/sign-out", token=support)).status_code == 204
    assert (await shop.send("GET", "/v1/customers/me", token=shopper)).status_code == 401
    assert (await shop.send("POST", f"{path}/erasure", token=support)).status_code == 204
    assert (await shop.send("POST", f"{path}/erasure", token=support)).status_code == 404
    gone = (await shop.send("GET", path, token=support)).json()
    assert gone["email"] == gone["name"] == ""
    owner = await shop.staff_session("olga@example.com", "owner")
    trail = await shop.send("GET", f"/admin/v1/audit?subject={row['id']}", token=owner)
    assert [e["action"] for e in trail.json()["items"]] == [
        "customer.erased",
        "customer.signed_out",
        "customer.exported",
        "customer.changed",
    ]
    assert "Ann" not in trail.text
    viewer = await shop.staff_session("vic@example.com", "read_only")
    assert (await shop.send("GET", path, token=viewer)).status_code == 200
    assert (await shop.send("GET", f"{path}/export", token=viewer)).status_code == 403
