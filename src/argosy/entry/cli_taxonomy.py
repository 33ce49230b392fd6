"""`argosy taxonomy`."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from argosy.adapters.tabular.guarding import guarded
from argosy.adapters.tabular.taxonomies import TaxonomyList
from argosy.entry.cli_catalog import written
from argosy.entry.terminal import as_json, choices, console, errors, run
from argosy.modules.taxonomy import System
from argosy.workflows.app import App
from argosy.workflows.classing import TaxonomyLoad, export_classes, load_taxonomy

app = typer.Typer(
    help="What products are in the product categories of Google and Shopify.", no_args_is_help=True
)
HEADER = ("id", "slug", "external_id", "code", "path", "inherited")
SystemName = Annotated[System, typer.Argument(help="google or shopify.")]


@app.command()
def load(
    system: SystemName,
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="The list as published; may be .gz."),
    ],
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep categories that the list lacks.")
    ] = False,
) -> None:
    """Load a published list of product categories: Google's taxonomy-with-ids.txt in any language,
    or Shopify's categories.txt.

    The same file again changes nothing. A list that lacks categories something is mapped to is
    refused as a whole, unless --keep.
    """

    async def work(app: App) -> TaxonomyLoad:
        return await load_taxonomy(app.db, TaxonomyList(file, system), keep_others=keep)

    done = run(work)
    if choices.get().json:
        as_json(done)
    else:
        console.print(
            f"{escape(file.name)}: {done.nodes:,} categories, {done.changed:,} new or renamed,"
            f" {done.removed:,} removed."
        )


@app.command()
def export(
    system: SystemName,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; .gz packs it.")
    ] = None,
) -> None:
    """Write what each product is, by its own word or its category's, as CSV.

    Without --output it is written to standard output.
    """

    async def work(app: App) -> int:
        count = 0
        with written(output) as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(HEADER)
            async for row in export_classes(app.db, system):
                cells = (row.id, row.slug, row.external_id or "", row.code, row.path)
                inherited = "yes" if row.inherited else "no"
                writer.writerow([guarded(cell) for cell in (*cells, inherited)])
                count += 1
        return count

    count = run(work)
    if choices.get().json and output:
        as_json({"products": count, "file": str(output)})
        return
    errors.print(f"{count} products written{f' to {escape(str(output))}' if output else ''}.")
