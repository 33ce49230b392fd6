"""A shop behind its HTTP application, for tests of who may do what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
from tests.hearing import listening
from tests.modules.channels.making import a_channel

from argosy.adapters.imaging.studio import ChildStudio
from argosy.adapters.search.tantivy_index import TantivyIndex
from argosy.adapters.storage.local import LocalStorage
from argosy.modules import channels, staff
from argosy.runtime.credentials import Passwords
from argosy.runtime.db import Clock, Database
from argosy.runtime.settings import load_settings
from argosy.web.app import create_app
from argosy.web.mails.scribe import PageScribe
from argosy.workflows.app import App

PASSWORD = "four random words here"
SECRET_KEY = "a secret key for tests of 32 characters"


class Shop:
    """The application, a client for it, a channel and its publishable key."""

    def __init__(
        self, app: App, client: httpx.AsyncClient, channel: channels.Channel, key: str
    ) -> None:
        self.app = app
        self.client = client
        self.channel = channel
        self.key = key

    async def send(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **headers: str
    ) -> httpx.Response:
        """Send JSON with the credentials that fit the path, and to change whatever version there
        is if none is named.
        """
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if path.startswith("/v1/"):
            sent.setdefault("x-publishable-key", self.key)
        elif method in {"PATCH", "PUT", "DELETE"}:
            sent.setdefault("if-match", "*")
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        content = None if body is None else msgspec.json.encode(body)
        if content is not None:
            sent["content-type"] = "application/json"
        return await self.client.request(method, path, content=content, headers=sent)

    async def secret_key(self, *scopes: str) -> str:
        """A secret key with these scopes."""
        async with self.app.db.transaction() as tx:
            made = await staff.create_secret_key(tx, staff.SYSTEM, name="test", scopes=scopes)
        return made.token

    async def staff_session(self, email: str, *roles: str) -> str:
        """The token of a new, signed-in staff member."""
        new = staff.AddMember(email=email, name="Olga", password=PASSWORD, roles=roles)
        await staff.add_member(self.app.db, self.app.passwords, staff.SYSTEM, new)
        session = await staff.sign_in(
            self.app.db, self.app.passwords, email=email, password=PASSWORD
        )
        return session.token

    async def shopper_session(self, email: str = "ann@example.com") -> str:
        """The token of a new, signed-in customer."""
        body = {"email": email, "password": PASSWORD}
        registered = await self.send("POST", "/v1/customers", body | {"name": "Ann Lee"})
        assert registered.status_code == 202, registered.text
        session = await self.send("POST", "/v1/sessions", body)
        assert session.status_code == 201, session.text
        token: str = session.json()["token"]
        return token


@asynccontextmanager
async def a_shop(database_url: str, clock: Clock, home: str) -> AsyncIterator[Shop]:
    """A shop with one channel and its publishable key; hashing is cheap."""
    settings = load_settings(
        database_url=database_url,
        secret_key=SECRET_KEY,
        home=home,
        database_pool_size=4,
        checkout_pool_size=2,
    )
    async with AsyncExitStack() as stack:
        db = await Database.open(database_url, clock=clock, min_size=1, max_size=6)
        stack.push_async_callback(db.close)
        cache = await stack.enter_async_context(listening(database_url, clock))
        passwords = Passwords(memory_kib=64, passes=1, lanes=1)
        stack.callback(passwords.close)
        studio = ChildStudio()
        stack.push_async_callback(studio.close)
        app = App(
            db=db,
            checkout_db=db,
            settings=settings,
            cache=cache,
            gateways={},
            storage=LocalStorage(Path(home)),
            studio=studio,
            search=TantivyIndex(Path(home) / "search"),
            passwords=passwords,
            scribe=PageScribe(settings),
        )
        transport = httpx.ASGITransport(app=create_app(app))  # type: ignore[arg-type]
        async with app.db.transaction() as tx:
            channel = await a_channel(tx)
            made = await staff.create_publishable_key(
                tx, staff.SYSTEM, name="web", channel_id=channel.id
            )
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            yield Shop(app, client, channel, made.token)
