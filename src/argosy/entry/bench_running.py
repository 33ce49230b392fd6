"""What `argosy bench` keeps while it runs: where the shop is, and what was measured."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from argosy.entry import bench_load
from argosy.entry.bench_load import CpuClock, RequestLog


class Bench:
    """A running shop with everything to measure it, and what was measured."""

    def __init__(self, home: Path, port: int, seconds: float) -> None:
        self.home = home
        self.port = port
        self.seconds = seconds
        self.address = f"http://127.0.0.1:{port}"
        self.environment: dict[str, str] = {}
        self.cpu = CpuClock({})
        self.log = RequestLog(home)
        self.reference_url = ""
        self.rates: dict[str, float] = {}
        self.details: dict[str, dict[str, Any]] = {}
        self.growth: dict[str, Any] = {}

    def buy(self, name: str, script: str, route: str, *, lines: int = 2, **more: str) -> None:
        """Measure purchases a second, statements, CPU and latencies of one way to buy."""
        told, spent = self._run(
            script, threads=bench_load.BUYERS if script == "purchase" else 2, lines=lines, **more
        )
        count, statements = self.log.statements(route)
        self.rates[name] = told.units / told.seconds
        self.details[name] = {
            "p50_ms": told.p50_ms,
            "p99_ms": told.p99_ms,
            "refused": told.refused,
            "broken": told.broken,
            "statements_per_purchase": round(statements / max(1, count), 2),
            "cpu_ms_per_purchase": {
                family: round(1000 * used / max(1, told.units), 3) for family, used in spent.items()
            },
        }

    def read(self, name: str, paths: list[str], address: str = "", bearer: str = "") -> int:
        """Measure requests a second over `paths`; the mean length of an answer in bytes."""
        file = self.home / f"{name}.paths"
        file.write_text("\n".join(paths) + "\n")
        told, spent = self._run(
            "reading", address=address, BENCH_PATHS=str(file), BENCH_BEARER=bearer
        )
        self.rates[name] = told.good / told.seconds
        self.details[name] = {
            "p50_ms": told.p50_ms,
            "p99_ms": told.p99_ms,
            "refused": told.refused,
            "broken": told.broken,
            "cpu_ms": {
                family: round(1000 * used / max(1, told.good), 3)
                for family, used in spent.items()
                if family in {"server", "postgres", "constant"}
            },
        }
        return told.bytes // max(1, told.requests)

    def _run(
        self, script: str, *, address: str = "", threads: int = 2, lines: int = 2, **more: str
    ) -> tuple[bench_load.Told, dict[str, float]]:
        environment = {**self.environment, "BENCH_LINES": str(lines), **more}
        where = address or self.address
        bench_load.load(script, where, 2, environment, threads=threads)  # warm
        self.log.skip()
        before = self.cpu.read()
        told = bench_load.load(script, where, self.seconds, environment, threads=threads)
        after = self.cpu.read()
        time.sleep(0.3)  # the last lines of the log
        return told, {family: after[family] - before[family] for family in after}
