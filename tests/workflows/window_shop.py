"""A small shop built through the faces of its islands, for tests of what it shows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import cast
from uuid import UUID

import msgspec
from tests.hearing import all_heard

from argosy.kernel.ids import new_id
from argosy.modules import catalog, channels, inventory, pricing, projections
from argosy.modules.catalog import CategoryInput, ProductInput, PublicationInput, VariantInput
from argosy.modules.channels import Channel, CreateChannel
from argosy.modules.inventory import Fact, Movement
from argosy.modules.pricing import CreatePriceList, SetPrice
from argosy.modules.projections import ListProducts, ProductDocument, ProductList
from argosy.runtime import subscriptions
from argosy.runtime.db import Database
from argosy.runtime.subscriptions import Subscription
from argosy.workflows import projecting
from argosy.workflows.app import App

LISTEN = Subscription("projections", projecting.PROJECTION_EVENTS, projecting.note_changes)


class Shop:
    """One channel in euros with a location; products have a variant for each size."""

    def __init__(self, db: Database, channel: Channel) -> None:
        self.db = db
        self.channel = channel
        self.app = cast("App", SimpleNamespace(db=db))

    async def add(
        self,
        slug: str,
        *,
        sizes: Sequence[str] = ("S", "M"),
        minor: int | None = 1000,
        stock: int = 10,
        categories: tuple[str, ...] = (),
        **fields: object,
    ) -> dict[str, UUID]:
        """A published product; the ids of its variants by size, and of itself as `""`."""
        given = ProductInput(
            slug=slug,
            title=slug.title(),
            status="active",
            options=(catalog.Option(name="Size", values=tuple(sizes)),),
            categories=categories,
            variants=tuple(
                VariantInput(sku=f"{slug}-{size}", options={"Size": size}) for size in sizes
            ),
            publications=(PublicationInput(channel_id=self.channel.id),),
            **fields,  # type: ignore[arg-type]
        )
        async with self.db.transaction() as tx:
            if categories:
                steps = {"/".join(c.split("/")[: n + 1]) for c in categories for n in range(9)}
                await catalog.upsert_categories(tx, [CategoryInput(path=s) for s in sorted(steps)])
            (done,) = await catalog.upsert_products(tx, [given])
            assert isinstance(done, catalog.Upserted), done
            variants = {size: done.variants[f"{slug}-{size}".lower()] for size in sizes}
        if minor is not None:
            await self.price(*variants.values(), minor=minor)
        if stock:
            await self.stock(*variants.values(), units=stock)
        return variants | {"": done.product_id}

    async def price(
        self, *variant_ids: UUID, minor: int, since: datetime | None = None, priority: int = 0
    ) -> None:
        prices = [
            SetPrice(variant_id=v, amount_minor=minor, valid_from=since, priority=priority)
            for v in variant_ids
        ]
        async with self.db.transaction() as tx:
            await pricing.set_prices(tx, self.channel.price_list_id, prices)

    async def stock(self, *variant_ids: UUID, units: int) -> None:
        items = tuple(
            Movement(variant_id=v, location_id=self.channel.locations[0], on_hand=units)
            for v in variant_ids
        )
        async with self.db.transaction() as tx:
            await inventory.post_fact(
                tx,
                Fact(
                    key=str(new_id()),
                    kind="adjustment",
                    reason="correction",
                    actor="test",
                    items=items,
                ),
            )

    async def settle(self) -> int:
        """Do what the worker does until nothing waits and all processes have heard of it; how many
        products were projected.
        """
        await self.hear(LISTEN)
        projected = 0
        while done := await projecting.project_changed(self.app):
            projected += done
        await all_heard(self.db)
        assert not await self.db.pool.fetchval("select count(*) from runtime.parked")
        return projected

    async def hear(self, subscription: Subscription) -> None:
        """Deliver everything that has happened to a reaction."""
        await subscriptions.register(self.db, [subscription])
        # Events of a transaction are read once all older ones of the server have ended, and other
        # tests run on the same server.
        while await subscriptions.deliver(self.db, subscription) or await self._unread(  # noqa: ASYNC110
            subscription
        ):
            await asyncio.sleep(0.005)

    async def _unread(self, subscription: Subscription) -> int:
        unread: int = await self.db.pool.fetchval(
            """select count(*) from runtime.outbox o
               join runtime.subscription s on (o.xid, o.id) > (s.xid, s.id)
               where s.name = $1 and o.type = any ($2::text[])""",
            subscription.name,
            list(subscription.types),
        )
        return unread

    async def page(self, slug: str) -> ProductDocument:
        async with self.db.reading() as tx:
            answer = await projections.product_page(tx, self.channel.id, slug)
        return msgspec.json.decode(answer.body, type=ProductDocument)

    async def listed(self, path: str | None = None, **ask: object) -> list[str]:
        """The slugs of a listing's first page."""
        return sorted(card.slug for card in (await self.listing(path, **ask)).items)

    async def listing(self, path: str | None = None, **ask: object) -> ProductList:
        """The first page of a category, or of all products."""
        value = (
            str(projections.ALL_PRODUCTS)
            if path is None
            else await self.db.pool.fetchval(
                "select id::text from catalog.category where path = $1", path
            )
        )
        term = await self.db.pool.fetchval(
            "select id from projections.term where channel_id = $1 and code = '' and value = $2",
            self.channel.id,
            value,
        )
        async with self.db.reading() as tx:
            answer = await projections.list_products(
                tx,
                ListProducts(channel_id=self.channel.id, category=term, **ask),  # type: ignore[arg-type]
            )
        return msgspec.json.decode(answer.body, type=ProductList)


async def open_shop(db: Database, code: str = "eu") -> Shop:
    async with db.transaction() as tx:
        place = await inventory.create_location(tx, code=code, name=code, country="DE")
        prices = await pricing.create_price_list(
            tx, CreatePriceList(code=code, name=code, currency="EUR")
        )
        channel = await channels.create_channel(
            tx,
            CreateChannel(
                code=code,
                name=code,
                currency="EUR",
                countries=("DE",),
                default_country="DE",
                price_list_id=prices.id,
                tax_inclusive=True,
                locations=(place.id,),
            ),
        )
    return Shop(db, channel)


async def open_channels(shop: Shop, *codes: str) -> list[Channel]:
    """Channels that sell as the shop's own does, and show nothing yet."""
    like = shop.channel
    async with shop.db.transaction() as tx:
        return [
            await channels.create_channel(
                tx,
                CreateChannel(
                    code=code,
                    name=code,
                    currency="EUR",
                    countries=("DE",),
                    default_country="DE",
                    price_list_id=like.price_list_id,
                    tax_inclusive=True,
                    locations=like.locations,
                ),
            )
            for code in codes
        ]
