"""Fees by category, product type and quantity; tried before they are saved: B14, BR-O-11."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.hearing import all_heard
from tests.workflows.test_fees import charge, eur, fee
from tests.workflows.till import Till

from argosy.kernel.ids import encode, new_id
from argosy.modules import catalog, fees, tax
from argosy.modules.cart import CartNotFound
from argosy.modules.fees import FeeInvalid, FeeWhen
from argosy.runtime.db import counting_statements
from argosy.workflows import fee_trials
from argosy.workflows.fee_trials import FeeTrial, check_taxed
from argosy.workflows.placement import WantedItem


async def goods_are(till: Till) -> str:
    """Shirts are in the category wear/tops and of the type clothing; the id of wear."""
    async with till.db.transaction() as tx:
        wear = await catalog.create_category(tx, parent_id=None, name="Wear")
        tops = await catalog.create_category(tx, parent_id=wear.id, name="Tops")
        shirt = (await catalog.variant_by_id(tx, till.variants["shirt"])).product_id
    await till.db.pool.execute(
        "insert into catalog.product_category (product_id, category_id, position)"
        " values ($1, $2, 0)", shirt, tops.id,
    )  # fmt: skip
    await till.db.pool.execute(
        "update catalog.product set type_code = 'clothing' where id = $1", shirt
    )
    return encode("category", wear.id)


def buying(till: Till, **units: int) -> FeeTrial:
    return FeeTrial(
        items=tuple(
            WantedItem(variant_id=till.variants[name], quantity=n) for name, n in units.items()
        ),
        country="DE",
    )


async def test_B14_a_fee_is_for_goods_of_a_category_or_of_a_type(till: Till) -> None:
    wear = await goods_are(till)
    for when in (
        FeeWhen(categories=(wear,)),
        FeeWhen(categories=("wear",)),
        FeeWhen(categories=("wear/tops", "nothing")),
        FeeWhen(product_types=("clothing",)),
    ):
        wish = fee(per="unit", kind="eco", when=when)
        tried = await fee_trials.try_on_goods(
            till.app, till.channel.id, wish, buying(till, shirt=2, mug=1)
        )
        assert [one.quantity for one in tried.charges] == [2], when
        assert tried.after.total.minor - tried.before.total.minor == 2 * 119
    await charge(till, fee(per="unit", kind="eco", when=FeeWhen(categories=("wear",))))
    cart = await till.cart(shirt=2, mug=1)
    assert await till.total(cart) == eur(2500 + 490 + 2 * 119)
    assert await till.total(await till.cart(mug=1)) == eur(500 + 490)
    # What products are is remembered: the next cart reads nothing for it.
    found = []
    for _ in range(4):
        with counting_statements() as count:
            await till.total(cart)
        found.append(count.statements)
    assert min(found) == 2
    _, placed = await till.place(cart)
    assert placed.total_minor == 2500 + 490 + 2 * 119
    _, bought = await till.purchase(shirt=1)
    assert bought.total_minor == 1000 + 490 + 119
    await till.check_books()


async def test_B14_a_fee_begins_and_ends_with_a_number_of_the_selected_goods(till: Till) -> None:
    shirts = (till.variants["shirt"],)
    wish = fee(when=FeeWhen(variants=shirts, from_quantity=2, below_quantity=4))
    for count, due in ((1, 0), (2, 1), (3, 1), (4, 0)):
        trial = buying(till, shirt=count, mug=3)
        tried = await fee_trials.try_on_goods(till.app, till.channel.id, wish, trial)
        assert len(tried.charges) == due, count
    for least, most in ((-1, None), (3, 3), (None, 0)):
        with pytest.raises(FeeInvalid):
            await charge(till, fee(when=FeeWhen(from_quantity=least, below_quantity=most)))


async def test_a_trial_changes_nothing_and_replaces_the_fee_of_the_same_code(till: Till) -> None:
    await charge(till, fee())
    cart = await till.cart(shirt=1)
    wish = fee(amount_minor=238)
    tried = await fee_trials.try_on_cart(till.app, till.channel.id, wish, cart.id)
    assert (tried.before.total, tried.after.total) == (eur(1490), eur(1490 + 238))
    assert tried.after.tax_total.minor - tried.before.tax_total.minor == 38
    assert await till.total(cart) == eur(1490 + 119)
    async with till.db.reading() as tx:
        assert len(await fees.list_fees(tx)) == 1
    with pytest.raises(CartNotFound):
        await fee_trials.try_on_cart(till.app, new_id(), wish, cart.id)


async def test_BR_O_11_a_fee_outside_all_taxes_is_not_saved_beside_taxed_goods(till: Till) -> None:
    wish = fee(kind="deposit", tax_class=None)
    tried = await fee_trials.try_on_goods(till.app, till.channel.id, wish, buying(till, shirt=1))
    assert [one.rule for one in tried.violations] == ["BR-O-11"]
    async with till.db.transaction() as tx:
        with pytest.raises(FeeInvalid) as refused:
            await check_taxed(tx, till.channel.id, wish)
        assert refused.value.field == "tax_class"
        rate = tax.SetRate(
            tax_class="exempt", code="DE-0", name="Pfand", jurisdiction="DE", rate=Decimal(0),
            treatment="exempt",
        )  # fmt: skip
        area = tax.Area(country="DE")
        await tax.create_zone(tx, tax.SetZone(code="d", name="D", areas=(area,)), [rate])
        with pytest.raises(FeeInvalid) as refused:
            await check_taxed(tx, till.channel.id, wish)
        assert "exempt" in (refused.value.cure or "")
        await check_taxed(tx, till.channel.id, fee(tax_class="exempt"))
    await all_heard(till.db)
