"""`argosy import prices`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn

from argosy.adapters.fx.ecb import EcbRates
from argosy.adapters.tabular.prices import PriceCsv
from argosy.entry.terminal import as_json, choices, console, errors, fail, run, show
from argosy.kernel.money import Money
from argosy.modules import pricing
from argosy.workflows.app import App
from argosy.workflows.fx_proposals import FxProposal, FxTerms, propose_prices
from argosy.workflows.price_import import PriceImport, PriceOutlier, import_prices

FAULTS_SHOWN = 20


class DecimalMark(StrEnum):
    """What separates the decimals of the file's amounts."""

    AUTO = "auto"
    POINT = "."
    COMMA = ","


def register_imports(app: typer.Typer) -> None:
    """Add `import prices`."""
    app.command("prices")(import_prices_command)
    app.command("converted-prices")(convert_prices_command)


def import_prices_command(  # noqa: PLR0917 - the command's options
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The CSV file; may be .gz.")
    ],
    price_list: Annotated[
        str | None, typer.Option(help="Price list of rows that name none.")
    ] = None,
    decimal_separator: Annotated[
        DecimalMark, typer.Option(help="Decimal separator of the file's amounts.")
    ] = DecimalMark.AUTO,
    time_zone: Annotated[
        str, typer.Option(help="Zone of days and times that name none, like Europe/Berlin.")
    ] = "UTC",
    plan: Annotated[
        bool, typer.Option("--plan", "--dry-run", help="Check and count, but store nothing.")
    ] = False,
    outlier_percent: Annotated[
        int, typer.Option(min=1, max=100_000, help="Ask about prices that move by more than this.")
    ] = pricing.OUTLIER_PERCENT,
    acknowledge: Annotated[
        str | None, typer.Option(help="The code that the plan gave for its outliers.")
    ] = None,
) -> None:
    """Import prices: a CSV file with the columns sku, price_list, min_quantity, amount, compare_at,
    valid_from and valid_to (only sku and amount are needed).

    Faulty rows are reported with row, column and reason, the others are kept. The same file again
    changes nothing. Prices that move far keep the whole file out until their code is given with
    --acknowledge. Ends with code 1 if a row was not taken, or all of them were kept out.
    """
    try:
        ZoneInfo(time_zone)
    except (ValueError, OSError, LookupError):
        fail(f"There is no time zone {time_zone!r}.", cure="Name one like Europe/Berlin.")
    source = PriceCsv(file, separator=decimal_separator.value, time_zone=time_zone)

    async def work(app: App) -> PriceImport:
        columns = (SpinnerColumn(), TextColumn("{task.description}"))
        with Progress(
            *columns, console=errors, disable=choices.get().json, transient=True
        ) as progress:
            task = progress.add_task(escape(file.name))
            try:
                return await import_prices(
                    app.db,
                    source,
                    price_list=price_list,
                    dry_run=plan,
                    outlier_percent=outlier_percent,
                    acknowledged=acknowledge,
                    on_progress=lambda done: progress.update(
                        task, description=f"{escape(file.name)}: {done.rows:,} rows"
                    ),
                )
            except pricing.OutliersUnacknowledged as error:
                if not choices.get().json:
                    found = msgspec.convert(error.details["outliers"], list[PriceOutlier])
                    show_outliers(found, int(str(error.details["count"])))
                raise

    report(run(work), dry_run=plan)


def convert_prices_command(  # noqa: PLR0917 - the command's options
    rates: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="eurofxref.csv of the ECB, unpacked."),
    ],
    base: Annotated[str, typer.Option("--from", help="The price list to convert, by code.")],
    target: Annotated[str, typer.Option("--to", help="The list in the other currency.")],
    ending: Annotated[str | None, typer.Option(help="Digits that prices end with: 99.")] = None,
    min_margin: Annotated[
        str | None, typer.Option(help="Least percent over the cost; others are not taken.")
    ] = None,
    tax: Annotated[str, typer.Option(help="Percent of tax that is in the prices.")] = "0",
    max_age_days: Annotated[int, typer.Option(min=0, max=365, help="Older rates are refused.")] = 5,
    apply: Annotated[
        bool, typer.Option("--apply", help="Store the prices; without it they are only planned.")
    ] = False,
    outlier_percent: Annotated[
        int, typer.Option(min=1, max=100_000, help="Ask about prices that move by more than this.")
    ] = pricing.OUTLIER_PERCENT,
    acknowledge: Annotated[
        str | None, typer.Option(help="The code that the plan gave for its outliers.")
    ] = None,
) -> None:
    """Propose prices in a second currency by reference rates, and store them with --apply.

    Of the base list all prices are taken that hold now and have no end. Ends with code 1 if a price
    was not taken.
    """
    try:
        terms = FxTerms(
            base_list=base,
            target_list=target,
            ending=ending,
            max_age_days=max_age_days,
            min_margin_percent=None if min_margin is None else _percent(min_margin),
            tax_percent=_percent(tax),
        )
    except InvalidOperation:
        fail("A percentage is a number.", cure="Write it like 19 or 2.5.")

    async def work(app: App) -> FxProposal:
        return await propose_prices(
            app.db,
            EcbRates(rates, on=app.db.clock().date()),
            terms,
            apply=apply,
            outlier_percent=outlier_percent,
            acknowledged=acknowledge,
        )

    done = run(work)
    if not choices.get().json:
        console.print(f"1 is {done.rate} ({escape(done.source)}, {done.as_of}).")
    report(done.prices, dry_run=not apply)


def _percent(text: str) -> Decimal:
    found = Decimal(text)
    if not found.is_finite() or not 0 <= found < 1000:
        raise InvalidOperation
    return found


def report(done: PriceImport, *, dry_run: bool) -> None:
    """Print what an import did; end with code 1 if a row was not taken."""
    if choices.get().json:
        as_json(done)
    else:
        said = "would be " if dry_run else ""
        console.print(
            f"{done.rows:,} rows: {done.created:,} {said}created, {done.updated:,} {said}updated,"
            f" {done.unchanged:,} unchanged, [bold]{done.failed:,} not taken[/]."
        )
        if done.faults:
            show(
                [
                    {"row": f.row, "column": f.column, "kind": f.severity, "reason": f.reason}
                    for f in done.faults[:FAULTS_SHOWN]
                ],
                columns=("row", "column", "kind", "reason"),
            )
        if len(done.faults) > FAULTS_SHOWN:
            console.print(f"... and {len(done.faults) - FAULTS_SHOWN:,} more; see --json.")
        if done.outliers:
            show_outliers(done.outliers, done.outlier_count)
            if dry_run:
                console.print(f"To store them: --acknowledge {done.acknowledgement}")
    if done.failed:
        raise typer.Exit(1)


def show_outliers(found: Sequence[PriceOutlier], count: int) -> None:
    """Print the first prices that move far, as a table."""
    console.print(f"[bold]{count:,} prices move far:[/]")
    show(
        [
            {
                "row": one.row,
                "sku": one.sku,
                "price_list": one.price_list,
                "from": one.min_quantity,
                "before": str(Money(one.before_minor, one.currency)),
                "after": str(Money(one.after_minor, one.currency)),
            }
            for one in found[:FAULTS_SHOWN]
        ],
        columns=("row", "sku", "price_list", "from", "before", "after"),
    )
