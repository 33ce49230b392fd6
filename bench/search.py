"""What a search costs in a shop of 20,000 products, facets included.

    python bench/search.py [FOLDER]   # makes the shop in FOLDER (minutes), or uses it again

The shop has products of made-up but speaking names (brand, quality, material, thing) in 40
categories, with colours, sizes and materials as facets. Two server processes and a worker serve it
as `argosy serve` and `argosy worker` do; wrk asks with 32 connections. Asked by turns of a second:

    cold    queries of one to three words that were never asked before: nothing is kept of them
    usual   2,000 queries, the frequent ones far more often (Zipf), as shoppers ask, of processes
            that nobody asked before
    kept    the same, once each of the queries was asked
    warm    usual again, of processes that nobody asked but themselves: the log has what 20,000
            shoppers asked yesterday, drawn from the same queries, but others than those of today
    H       the same server answering a constant as long on the wire

One JSON object a line: rates, latencies, CPU, and the ratios to H.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import asyncpg
import msgspec

from argosy.entry import bench_shop, cli_bench
from argosy.entry.bench_running import Bench, Load
from argosy.entry.bench_shop import BenchShop
from argosy.entry.wiring import running_app
from argosy.modules import channels
from argosy.runtime import migrate
from argosy.runtime.embedded import start_embedded
from argosy.runtime.settings import load_settings
from argosy.workflows import searching

PRODUCTS, CATEGORIES, SECONDS, WARMING, PORT = 20_000, 40, 8, 25, 18_700


def _words(text: str) -> list[str]:
    return text.split()


BRANDS = _words("Acme Bolt Cora Dune Ember Fjord Grove Halo Iris Juno Kite Lumen Moss Nord Onyx")
QUALITIES = _words("classic light warm slim wide soft strong fine bold plain smart easy long short")
MATERIALS = _words("cotton linen wool leather denim canvas nylon silk felt bamboo cork steel")
THINGS = _words(
    "shirt dress jacket coat trousers skirt jumper cardigan scarf hat glove sock belt bag backpack "
    "wallet boot shoe sandal slipper lamp chair table shelf sofa cushion blanket curtain rug vase "
    "kettle pan bowl plate knife towel tent lantern bottle umbrella watch"
)
COLOURS = _words("black white red blue green yellow grey brown pink orange")


def records() -> Iterator[dict[str, Any]]:
    """The shop's products; the same ones each time."""
    chance = random.Random(1)  # noqa: S311 - no secret
    yield {"kind": "format", "name": "argosy.products", "version": 1}
    for n in range(CATEGORIES):
        yield {"kind": "category", "path": f"c{n}", "name": THINGS[n].title(), "position": n}
    for n in range(PRODUCTS):
        at = chance.randrange(CATEGORIES)
        brand, material = chance.choice(BRANDS), chance.choice(MATERIALS)
        quality, thing = chance.choice(QUALITIES), THINGS[at]
        colours = chance.sample(COLOURS, 2)
        yield {
            "kind": "product", "external_id": f"P{n}", "slug": f"product-{n}",
            "title": f"{brand} {quality} {material} {thing} {n % 97}",
            "description": f"<p>A {quality} {thing} of {material} for every day.</p>",
            "brand": brand, "product_type": thing.title(), "status": "active",
            "options": [{"name": "Colour", "values": colours}, {"name": "Size", "values": ["M"]}],
            "categories": [f"c{at}"],
            "publications": [{"channel": "us", "from": "2025-01-01T00:00:00Z"}],
            "variants": [
                {
                    "sku": f"P{n}-{colour}", "options": {"Colour": colour, "Size": "M"},
                    "weight_g": 500, "prices": {"usd": [{"amount": f"{10 + n % 90}.99"}]},
                    "stock": {"main": 50},
                }
                for colour in colours
            ],
        }  # fmt: skip


async def made(home: Path, url: str) -> BenchShop:
    """The shop, made once and kept in the folder."""
    known = home / "bench.json"
    if not known.exists():
        async with running_app(load_settings(home=str(home)), url) as app:
            shop = await bench_shop.make_shop(app, home, records())
            async with app.db.reading() as tx:
                channel = await channels.channel_by_code(tx, "us")
            await searching.rebuild(app, channel)
        connection = await asyncpg.connect(url)
        await connection.execute("vacuum analyze")
        await connection.close()
        known.write_bytes(msgspec.json.encode(shop))
    return msgspec.json.decode(known.read_bytes(), type=BenchShop)


def queries() -> tuple[list[str], list[str], list[str]]:
    """Searches that are asked once; and those that are asked often, the most frequent first, with
    some of what 20,000 shoppers ask of these.
    """
    chance = random.Random(2)  # noqa: S311 - no secret
    words = [" ".join(w) for w in itertools.product(QUALITIES, MATERIALS, THINGS)]
    words += [" ".join(w) for w in itertools.product(BRANDS, THINGS)]
    chance.shuffle(words)
    # A number at the end makes it another query; it is part of titles, too.
    # No more than can be asked: the load generator reads the list in each of its threads.
    cold = [f"{one} {n}" for n in range(8) for one in words]
    known = [*THINGS, *words][:2000]
    return cold, known, drawn(chance, known)


def drawn(chance: random.Random, known: list[str]) -> list[str]:
    """What 20,000 shoppers ask on a day."""
    return chance.choices(known, [1 / (place + 1) for place in range(len(known))], k=20_000)


def _path(words: str) -> str:
    return f"/v1/search?q={quote_plus(words)}"


def settle(running: Bench, family: str) -> None:
    """Wait until a worker has nothing left to do of the new shop, which would change answers, or
    servers have asked what they ask themselves.
    """
    for _ in range(60):
        before = running.cpu.read()[family]
        time.sleep(3)
        if running.cpu.read()[family] - before < 0.3:
            return


async def remember(url: str, words: list[str]) -> None:
    """Write what was asked yesterday into the log; nothing else is there."""
    connection = await asyncpg.connect(url)
    await connection.execute("delete from search.query_day")
    await connection.execute(
        "insert into search.query_day "
        "(day, channel_id, words, searches, nothing, results, clicks, click_ranks) "
        "select current_date - 1, c.id, words, count(*), 0, 0, 0, 0 "
        "from channels.channel c, unnest($1::text[]) as words where c.code = 'us' group by 2, 3",
        words,
    )
    await connection.close()


def measure(running: Bench, shop: BenchShop) -> None:
    """Ask by turns, and print."""
    _, known, _ = queries()
    often, constant = _asked(running, shop, "usual")
    running.in_turn({"known": running.reading("search_known", [_path(q) for q in known])}, WARMING)
    _told(running, {"kept": often, "H": constant})


def _asked(running: Bench, shop: BenchShop, name: str) -> tuple[Load, Load]:
    """Ask processes that nobody has asked before; `name` is what the usual searches are called."""
    cli_bench.tell(running, shop)
    cold, _, usual = queries()
    constant = running.reading("search_constant", ["/9000"], f"{running.constant}")
    often = running.reading("search_usual", [_path(one) for one in usual])
    loads = {
        "cold": running.reading("search_cold", [_path(one) for one in cold]),
        name: often,
        "list": running.reading("list", shop.listing),
        "H": constant,
    }
    _told(running, loads)
    return often, constant


def _told(running: Bench, loads: dict[str, Load]) -> None:
    found = running.in_turn(loads)
    rates = {name: told.good / told.seconds for name, (told, _) in found.items()}
    for name, (told, spent) in found.items():
        line = json.dumps({
            "name": name, "rate": round(rates[name]), "to_h": round(rates[name] / rates["H"], 3),
            "p50_ms": told.p50_ms, "p95_ms": told.p95_ms, "refused": told.requests - told.good,
            "cpu_ms": {f: round(1000 * s / max(1, told.good), 3) for f, s in spent.items()},
        })  # fmt: skip
        sys.stdout.write(f"{line}\n")


def main(home: Path) -> None:
    """Make or find the shop, serve and ask it."""
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o755)
    running = Bench(home, PORT, SECONDS)
    server = start_embedded(home)
    try:
        asyncio.run(cli_bench.make_databases(server))
        url = server.url("bench")
        asyncio.run(migrate.migrate(url))
        shop = asyncio.run(made(home, url))
        os.environ["ARGOSY_SEARCH_WARM_QUERIES"] = "0"
        with cli_bench.serving(running, url):
            settle(running, "worker")
            measure(running, shop)
        del os.environ["ARGOSY_SEARCH_WARM_QUERIES"]
        yesterday = drawn(random.Random(3), queries()[1])  # noqa: S311 - no secret
        asyncio.run(remember(url, yesterday))
        with cli_bench.serving(running, url):
            settle(running, "server")
            _asked(running, shop, "warm")
    finally:
        server.stop()


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("folder", nargs="?", type=Path, help="for the shop, kept and used again")
    kept = asked.parse_args().folder
    if kept is not None:
        main(kept.absolute())
    else:
        with tempfile.TemporaryDirectory(prefix="argosy-search-") as folder:
            main(Path(folder))
