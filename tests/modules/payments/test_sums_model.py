"""Random histories of a payment: its sums are always the fold of its operations, and possible."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import Any

import pytest

from argosy.kernel.errors import Conflict
from argosy.modules import payments
from argosy.modules.payments import (
    Captured,
    Declined,
    Failed,
    Operation,
    Payment,
    Pending,
    Refunded,
    Unknown,
    Voided,
    rules,
)
from argosy.runtime.db import Database
from tests.modules.payments.builders import authorised, eur, read, record

SUCCESS: dict[str, Any] = {"capture": Captured(), "void": Voided(), "refund": Refunded()}


SUMS = (
    "authorised",
    "captured",
    "voided",
    "refunded",
    "capture_pending",
    "void_pending",
    "refund_pending",
)


def folded(operations: tuple[Operation, ...]) -> dict[str, int]:
    """The sums that these operations add up to, computed without the database."""
    sums = dict.fromkeys(SUMS, 0)
    done = {"authorise": "authorised", "capture": "captured", "void": "voided"}
    for one in operations:
        if one.state == "succeeded":
            settled = one.settled or one.amount
            sums[done.get(one.kind, "refunded")] += settled.minor
            sums["voided"] += one.released.minor
        elif one.state in rules.OPEN and one.kind != "authorise":
            sums[f"{one.kind}_pending"] += one.amount.minor + one.released.minor
    return sums


def shown(payment: Payment) -> dict[str, int]:
    return {name: getattr(payment, name).minor for name in SUMS}


@pytest.mark.parametrize("seed", range(6))
async def test_H7_H10_sums_follow_the_operations_whatever_happens(db: Database, seed: int) -> None:
    chance = random.Random(seed)
    first = await authorised(db)
    opened: list[Operation] = []
    for _ in range(60):
        if opened and chance.random() < 0.6:
            target = chance.choice(opened)
            said = chance.choice(
                [
                    SUCCESS[target.kind],
                    SUCCESS[target.kind],
                    Unknown(reason="x"),
                    Pending(),
                    Declined(code="x"),
                    Failed(code="x"),
                ]
            )
            # Busy: a late success for which an undecided operation leaves no room.
            with suppress(payments.PaymentBusy):
                await record(db, target.id, said)
        else:
            opened += await attempt(db, chance, first.payment_id)
        payment = await read(db, first.payment_id)
        assert shown(payment) == folded(payment.operations), f"seed {seed}"
        assert payment.capturable.minor >= 0 <= payment.refundable.minor
        assert payment.captured <= payment.authorised
        assert payment.refunded <= payment.captured


async def attempt(db: Database, chance: random.Random, payment_id: Any) -> list[Operation]:
    """Open a random move; nothing when it is refused."""
    amount = None if chance.random() < 0.2 else eur(chance.randint(1, 700))
    try:
        async with db.transaction() as tx:
            match chance.choice(["capture", "capture", "refund", "refund", "void"]):
                case "capture":
                    final = chance.random() < 0.2
                    return [await payments.open_capture(tx, payment_id, amount, final=final)]
                case "refund":
                    return [await payments.open_refund(tx, payment_id, amount)]
                case _ if chance.random() < 0.3:
                    return [await payments.open_void(tx, payment_id)]
    except Conflict:
        return []
    return []
