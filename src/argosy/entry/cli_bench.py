"""`argosy bench`: how fast a purchase is against the limit of this machine. See bench/README.md."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import httpx
import msgspec
import typer

from argosy.entry import bench_load, bench_shop
from argosy.entry.bench_load import CpuClock, RequestLog
from argosy.entry.bench_shop import BenchShop
from argosy.entry.supervisor import Supervisor
from argosy.entry.terminal import as_json, choices, console, fail, settings
from argosy.entry.wiring import running_app
from argosy.runtime import migrate
from argosy.runtime.embedded import EmbeddedPostgres, start_embedded

PROCESSES = 2
MEASURES = (
    "reference", "constant", "list", "detail", "onecall", "onecall_one_line", "flash", "purchase",
    "sandbox",
)  # fmt: skip


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

    def read(self, name: str, paths: list[str], address: str = "") -> int:
        """Measure requests a second over `paths`; the mean length of an answer in bytes."""
        file = self.home / f"{name}.paths"
        file.write_text("\n".join(paths) + "\n")
        told, spent = self._run("reading", address=address, BENCH_PATHS=str(file))
        self.rates[name] = told.good / told.seconds
        self.details[name] = {
            "p50_ms": told.p50_ms,
            "p99_ms": told.p99_ms,
            "refused": told.refused,
            "broken": told.broken,
            "cpu_ms": round(1000 * spent.get("server", 0) / max(1, told.good), 3),
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


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("bench", rich_help_panel="Operations")(bench)
    app.command("bench-constant", hidden=True)(bench_constant)


def bench_constant(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8791,
    processes: Annotated[int, typer.Option(help="Server processes.")] = PROCESSES,
) -> None:
    """Answer constants; `argosy bench` measures H on it."""
    from argosy.entry.bench_constant import run_constant

    run_constant(port, processes)


def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Under three minutes.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    only: Annotated[
        str, typer.Option(help=f"Measure these alone, by comma: {', '.join(MEASURES)}.")
    ] = "",
    seconds: Annotated[float | None, typer.Option(help="Length of each measurement.")] = None,
    port: Annotated[int, typer.Option(help="First of three ports to use.")] = 8900,
) -> None:
    """Measure purchases, listings and product pages as ratios to the limit of this machine.

    Makes a shop of 1,000 products on a PostgreSQL of its own, in a temporary folder or in --home
    (which is kept, and found again), and needs `wrk`. See bench/README.md.
    """
    bench_load.require_tools()
    wanted = set(only.split(",")) if only else set(MEASURES)
    if not wanted <= set(MEASURES):
        fail(f"Unknown: {', '.join(sorted(wanted - set(MEASURES)))}.")
    if choices.get().database_url:
        fail("`argosy bench` runs on a PostgreSQL of its own.", cure="Leave --database-url out.")
    with _home() as home:
        running = Bench(home, port, seconds or (5 if quick else 10))
        with _shop(running):
            _measure(running, wanted)
        result = _result(running)
    if json or choices.get().json:
        as_json(result)
    else:
        _show(result)


@contextmanager
def _home() -> Iterator[Path]:
    given = choices.get().home
    if given:
        home = Path(given).absolute()
        home.mkdir(parents=True, exist_ok=True)
        yield home
        return
    home = Path(tempfile.mkdtemp(prefix="argosy-bench-"))
    home.chmod(0o755)  # the embedded server runs as a user of its own
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _shop(running: Bench) -> Iterator[None]:
    """The database with the shop, two server processes, a worker and the sandbox provider."""
    server = start_embedded(running.home)
    supervisor = Supervisor(running.home)
    try:
        asyncio.run(_databases(server))
        url = server.url("bench")
        running.reference_url = server.url("reference")
        asyncio.run(migrate.migrate(url))
        shop = asyncio.run(_seeded(running.home, url))
        _environment(running, shop)
        _start(running, supervisor, url)
        postmaster = int((running.home / "postgres" / "postmaster.pid").read_text().split()[0])
        pids = {child.name: [child.process.pid] for child in supervisor.children}
        running.cpu = CpuClock({**pids, "postgres": [postmaster]})
        yield
        wrong = asyncio.run(_checked(running.home, url))
        if wrong:
            fail(f"The stock does not add up after the run: {wrong[:3]}")
    finally:
        supervisor.stop()
        server.stop()


async def _databases(server: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(server.url())
    for name in ("bench", "reference"):
        with suppress(asyncpg.DuplicateDatabaseError):
            await connection.execute(f"create database {name}")
    await connection.close()
    connection = await asyncpg.connect(server.url("reference"))
    await connection.execute((bench_load.FOLDER / "reference.sql").read_text())
    await connection.execute("vacuum analyze")
    await connection.close()


async def _seeded(home: Path, url: str) -> BenchShop:
    known = home / "bench.json"
    if known.exists():
        return msgspec.json.decode(known.read_bytes(), type=BenchShop)
    async with running_app(settings(home=str(home)), url) as app:
        shop = await bench_shop.make_shop(app, home)
    connection = await asyncpg.connect(url)
    await connection.execute("vacuum analyze")
    await connection.close()
    known.write_bytes(msgspec.json.encode(shop))
    return shop


async def _checked(home: Path, url: str) -> list[str]:
    async with running_app(settings(home=str(home)), url) as app:
        return await bench_shop.check_stock(app)


def _environment(running: Bench, shop: BenchShop) -> None:
    variants = running.home / "variants.txt"
    variants.write_text("\n".join(shop.variants) + "\n")
    (running.home / "list.paths").write_text("\n".join(shop.listing) + "\n")
    running.environment = {
        "BENCH_KEY": shop.key,
        "BENCH_VARIANTS": str(variants),
        "BENCH_ONE": shop.variants[0],
    }


def _start(running: Bench, supervisor: Supervisor, url: str) -> None:
    supervisor.end_leftovers()
    psp = running.port + 1
    environment = {
        "ARGOSY_DATABASE_URL": url,
        "ARGOSY_HOME": str(running.home),
        "ARGOSY_PORT": str(running.port),
        "ARGOSY_PUBLIC_URL": running.address,
        "ARGOSY_SERVER_PROCESSES": str(PROCESSES),
        "ARGOSY_OFFLINE_GATEWAYS": '["invoice"]',
        "ARGOSY_SANDBOX_PSP_URL": f"http://127.0.0.1:{psp}",
    }
    supervisor.start("sandbox-psp", ["sandbox-psp", "--port", str(psp)], environment)
    child = supervisor.start("server", ["serve"], environment)
    supervisor.start("worker", ["worker"], environment)
    supervisor.start("constant", ["bench-constant", "--port", str(running.port + 2)], environment)
    running.log = RequestLog(child.log)
    running.log.skip()
    deadline = time.monotonic() + 60
    for ready in (
        f"{running.address}/health/ready",
        f"http://127.0.0.1:{psp}/",
        f"http://127.0.0.1:{running.port + 2}/1",
    ):
        while not _answers(ready):
            if supervisor.first_ended() or time.monotonic() > deadline:
                fail("The shop did not start.", cure=f"Read {running.home / 'logs'}.")
            time.sleep(0.1)


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=2).status_code < 400
    except httpx.HTTPError:
        return False


def _measure(running: Bench, wanted: set[str]) -> None:
    constant = f"http://127.0.0.1:{running.port + 2}"
    shop = msgspec.json.decode((running.home / "bench.json").read_bytes(), type=BenchShop)
    one_call = "/purchases"
    bytes_of = {"list": 0, "detail": 0}

    def read(name: str, paths: list[str]) -> None:
        bytes_of[name] = running.read(name, paths)
        if "constant" in wanted:
            running.read(f"constant_{name}", [f"/{max(1, bytes_of[name] - 600)}"], constant)

    def reference(name: str) -> None:
        running.rates[name] = bench_load.reference_rate(running.reference_url, running.seconds)

    steps: list[tuple[str, Callable[[], object]]] = [
        ("reference", lambda: reference("reference_before")),
        ("onecall", lambda: running.buy("onecall", "onecall", one_call)),
        ("purchase", lambda: running.buy("purchase", "purchase", "/place")),
        ("onecall_one_line", lambda: running.buy("onecall_one_line", "onecall", one_call, lines=1)),
        (
            "flash",
            lambda: running.buy("flash", "onecall", one_call, lines=1, BENCH_ONLY=shop.variants[0]),
        ),
        (
            "sandbox",
            lambda: running.buy("sandbox", "onecall", one_call, BENCH_GATEWAY="sandbox"),
        ),
        ("list", lambda: read("list", shop.listing)),
        ("detail", lambda: read("detail", shop.details)),
        ("reference", lambda: reference("reference_after")),
    ]
    for name, step in steps:
        if name in wanted:
            step()


def _result(running: Bench) -> dict[str, Any]:
    rates = dict(running.rates)
    both = [rates[n] for n in ("reference_before", "reference_after") if n in rates]
    if both:
        rates["R"] = sum(both) / len(both)

    def ratio(name: str, to: str) -> float | None:
        return round(rates[name] / rates[to], 4) if name in rates and rates.get(to) else None

    of = running.details.get("onecall", {})
    cpu = of.get("cpu_ms_per_purchase", {})
    ratios = {
        "purchase": ratio("purchase", "R"),
        "onecall": ratio("onecall", "R"),
        "sandbox": ratio("sandbox", "R"),
        "list": ratio("list", "constant_list"),
        "detail": ratio("detail", "constant_detail"),
        "flash": ratio("flash", "onecall_one_line"),
        "growth": None,
        "statements_per_purchase": of.get("statements_per_purchase"),
        "cpu_ms_per_purchase": round(
            sum(cpu.get(family, 0.0) for family in ("server", "postgres")), 3
        )
        if cpu
        else None,
    }
    return {
        "rates": {name: round(rate, 1) for name, rate in rates.items()},
        "ratios": ratios,
        "details": running.details,
        "seconds": running.seconds,
        "buyers": bench_load.BUYERS,
        "server_processes": PROCESSES,
    }


def _show(result: dict[str, Any]) -> None:
    console.print("[bold]Rates (a second)[/]")
    for name, rate in result["rates"].items():
        console.print(f"  {name:<20}{rate:>10.1f}")
    console.print("[bold]Ratios[/] (see bench/README.md)")
    for name, ratio in result["ratios"].items():
        console.print(f"  {name:<26}{'not measured' if ratio is None else ratio:>12}")
