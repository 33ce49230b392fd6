"""The `shop` fixture, and people at their browsers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.web.identity.making import PASSWORD, Shop, a_shop

from argosy.drill.clock import MovableClock
from argosy.modules import staff

BROWSER = {"accept": "text/html", "sec-fetch-site": "same-origin"}


@pytest.fixture
async def shop(database_url: str, clock: MovableClock, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with one channel, behind its HTTP application."""
    async with a_shop(database_url, clock, str(tmp_path)) as made:
        yield made


class Desk:
    """A browser at the back office."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        transport = shop.client._transport
        self.client = httpx.AsyncClient(
            transport=transport, base_url="http://shop.test", headers=BROWSER
        )

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Open a page."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.get(path, headers=sent)

    async def post(self, path: str, form: dict[str, object], **headers: str) -> httpx.Response:
        """Send a form."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post(path, data=form, headers=sent)

    async def sign_in(self, email: str, password: str = PASSWORD, **more: object) -> httpx.Response:
        """Send the form of the sign-in."""
        form = {"email": email, "password": password} | more
        return await self.post("/admin/sign-in", form)


async def a_member(shop: Shop, email: str, *roles: str) -> staff.Member:
    """A new staff member, with the tests' password."""
    new = staff.AddMember(email=email, name="Olga", password=PASSWORD, roles=roles)
    return await staff.add_member(shop.app.db, shop.app.passwords, staff.SYSTEM, new)


async def at_desk(shop: Shop, *roles: str, email: str = "olga@example.com") -> Desk:
    """Somebody with these roles, signed in."""
    await a_member(shop, email, *roles)
    desk = Desk(shop)
    answer = await desk.sign_in(email)
    assert answer.status_code == 303, answer.text
    return desk
