"""`argosy import relations` and `argosy export relations`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from argosy.adapters.tabular.relations import RelationCsv, write_relations
from argosy.entry.cli_catalog import written
from argosy.entry.file_reports import report_export, report_import
from argosy.entry.terminal import run
from argosy.workflows.app import App
from argosy.workflows.relating import RelationImport, export_relations, import_relations


def register_imports(app: typer.Typer) -> None:
    """Add `import relations`."""
    app.command("relations")(import_relations_command)


def register_exports(app: typer.Typer) -> None:
    """Add `export relations`."""
    app.command("relations")(export_relations_command)


def import_relations_command(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The CSV file; may be .gz.")
    ],
) -> None:
    """Import what is shown beside products from a CSV file: product, kind, related, and optional
    position, both_ways. Products are named by their slugs.

    Beside each product of the file then is exactly what the file says of that kind; one with a
    faulty row is left as it was. The same file again changes nothing. Ends with code 1 if something
    was not taken.
    """

    async def work(app: App) -> RelationImport:
        return await import_relations(app.db, RelationCsv(file))

    report_import(run(work), file, ("rows", "changed", "unchanged", "failed"))


def export_relations_command(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; .gz packs it.")
    ] = None,
) -> None:
    """Export what is shown beside products, as CSV.

    Imported where it came from, an export changes nothing. Without --output it is written to
    standard output.
    """

    async def work(app: App) -> int:
        rows = [row async for row in export_relations(app.db)]
        with written(output) as stream:
            write_relations(stream, rows)
        return len(rows)

    report_export("relations", run(work), output)
