"""`argosy imports`: plan an import, look at it, apply it, take it back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from uuid import UUID

import msgspec
import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from argosy.adapters.storage import open_photographs
from argosy.adapters.tabular import MappedTable, open_products
from argosy.entry.cli_catalog import (
    DecimalSeparator,
    ImportFormat,
    LocationOption,
    PriceListOption,
    only_price_list,
)
from argosy.entry.cli_mappings import document_named
from argosy.entry.terminal import as_json, choices, console, errors, run, show
from argosy.kernel.ids import decode, encode
from argosy.modules import imports
from argosy.modules.catalog.ports import ProductSource
from argosy.modules.imports import Outlier, OutlierGroup, Plan, Row
from argosy.workflows.app import App
from argosy.workflows.product_applying import apply_plan
from argosy.workflows.product_planning import PlanOptions, plan_products
from argosy.workflows.product_reverting import revert_plan

app = typer.Typer(no_args_is_help=True, help="Imports that are planned, applied and taken back.")

_WAITS = {
    "current": "",
    "awaited": ", waiting for the shop windows",
    "behind": ", shop windows behind: is a worker running?",
}
SHOWN = 20
ROWS_AS_JSON = 10_000
_PLANNED = ("creates", "updates", "unchanged", "rejects", "warnings")
_DONE = ("applied", "same", "conflicts", "failed", "reverted", "kept")

PlanId = Annotated[str, typer.Argument(help="The plan, such as ipl_01m7y...")]
Overwrite = Annotated[
    bool, typer.Option(help="Also products that somebody has changed in the meantime.")
]
Seen = tuple[Plan, list[OutlierGroup], list[Row]]


MediaOption = Annotated[
    Path | None,
    typer.Option(exists=True, help="Folder or ZIP archive with the photographs it names."),
]
MappingOption = Annotated[
    str | None,
    typer.Option(help="Read a file of any shape by this mapping: its code, or a .json file."),
]
ChannelOption = Annotated[
    list[str] | None, typer.Option(help="Channel in which a file's published products are shown.")
]
SeparatorOption = Annotated[
    DecimalSeparator, typer.Option(help="Decimal separator of a CSV file's numbers.")
]
SkipOption = Annotated[
    bool, typer.Option(help="Leave out channels, price lists and locations that do not exist here.")
]
ReapplyOption = Annotated[
    bool, typer.Option(help="Look again at rows that were imported before and not changed.")
]
NormaliseOption = Annotated[
    bool, typer.Option(help="Put brands, colours, sizes and measures in the shop's own words.")
]
AbsentOption = Annotated[
    bool, typer.Option(help="The file is everything: archive products that it does not name.")
]


@app.command("plan")
def plan_command(  # noqa: PLR0917 - the options of a command
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The file; may be .gz.")
    ],
    format_name: Annotated[
        ImportFormat, typer.Option("--format", help="`auto` goes by the name of the file.")
    ] = ImportFormat.AUTO,
    mapping: MappingOption = None,
    media: MediaOption = None,
    price_list: PriceListOption = None,
    location: LocationOption = None,
    channel: ChannelOption = None,
    decimal_separator: SeparatorOption = DecimalSeparator.AUTO,
    skip_unknown: SkipOption = False,
    reapply: ReapplyOption = False,
    archive_absent: AbsentOption = False,
    normalise: NormaliseOption = False,
    price_percent: Annotated[
        int, typer.Option(min=0, help="A price that moves by more is an outlier.")
    ] = PlanOptions().price_percent,
    loss_percent: Annotated[
        int, typer.Option(min=0, help="More products than this that lose a value are outliers.")
    ] = PlanOptions().loss_percent,
) -> None:
    """Decide about every record of a file without changing anything.

    Ends with code 1 when a record cannot be taken or outliers block the plan.
    """
    given: dict[str, object] = {
        "price_list": price_list,
        "location": location,
        "channels": channel or [],
        "decimal_separator": decimal_separator.value,
    }
    options = PlanOptions(
        skip_unknown=skip_unknown,
        reapply=reapply,
        absent="archive" if archive_absent else "keep",
        normalise=normalise,
        price_percent=price_percent,
        loss_percent=loss_percent,
    )
    given["named"] = mapping
    plan, groups, rows = run(lambda shop: _planned(shop, file, format_name, media, given, options))
    _report(plan, groups, rows)
    if plan.state == "failed" or plan.rejects or groups:
        raise typer.Exit(1)


async def _planned(  # noqa: PLR0917 - what the command was given
    shop: App,
    file: Path,
    format_name: ImportFormat,
    media: Path | None,
    given: dict[str, object],
    options: PlanOptions,
) -> Seen:
    named = given.pop("named")
    if named:
        source: ProductSource = MappedTable(file, await document_named(shop, str(named)))
    else:
        chosen = given | {"price_list": given["price_list"] or await only_price_list(shop)}
        source = open_products(file, format_name.value, chosen)
    with _bar(f"Planning {file.name}") as (tick, _):
        plan = await plan_products(
            shop,
            source,
            photographs=open_photographs(media) if media else None,
            options=options,
            actor="command line",
            on_progress=tick,
        )
    return await _seen(shop, plan.id)


@app.command("list")
def list_command() -> None:
    """The newest plans."""

    async def work(shop: App) -> list[Plan]:
        async with shop.db.reading() as tx:
            return await imports.list_plans(tx, after=None, limit=SHOWN)

    fields = ("state", "file_name", "creates", "updates", "applied", "kept")
    rows = [
        {"id": encode("import_plan", p.id), **{f: getattr(p, f) for f in fields}} for p in run(work)
    ]
    show(rows, columns=("id", *fields), title="Import plans")


@app.command("show")
def show_command(
    plan_id: PlanId,
    outliers: Annotated[
        str | None, typer.Option(help="Show the outliers of this name in place of the rows.")
    ] = None,
) -> None:
    """A plan with what blocks it, its rows and their differences."""

    async def work(shop: App) -> tuple[Seen, list[tuple[int, Outlier]]]:
        found = _plan(plan_id)
        seen = await _seen(shop, found)
        listed: list[tuple[int, Outlier]] = []
        if outliers:
            async with shop.db.reading() as tx:
                listed = await imports.outliers_of(tx, found, outliers, limit=1_000)
        return seen, listed

    seen, listed = run(work)
    if outliers:
        told = [msgspec.to_builtins(outlier) for _, outlier in listed]
        show(told, columns=("line", "key", "path", "before", "after"), title=outliers)
    else:
        _report(*seen)


@app.command("acknowledge")
def acknowledge_command(
    plan_id: PlanId,
    names: Annotated[list[str], typer.Argument(help="Names of outliers that are right.")],
) -> None:
    """Say that outliers of these names are right, so that the plan can be applied."""

    async def work(shop: App) -> list[str]:
        async with shop.db.transaction() as tx:
            return await imports.acknowledge(tx, _plan(plan_id), names, actor="command line")

    done = run(work)
    if choices.get().json:
        as_json({"acknowledged": done})
    else:
        console.print(f"Acknowledged: {escape(', '.join(done)) or 'nothing new'}.")


@app.command("apply")
def apply_command(plan_id: PlanId, overwrite: Overwrite = False) -> None:
    """Do what a plan says; interrupted, it goes on where it was. Ends with code 1 when a row could
    not be applied, or its product was changed since and is left alone.
    """

    async def work(shop: App) -> Seen:
        with _bar("Applying") as (tick, waits):
            await apply_plan(
                shop,
                _plan(plan_id),
                overwrite=overwrite,
                on_progress=tick,
                on_windows=waits,
            )
        return await _seen(shop, _plan(plan_id), problems=True)

    plan, groups, rows = run(work)
    _report(plan, groups, rows)
    if plan.failed or plan.conflicts:
        raise typer.Exit(1)


@app.command("revert")
def revert_command(plan_id: PlanId, overwrite: Overwrite = False) -> None:
    """Put back everything that an import changed. Ends with code 1 when a product is left as it
    is, because somebody has changed or sold it since.
    """

    async def work(shop: App) -> Seen:
        with _bar("Reverting") as (tick, waits):
            await revert_plan(
                shop,
                _plan(plan_id),
                overwrite=overwrite,
                on_progress=tick,
                on_windows=waits,
            )
        return await _seen(shop, _plan(plan_id), problems=True)

    plan, groups, rows = run(work)
    _report(plan, groups, rows)
    if plan.kept:
        raise typer.Exit(1)


@app.command("discard")
def discard_command(plan_id: PlanId) -> None:
    """Never apply a plan."""

    async def work(shop: App) -> Plan:
        async with shop.db.transaction() as tx:
            return await imports.discard_plan(tx, _plan(plan_id))

    plan = run(work)
    if choices.get().json:
        as_json({"id": plan_id, "state": plan.state})
    else:
        console.print(f"{escape(plan_id)} is {plan.state}.")


def _plan(plan_id: str) -> UUID:
    return decode("import_plan", plan_id, field="plan_id")


async def _seen(shop: App, plan_id: UUID, *, problems: bool = False) -> Seen:
    """The plan, its outliers, and the first rows that say something."""
    wanted = ROWS_AS_JSON if choices.get().json else SHOWN
    kept: list[Row] = []
    after = -1
    async with shop.db.reading() as tx:
        plan = await imports.plan_by_id(tx, plan_id)
        groups = await imports.groups_of(tx, plan_id)
        while len(kept) < wanted:
            page = await imports.rows_of(tx, plan_id, after=after, limit=500)
            kept += [
                row
                for row in page
                if row.issues or ((row.changes or row.normalised) and not problems)
            ]
            if len(page) < 500:
                break
            after = page[-1].seq
    return plan, groups, kept[:wanted]


@contextmanager
def _bar(
    title: str,
) -> Iterator[tuple[Callable[[int, int | None], None], Callable[[imports.Windows], None]]]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=errors, disable=choices.get().json, transient=True) as bars:
        task = bars.add_task(escape(title), total=None)

        def tick(done: int, total: int | None) -> None:
            bars.update(task, completed=done, total=total)

        def waits(windows: imports.Windows) -> None:
            bars.update(task, description=escape(title) + _WAITS[windows])

        yield tick, waits


def _report(plan: Plan, groups: list[OutlierGroup], rows: list[Row]) -> None:
    counts = {field: getattr(plan, field) for field in (*_PLANNED, *_DONE)}
    plan_id = encode("import_plan", plan.id)
    if choices.get().json:
        told_of = ("state", "message", "windows", "awaited_ms")
        head = {"id": plan_id, **{field: getattr(plan, field) for field in told_of}, **counts}
        listed = [msgspec.to_builtins(row) for row in rows]
        as_json({**head, "outliers": [msgspec.to_builtins(g) for g in groups], "rows": listed})
        return
    for row in rows:
        state = row.decision if row.state in {"none", "planned"} else row.state
        console.print(f"[bold]{row.line}[/] {escape(row.key)}: {state}")
        for change in row.changes[:10]:
            console.print(f"    {escape(change.path)}: {_short(change.before)} -> "
                          f"{_short(change.after)}")  # fmt: skip
        for one in row.normalised:
            sign = "=>" if one.settled else "?>"
            console.print(f"    {escape(one.path)}: {_short(one.raw)} {sign} {_short(one.value)}")
        for issue in row.issues:
            colour = "red" if issue.severity == "error" else "yellow"
            console.print(f"    [{colour}]{escape(issue.column)} {escape(issue.message)}[/]")
    show([counts], columns=tuple(counts), title=f"Plan {plan_id}: {plan.state}")
    if plan.windows == "behind":
        console.print(
            "[yellow]The shop windows stayed behind, and the import did not wait for them any "
            "longer: is a worker running?[/]"
        )
    if groups:
        told = [msgspec.to_builtins(g) for g in groups]
        columns = ("name", "count", "total", "acknowledged_by")
        show(told, columns=columns, title="Outliers")
    if any(g.acknowledged_at is None for g in groups) and plan.state == "planned":
        console.print("It waits until these outliers are acknowledged by name.")
    if plan.state == "failed":
        errors.print(f"[bold red]Failed:[/] {escape(plan.message)}")


def _short(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return escape(text if len(text) <= 60 else text[:57] + "...")
