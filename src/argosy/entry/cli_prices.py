"""`argosy import prices`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn

from argosy.adapters.tabular.prices import PriceCsv
from argosy.entry.terminal import as_json, choices, console, errors, fail, run, show
from argosy.workflows.app import App
from argosy.workflows.price_import import PriceImport, import_prices

FAULTS_SHOWN = 20


class DecimalMark(StrEnum):
    """What separates the decimals of the file's amounts."""

    AUTO = "auto"
    POINT = "."
    COMMA = ","


def register_imports(app: typer.Typer) -> None:
    """Add `import prices`."""
    app.command("prices")(import_prices_command)


def import_prices_command(
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
    dry_run: Annotated[bool, typer.Option(help="Check and count, but store nothing.")] = False,
) -> None:
    """Import prices: a CSV file with the columns sku, price_list, min_quantity, amount, compare_at,
    valid_from and valid_to (only sku and amount are needed).

    Faulty rows are reported with row, column and reason, the others are kept. The same file again
    changes nothing. Ends with code 1 if a row was not taken.
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
            return await import_prices(
                app.db,
                source,
                price_list=price_list,
                dry_run=dry_run,
                on_progress=lambda done: progress.update(
                    task, description=f"{escape(file.name)}: {done.rows:,} rows"
                ),
            )

    report(run(work), dry_run=dry_run)


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
    if done.failed:
        raise typer.Exit(1)
