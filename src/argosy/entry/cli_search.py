"""`argosy search`: how current the search indexes of this machine are, and making them anew."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Annotated, Any

import typer

from argosy.entry.terminal import as_json, choices, console, run, show
from argosy.modules import search
from argosy.modules.channels import channel_by_code
from argosy.workflows import search_log, searching
from argosy.workflows.app import App

FOLLOW_EVERY_S = 0.5

app = typer.Typer(
    help="The search indexes of this machine: status, rebuild, follow.", no_args_is_help=True
)


@app.command("status")
def status() -> None:
    """Whether each channel has an index here, and how far it is behind the shop window."""
    found = run(searching.status)
    if choices.get().json:
        as_json(found)
        return
    rows = [
        {"channel": one.channel, "index": "yes" if one.made else "none", "behind_s": one.behind_s}
        for one in found
    ]
    show(rows, columns=("channel", "index", "behind_s"), title="Search indexes")


@app.command("rebuild")
def rebuild(channel: Annotated[str, typer.Argument(help="Code of the channel.")]) -> None:
    """Make a channel's index anew beside the present one, which answers meanwhile."""

    async def make(shop: App) -> int:
        async with shop.db.reading() as tx:
            found = await channel_by_code(tx, channel)
        return await searching.rebuild(shop, found)

    count = run(make)
    if choices.get().json:
        as_json({"channel": channel, "products": count})
        return
    console.print(f"{count:,} products of {channel} can be searched.")


@app.command("follow")
def follow() -> None:
    """Keep the indexes current until Ctrl-C: for machines that serve and run no worker."""

    async def keep(shop: App) -> Any:
        console.print("Following. Ctrl-C ends it.")
        while True:
            if not await searching.follow(shop):
                await asyncio.sleep(FOLLOW_EVERY_S)

    run(keep)


@app.command("queries")
def queries(
    channel: Annotated[str, typer.Argument(help="Code of the channel.")],
    nothing: Annotated[
        bool, typer.Option("--nothing", help="Only what found nothing, with words that look alike.")
    ] = False,
    days: Annotated[int, typer.Option(min=1, max=90, help="The last so many days.")] = 30,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Queries at most.")] = 50,
) -> None:
    """What shoppers search for, the most frequent first."""

    async def read(shop: App) -> list[dict[str, Any]]:
        async with shop.db.reading() as tx:
            found = await channel_by_code(tx, channel)
            today = tx.now.date()
            rows = await search.top_queries(
                tx,
                found.id,
                (today - timedelta(days=days - 1), today),
                nothing=nothing,
                limit=limit,
            )
        words = [row.words for row in rows]
        alike: list[list[str]] = [[] for _ in words]
        if nothing:
            alike = await search_log.looking_like(shop, found.id, words)
        return [
            {
                "words": row.words,
                "searches": row.searches,
                "nothing": row.nothing,
                "clicks": row.clicks,
            }
            | ({"alike": " ".join(near)} if nothing else {})
            for row, near in zip(rows, alike, strict=True)
        ]

    rows = run(read)
    if choices.get().json:
        as_json(rows)
        return
    columns = ("words", "searches", "nothing", "clicks", *(("alike",) if nothing else ()))
    show(rows, columns=columns, title="Searches")
