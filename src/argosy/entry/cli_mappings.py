"""`argosy mappings`: what the columns of files of any shape mean, saved as data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import msgspec
import typer
from rich.markup import escape

from argosy.adapters.tabular import MappedTable, open_table
from argosy.entry.terminal import as_json, choices, console, fail, run, show
from argosy.modules import mappings
from argosy.modules.mappings import Mapping, SavedMapping
from argosy.workflows.app import App
from argosy.workflows.mapped_imports import (
    PreviewRecord,
    TableHead,
    document_of,
    head_of_table,
    preview_of,
)

app = typer.Typer(no_args_is_help=True, help="What the columns of files of any shape mean.")

SHOWN = 100
AUTHOR = "command line"
_Code = Annotated[str, typer.Argument(help="The code of the mapping.")]
_File = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="A CSV, XLSX or JSON Lines file.")
]


@app.command("list")
def list_command() -> None:
    """All saved mappings."""

    async def work(shop: App) -> list[SavedMapping]:
        async with shop.db.reading() as tx:
            return await mappings.list_mappings(tx, limit=SHOWN)

    rows = [
        {"code": m.code, "name": m.name, "version": m.version, "rules": len(m.document.rules)}
        for m in run(work)
    ]
    show(rows, columns=("code", "name", "version", "rules"), title="Mappings")


@app.command("show")
def show_command(
    code: _Code,
    version: Annotated[int | None, typer.Option(help="An earlier version.")] = None,
) -> None:
    """A mapping as JSON, to be edited and saved again."""

    async def work(shop: App) -> SavedMapping:
        async with shop.db.reading() as tx:
            return await mappings.mapping_by_code(tx, code, version=version)

    as_json(msgspec.to_builtins(run(work).document))


@app.command("save")
def save_command(
    code: _Code,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The mapping as JSON.")],
    name: Annotated[str | None, typer.Option(help="What people call it.")] = None,
) -> None:
    """Save a mapping, or a new version of it. The same again changes nothing."""
    document = _document(file)

    async def work(shop: App) -> SavedMapping:
        async with shop.db.transaction() as tx:
            try:
                known = await mappings.mapping_by_code(tx, code)
            except mappings.MappingNotFound:
                return await mappings.create_mapping(
                    tx, code=code, name=name or code, document=document, author=AUTHOR
                )
            _, saved = await mappings.replace_mapping(
                tx, code, name=name or known.name, document=document, author=AUTHOR
            )
            return saved

    saved = run(work)
    if choices.get().json:
        as_json({"code": saved.code, "version": saved.version})
    else:
        console.print(f"{escape(saved.code)} is in version {saved.version}.")


@app.command("delete")
def delete_command(code: _Code) -> None:
    """Remove a mapping with all its versions."""

    async def work(shop: App) -> None:
        async with shop.db.transaction() as tx:
            await mappings.delete_mapping(tx, code)

    run(work)
    if not choices.get().json:
        console.print(f"{escape(code)} is removed.")


@app.command("suggest")
def suggest_command(  # noqa: PLR0917 - the options of a command
    file: _File,
    price_list: Annotated[
        str | None, typer.Option(help="Price list that its prices belong to.")
    ] = None,
    location: Annotated[
        str | None, typer.Option(help="Location that its stock belongs to.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook.")] = None,
    header_row: Annotated[int, typer.Option(min=1, max=100, help="Row with the names.")] = 1,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write a mapping to begin with.")
    ] = None,
) -> None:
    """What the columns of a file may be, by their names."""

    async def work(shop: App) -> TableHead:
        table = open_table(file, sheet=sheet, header_row=header_row)
        return await head_of_table(shop, table, price_list=price_list, location=location)

    head = run(work)
    rows = [
        {
            "column": one.column,
            "field": one.field or "",
            "confidence": one.confidence,
            "reason": one.reason,
            "first": next((r[one.column] for r in head.rows if r.get(one.column)), "")[:40],
        }
        for one in head.suggestions
    ]
    show(rows, columns=("column", "field", "confidence", "reason", "first"), title=file.name)
    if output is not None:
        made = msgspec.structs.replace(
            document_of(head.suggestions), sheet=sheet, header_row=header_row
        )
        output.write_bytes(msgspec.json.format(msgspec.json.encode(made)) + b"\n")


@app.command("preview")
def preview_command(
    file: _File,
    mapping: Annotated[
        str, typer.Option("--mapping", help="Code of a saved mapping, or a file with one.")
    ],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many products.")] = 5,
) -> None:
    """What a mapping makes of the first products of a file. Ends with code 1 when something in
    them is refused.
    """

    async def work(shop: App) -> list[PreviewRecord]:
        return preview_of(MappedTable(file, await document_named(shop, mapping)), limit=limit)

    made = run(work)
    if choices.get().json:
        as_json([msgspec.to_builtins(one) for one in made])
    else:
        for one in made:
            console.print(f"[bold]{one.row}[/]")
            console.print_json(msgspec.json.encode(one.record).decode())
            for fault in one.faults:
                console.print(f"    [red]{fault.row} {escape(fault.column)}: "
                              f"{escape(fault.message)}[/]")  # fmt: skip
    if any(one.faults for one in made):
        raise typer.Exit(1)


async def document_named(shop: App, named: str) -> Mapping:
    """A mapping by its code, or from a file whose name ends in .json. Raises MappingNotFound."""
    if named.endswith(".json"):
        return _document(Path(named))
    async with shop.db.reading() as tx:
        return (await mappings.mapping_by_code(tx, named)).document


def _document(file: Path) -> Mapping:
    try:
        found = msgspec.json.decode(file.read_bytes(), type=Mapping)
    except (OSError, msgspec.DecodeError) as error:
        _refuse(file, error)
    mappings.check(found)
    return found


def _refuse(file: Path, error: Exception) -> NoReturn:
    fail(f"{file} is no mapping: {error}.", code="mappings.invalid")
