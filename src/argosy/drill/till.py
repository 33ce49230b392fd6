"""A shop that sells: one channel with taxes, shipping, goods and stock, and every way to pay."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.ids import encode
from argosy.kernel.money import Money
from argosy.modules import cart as carts
from argosy.modules import (
    catalog,
    channels,
    inventory,
    ledger,
    orders,
    payments,
    pricing,
    promotions,
    shipping,
    tax,
)
from argosy.modules.cart import Cart
from argosy.modules.catalog import ProductInput, PublicationInput, VariantInput
from argosy.modules.channels import Channel, CreateChannel
from argosy.modules.inventory import Count, Fact, Level, Movement
from argosy.modules.orders import SHOPPER, Because, Order
from argosy.modules.payments import Authorised, Captured
from argosy.modules.pricing import CreatePriceList, SetPrice
from argosy.modules.promotions import Limits, SetCoupon, SetPromotion
from argosy.runtime.db import Database
from argosy.runtime.idempotency import key_for
from argosy.runtime.outbox_rows import Answered
from argosy.workflows import carting, checkout, promoting, recovery, tax_audit
from argosy.workflows.app import App
from argosy.workflows.cart_desk import Seller
from argosy.workflows.carting import CartDetails, CartReply
from argosy.workflows.placement import (
    PaymentChoice,
    PlaceCart,
    Placement,
    Purchase,
    Reply,
    WantedItem,
)

BERLIN = Address(
    country="DE", postal_code="10115", city="Berlin", line1="Torstr. 1", name="Ann Lee"
)
BECAUSE = Because(actor=SHOPPER, cause="test")
INVOICE = PaymentChoice(gateway="invoice")


def card(token: str = "tok_approved") -> PaymentChoice:
    """A card at the sandbox provider."""
    return PaymentChoice(
        gateway="sandbox", instrument={"token": token}, return_url="https://shop.test/back"
    )


class Till:
    """One channel in euros, prices with 19 % tax inside, one location, one shipping rate of 490.

    `shirt` (10.00) and `mug` (5.00) are shipped and in stock; `song` (1.19) is digital; `gift` is
    free and digital.
    """

    def __init__(self, app: App, channel: Channel, variants: Mapping[str, UUID]) -> None:
        self.app = app
        self.db = app.db
        self.channel = channel
        self.variants = dict(variants)
        self.seller = Seller(channel, None)

    def public_id(self, name: str) -> str:
        """What shoppers call the variant."""
        return encode("variant", self.variants[name])

    async def cart(
        self, *, address: Address | None = BERLIN, email: str = "ann@example.com", **units: int
    ) -> Cart:
        """A cart that is ready to be placed, with so many units of each of the goods."""
        ships = any(name in {"shirt", "mug"} for name in units)
        details = CartDetails(
            items=tuple(
                WantedItem(variant_id=self.variants[name], quantity=number)
                for name, number in units.items()
            ),
            email=email,
            shipping_address=address if ships else None,
            billing_address=None if ships else address,
            shipping_method="standard" if ships else None,
        )
        seen: list[Cart] = []

        def keep(cart: Cart, _basket: object) -> tuple[int, bytes]:
            seen.append(cart)
            return 201, b""

        await carting.create_cart(self.app, self.seller, details, CartReply(None, keep))
        return seen[-1]

    async def coupon(self, code: str) -> UUID:
        """A code that takes ten per cent off one order, once; its promotion."""
        wish = SetPromotion(
            name=code,
            document={
                "phase": "order",
                "reason": "10 % off",
                "action": {"type": "percent", "percent": "10"},
            },
            needs_coupon=True,
            limits=Limits(uses=1_000),
        )
        async with self.db.transaction() as tx:
            made, _ = await promoting.create(tx, wish, by="drill")
            await promotions.add_coupon(tx, made.id, SetCoupon(code=code, uses=1))
            await promoting.move(tx, made.id, "live", by="drill")
        self.app.cache.forget("rules", "*")
        return made.id

    async def present(self, cart: Cart, code: str) -> Cart:
        """The cart with the code in it. Raises CouponRefused."""
        reply = CartReply(None, lambda *_: (200, b""))
        await carting.add_coupon(self.app, self.seller, cart.id, code, reply, guesser=str(cart.id))
        return await self.cart_now(cart)

    async def uses(self, promotion_id: UUID) -> tuple[int, int]:
        """How many orders hold a use of the promotion, and how many have used it."""
        async with self.db.reading() as tx:
            found = await promotions.usage_of(tx, promotion_id)
        return found.held, found.used

    async def total(self, cart: Cart) -> Money:
        """What the cart costs now."""
        _, basket = await carting.read_cart(self.app, self.seller, cart.id)
        return basket.quote.total

    async def place(
        self,
        cart: Cart,
        payment: PaymentChoice | None = INVOICE,
        *,
        key: str | None = None,
        expected: Money | None = None,
        app: App | None = None,
    ) -> tuple[Answered, Placement]:
        """Place the cart; the stored answer, and the Placement in it."""
        command = PlaceCart(
            cart_id=cart.id,
            channel=self.channel,
            customer_id=cart.customer_id,
            expected_total=expected or await self.total(cart),
            payment=payment,
            because=BECAUSE,
        )
        answer = await checkout.place(app or self.app, command, reply_for(key))
        return answer, msgspec.json.decode(answer.body, type=Placement)

    async def purchase(
        self, payment: PaymentChoice | None = INVOICE, *, key: str | None = None, **units: int
    ) -> tuple[Answered, Placement]:
        """Buy in one call."""
        ships = any(name in {"shirt", "mug"} for name in units)
        command = Purchase(
            channel=self.channel,
            customer_id=None,
            items=tuple(
                WantedItem(variant_id=self.variants[name], quantity=number)
                for name, number in units.items()
            ),
            email="ann@example.com",
            shipping_address=BERLIN if ships else None,
            billing_address=None if ships else BERLIN,
            shipping_method="standard" if ships else None,
            expected_total=None,
            payment=payment,
            because=BECAUSE,
        )
        answer = await checkout.purchase(self.app, command, reply_for(key))
        return answer, msgspec.json.decode(answer.body, type=Placement)

    async def resume(self, cart: Cart) -> Placement:
        """The shopper is back from the bank."""
        return await checkout.resume(self.app, cart.id, self.channel, None, BECAUSE)

    async def recover(self) -> None:
        """What the worker does until nothing waits."""
        while await recovery.sweep(self.app):
            pass

    async def order(self, order_id: UUID) -> Order:
        async with self.db.reading() as tx:
            return await orders.order_by_id(tx, order_id)

    async def history(self, order_id: UUID) -> list[str]:
        """The kinds of the timeline's entries."""
        async with self.db.reading() as tx:
            return [entry.kind for entry in await orders.timeline_of(tx, order_id)]

    async def cart_now(self, cart: Cart) -> Cart:
        async with self.db.reading() as tx:
            found = await carts.find_cart(tx, cart.id)
        assert found is not None
        return found

    async def level(self, name: str) -> Level:
        async with self.db.reading() as tx:
            (level,) = await inventory.levels_of(tx, [self.variants[name]])
        return level

    async def stock(self, name: str, units: int) -> None:
        """Add (or take away) units."""
        movement = Movement(
            variant_id=self.variants[name], location_id=self.channel.locations[0], on_hand=units
        )
        async with self.db.transaction() as tx:
            await inventory.post_fact(
                tx,
                Fact(
                    key=str(uuid4()),
                    kind="adjustment",
                    reason="correction",
                    actor="test",
                    items=(movement,),
                ),
            )

    async def count(self, name: str, units: int) -> None:
        """Somebody counted so many units on the shelf."""
        found = Count(
            variant_id=self.variants[name],
            location_id=self.channel.locations[0],
            on_hand=units,
        )
        fact = Fact(
            key=str(uuid4()), kind="count", reason="stocktake", actor="test", items=(found,)
        )
        async with self.db.transaction() as tx:
            await inventory.post_fact(tx, fact)

    async def price(self, name: str, minor: int) -> None:
        async with self.db.transaction() as tx:
            await pricing.set_prices(
                tx,
                self.channel.price_list_id,
                [SetPrice(variant_id=self.variants[name], amount_minor=minor)],
            )

    async def charges(self, order_id: UUID) -> list[str]:
        """What the provider itself holds or has taken for the order, by asking it."""
        async with self.db.reading() as tx:
            paid = await payments.payments_of_order(tx, order_id)
        held = []
        for payment in paid:
            for operation in payment.operations:
                if operation.kind != "authorise":
                    continue
                said = await self.app.gateways[payment.gateway].lookup(operation)
                if isinstance(said, Authorised | Captured):
                    held.append(type(said).__name__)
        return held

    async def check_books(self) -> None:
        """Books balanced, stock journal equal to levels, levels equal to what orders hold, taxes as
        an invoice may show them.
        """
        async with self.db.reading() as tx:
            assert await ledger.verify(tx) == []
            balances = await ledger.trial_balance(tx)
            assert sum(one.balance.minor for one in balances) == 0
            assert await inventory.verify(tx) == []
        audit = await tax_audit.check_orders(self.app)
        assert audit.is_clean, audit.findings


def reply_for(key: str | None) -> Reply:
    """Answers are the Placement as JSON; its result decides the status."""

    def render(placement: Placement) -> tuple[int, bytes]:
        status = {"placed": 201, "declined": 402}.get(placement.result, 202)
        return status, msgspec.json.encode(placement)

    return Reply(key_for("test", key or str(uuid4()), b"same request"), render)


async def furnish(app: App) -> Till:
    """Set up the shop in an empty database, with ten shirts and ten mugs."""
    channel = await _channel(app.db)
    till = Till(app, channel, await _goods(app.db, channel))
    await till.stock("shirt", 10)
    await till.stock("mug", 10)
    return till


async def _channel(db: Database) -> Channel:
    async with db.transaction() as tx:
        place = await inventory.create_location(tx, code="main", name="Main", country="DE")
        prices = await pricing.create_price_list(
            tx, CreatePriceList(code="eur", name="Euro", currency="EUR")
        )
        channel = await channels.create_channel(
            tx,
            CreateChannel(
                code="eu",
                name="EU",
                currency="EUR",
                countries=("DE", "FR"),
                default_country="DE",
                price_list_id=prices.id,
                tax_inclusive=True,
                order_prefix="E-",
                locations=(place.id,),
            ),
        )
        rate = tax.SetRate(
            tax_class="standard",
            code="DE-19",
            name="MwSt.",
            jurisdiction="DE",
            rate=Decimal("0.19"),
        )
        area = tax.Area(country="DE")
        await tax.create_zone(tx, tax.SetZone(code="de", name="Germany", areas=(area,)), [rate])
        zone = await shipping.create_zone(
            tx,
            shipping.SetZone(code="de", name="Germany", areas=(shipping.Area(country="DE"),)),
        )
        await shipping.create_method(
            tx,
            channel.id,
            shipping.SetMethod(
                code="standard",
                name="Standard",
                pricing="flat",
                zone_ids=(zone.id,),
                tiers=(shipping.Tier(from_value=0, price_minor=490),),
            ),
        )
    return channel


async def _goods(db: Database, channel: Channel) -> dict[str, UUID]:
    def product(name: str, **more: Any) -> ProductInput:
        return ProductInput(
            slug=name,
            title=name.title(),
            status="active",
            variants=(VariantInput(sku=name.upper(), **more),),
            publications=(PublicationInput(channel_id=channel.id),),
        )

    digital = {"requires_shipping": False, "tracks_inventory": False}
    wanted = {"shirt": {}, "mug": {}, "song": digital, "gift": digital}
    prices = {"shirt": 1000, "mug": 500, "song": 119, "gift": 0}
    variants: dict[str, UUID] = {}
    async with db.transaction() as tx:
        made = await catalog.upsert_products(
            tx, [product(name, **more) for name, more in wanted.items()]
        )
        for name, done in zip(wanted, made, strict=True):
            assert isinstance(done, catalog.Upserted), done
            variants[name] = next(iter(done.variants.values()))
        await pricing.set_prices(
            tx,
            channel.price_list_id,
            [SetPrice(variant_id=variants[n], amount_minor=m) for n, m in prices.items()],
        )
    return variants
