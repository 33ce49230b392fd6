"""What happens when, in `argosy bench`: how soon a change shows, and who gets the last units."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import httpx

from argosy.entry import bench_load
from argosy.entry.bench_load import Arrival
from argosy.entry.bench_running import Bench
from argosy.entry.bench_shop import BenchShop
from argosy.entry.terminal import fail

LAST_UNITS = 200
RUSH = 400
_RUSH_S = 3
_LISTENERS = 12
_CHANGES = 5
_SHOWN_WITHIN_S = 10.0


class _Staff:
    """The administration of the shop that is being measured."""

    def __init__(self, address: str, shop: BenchShop) -> None:
        self._client = httpx.Client(
            base_url=address, headers={"Authorization": f"Bearer {shop.admin_key}"}, timeout=30
        )
        self.price_list: str = self._get("/admin/v1/price-lists")["items"][0]["id"]

    def _get(self, path: str) -> Any:
        return self._client.get(path).raise_for_status().json()

    def _post(self, path: str, body: Any) -> None:
        self._client.post(path, json=body).raise_for_status()

    def sellable(self, variant_id: str) -> int:
        """Units that can be bought now."""
        return sum(level["sellable"] for level in self._levels(variant_id))

    def leave(self, variant_id: str, units: int) -> None:
        """Adjust the stock so that exactly `units` can be bought."""
        (level,) = self._levels(variant_id)
        change = units - level["sellable"]
        item = {
            "variant_id": variant_id,
            "location_id": level["location_id"],
            "quantity": change,
        }
        if change:
            self._post("/admin/v1/stock-adjustments", {"reason": "bench", "items": [item]})

    def price(self, variant_id: str, minor: int) -> None:
        """Set the variant's price."""
        price = {"variant_id": variant_id, "amount_minor": minor}
        self._post(f"/admin/v1/price-lists/{self.price_list}/prices", {"prices": [price]})

    def _levels(self, variant_id: str) -> list[Any]:
        found: list[Any] = self._get(f"/admin/v1/variants/{variant_id}/stock-levels")["items"]
        return found


def last_units(running: Bench, shop: BenchShop) -> None:
    """A rush of more buyers than there are units: who came first, and who was served.

    `first_come_ms` is how much later than a buyer who got nothing one came who got a unit: 0 when
    all units went in the order of arrival at the servers, as their request logs tell it.
    """
    desk = _Staff(running.address, shop)
    variant = shop.variants[-1]
    desk.leave(variant, LAST_UNITS)
    time.sleep(0.5)
    running.log.skip()
    environment = {**running.environment, "BENCH_LINES": "1", "BENCH_ONLY": variant}
    told = bench_load.load("onecall", running.address, _RUSH_S, environment, connections=RUSH)
    tried = _all_answered(running)
    left = desk.sellable(variant)
    desk.leave(variant, 1_000_000)
    running.details["last_units"] = {**served_in_order(tried), "left": left, "broken": told.broken}


def _all_answered(running: Bench) -> list[Arrival]:
    """What was logged once nothing more comes: the load ends before its last answers."""
    tried: list[Arrival] = []
    while True:
        time.sleep(1)
        found = running.log.arrivals("/purchases")
        if len(found) == len(tried):
            return found
        tried = found


def served_in_order(tried: list[Arrival]) -> dict[str, Any]:
    """How far the units went in the order of arrival: see `last_units`."""
    got = [one.at for one in tried if one.status < 300]
    went_without = [one.at for one in tried if one.status >= 300]
    late = max(got) - min(went_without) if got and went_without else 0.0
    return {
        "sold": len(got),
        "went_without": len(went_without),
        "first_come_ms": round(1000 * max(0.0, late), 1),
        # How many were passed over: they came before somebody who got a unit.
        "passed_over": sum(1 for at in went_without if got and at < max(got)),
    }


def freshness(running: Bench, shop: BenchShop) -> None:
    """Milliseconds from the answer to a change until every connection to the shop shows it."""
    desk = _Staff(running.address, shop)
    path, small, medium = shop.details[0], *_variants_of(running, shop, shop.details[0])
    prices: list[float] = []
    stock: list[float] = []

    clients = [
        httpx.Client(base_url=running.address, headers={"X-Publishable-Key": shop.key})
        for _ in range(_LISTENERS)
    ]
    for client in clients:
        client.get(path)

    def shown(is_new: Callable[[Any], bool]) -> float:
        return _until_shown(clients, path, is_new)

    for minor in range(100, 100 + _CHANGES):
        desk.price(small, minor)
        prices.append(shown(partial(_costs, minor)))
        units = desk.sellable(medium)
        desk.leave(medium, 0)
        stock.append(shown(lambda page: not _buyable(page, medium)))
        desk.leave(medium, units)
        stock.append(shown(lambda page: _buyable(page, medium)))
    running.details["freshness"] = {
        "price_ms": {"median": round(median(prices), 1), "most": round(max(prices), 1)},
        "stock_ms": {"median": round(median(stock), 1), "most": round(max(stock), 1)},
        "connections": _LISTENERS,
    }


def _variants_of(running: Bench, shop: BenchShop, path: str) -> tuple[str, str]:
    page = httpx.get(running.address + path, headers={"X-Publishable-Key": shop.key})
    small, medium = (
        variant["id"] for variant in page.raise_for_status().json()["variants"]["items"]
    )
    return small, medium


def _costs(minor: int, page: Any) -> bool:
    return bool(page["price"]["min"]["minor"] == minor)


def _buyable(page: Any, variant_id: str) -> bool:
    (variant,) = (v for v in page["variants"]["items"] if v["id"] == variant_id)
    return bool(variant["availability"] != "out_of_stock")


def _until_shown(clients: list[httpx.Client], path: str, is_new: Callable[[Any], bool]) -> float:
    """Ask over many connections, so that every server process is asked, until all show it."""
    began = time.perf_counter()
    waiting = list(clients)
    while waiting:
        waiting = [c for c in waiting if not is_new(c.get(path).raise_for_status().json())]
        if time.perf_counter() - began > _SHOWN_WITHIN_S:
            fail("A change did not show within ten seconds.")
    return 1000 * (time.perf_counter() - began)
