"""Ways to pay that are kept: chosen at checkout, kept after a payment, forgotten when removed.

  checkout -- with_saved --> the payment's instrument says what to keep, or what is kept
  the payment succeeds: payments asks for keep_method in the same transaction
    --> the provider is asked what it kept, and that is kept for the customer
  removed, or CustomerErased -- forget_methods --> forget_method tells the provider

The shop never charges a kept card by itself: a customer chooses it, and is there. The provider
keeps the card; a crash anywhere leaves a job that asks it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import msgspec
import structlog

from argosy.kernel.errors import Invalid
from argosy.kernel.ids import decode, encode
from argosy.modules import customers, payments, wallets
from argosy.modules.payments import (
    KEEP_FOR,
    KEPT,
    KEPT_FOR,
    InstrumentInvalid,
    KeepMethod,
    KeptMethod,
    Payment,
    Unknown,
)
from argosy.modules.payments.ports import Vault
from argosy.modules.wallets import ForgetMethod, NewMethod, SavedMethodNotFound
from argosy.runtime.db import Tx
from argosy.runtime.subscriptions import Delivered
from argosy.workflows.app import App
from argosy.workflows.placement import PaymentChoice, PlaceCart, Purchase

OURS = frozenset({KEEP_FOR, KEPT, KEPT_FOR})
"""What only we put into an instrument: whose card is charged is not for the sender to say."""
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)

Command = TypeVar("Command", PlaceCart, Purchase)

log = structlog.get_logger(__name__)


class SavingNotOffered(Invalid):
    """A way to pay is kept for, and chosen by, a signed-in customer, at a gateway that keeps it.
    Let the shopper sign in, or pay without keeping.
    """

    code = "checkout.saving_not_offered"
    usual_cure = "Let the shopper sign in, or leave out `save` and `saved_method`."


def vault_named(app: App, gateway: str) -> Vault | None:
    """The gateway of that name if it keeps ways to pay."""
    found: object = app.gateways.get(gateway)
    return found if isinstance(found, Vault) else None


async def with_saved(app: App, command: Command) -> Command:
    """The command with what is to be kept, or what is kept, in its payment's instrument.

    One statement for who wishes either, none for all others. Raises SavingNotOffered,
    SavedMethodNotFound, WalletFull; InstrumentInvalid when the sender says what only we say.
    """
    choice = command.payment
    if choice is None:
        return command
    if OURS & choice.instrument.keys():
        raise InstrumentInvalid(
            "This is not for the instrument.",
            field="payment.instrument",
            cure="Send `save` to keep a way to pay, and `saved_method` to pay with a kept one.",
        )
    if choice.saved is None and not choice.save:
        return command
    if command.customer_id is None or vault_named(app, choice.gateway) is None:
        raise SavingNotOffered("Nothing is kept for this shopper here.", field="payment")
    async with app.checkout_db.reading() as tx:
        instrument = await _instrument(tx, command.customer_id, choice)
    payment = msgspec.structs.replace(choice, instrument=instrument)
    return msgspec.structs.replace(command, payment=payment)


async def _instrument(tx: Tx, customer_id: UUID, choice: PaymentChoice) -> dict[str, str]:
    if choice.saved is None:
        await wallets.check_room(tx, customer_id)
        return choice.instrument | {KEEP_FOR: encode("customer", customer_id)}
    found = await wallets.method_of(tx, customer_id, choice.saved)
    if found.gateway != choice.gateway:
        raise SavedMethodNotFound(
            "This way to pay is kept at another gateway.", field="payment.gateway"
        )
    return {
        KEPT: found.reference,
        KEPT_FOR: found.holder_reference,
        "brand": found.brand,
        "last4": found.last4,
    }


async def keep_method(app: App, job: KeepMethod) -> None:
    """Keep what a payment was made with for its customer. A repeat changes nothing; while the
    provider is silent, the job asks for itself again.

    Of a payment that came too late for its order, and for who was erased meanwhile, nothing stays:
    the provider is told to forget it.
    """
    async with app.db.reading() as tx:
        payment = await payments.payment_by_id(tx, job.payment_id)
    gateway = vault_named(app, payment.gateway)
    if gateway is None or payment.reference is None:
        return
    customer_id = decode("customer", payment.instrument[KEEP_FOR])
    kept = await gateway.kept(payment.reference)
    if isinstance(kept, Unknown):
        await _ask_later(app, job, payment.created_at)
        return
    if kept is None:
        return
    async with app.db.transaction() as tx:
        await wallets.save_method(tx, customer_id, _new(payment, kept))
    # Looked at when it is kept for sure: who is erased from here on takes it along.
    async with app.db.transaction() as tx:
        if (await customers.customer_by_id(tx, customer_id)).erased_at is not None:
            await wallets.forget_wallet(tx, customer_id)
        elif payment.orphaned:
            await wallets.remove_kept_from(tx, customer_id, payment.id)


def _new(payment: Payment, kept: KeptMethod) -> NewMethod:
    return NewMethod(
        gateway=payment.gateway,
        payment_id=payment.id,
        reference=kept.reference,
        holder_reference=kept.holder_reference,
        brand=kept.brand,
        last4=kept.last4,
        exp_month=kept.exp_month,
        exp_year=kept.exp_year,
    )


async def forget_methods(tx: Tx, events: Sequence[Delivered]) -> None:
    """Remove what is kept for each erased customer."""
    for event in events:
        await wallets.forget_wallet(tx, UUID(event.data["customer_id"]))


async def forget_method(app: App, job: ForgetMethod) -> None:
    """Tell the provider, then forget it here too. While the provider is silent, the job asks for
    itself again, however long that takes.
    """
    async with app.db.reading() as tx:
        gone = await wallets.removed_method(tx, job.method_id)
    if gone is None or gone.removed_at is None:
        return
    gateway = vault_named(app, gone.gateway)
    if gateway is None:
        log.warning("wallets.gateway_gone", gateway=gone.gateway)
    elif isinstance(await gateway.forget(gone.reference), Unknown):
        await _ask_later(app, job, gone.removed_at)
        return
    async with app.db.transaction() as tx:
        await wallets.note_forgotten(tx, gone.id)


async def _ask_later(app: App, job: KeepMethod | ForgetMethod, since: datetime) -> None:
    """After half the time that it has taken already."""
    async with app.db.transaction() as tx:
        pause = min(max(FIRST_PAUSE, (tx.now - since) / 2), LONGEST_PAUSE)
        # The job under way has an earlier time in its key, and does not stand in the way.
        due = int((tx.now + pause).timestamp())
        subject = job.payment_id if isinstance(job, KeepMethod) else job.method_id
        tx.enqueue(job, after=pause, dedupe=f"{job.NAME}:{subject}:{due}")
