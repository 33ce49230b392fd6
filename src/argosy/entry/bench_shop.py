"""The shop that `argosy bench` measures: 1,000 products x 2 variants, 10 % tax, one flat rate, and
a promotion that is live but never applies: carts pay for the looking, as in a real shop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from argosy.adapters.tabular import open_products
from argosy.entry.terminal import fail
from argosy.kernel.ids import encode
from argosy.modules import channels, inventory, pricing, promotions, shipping, staff, tax
from argosy.modules.channels import CreateChannel
from argosy.reads.sellable import sellable_variants
from argosy.runtime.db import Tx
from argosy.runtime.statements import Statement
from argosy.workflows import projecting, promoting
from argosy.workflows.app import App
from argosy.workflows.channel_setup import open_channel
from argosy.workflows.product_import import import_products

PRODUCTS = 1_000
CATEGORIES = 20
_UNITS = 1_000_000
_VARIANTS = Statement("bench_variants", "many", "select id from catalog.variant order by id", "")


class BenchShop(msgspec.Struct, frozen=True, kw_only=True):
    """How the load generator gets in, and what it asks for."""

    key: str
    admin_key: str
    variants: list[str]
    listing: list[str]
    details: list[str]


async def make_shop(
    app: App, folder: Path, records: Iterable[dict[str, Any]] | None = None
) -> BenchShop:
    """Make the shop in an empty database, through the same commands and import as anyone; of these
    product records, or its own.
    """
    async with app.db.transaction() as tx:
        channel = await _channel(tx)
        await _taxes_and_shipping(tx, channel.id)
        await _promotion(tx)
        key = await staff.create_publishable_key(
            tx, staff.SYSTEM, name="Bench", channel_id=channel.id
        )
        admin_key = await staff.create_secret_key(
            tx,
            staff.SYSTEM,
            name="Bench",
            scopes=("orders:read", "catalog:write", "inventory:write", "prices:write"),
        )
    file = folder / "bench-products.jsonl"
    with file.open("wb") as out:
        for record in _records() if records is None else records:
            out.write(msgspec.json.encode(record) + b"\n")
    run = await import_products(app, open_products(file, "jsonl", {}), actor="bench")
    if run.state != "done" or run.failed:
        fail(f"The products were not imported: {run.failed} failed. {run.message}")
    await projecting.rebuild(app)
    async with app.db.reading() as tx:
        ids = [row["id"] for row in await tx.many(_VARIANTS)]
        found = await sellable_variants(tx, channel.id, [channel.price_list_id], ids, tx.now)
    assert all(goods.published and goods.prices for goods in found.values())
    return BenchShop(
        key=key.token,
        admin_key=admin_key.token,
        variants=[encode("variant", variant) for variant in ids],
        listing=[f"/v1/products?category=c{n}&limit=24" for n in range(CATEGORIES)],
        details=[f"/v1/products/product-{n}" for n in range(PRODUCTS)],
    )


async def check_stock(app: App) -> list[str]:
    """What is wrong with the stock after all that buying; empty: every unit is explained."""
    async with app.db.reading() as tx:
        return [str(found) for found in await inventory.verify(tx)]


async def _channel(tx: Tx) -> channels.Channel:
    place = await inventory.create_location(tx, code="main", name="Main", country="US", address={})
    prices = await pricing.create_price_list(
        tx, pricing.CreatePriceList(code="usd", name="US dollars", currency="USD")
    )
    return await open_channel(
        tx,
        CreateChannel(
            code="us", name="Bench", currency="USD", countries=("US",), default_country="US",
            price_list_id=prices.id, tax_inclusive=False, locale="en-US",
            time_zone="America/New_York", order_prefix="B-", locations=(place.id,),
        ),
    )  # fmt: skip


async def _promotion(tx: Tx) -> None:
    """Ten percent from a hundred thousand dollars on."""
    wish = promotions.SetPromotion(
        name="Ten percent for the very rich",
        document={
            "phase": "order",
            "when": {"type": "cart_amount", "gte": {"USD": 10_000_000}},
            "action": {"type": "percent", "percent": "10"},
        },
    )
    made, _ = await promoting.create(tx, wish, by="bench")
    await promoting.move(tx, made.id, "live", by="bench")


async def _taxes_and_shipping(tx: Tx, channel_id: Any) -> None:
    await tax.create_zone(
        tx,
        tax.SetZone(code="us", name="USA", areas=(tax.Area(country="US"),)),
        [
            tax.SetRate(
                tax_class="standard", code="ten", name="Ten", jurisdiction="US", rate=Decimal("0.1")
            )
        ],
    )
    zone = await shipping.create_zone(
        tx, shipping.SetZone(code="us", name="USA", areas=(shipping.Area(country="US"),))
    )
    await shipping.create_method(
        tx,
        channel_id,
        shipping.SetMethod(
            code="flat", name="Flat rate", pricing="price", zone_ids=(zone.id,),
            tiers=(shipping.Tier(from_value=0, price_minor=5_00),),
        ),
    )  # fmt: skip


def _records() -> Iterator[dict[str, Any]]:
    yield {"kind": "format", "name": "argosy.products", "version": 1}
    for n in range(CATEGORIES):
        yield {"kind": "category", "path": f"c{n}", "name": f"Category {n}", "position": n}
    for n in range(PRODUCTS):
        yield {
            "kind": "product", "external_id": f"P{n}", "slug": f"product-{n}",
            "title": f"Product {n}", "description": f"<p>{'A fine thing to have. ' * 12}</p>",
            "brand": "Bench", "product_type": "Thing", "status": "active",
            "options": [{"name": "Size", "values": ["S", "M"]}],
            "categories": [f"c{n % CATEGORIES}"],
            "publications": [{"channel": "us", "from": "2025-01-01T00:00:00Z"}],
            "variants": [
                {
                    "sku": f"P{n}-{size}", "options": {"Size": size}, "weight_g": 500,
                    "prices": {"usd": [{"amount": f"{10 + n % 40}.99"}]}, "stock": {"main": _UNITS},
                }
                for size in ("S", "M")
            ],
        }  # fmt: skip
