"""A whole shop of real processes, to be hurt: PostgreSQL, server, worker and sandbox provider.

Every process can be killed and started again. PostgreSQL is the embedded one, durable, in a folder
of the drill's own. Between shop and provider runs a `Wire`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil

from argosy.drill.audit import audit
from argosy.drill.child import OpenApp
from argosy.drill.effects import counted, not_once
from argosy.drill.sandbox import API_KEY, WEBHOOK_SECRET, Sandbox, free_port
from argosy.drill.till import Till, furnish
from argosy.drill.wire import Wire, wire_to
from argosy.kernel.errors import Unavailable
from argosy.modules import staff
from argosy.runtime import migrate
from argosy.runtime.embedded import EmbeddedPostgres, start_embedded
from argosy.runtime.settings import Settings, load_settings
from argosy.workflows.reactions import subscriptions

READY_WITHIN_S = 60.0
LEASE_S = 5.0
_TOLD = 3000
PROVIDER_TIMEOUT_S = 2.0
DATABASE = "drill"
SERVER, WORKER, PROVIDER = "server", "worker", "provider"


class NotReady(Exception):
    """A process did not start; the message names its log."""


class Shop:
    """What `running_shop` yields. `till` acts inside this process on the shop's database; `http`
    is a shopper's client of the real server.
    """

    def __init__(self, home: Path, postgres: EmbeddedPostgres, environment: dict[str, str]) -> None:
        self.home = home
        self.url = postgres.url(DATABASE)
        self.postgres = postgres
        self.environment = environment
        self.address = environment["ARGOSY_PUBLIC_URL"]
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.commands: dict[str, list[str]] = {
            SERVER: ["argosy.entry", "serve"],
            WORKER: ["argosy.entry.drill_worker"],
        }
        self.ready: dict[str, str] = {SERVER: f"{self.address}/health/ready"}
        self._begins: dict[str, int] = {}
        self.settings: Settings
        self.till: Till
        self.http: httpx.AsyncClient
        self.provider: Sandbox
        self.wire: Wire

    def start(self, name: str) -> None:
        """Start a process of this name; its output is appended to `home/logs`."""
        path = self._log(name)
        path.parent.mkdir(exist_ok=True)
        with path.open("ab") as log:
            self._begins[name] = log.tell()
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *self.commands[name]],
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def wait_ready(self, name: str) -> None:
        """Until the process answers. Raises NotReady."""
        deadline = time.monotonic() + READY_WITHIN_S
        async with httpx.AsyncClient(timeout=2) as http:
            while time.monotonic() < deadline:
                with suppress(httpx.HTTPError):
                    if (await http.get(self.ready[name])).status_code < 400:
                        return
                if self.processes[name].poll() is not None:
                    break
                await asyncio.sleep(0.1)
        raise NotReady(f"{name} is not ready; read {self._log(name)}")

    async def wait_at_work(self) -> None:
        """Until the worker, which nobody can ask, says that it delivers. Raises NotReady."""
        deadline = time.monotonic() + READY_WITHIN_S
        while "worker.started" not in self.said(WORKER):
            if self.processes[WORKER].poll() is not None or time.monotonic() > deadline:
                raise NotReady(f"no worker is at work: {self.said(WORKER)[-_TOLD:]}")
            await asyncio.sleep(0.05)

    def said(self, name: str) -> str:
        """What the process of this name logged since it was started last."""
        with self._log(name).open("rb") as log:
            log.seek(self._begins[name])
            return log.read().decode("utf-8", "replace")

    def ended(self) -> list[str]:
        """The processes that ended by themselves, with the last that they said."""
        return [
            f"{name} ended with {process.returncode}: {self.said(name)[-_TOLD:]}"
            for name, process in self.processes.items()
            if process.poll() not in {None, -signal.SIGKILL}
        ]

    def _log(self, name: str) -> Path:
        return self.home / "logs" / f"{name}.log"

    def kill(self, name: str) -> None:
        """SIGKILL to the process and all that it started: no handler runs, nothing is finished."""
        process = self.processes[name]
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def stop(self) -> None:
        """Ask all to end, then make them."""
        for process in self.processes.values():
            process.terminate()
        for name, process in self.processes.items():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill(name)

    async def stop_postgres(self, how: signal.Signals) -> None:
        """SIGINT: fast shutdown, as of a restart. SIGKILL: to the server and all its children.

        A worker that is starting gets up first: one that finds no database then ends, and says so.
        """
        if self.processes[WORKER].poll() is None:
            await self.wait_at_work()
        pid = int((self.home / "postgres" / "postmaster.pid").read_text().split()[0])
        postmaster = psutil.Process(pid)
        family = [postmaster]
        if how == signal.SIGKILL:
            family += postmaster.children(recursive=True)
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.send_signal(how)
        await asyncio.to_thread(psutil.wait_procs, family, 20)

    async def start_postgres(self) -> None:
        """Start PostgreSQL on the same folder; it recovers what was committed."""
        await asyncio.to_thread(self.postgres.start_again)

    async def rest(self, within_s: float = 90.0) -> list[str]:
        """Wait until nothing is in motion and the audit is silent; what it says in the end.

        Nobody helps: what is recovered here, the shop's own processes recover.
        """
        deadline = time.monotonic() + within_s
        found: list[str] = ["never audited"]
        while found and time.monotonic() < deadline:
            try:
                found = await audit(self.till.app) + await self.not_once()
            except Unavailable as error:
                found = [f"no audit: {error.message}"]
            if found:
                if gone := self.ended():
                    return [*gone, *found]  # who helped is no more
                await asyncio.sleep(0.5)
        return found

    async def not_once(self) -> list[str]:
        """Each event that did not take effect exactly once in a reaction of the workers that wants
        it; those that nobody has come to yet are among them.
        """
        return await not_once(self.till.db, subscriptions(self.till.app))

    async def purchase(
        self,
        key: str,
        units: Mapping[str, int],
        payment: Mapping[str, Any],
        *,
        timeout_s: float = 15.0,
    ) -> httpx.Response:
        """One request to `POST /v1/purchases`. Raises httpx errors."""
        lines = [
            {"variant_id": self.till.public_id(name), "quantity": number}
            for name, number in units.items()
        ]
        body = {
            "lines": lines,
            "email": "ann@example.com",
            "shipping_address": ADDRESS,
            "shipping_method": "standard",
            "payment": payment,
        }
        return await self.http.post(
            "/v1/purchases", json=body, headers={"idempotency-key": key}, timeout=timeout_s
        )


ADDRESS = {
    "name": "Ann Lee",
    "line1": "Torstr. 1",
    "city": "Berlin",
    "postal_code": "10115",
    "country": "DE",
}
INVOICE_BODY: dict[str, Any] = {"gateway": "invoice"}


def card_body(token: str = "tok_approved") -> dict[str, Any]:
    """Payment by a test card of the sandbox provider."""
    return {
        "gateway": "sandbox",
        "instrument": {"token": token},
        "return_url": "https://shop.test/back",
    }


@asynccontextmanager
async def running_shop(
    open_app: OpenApp,
    home: Path,
    *,
    server_processes: int = 2,
    stock: int = 100_000,
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[Shop]:
    """A furnished shop in the empty folder `home` (see `temporary_home`), its processes ready;
    all are ended afterwards.

    `open_app` is `entry.wiring.running_app`. `settings` are environment variables for its
    processes. Leases are short (LEASE_S), so that a drill sees recovery soon. Raises NotReady.
    """
    provider_port = free_port()
    async with AsyncExitStack() as stack:
        postgres = await asyncio.to_thread(start_embedded, home)
        stack.callback(postgres.stop)
        await _database(postgres)
        wire = await stack.enter_async_context(wire_to(provider_port))
        port = free_port()
        environment = _environment(home, port, postgres, wire, server_processes)
        shop = Shop(home, postgres, {**environment, **(settings or {})})
        shop.wire = wire
        webhooks = f"{shop.address}/webhooks/psp/sandbox"
        shop.commands[PROVIDER] = [
            "argosy.entry", "sandbox-psp", "--port", str(provider_port),
            "--db", str(home / "provider.sqlite3"),
            "--webhook-url", webhooks,
        ]  # fmt: skip
        shop.ready[PROVIDER] = f"http://127.0.0.1:{provider_port}/"
        stack.callback(shop.stop)
        await _open(shop, open_app, stack, provider_port, stock)
        yield shop


async def _open(
    shop: Shop, open_app: OpenApp, stack: AsyncExitStack, provider_port: int, stock: int
) -> None:
    shop.start(PROVIDER)
    await shop.wait_ready(PROVIDER)
    own = {"home": str(shop.home), "database_url": shop.url, "sandbox_psp_url": shop.wire.address}
    shop.settings = load_settings(
        **own,
        sandbox_psp_api_key=API_KEY,
        sandbox_psp_webhook_secret=WEBHOOK_SECRET,
        offline_gateways=["invoice"],
        placing_lease_s=float(shop.environment["ARGOSY_PLACING_LEASE_S"]),
        provider_timeout_s=PROVIDER_TIMEOUT_S,
    )
    app = await stack.enter_async_context(open_app(shop.settings, shop.url))
    shop.till = await furnish(app)
    for name in ("shirt", "mug"):
        await shop.till.stock(name, stock)
    async with app.db.transaction() as tx:
        key = await staff.create_publishable_key(
            tx, staff.SYSTEM, name="Drill", channel_id=shop.till.channel.id
        )
    await counted(app.db, [])
    shop.start(SERVER)
    shop.start(WORKER)
    await shop.wait_ready(SERVER)
    await shop.wait_at_work()
    shop.http = await stack.enter_async_context(
        httpx.AsyncClient(
            base_url=shop.address,
            headers={"x-publishable-key": key.token},
            limits=httpx.Limits(max_connections=400, max_keepalive_connections=100),
            timeout=15,
        )
    )
    hands = await stack.enter_async_context(
        httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{provider_port}",
            headers={"authorization": f"Bearer {API_KEY}"},
            timeout=15,
        )
    )
    shop.provider = Sandbox(str(hands.base_url), hands)


async def _database(postgres: EmbeddedPostgres) -> None:
    await postgres.create_database(DATABASE)
    await migrate.migrate(postgres.url(DATABASE))


def _environment(
    home: Path, port: int, postgres: EmbeddedPostgres, wire: Wire, processes: int
) -> dict[str, str]:
    return {
        "ARGOSY_ENV": "development",
        "ARGOSY_DATABASE_URL": postgres.url(DATABASE),
        "ARGOSY_HOME": str(home),
        "ARGOSY_PORT": str(port),
        "ARGOSY_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "ARGOSY_SERVER_PROCESSES": str(processes),
        "ARGOSY_SECRET_KEY": "a secret key for drills of 32 characters",
        "ARGOSY_SANDBOX_PSP_URL": wire.address,
        "ARGOSY_SANDBOX_PSP_API_KEY": API_KEY,
        "ARGOSY_SANDBOX_PSP_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "ARGOSY_OFFLINE_GATEWAYS": '["invoice"]',
        "ARGOSY_PLACING_LEASE_S": str(LEASE_S),
        "ARGOSY_PROVIDER_TIMEOUT_S": str(PROVIDER_TIMEOUT_S),
        "ARGOSY_RECOVERY_INTERVAL_S": "0.5",
    }


def temporary_home() -> Path:
    """A folder for one drill; the caller removes it."""
    home = Path(tempfile.mkdtemp(prefix="argosy-drill-"))
    home.chmod(0o755)  # the embedded server runs as a user of its own
    return home
