"""A process that is really killed: `python -m argosy.entry.drill_child`, one JSON `Deed` a line.

It imports everything once and forks for each deed, so that dozens of deaths cost little. The fork
builds a real App, does the deed, and at its n-th await of the world (a statement, BEGIN, COMMIT, a
call to the provider: before it and after its answer) leaves by `os._exit`: no handler runs, no
transaction is rolled back by us, sockets simply close.
"""

from __future__ import annotations

import asyncio
import functools
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpcore  # noqa: F401 - loaded before the fork
import msgspec

from argosy.adapters.psp.offline import offline_gateways
from argosy.adapters.psp.sandbox import open_sandbox
from argosy.drill.sandbox import API_KEY, WEBHOOK_SECRET
from argosy.drill.till import BECAUSE, BERLIN, reply_for
from argosy.kernel.money import Money
from argosy.modules.channels import Channel
from argosy.modules.payments import Gateway
from argosy.runtime import db as runtime_db
from argosy.runtime.db import utc_now
from argosy.runtime.providers import Provider
from argosy.runtime.settings import Settings, load_settings
from argosy.runtime.statements import Statement
from argosy.workflows import authorisations, checkout, money_moves, recovery
from argosy.workflows.app import App
from argosy.workflows.money_moves import MoveMoney
from argosy.workflows.placement import PaymentChoice, PlaceCart, Purchase, WantedItem
from argosy.workflows.quoting import rules_for

OpenApp = Callable[..., AbstractAsyncContextManager[App]]
"""`entry.wiring.running_app`: (settings, url, *, clock, gateways) -> App."""


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """What to do, and at which await to die (None: live, and tell all the awaits).

    `autocommit`: as if there were no transactions, for the proof that the proof bites.
    """

    act: str
    url: str
    sandbox_url: str
    home: str
    channel: Channel
    cart_id: UUID | None = None
    cart_ids: tuple[UUID, ...] = ()
    variant_id: UUID | None = None
    at_once: int = 1
    payment_id: UUID | None = None
    key: str | None = None
    expected: Money | None = None
    payment: PaymentChoice | None = None
    kill_at: int | None = None
    offset_s: float = 0
    autocommit: bool = False


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How the fork ended: at which point it was killed, or the points that it lived through."""

    killed: str | None = None
    points: list[str] = []
    error: str | None = None


class Points:
    """Counts awaits once it is armed."""

    def __init__(self, kill_at: int | None, pipe: int, *, autocommit: bool = False) -> None:
        self.kill_at = kill_at
        self.pipe = pipe
        self.armed = False
        self.autocommit = autocommit
        self.seen: list[str] = []
        self.statement = ""

    def point(self, name: str) -> None:
        """One await begins or has ended."""
        if not self.armed:
            return
        if self.kill_at == len(self.seen):
            os.write(self.pipe, msgspec.json.encode(Ending(killed=name)))
            os._exit(9)
        self.seen.append(name)

    async def around(self, name: str, act: Callable[[], Awaitable[Any]]) -> Any:
        """A point before and a point after."""
        self.point(f"before {name}")
        result = await act()
        self.point(f"after {name}")
        return result

    def install(self) -> None:
        """Watch the driver and the provider's client of this process."""
        pooled: Any = runtime_db._Connection
        execute, run, call = pooled.execute, pooled._execute, Provider.call
        counted = runtime_db._counted

        def named(statement: Statement) -> None:
            self.statement = statement.name
            counted(statement)

        async def bare(connection: Any, query: str, *args: Any, **more: Any) -> Any:
            if args:
                return await execute(connection, query, *args, **more)
            word = query.split(maxsplit=1)[0].strip(";").lower()
            if self.autocommit and word in {"begin", "commit", "rollback"}:
                return word
            return await self.around(word, lambda: execute(connection, query, **more))

        async def with_arguments(connection: Any, *args: Any, **more: Any) -> Any:
            return await self.around(self.statement, lambda: run(connection, *args, **more))

        async def called(provider: Provider, operation: str, *args: Any, **more: Any) -> Any:
            return await self.around(
                f"provider {operation}", lambda: call(provider, operation, *args, **more)
            )

        runtime_db._counted = named
        pooled.execute, pooled._execute = bare, with_arguments
        Provider.call = called  # type: ignore[method-assign,assignment]


async def act(app: App, deed: Deed) -> None:
    """The deed itself."""
    match deed.act:
        case "place":
            assert deed.cart_id is not None
            await checkout.place(app, _place(deed, deed.cart_id), reply_for(deed.key))
        case "place together":
            await asyncio.gather(
                *(
                    checkout.place(app, _place(deed, cart_id), reply_for(f"{deed.key} {n}"))
                    for n, cart_id in enumerate(deed.cart_ids)
                )
            )
        case "purchase together":
            await asyncio.gather(
                *(
                    checkout.purchase(app, _purchase(deed), reply_for(f"{deed.key} {n}"))
                    for n in range(deed.at_once)
                )
            )
        case "resume":
            assert deed.cart_id is not None
            await checkout.resume(app, deed.cart_id, deed.channel, None, BECAUSE)
        case "recover":
            await recovery.sweep(app)
            await money_moves.sweep(app)
        case "look again":
            await authorisations.sweep_late(app)
            await money_moves.sweep(app)
        case "capture" | "void" | "refund":
            assert deed.payment_id is not None
            await money_moves.move(app, MoveMoney(deed.payment_id, deed.act, BECAUSE))
        case other:
            raise ValueError(other)


def _place(deed: Deed, cart_id: UUID) -> PlaceCart:
    assert deed.expected is not None
    return PlaceCart(
        cart_id=cart_id,
        channel=deed.channel,
        customer_id=None,
        expected_total=deed.expected,
        payment=deed.payment,
        because=BECAUSE,
    )


def _purchase(deed: Deed) -> Purchase:
    assert deed.variant_id is not None
    return Purchase(
        channel=deed.channel,
        customer_id=None,
        items=(WantedItem(variant_id=deed.variant_id, quantity=1),),
        email="ann@example.com",
        shipping_address=BERLIN,
        billing_address=None,
        shipping_method="standard",
        expected_total=None,
        payment=deed.payment,
        because=BECAUSE,
    )


@functools.cache
def prepared(url: str, sandbox_url: str, home: str) -> tuple[Settings, Mapping[str, Gateway]]:
    """Settings, and gateways that have not connected yet: made before the fork."""
    settings = load_settings(
        database_url=url,
        home=home,
        secret_key="a secret key for tests of 32 characters",
        sandbox_psp_url=sandbox_url,
        sandbox_psp_api_key=API_KEY,
        sandbox_psp_webhook_secret=WEBHOOK_SECRET,
        provider_timeout_s=2.0,
    )
    offline: list[Gateway] = list(offline_gateways(["invoice", "cash"]))
    return settings, {one.name: one for one in [*offline, open_sandbox(settings)]}


async def live(open_app: OpenApp, deed: Deed, pipe: int) -> None:
    """Build the App, do the deed, tell how it went."""
    settings, gateways = prepared(deed.url, deed.sandbox_url, deed.home)
    offset = timedelta(seconds=deed.offset_s)
    points = Points(deed.kill_at, pipe, autocommit=deed.autocommit)
    points.install()
    error = None
    async with open_app(
        settings, deed.url, clock=lambda: utc_now() + offset, gateways=gateways
    ) as app:
        await rules_for(app, deed.channel.id)
        points.armed = True
        try:
            await act(app, deed)
        except Exception as raised:  # noqa: BLE001 - told to the parent
            error = repr(raised)
        points.armed = False
        # What is left to do is only to leave: closing pools and clients tells nothing.
        os.write(pipe, msgspec.json.encode(Ending(points=points.seen, error=error)))
        os._exit(0)


def main(open_app: OpenApp) -> None:
    """Fork for each line of stdin, answer each with a line."""
    read = msgspec.json.Decoder(Deed)
    for line in sys.stdin.buffer:
        deed = read.decode(line)
        prepared(deed.url, deed.sandbox_url, deed.home)
        ours, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(live(open_app, deed, theirs))
            except BaseException as error:  # noqa: BLE001 - a fork must never come back
                os.write(theirs, msgspec.json.encode(Ending(error=repr(error))))
            os._exit(1)
        os.close(theirs)
        with os.fdopen(ours, "rb") as told:
            said = told.read()
        os.waitpid(child, 0)
        sys.stdout.buffer.write(said + b"\n")
        sys.stdout.buffer.flush()
