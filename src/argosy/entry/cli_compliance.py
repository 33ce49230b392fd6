"""`argosy compliance`: products that lack what the law wants said beside them."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from argosy.adapters.tabular.guarding import guarded
from argosy.entry.cli_catalog import written
from argosy.entry.terminal import as_json, choices, console, run, show
from argosy.modules import catalog, channels, compliance
from argosy.workflows.app import App
from argosy.workflows.complying import check_all

app = typer.Typer(
    help="Products that lack what the law wants said beside them.", no_args_is_help=True
)

PAGE = 500
SHOWN = 50
_COLUMNS = ("channel", "slug", "title", "missing", "for", "source")


@app.command("check")
def check_command() -> None:
    """Judge every product by the policies of the channels it is published in.

    Changes of products do so by themselves: this is for categories that were moved, and after an
    upgrade. It may be broken off and repeated.
    """

    async def work(shop: App) -> int:
        return await check_all(shop.db)

    done = run(work)
    if choices.get().json:
        as_json({"products": done})
    else:
        console.print(f"{done:,} products judged.")


@app.command("report")
def report_command(
    channel: Annotated[str | None, typer.Option(help="Only in the channel with this code.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="CSV file to write; .gz packs it.")
    ] = None,
) -> None:
    """What products lack where they are published: one row for each thing that is missing, with its
    source. Without --output the first ones are shown.
    """

    async def work(shop: App) -> list[dict[str, str]]:
        return [row async for row in _rows(shop, channel)]

    rows = run(work)
    if output is not None:
        with written(output) as stream:
            table = csv.DictWriter(stream, _COLUMNS)
            table.writeheader()
            table.writerows({k: guarded(v) for k, v in row.items()} for row in rows)
    if choices.get().json:
        as_json(rows)
    elif output is None:
        show(rows[:SHOWN], columns=_COLUMNS, title=f"Missing: {len(rows):,}")
    else:
        console.print(f"{len(rows):,} rows written.")


async def _rows(shop: App, code: str | None) -> AsyncIterator[dict[str, str]]:
    after: tuple[UUID, UUID] | None = None
    while True:
        async with shop.db.reading() as tx:
            place = None if code is None else (await channels.channel_by_code(tx, code)).id
            found = await compliance.findings_page(tx, place, after=after, limit=PAGE)
            ids = sorted({one.product_id for one in found})
            products = {p.row.id: p.row for p in await catalog.products_by_ids(tx, ids)}
            codes = {one.id: one.code for one in await channels.list_channels(tx, limit=1000)}
        for one in found:
            product = products.get(one.product_id)
            for missing in one.missing:
                yield {
                    "channel": codes.get(one.channel_id, ""),
                    "slug": product.slug if product else "",
                    "title": product.title if product else "",
                    "missing": missing.rule,
                    "for": f"{missing.country} {missing.language}".strip(),
                    "source": missing.source,
                }
        if len(found) < PAGE:
            return
        after = (found[-1].product_id, found[-1].channel_id)
