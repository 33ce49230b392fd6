"""`argosy bench --large`: what a hundredfold shop costs, beside the small one.

The small shop and its large copy are two databases of one PostgreSQL, served in turn, twice. Reads
are measured with the caches on (as many different pages in both shops) and past the caches (every
page a different address), purchases over all variants that there are, the order list of the
administration on its first page, filtered, and from the middle.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec

from argosy.entry import bench_large
from argosy.entry.bench_running import Bench
from argosy.entry.bench_shop import BenchShop
from argosy.entry.terminal import settings
from argosy.entry.wiring import running_app
from argosy.kernel.ids import encode
from argosy.runtime import migrate
from argosy.runtime.embedded import EmbeddedPostgres

ROUNDS = 2
DATABASE = "bench_large"
_COLD = 100_000
_FIRST_PAGE = "/admin/v1/orders?limit=24"


class Figure(msgspec.Struct, frozen=True):
    """Requests a second, and milliseconds of CPU of server and PostgreSQL for each."""

    rate: float
    cpu_ms: float


class Questions(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a shop: paths by name, and where the order list is entered deep."""

    shop: BenchShop
    variants: list[str]
    paths: dict[str, list[str]]
    deep: list[list[str]]


async def large_shop(
    home: Path, server: EmbeddedPostgres, url: str, say: Callable[[str], None]
) -> str:
    """The address of the large copy of the shop at `url`, made if it is not there yet."""
    made = home / "bench-large.json"
    large_url = server.url(DATABASE)
    if made.exists():
        await migrate.migrate(large_url)
        return large_url
    connection = await asyncpg.connect(server.url())
    await connection.execute(f"drop database if exists {DATABASE}")
    await connection.execute(f"create database {DATABASE} template bench")
    await connection.close()
    began = time.monotonic()

    def progress(text: str) -> None:
        say(f"  {time.monotonic() - began:5.0f} s  {text}")

    async with running_app(settings(home=str(home)), large_url) as app:
        took = await bench_large.enlarge(
            app,
            large_url,
            products=bench_large.PRODUCT_COPIES,
            orders=bench_large.ORDERS,
            progress=progress,
        )
    made.write_bytes(msgspec.json.encode(took))
    return large_url


async def questions(home: Path, url: str, *, large: bool) -> Questions:
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
            "orders_filtered": [
                f"{_FIRST_PAGE}&{narrowed}"
                for narrowed in (
                    "email=ada@example.com",
                    "queue=to_fulfil",
                    "stage=cancelled",
                    "payment_status=refunded",
                    "fulfilment_status=partially_fulfilled",
                )
            ],
        },
    )


def figures(running: Bench, ask: Questions) -> dict[str, Figure]:
    """Measure everything once on the shop that is being served."""
    variants = running.home / "growth-variants.txt"
    variants.write_text("\n".join(ask.variants) + "\n")
    paths = {**ask.paths, "orders_deep": _deep(running, ask)}
    found = {}
    for name, listed in paths.items():
        bearer = ask.shop.admin_key if name.startswith("orders") else ""
        running.read(f"growth_{name}", listed, bearer=bearer)
        found[name] = _figure(running, f"growth_{name}", "cpu_ms")
    running.buy("growth_onecall", "onecall", "/purchases", BENCH_VARIANTS=str(variants))
    found["onecall"] = _figure(running, "growth_onecall", "cpu_ms_per_purchase")
    return found


def compared(
    small: Sequence[dict[str, Figure]], large: Sequence[dict[str, Figure]]
) -> dict[str, Any]:
    """Time and CPU in the large shop as multiples of those in the small one; of several rounds the
    fastest, since what else runs on a machine only ever slows down. `growth` is the worst time.
    """
    names = small[0]
    best = {
        size: {
            name: Figure(max(r[name].rate for r in rounds), min(r[name].cpu_ms for r in rounds))
            for name in names
        }
        for size, rounds in (("small", small), ("large", large))
    }
    by_time = {
        name: round(best["small"][name].rate / max(0.001, best["large"][name].rate), 3)
        for name in names
    }
    by_cpu = {
        name: round(best["large"][name].cpu_ms / max(0.001, best["small"][name].cpu_ms), 3)
        for name in names
    }
    return {
        "growth": max(by_time.values()),
        "time": by_time,
        "cpu": by_cpu,
        "figures": {
            size: {name: [round(f.rate, 1), f.cpu_ms] for name, f in of.items()}
            for size, of in best.items()
        },
    }


def _deep(running: Bench, ask: Questions) -> list[str]:
    """Pages from the middle of the order list: the first page's cursor with other positions."""
    first = httpx.get(
        running.address + _FIRST_PAGE, headers={"Authorization": f"Bearer {ask.shop.admin_key}"}
    )
    cursor = first.raise_for_status().json()["next_cursor"]
    digest = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))[0]
    made = [
        base64.urlsafe_b64encode(msgspec.json.encode([digest, *position])).decode().rstrip("=")
        for position in ask.deep
    ]
    return [f"{_FIRST_PAGE}&cursor={cursor}" for cursor in made]


def _figure(running: Bench, name: str, cpu: str) -> Figure:
    spent = running.details[name].pop(cpu)
    return Figure(
        running.rates.pop(name), round(spent.get("server", 0) + spent.get("postgres", 0), 3)
    )
