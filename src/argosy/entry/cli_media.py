"""`argosy media`: renditions, what a clean-up frees, and moving to another storage."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from argosy.adapters.storage import storage_named
from argosy.entry.terminal import as_json, choices, console, fail, run, settings, show
from argosy.modules import media
from argosy.modules.media import Asset, Progress, Tally
from argosy.workflows import media_cleaning, media_moving, media_unshown, renditions
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


class Target(StrEnum):
    """What can be moved to."""

    FILES = "files"
    S3 = "s3"


@app.command("clean")
def clean(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what would be deleted.")
    ] = False,
    unshown: Annotated[
        bool,
        typer.Option(
            "--unshown",
            help="Delete entries of the library that nothing shows since the time of grace, too.",
        ),
    ] = False,
) -> None:
    """Delete files that nothing names any more since the time of grace (ARGOSY_MEDIA_GRACE_DAYS).

    The worker does so once a day, but for `--unshown`. May be broken off and repeated.
    """

    async def work(shop: App) -> tuple[int, Tally, media_cleaning.Freed]:
        entries = await media_unshown.delete_unshown(shop, dry_run=dry_run) if unshown else 0
        found = await media_cleaning.look_through(shop)
        return entries, found, await media_cleaning.clean(shop, dry_run=dry_run)

    entries, found, freed = run(work)
    if choices.get().json:
        figures = {"entries": entries, **msgspec.to_builtins(freed), "dry_run": dry_run}
        as_json({**figures, "looked": msgspec.to_builtins(found)})
        return
    would = "would be" if dry_run else "are"
    if unshown:
        console.print(f"{entries:,} entries that nothing shows {would} deleted.")
    console.print(
        f"{freed.files:,} files with {freed.renditions:,} renditions and {freed.strays:,} strays "
        f"{would} deleted: {_mib(freed.bytes)}."
    )
    waiting = found.unused - found.due
    if waiting > 0:
        console.print(
            f"{waiting:,} more are named by nothing and kept until the time of grace is over."
        )


@app.command("where")
def where() -> None:
    """Where files lie, what they take, and what a clean-up would free, as of the last look."""

    async def read(shop: App) -> dict[str, Any]:
        async with shop.db.reading() as tx:
            found, moving = await media.tally(tx), await media.latest_move(tx)
        return {
            "storage": shop.settings.media_storage,
            "also_read": shop.settings.media_also_read,
            "looked": msgspec.to_builtins(found),
            "move": msgspec.to_builtins(moving),
        }

    found = run(read)
    if choices.get().json:
        as_json(found)
        return
    also = f", read from {found['also_read']} too" if found["also_read"] else ""
    console.print(f"Files are kept in {found['storage']}{also}.")
    if found["looked"] is None:
        console.print("Nobody has looked through them yet: `argosy media clean --dry-run` does.")
        return
    show(
        [found["looked"]],
        columns=("files", "bytes", "renditions", "rendition_bytes", "due", "due_bytes"),
        title=f"As of {found['looked']['counted_at']}",
    )


@app.command("move")
def move(
    to: Annotated[Target, typer.Option(help="The storage to move to, which must be in use.")],
    remove: Annotated[
        bool,
        typer.Option("--remove", help="Delete each file in the old storage when it is compared."),
    ] = False,
) -> None:
    """Bring all files to another storage, comparing each by its hash. May be broken off at any
    point and repeated: it goes on where it was.

    Before: set ARGOSY_MEDIA_STORAGE to the new storage and ARGOSY_MEDIA_ALSO_READ to the old one,
    and restart all servers and workers, so that new files go to the new one and none is missed.
    """
    configured = settings()
    old: Literal["files", "s3"] = "files" if to is Target.S3 else "s3"
    if configured.media_storage != to or configured.media_also_read != old:
        fail(
            f"The shop does not write to {to} and read {old} yet.",
            cure=f"Set ARGOSY_MEDIA_STORAGE={to} and ARGOSY_MEDIA_ALSO_READ={old}, restart all "
            "servers and workers, and repeat.",
        )

    async def work(shop: App) -> media_moving.Moved:
        home = Path(shop.settings.home).absolute()  # noqa: ASYNC240 - asks for a name, no disk
        new = storage_named(shop.settings, home, to.value)
        columns = (TextColumn("{task.description}"), TextColumn("{task.fields[done]}"))
        with Bars(*columns, console=console, disable=choices.get().json) as bars:
            step = bars.add_task("Moving", total=None, done="")
            return await media_moving.move_files(
                shop.db,
                storage_named(shop.settings, home, old),
                new,
                remove=remove,
                progress=lambda moved: bars.update(
                    step, done=f"{moved.files:,} files, {_mib(moved.bytes)}"
                ),
            )

    moved = run(work)
    if choices.get().json:
        as_json(moved)
    else:
        if moved.resumed_after:
            console.print(f"Went on behind {moved.resumed_after}.")
        console.print(
            f"{moved.files:,} files ({_mib(moved.bytes)}) are in {to} now; {moved.there:,} of them "
            "were there already."
        )
        if not moved.damaged:
            console.print("Unset ARGOSY_MEDIA_ALSO_READ now and restart.")
    if moved.damaged:
        fail(
            f"{len(moved.damaged):,} files are damaged where they were and stay there: "
            f"{media_moving.damaged_said(moved.damaged)}.",
            cure="Upload them again, or take them from a backup; then repeat.",
        )


def _mib(size: int) -> str:
    return f"{size / 1024**2:,.1f} MiB"
