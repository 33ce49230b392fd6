"""`argosy books`: the ledger on the command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import typer

from argosy.entry.terminal import as_json, choices, console, fail, run, show
from argosy.kernel.ids import PREFIXES, decode, encode
from argosy.kernel.money import Money
from argosy.modules import ledger
from argosy.modules.ledger import AccountBalance, Booked
from argosy.reads.order_list import OrderFilters, list_orders
from argosy.runtime.db import Tx
from argosy.workflows import import_sales, money_moves, tax_audit
from argosy.workflows.app import App
from argosy.workflows.money_moves import Difference

app = typer.Typer(help="The books: trial balance, postings, checks.", no_args_is_help=True)

_TIME = "%Y-%m-%d"


@app.command("trial-balance")
def trial_balance(
    before: Annotated[
        datetime | None,
        typer.Option(formats=[_TIME], help="Only what was effective before this day (UTC)."),
    ] = None,
) -> None:
    """Debits, credits and balance of every account; exits with 1 if the books are off balance."""
    until = None if before is None else before.replace(tzinfo=UTC)

    async def read(handles: App) -> list[AccountBalance]:
        async with handles.db.reading() as tx:
            return await ledger.trial_balance(tx, until)

    rows = run(read)
    off = off_balance(rows)
    if choices.get().json:
        as_json({"balanced": not off, "items": rows})
    else:
        show(
            [_balance_row(row) for row in rows],
            columns=("account", "currency", "debits", "credits", "balance"),
            title="Trial balance",
        )
    if off:
        fail("The books are off balance.", cure="Run `argosy books verify`.")


@app.command("order")
def order(
    order_id: Annotated[str, typer.Argument(help="Id of the order (`ord_...`), or its number.")],
) -> None:
    """What was booked for an order, leg by leg."""
    wanted = order_id

    async def read(handles: App) -> list[Booked]:
        async with handles.db.reading() as tx:
            return await ledger.postings_of_order(tx, await _order_id(tx, wanted))

    booked = run(read)
    if choices.get().json:
        as_json(booked)
        return
    show(
        [row for one in booked for row in _posting_rows(one)],
        columns=("booked", "fact", "account", "debit", "credit", "currency"),
        title="Postings",
    )


@app.command("verify")
def verify() -> None:
    """Read all of the books and look for what must not be; exits with 1 if there is anything."""

    async def read(handles: App) -> list[ledger.Finding]:
        async with handles.db.reading() as tx:
            return await ledger.verify(tx)

    found = run(read)
    rows = [{"problem": one.problem, "subject": one.subject, "detail": one.detail} for one in found]
    if found or choices.get().json:
        show(rows, columns=("problem", "subject", "detail"), title="Findings")
    else:
        console.print("The books are in order.")
    if found:
        raise typer.Exit(1)


@app.command("check-taxes")
def check_taxes() -> None:
    """Check the taxes of all orders as invoices (EN 16931: sums, groups, categories, reasons).

    Exits with 1 if an invoice would be refused; differences of cents that come from rounding by
    line or unit are listed as tolerated.
    """
    audit = run(tax_audit.check_orders)
    rows = [
        {
            "order": one.number or encode("order", one.order_id),
            "rule": one.violation.rule,
            "subject": one.violation.subject,
            "detail": one.violation.detail,
            "tolerated": "yes" if one.violation.tolerated else "no",
        }
        for one in audit.findings
    ]
    if choices.get().json:
        as_json({"orders": audit.orders, "clean": audit.is_clean, "items": rows})
    elif rows:
        columns = ("order", "rule", "subject", "detail", "tolerated")
        show(rows, columns=columns, title="Taxes")
    else:
        console.print(f"The taxes of {audit.orders} orders are in order.")
    if not audit.is_clean:
        raise typer.Exit(1)


@app.command("ioss")
def ioss(
    month: Annotated[str, typer.Argument(help="The calendar month, like 2026-11.")],
) -> None:
    """Sum up what was sold by the import one-stop shop in a month, for its return: by number,
    member state of consumption, rate and currency, less what was refunded since.
    """
    found = re.fullmatch(r"(20[2-9][0-9])-(0[1-9]|1[0-2])", month)
    if found is None:
        fail(f"{month!r} is no month.", cure="Write it like 2026-11.")
    rows = run(lambda app: import_sales.ioss_return(app.db, int(found[1]), int(found[2])))
    if choices.get().json:
        as_json(rows)
        return
    if not rows:
        console.print(f"Nothing was sold by the import one-stop shop in {month}.")
        return
    show(
        [
            {
                "number": one.number,
                "country": one.country,
                "rate": f"{(one.rate * 100).normalize():f} %",
                "orders": one.orders,
                "net": str(Money(one.net_minor, one.currency)),
                "tax": str(Money(one.tax_minor, one.currency)),
            }
            for one in rows
        ],
        columns=("number", "country", "rate", "orders", "net", "tax"),
        title=f"Import one-stop shop, {month}",
    )


@app.command("reconcile")
def reconcile(
    gateway: Annotated[str, typer.Argument(help="Name of the gateway.")] = "sandbox",
) -> None:
    """Compare what a payment provider holds with our payments; exits with 1 if they differ."""

    async def read(handles: App) -> list[Difference]:
        return await money_moves.compare_balances(handles, gateway)

    found = run(read)
    if choices.get().json:
        as_json(found)
    else:
        _show_differences(found)
    if found:
        raise typer.Exit(1)


def _show_differences(found: list[Difference]) -> None:
    if not found:
        console.print("Both sides agree.")
        return
    show(
        [
            {
                "gateway": one.gateway,
                "what": one.what,
                "currency": one.ours.currency,
                "ours": _major(one.ours),
                "theirs": _major(one.theirs),
            }
            for one in found
        ],
        columns=("gateway", "what", "currency", "ours", "theirs"),
        title="Differences",
    )


def off_balance(rows: list[AccountBalance]) -> dict[str, int]:
    """By how many minor units the books are off, by currency; empty when they balance."""
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.balance.currency] = sums.get(row.balance.currency, 0) + row.balance.minor
    return {currency: minor for currency, minor in sums.items() if minor}


def _major(amount: Money) -> str:
    return f"{amount.to_decimal():,f}"


def _balance_row(row: AccountBalance) -> dict[str, Any]:
    return {
        "account": row.account,
        "currency": row.balance.currency,
        "debits": _major(row.debits),
        "credits": _major(row.credits),
        "balance": _major(row.balance),
    }


async def _order_id(tx: Tx, text: str) -> UUID:
    if not text.startswith(f"{PREFIXES['order']}_"):
        for row in await list_orders(tx, OrderFilters(number=text), before=None, limit=1):
            return row.id
    return decode("order", text, field="order_id")


def _posting_rows(booked: Booked) -> list[dict[str, Any]]:
    return [
        {
            "booked": f"{booked.posted_at:%Y-%m-%d %H:%M}",
            "fact": booked.kind,
            "account": entry.account,
            "debit": _major(entry.amount) if entry.amount.minor > 0 else "",
            "credit": _major(-entry.amount) if entry.amount.minor < 0 else "",
            "currency": entry.amount.currency,
        }
        for entry in booked.entries
    ]
