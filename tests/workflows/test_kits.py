"""Kits from the bill to the books: cart, quote, stock, order, invoice, return (E11, F12, L7)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from tests.workflows.following import follow
from tests.workflows.test_invoicing import a_seller, invoice
from tests.workflows.till import BERLIN, Till

from argosy.kernel.bill import Bill, BillGroup, BillItem, BillOption
from argosy.kernel.ids import encode, new_id
from argosy.modules import catalog, inventory, kits, orders, pricing, tax
from argosy.modules.cart import Cart
from argosy.modules.catalog import ProductInput, PublicationInput, VariantInput
from argosy.modules.fees import FeeWhen, SetFee, create_fee
from argosy.modules.inventory import OutOfStock
from argosy.modules.kits import KitInvalid, KitNotFound
from argosy.modules.pricing import SetPrice
from argosy.modules.quote import Quote
from argosy.runtime.db import counting_statements
from argosy.web.kit_views import order_kits
from argosy.workflows import carting, invoicing, kitting
from argosy.workflows.baskets import Basket
from argosy.workflows.buyer_prices import prices_of_buyer
from argosy.workflows.carting import CartDetails, CartReply
from argosy.workflows.completing import frozen_quote
from argosy.workflows.placement import WantedItem
from argosy.workflows.quoting import NotPurchasable


async def add_goods(
    till: Till, name: str, minor: int | None, *, published: bool = True, **more: Any
) -> UUID:
    wanted = ProductInput(
        slug=name,
        title=name.title(),
        status="active",
        variants=(VariantInput(sku=name.upper(), **more),),
        publications=(PublicationInput(channel_id=till.channel.id),) if published else (),
    )
    async with till.db.transaction() as tx:
        [made] = await catalog.upsert_products(tx, [wanted])
        assert isinstance(made, catalog.Upserted), made
        variant = next(iter(made.variants.values()))
        if minor is not None:
            price = SetPrice(variant_id=variant, amount_minor=minor)
            await pricing.set_prices(tx, till.channel.price_list_id, [price])
    till.variants[name] = variant
    return variant


async def set_kit(till: Till, name: str, bill: Bill) -> None:
    async with till.db.transaction() as tx:
        await kitting.set_kit(tx, till.variants[name], bill)


def items(till: Till, **units: int) -> tuple[BillItem, ...]:
    return tuple(BillItem(variant_id=till.variants[n], quantity=q) for n, q in units.items())


async def cart_of(till: Till, *wanted: tuple[str, int, dict[str, str]]) -> Cart:
    seen: list[Cart] = []

    def keep(cart: Cart, _basket: Basket) -> tuple[int, bytes]:
        seen.append(cart)
        return 201, b""

    details = CartDetails(
        items=tuple(
            WantedItem(variant_id=till.variants[n], quantity=q, configuration=c)
            for n, q, c in wanted
        ),
        email="ann@example.com",
        shipping_address=BERLIN,
        shipping_method="standard",
    )
    await carting.create_cart(till.app, till.seller, details, CartReply(None, keep))
    return seen[-1]


async def quote_of(till: Till, cart: Cart) -> Quote:
    return (await carting.read_cart(till.app, till.seller, cart.id))[1].quote


async def picnic(till: Till) -> None:
    """A shirt and two mugs for 15.00; a book at 7 % in place of nothing, or a song, to choose."""
    async with till.db.transaction() as tx:
        (zone,) = await tax.zones_of_channel(tx, till.channel.id)
        rate = tax.SetRate(
            tax_class="reduced", code="DE-7", name="MwSt.", jurisdiction="DE", rate=Decimal("0.07")
        )
        await tax.add_rate(tx, zone.id, rate)
    await add_goods(till, "book", 500, published=False, tax_class="reduced")
    await till.stock("book", 10)
    await add_goods(till, "picnic", 1500)
    choice = BillGroup(
        code="extra",
        name="Something to read",
        least=0,
        options=(
            BillOption(code="book", variant_id=till.variants["book"], extra={"EUR": 300}),
            BillOption(code="song", variant_id=till.variants["song"]),
        ),
    )
    await set_kit(till, "picnic", Bill(items=items(till, shirt=1, mug=2), groups=(choice,)))


async def test_E11_a_kit_is_sold_as_one_and_taken_and_given_back_as_its_parts(till: Till) -> None:
    await a_seller(till)
    await picnic(till)
    cart = await cart_of(till, ("picnic", 3, {"extra": "book"}), ("mug", 1, {}))
    quote = await quote_of(till, cart)
    (kit,) = quote.kits
    assert (kit.unit_price.minor, kit.total.minor, len(kit.parts)) == (1800, 5400, 3)
    shirt, mug, book, loose = quote.lines
    # 10.00, 2 x 5.00 and 5.00 alone are 25.00: 18.00 is 7.20, 7.20 and 3.60.
    assert [one.subtotal.minor for one in (shirt, mug, book, loose)] == [2160, 2160, 1080, 500]
    assert [one.taxes[0].rate for one in (mug, book)] == [Decimal("0.19"), Decimal("0.07")]
    _, placed = await till.place(cart)
    assert (placed.result, placed.total_minor) == ("placed", 5400 + 500 + 490)
    async with till.db.reading() as tx:
        lines = await orders.lines_of(tx, cart.id)
        frozen = await orders.quote_of(tx, cart.id)
        levels = await inventory.levels_of(tx, [till.variants[n] for n in ("shirt", "mug", "book")])
        assert not await inventory.levels_of(tx, [till.variants["picnic"]])
    assert [(one.sku, one.quantity) for one in lines] == [
        ("SHIRT", 3), ("MUG", 6), ("BOOK", 3), ("MUG", 1)
    ]  # fmt: skip
    assert {one.variant_id: one.allocated for one in levels} == {
        till.variants["shirt"]: 3, till.variants["mug"]: 7, till.variants["book"]: 3
    }  # fmt: skip
    (shown,) = order_kits(frozen, {})
    assert (shown.title, shown.quantity, shown.total.minor) == ("Picnic", 3, 5400)
    assert shown.line_ids == [encode("order_line", one.id) for one in lines[:3]]
    # L7: one book goes back at what it cost of the kit, then everything else: all that was paid.
    original = await invoice(till, cart.id)
    by_sku = {one.sku: one.id for one in lines[:3]}
    async with till.db.transaction() as tx:
        note = await invoicing.issue_credit_note(
            tx, original.id, reason="return", wanted={by_sku["BOOK"]: 1}
        )
        assert note.content.total_minor == 360
        rest = await invoicing.issue_credit_note(tx, original.id, reason="return")
    assert note.content.total_minor + rest.content.total_minor == placed.total_minor
    await till.check_books()


async def test_F12_loose_goods_and_kits_share_their_stock(till: Till) -> None:
    """Ten mugs: four sets with two each leave two; a fifth set would take the same mugs twice."""
    await picnic(till)
    short = await cart_of(till, ("picnic", 4, {}), ("mug", 3, {}))
    with pytest.raises(OutOfStock) as refused:
        await till.place(short)
    assert [(one["wanted"], one["available"]) for one in refused.value.details["lines"]] == [
        (11, 10)
    ]
    _, placed = await till.place(await cart_of(till, ("picnic", 4, {}), ("mug", 2, {})))
    assert placed.result == "placed"
    assert (await till.level("mug")).sellable == 0
    await till.check_books()


async def test_a_choice_is_refused_until_it_is_one_that_can_be_made(till: Till) -> None:
    await picnic(till)

    async def reason(configuration: dict[str, str]) -> str:
        with pytest.raises(NotPurchasable) as refused:
            await cart_of(till, ("picnic", 1, configuration))
        told: str = refused.value.details["lines"][0]["reason"]
        return told

    assert await reason({"extra": "pen"}) == "choice_invalid"
    assert await reason({"extra": "book,song"}) == "choice_invalid"
    cart = await cart_of(till, ("picnic", 1, {"extra": "song"}), ("picnic", 1, {}))
    assert [kit.total.minor for kit in (await quote_of(till, cart)).kits] == [1500, 1500]
    # E11: what a kit needs goes off sale, and the kit with it; the order's history stays.
    _, placed = await till.place(cart)
    async with till.db.transaction() as tx:
        mug = await catalog.variant_by_id(tx, till.variants["mug"])
        await catalog.update_variant(
            tx, mug.id, VariantInput(status="archived"), expected_version=None
        )
    with pytest.raises(NotPurchasable) as refused:
        await till.place(await cart_of(till, ("picnic", 1, {})))
    assert refused.value.details["lines"][0]["reason"] == "component_gone"
    async with till.db.transaction() as tx:
        assert (await frozen_quote(tx, placed.order_id)).kits[0].title == "Picnic"
        await catalog.delete_product(tx, (await catalog.variant_by_id(
            tx, till.variants["picnic"])).product_id, expected_version=None)  # fmt: skip
    await follow(till.db, kitting.forget_kits, catalog.ProductDeleted.TYPE)
    async with till.db.reading() as tx:
        with pytest.raises(KitNotFound):
            await kits.kit_of(tx, till.variants["picnic"])


async def test_a_set_costs_what_its_parts_do_less_something(till: Till) -> None:
    await add_goods(till, "duo", None)
    parts = items(till, shirt=1, song=2)
    await set_kit(
        till, "duo",
        Bill(items=parts, price="sum", percent_off=Decimal(10), amount_off={"EUR": 14}),
    )  # fmt: skip
    await cart_of(till, ("gift", 1, {}))
    with counting_statements() as count:
        cart = await cart_of(till, ("duo", 2, {}))
    # The kit, its components, and the cart: only kits ask for a statement more.
    assert count.statements == 3
    (kit,) = (await quote_of(till, cart)).kits
    # 10.00 + 2 x 1.19 = 12.38, less 1.24, less 0.14.
    assert (kit.unit_price.minor, kit.compare_at and kit.compare_at.minor) == (1100, 1238)
    await till.price("shirt", 2000)
    assert (await quote_of(till, cart)).kits[0].unit_price.minor == 2238 - 224 - 14
    (told,) = await prices_of_buyer(till.app, till.channel.id, None, [till.variants["duo"]], 2)
    assert (told.price and told.price.minor, told.subtotal and told.subtotal.minor) == (2000, 4000)
    gone = Bill(items=(BillItem(variant_id=new_id()),))
    with pytest.raises(catalog.VariantNotFound):
        await set_kit(till, "duo", gone)
    await add_goods(till, "voucher", 1000, tax_class="gift_card")
    with pytest.raises(KitInvalid):
        await set_kit(till, "duo", Bill(items=items(till, voucher=1)))


async def test_B14_deposits_are_those_of_the_components(till: Till) -> None:
    await picnic(till)
    async with till.db.transaction() as tx:
        await create_fee(
            tx, till.channel.id,
            SetFee(
                code="bottle", kind="deposit", name="Deposit", per="unit", amount_minor=25,
                returned=True, when=FeeWhen(variants=(till.variants["mug"],)),
            ),
        )  # fmt: skip
    _, placed = await till.place(await cart_of(till, ("picnic", 2, {})))
    assert placed.total_minor == 3000 + 4 * 25 + 490
