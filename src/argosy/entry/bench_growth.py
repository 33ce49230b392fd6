"""`growth` in `argosy bench`: what a large shop costs, beside the small one.

The small shop and its large copy are two databases of one PostgreSQL, each with its own servers and
worker; load goes to one and the other by turns. Reads are measured with the caches on (as many
different pages in both shops) and past the caches (every page a different address), purchases over
all variants that there are, the order list of the administration on its first page, filtered, and
from the middle. `--quick` does so with a smaller large shop, and asks past the caches alone.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec

from argosy.entry import bench_large, bench_shop
from argosy.entry.bench_running import Bench, Load, cpu_ms
from argosy.entry.bench_shop import BenchShop
from argosy.entry.terminal import settings
from argosy.entry.wiring import running_app
from argosy.kernel.ids import encode
from argosy.runtime import migrate
from argosy.runtime.embedded import EmbeddedPostgres

_SERVING = frozenset({"server", "server-large", "postgres"})
_COLD = 100_000
_FIRST_PAGE = "/admin/v1/orders?limit=24"
_RARE = (
    "email=ada@example.com",
    "queue=to_fulfil",
    "stage=cancelled",
    "payment_status=refunded",
    "fulfilment_status=partially_fulfilled",
)


class Size(msgspec.Struct, frozen=True):
    """How large the large shop is, and what is asked of both."""

    copies: int
    orders: int
    asked: tuple[str, ...]
    turns: int | None = None

    @property
    def products(self) -> int:
        """Products in it."""
        return (self.copies + 1) * bench_shop.PRODUCTS

    @property
    def name(self) -> str:
        """Of its database."""
        return f"bench_{self.products}_{self.orders}"


_PAST_THE_CACHES = ("list_uncached", "detail_uncached", "orders_first", "onecall")
FULL = Size(
    99,
    1_000_000,
    ("list", "detail", *_PAST_THE_CACHES[:3], "orders_filtered", "orders_deep", "onecall"),
)
QUICK = Size(4, 10_000, _PAST_THE_CACHES, turns=2)


class Figure(msgspec.Struct, frozen=True):
    """Good answers a second, milliseconds of CPU of servers and PostgreSQL each, and refusals."""

    rate: float
    cpu_ms: float
    refused: int = 0


class Questions(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a shop: paths by name, and where the order list is entered deep."""

    shop: BenchShop
    variants: list[str]
    paths: dict[str, list[str]]
    deep: list[list[str]]


async def large_shop(
    home: Path, server: EmbeddedPostgres, size: Size, say: Callable[[str], None]
) -> str:
    """The address of the large copy of the shop in `home`, made if it is not there yet."""
    made = home / f"{size.name}.json"
    large_url = server.url(size.name)
    if made.exists():
        await migrate.migrate(large_url)
        return large_url
    connection = await asyncpg.connect(server.url())
    await connection.execute(f"drop database if exists {size.name}")
    await connection.execute(f"create database {size.name} template bench")
    await connection.close()
    began = time.monotonic()

    def progress(text: str) -> None:
        say(f"  {time.monotonic() - began:5.0f} s  {text}")

    async with running_app(settings(home=str(home)), large_url) as app:
        took = await bench_large.enlarge(
            app, large_url, products=size.copies, orders=size.orders, progress=progress
        )
    made.write_bytes(msgspec.json.encode(took))
    return large_url


async def questions(home: Path, url: str) -> Questions:
    """What to ask the shop at `url`."""
    shop = msgspec.json.decode((home / "bench.json").read_bytes(), type=BenchShop)
    connection = await asyncpg.connect(url)
    # By hash, so that the pages are spread over the whole catalogue and the same in each run.
    slugs = [
        row[0]
        for row in await connection.fetch("select slug from catalog.product order by md5(slug)")
    ]
    variants = [row[0] for row in await connection.fetch("select id from catalog.variant")]
    middle = await connection.fetch(
        """select opened_at, id from (select opened_at, id, row_number() over () as n, count(*)
             over () as total from (select opened_at, id from orders."order"
             order by opened_at desc, id desc) o) o
            where n between total / 2 and total / 2 + 200"""
    )
    await connection.close()
    categories = [path.removeprefix("/v1/products?category=") for path in shop.listing]
    cold = [(n % 70, n // 70 % 70) for n in range(_COLD)]
    return Questions(
        shop=shop,
        variants=[encode("variant", variant) for variant in variants],
        deep=[[row["opened_at"].isoformat(), row["id"].hex] for row in middle],
        paths={
            "list": shop.listing,
            "list_uncached": [
                # Slashes around a category's path change nothing but the address.
                "/v1/products?category={}{}".format(
                    "/" * before, categories[n % len(categories)].replace("&", "/" * after + "&", 1)
                )
                for n, (before, after) in enumerate(cold)
            ],
            "detail": [f"/v1/products/{slug}" for slug in slugs[:1_000]],
            "detail_uncached": [
                f"/v1/products/{slugs[n % len(slugs)]}?n={n}" for n in range(_COLD)
            ],
            "orders_first": [_FIRST_PAGE],
            "orders_filtered": [f"{_FIRST_PAGE}&{narrowed}" for narrowed in _RARE],
        },
    )


def measured(
    running: Bench, asked: Mapping[str, Questions], addresses: Mapping[str, str], size: Size
) -> dict[str, Any]:
    """Ask both shops, `small` and `large`, for everything that `size` names, by turns."""
    found: dict[str, dict[str, Figure]] = {shop: {} for shop in asked}
    for name in size.asked:
        loads = {
            shop: _load(running, ask, addresses[shop], f"{name}_{shop}", name)
            for shop, ask in asked.items()
        }
        for shop, (told, spent) in running.in_turn(loads, size.turns).items():
            spent_on = cpu_ms({f: s for f, s in spent.items() if f in _SERVING}, told.units)
            rate = told.good / told.seconds
            found[shop][name] = Figure(rate, round(sum(spent_on.values()), 3), told.refused)
    return {
        "products": size.products,
        "orders": size.orders,
        **compared(found["small"], found["large"]),
    }


def _load(running: Bench, ask: Questions, address: str, file: str, name: str) -> Load:
    if name == "onecall":
        variants = running.home / f"{file}.txt"
        variants.write_text("\n".join(ask.variants) + "\n")
        load = running.buying(BENCH_VARIANTS=str(variants))
        return msgspec.structs.replace(load, address=address)
    paths = _deep(ask, address) if name == "orders_deep" else ask.paths[name]
    bearer = ask.shop.admin_key if name.startswith("orders") else ""
    return running.reading(file, paths, address, bearer)


def compared(small: Mapping[str, Figure], large: Mapping[str, Figure]) -> dict[str, Any]:
    """Time and CPU in the large shop as multiples of those in the small one. `growth` is the worst
    time.
    """
    by_time = {name: round(small[name].rate / max(0.001, large[name].rate), 3) for name in small}
    by_cpu = {name: round(large[name].cpu_ms / max(0.001, small[name].cpu_ms), 3) for name in small}
    return {
        "growth": max(by_time.values()),
        "time": by_time,
        "cpu": by_cpu,
        "figures": {
            size: {
                name: {"rate": round(f.rate, 1), "cpu_ms": f.cpu_ms, "refused": f.refused}
                for name, f in of.items()
            }
            for size, of in (("small", small), ("large", large))
        },
    }


def _deep(ask: Questions, address: str) -> list[str]:
    """Pages from the middle of the order list: the first page's cursor with other positions."""
    first = httpx.get(
        address + _FIRST_PAGE, headers={"Authorization": f"Bearer {ask.shop.admin_key}"}
    )
    cursor = first.raise_for_status().json()["next_cursor"]
    digest = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))[0]
    made = [
        base64.urlsafe_b64encode(msgspec.json.encode([digest, *position])).decode().rstrip("=")
        for position in ask.deep
    ]
    return [f"{_FIRST_PAGE}&cursor={cursor}" for cursor in made]
