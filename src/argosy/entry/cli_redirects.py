"""`argosy import redirects` and `argosy export redirects`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from argosy.adapters.tabular.redirects import RedirectCsv, write_redirects
from argosy.entry.cli_catalog import written
from argosy.entry.file_reports import report_export, report_import
from argosy.entry.terminal import run
from argosy.workflows.app import App
from argosy.workflows.redirecting import RedirectImport, export_redirects, import_redirects


def register_imports(app: typer.Typer) -> None:
    """Add `import redirects`."""
    app.command("redirects")(import_redirects_command)


def register_exports(app: typer.Typer) -> None:
    """Add `export redirects`."""
    app.command("redirects")(export_redirects_command)


def import_redirects_command(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The CSV file; may be .gz.")
    ],
) -> None:
    """Import redirects from a CSV file: from, to, and optional channel, locale, answer.

    `to` is the id of a product or category, a path, or an https address; with the answer `gone`
    the path says that nothing is there any more. Redirects that would close a loop, and those from
    a path that something has, are reported and not taken. The same file again changes nothing. Ends
    with code 1 if a line was not taken.
    """

    async def work(app: App) -> RedirectImport:
        return await import_redirects(app.db, RedirectCsv(file))

    report_import(run(work), file, ("created", "changed", "unchanged", "failed"))


def export_redirects_command(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; .gz packs it.")
    ] = None,
) -> None:
    """Export the redirects that people made, as CSV.

    Imported where it came from, an export changes nothing. Without --output it is written to
    standard output.
    """

    async def work(app: App) -> int:
        rows = [row async for row in export_redirects(app.db)]
        with written(output) as stream:
            write_redirects(stream, rows)
        return len(rows)

    report_export("redirects", run(work), output)
