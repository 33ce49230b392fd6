"""`argosy import tax-rates` and `argosy import euro-rates`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn

from argosy.adapters.fx.ecb import EcbRates
from argosy.adapters.tabular.taxes import TaxRateCsv
from argosy.entry.terminal import as_json, choices, console, errors, run, show
from argosy.modules import channels
from argosy.workflows.app import App
from argosy.workflows.import_sales import load_euro_rates
from argosy.workflows.tax_import import TaxImport, import_tax_rates

FAULTS_SHOWN = 20


def register_imports(app: typer.Typer) -> None:
    """Add `import tax-rates`."""
    app.command("tax-rates")(import_tax_rates_command)
    app.command("euro-rates")(import_euro_rates_command)


def import_euro_rates_command(
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="eurofxref.csv of the ECB, unpacked."),
    ],
) -> None:
    """Keep the reference rates of the European Central Bank, by which thresholds in euros are
    converted: the latest day of the file that is not in the future. Run it daily; the same file
    again changes nothing.
    """

    async def work(app: App) -> tuple[str, int]:
        return await load_euro_rates(app.db, EcbRates(file, on=app.db.clock().date()))

    day, changed = run(work)
    if choices.get().json:
        as_json({"as_of": day, "changed": changed})
    else:
        console.print(f"{changed} rates of {day} are new or different.")


def import_tax_rates_command(  # noqa: PLR0917 - the options of a command
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The CSV file; may be .gz.")
    ],
    channel: Annotated[
        str | None, typer.Option(help="Code of the channel the rates are for; else for all.")
    ] = None,
    region: Annotated[
        list[str] | None,
        typer.Option(help="Take only places of this state or province (CA); may be repeated."),
    ] = None,
    priority: Annotated[
        int, typer.Option(help="Goes before zones of the same place with a lower one.")
    ] = 0,
    source: Annotated[
        str, typer.Option(help="Which table of which day this is; noted at each rate.")
    ] = "",
    dry_run: Annotated[bool, typer.Option(help="Check and count, but store nothing.")] = False,
) -> None:
    """Import local tax rates: our own CSV (zone, rate, country, region, postal_prefix ...) or a US
    ZIP table (State, ZipCode, TaxRegionName, StateRate ...).

    Each zone of the file becomes exactly what the file says; other zones are left alone. A zone
    with a faulty row is left as it was. Ends with code 1 if a zone was not taken.
    """

    async def work(app: App) -> TaxImport:
        channel_id = None
        if channel is not None:
            async with app.db.reading() as tx:
                channel_id = (await channels.channel_by_code(tx, channel)).id
        columns = (SpinnerColumn(), TextColumn("{task.description}"))
        with Progress(
            *columns, console=errors, disable=choices.get().json, transient=True
        ) as progress:
            task = progress.add_task(escape(file.name))
            return await import_tax_rates(
                app.db,
                TaxRateCsv(file, source=source),
                channel_id=channel_id,
                priority=priority,
                regions=frozenset(code.upper() for code in region or ()),
                dry_run=dry_run,
                on_progress=lambda done: progress.update(
                    task, description=f"{escape(file.name)}: {done.zones:,} zones"
                ),
            )

    report(run(work), dry_run=dry_run)


def report(done: TaxImport, *, dry_run: bool) -> None:
    """Print what an import did; end with code 1 if a zone was not taken."""
    if choices.get().json:
        as_json(done)
    else:
        said = "would be " if dry_run else ""
        console.print(
            f"{done.rows:,} rows of {done.zones:,} zones: {done.created:,} {said}created,"
            f" {done.updated:,} {said}updated, {done.unchanged:,} unchanged,"
            f" [bold]{done.failed:,} not taken[/]."
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
    if done.failed or any(fault.severity == "error" for fault in done.faults):
        raise typer.Exit(1)
