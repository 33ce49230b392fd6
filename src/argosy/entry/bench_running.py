"""What `argosy bench` keeps while it runs: where the shop is, and what was measured."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import msgspec

from argosy.entry import bench_load
from argosy.entry.bench_load import CpuClock, RequestLog, Told

_TURN_S = 1
Spent = Mapping[str, float]


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of load: a script of bench/lua, where it goes, and what the script is told."""

    address: str
    environment: Mapping[str, str]
    script: str = "reading"
    threads: int = 2


class Bench:
    """A running shop with everything to measure it, and what was measured."""

    def __init__(self, home: Path, port: int, seconds: float, *, warm_s: float = 2) -> None:
        self.home = home
        self.port = port
        self.seconds = seconds
        self.warm_s = warm_s
        self.address = f"http://127.0.0.1:{port}"
        self.constant = f"http://127.0.0.1:{port + 2}"
        self.environment: dict[str, str] = {}
        self.cpu = CpuClock({})
        self.log = RequestLog(home)
        self.reference_url = ""
        self.rates: dict[str, float] = {}
        self.details: dict[str, dict[str, Any]] = {}
        self.growth: dict[str, Any] = {}
        self.took_s: dict[str, float] = {}

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Remember how long a part of the run takes."""
        began = time.monotonic()
        yield
        self.took_s[part] = round(self.took_s.get(part, 0.0) + time.monotonic() - began, 1)

    def buy(self, name: str, script: str, route: str, *, lines: int = 2, **more: str) -> None:
        """Measure purchases a second, statements, CPU and latencies of one way to buy."""
        load = self.buying(script, lines=lines, **more)
        self._load(load, self.warm_s)
        self.log.skip()
        told, spent = self._run(load, self.seconds)
        time.sleep(0.3)  # the last lines of the log
        count, statements = self.log.statements(route)
        self.rates[name] = told.units / told.seconds
        self.details[name] = {
            **_latencies(told),
            "statements_per_purchase": round(statements / max(1, count), 2),
            "cpu_ms_per_purchase": cpu_ms(spent, told.units),
        }

    def buying(self, script: str = "onecall", *, lines: int = 2, **more: str) -> Load:
        """Purchases by a script."""
        return Load(
            script=script,
            address=self.address,
            threads=bench_load.BUYERS if script == "purchase" else 2,
            environment={**self.environment, "BENCH_LINES": str(lines), **more},
        )

    def reading(
        self,
        name: str,
        paths: Sequence[str],
        address: str = "",
        bearer: str = "",
        *,
        script: str = "reading",
    ) -> Load:
        """GETs of `paths` in turn; `name` is that of the file that lists them."""
        file = self.home / f"{name}.paths"
        file.write_text("\n".join(paths) + "\n")
        told = {"BENCH_PATHS": str(file), "BENCH_BEARER": bearer}
        environment = {**self.environment, **told}
        return Load(address=address or self.address, environment=environment, script=script)

    def read_beside_constants(
        self, name: str, paths: Sequence[str], script: str = "reading"
    ) -> None:
        """Measure a page, and constants that are as long on the wire: `constant_<name>` with the
        headers that HTTP needs, `headed_<name>` with as many headers as the page has.
        """
        page = self.reading(name, paths, script=script)
        told = self._load(page, self.warm_s)
        length = told.bytes // max(1, told.requests)
        loads = {name: page}
        for other, path in (("constant", "/"), ("headed", "/headed/")):
            head = _head_length(f"{self.constant}{path}1")
            constant = f"{path}{max(1, length - head)}"
            loads[f"{other}_{name}"] = self.reading(
                f"{other}_{name}", [constant], self.constant, script=script
            )
        for each, (found, spent) in self.in_turn(loads).items():
            self.rates[each] = found.good / found.seconds
            served = {f: spent[f] for f in ("server", "postgres", "constant") if f in spent}
            self.details[each] = {**_latencies(found), "cpu_ms": cpu_ms(served, found.good)}

    def in_turn(
        self, loads: Mapping[str, Load], turns: int | None = None
    ) -> dict[str, tuple[Told, Spent]]:
        """Measure several loads a second each, again and again, for the seconds of a measurement
        unless `turns` are given: what else the machine does meanwhile falls upon all of them.
        """
        for load in loads.values():
            self._load(load, _TURN_S)
        found: dict[str, list[tuple[Told, Spent]]] = {name: [] for name in loads}
        for _ in range(turns or max(1, round(self.seconds))):
            for name, load in loads.items():
                found[name].append(self._run(load, _TURN_S))
        return {name: _together(of) for name, of in found.items()}

    def _load(self, load: Load, seconds: float) -> Told:
        return bench_load.load(
            load.script, load.address, seconds, load.environment, threads=load.threads
        )

    def _run(self, load: Load, seconds: float) -> tuple[Told, Spent]:
        before = self.cpu.read()
        told = self._load(load, seconds)
        after = self.cpu.read()
        return told, {family: after[family] - before[family] for family in after}


def cpu_ms(spent: Spent, count: int) -> dict[str, float]:
    """Milliseconds of CPU for each of `count`, by family of processes."""
    return {family: round(1000 * used / max(1, count), 3) for family, used in spent.items()}


def _head_length(address: str) -> int:
    """Bytes of status line and headers, as they are sent."""
    answer = httpx.get(address).raise_for_status()
    fields = sum(len(name) + len(value) + 4 for name, value in answer.headers.raw)
    # The length of a long body has more digits than the 1 of this one.
    return len("HTTP/1.1 200 OK\r\n\r\n") + fields + 3


def _latencies(told: Told) -> dict[str, Any]:
    return {
        "p50_ms": told.p50_ms,
        "p99_ms": told.p99_ms,
        "refused": told.refused,
        "broken": told.broken,
    }


def _together(turns: Sequence[tuple[Told, Spent]]) -> tuple[Told, Spent]:
    """Several turns of one load as one: sums, and the medians of their latencies."""
    tolds = [told for told, _ in turns]
    told = Told(
        seconds=sum(t.seconds for t in tolds),
        requests=sum(t.requests for t in tolds),
        good=sum(t.good for t in tolds),
        units=sum(t.units for t in tolds),
        refused=sum(t.refused for t in tolds),
        broken=sum(t.broken for t in tolds),
        bytes=sum(t.bytes for t in tolds),
        p50_ms=round(median(t.p50_ms for t in tolds), 2),
        p95_ms=round(median(t.p95_ms for t in tolds), 2),
        p99_ms=round(median(t.p99_ms for t in tolds), 2),
    )
    families = turns[0][1]
    return told, {family: sum(spent[family] for _, spent in turns) for family in families}
