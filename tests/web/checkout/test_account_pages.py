"""Pages of an account: what strangers learn of them, whose sessions they are, what is agreed to."""

from __future__ import annotations

import re

import httpx
from tests.web.checkout.conftest import Counter

PASSWORD = "four random words here"
PLANTED = "ses_" + "0" * 43


async def send(shop: Counter, path: str, cookie: str = "", **form: str) -> httpx.Response:
    headers = {"accept": "text/html", "sec-fetch-site": "same-origin"}
    if cookie:
        headers["cookie"] = cookie
    shop.client.cookies.clear()
    return await shop.client.post(path, data=form, headers=headers)


async def page(shop: Counter, path: str, cookie: str = "") -> str:
    shop.client.cookies.clear()
    headers = {"accept": "text/html"} | ({"cookie": cookie} if cookie else {})
    answer = await shop.client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


def told(answer: httpx.Response, email: str) -> tuple[int, str]:
    return answer.status_code, answer.text.replace(email, "E-MAIL")


async def test_pages_tell_nobody_who_has_an_account(shop: Counter) -> None:
    await shop.shopper_session("ann@example.com")
    known, unknown = "ann@example.com", "eve@example.com"
    for path, more in (
        ("/account/sign-in", {"password": "not the password"}),
        ("/account/forgot", {}),
        ("/account/register", {"password": "another long secret", "name": "Eve"}),
    ):
        said = [told(await send(shop, path, email=e, **more), e) for e in (known, unknown)]
        assert said[0] == said[1], path
    # Whoever registered an address that has an account cannot get in by it.
    refused = await send(shop, "/account/sign-in", email=known, password="another long secret")
    assert refused.status_code == 401
    assert "set-cookie" not in refused.headers


async def test_signing_in_makes_a_session_that_nobody_could_have_planted(shop: Counter) -> None:
    await shop.shopper_session("ann@example.com")
    planted = f"argosy_session={PLANTED}"
    answer = await send(
        shop, "/account/sign-in", planted, email="ann@example.com", password=PASSWORD
    )
    assert answer.status_code == 303
    found = re.search(r"argosy_session=([^;]+); ([^\n]*)", answer.headers["set-cookie"])
    assert found is not None
    assert found[1] != PLANTED
    assert "HttpOnly" in found[2]
    assert "samesite=lax" in found[2].lower()
    mine = f"argosy_session={found[1]}"
    assert "Hello Ann Lee" in await page(shop, "/account", mine)
    for cookie in (planted, f"argosy_session={found[1][:-1]}", ""):
        shop.client.cookies.clear()
        headers = {"accept": "text/html"} | ({"cookie": cookie} if cookie else {})
        assert (await shop.client.get("/account", headers=headers)).status_code == 303
    # Another sign-in is another session, and leaving one ends it in the database.
    again = await send(shop, "/account/sign-in", mine, email="ann@example.com", password=PASSWORD)
    assert found[1] not in again.headers["set-cookie"]
    assert (await send(shop, "/account/sign-out", mine)).status_code == 303
    shop.client.cookies.clear()
    assert (await shop.client.get("/account", headers={"cookie": mine})).status_code == 303


async def test_consent_is_given_and_withdrawn_and_its_record_only_grows(shop: Counter) -> None:
    token = await shop.shopper_session("ann@example.com")
    mine = f"argosy_session={token}"

    async def record() -> list[bool]:
        found = (await shop.send("GET", "/v1/customers/me/consents", token=token)).json()["items"]
        assert {(one["purpose"], one["source"]) for one in found} <= {
            ("newsletter", "account_page")
        }
        return [one["granted"] for one in found]

    box = r'name="newsletter" value="1"( checked)?>'
    shown = re.search(box, await page(shop, "/account/details", mine))
    assert shown is not None
    assert shown[1] is None, "nothing is ticked before somebody agrees"
    for form, expected in (
        ({}, []),
        ({"newsletter": "1"}, [True]),
        ({"newsletter": "1"}, [True]),
        ({}, [True, False]),
        ({"newsletter": "1"}, [True, False, True]),
    ):
        answer = await send(shop, "/account/consents", mine, **form)
        assert answer.headers["location"] == "/account/details?done=consents"
        assert await record() == expected
    shown = re.search(box, text := await page(shop, "/account/details?done=consents", mine))
    assert shown is not None
    assert shown[1] is not None
    assert text.count("news by mail, ") == 3
    foreign = await shop.client.post(
        "/account/consents", data={}, headers={"cookie": mine, "sec-fetch-site": "cross-site"}
    )
    assert foreign.status_code == 403
    stranger = await send(shop, "/account/consents", newsletter="1")
    assert stranger.headers["location"].startswith("/account/sign-in")
    assert await record() == [True, False, True]
