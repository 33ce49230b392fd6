"""`argosy import stock` and `argosy stock verify | rebuild | explain`."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import msgspec
import typer
from rich.markup import escape
from rich.progress import Progress as Bars
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from argosy.adapters.tabular.stock import StockCsv
from argosy.entry.terminal import as_json, choices, console, errors, fail, run, show
from argosy.kernel.wall_clock import is_meant
from argosy.modules import catalog, inventory
from argosy.modules.inventory import Divergence, JournalEntry
from argosy.runtime.db import Tx
from argosy.workflows.app import App
from argosy.workflows.stock_import import StockImportReport, import_stock

ISSUES_SHOWN = 20
REBUILT_AT_ONCE = 1_000

app = typer.Typer(help="Check, mend and explain stock numbers.", no_args_is_help=True)

Sku = Annotated[str, typer.Argument(help="SKU of the variant.")]
LocationCode = Annotated[str, typer.Argument(help="Code of the location.")]


class DecimalSeparator(StrEnum):
    """What separates the decimals of a file's numbers."""

    AUTO = "auto"
    POINT = "."
    COMMA = ","


def register_imports(imports: typer.Typer) -> None:
    """Add `import stock`."""
    imports.command("stock")(import_stock_command)


def import_stock_command(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The CSV file; may be .gz.")
    ],
    location: Annotated[
        str | None, typer.Option(help="Code of the location for rows that name none.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(help="When the shelves were counted, for rows without as_of (default: now)."),
    ] = None,
    time_zone: Annotated[
        str, typer.Option(help="Time zone of instants without an offset.")
    ] = "UTC",
    decimal_separator: Annotated[
        DecimalSeparator, typer.Option(help="Decimal separator of the file's numbers.")
    ] = DecimalSeparator.AUTO,
) -> None:
    """Import stock from CSV: columns sku, location, and on_hand (a count) or adjust (a movement).

    Optional columns: as_of, expected (compare and set), reference (a movement's own id),
    safety_stock, backorder_limit, low_threshold. What was sold after a count's as_of is kept. The
    same file again does no harm. Ends with code 1 if a row was not taken.
    """
    if time_zone not in available_timezones():
        fail(f"{time_zone!r} is not a time zone.", cure="Name one such as Europe/Berlin.")
    instant = _instant(as_of, time_zone)
    source = StockCsv(file, decimal_separator=decimal_separator.value, time_zone=time_zone)

    async def work(shop: App) -> StockImportReport:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Bars(*columns, console=errors, disable=choices.get().json, transient=True) as bars:
            task = bars.add_task(f"Importing {escape(file.name)}")

            def on_progress(at: StockImportReport) -> None:
                bars.update(task, description=f"Importing {escape(file.name)}: {at.rows} rows")

            return await import_stock(
                shop.db,
                source,
                actor="command line",
                location=location,
                as_of=instant,
                on_progress=on_progress,
            )

    report = run(work)
    _report(report)
    if report.failed:
        raise typer.Exit(1)


def _instant(text: str | None, time_zone: str) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        fail(f"{text!r} is not an instant.", cure="Write it as 2026-11-21T02:00+01:00.")
    if not is_meant(found):
        fail(f"{text!r} is out of range.", cure="Write a time in the years 1900 to 9998.")
    return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(time_zone))).astimezone(UTC)


def _report(report: StockImportReport) -> None:
    if choices.get().json:
        as_json(report)
        return
    if report.issues:
        shown = [msgspec.to_builtins(issue) for issue in report.issues[:ISSUES_SHOWN]]
        columns = ("row", "column", "key", "severity", "code", "message")
        show(shown, columns=columns, title="Report")
        more = len(report.issues) + report.issues_left_out - len(shown)
        if more:
            console.print(f"[dim]... and {more} more; --json shows up to 10,000.[/]")
    counts = {name: getattr(report, name) for name in ("rows", "applied", "unchanged", "failed")}
    show([counts], columns=tuple(counts), title=report.file)


@app.command()
def verify() -> None:
    """Compare every level with its journal and with what orders hold; code 1 if any differs."""

    async def work(shop: App) -> list[dict[str, Any]]:
        async with shop.db.reading() as tx:
            return await _told(tx, await inventory.verify(tx))

    rows = run(work)
    if rows or choices.get().json:
        show(rows, columns=("sku", "location", "against", "bucket", "level", "expected"))
    if rows:
        errors.print("[bold red]Levels differ.[/] `argosy stock rebuild` makes them their journal.")
        raise typer.Exit(1)
    errors.print("Every level is the sum of its journal, and of what orders hold.")


@app.command()
def rebuild(
    sku: Annotated[str | None, typer.Argument(help="SKU; without it all that differ.")] = None,
    location: Annotated[str | None, typer.Argument(help="Code of the location.")] = None,
) -> None:
    """Make levels the sum of their journal again: one, or all that differ from it."""

    async def work(shop: App) -> list[dict[str, Any]]:
        if sku is None:
            return await _rebuild_all(shop)
        if location is None:
            fail("Name the location too.", cure="argosy stock rebuild SKU LOCATION")
        async with shop.db.transaction() as tx:
            key = await _key(tx, sku, location)
            rebuilt = await inventory.rebuild(tx, *key)
        return [{"sku": sku, "location": location, "was": rebuilt.was, "is": rebuilt.becomes}]

    rows = run(work)
    if rows or choices.get().json:
        show(rows, columns=("sku", "location", "was", "is"))
    errors.print(f"{len(rows)} levels rebuilt.")


@app.command()
def explain(
    sku: Sku,
    location: LocationCode,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Newest entries to show.")] = 50,
) -> None:
    """Tell why a number is what it is: the journal of one SKU at one location, newest first."""

    async def work(shop: App) -> list[JournalEntry]:
        async with shop.db.reading() as tx:
            key = await _key(tx, sku, location)
            return await inventory.explain(tx, *key, limit=limit)

    columns = (
        "occurred_at", "reason", "on_hand", "reserved", "allocated", "quarantine", "incoming",
        "on_hand_after", "sellable_after", "source_kind", "source_id", "actor",
    )  # fmt: skip
    rows = [msgspec.to_builtins(entry) for entry in run(work)]
    show(rows, columns=columns, title=f"{sku} at {location}")


async def _rebuild_all(shop: App) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    async with shop.db.reading() as tx:
        found = await inventory.verify(tx, limit=REBUILT_AT_ONCE)
        keys = sorted({(d.variant_id, d.location_id) for d in found if d.against == "journal"})
        names = await _names(tx, [variant for variant, _ in keys])
    for variant_id, location_id in keys:
        async with shop.db.transaction() as tx:
            rebuilt = await inventory.rebuild(tx, variant_id, location_id)
        named = {"sku": names[variant_id], "location": names[location_id]}
        rows.append({**named, "was": rebuilt.was, "is": rebuilt.becomes})
    return rows


async def _key(tx: Tx, sku: str, location: str) -> tuple[UUID, UUID]:
    variant = await catalog.find_variant_by_sku(tx, sku)
    if variant is None:
        fail(f"There is no variant with the SKU {sku!r}.")
    places = await inventory.locations_by_code(tx, [location])
    if location not in places:
        fail(f"There is no location {location!r}.")
    return variant.id, places[location].id


async def _told(tx: Tx, found: list[Divergence]) -> list[dict[str, Any]]:
    names = await _names(tx, [divergence.variant_id for divergence in found])
    return [
        {
            "sku": names[divergence.variant_id],
            "location": names[divergence.location_id],
            "against": divergence.against,
            "bucket": divergence.bucket,
            "level": divergence.level,
            "expected": divergence.expected,
        }
        for divergence in found
    ]


async def _names(tx: Tx, variant_ids: list[UUID]) -> dict[UUID, str]:
    """SKU or code for each id; a variant that is not in the catalog shows as its id."""
    names = {variant_id: str(variant_id) for variant_id in variant_ids}
    names |= {v.id: v.sku for v in await catalog.variants_by_ids(tx, variant_ids)}
    return names | {place.id: place.code for place in await inventory.list_locations(tx)}
