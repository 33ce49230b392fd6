"""`argosy import reviews` and `argosy export reviews`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.markup import escape
from rich.progress import Progress as Bars
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from argosy.adapters.tabular import JsonLines
from argosy.entry.cli_catalog import HOLDS_NOTHING, written
from argosy.entry.terminal import as_json, choices, console, errors, run, show
from argosy.workflows.app import App
from argosy.workflows.review_import import ReviewImport, export_reviews, import_reviews

ISSUES_SHOWN = 20


def register_imports(app: typer.Typer) -> None:
    """Add `import reviews`."""
    app.command("reviews")(import_reviews_command)


def register_exports(app: typer.Typer) -> None:
    """Add `export reviews`."""
    app.command("reviews")(export_reviews_command)


def import_reviews_command(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The file; may be .gz.")
    ],
) -> None:
    """Import product reviews from JSON Lines, one review a line, known by its external_id.

    A review without a state is approved. Lines that are faulty are reported with row, field and
    reason, the others are kept. The same file again changes nothing. Ends with code 1 if a line was
    not taken.
    """

    async def work(app: App) -> ReviewImport:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Bars(*columns, console=errors, disable=choices.get().json, transient=True) as bars:
            task = bars.add_task(f"Importing {escape(file.name)}")
            return await import_reviews(
                app.db,
                JsonLines(file),
                on_progress=lambda at: bars.update(
                    task, description=f"Importing {escape(file.name)}: {at.taken:,} reviews"
                ),
            )

    report = run(work)
    if choices.get().json:
        as_json(report)
    else:
        _tell(report)
    if report.failed:
        raise typer.Exit(1)


def _tell(report: ReviewImport) -> None:
    if report.issues:
        shown = [msgspec.to_builtins(issue) for issue in report.issues[:ISSUES_SHOWN]]
        show(shown, columns=("row", "column", "key", "code", "message"), title="Not taken")
    if report.failed > ISSUES_SHOWN:
        more = report.failed - ISSUES_SHOWN
        console.print(f"[dim]... and {more:,} more; --json shows up to 10,000.[/]")
    counts = {n: getattr(report, n) for n in ("created", "updated", "unchanged", "failed")}
    show([counts], columns=tuple(counts), title=report.file)
    if not any(counts.values()):
        console.print(HOLDS_NOTHING)


def export_reviews_command(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; .gz packs it.")
    ] = None,
) -> None:
    """Export all product reviews as JSON Lines; of their authors, the shown name alone.

    Imported where it came from, an export changes nothing. Without --output it is written to
    standard output.
    """

    async def work(app: App) -> int:
        count = 0
        with written(output) as stream:
            async for record in export_reviews(app.db):
                stream.write(msgspec.json.encode(record).decode() + "\n")
                count += record["kind"] == "review"
        return count

    count = run(work)
    if choices.get().json and output:
        as_json({"reviews": count, "file": str(output)})
        return
    errors.print(f"{count} reviews written{f' to {escape(str(output))}' if output else ''}.")
