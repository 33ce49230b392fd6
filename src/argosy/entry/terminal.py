"""What every command shares: the database option, JSON or tables, and problems said plainly.

A command is a small function that gathers its arguments and calls `run` with an async function of
the App:

    @app.command("list")
    def list_keys() -> None:
        rows = run(_list_keys)
        show(rows, columns=("id", "name", "scopes"))
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import msgspec
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from argosy.entry.databases import DatabaseAway, database_for
from argosy.kernel.errors import ArgosyError
from argosy.runtime.settings import Settings, load_settings

if TYPE_CHECKING:
    from argosy.workflows.app import App

T = TypeVar("T")

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


class Choices(msgspec.Struct, frozen=True):
    """The options that stand before the command."""

    database_url: str | None = None
    home: str | None = None
    json: bool = False


def options(
    database_url: Annotated[
        str | None,
        typer.Option(help="PostgreSQL to use in place of the embedded one (ARGOSY_DATABASE_URL)."),
    ] = None,
    home: Annotated[
        str | None, typer.Option(help="Folder of the embedded database and media (ARGOSY_HOME).")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON in place of tables.")] = False,
) -> None:
    """Options before the command hold for all commands."""
    choices.set(Choices(database_url, home, json))


HELP = "Argosy, a commerce platform. `argosy demo` starts a whole shop on this machine."
_SETTINGS_PAGE = "docs/reference/settings.md lists every setting and what it may be."
_NO_CHOICES = Choices()
choices: ContextVar[Choices] = ContextVar("argosy_cli", default=_NO_CHOICES)


def settings(**overrides: object) -> Settings:
    """Settings of the environment with the options of the command line on top."""
    chosen = choices.get()
    try:
        return load_settings(
            **{"database_url": chosen.database_url, "home": chosen.home, **overrides}
        )
    except ValidationError as error:
        # Only names and rules are shown: the value may be a secret.
        wrong = [f"ARGOSY_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()]
        fail("A setting is not possible. " + "; ".join(wrong), cure=_SETTINGS_PAGE)


def run(work: Callable[[App], Awaitable[T]]) -> T:
    """Do `work` with an App on the chosen database; ArgosyErrors end the command with code 1."""
    from argosy.entry.wiring import running_app

    configured = settings()

    async def within(url: str) -> T:
        async with running_app(configured, url) as app:
            return await work(app)

    try:
        with database(configured) as url:
            return asyncio.run(within(url))
    except ArgosyError as error:
        fail(error.message, cure=error.cure, code=error.code)


@contextmanager
def database(configured: Settings) -> Iterator[str]:
    """The address of the database to use; ends the command when none answers."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(database_for(configured))
        except DatabaseAway as error:
            fail(str(error), cure=error.cure)
        yield url


def fail(message: str, *, cure: str | None = None, code: str | None = None) -> NoReturn:
    """Say what is wrong and how to mend it, on standard error, and exit with 1."""
    if choices.get().json:
        problem = {"code": code, "message": message, "cure": cure}
        sys.stderr.write(msgspec.json.encode(problem).decode() + "\n")
    else:
        # What people and files brought along is text, not Rich markup.
        shown = f"[bold red]Error:[/] {escape(message)}" + (f" [dim]({code})[/]" if code else "")
        errors.print(shown)
        if cure:
            errors.print(f"[bold]What to do:[/] {escape(cure)}")
    raise typer.Exit(1)


def as_json(value: object) -> None:
    """Print `value` as one JSON document (for programs)."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value, enc_hook=str)).decode() + "\n")


def show(
    rows: Sequence[Mapping[str, Any]], *, columns: Sequence[str], title: str | None = None
) -> None:
    """Rows as a table, or as a JSON list with `--json`."""
    if choices.get().json:
        as_json(list(rows))
        return
    if not rows:
        console.print("[dim]Nothing to show.[/]")
        return
    table = Table(title=escape(title) if title else None, header_style="bold", title_justify="left")
    for column in columns:
        numeric = isinstance(rows[0].get(column), int | float)
        table.add_column(column.replace("_", " "), justify="right" if numeric else "left")
    for row in rows:
        table.add_row(*[_cell(row.get(column)) for column in columns])
    console.print(table)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple | set | frozenset):
        return escape(", ".join(str(v) for v in value))
    return escape(str(value))
