"""What the demo shop begins with: two channels, taxes, shipping, the Luma catalogue, access.

Every step looks first whether it is done, so that a start that was broken off is resumed and a
later start changes nothing. Credentials stand in `demo.json` in the home folder, readable by its
owner alone, because tokens are stored hashed and could not be shown again.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from uuid import UUID

import msgspec
from rich.progress import Progress

from argosy.adapters.storage.photographs import FolderPhotographs
from argosy.adapters.tabular import JsonLines, open_products
from argosy.demo import luma
from argosy.entry.terminal import fail
from argosy.kernel.errors import Unauthenticated
from argosy.modules import (
    catalog,
    channels,
    collections,
    inventory,
    pricing,
    shipping,
    staff,
    tax,
)
from argosy.modules.channels import Channel, CreateChannel
from argosy.modules.collections import AttributeCondition, Rules
from argosy.runtime.db import Tx
from argosy.workflows import projecting
from argosy.workflows.app import App
from argosy.workflows.channel_setup import open_channel
from argosy.workflows.collecting import create_collection
from argosy.workflows.product_import import import_products
from argosy.workflows.review_import import import_reviews

CREDENTIALS = "demo.json"
STAFF_EMAIL = "owner@demo.example"
EU = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip

COLLECTIONS = (
    ("favourites", "Erin's favourites", "erin_recommends", "stellar-solar-jacket"),
    ("new-arrivals", "New arrivals", "new", "mona-pullover-hoodlie"),
    ("gentle-on-the-planet", "Gentle on the planet", "eco_collection", "jade-yoga-jacket"),
)
"""Slug, title, the attribute that decides, and the product whose photograph stands for it."""


class DemoShop(msgspec.Struct, kw_only=True):
    """How to get into the demo shop. `publishable_keys` is by channel code."""

    staff_email: str = STAFF_EMAIL
    staff_password: str = ""
    secret_key: str = ""
    publishable_keys: dict[str, str] = {}
    catalogue_imported: bool = False
    reviews_imported: bool = False
    orders_made: bool = False


async def seed(app: App, home: Path, progress: Progress) -> DemoShop:
    """Bring the shop to its first state, or find that it is there."""
    shop = await _remembered(app, home)
    step = progress.add_task("Channels, prices, taxes, shipping", total=4)
    async with app.db.transaction() as tx:
        await _channels(tx)
        progress.advance(step, 2)
        await tax.load_tax_pack(tx, "us-states")
        await tax.load_tax_pack(tx, "eu-vat")
        progress.advance(step)
        await _shipping(tx)
    progress.update(step, completed=4)
    await _access(app, shop)
    remember(home, shop)
    await _catalogue(app, home, shop, progress)
    await _collections(app)
    return shop


async def _channels(tx: Tx) -> None:
    if {"us", "eu"} <= {channel.code for channel in await channels.list_channels(tx)}:
        return
    us_main = await inventory.create_location(
        tx,
        code="us-main",
        name="Warehouse Reno",
        country="US",
        address={
            "country": "US",
            "line1": "1 Depot Way",
            "city": "Reno",
            "region": "NV",
            "postal_code": "89501",
        },
    )
    eu_main = await inventory.create_location(
        tx,
        code="eu-main",
        name="Lager Leipzig",
        country="DE",
        address={"country": "DE", "line1": "Am Depot 1", "city": "Leipzig", "postal_code": "04103"},
    )
    usd = await pricing.create_price_list(
        tx, pricing.CreatePriceList(code="usd", name="US dollar prices", currency="USD")
    )
    eur = await pricing.create_price_list(
        tx, pricing.CreatePriceList(code="eur", name="Euro prices, VAT included", currency="EUR")
    )
    await open_channel(
        tx,
        CreateChannel(
            code="us", name="Luma US", currency="USD", countries=("US",), default_country="US",
            price_list_id=usd.id, tax_inclusive=False, locale="en-US",
            time_zone="America/Los_Angeles", order_prefix="US-", locations=(us_main.id,),
        ),
    )  # fmt: skip
    await open_channel(
        tx,
        CreateChannel(
            code="eu", name="Luma Europe", currency="EUR", countries=EU, default_country="DE",
            price_list_id=eur.id, tax_inclusive=True, locale="de-DE", time_zone="Europe/Berlin",
            order_prefix="EU-", locations=(eu_main.id,),
        ),
    )  # fmt: skip


async def _shipping(tx: Tx) -> None:
    if await shipping.list_zones(tx):
        return
    us = await shipping.create_zone(
        tx, shipping.SetZone(code="us", name="USA", areas=(shipping.Area(country="US"),))
    )
    eu = await shipping.create_zone(
        tx,
        shipping.SetZone(
            code="eu", name="European Union", areas=tuple(shipping.Area(country=c) for c in EU)
        ),
    )
    for code, zone, free_from in (("us", us.id, 75_00), ("eu", eu.id, 80_00)):
        channel = await channels.channel_by_code(tx, code)
        for method in _methods(zone, free_from):
            await shipping.create_method(tx, channel.id, method)


def _methods(zone: UUID, free_from: int) -> list[shipping.SetMethod]:
    tier, zones = shipping.Tier, (zone,)
    return [
        shipping.SetMethod(
            code="standard", name="Standard", pricing="price", zone_ids=zones,
            tiers=(tier(from_value=0, price_minor=5_90), tier(from_value=free_from, price_minor=0)),
            min_days=3, max_days=5, position=0,
        ),
        shipping.SetMethod(
            code="express", name="Express", pricing="weight", zone_ids=zones,
            tiers=(tier(from_value=0, price_minor=12_90), tier(from_value=2000, price_minor=18_90)),
            min_days=1, max_days=2, position=1,
        ),
    ]  # fmt: skip


async def _access(app: App, shop: DemoShop) -> None:
    """A staff owner and keys; made anew when the file with the old ones is gone."""
    if shop.staff_password and shop.secret_key and shop.publishable_keys:
        return
    password = secrets.token_urlsafe(12)
    async with app.db.reading() as tx:
        member = await staff.member_by_email(tx, STAFF_EMAIL)
    if member is None:
        new = staff.AddMember(
            email=STAFF_EMAIL, name="Demo Owner", password=password, roles=("owner",)
        )
        await staff.add_member(app.db, app.passwords, staff.SYSTEM, new)
    else:
        await staff.set_password(app.db, app.passwords, staff.SYSTEM, member.id, password)
    async with app.db.transaction() as tx:
        secret = await staff.create_secret_key(
            tx, staff.SYSTEM, name="Demo key, everything allowed", scopes=("*",)
        )
        keys = {
            channel.code: await _publishable(tx, channel)
            for channel in await channels.list_channels(tx)
        }
    shop.staff_password, shop.secret_key, shop.publishable_keys = password, secret.token, keys


async def _publishable(tx: Tx, channel: Channel) -> str:
    created = await staff.create_publishable_key(
        tx, staff.SYSTEM, name=f"Demo storefront {channel.code}", channel_id=channel.id
    )
    return created.token


async def _catalogue(app: App, home: Path, shop: DemoShop, progress: Progress) -> None:
    if shop.catalogue_imported:
        await _reviews(app, home, shop, progress)
        return
    source = open_products(luma() / "products.jsonl.gz", "jsonl", {})
    step = progress.add_task("Catalogue and photographs", total=None)
    run = await import_products(
        app,
        source,
        photographs=FolderPhotographs(luma()),
        actor="demo",
        on_progress=lambda done: progress.update(step, completed=done.rows, total=done.total),
    )
    if run.state != "done" or run.failed:
        fail(
            f"The catalogue was not imported whole: {run.failed} products failed. {run.message}",
            cure="Run `make demo` again: what is in stays in. If it stays so, report it.",
        )
    progress.update(step, completed=run.lines_done or 1, total=run.lines_done or 1)
    await _reviews(app, home, shop, progress)
    step = progress.add_task("Shop windows", total=None)
    await projecting.rebuild(
        app, progress=lambda done, total: progress.update(step, completed=done, total=total)
    )
    shop.catalogue_imported = True
    remember(home, shop)


async def _collections(app: App) -> None:
    """Kept by rules, each with the first photograph of a product in it."""
    async with app.db.transaction() as tx:
        shown = tuple(one.id for one in await channels.list_channels(tx))
        known = {one.slug for one in await collections.shown_collections(tx, shown[0])}
        for position, (slug, title, attribute, product) in enumerate(COLLECTIONS):
            if slug in known:
                continue
            found = await catalog.product_id_by_slug(tx, product)
            photographs = (await catalog.product_by_id(tx, found)).media
            condition = AttributeCondition(code=attribute, values=("true",))
            made = collections.NewCollection(
                slug=slug,
                title=title,
                rules=Rules(conditions=(condition,)),
                position=position,
                media_id=photographs[0].id if photographs else None,
                channels=shown,
            )
            await create_collection(tx, made)


async def _reviews(app: App, home: Path, shop: DemoShop, progress: Progress) -> None:
    """Also of a demo that was made before there were reviews."""
    if shop.reviews_imported:
        return
    step = progress.add_task("Reviews", total=None)
    done = await import_reviews(app.db, JsonLines(luma() / "reviews.jsonl.gz"))
    if done.failed:
        fail(
            f"{done.failed} reviews were not imported: {done.issues[0].message}",
            cure="Run `make demo` again: what is in stays in. If it stays so, report it.",
        )
    progress.update(step, completed=done.taken, total=done.taken)
    shop.reviews_imported = True
    remember(home, shop)


async def _remembered(app: App, home: Path) -> DemoShop:
    """What the file says, if its key opens this database: it may be of a demo on another one."""
    path = home / CREDENTIALS
    if not path.exists():
        return DemoShop()
    shop = msgspec.json.decode(path.read_bytes(), type=DemoShop)
    try:
        async with app.db.reading() as tx:
            await staff.actor_by_secret_key(tx, shop.secret_key)
    except Unauthenticated:
        return DemoShop()
    return shop


def remember(home: Path, shop: DemoShop) -> None:
    path = home / CREDENTIALS
    path.touch(mode=0o600)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_TRUNC), "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(shop)))
