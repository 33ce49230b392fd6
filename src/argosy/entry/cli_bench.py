"""`argosy bench`: how fast a purchase is against the limit of this machine. See bench/README.md."""

from __future__ import annotations

import asyncio
import os
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

from argosy.entry import bench_growth, bench_load, bench_shop, bench_timing
from argosy.entry.bench_load import CpuClock, RequestLog
from argosy.entry.bench_running import Bench
from argosy.entry.bench_shop import BenchShop
from argosy.entry.supervisor import Supervisor
from argosy.entry.terminal import as_json, choices, console, errors, fail, settings
from argosy.entry.wiring import running_app
from argosy.runtime import migrate
from argosy.runtime.embedded import EmbeddedPostgres, start_embedded

PROCESSES = 2
MEASURES = (
    "reference", "list", "detail", "onecall", "onecall_one_line", "flash", "purchase",
    "sandbox", "last_units", "freshness", "growth",
)  # fmt: skip


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
    quick: Annotated[
        bool, typer.Option("--quick", help="Under three minutes, with a smaller large shop.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    only: Annotated[
        str, typer.Option(help=f"Measure these alone, by comma: {', '.join(MEASURES)}.")
    ] = "",
    seconds: Annotated[float | None, typer.Option(help="Length of each measurement.")] = None,
    port: Annotated[int, typer.Option(help="First of four ports to use.")] = 8900,
) -> None:
    """Measure purchases, listings and product pages as ratios to the limit of this machine.

    Makes a shop of 1,000 products on a PostgreSQL of its own, in a temporary folder or in --home
    (which is kept, and found again), and needs `wrk`. Without --quick it makes one of 100,000
    products and 1,000,000 orders too: 15 minutes, 11 GB. See bench/README.md.
    """
    bench_load.require_tools()
    wanted = set(only.split(",")) if only else set(MEASURES)
    if not wanted <= set(MEASURES):
        fail(f"Unknown: {', '.join(sorted(wanted - set(MEASURES)))}.")
    if choices.get().database_url:
        fail("`argosy bench` runs on a PostgreSQL of its own.", cure="Leave --database-url out.")
    with _home() as home:
        running = Bench(home, port, seconds or (3 if quick else 10), warm_s=1 if quick else 2)
        with _shop(running) as (server, url):
            if wanted - {"growth"}:
                with serving(running, url):
                    _measure(running, wanted)
            if "growth" in wanted:
                _grow(running, server, url, bench_growth.QUICK if quick else bench_growth.FULL)
            with running.timed("checking the stock"):
                _check(home, url)
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
def _shop(running: Bench) -> Iterator[tuple[EmbeddedPostgres, str]]:
    """The PostgreSQL with the shop, and the shop's address."""
    began = time.monotonic()
    server = start_embedded(running.home)
    try:
        asyncio.run(make_databases(server))
        url = server.url("bench")
        running.reference_url = server.url("reference")
        asyncio.run(migrate.migrate(url))
        tell(running, asyncio.run(_seeded(running.home, url)))
        running.took_s["making the shop"] = round(time.monotonic() - began, 1)
        yield server, url
    finally:
        server.stop()


@contextmanager
def serving(running: Bench, url: str, large_url: str | None = None) -> Iterator[None]:
    """Two server processes and a worker on the shop at `url`, and beside them the sandbox provider
    and the constants, or two servers and a worker on the shop at `large_url`.
    """
    supervisor = Supervisor(running.home)
    try:
        with running.timed("starting"):
            _start(running, supervisor, url, large_url)
        postmaster = int((running.home / "postgres" / "postmaster.pid").read_text().split()[0])
        pids = {child.name: [child.process.pid] for child in supervisor.children}
        running.cpu = CpuClock({**pids, "postgres": [postmaster]})
        yield
    finally:
        supervisor.stop()


def _check(home: Path, url: str) -> None:
    wrong = asyncio.run(_checked(home, url))
    if wrong:
        fail(f"The stock does not add up after the run: {wrong[:3]}")


def _grow(running: Bench, server: EmbeddedPostgres, url: str, size: bench_growth.Size) -> None:
    """Measure the small shop and the large one by turns, on the same PostgreSQL."""
    if "onecall" not in running.rates:
        with serving(running, url):  # orders to copy
            running.buy("sample", "onecall", "/purchases")
    with running.timed("making the large shop"):
        large_url = asyncio.run(bench_growth.large_shop(running.home, server, size, errors.print))
        urls = {"small": url, "large": large_url}
        asked = {
            shop: asyncio.run(bench_growth.questions(running.home, at)) for shop, at in urls.items()
        }
    with serving(running, url, large_url), running.timed("growth"):
        addresses = {"small": running.address, "large": large_address(running)}
        running.growth = bench_growth.measured(running, asked, addresses, size)
    with running.timed("checking the stock"):
        _check(running.home, large_url)


def large_address(running: Bench) -> str:
    """Where the large shop is served."""
    return f"http://127.0.0.1:{running.port + 3}"


async def make_databases(server: EmbeddedPostgres) -> None:
    """An empty database for the shop, and one for the reference."""
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
        try:
            return msgspec.json.decode(known.read_bytes(), type=BenchShop)
        except msgspec.ValidationError:
            fail(f"The shop in {home} is of an earlier version.", cure="Take a new folder.")
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


def tell(running: Bench, shop: BenchShop) -> None:
    """Tell the load scripts how to get in."""
    variants = running.home / "variants.txt"
    variants.write_text("\n".join(shop.variants) + "\n")
    (running.home / "list.paths").write_text("\n".join(shop.listing) + "\n")
    running.environment = {
        "BENCH_KEY": shop.key,
        "BENCH_VARIANTS": str(variants),
        "BENCH_ONE": shop.variants[0],
    }


def _start(running: Bench, supervisor: Supervisor, url: str, large_url: str | None) -> None:
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
    child = supervisor.start("server", ["serve"], environment)
    supervisor.start("worker", ["worker"], environment)
    expected = [f"{running.address}/health/ready"]
    if large_url is None:
        supervisor.start("sandbox-psp", ["sandbox-psp", "--port", str(psp)], environment)
        constant = str(running.port + 2)
        supervisor.start("constant", ["bench-constant", "--port", constant], environment)
        expected += [f"http://127.0.0.1:{psp}/", f"{running.constant}/1"]
    else:
        its_own = {"ARGOSY_DATABASE_URL": large_url, "ARGOSY_PORT": str(running.port + 3)}
        supervisor.start("server-large", ["serve"], {**environment, **its_own})
        supervisor.start("worker-large", ["worker"], {**environment, **its_own})
        expected.append(f"{large_address(running)}/health/ready")
    running.log = RequestLog(child.log)
    running.log.skip()
    deadline = time.monotonic() + 60
    for ready in expected:
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
    shop = msgspec.json.decode((running.home / "bench.json").read_bytes(), type=BenchShop)
    one_call = "/purchases"

    def read(name: str, paths: list[str]) -> None:
        running.read_beside_constants(name, paths)

    def reference(name: str) -> None:
        before = running.cpu.read().get("postgres", 0.0) + _ended_children()
        rate = bench_load.reference_rate(running.reference_url, running.seconds)
        used = running.cpu.read().get("postgres", 0.0) + _ended_children() - before
        running.rates[name] = rate
        running.details[name] = {"cpu_ms": round(1000 * used / max(1.0, rate * running.seconds), 3)}

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
        ("last_units", lambda: bench_timing.last_units(running, shop)),
        ("freshness", lambda: bench_timing.freshness(running, shop)),
        ("reference", lambda: reference("reference_after")),
    ]
    for name, step in steps:
        if name in wanted:
            with running.timed(name):
                step()


def _ended_children() -> float:
    """CPU seconds of the programs that this process started and that have ended (pgbench)."""
    times = os.times()
    return times.children_user + times.children_system


def _result(running: Bench) -> dict[str, Any]:
    rates = dict(running.rates)
    both = [rates[n] for n in ("reference_before", "reference_after") if n in rates]
    if both:
        rates["R"] = sum(both) / len(both)
    spent = [
        running.details[name]["cpu_ms"]
        for name in ("reference_before", "reference_after")
        if name in running.details
    ]

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
        "list_to_headed": ratio("list", "headed_list"),
        "detail_to_headed": ratio("detail", "headed_detail"),
        "flash": ratio("flash", "onecall_one_line"),
        "growth": running.growth.get("growth"),
        "first_come_ms": running.details.get("last_units", {}).get("first_come_ms"),
        "fresh_ms": _freshest(running.details.get("freshness", {})),
        "statements_per_purchase": of.get("statements_per_purchase"),
        "cpu_ms_per_purchase": round(
            sum(cpu.get(family, 0.0) for family in ("server", "postgres")), 3
        )
        if cpu
        else None,
        "cpu_ms_per_reference": round(sum(spent) / len(spent), 3) if spent else None,
    }
    return {
        "rates": {name: round(rate, 1) for name, rate in rates.items()},
        "ratios": ratios,
        "growth": running.growth,
        "details": running.details,
        "took_s": running.took_s,
        "seconds": running.seconds,
        "buyers": bench_load.BUYERS,
        "server_processes": PROCESSES,
    }


def _freshest(found: dict[str, Any]) -> float | None:
    worst = [found[name]["most"] for name in ("price_ms", "stock_ms") if name in found]
    return max(worst, default=None)


def _show(result: dict[str, Any]) -> None:
    console.print("[bold]Rates (a second)[/]")
    for name, rate in result["rates"].items():
        console.print(f"  {name:<20}{rate:>10.1f}")
    console.print("[bold]Ratios[/] (see bench/README.md)")
    for name, ratio in result["ratios"].items():
        console.print(f"  {name:<26}{'not measured' if ratio is None else ratio:>12}")
    if result["growth"]:
        large = "{products:,} products and {orders:,} orders".format(**result["growth"])
        console.print(f"  growth is {large} to {bench_shop.PRODUCTS:,} products")
