"""How fast products are imported, planned and applied, and how late the shop windows are meanwhile.

    python bench/importing.py FILE [--format icecat] [--products N] [--worker] [--profile OUT]

FILE is a product file of any kind that `argosy imports plan` reads; photographs are left for later.
A shop of its own is made in a temporary folder, durable as `argosy bench` makes it. With --worker,
a worker runs beside the import, as in production, and the lag of the shop windows (the age of the
oldest change that no window shows) is looked at ten times a second; else there is none.

One JSON object a line: products a minute, seconds, and CPU seconds of Python and PostgreSQL for
planning and for applying; then what the windows were behind.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from argosy.adapters.tabular import open_products
from argosy.entry import bench_shop, cli_bench
from argosy.entry.bench_load import CpuClock
from argosy.entry.supervisor import Supervisor
from argosy.entry.wiring import running_app
from argosy.modules.catalog.ports import ProductSource, SourceRecord
from argosy.runtime import migrate
from argosy.runtime.db import counting_statements
from argosy.runtime.embedded import start_embedded
from argosy.runtime.settings import load_settings
from argosy.workflows import projecting
from argosy.workflows.app import App
from argosy.workflows.import_pace import windows_behind
from argosy.workflows.product_applying import apply_plan
from argosy.workflows.product_planning import PlanOptions, plan_products

EMPTY = [{"kind": "format", "name": "argosy.products", "version": 1}]


class Part(msgspec.Struct):
    """The first products of a source, with all that stands before them."""

    source: ProductSource
    products: int
    taken: int = 0

    @property
    def format_name(self) -> str:
        """As the source says."""
        return self.source.format_name

    @property
    def file_name(self) -> str:
        """As the source says."""
        return self.source.file_name

    def total(self) -> int | None:
        """Not known beforehand."""
        return None

    def records(self) -> Iterator[SourceRecord]:
        """What `products` products take; `taken` counts them."""
        for record in self.source.records():
            if record.data.get("kind") == "product":
                if self.taken == self.products:
                    return
                self.taken += 1
            yield record


class Lags:
    """The lag of the shop windows, looked at ten times a second."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.seconds: list[float] = []
        self.pending = 0

    async def watch(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(0.1)

    async def look(self) -> bool:
        """Look once; whether anything waits."""
        lag = await projecting.projection_lag(self.app)
        behind = max(lag.seconds, await windows_behind(self.app))
        self.seconds.append(behind)
        self.pending = max(self.pending, lag.pending)
        return lag.pending > 0 or behind > 0

    def told(self) -> dict[str, Any]:
        """What was seen."""
        seen = sorted(self.seconds)
        return {
            "lag_p50_s": round(seen[len(seen) // 2], 2),
            "lag_p95_s": round(seen[int(len(seen) * 0.95)], 2),
            "lag_max_s": round(seen[-1], 2),
            "pending_max": self.pending,
        }


def tell(name: str, **figures: Any) -> None:
    """One line of the result."""
    sys.stdout.write(json.dumps({"name": name, **figures}) + "\n")
    sys.stdout.flush()


class Timer:
    """Seconds, CPU and statements of one part."""

    def __init__(self, name: str, cpu: CpuClock) -> None:
        self.name, self.cpu = name, cpu

    def __enter__(self) -> Timer:
        self.counting = counting_statements()
        self.count = self.counting.__enter__()
        self.began, self.own, self.before = time.monotonic(), time.process_time(), self.cpu.read()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.monotonic() - self.began
        self.own = time.process_time() - self.own
        after = self.cpu.read()
        self.spent = {name: after[name] - self.before[name] for name in after}
        self.counting.__exit__(None, None, None)

    def tell(self, products: int) -> None:
        """One line of the result."""
        tell(
            self.name,
            products=products,
            per_minute=round(60 * products / self.seconds),
            seconds=round(self.seconds, 1),
            cpu_s={"import": round(self.own, 1), **{n: round(s, 1) for n, s in self.spent.items()}},
            statements_per_100=round(100 * self.count.statements / max(1, products), 1),
            load=round(os.getloadavg()[0], 1),
        )


async def measure(app: App, source: Part, cpu: CpuClock, *, lags: bool) -> None:
    """Plan and apply, and tell."""
    seen = Lags(app)
    with Timer("plan", cpu) as planning:
        plan = await plan_products(app, source, options=PlanOptions(), actor="bench")
    planning.tell(source.taken)
    if plan.state != "planned":
        sys.exit(f"The plan is {plan.state}: {plan.message}")
    watching = asyncio.create_task(seen.watch()) if lags else None
    with Timer("apply", cpu) as applying:
        done = await apply_plan(app, plan.id)
    applying.tell(source.taken)
    both = planning.seconds + applying.seconds
    tell("both", per_minute=round(60 * source.taken / both), rejects=done.rejects + done.failed)
    if watching is not None:
        behind = time.monotonic()
        while await seen.look():  # noqa: ASYNC110 - another process is waited for
            await asyncio.sleep(0.1)
        watching.cancel()
        tell("windows", **seen.told(), done_after_s=round(time.monotonic() - behind, 1))


async def run(home: Path, url: str, postmaster: int, given: argparse.Namespace) -> None:
    """Make the empty shop, and import."""
    async with running_app(load_settings(home=str(home)), url) as app:
        await bench_shop.make_shop(app, home, EMPTY)
        options = {"price_list": "usd", "location": "main", "channels": ["us"]}
        source = Part(open_products(given.file, given.format, options), given.products)
        supervisor = Supervisor(home)
        pids = {"postgres": [postmaster]}
        try:
            if given.worker:
                environment = {"ARGOSY_DATABASE_URL": url, "ARGOSY_HOME": str(home)}
                pids["worker"] = [supervisor.start("worker", ["worker"], environment).process.pid]
            await measure(app, source, CpuClock(pids), lags=given.worker)
        finally:
            supervisor.stop()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--format", default="auto")
    parser.add_argument("--products", type=int, default=1_000_000)
    parser.add_argument("--worker", action="store_true")
    parser.add_argument("--profile", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="argosy-importing-") as folder:
        home = Path(folder).absolute()
        home.chmod(0o755)
        server = start_embedded(home)
        profile = cProfile.Profile() if given.profile else None
        try:
            asyncio.run(cli_bench.make_databases(server))
            url = server.url("bench")
            asyncio.run(migrate.migrate(url))
            postmaster = int((home / "postgres" / "postmaster.pid").read_text().split()[0])
            if profile:
                profile.enable()
            asyncio.run(run(home, url, postmaster, given))
        finally:
            if profile:
                profile.disable()
                profile.dump_stats(given.profile)
            server.stop()


if __name__ == "__main__":
    main()
