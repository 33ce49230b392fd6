"""`argosy projections`: how current the shop windows are, and making them anew."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from argosy.entry.terminal import as_json, choices, console, errors, run, show
from argosy.modules.channels import channel_by_code, list_channels
from argosy.modules.projections import channel_status
from argosy.reads import product_document as reads
from argosy.workflows import projecting
from argosy.workflows.app import App

app = typer.Typer(
    help="The answer-ready products of each channel: status and rebuild.", no_args_is_help=True
)


@app.command("status")
def status() -> None:
    """What each channel shows, and how far it is behind the catalogue."""

    async def read(shop: App) -> dict[str, Any]:
        lag = await projecting.projection_lag(shop)
        async with shop.db.reading() as tx:
            made = {row.channel_id: row for row in await channel_status(tx)}
            channels = [
                {
                    "channel": channel.code,
                    "shown": made[channel.id].visible if channel.id in made else 0,
                    "published_not_shown": await reads.published_not_shown(tx, channel.id),
                    "scheduled": made[channel.id].scheduled if channel.id in made else 0,
                    "oldest": made[channel.id].oldest if channel.id in made else None,
                }
                for channel in await list_channels(tx)
            ]
        return {"lag_seconds": lag.seconds, "pending": lag.pending, "parked": lag.parked,
                "overdue": lag.overdue, "channels": channels}  # fmt: skip

    found = run(read)
    if choices.get().json:
        as_json(found)
        return
    show(
        found["channels"],
        columns=("channel", "shown", "published_not_shown", "scheduled", "oldest"),
        title="Products by channel",
    )
    console.print(
        f"{found['lag_seconds']:.1f} s behind; {found['pending']} changes wait, "
        f"{found['overdue']} schedules are due, {found['parked']} products are put aside."
    )


@app.command("rebuild")
def rebuild(
    channel: Annotated[
        str | None, typer.Option(help="Code of one channel; without it, all channels.")
    ] = None,
) -> None:
    """Make all projections anew while the shop goes on. Safe to break off and to repeat."""
    with Progress(
        TextColumn("Projecting"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=errors,
        disable=choices.get().json,
    ) as bar:
        task = bar.add_task("products", total=None)

        async def make(shop: App) -> projecting.Rebuilt:
            chosen = None
            if channel is not None:
                async with shop.db.reading() as tx:
                    chosen = await channel_by_code(tx, channel)
            return await projecting.rebuild(
                shop,
                chosen,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )

        done = run(make)
    if choices.get().json:
        as_json(done)
        return
    console.print(
        f"{done.products} products in {done.seconds:.1f} s; "
        f"{done.corrected} facet counts were wrong and are right now."
    )
