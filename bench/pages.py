"""What pages for people cost: the shop's, the checkout, and the lists of the back office.

    python bench/pages.py [FOLDER] [--full | --quick] [--seconds 5]

The shop of `argosy bench` (1,000 products) and a large copy of it are made in FOLDER, or used
again: 20,000 products and 100,000 orders; with --full 100,000 and 1,000,000 (15 minutes, 11 GB),
with --quick 5,000 and 10,000. Two server processes and a worker serve each. wrk asks as browsers
do, with their headers.

    product, listing   32 visitors, one page after the other, by turns of a second with H: the same
                       server answering a constant as long on the wire to the same requests
    product_in_cart    the same product pages for visitors with something in the cart
    checkout           the filled form of a cart of two lines: 32 shoppers, one page after the other
    checkout_paced     the same shoppers, who look at each page for a second
    lists              each list of the back office on the large shop, first page and narrowed: 8
                       people at their desks, one page after the other

One JSON object a line.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec

from argosy.entry import bench_growth, bench_load, bench_shop, cli_bench
from argosy.entry.bench_load import Told
from argosy.entry.bench_running import Bench, Load, Spent, cpu_ms
from argosy.entry.bench_shop import BenchShop
from argosy.entry.wiring import running_app
from argosy.modules import staff
from argosy.runtime import migrate
from argosy.runtime.embedded import EmbeddedPostgres, start_embedded
from argosy.runtime.settings import load_settings

PORT, DESKS, CARTS = 18_800, 8, 128
MIDDLE = bench_growth.Size(19, 100_000, ())
SIZES = {"quick": bench_growth.QUICK, "middle": MIDDLE, "full": bench_growth.FULL}
LISTS = (
    "/admin/orders",
    "/admin/orders?queue=to_fulfil",
    "/admin/orders?payment=authorised",
    "/admin/orders?email=ada@example.com",
    "/admin/orders?payment=paid",
    "/admin/orders?sort=total",
    "/admin/products",
    "/admin/products?status=active",
    "/admin/products?q=nothing-begins-so",
    "/admin/products?sort=title",
    "/admin/customers",
    "/admin/payments",
    "/admin/payments?state=captured",
    "/admin/payments?state=declined",
    "/admin/stock",
    "/admin/stock?standing=low",
    "/admin/events/feed?types=nothing",
    "/admin/find?q=product",
    "/admin/books",
    "/admin/audit",
    "/admin/books/transactions",
    "/admin",
)
EMAIL = "desk@example.com"


def tell(name: str, **figures: Any) -> None:
    """One line of the result."""
    sys.stdout.write(json.dumps({"name": name, **figures}) + "\n")
    sys.stdout.flush()


def figures(told: Told, spent: Spent) -> dict[str, Any]:
    """What a measurement says."""
    served = {f: s for f, s in spent.items() if f in {"server", "server-large", "postgres"}}
    return {
        "rate": round(told.good / told.seconds, 1),
        "p50_ms": told.p50_ms,
        "p95_ms": told.p95_ms,
        "refused": told.refused,
        "broken": told.broken,
        "cpu_ms": cpu_ms(served, told.good),
    }


def shop_pages(running: Bench, shop: BenchShop) -> None:
    """Product page and listing beside constants of the same length."""
    products = [path.replace("/v1/products/", "/p/") for path in shop.details]
    listings = [f"/c/c{n}" for n in range(bench_shop.CATEGORIES)]
    for name, paths in (("product", products), ("listing", listings)):
        for _ in range(2):  # until each process has made every page once
            ask(running, browsing(running, f"warm_{name}", paths), bench_load.BUYERS)
        running.read_beside_constants(name, paths, script="browsing")
        h = running.rates[f"constant_{name}"]
        headed = running.rates[f"headed_{name}"]
        tell(
            name,
            rate=round(running.rates[name]),
            to_h=round(running.rates[name] / h, 3),
            to_headed=round(running.rates[name] / headed, 3),
            **running.details[name],
        )
    cookie = "argosy_cart_us=cart_01kafe00000000000000000000; argosy_pieces_us=3"
    load = browsing(running, "product_in_cart", [f"{path}\t{cookie}" for path in products])
    told, spent = running.in_turn({"in_cart": load})["in_cart"]
    tell("product_in_cart", **figures(told, spent))


def browsing(
    running: Bench, name: str, lines: list[str], address: str = "", pause: int = 0
) -> Load:
    """Visitors of these pages."""
    load = running.reading(name, lines, address, script="browsing")
    paced = {"BENCH_PAUSE_MS": str(pause)} if pause else {}
    return msgspec.structs.replace(load, environment={**load.environment, **paced})


def checkout(running: Bench, shop: BenchShop) -> None:
    """The form of a checkout that is ready to buy."""
    with httpx.Client(base_url=running.address, headers={"X-Publishable-Key": shop.key}) as http:
        carts = [_cart(http, shop, n) for n in range(CARTS)]
    lines = [f"/checkout\targosy_cart_us={cart}; argosy_pieces_us=2" for cart in carts]
    ask(running, browsing(running, "checkout", lines), bench_load.BUYERS)  # warm
    for name, pause in (("checkout", 0), ("checkout_paced", 1000)):
        load = browsing(running, name, lines, pause=pause)
        tell(name, **figures(*ask(running, load, bench_load.BUYERS)))


def ask(running: Bench, load: Load, connections: int) -> tuple[Told, dict[str, float]]:
    """What so many visitors were told, and what it cost."""
    before = running.cpu.read()
    told = bench_load.load(
        load.script, load.address, running.seconds, load.environment, connections=connections
    )
    after = running.cpu.read()
    return told, {family: after[family] - before[family] for family in after}


def _cart(http: httpx.Client, shop: BenchShop, n: int) -> str:
    address = {
        "name": "Ada Example", "line1": "1 Main Street", "city": "New York", "region": "NY",
        "postal_code": "10001", "country": "US",
    }  # fmt: skip
    body = {
        "lines": [
            {"variant_id": shop.variants[(2 * n + k) % len(shop.variants)], "quantity": 1}
            for k in range(2)
        ],
        "email": "ada@example.com", "shipping_address": address, "billing_address": address,
        "shipping_method": "flat",
    }  # fmt: skip
    made = http.post("/v1/carts", json=body).raise_for_status().json()
    return str(made["id"])


def lists(running: Bench, address: str, password: str) -> None:
    """Each list by itself, as several people look at it."""
    with httpx.Client(base_url=address) as http:
        form = {"email": EMAIL, "password": password, "back": "/admin"}
        answer = http.post("/admin/sign-in", data=form, headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == 303, answer.text
        cookie = answer.headers["set-cookie"].partition(";")[0]
        there = [path for path in LISTS if http.get(path).status_code == 200]
    for missing in sorted(set(LISTS) - set(there)):
        tell(f"list {missing}", missing=True)
    for path in there:
        load = browsing(running, "desk", [f"{path}\t{cookie}"], address)
        tell(f"list {path}", **figures(*ask(running, load, DESKS)))


async def made(home: Path, url: str) -> BenchShop:
    """The shop, made once and kept in the folder."""
    known = home / "bench.json"
    if not known.exists():
        async with running_app(load_settings(home=str(home)), url) as app:
            shop = await bench_shop.make_shop(app, home)
        connection = await asyncpg.connect(url)
        await connection.execute("vacuum analyze")
        await connection.close()
        known.write_bytes(msgspec.json.encode(shop))
    return msgspec.json.decode(known.read_bytes(), type=BenchShop)


async def desk(home: Path, url: str) -> str:
    """Somebody who may see everything in the shop at `url`, with a new password."""
    password = secrets.token_urlsafe(16)
    async with running_app(load_settings(home=str(home)), url) as app:
        async with app.db.reading() as tx:
            member = await staff.member_by_email(tx, EMAIL)
        if member is None:
            new = staff.AddMember(email=EMAIL, name="Desk", password=password, roles=("owner",))
            await staff.add_member(app.db, app.passwords, staff.SYSTEM, new)
        else:
            await staff.set_password(app.db, app.passwords, staff.SYSTEM, member.id, password)
    return password


def say(text: str) -> None:
    """Progress, beside the result."""
    sys.stderr.write(f"{text}\n")


def measure(running: Bench, server: EmbeddedPostgres, url: str, size: bench_growth.Size) -> None:
    """Everything, one after the other."""
    shop = asyncio.run(made(running.home, url))
    cli_bench.tell(running, shop)
    with cli_bench.serving(running, url):
        if not (running.home / f"{size.name}.json").exists():
            running.buy("sample", "onecall", "/purchases")  # orders to copy
        shop_pages(running, shop)
        checkout(running, shop)
    large = asyncio.run(bench_growth.large_shop(running.home, server, size, say))
    password = asyncio.run(desk(running.home, large))
    with cli_bench.serving(running, url, large):
        lists(running, cli_bench.large_address(running), password)


@contextmanager
def folder(given: Path | None) -> Iterator[Path]:
    """Where the shops are."""
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        given.chmod(0o755)  # the embedded server runs as a user of its own
        yield given.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="argosy-pages-") as made_here:
        Path(made_here).chmod(0o755)
        yield Path(made_here)


def main() -> None:
    """Make or find the shops, serve and ask them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--quick", dest="size", action="store_const", const="quick")
    parser.add_argument("--full", dest="size", action="store_const", const="full")
    parser.add_argument("--seconds", type=float, default=5)
    asked = parser.parse_args()
    with folder(asked.folder) as home:
        running = Bench(home, PORT, asked.seconds, warm_s=1)
        server = start_embedded(home)
        try:
            asyncio.run(cli_bench.make_databases(server))
            url = server.url("bench")
            asyncio.run(migrate.migrate(url))
            measure(running, server, url, SIZES[asked.size or "middle"])
        finally:
            server.stop()


if __name__ == "__main__":
    main()
