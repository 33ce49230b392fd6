"""`argosy import kits` and `argosy export kits`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.markup import escape

from argosy.adapters.tabular.jsonl import JsonLines
from argosy.entry.cli_catalog import written
from argosy.entry.terminal import as_json, choices, console, errors, run, show
from argosy.workflows.app import App
from argosy.workflows.kit_files import KitImport, export_kits, import_kits

FAULTS_SHOWN = 20


def register_imports(app: typer.Typer) -> None:
    """Add `import kits`."""
    app.command("kits")(import_kits_command)


def register_exports(app: typer.Typer) -> None:
    """Add `export kits`."""
    app.command("kits")(export_kits_command)


def import_kits_command(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The JSON Lines file; may be .gz.")
    ],
) -> None:
    """Import what kits consist of from a JSON Lines file; kits and components by their SKUs.

    Import the products first. Kits that are not in the file are left alone, and so is one with a
    faulty line. The same file again changes nothing. Ends with code 1 if something was not taken.
    """

    async def work(app: App) -> KitImport:
        return await import_kits(app.db, JsonLines(file).records())

    done = run(work)
    if choices.get().json:
        as_json(done)
    else:
        if done.faults:
            shown = [msgspec.to_builtins(fault) for fault in done.faults[:FAULTS_SHOWN]]
            show(shown, columns=("row", "column", "reason"), title="Not taken")
        if len(done.faults) > FAULTS_SHOWN:
            console.print("[dim]... and more; see --json.[/]")
        counts = {n: getattr(done, n) for n in ("rows", "changed", "unchanged", "failed")}
        show([counts], columns=tuple(counts), title=escape(file.name))
    if done.failed:
        raise typer.Exit(1)


def export_kits_command(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; .gz packs it.")
    ] = None,
) -> None:
    """Export what kits consist of, as JSON Lines.

    Imported where it came from, an export changes nothing. Without --output it is written to
    standard output.
    """

    async def work(app: App) -> int:
        records = [record async for record in export_kits(app.db)]
        with written(output) as stream:
            for record in records:
                stream.write(msgspec.json.encode(record).decode() + "\n")
        return len(records)

    count = run(work)
    if choices.get().json and output:
        as_json({"kits": count, "file": str(output)})
        return
    errors.print(f"{count} kits written{f' to {escape(str(output))}' if output else ''}.")
