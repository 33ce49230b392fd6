"""`argosy import products` and `argosy export products`."""

from __future__ import annotations

import asyncio
import gzip
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Annotated, Any

import msgspec
import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from argosy.adapters.storage import open_photographs
from argosy.adapters.tabular import ShopifyWriter, open_products
from argosy.entry.terminal import as_json, choices, console, errors, fail, run, show
from argosy.kernel.ids import encode
from argosy.modules import catalog, pricing
from argosy.modules.catalog import ImportIssue, ImportRun
from argosy.modules.catalog.ports import Storage
from argosy.workflows.app import App
from argosy.workflows.product_export import export_products
from argosy.workflows.product_import import OnProgress, Progress, import_products
from argosy.workflows.product_intake import ImportOptions

ISSUES_SHOWN = 20
HOLDS_NOTHING = "The file holds nothing to import."
ISSUES_AS_JSON = 10_000


class ImportFormat(StrEnum):
    """Formats that products are read from."""

    AUTO = "auto"
    JSONL = "jsonl"
    SHOPIFY = "shopify"
    MAGENTO = "magento"
    SALEOR = "saleor"
    SPREE = "spree"
    ICECAT = "icecat"


class ExportFormat(StrEnum):
    """Formats that products are written in."""

    JSONL = "jsonl"
    SHOPIFY = "shopify"


class DecimalSeparator(StrEnum):
    """What separates the decimals of a file's numbers."""

    AUTO = "auto"
    POINT = "."
    COMMA = ","


PriceListOption = Annotated[
    str | None,
    typer.Option(help="Price list of a file's prices; needed when there are several."),
]
LocationOption = Annotated[
    str | None, typer.Option(help="Location of a file's stock; without it, none is set.")
]


def register_imports(app: typer.Typer) -> None:
    """Add `import products`."""
    app.command("products")(import_products_command)


def register_exports(app: typer.Typer) -> None:
    """Add `export products`."""
    app.command("products")(export_products_command)


def import_products_command(  # noqa: PLR0917 - the options of a command
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The file; may be .gz.")
    ],
    format_name: Annotated[
        ImportFormat, typer.Option("--format", help="`auto` goes by the name of the file.")
    ] = ImportFormat.AUTO,
    media: Annotated[
        Path | None,
        typer.Option(exists=True, help="Folder or ZIP archive with the photographs it names."),
    ] = None,
    price_list: PriceListOption = None,
    location: LocationOption = None,
    channel: Annotated[
        list[str] | None,
        typer.Option(help="Channel in which a Shopify file's published products are shown."),
    ] = None,
    decimal_separator: Annotated[
        DecimalSeparator, typer.Option(help="Decimal separator of a CSV file's numbers.")
    ] = DecimalSeparator.AUTO,
    skip_unknown: Annotated[
        bool,
        typer.Option(help="Leave out channels, price lists and locations that do not exist here."),
    ] = False,
    reapply: Annotated[
        bool, typer.Option(help="Apply rows again that were imported before and not changed.")
    ] = False,
) -> None:
    """Import products: our JSON Lines (with everything), or files of other systems.

    Rows that are faulty are reported with row, column and reason, the others are kept. The same
    file again changes nothing. Ends with code 1 if a row was not taken.
    """
    given = {
        "price_list": price_list,
        "location": location,
        "channels": channel or [],
        "decimal_separator": decimal_separator.value,
    }

    async def work(app: App) -> tuple[ImportRun, list[ImportIssue]]:
        chosen = given | {"price_list": price_list or await only_price_list(app)}
        source = open_products(file, format_name.value, chosen)
        photographs = open_photographs(media) if media else None
        options = ImportOptions(skip_unknown=skip_unknown, reapply=reapply)
        with _bar(file.name) as on_progress:
            finished = await import_products(
                app,
                source,
                photographs=photographs,
                options=options,
                actor="command line",
                on_progress=on_progress,
            )
        return finished, await _issues(app, finished)

    finished, issues = run(work)
    _report(finished, issues)
    if finished.failed or finished.state == "failed":
        raise typer.Exit(1)


async def only_price_list(app: App) -> str | None:
    """The code of the price list, when there is just one."""
    async with app.db.reading() as tx:
        lists = await pricing.list_price_lists(tx, limit=2)
    return lists[0].code if len(lists) == 1 else None


async def _issues(app: App, finished: ImportRun) -> list[ImportIssue]:
    wanted = ISSUES_AS_JSON if choices.get().json else ISSUES_SHOWN
    found: list[ImportIssue] = []
    cursor: str | None = None
    async with app.db.reading() as tx:
        while len(found) < wanted:
            page = await catalog.issues_of_import(tx, finished.id, cursor=cursor, limit=100)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
    return found[:wanted]


@contextmanager
def _bar(name: str) -> Iterator[OnProgress]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[counts]}"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=errors, disable=choices.get().json, transient=True) as bars:
        task = bars.add_task(f"Importing {escape(name)}", total=None, counts="")

        def on_progress(at: Progress) -> None:
            counts = f"{at.created} new, {at.updated} updated, {at.unchanged} as before"
            if at.failed:
                counts += f", [red]{at.failed} not taken[/]"
            bars.update(task, completed=at.rows, total=at.total, counts=counts)

        yield on_progress


def _report(finished: ImportRun, issues: list[ImportIssue]) -> None:
    counts = {
        field: getattr(finished, field)
        for field in ("created", "updated", "unchanged", "failed", "warnings")
    }
    if choices.get().json:
        head = {"id": encode("import", finished.id), "state": finished.state}
        told = [msgspec.to_builtins(issue) for issue in issues]
        as_json(head | {"message": finished.message} | counts | {"issues": told})
        return
    columns = ("row", "column", "key", "severity", "code", "message")
    if issues:
        show([msgspec.to_builtins(i) for i in issues], columns=columns, title="Report")
        more = counts["failed"] + counts["warnings"] - len(issues)
        if more > 0:
            console.print(f"[dim]... and more; --json shows up to {ISSUES_AS_JSON}.[/]")
    show([counts], columns=tuple(counts), title=f"Import {encode('import', finished.id)}")
    if finished.state == "done" and not any(counts.values()):
        console.print(HOLDS_NOTHING)
    if finished.state == "failed":
        errors.print(f"[bold red]Stopped:[/] {escape(finished.message)}")


def export_products_command(  # noqa: PLR0917 - the options of a command
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; .gz packs it.")
    ] = None,
    format_name: Annotated[
        ExportFormat, typer.Option("--format", help="Shopify's CSV holds less than ours.")
    ] = ExportFormat.JSONL,
    media: Annotated[
        Path | None, typer.Option(help="Folder to copy the photographs to, under their keys.")
    ] = None,
    price_list: PriceListOption = None,
    location: LocationOption = None,
    channel: Annotated[
        str | None, typer.Option(help="Channel that a Shopify file's Published is about.")
    ] = None,
) -> None:
    """Export all products: our JSON Lines with everything, or Shopify's product CSV.

    Imported where it came from, an export changes nothing. Without --output it is written to
    standard output.
    """

    async def work(app: App) -> tuple[int, dict[str, int]]:
        chosen = price_list or await only_price_list(app)
        if format_name is ExportFormat.SHOPIFY and chosen is None:
            fail("A Shopify file holds one price list.", cure="Name it: --price-list usd.")
        with written(output) as stream:
            if format_name is ExportFormat.JSONL:
                return await _write_jsonl(app, stream, media), {}
            async with app.db.reading() as tx:
                names = {c.path: c.name for c in await catalog.list_categories(tx)}
            writer = ShopifyWriter(
                stream,
                price_list=str(chosen),
                location=location,
                channel=channel,
                category_names=names,
            )
            return await _write_shopify(app, writer, media)

    count, left_out = run(work)
    if choices.get().json and output:
        as_json({"products": count, "file": str(output), "left_out": left_out})
        return
    errors.print(f"{count} products written{f' to {escape(str(output))}' if output else ''}.")
    for what, times in left_out.items():
        errors.print(
            f"[yellow]Left out, as Shopify's format has no place for it:[/] {what} ({times})"
        )


@contextmanager
def written(output: Path | None) -> Iterator[IO[str]]:
    """A text stream; a file appears under its name only when it is whole."""
    if output is None:
        yield sys.stdout
        return
    if not output.parent.is_dir():
        fail(f"There is no folder {output.parent}.", cure="Make it, or name another file.")
    if output.is_dir():
        fail(f"{output} is a folder.", cure=f"Name a file in it: {output / 'products.jsonl'}.")
    part = output.with_name(f".{output.name}.part")
    try:
        raw = part.open("wb")
    except OSError as error:
        fail(f"{output} cannot be written: {error.strerror}.", cure="Name another file.")
    try:
        with ExitStack() as stack:
            binary: Any = stack.enter_context(raw)
            if output.suffix == ".gz":
                binary = stack.enter_context(gzip.GzipFile("", "wb", 9, raw, 0))
            yield stack.enter_context(TextIOWrapper(binary, "utf-8", newline=""))
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)


async def _write_jsonl(app: App, stream: IO[str], media: Path | None) -> int:
    count = 0
    async for record in _with_media(app, media):
        stream.write(msgspec.json.encode(record).decode() + "\n")
        count += record["kind"] == "product"
    return count


async def _write_shopify(
    app: App, writer: ShopifyWriter, media: Path | None
) -> tuple[int, dict[str, int]]:
    count = 0
    async for record in _with_media(app, media):
        if record["kind"] == "product":
            writer.write(record)
            count += 1
    return count, writer.left_out


async def _with_media(app: App, folder: Path | None) -> AsyncIterator[dict[str, Any]]:
    """The records; their photographs are copied into the folder on the way."""
    copied: set[str] = set()
    async for record in export_products(app.db):
        if folder:
            for entry in record.get("media", []):
                if entry["key"] not in copied:
                    copied.add(entry["key"])
                    await _copy(app.storage, entry["key"], folder)
        yield record


async def _copy(storage: Storage, key: str, folder: Path) -> None:
    content = await storage.read(key)
    if content is not None:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread((folder / key).write_bytes, content)
