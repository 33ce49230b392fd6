"""The bench counts what the server logged, and divides what belongs together."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from argosy.entry import bench_large, bench_load, bench_running, bench_shop, cli_bench
from argosy.entry.bench_constant import answer
from argosy.entry.bench_growth import FULL, QUICK, Figure, compared
from argosy.entry.bench_load import FOLDER, Arrival, RequestLog, Told
from argosy.entry.bench_timing import served_in_order
from argosy.entry.cli import app as command_line
from argosy.entry.cli_bench import Bench, _result
from argosy.entry.wiring import running_app
from argosy.modules import inventory, ledger
from argosy.runtime import telemetry
from argosy.runtime.settings import load_settings
from argosy.web.app import create_app

ADDRESS = {
    "name": "Ada Example",
    "line1": "1 Main Street",
    "city": "New York",
    "region": "NY",
    "postal_code": "10001",
    "country": "US",
}


def _line(route: str, status: int, statements: int) -> str:
    asked = '"request_id":"a-request-id","trace_id":"-"'
    return telemetry._request_line(asked, route, "POST", status, 0.01, statements, time.time())


def test_statements_of_a_purchase_are_those_of_all_its_good_requests(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    path.write_text(_line("/v1/purchases", 201, 99))
    log = RequestLog(path)
    log.skip()
    with path.open("a") as file:
        file.write(_line("/v1/carts", 201, 2) + "something else\n")
        file.write(_line("/v1/carts/{cart_id}/place", 201, 7))
        file.write(_line("/v1/carts/{cart_id}/place", 409, 5))
    assert log.statements("/place") == (1, 9)


def test_ratios_are_to_the_mean_of_the_reference_and_absent_without_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 1, 5)
    bench.rates = {"onecall": 300.0, "onecall_one_line": 400.0, "flash": 320.0}
    assert _result(bench)["ratios"]["onecall"] is None
    bench.rates |= {"reference_before": 1000.0, "reference_after": 2000.0}
    ratios = _result(bench)["ratios"]
    assert (ratios["onecall"], ratios["flash"], ratios["list"]) == (0.2, 0.8, None)


def _told(good: int, length: int = 0, seconds: float = 1.0) -> Told:
    return Told(
        seconds=seconds, requests=good, good=good, units=good, refused=0, broken=0,
        bytes=good * length, p50_ms=1.0, p95_ms=1.5, p99_ms=2.0,
    )  # fmt: skip


def test_a_page_is_measured_beside_constants_as_long_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    def load(_script: str, address: str, _s: float, told: Any, **_: Any) -> Told:
        path = Path(told["BENCH_PATHS"]).read_text().split()[0]
        asked.append((address, path))
        return _told(100 if path.startswith("/v1/") else 200, length=5_000)

    monkeypatch.setattr(bench_load, "load", load)
    heads = {"http://127.0.0.1:903/1": 120, "http://127.0.0.1:903/headed/1": 700}
    monkeypatch.setattr(bench_running, "_head_length", heads.__getitem__)
    bench = Bench(tmp_path, 901, 3)
    bench.read_beside_constants("list", ["/v1/products"])
    assert bench.rates == {"list": 100.0, "constant_list": 200.0, "headed_list": 200.0}
    ratios = _result(bench)["ratios"]
    assert (ratios["list"], ratios["list_to_headed"], ratios["detail"]) == (0.5, 0.5, None)
    # Warm once each, then three turns of all of them.
    one_turn = [
        ("http://127.0.0.1:901", "/v1/products"),
        ("http://127.0.0.1:903", "/4880"),
        ("http://127.0.0.1:903", "/headed/4300"),
    ]
    assert asked == [one_turn[0], *one_turn, *one_turn * 3]


async def test_the_constants_have_the_length_that_is_asked_for() -> None:
    transport = httpx.ASGITransport(app=answer)
    async with httpx.AsyncClient(transport=transport, base_url="http://bench.test") as client:
        for path in ("/4880", "/headed/4880"):
            assert len((await client.get(path)).raise_for_status().content) == 4880


def test_the_command_prints_one_object_with_all_that_was_promised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure(running: Bench, wanted: set[str]) -> None:
        assert "growth" in wanted
        running.rates = dict.fromkeys(
            ("reference_before", "onecall", "onecall_one_line", "purchase", "sandbox", "flash",
             "list", "constant_list", "headed_list", "detail", "constant_detail",
             "headed_detail"), 10.0,
        )  # fmt: skip
        running.details["onecall"] = {
            "statements_per_purchase": 1.0,
            "cpu_ms_per_purchase": {"server": 1.0, "postgres": 0.5, "worker": 9.0},
        }
        running.details["reference_before"] = {"cpu_ms": 0.4}
        running.details["last_units"] = {"first_come_ms": 20.0}
        running.details["freshness"] = {"price_ms": {"most": 300.0}, "stock_ms": {"most": 400.0}}

    def grow(running: Bench, _server: Any, _url: str, size: Any) -> None:
        figures = {"list_uncached": Figure(10, 1.0)}
        running.growth = {"products": size.products, "orders": size.orders} | compared(
            figures, figures
        )

    @contextmanager
    def nothing(*_: Any) -> Iterator[tuple[Any, Any]]:
        yield None, ""

    for name in ("_shop", "serving"):
        monkeypatch.setattr(cli_bench, name, nothing)
    monkeypatch.setattr(bench_load, "require_tools", lambda: None)
    monkeypatch.setattr(cli_bench, "_measure", measure)
    monkeypatch.setattr(cli_bench, "_grow", grow)
    monkeypatch.setattr(cli_bench, "_check", lambda *_: None)
    arguments = ["--home", str(tmp_path), "bench", "--quick"]
    printed = CliRunner().invoke(command_line, [*arguments, "--json"])
    assert printed.exit_code == 0, printed.output
    told = json.loads(printed.stdout)
    assert set(told["ratios"]) == {
        "purchase", "onecall", "sandbox", "list", "detail", "list_to_headed", "detail_to_headed",
        "flash", "growth", "first_come_ms", "fresh_ms", "statements_per_purchase",
        "cpu_ms_per_purchase", "cpu_ms_per_reference",
    }  # fmt: skip
    assert None not in told["ratios"].values()
    assert told["ratios"]["cpu_ms_per_purchase"] == 1.5
    assert told["ratios"]["cpu_ms_per_reference"] == 0.4
    assert (told["growth"]["products"], told["growth"]["orders"]) == (5_000, 10_000)
    shown = CliRunner().invoke(command_line, arguments).stdout
    assert "growth is 5,000 products and 10,000 orders to 1,000 products" in shown
    refused = CliRunner().invoke(command_line, ["bench", "--only", "nothing"])
    assert refused.exit_code != 0


def test_the_full_run_grows_to_a_hundred_thousand_products_and_a_million_orders() -> None:
    assert (FULL.products, FULL.orders) == (100_000, 1_000_000)
    assert set(QUICK.asked) <= set(FULL.asked)


def test_every_load_script_is_there() -> None:
    scripts = {path.stem for path in (FOLDER / "lua").glob("*.lua")}
    assert {"onecall", "purchase", "reading"} <= scripts


def test_who_came_before_the_last_winner_and_got_nothing_is_told() -> None:
    tried = [Arrival(at, status) for at, status in ((1.0, 201), (1.1, 409), (1.25, 201), (2, 409))]
    assert served_in_order(tried) == {
        "sold": 2,
        "went_without": 2,
        "first_come_ms": 150.0,
        "passed_over": 1,
    }
    in_order = [Arrival(1.0, 201), Arrival(1.1, 409)]
    assert served_in_order(in_order)["first_come_ms"] == 0.0
    assert served_in_order([Arrival(1.0, 409)])["first_come_ms"] == 0.0


def test_arrivals_are_the_times_of_the_answers_less_what_they_took(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    path.touch()
    log = RequestLog(path)
    log.skip()
    before = time.time()
    path.write_text(_line("/v1/purchases", 409, 1) + _line("/v1/carts", 201, 1))
    (found,) = log.arrivals("/purchases")
    assert found.status == 409
    assert before - 0.02 < found.at < before  # ten milliseconds before its line


def test_growth_is_the_worst_time() -> None:
    small = {"list": Figure(100, 1.0), "detail": Figure(50, 2.0)}
    large = {"list": Figure(90, 1.1), "detail": Figure(40, 2.5, refused=1)}
    found = compared(small, large)
    assert found["time"] == {"list": 1.111, "detail": 1.25}
    assert found["cpu"] == {"list": 1.1, "detail": 1.25}
    assert found["growth"] == 1.25
    assert found["figures"]["large"]["detail"] == {"rate": 40, "cpu_ms": 2.5, "refused": 1}


async def test_a_shop_is_copied_with_all_that_its_orders_are_made_of(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench_shop, "PRODUCTS", 4)
    monkeypatch.setattr(bench_shop, "CATEGORIES", 2)
    made = load_settings(
        home=str(tmp_path), database_url=database_url, offline_gateways=["invoice"]
    )
    async with running_app(made, database_url, purpose="command") as app:
        shop = await bench_shop.make_shop(app, tmp_path)
        transport = httpx.ASGITransport(app=create_app(app))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            client.headers["X-Publishable-Key"] = shop.key
            for n, pair in enumerate((shop.variants[:2], shop.variants[3:5])):
                bought = await client.post(
                    "/v1/purchases",
                    headers={"Idempotency-Key": f"k{n}"},
                    json={
                        "lines": [{"variant_id": v, "quantity": 1} for v in pair],
                        "email": "ada@example.com",
                        "shipping_address": ADDRESS,
                        "shipping_method": "flat",
                        "payment": {"gateway": "invoice"},
                    },
                )
                assert bought.status_code == 201, bought.text
            await bench_large.enlarge(
                app, database_url, products=2, orders=6, progress=lambda _: None
            )
            desk = {"Authorization": f"Bearer {shop.admin_key}"}
            listed = (await client.get("/admin/v1/orders", headers=desk)).json()["items"]
            one = await client.get(f"/admin/v1/orders/{listed[-1]['id']}", headers=desk)
            assert one.status_code == 200
            page = (await client.get("/v1/products?category=c0")).json()
            again = await client.get("/v1/products/product-0-2")
            kept = await client.get("/v1/products/product-0-2")
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app=answer)) as constant:
                headed = await constant.get("http://bench.test/headed/1")
            assert sorted(headed.headers) == sorted(kept.headers)
            assert {n: len(v) for n, v in headed.headers.items() if n in {"etag", "vary"}} == {
                n: len(v) for n, v in kept.headers.items() if n in {"etag", "vary"}
            }
            assert (
                again.json()["price"]
                == (await client.get("/v1/products/product-0")).json()["price"]
            )
        async with app.db.reading() as tx:
            assert not await inventory.verify(tx)
            assert not await ledger.verify(tx)
    assert len(listed) == 2 + 6
    assert len({order["number"] for order in listed}) == 8
    assert page["total"] == 3 * 2
