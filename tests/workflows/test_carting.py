"""Changing carts as a storefront does."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.workflows.till import BERLIN, Till, another_id

from argosy.kernel.address import Address
from argosy.kernel.email import EmailInvalid
from argosy.kernel.errors import ArgosyError
from argosy.kernel.money import Money
from argosy.modules import cart as carts
from argosy.modules import customers
from argosy.modules.cart import Cart
from argosy.runtime.db import counting_statements
from argosy.runtime.idempotency import KeyReused, key_for
from argosy.runtime.statements import Statement
from argosy.workflows import carting
from argosy.workflows.app import App
from argosy.workflows.baskets import Basket
from argosy.workflows.cart_desk import Seller
from argosy.workflows.carting import CartDetails, CartReply, CartUpdate
from argosy.workflows.placement import CountryNotServed, ShippingMethodMissing, WantedItem
from argosy.workflows.quoting import NotPurchasable

NEW_YORK = Address(
    country="US", region="NY", postal_code="10001", city="New York", line1="1 Main St", name="Ann"
)


def shown(cart: Cart, basket: Basket) -> tuple[int, bytes]:
    """The answer of these tests: lines and total."""
    lines = [[str(line.variant_id), line.quantity] for line in cart.lines]
    return 200, msgspec.json.encode([cart.version, lines, basket.quote.total.minor])


def reply(key: str | None = None, body: bytes = b"") -> CartReply:
    return CartReply(key_for("cart", key, body) if key else None, shown)


async def add(till: Till, cart_id: UUID, name: str, quantity: int, key: str | None = None) -> bytes:
    item = WantedItem(variant_id=till.variants[name], quantity=quantity)
    answer = await carting.add_line(till.app, till.seller, cart_id, item, reply(key))
    return answer.body


async def update(till: Till, cart_id: UUID, *, app: App | None = None, **what: Any) -> None:
    await carting.update_cart(app or till.app, till.seller, cart_id, CartUpdate(**what), reply())


async def test_G2_adding_with_one_key_adds_once_and_answers_alike(till: Till) -> None:
    cart = await till.cart()
    answers = await asyncio.gather(*(add(till, cart.id, "shirt", 2, "k") for _ in range(10)))
    assert len(set(answers)) == 1
    assert [line.quantity for line in (await till.cart_now(cart)).lines] == [2]
    with pytest.raises(KeyReused):
        await carting.add_line(
            till.app,
            till.seller,
            cart.id,
            WantedItem(variant_id=till.variants["mug"], quantity=1),
            reply("k", b"another body"),
        )


async def test_creating_with_one_key_makes_one_cart(till: Till) -> None:
    async def create() -> bytes:
        details = CartDetails(items=(WantedItem(variant_id=till.variants["mug"], quantity=1),))
        return (await carting.create_cart(till.app, till.seller, details, reply("new"))).body

    assert len({await create() for _ in range(3)}) == 1
    assert len(set(await asyncio.gather(*(create() for _ in range(5))))) == 1


async def test_changes_at_the_same_moment_all_arrive(till: Till) -> None:
    cart = await till.cart()
    await asyncio.gather(*(add(till, cart.id, "shirt", 1) for _ in range(5)))
    now = await till.cart_now(cart)
    assert [line.quantity for line in now.lines] == [5]
    assert now.version == cart.version + 5


async def test_adding_a_line_takes_at_most_three_statements_with_a_key_too(till: Till) -> None:
    cart = await till.cart(shirt=1)
    elsewhere = dataclasses.replace(till.app, parts={})
    item = WantedItem(variant_id=till.variants["mug"], quantity=1)
    with counting_statements() as count:
        await carting.add_line(elsewhere, till.seller, cart.id, item, reply("k"))
    assert count.names == ["read_carts", "sellable_variants", "write_carts"]
    assert count.round_trips == 3
    with counting_statements() as count:
        await carting.add_line(elsewhere, till.seller, cart.id, item, reply("l"))
    assert count.names == ["write_carts"], "the cart and the goods are known"
    with counting_statements() as count:
        again = await carting.add_line(elsewhere, till.seller, cart.id, item, reply("l"))
    assert count.names == ["read_carts", "sellable_variants"], "a repeat writes nothing"
    assert again.headers == {"Idempotency-Replayed": "true"}
    assert [line.quantity for line in (await till.cart_now(cart)).lines] == [1, 2]


async def test_changes_of_many_carts_share_their_statements(till: Till) -> None:
    ready = [await till.cart(shirt=1) for _ in range(20)]
    with counting_statements() as count:
        await asyncio.gather(*(add(till, cart.id, "mug", 1) for cart in ready))
    assert count.names == ["sellable_variants", "write_carts"]
    for cart in ready:
        assert [line.quantity for line in (await till.cart_now(cart)).lines] == [1, 1]


async def test_what_is_wrong_with_one_cart_of_a_batch_is_nothing_to_the_others(till: Till) -> None:
    fine, gone, placed = [await till.cart(shirt=1) for _ in range(3)]
    await till.place(placed)
    async with till.db.transaction() as tx:
        await tx.run(Statement("t", "exec", f"delete from cart.cart where id = '{gone.id}'", "t"))

    async def buy(cart_id: UUID, name: str) -> str:
        try:
            await add(till, cart_id, name, 1)
        except ArgosyError as error:
            return error.code
        return "added"

    unknown = another_id()
    till.variants["ghost"] = unknown
    wishes = [(fine, "mug"), (gone, "mug"), (placed, "mug"), (fine, "ghost"), (fine, "shirt")]
    ends = await asyncio.gather(*(buy(cart.id, name) for cart, name in wishes))
    assert ends == ["added", "cart.not_found", "cart.not_open", "quote.not_purchasable", "added"]
    assert [line.quantity for line in (await till.cart_now(fine)).lines] == [2, 1]


async def test_a_change_by_another_process_is_seen(till: Till) -> None:
    other = dataclasses.replace(till.app, parts={})
    cart = await till.cart(shirt=1)
    for _ in range(2):
        for app in (till.app, other):
            item = WantedItem(variant_id=till.variants["mug"], quantity=1)
            await carting.add_line(app, till.seller, cart.id, item, reply())
    now = await till.cart_now(cart)
    assert ([line.quantity for line in now.lines], now.version) == ([1, 4], cart.version + 4)
    item = WantedItem(variant_id=till.variants["mug"], quantity=1)
    await asyncio.gather(
        *(
            carting.add_line(app, till.seller, cart.id, item, reply(f"k{n}"))
            for n in range(10)
            for app in (till.app, other)
        )
    )
    assert [line.quantity for line in (await till.cart_now(cart)).lines] == [1, 14]


async def test_a_placed_cart_that_the_process_remembers_as_open_stays_placed(till: Till) -> None:
    other = dataclasses.replace(till.app, parts={})
    cart = await till.cart(shirt=1)
    await update(till, cart.id, app=other, email="ann@example.com")
    await till.place(await till.cart_now(cart))
    with pytest.raises(carts.CartNotOpen):
        await update(till, cart.id, app=other, email="bob@example.com")


async def test_a_cart_that_is_read_shows_the_prices_of_this_moment(till: Till) -> None:
    cart = await till.cart(shirt=1)
    before = await till.total(cart)
    await till.price("shirt", 1100)
    assert await till.total(cart) == before + Money(100, "EUR")


async def test_what_cannot_be_bought_does_not_get_in(till: Till) -> None:
    cart = await till.cart()
    item = WantedItem(variant_id=another_id(), quantity=1)
    with pytest.raises(NotPurchasable) as caught:
        await carting.add_line(till.app, till.seller, cart.id, item, reply())
    assert caught.value.details["lines"][0]["reason"] == "unknown_variant"  # type: ignore[index]
    with pytest.raises(NotPurchasable):
        await carting.create_cart(till.app, till.seller, CartDetails(items=(item,)), reply())
    assert (await till.cart_now(cart)).lines == ()


async def test_G5_address_and_shipping_choice_belong_together(till: Till) -> None:
    cart = await till.cart(shirt=1)
    with pytest.raises(CountryNotServed):
        await update(till, cart.id, shipping_address=NEW_YORK)
    paris = Address(
        country="FR", postal_code="75001", city="Paris", line1="1 rue de Rivoli", name="Ann"
    )
    await update(till, cart.id, shipping_address=paris)
    now = await till.cart_now(cart)
    assert now.shipping_method is None
    with pytest.raises(ShippingMethodMissing):
        await update(till, cart.id, shipping_method="standard")
    assert await carting.list_shipping_options(till.app, till.seller, cart.id) == []
    await update(till, cart.id, shipping_address=BERLIN)
    (option,) = await carting.list_shipping_options(till.app, till.seller, cart.id)
    assert (option.code, option.price) == ("standard", Money(490, "EUR"))
    await update(till, cart.id, shipping_method=option.code)
    assert await till.total(cart) == Money(1490, "EUR")


async def test_an_update_sets_what_it_names_in_one_change_or_nothing(till: Till) -> None:
    cart = await till.cart(shirt=1)
    paris = Address(
        country="FR", postal_code="75001", city="Paris", line1="1 rue de Rivoli", name="Ann"
    )
    everything = CartUpdate(
        email="bob@example.com",
        shipping_address=BERLIN,
        billing_address=paris,
        shipping_method="standard",
    )
    await carting.update_cart(till.app, till.seller, cart.id, everything, reply())
    now = await till.cart_now(cart)
    assert (now.email, now.shipping_address, now.billing_address, now.shipping_method) == (
        "bob@example.com",
        BERLIN,
        paris,
        "standard",
    )
    assert now.version == cart.version + 1
    await update(till, cart.id, email="ann@x.de")
    assert (await till.cart_now(cart)).billing_address == paris
    moved = CartUpdate(email="eve@example.com", shipping_address=paris, shipping_method="standard")
    with pytest.raises(ShippingMethodMissing):
        await carting.update_cart(till.app, till.seller, cart.id, moved, reply())
    far = CartUpdate(email="eve@example.com", shipping_address=NEW_YORK)
    with pytest.raises(CountryNotServed) as caught:
        await carting.update_cart(till.app, till.seller, cart.id, far, reply())
    assert caught.value.field == "shipping_address.country"
    now = await till.cart_now(cart)
    assert (now.email, now.shipping_address, now.shipping_method) == (
        "ann@x.de",
        BERLIN,
        "standard",
    )


async def test_malformed_details_are_refused_and_change_nothing(till: Till) -> None:
    cart = await till.cart(shirt=1)
    with pytest.raises(EmailInvalid):
        await update(till, cart.id, email="ann@")
    with pytest.raises(customers.AddressInvalid):
        await carting.update_cart(
            till.app,
            till.seller,
            cart.id,
            CartUpdate(billing_address=Address(country="DE")),
            reply(),
        )
    with pytest.raises(carts.CartLineNotFound):
        await carting.change_quantity(till.app, till.seller, cart.id, another_id(), 2, reply())
    assert (await till.cart_now(cart)).version == cart.version


async def test_G9_signing_in_merges_and_the_cart_is_the_customers_alone(till: Till) -> None:
    ann = Seller(till.channel, another_id())
    mine = await carting.create_cart(
        till.app,
        ann,
        CartDetails(items=(WantedItem(variant_id=till.variants["mug"], quantity=1),)),
        reply(),
    )
    assert mine.status == 200
    guests = await till.cart(mug=2, shirt=1)
    for _ in range(2):
        cart, basket, notes = await carting.claim_cart(till.app, ann, guests.id)
        assert basket.quote.subtotal == Money(3 * 500 + 1000, "EUR")
    assert notes == ()
    with pytest.raises(carts.CartNotFound):
        await carting.read_cart(till.app, till.seller, cart.id)
    with pytest.raises(carts.CartExpired) as caught:
        await add(till, guests.id, "mug", 1)
    assert caught.value.details["merged_into"]


async def test_a_cart_that_is_being_paid_for_cannot_be_changed(till: Till) -> None:
    cart = await till.cart(shirt=1)
    await till.place(cart)
    with pytest.raises(carts.CartNotOpen):
        await add(till, cart.id, "mug", 1)


async def test_the_settings_say_how_long_an_untouched_cart_is_kept(till: Till) -> None:
    settings = till.app.settings.model_copy(update={"cart_ttl_days": 3})
    app = dataclasses.replace(till.app, settings=settings)
    cart = await till.cart()
    assert cart.expires_at is not None
    await update(till, cart.id, app=app, email="ann@example.com")
    now = await till.cart_now(cart)
    assert now.expires_at is not None
    assert (cart.expires_at - now.expires_at).days == 27
