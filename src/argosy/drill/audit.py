"""What must hold whenever nothing is in motion; `audit` names each breach.

Checked from the outside: the tables and the provider's own records, not what the code under test
says about itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from argosy.modules import inventory, ledger
from argosy.runtime.statements import load_statements
from argosy.runtime.subscriptions import Subscription, deliver, pass_by, register, retry_parked
from argosy.workflows import authorisations, money_moves, recovery
from argosy.workflows.app import App
from argosy.workflows.reactions import subscriptions

SQL = load_statements(__package__, "audit.sql")


async def audit(app: App, *, provider: bool = True) -> list[str]:
    """Every breach, as words; empty when all is whole. `provider`: compare the sandbox's balance,
    for which that sandbox must be this database's own.
    """
    found: list[str] = []
    async with app.db.reading() as tx:
        found += [f"books: {one}" for one in await ledger.verify(tx)]
        balances = await ledger.trial_balance(tx)
        if sum(one.balance.minor for one in balances):
            found.append("books: debits are not credits")
        found += [f"stock: {one}" for one in await inventory.verify(tx)]
    if provider:
        found += [f"balance: {one}" for one in await money_moves.compare_balances(app, "sandbox")]
    async with app.db.reading() as tx:
        rows = await tx.many(SQL.orders)
        stock = await tx.many(SQL.stock)
        stray = await tx.many(SQL.stray)
    now = app.db.clock()
    for row in rows:
        found += [f"order {row['id']}: {word}" for word in breaches(row, now)]
    for row in stock:
        found.append(f"stock: promised {row['promised']}, held by orders {row['held']}")
    found += [f"{row['what']} {row['id']}" for row in stray]
    return found


def breaches(row: Any, now: Any) -> list[str]:
    """What is wrong with one order."""
    words = _of_sold(row) if row["sold"] else _of_unsold(row)
    wrong = {
        f"still waits for {row['waiting_for']}": row["waiting_for"],
        # What the provider refused to refund is owed in the books, and for a person to settle.
        "cancelled, yet money is charged": (
            row["stage"] == "cancelled" and row["live"] > row["refused"]
        ),
        "late money was not given back": row["orphaned_live"],
        f"clearing {row['cleared']}, payments {row['kept']}": row["cleared"] != row["kept"],
    }
    return words + [word for word, is_so in wrong.items() if is_so] + _hold_breaches(row, now)


def _of_sold(row: Any) -> list[str]:
    once = 1 if row["total_minor"] else 0
    wrong = {
        f"confirmed with {row['charged']} charges": row["charged"] != once,
        f"authorised {row['p_authorised']} for {row['total_minor']}": (
            row["p_authorised"] != row["total_minor"]
        ),
        f"booked {row['booked']} times as sold": row["booked"] != once,
        f"confirmed {row['confirmed']} times": row["confirmed"] != 1,
        f"confirmed while its cart is {row['cart']}": row["cart"] != "placed",
    }
    for name in ("authorised", "captured", "refunded", "voided"):
        ours, theirs = row[f"{name}_minor"], row[f"p_{name}"]
        wrong[f"{name} {ours}, by its payments {theirs}"] = ours != theirs
    return [word for word, is_so in wrong.items() if is_so]


def _of_unsold(row: Any) -> list[str]:
    failed = row["stage"] == "payment_failed"
    wrong = {
        f"{row['stage']}, yet {row['live']} is charged": row["live"],
        f"{row['stage']}, yet booked as sold": row["booked"],
        f"failed while its cart is {row['cart']}": (
            failed and row["cart"] not in {"open", "expired", "placed"}
        ),
    }
    return [word for word, is_so in wrong.items() if is_so]


def _hold_breaches(row: Any, now: Any) -> list[str]:
    held = row["hold"] in {"held", "allocated"}
    promised = row["stage"] == "confirmed" and row["units"] and row["hold_status"] == "clear"
    whole = row["hold"] in {"allocated", "fulfilled"} and row["held_units"] == row["units"]
    if promised and not whole:
        return [f"confirmed with {row['hold']} stock of {row['held_units']}/{row['units']}"]
    if row["stage"] in {"payment_failed", "cancelled"} and held:
        return [f"{row['stage']}, yet its stock is {row['hold']}"]
    if row["hold"] == "held" and row["expires_at"] < now - timedelta(seconds=1):
        return ["its hold outlived its time"]
    return []


async def work_off(app: App, reactions: Sequence[Subscription] | None = None) -> None:
    """What the worker does, until it finds nothing to do; without `reactions`, the shop's own.

    As in the worker, reactions that nothing concerns are passed by in one statement.
    """
    if reactions is None:
        reactions = subscriptions(app)
    await register(app.db, reactions)
    for _ in range(50):
        done = await recovery.sweep(app) + await authorisations.sweep_late(app)
        done += await authorisations.sweep_lapsing(app) + await money_moves.sweep(app)
        done += await inventory.expire_due(app.db, app.db.clock())
        done += await inventory.settle_hot(app.db)
        called, more = await pass_by(app.db, reactions)
        for one in reactions:
            if one.name in called:
                done += await deliver(app.db, one) + await retry_parked(app.db, one)
        done += more
        if not done:
            return
    raise AssertionError("the worker never comes to rest")


async def time_passes(
    app: App,
    clock: Any,
    *,
    lease_rounds: int = 5,
    reactions: Sequence[Subscription] | None = None,
) -> None:
    """Leases run out one after the other, workers run; then an hour without anybody, and once more
    a lease: what a provider answered too late within the hour's work is asked again after it.
    """
    lease = timedelta(seconds=app.settings.placing_lease_s + 31)
    for pause in (*[lease] * lease_rounds, timedelta(minutes=61), lease):
        clock.advance(seconds=pause.total_seconds())
        await work_off(app, reactions)
