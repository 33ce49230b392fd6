"""Signing in by a link in a mail: once, in time, by a click, telling nobody who has an account."""

from __future__ import annotations

import asyncio
import dataclasses
import re

import asyncpg
from tests.web.identity.making import PASSWORD, Shop
from tests.workflows.test_mailing import Box, mailed

from argosy.drill.clock import MovableClock
from argosy.modules import customers
from argosy.runtime.db import counting_statements

ASK, USE = "/v1/sign-in-links", "/v1/sign-in-links/complete"
OWN = {"sec-fetch-site": "same-origin", "accept": "text/html"}


async def a_link(shop: Shop, box: Box, email: str = "ann@example.com") -> str:
    """Ask for a link, do the worker's part, and read the code in the mail."""
    asked = await shop.send("POST", ASK, {"email": email})
    assert asked.status_code == 202, asked.text
    async with shop.app.db.transaction() as tx:
        await customers.issue_sign_in_link(tx, customers.IssueSignInLink(email_normalised=email))
    await mailed(dataclasses.replace(shop.app, mailer=box))
    text = box.mails[-1].text
    code = re.findall(r"^    (\S+)$", text, re.MULTILINE)[0]
    assert f"/account/link?code={code}" in text
    return str(code)


async def test_a_link_signs_in_once_within_fifteen_minutes_and_proves_the_address(
    shop: Shop, clock: MovableClock, database_url: str
) -> None:
    await shop.shopper_session()
    box = Box()
    older, code = await a_link(shop, box), await a_link(shop, box)
    connection = await asyncpg.connect(database_url)
    try:
        stored = str(await connection.fetch("select p::text from customers.proof p"))
        queued = str(await connection.fetch("select payload from jobs.pgqueuer"))
        told = str(await connection.fetch("select data::text from runtime.outbox"))
    finally:
        await connection.close()
    assert code not in stored + queued + told
    twice = await asyncio.gather(*(shop.send("POST", USE, {"token": code}) for _ in range(3)))
    assert sorted(answer.status_code for answer in twice) == [201, 422, 422]
    opened = next(answer.json() for answer in twice if answer.status_code == 201)
    assert opened["customer"]["email_verified"] is True
    me = await shop.send("GET", "/v1/customers/me", token=opened["token"])
    assert me.json()["email"] == "ann@example.com"
    replaced = await shop.send("POST", USE, {"token": older})
    assert replaced.json()["code"] == "customers.proof_invalid", "one use ends the other links"
    late = await a_link(shop, box)
    clock.advance(minutes=15)
    assert (await shop.send("POST", USE, {"token": late})).status_code == 422
    # The password stays what it was.
    body = {"email": "ann@example.com", "password": PASSWORD}
    assert (await shop.send("POST", "/v1/sessions", body)).status_code == 201


async def test_links_end_with_the_password_and_the_address_they_were_mailed_for(
    shop: Shop,
) -> None:
    token, box = await shop.shopper_session(), Box()
    code = await a_link(shop, box)
    change = {"current_password": PASSWORD, "new_password": "four other random words"}
    path = "/v1/customers/me/password"
    assert (await shop.send("POST", path, change, token=token)).status_code == 200
    assert (await shop.send("POST", USE, {"token": code})).status_code == 422
    code = await a_link(shop, box)
    async with shop.app.db.pool.acquire() as connection:
        await connection.execute(
            "update customers.customer set email = 'new@example.com',"
            " email_normalised = 'new@example.com'"
        )
    assert (await shop.send("POST", USE, {"token": code})).status_code == 422
    # A text for another purpose opens nothing here.
    for odd in ("", "0" * 80, code[:32] + "0" * 48, "\u00e9" * 80):
        assert (await shop.send("POST", USE, {"token": odd})).status_code == 422


async def test_38_asking_answers_alike_and_is_slowed_down_alike(
    shop: Shop, clock: MovableClock
) -> None:
    await shop.shopper_session()
    seen = []
    for email in ("ann@example.com", "nobody@example.com"):
        with counting_statements() as counter:
            answer = await shop.send("POST", ASK, {"email": email})
        more = [(await shop.send("POST", ASK, {"email": email})).status_code for _ in range(3)]
        seen.append((answer.status_code, answer.json(), tuple(counter.names), more))
    assert seen[0] == seen[1]
    assert seen[0][3] == [202, 202, 429]
    async with shop.app.db.transaction() as tx:
        job = customers.IssueSignInLink(email_normalised="nobody@example.com")
        await customers.issue_sign_in_link(tx, job)


async def test_opening_the_link_uses_nothing_up_and_its_button_signs_in(shop: Shop) -> None:
    await shop.shopper_session()
    code = await a_link(shop, Box())
    for _ in range(3):  # a mail scanner, a preview, the person
        page = await shop.client.get(f"/account/link?code={code}", headers=OWN)
        assert page.status_code == 200, page.text
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
        assert f'value="{code}"' in page.text
    foreign = {"sec-fetch-site": "cross-site", "accept": "text/html"}
    lured = await shop.client.post("/account/link", data={"code": code}, headers=foreign)
    assert lured.status_code == 403
    stale = {"cookie": "argosy_session=shopper_" + "0" * 43}
    opened = await shop.client.post("/account/link", data={"code": code}, headers=OWN | stale)
    assert (opened.status_code, opened.headers["location"]) == (303, "/account")
    assert "argosy_session=shopper_" in opened.headers["set-cookie"]
    assert "0" * 43 not in opened.headers["set-cookie"]
    again = await shop.client.post("/account/link", data={"code": code}, headers=OWN)
    assert again.status_code == 422
    assert "ask for a new one" in again.text
    sent = await shop.client.post("/account/link", data={"email": "x@example.com"}, headers=OWN)
    assert (sent.status_code, "is on its way" in sent.text) == (200, True)
