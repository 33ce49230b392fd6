"""What tax engines are told of orders: commit, adjust, void; and the true-up of degraded taxes.

A Filing is written with the order. The sweep finds it and looks at the order: confirmed, it is
committed under the order's id (once, however often it is tried: B16); cancelled, it is voided;
refunded, adjusted, by the lines of its credit notes where there are. The engine's word on taxes
that our tables gave is booked when it comes (B17). Each filing is taken over, the engine asked with
no transaction open, and the answer recorded by compare-and-set.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import assert_never
from uuid import UUID

import msgspec

from argosy.kernel.allocation import allocate
from argosy.kernel.ids import encode
from argosy.kernel.money import Money
from argosy.modules import invoices, ledger, orders, tax
from argosy.modules.invoices import Item
from argosy.modules.ledger import REVENUE_GOODS, Entry, Posting, tax_payable
from argosy.modules.orders import Order
from argosy.modules.quote import Quote
from argosy.modules.tax import (
    Assessed,
    EngineDocument,
    EngineRefused,
    EngineSilent,
    Filing,
    FilingState,
    Voided,
)
from argosy.modules.tax.ports import TaxEngine
from argosy.runtime import metrics
from argosy.runtime.db import Tx
from argosy.runtime.subscriptions import Delivered
from argosy.workflows.app import App
from argosy.workflows.tax_engine import engine_keys, word_of

FIRST_LOOK = timedelta(seconds=5)
LOOK_AGAIN = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
LEASE = timedelta(minutes=2)
AT_ONCE = 20

_Answer = Assessed | EngineRefused | EngineSilent | Voided


async def sweep(app: App) -> int:
    """Tell engines what is due. Returns how many filings were looked at."""
    if not app.tax_engines:
        return 0
    async with app.db.transaction() as tx:
        due = await tax.take_due_filings(tx, lease=LEASE, limit=AT_ONCE)
    for filing in due:
        await tell(app, filing)
    async with app.db.reading() as tx:
        metrics.DEGRADED_TAXES.set(await tax.degraded_waiting(tx))
    return len(due)


async def tell(app: App, filing: Filing) -> None:
    """Look at the order of a filing, tell the engine what there is to tell, record its answer."""
    async with app.db.reading() as tx:
        order = await orders.find_order(tx, filing.order_id)
        taxes = await tax.taxes_of_channel(tx, filing.channel_id)
    wanted = wanted_of(filing, order, on_capture=taxes.policy.engine_commit == "captured")
    engine = app.tax_engines.get(filing.engine)
    if wanted == "wait" or (engine is None and wanted != "close"):
        await _settle(app, filing, filing.state, again_after=LOOK_AGAIN)
    elif wanted == "close":
        await _settle(app, filing, "closed")
    else:
        assert engine is not None
        assert order is not None
        await _tell(app, filing, order, engine, wanted)


def wanted_of(filing: Filing, order: Order | None, *, on_capture: bool) -> str:
    """What is to be done about a filing: `wait`, `close`, `commit`, `adjust` or `void`."""
    if order is None or order.stage == "payment_failed":
        # A cart may be placed again: its filing is then opened anew.
        return "close"
    if order.stage == "pending_payment":
        return "wait"
    if order.stage == "cancelled":
        return "close" if filing.state == "open" else "void"
    if filing.state == "open":
        return "commit" if order.captured_minor or not on_capture else "wait"
    return {"to_adjust": "adjust", "to_void": "void"}.get(filing.state, "close")


async def _tell(app: App, filing: Filing, order: Order, engine: TaxEngine, wanted: str) -> None:
    code = encode("order", filing.order_id)
    answer: _Answer
    if wanted == "void":
        answer = await engine.void(code, filing.document)
    elif wanted == "adjust" or order.refunded_minor:
        answer = await engine.adjust(code, await _left_of_sale(app, filing, order))
    else:
        answer = await engine.commit(code, filing.document)
    metrics.TAX_ENGINE_CALLS.labels(engine.name, wanted, word_of(answer)).inc()
    match answer:
        case Voided():
            await _settle(app, filing, "voided")
        case Assessed():
            due = answer.tax_minor if wanted == "commit" and not order.refunded_minor else None
            await _settle(app, filing, "committed", due=due)
        case EngineRefused(reason=reason):
            await _settle(app, filing, "failed", reason=reason)
        case EngineSilent(reason=reason):
            pause = min(LONGEST_PAUSE, timedelta(seconds=15 * 2 ** min(filing.tries, 10)))
            await _settle(app, filing, filing.state, reason=reason, again_after=pause)
        case _:
            assert_never(answer)


async def _settle(
    app: App,
    filing: Filing,
    state: FilingState,
    *,
    due: int | None = None,
    reason: str = "",
    again_after: timedelta | None = None,
) -> None:
    async with app.db.transaction() as tx:
        settled = await tax.settle_filing(
            tx, filing, state, due_tax_minor=due, reason=reason, again_after=again_after
        )
        if settled and due is not None and due != filing.charged_tax_minor:
            await ledger.post(tx, true_up(filing, due, tx))


def true_up(filing: Filing, due: int, tx: Tx) -> Posting:
    """The engine's tax differs from what was charged: the shop's revenue bears it (B17).

    What the customer paid stays as it is, so that refunds give back what was paid.
    """
    difference = Money(due - filing.charged_tax_minor, filing.currency)
    return Posting(
        source=f"order:{filing.order_id}:tax-true-up",
        kind="tax_true_up",
        entries=(
            Entry(REVENUE_GOODS, difference),
            Entry(tax_payable(filing.engine), -difference),
        ),
        effective_at=tx.now,
        order_id=filing.order_id,
    )


def adjusted_by_lines(
    document: EngineDocument, quote: Quote, gone: Iterable[Item]
) -> EngineDocument | None:
    """The sale less what credit notes took back of each line, of fees and of shipping.

    None if something of them is not in the document (a gift's tax), which only a share can tell.
    """
    keys = engine_keys(quote)
    less: dict[str, int] = {}
    for item in gone:
        key = keys.get(item.key.partition(":")[0] if item.kind == "shipping" else item.key)
        if key is None:
            return None
        taken = item.total_minor if document.tax_inclusive else item.net_minor
        less[key] = less.get(key, 0) + taken
    return msgspec.structs.replace(
        document,
        lines=tuple(
            msgspec.structs.replace(
                line, amount_minor=max(0, line.amount_minor - less.get(line.key, 0))
            )
            for line in document.lines
        ),
    )


async def _left_of_sale(app: App, filing: Filing, order: Order) -> EngineDocument:
    """What is left of the sale: by the lines of its credit notes, if these are what was refunded;
    else each line in proportion.
    """
    async with app.db.reading() as tx:
        documents = await invoices.documents_of_order(tx, order.id)
        stored = await orders.quote_of(tx, order.id)
    notes = [one.content for one in documents if one.content.kind == "credit_note"]
    if notes and sum(note.total_minor for note in notes) == order.refunded_minor:
        quote = msgspec.convert(stored, Quote)
        gone = [item for note in notes for item in note.items]
        by_lines = adjusted_by_lines(filing.document, quote, gone)
        if by_lines is not None:
            return by_lines
    return adjusted(filing.document, order)


def adjusted(document: EngineDocument, order: Order) -> EngineDocument:
    """The sale less what was refunded of it, each line in proportion (A6)."""
    kept = max(0, order.total_minor - order.refunded_minor)
    amounts = {line.key: line.amount_minor for line in document.lines}
    whole = sum(amounts.values())
    left = whole * kept // order.total_minor if order.total_minor else 0
    parts = allocate(left, amounts) if left else dict.fromkeys(amounts, 0)
    lines = tuple(
        msgspec.structs.replace(line, amount_minor=parts[line.key]) for line in document.lines
    )
    return msgspec.structs.replace(document, lines=lines)


async def tell_of_cancellations(tx: Tx, events: Sequence[Delivered]) -> None:
    """Cancelled orders that were filed are to be voided."""
    await tax.ask_filings_anew(tx, _orders(events), "to_void")


async def tell_of_credit_notes(tx: Tx, events: Sequence[Delivered]) -> None:
    """A credit note says which lines a refund was of: the filing is adjusted by them."""
    notes = [event for event in events if event.data["kind"] == "credit_note"]
    await tax.ask_filings_anew(tx, _orders(notes), "to_adjust")


async def tell_of_refunds(tx: Tx, events: Sequence[Delivered]) -> None:
    """Refunded orders that were filed are to be adjusted."""
    await tax.ask_filings_anew(tx, _orders(events), "to_adjust")


def _orders(events: Sequence[Delivered]) -> list[UUID]:
    return sorted({UUID(event.data["order_id"]) for event in events})
