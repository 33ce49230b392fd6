"""`argosy import kits` and `argosy export kits`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from argosy.adapters.tabular import JsonLines, MagentoKits
from argosy.entry.cli_catalog import written
from argosy.entry.file_reports import report_export, report_import
from argosy.entry.terminal import run
from argosy.workflows.app import App
from argosy.workflows.kit_files import KitImport, export_kits, import_kits


class KitFormat(StrEnum):
    """Formats that kits are read from."""

    JSONL = "jsonl"
    MAGENTO = "magento"


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
    format_name: Annotated[
        KitFormat, typer.Option("--format", help="`magento` reads the bundles of a product CSV.")
    ] = KitFormat.JSONL,
    currency: Annotated[
        str | None, typer.Option(help="Currency of what choices of Magento's bundles add.")
    ] = None,
) -> None:
    """Import what kits consist of from a JSON Lines file, or the bundles of a Magento product CSV;
    kits and components by their SKUs.

    Import the products first. Kits that are not in the file are left alone, and so is one with a
    faulty line. The same file again changes nothing. Ends with code 1 if something was not taken.
    """

    async def work(app: App) -> KitImport:
        if format_name is KitFormat.MAGENTO:
            return await import_kits(app.db, MagentoKits(file, currency=currency).records())
        return await import_kits(app.db, JsonLines(file).records())

    report_import(run(work), file, ("rows", "changed", "unchanged", "failed"))


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

    report_export("kits", run(work), output)
