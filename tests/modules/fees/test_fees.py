"""Fees on PostgreSQL."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from argosy.modules.fees import (
    FeeChangedMeanwhile,
    FeeCodeTaken,
    FeeNotFound,
    FeeWhen,
    SetFee,
    create_fee,
    delete_fee,
    fee_by_id,
    list_fees,
    update_fee,
)
from argosy.runtime.db import Database

CHANNEL, OTHER = UUID(int=1), UUID(int=2)


def deposit(**more: Any) -> SetFee:
    settings: dict[str, Any] = {
        "code": "bottle", "kind": "deposit", "name": "Deposit", "per": "unit", "amount_minor": 25,
        "tax_class": None, "labels": {"de": "Pfand"}, "returned": True,
        "when": FeeWhen(products=(UUID(int=7),), configuration={"a": "*"}),
    }  # fmt: skip
    return SetFee(**(settings | more))


async def test_B14_a_fee_is_stored_as_it_was_given(db: Database) -> None:
    percent = deposit(
        code="card", per="order", amount_minor=None, percent=Decimal("1.25"), cap_minor=900,
        returned=False, with_shipping=True,
    )  # fmt: skip
    async with db.transaction() as tx:
        made = [await create_fee(tx, CHANNEL, one) for one in (deposit(), percent)]
        await create_fee(tx, OTHER, deposit())
    async with db.reading() as tx:
        assert await list_fees(tx, channel_id=CHANNEL) == made
        assert await fee_by_id(tx, made[0].id) == made[0]
        assert len(await list_fees(tx)) == 3
        assert [one.code for one in await list_fees(tx, after=(CHANNEL, "bottle"), limit=1)] == [
            "card"
        ]
    assert (made[1].percent, made[0].when) == (Decimal("1.25"), deposit().when)


async def test_a_fee_is_changed_by_who_has_read_it(db: Database) -> None:
    async with db.transaction() as tx:
        made = await create_fee(tx, CHANNEL, deposit())
        changed = await update_fee(tx, made.id, deposit(amount_minor=15), expected_version=1)
    assert (changed.amount_minor, changed.version) == (15, 2)
    with pytest.raises(FeeChangedMeanwhile):
        async with db.transaction() as tx:
            await update_fee(tx, made.id, deposit(), expected_version=1)
    with pytest.raises(FeeCodeTaken):
        async with db.transaction() as tx:
            await create_fee(tx, CHANNEL, deposit())
    async with db.transaction() as tx:
        assert await delete_fee(tx, made.id) == changed
    for lost in (
        lambda tx: delete_fee(tx, made.id),
        lambda tx: update_fee(tx, made.id, deposit(), expected_version=2),
    ):
        with pytest.raises(FeeNotFound):
            async with db.transaction() as tx:
                await lost(tx)


async def test_every_change_tells_the_rules_of_its_channel(db: Database) -> None:
    async with db.transaction() as tx:
        made = await create_fee(tx, CHANNEL, deposit())
        await delete_fee(tx, made.id)
    rows = await db.pool.fetch(
        "select data from runtime.outbox where type = 'argosy.fees.fee_changed.v1' order by id"
    )
    assert len(rows) == 2
