"""`argosy media`: how far renditions have come, and making them now."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from argosy.entry.terminal import as_json, choices, console, run, show
from argosy.modules import media
from argosy.modules.media import Asset, Progress
from argosy.workflows import renditions
from argosy.workflows.app import App

FAILED_SHOWN = 1_000

app = typer.Typer(
    help="Photographs and files: renditions, and what could not be drawn.", no_args_is_help=True
)


@app.command("status")
def status() -> None:
    """How many files wait for renditions, have them, need none, or could not be drawn."""

    async def count(shop: App) -> Progress:
        async with shop.db.reading() as tx:
            return await media.progress(tx)

    counts: dict[str, Any] = msgspec.to_builtins(run(count))
    if choices.get().json:
        as_json(counts)
        return
    show([counts], columns=("waiting", "made", "plain", "failed"), title="Files")


@app.command("failed")
def failed() -> None:
    """Pictures of which no renditions can be made, and why. Pages show the originals."""

    async def read(shop: App) -> list[Asset]:
        async with shop.db.reading() as tx:
            return await media.failed_after(tx, "", FAILED_SHOWN)

    rows = [{"key": a.key, "fault": a.fault, "tries": a.tries} for a in run(read)]
    if choices.get().json:
        as_json(rows)
        return
    show(rows, columns=("key", "tries", "fault"), title="Pictures that could not be drawn")


@app.command("render")
def render(
    retry: Annotated[bool, typer.Option("--failed", help="Try failed pictures again.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Make all renditions anew, and try failed ones again.")
    ] = False,
) -> None:
    """Make the renditions that are missing now, beside what the worker makes of itself.

    May be broken off and repeated; several may run at once.
    """

    async def make(shop: App) -> tuple[int, Progress]:
        await renditions.note_all(shop)
        if retry or everything:
            async with shop.db.transaction() as tx:
                await media.retry(tx, everything=everything)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Bars(*columns, console=console, disable=choices.get().json) as bars:
            step = bars.add_task("Renditions", total=None)
            done = await renditions.draw_all(
                shop, lambda done, total: bars.update(step, completed=done, total=total)
            )
            bars.update(step, completed=done, total=done)
        async with shop.db.reading() as tx:
            return done, await media.progress(tx)

    done, counts = run(make)
    if choices.get().json:
        as_json({"drawn": done, **msgspec.to_builtins(counts)})
        return
    console.print(f"{done:,} pictures taken up; {counts.made:,} have renditions.")
    if counts.failed:
        console.print(f"{counts.failed:,} could not be drawn: `argosy media failed` says why.")
