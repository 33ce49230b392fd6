"""`argosy search`: the indexes of this machine, what shoppers search for, and why they find it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any

import typer

from argosy.entry.terminal import as_json, choices, console, run, show
from argosy.modules import search
from argosy.modules.catalog import product_id_by_slug
from argosy.modules.channels import channel_by_code
from argosy.modules.search import Explained
from argosy.workflows import search_log, search_why, searching
from argosy.workflows.app import App
from argosy.workflows.search_why import Narrowed, Why

FOLLOW_EVERY_S = 0.5

app = typer.Typer(
    help="Search: indexes of this machine, queries, and why something is found.",
    no_args_is_help=True,
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


@app.command("why")
def explain(
    channel: Annotated[str, typer.Argument(help="Code of the channel.")],
    query: Annotated[str, typer.Argument(help="What is searched for.")],
    product: Annotated[str, typer.Argument(help="Slug of the product.")],
    *,
    audience: Annotated[
        str | None, typer.Option(help="As the audience with this code sees it.")
    ] = None,
    facet: Annotated[
        list[str] | None, typer.Option(help="Narrowed to a facet: size:m. May be repeated.")
    ] = None,
    in_stock: Annotated[
        bool, typer.Option("--in-stock", help="Narrowed to what can be bought.")
    ] = False,
) -> None:
    """Why a product is, or is not, where it is in a search."""
    asked: dict[str, tuple[str, ...]] = {}
    for code, _, value in (one.partition(":") for one in facet or []):
        asked[code] = (*asked.get(code, ()), value)

    async def ask(shop: App) -> Why:
        async with shop.db.reading() as tx:
            where = await channel_by_code(tx, channel)
            product_id = await product_id_by_slug(tx, product)
        narrowed = Narrowed(facets=asked, in_stock=in_stock)
        return await search_why.why(shop, where, product_id, query, narrowed, audience=audience)

    found = run(ask)
    if choices.get().json:
        as_json(found)
        return
    for line in sentences(found):
        console.print(line, markup=False)


def sentences(found: Why) -> Iterator[str]:
    """The answer in sentences, the deciding ones first."""
    yield "It is not among the results." if found.rank is None else f"It is number {found.rank}."
    if found.not_shown:
        yield f"The shop does not show it: {', '.join(found.not_shown)}."
    if found.waiting:
        yield "The shop window is about to show it."
    if found.behind_s is None or found.behind_s > 1:
        yield "The search index is behind: see `argosy search status`."
    yield from _told_by_index(found.explained)
    yield from (f"The filter {name} leaves it out." for name, ok in found.filters.items() if not ok)
    if found.pinned:
        yield "It is pinned."
    for rule_id in found.standing.rules if found.standing else ():
        yield f"Moved by the rule {found.rules.get(rule_id, str(rule_id))}."


def _told_by_index(explained: Explained) -> Iterator[str]:
    if not explained.indexed:
        yield "The search index does not hold it."
    for typed, searched in explained.corrections:
        yield f"{typed} was searched as {searched}."
    for part in explained.parts:
        words = " ".join(part.words)
        if part.how is None:
            tried = ", ".join(" ".join(one) for one in part.tried)
            yield f"{words}: not met; tried {tried}."
        else:
            yield f"{words}: {part.how} ({' '.join(part.by)}) in {', '.join(part.fields)}."
    parts = ", ".join(f"{name} {score:.1f}" for name, score in explained.scores.items())
    place = "not among the best 500" if explained.rank is None else f"number {explained.rank}"
    yield f"By its score of {explained.score:.1f} it is {place} ({parts or 'no part'})."
