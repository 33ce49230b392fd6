"""The taxes of stored orders against EN 16931: DOMAIN.md B4."""

from __future__ import annotations

import zlib

import msgspec
from tests.workflows.till import Till

from argosy.kernel.ids import encode
from argosy.modules import orders
from argosy.runtime.statements import Statement
from argosy.workflows.tax_audit import check_orders


def sql(text: str) -> Statement:
    return Statement("test", "exec", text, "test")


async def test_B4_the_orders_of_a_shop_are_checked_one_and_all(till: Till) -> None:
    await till.place(await till.cart(shirt=2, mug=1))
    await till.place(await till.cart(song=3))
    await till.cart(shirt=1)
    audit = await check_orders(till.app)
    assert (audit.orders, audit.findings) == (2, ())


async def test_B4_a_forged_tax_total_is_found_and_named(till: Till) -> None:
    cart = await till.cart(shirt=2)
    await till.place(cart)
    async with till.db.transaction() as tx:
        quote = await orders.quote_of(tx, cart.id)
        quote["taxes"][0]["tax"]["minor"] = 999
        forged = zlib.compress(msgspec.json.encode(quote))
        await tx.run(
            sql('update orders."order" set frozen_quote = $2 where id = $1'), cart.id, forged
        )
    audit = await check_orders(till.app)
    assert not audit.is_clean
    assert {found.order_id for found in audit.findings} == {cart.id}
    assert "BR-CO-14" in {found.violation.rule for found in audit.findings}
    assert encode("order", cart.id).startswith("ord_")
