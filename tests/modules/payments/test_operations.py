"""Operations on a real database: sums, claims, races, the order of facts."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta
from typing import Any

import pytest

from argosy.kernel.ids import new_id
from argosy.modules import payments
from argosy.modules.payments import (
    Authorised,
    Captured,
    Declined,
    Failed,
    Pending,
    Refunded,
    RequiresAction,
    Unknown,
    Voided,
)
from argosy.runtime.db import Database, IntegrityError, counting_statements
from argosy.runtime.statements import Statement
from tests.modules.payments.builders import (
    TEN,
    authorised,
    captured,
    eur,
    open_payment,
    read,
    record,
)

EVENTS = Statement("events", "many", "select type, data from runtime.outbox order by id", "test")


async def events(db: Database) -> list[str]:
    async with db.reading() as tx:
        return [row["type"].split(".")[2] for row in await tx.many(EVENTS)]


async def test_H3_the_operation_is_a_row_before_the_call_in_one_statement(db: Database) -> None:
    with counting_statements() as count:
        operation = await open_payment(db)
    assert count.names == ["open_payments"]
    payment = await read(db, operation.payment_id)
    assert (payment.state, payment.operations[0].id) == ("pending", operation.id)
    assert payment.operations[0].instrument == {"token": "tok_approved"}
    assert payment.authorised == eur(0)


async def test_H5_recording_is_one_statement_and_takes_effect_once(db: Database) -> None:
    operation = await open_payment(db)
    with counting_statements() as count:
        first = await record(db, operation.id, Authorised(reference="pi_9"))
    assert count.names[0] == "record"
    assert [name for name in count.names if "outbox" not in name and "emit" not in name][:1] == [
        "record"
    ]
    again = await record(db, operation.id, Authorised(reference="pi_9"))
    assert (first.changed, again.changed) == (True, False)
    assert again.outcome == first.outcome == Authorised(reference="pi_9")
    assert again.payment.authorised == TEN
    assert again.payment.reference == "pi_9"
    assert await events(db) == ["payment_authorised"]


async def test_H5_of_many_recorders_one_changes_and_all_agree(db: Database) -> None:
    operation = await open_payment(db)
    outcomes: list[Any] = [Authorised(reference="a"), Declined(code="declined")] * 5
    recorded = await asyncio.gather(*(record(db, operation.id, said) for said in outcomes))
    assert sum(entry.changed for entry in recorded) == 1
    winner = next(entry for entry in recorded if entry.changed)
    assert {entry.operation.state for entry in recorded} == {winner.operation.state}
    assert all(entry.outcome == winner.outcome for entry in recorded)
    assert len(await events(db)) == 1


async def test_an_immediate_outcome_is_written_with_the_payment(db: Database) -> None:
    with counting_statements() as count:
        operation = await open_payment(db, gateway="cash", outcome=Captured())
    assert count.names[0] == "open_payments"
    assert operation.state == "succeeded"
    payment = await read(db, operation.payment_id)
    assert (payment.state, payment.captured) == ("captured", TEN)
    assert await events(db) == ["payment_authorised", "payment_captured"]


async def test_H1_H2_no_second_payment_while_the_first_may_hold_money(db: Database) -> None:
    order_id = new_id()
    first = await open_payment(db, order_id=order_id)
    for outcome in (Unknown(reason="deadline"), Pending(), RequiresAction(url="https://x")):
        await record(db, first.id, outcome)
        with pytest.raises(payments.PaymentBusy):
            await open_payment(db, order_id=order_id)
    await record(db, first.id, Declined(code="do_not_honour"))
    second = await open_payment(db, order_id=order_id, gateway="other")
    assert (await read(db, second.payment_id)).state == "pending"
    async with db.reading() as tx:
        newest = await payments.payment_of_order(tx, order_id)
        assert newest is not None
        assert newest.id == second.payment_id
        assert len(await payments.payments_of_order(tx, order_id)) == 2


async def test_H1_unknown_is_a_state_and_is_asked_about_again_later_and_later(
    db: Database, clock: Any
) -> None:
    operation = await open_payment(db)
    pauses = []
    for _ in range(3):
        await record(db, operation.id, Unknown(reason="deadline"))
        for seconds in range(1, 3600):
            clock.advance(seconds=1)
            async with db.transaction() as tx:
                due = await payments.claim_due_operations(tx, tx.now + timedelta(hours=9), 10)
            if due:
                pauses.append(seconds)
                break
    assert pauses == sorted(pauses)
    assert pauses[0] <= 11 < pauses[-1] <= 60
    assert (await read(db, operation.payment_id)).state == "unknown"


async def test_H1_a_call_believed_lost_is_asked_about_later_and_later(
    db: Database, clock: Any
) -> None:
    operation = await open_payment(db)
    await open_payment(db)  # undecided: recovery asks about it by its order
    clock.advance(minutes=1)
    await record(db, operation.id, Failed(code="absent"))
    asked = []
    for minute in range(6 * 60):
        clock.advance(minutes=1)
        async with db.transaction() as tx:
            for one in await payments.claim_absent(tx, 10):
                asked.append((one, minute))
                assert not await payments.stop_asking(tx, one, Failed(code="absent"))
    assert {one for one, _ in asked} == {operation.id}
    pauses = [after - before for (_, before), (_, after) in itertools.pairwise(asked)]
    assert pauses == sorted(pauses)
    assert 6 <= len(asked) <= 10
    clock.advance(days=7)
    async with db.transaction() as tx:
        assert await payments.claim_absent(tx, 10) == [operation.id]
        assert await payments.stop_asking(tx, operation.id, Failed(code="absent"))
    clock.advance(days=30)
    async with db.transaction() as tx:
        assert await payments.claim_absent(tx, 10) == []


async def test_due_operations_are_given_to_one_sweeper_each(db: Database, clock: Any) -> None:
    made = {(await open_payment(db)).id for _ in range(6)}
    clock.advance(seconds=61)

    async def sweep() -> list[Any]:
        async with db.transaction() as tx:
            return await payments.claim_due_operations(tx, tx.now + timedelta(seconds=60), 4)

    taken = [one for batch in await asyncio.gather(*(sweep() for _ in range(3))) for one in batch]
    assert len(taken) == len(set(taken)) == 6
    assert set(taken) == made


async def test_partial_captures_then_the_rest_is_released(db: Database) -> None:
    first = await authorised(db)
    async with db.transaction() as tx:
        one = await payments.open_capture(tx, first.payment_id, eur(300))
    await record(db, one.id, Captured())
    async with db.transaction() as tx:
        two = await payments.open_capture(tx, first.payment_id, eur(200), final=True)
    assert two.released == eur(500)
    payment = (await record(db, two.id, Captured())).payment
    assert (payment.captured, payment.voided, payment.state) == (eur(500), eur(500), "captured")
    assert payment.capturable == eur(0)
    with pytest.raises(payments.NotCapturable):
        async with db.transaction() as tx:
            await payments.open_capture(tx, first.payment_id)


async def test_a_declined_capture_gives_its_claim_back(db: Database) -> None:
    first = await authorised(db)
    async with db.transaction() as tx:
        capture = await payments.open_capture(tx, first.payment_id, eur(900), final=True)
    assert (await read(db, first.payment_id)).capturable == eur(0)
    recorded = await record(db, capture.id, Declined(code="capture_declined"))
    assert recorded.payment.capturable == TEN
    assert (await events(db))[-1] == "money_move_failed"


async def test_H7_captures_at_once_never_exceed_what_is_authorised(db: Database) -> None:
    first = await authorised(db)

    async def capture() -> bool:
        try:
            async with db.transaction() as tx:
                operation = await payments.open_capture(tx, first.payment_id, eur(300))
        except payments.NotCapturable:
            return False
        await record(db, operation.id, Captured())
        return True

    done = await asyncio.gather(*(capture() for _ in range(8)))
    assert sum(done) == 3
    assert (await read(db, first.payment_id)).captured == eur(900)


async def test_H10_of_two_full_refunds_at_once_one_wins(db: Database) -> None:
    first = await captured(db)

    async def refund(minor: int) -> bool:
        try:
            async with db.transaction() as tx:
                await payments.open_refund(tx, first.payment_id, eur(minor))
        except payments.NotRefundable:
            return False
        return True

    assert sorted(await asyncio.gather(refund(1000), refund(1000))) == [False, True]
    payment = await read(db, first.payment_id)
    assert (payment.refund_pending, payment.refundable) == (TEN, eur(0))


async def test_H10_pending_refunds_count_and_a_failed_one_frees_its_capacity(db: Database) -> None:
    first = await captured(db)
    async with db.transaction() as tx:
        slow = await payments.open_refund(tx, first.payment_id, eur(700))
    await record(db, slow.id, Pending(operation_reference="re_1"))
    with pytest.raises(payments.NotRefundable) as refused:
        async with db.transaction() as tx:
            await payments.open_refund(tx, first.payment_id, eur(301))
    assert refused.value.details["refundable"] == {"minor": 300, "currency": "EUR"}
    await record(db, slow.id, Failed(code="account_closed"))
    async with db.transaction() as tx:
        whole = await payments.open_refund(tx, first.payment_id)
    assert (await record(db, whole.id, Refunded())).payment.state == "refunded"


async def test_H12_a_refund_that_succeeded_can_fail_later_once(db: Database) -> None:
    first = await captured(db)
    async with db.transaction() as tx:
        refund = await payments.open_refund(tx, first.payment_id, eur(400))
    await record(db, refund.id, Refunded())
    failed = await record(db, refund.id, Failed(code="account_closed"))
    assert (failed.changed, failed.was) == (True, "succeeded")
    assert (failed.payment.refunded, failed.payment.refundable) == (eur(0), TEN)
    assert not (await record(db, refund.id, Failed(code="account_closed"))).changed
    assert (await events(db))[-2:] == ["payment_refunded", "money_move_failed"]


async def test_H9_a_void_claims_everything_so_no_capture_can_slip_in(db: Database) -> None:
    first = await authorised(db)
    async with db.transaction() as tx:
        void = await payments.open_void(tx, first.payment_id)
    with pytest.raises(payments.NotCapturable):
        async with db.transaction() as tx:
            await payments.open_capture(tx, first.payment_id, eur(1))
    with pytest.raises(payments.PaymentBusy):
        async with db.transaction() as tx:
            await payments.open_void(tx, first.payment_id)
    payment = (await record(db, void.id, Voided())).payment
    assert (payment.state, payment.voided) == ("voided", TEN)
    with pytest.raises(payments.NotVoidable):
        async with db.transaction() as tx:
            await payments.open_void(tx, first.payment_id)


async def test_H9_what_the_gateway_did_without_us_is_adopted_once(db: Database) -> None:
    first = await authorised(db)
    facts = payments.GatewayFacts(
        reference="pi_1", authorised=TEN, captured=eur(600), voided=eur(400), refunded=eur(100)
    )
    for expected in (3, 0):
        async with db.transaction() as tx:
            assert len(await payments.adopt(tx, first.payment_id, facts)) == expected
    payment = await read(db, first.payment_id)
    assert (payment.captured, payment.voided, payment.refunded) == (eur(600), eur(400), eur(100))
    assert [one.origin for one in payment.operations] == ["shop", "gateway", "gateway", "gateway"]


async def test_H9_nothing_is_adopted_while_our_own_operation_is_undecided(db: Database) -> None:
    first = await authorised(db)
    async with db.transaction() as tx:
        await payments.open_capture(tx, first.payment_id)
    facts = payments.GatewayFacts(
        reference="pi_1", authorised=TEN, captured=TEN, voided=eur(0), refunded=eur(0)
    )
    async with db.transaction() as tx:
        assert await payments.adopt(tx, first.payment_id, facts) == []


async def test_a_success_after_being_given_up_is_recorded_as_orphaned(db: Database) -> None:
    order_id = new_id()
    lost = await open_payment(db, order_id=order_id)
    await record(db, lost.id, Failed(code="absent"))
    await authorised(db, order_id=order_id)
    late = await record(db, lost.id, Authorised(reference="pi_late"))
    assert (late.changed, late.was) == (True, "failed")
    assert late.payment.orphaned
    assert late.payment.authorised == TEN


async def test_request_keys_name_one_movement(db: Database) -> None:
    first = await authorised(db)

    async def capture(minor: int) -> Any:
        async with db.transaction() as tx:
            return await payments.open_capture(tx, first.payment_id, eur(minor), request_key="k")

    made = await asyncio.gather(*(capture(300) for _ in range(5)))
    assert len({operation.id for operation in made}) == 1
    assert (await read(db, first.payment_id)).capture_pending == eur(300)
    with pytest.raises(payments.RequestKeyReused):
        await capture(301)
    with pytest.raises(payments.RequestKeyReused):
        async with db.transaction() as tx:
            await payments.open_void(tx, first.payment_id, request_key="k")


@pytest.mark.parametrize(
    "change",
    [
        "captured_minor = 1001",
        "refunded_minor = 1",
        "captured_minor = 600, void_pending_minor = 401",
        "captured_minor = 500, refunded_minor = 300, refund_pending_minor = 201",
        "voided_minor = -1",
    ],
)
async def test_H7_H10_the_database_itself_refuses_impossible_sums(
    db: Database, change: str
) -> None:
    first = await authorised(db)
    forbidden = Statement(
        "forbidden",
        "exec",
        f"update payments.payment set {change} where id = $1",
        "test",
    )
    with pytest.raises(IntegrityError):
        async with db.reading() as tx:
            await tx.run(forbidden, first.payment_id)


async def test_unknown_ids_are_not_found(db: Database) -> None:
    for attempt in (
        lambda tx: payments.record(tx, new_id(), Unknown(reason="x")),
        lambda tx: payments.open_capture(tx, new_id()),
        lambda tx: payments.payment_by_id(tx, new_id()),
        lambda tx: payments.operation_by_id(tx, new_id()),
    ):
        with pytest.raises(payments.PaymentNotFound):
            async with db.transaction() as tx:
                await attempt(tx)


async def test_H4_a_webhook_is_stored_once_and_marked_once(db: Database) -> None:
    hint = payments.WebhookHint(event_id="evt_1", type="payment.authorised")
    async with db.transaction() as tx:
        assert await payments.store_webhook(tx, "sandbox", hint, b'{"raw": 1}')
        assert not await payments.store_webhook(tx, "sandbox", hint, b'{"raw": 2}')
        assert await payments.store_webhook(tx, "other", hint, b"{}")
    async with db.transaction() as tx:
        assert await payments.mark_webhook(tx, "sandbox", "evt_1", "applied")
        assert not await payments.mark_webhook(tx, "sandbox", "evt_1", "applied")
        stored = await payments.webhook_by_id(tx, "sandbox", "evt_1")
    assert stored is not None
    assert stored.applied_at is not None


async def test_our_balance_is_the_sum_of_payments(db: Database) -> None:
    await authorised(db)
    first = await captured(db)
    async with db.transaction() as tx:
        refund = await payments.open_refund(tx, first.payment_id, eur(250))
    await record(db, refund.id, Refunded())
    async with db.reading() as tx:
        balance = await payments.our_balance(tx, "sandbox")
    assert balance["EUR"] == payments.GatewayBalance(
        authorised=TEN, captured=TEN, refunded=eur(250)
    )
