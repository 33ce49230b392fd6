"""What the worker does by the clock: sweeps every few seconds, crons by PgQueuer's schedule.

A sweep returns how much it found; while that is more than nothing it is run again at once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from argosy.modules import customers, imports, inventory, ledger, staff
from argosy.runtime import attempts, idempotency, passkeys
from argosy.runtime.settings import Settings
from argosy.runtime.statements import load_statements
from argosy.workflows import (
    attaching,
    authorisations,
    collecting,
    contracting,
    feeding,
    licensing,
    live_rates,
    media_cleaning,
    media_uploads,
    money_moves,
    order_mails,
    private_cleaning,
    projecting,
    recovery,
    renditions,
    search_log,
    searching,
    tax_filing,
)
from argosy.workflows.app import App
from argosy.workflows.giving_back import measure_promotions, settle_holds

SQL = load_statements(__package__, "housekeeping.sql")

Act = Callable[[App], Awaitable[int]]

PARTITIONS_AHEAD = 14
ENDED_SESSIONS_KEPT = timedelta(days=30)
IMPORT_PLANS_KEPT = timedelta(days=90)


async def expire_reservations(app: App) -> int:
    """Give back stock that was held for purchases that did not happen."""
    return await inventory.expire_due(app.checkout_db, app.checkout_db.clock())


async def settle_hot_holds(app: App) -> int:
    """Move what an earlier release allocated through its stock gate to its proper bucket."""
    return await inventory.settle_hot(app.checkout_db)


async def sum_up_books(app: App) -> int:
    """Add what was booked since to the sums that the trial balance is read from."""
    async with app.db.transaction() as tx:
        return await ledger.sum_up(tx)


async def forget_answers(app: App) -> None:
    """Delete stored answers that are older than their promise."""
    deleted = 1
    while deleted:
        async with app.db.transaction() as tx:
            deleted = await idempotency.forget_old(tx)


async def keep_outbox(app: App) -> None:
    """Make the partitions of the coming days and drop those beyond the retention."""
    async with app.db.transaction() as tx:
        today = tx.now.date()
        await tx.one(SQL.ensure_partitions, today, PARTITIONS_AHEAD)
        oldest = today - timedelta(days=app.settings.event_retention_days)
        await tx.many(SQL.drop_partitions, oldest)


async def forget_sessions(app: App) -> None:
    """Delete sessions of shoppers and staff that ended long ago, and counts of old tries."""
    async with app.db.transaction() as tx:
        before = tx.now - ENDED_SESSIONS_KEPT
        await customers.forget_ended(tx, before)
        await staff.forget_ended_sessions(tx, before)
        await attempts.forget_old_attempts(tx)
        await passkeys.forget_challenges(tx)


async def forget_import_plans(app: App) -> None:
    """Delete import plans, and with them what a revert would put back, after ninety days."""
    deleted = 1
    while deleted:
        async with app.db.transaction() as tx:
            deleted = await imports.forget_some(tx, tx.now - IMPORT_PLANS_KEPT)


async def _expire_carts(app: App) -> None:
    while await recovery.expire_carts(app):
        pass


async def _draw_pictures(app: App) -> int:
    return await renditions.draw_waiting(app) if app.settings.draw_pictures else 0


SWEEPS: Mapping[str, tuple[Callable[[Settings], float], Act]] = {
    "recovery": (lambda settings: settings.recovery_interval_s, recovery.sweep),
    "lapsing_authorisations": (lambda _: 30.0, authorisations.sweep_lapsing),
    "late_authorisations": (
        lambda settings: settings.recovery_interval_s,
        authorisations.sweep_late,
    ),
    "money_moves": (lambda settings: settings.recovery_interval_s, money_moves.sweep),
    "balances": (lambda _: 2.0, sum_up_books),
    "licences": (lambda _: 60.0, licensing.give_ripe),
    "order_mails": (lambda _: 1.0, order_mails.send_due),
    "mails_undelivered": (lambda _: 30.0, order_mails.measure),
    "reservations": (lambda _: 5.0, expire_reservations),
    "promotion_holds": (lambda _: 60.0, settle_holds),
    "promotions": (lambda _: 60.0, measure_promotions),
    "hot_holds": (lambda _: 1.0, settle_hot_holds),
    "contracts": (lambda _: 5.0, contracting.sweep),
    "tax_filings": (lambda _: 5.0, tax_filing.sweep),
    "projections": (lambda _: 0.2, projecting.project_changed),
    "collections": (lambda _: 0.5, collecting.look_through),
    "feeds": (lambda _: 5.0, feeding.start_due),
    "feed_health": (lambda _: 30.0, feeding.measure),
    "search": (lambda _: 0.5, searching.follow),
    "search_lag": (lambda _: 5.0, searching.measure_lag),
    "renditions": (lambda _: 0.5, _draw_pictures),
    "pictures": (lambda _: 15.0, renditions.measure),
    "projection_lag": (lambda _: 5.0, projecting.measure_lag),
}

FOLLOWED: Mapping[str, str] = {projecting.note_changes.__name__: "projections"}
"""Sweeps that have work as soon as a reaction of the same worker had some: they need not wait."""

CRONS: Mapping[str, tuple[str, Callable[[App], Awaitable[None]]]] = {
    "carts.expire": ("*/5 * * * *", _expire_carts),
    "runtime.forget_answers": ("7 * * * *", forget_answers),
    "shipping.forget_rates": ("19 * * * *", live_rates.forget_rates),
    "search.forget_changes": ("37 3 * * *", searching.forget_changes),
    "search.forget_queries": ("43 3 * * *", search_log.forget_queries),
    "media.forget_discarded": ("41 3 * * *", renditions.forget_discarded),
    "media.clean": ("3 4 * * *", media_cleaning.clean_by_itself),
    "storage.give_up_answers": ("1 4 * * *", attaching.give_up),
    "storage.clean_private": ("31 4 * * *", private_cleaning.clean_private),
    "media.forget_uploads": ("29 * * * *", media_uploads.forget_uploads),
    "runtime.keep_outbox": ("11 1 * * *", keep_outbox),
    "feeds.forget_runs": ("53 2 * * *", feeding.forget_runs),
    "imports.forget_plans": ("47 2 * * *", forget_import_plans),
    "identity.forget_sessions": ("23 2 * * *", forget_sessions),
}
