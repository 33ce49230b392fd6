"""A shop that sells behind its HTTP application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.sandbox import Sandbox, sandbox, sandbox_url
from tests.workflows.till import Till, open_till

from argosy.drill.clock import MovableClock
from argosy.kernel.ids import encode
from argosy.modules import staff
from argosy.runtime.db import Database
from argosy.web.app import create_app

__all__ = ["sandbox", "sandbox_url"]

BERLIN = {
    "country": "DE",
    "postal_code": "10115",
    "city": "Berlin",
    "line1": "Torstr. 1",
    "name": "Ann Lee",
}


@dataclass
class Counter:
    """A client of the shop: a storefront, or with a token somebody in particular."""

    till: Till
    client: httpx.AsyncClient
    key: str

    async def send(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **headers: str
    ) -> httpx.Response:
        """Send JSON with the credentials that fit the path."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if path.startswith("/v1/"):
            sent.setdefault("x-publishable-key", self.key)
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        content = None if body is None else msgspec.json.encode(body)
        if content is not None:
            sent["content-type"] = "application/json"
        return await self.client.request(method, path, content=content, headers=sent)

    def variant(self, name: str) -> str:
        return encode("variant", self.till.variants[name])

    async def cart(self, **units: int) -> dict[str, Any]:
        """A cart ready to be placed, through one request."""
        body = {
            "lines": [
                {"variant_id": self.variant(name), "quantity": n} for name, n in units.items()
            ],
            "email": "ann@example.com",
            "shipping_address": BERLIN,
            "shipping_method": "standard",
        }
        answer = await self.send("POST", "/v1/carts", body)
        assert answer.status_code == 201, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    async def place(
        self, cart: dict[str, Any], key: str, payment: dict[str, Any] | None = None
    ) -> httpx.Response:
        body = {"expected_total": cart["total"], "payment": payment or {"gateway": "invoice"}}
        return await self.send("POST", f"/v1/carts/{cart['id']}/place", body, idempotency_key=key)

    async def secret_key(self, *scopes: str) -> str:
        async with self.till.db.transaction() as tx:
            made = await staff.create_secret_key(tx, staff.SYSTEM, name="test", scopes=scopes)
        return made.token

    async def shopper_session(self, email: str = "ann@example.com") -> str:
        body = {"email": email, "password": "four random words here"}
        await self.send("POST", "/v1/customers", body | {"name": "Ann Lee"})
        session = await self.send("POST", "/v1/sessions", body)
        assert session.status_code == 201, session.text
        token: str = session.json()["token"]
        return token


@pytest.fixture
async def shop(
    db: Database, database_url: str, clock: MovableClock, tmp_path: Path, sandbox: Sandbox
) -> AsyncIterator[Counter]:
    """The shop with every way to pay."""
    async with open_till(db, database_url, clock, tmp_path, sandbox.url) as till:
        transport = httpx.ASGITransport(app=create_app(till.app))  # type: ignore[arg-type]
        async with db.transaction() as tx:
            made = await staff.create_publishable_key(
                tx, staff.SYSTEM, name="web", channel_id=till.channel.id
            )
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            yield Counter(till, client, made.token)
