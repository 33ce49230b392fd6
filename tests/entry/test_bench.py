"""The bench counts what the server logged, and divides what belongs together."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from argosy.entry import bench_large, bench_shop
from argosy.entry.bench_growth import Figure, compared
from argosy.entry.bench_load import FOLDER, Arrival, RequestLog
from argosy.entry.bench_timing import served_in_order
from argosy.entry.cli_bench import Bench, _result
from argosy.entry.wiring import running_app
from argosy.modules import inventory, ledger
from argosy.runtime import telemetry
from argosy.runtime.settings import load_settings
from argosy.runtime.tracing import Work, begin, end
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
    work, token = begin("a-request-id", None)
    assert isinstance(work, Work)
    work.status = status
    end(token)
    return telemetry._request_line(work, route, "POST", 0.01, statements)


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


def test_growth_is_the_worst_time_of_the_best_rounds() -> None:
    small = [{"list": Figure(100, 1.0), "detail": Figure(50, 2.0)}]
    large = [
        {"list": Figure(10, 9.0), "detail": Figure(40, 2.5)},
        {"list": Figure(90, 1.1), "detail": Figure(20, 3.0)},
    ]
    found = compared(small, large)
    assert found["time"] == {"list": 1.111, "detail": 1.25}
    assert found["cpu"] == {"list": 1.1, "detail": 1.25}
    assert found["growth"] == 1.25


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
