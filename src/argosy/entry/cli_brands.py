"""`argosy brands`."""

from __future__ import annotations

import typer

from argosy.entry.terminal import as_json, choices, console, run
from argosy.workflows.app import App
from argosy.workflows.branding import find_brands

app = typer.Typer(help="Brands that come with products.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Brands that come with products."""


@app.command()
def find() -> None:
    """Have a brand for every brand text of the catalogue.

    Changes of products do so by themselves: this is for products that were there before, and may
    be repeated.
    """

    async def work(app: App) -> int:
        return await find_brands(app.db)

    made = run(work)
    if choices.get().json:
        as_json({"created": made})
    else:
        console.print(f"{made:,} new brands.")
