"""A whole demo shop, once for each test process, and browsers that visit it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Error, Page, async_playwright

WITHIN_S = 240.0
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Demo(NamedTuple):
    """Where the shop is, and how to get in."""

    url: str
    secret_key: str
    publishable_key: str
    staff_email: str
    staff_password: str

    def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """An operation of the API, as staff."""
        answer = httpx.request(
            method,
            self.url + path,
            json=body,
            timeout=30,
            headers={
                # The shop's API takes a bearer for a shopper's session.
                **(
                    {}
                    if path.startswith("/v1/")
                    else {"Authorization": f"Bearer {self.secret_key}"}
                ),
                "X-Publishable-Key": self.publishable_key,
                "If-Match": "*",
            },
        )
        assert answer.status_code < 400, answer.text
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """`argosy demo`, with everything that it brings."""
    memory = Path("/dev/shm")
    room = memory if memory.is_dir() and shutil.disk_usage(memory).free > 2**31 else None
    home = Path(tempfile.mkdtemp(prefix="argosy-pages-", dir=room))
    port = _free_port()
    printed = home / "printed.json"
    with printed.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "argosy.entry", "--json", "--home", str(home / "home"), "demo"]
            + ["--port", str(port), "--psp-port", str(_free_port())],
            stdout=out,
            env={k: v for k, v in os.environ.items() if not k.startswith("ARGOSY_")}
            # The shop stays open beside all other tests, and 725 photographs are minutes of work.
            | {"ARGOSY_DRAW_PICTURES": "false"},
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + WITHIN_S
        while not printed.read_text().rstrip().endswith("}"):
            assert process.poll() is None, "the demo ended by itself"
            assert time.monotonic() < deadline, "the demo was not ready in time"
            time.sleep(0.2)
        facts = json.loads(printed.read_text())
        yield Demo(
            facts["shop"].rstrip("/"),
            facts["secret_key"],
            facts["publishable_keys"]["us"],
            facts["staff_email"],
            facts["staff_password"],
        )
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium of the system, else the one that Playwright has installed."""
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=QUIET
        )
        yield found
        await found.close()


@pytest.fixture
async def page(browser: Browser, demo: Demo) -> AsyncIterator[Page]:
    """A page of a new visitor on a desktop; errors of its scripts fail the test."""
    context = await browser.new_context(base_url=demo.url, locale="en-US")
    async with Watched(context) as found:
        yield found


class Watched:
    """A page whose script errors and refused loads are an error at the end."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.errors: list[str] = []

    async def __aenter__(self) -> Page:
        page = await self.context.new_page()
        page.on("pageerror", self._failed)
        page.on(
            "console",
            lambda said: (
                self.errors.append(said.text) if "Content Security Policy" in said.text else None
            ),
        )
        return page

    def _failed(self, error: Error) -> None:
        # Chromium's word for a page that is left before its transition has ended.
        if "Transition was skipped" not in str(error):
            self.errors.append(str(error))

    async def __aexit__(self, *_: object) -> None:
        await self.context.close()
        assert not self.errors, self.errors
