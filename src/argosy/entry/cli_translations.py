"""`argosy translations`: files for translators, and how far a language is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeVar, get_args

import msgspec
import typer
from rich.markup import escape

from argosy.adapters.tabular.translations import TranslationCsv, write_translations
from argosy.adapters.tabular.xliff import TranslationXliff, Version, write_xliff
from argosy.entry.cli_catalog import written
from argosy.entry.file_reports import report_import
from argosy.entry.terminal import as_json, choices, errors, run, show
from argosy.modules import translations
from argosy.modules.translations import SourceLocaleUnknown
from argosy.workflows.app import App
from argosy.workflows.translating import KINDS, Completeness, Status, report
from argosy.workflows.translation_files import FileReport, State, Taking, export_file, take_file

COUNTS = ("created", "changed", "unchanged", "empty", "stale", "failed")
Format = Literal["csv", "xliff", "xliff2"]
_VERSIONS: dict[str, Version] = {"xliff": "1.2", "xliff2": "2.0"}

_STATUSES: tuple[Status, ...] = get_args(Status)

app = typer.Typer(no_args_is_help=True, help="Files for translators, and how far a language is.")
T = TypeVar("T", bound=str)


@app.command("export")
def export_command(
    locale: Annotated[str, typer.Argument(help="The language: de or de-AT.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; .gz packs it.")
    ] = None,
    form: Annotated[
        Format, typer.Option("--format", help="csv, xliff (1.2) or xliff2 (2.0).")
    ] = "csv",
    status: Annotated[
        list[str] | None,
        typer.Option(help="Only texts that are missing, stale, draft or current; repeatable."),
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help="Only texts of products, categories ...; repeatable.")
    ] = None,
) -> None:
    """Export texts with their translations into one language.

    Imported where it came from, an export changes nothing. Without --output it is written to
    standard output.
    """

    async def work(shop: App) -> tuple[int, int]:
        async with shop.db.reading() as tx:
            source_locale = await translations.source_locale(tx)
        if form != "csv" and source_locale is None:
            raise SourceLocaleUnknown("Nobody told in which language the catalogue is written.")
        rows = [
            row
            async for row in export_file(
                shop.db,
                locale,
                kinds=_chosen(kind, KINDS, "--kind"),
                statuses=_chosen(status, _STATUSES, "--status"),
            )
        ]
        left_out = 0
        with written(output) as stream:
            if form == "csv":
                write_translations(stream, rows)
            else:
                left_out = write_xliff(
                    stream,
                    rows,
                    version=_VERSIONS[form],
                    source_locale=source_locale or "",
                    locale=locale,
                )
        return len(rows) - left_out, left_out

    count, left_out = run(work)
    if choices.get().json and output:
        as_json({"texts": count, "left_out": left_out, "file": str(output)})
        return
    errors.print(f"{count:,} texts written{f' to {escape(str(output))}' if output else ''}.")
    if left_out:
        errors.print(f"{left_out:,} hold characters that XML has not: export them as csv.")


@app.command("import")
def import_command(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="CSV or XLIFF; may be .gz.")
    ],
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without, it is planned.")] = False,
    state: Annotated[
        State, typer.Option(help="Whether they are approved: as the file says, or all the same.")
    ] = "file",
    broken: Annotated[
        bool, typer.Option("--accept-broken", help="Also with other markup than the text has.")
    ] = False,
) -> None:
    """Import translations from a file: XLIFF 1.2 or 2.0 (.xlf, .xliff, .xml), else CSV.

    Without --apply nothing is changed: the report tells what would be. Translations of an older
    text are kept as stale; those that lose or gain markup or placeholders, and those of texts that
    do not exist, are reported and not taken. The same file again changes nothing. Ends with code 1
    if a row was not taken.
    """
    source = TranslationCsv(file) if _is_csv(file) else TranslationXliff(file)

    async def work(shop: App) -> FileReport:
        return await take_file(shop.db, source, Taking(state=state, broken=broken), apply=apply)

    note = "" if apply else "Nothing was changed. Repeat with --apply."
    report_import(run(work), file, COUNTS, note)


def _is_csv(file: Path) -> bool:
    name = file.name.lower().removesuffix(".gz")
    return not name.endswith((".xlf", ".xliff", ".xml"))


def _chosen(given: list[str] | None, known: Sequence[T], option: str) -> Sequence[T]:
    if not given:
        return known
    for one in given:
        if one not in known:
            raise typer.BadParameter(f"{one!r} is none of {', '.join(known)}.", param_hint=option)
    return [one for one in known if one in given]


@app.command("report")
def report_command(
    locale: Annotated[str, typer.Argument(help="The language: de or de-AT.")],
) -> None:
    """Tell how far the catalogue is translated into a language, by kind of text."""

    async def work(shop: App) -> list[Completeness]:
        return await report(shop.db, locale)

    found = run(work)
    if choices.get().json:
        as_json(found)
        return
    columns = ("kind", "texts", "current", "draft", "stale", "missing")
    show([msgspec.to_builtins(one) for one in found], columns=columns, title=f"Into {locale}")
