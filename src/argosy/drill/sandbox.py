"""The sandbox payment provider in a process of its own, and an operator's hands on it."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

API_KEY = "sk_sandbox_tests"
WEBHOOK_SECRET = "whsec_dGVzdHMtb25seS1zZWNyZXQtMDEyMzQ1Njc4OQ=="


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def sandbox_running(*options: str) -> Iterator[str]:
    """Run the sandbox as its own process; yields its address."""
    port = free_port()
    command = [sys.executable, "-m", "argosy.sandbox_psp", "--port", str(port)]
    command += ["--api-key", API_KEY, "--webhook-secret", WEBHOOK_SECRET, *options]
    environment = {**os.environ, "ARGOSY_ENV": "test"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait_until_open(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:  # a crowded machine: nothing of it is needed any more
            process.kill()
            process.wait()


def _wait_until_open(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(400):
        assert process.poll() is None, "the sandbox ended at its start"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the sandbox did not start")


@dataclass
class Sandbox:
    """A merchant's and an operator's hands on a running sandbox."""

    url: str
    http: httpx.AsyncClient
    seen: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def post(self, path: str, body: dict[str, Any], key: str | None = None) -> httpx.Response:
        """POST with an idempotency key (a new one unless given)."""
        return await self.http.post(
            path, json=body, headers={"idempotency-key": key or uuid4().hex}
        )

    async def pay(self, token: str = "tok_approved", **more: Any) -> dict[str, Any]:
        """Create a payment and return the whole answer."""
        body = {"amount": 1000, "currency": "EUR", "token": token, "reference": uuid4().hex} | more
        answer = await self.post("/v1/payments", body)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    async def behave(self, **behaviour: Any) -> None:
        """Set the mode; nothing given is normal."""
        (await self.http.put("/_test/behaviour", json=behaviour)).raise_for_status()

    async def advance(self, **amount: float) -> None:
        """Move the sandbox's clock: `advance_days=3` or `advance_s=60`."""
        (await self.http.post("/_test/clock", json=amount)).raise_for_status()

    async def challenge(self, payment_id: str, *, approve: bool) -> None:
        """Answer the 3DS challenge of a payment."""
        path = f"/_test/payments/{payment_id}/challenge"
        (await self.http.post(path, json={"approve": approve})).raise_for_status()

    async def dashboard(self, payment_id: str, action: str, amount: int | None = None) -> None:
        """Do something to a payment behind the shop's back."""
        body = {"action": action, "amount": amount}
        path = f"/_test/payments/{payment_id}/dashboard"
        (await self.http.post(path, json=body)).raise_for_status()

    async def requests(self, key: str) -> list[str]:
        """Which operations came with this idempotency key (or asked about it), in order."""
        answer = await self.http.get("/_test/requests", params={"idempotency_key": key})
        return [entry["operation"] for entry in answer.json()["items"]]


@asynccontextmanager
async def webhook_receiver(status: int = 200) -> AsyncIterator[tuple[str, list[Any]]]:
    """A listener for webhooks: its address, and the (headers, raw body) pairs it has received."""
    received: list[tuple[dict[str, str], bytes]] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = head.split("\r\n")[1:-2]
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
        received.append((headers, await reader.readexactly(int(headers["content-length"]))))
        writer.write(b"HTTP/1.1 %d X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n" % status)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield f"http://127.0.0.1:{port}/", received
