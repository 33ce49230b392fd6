"""`argosy drill`: a shop of real processes is hurt on purpose, and must be whole afterwards."""

from __future__ import annotations

import asyncio
import logging
import random
import shutil
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import structlog
import typer
from rich.table import Table

from argosy.drill.crash import crash
from argosy.drill.model import model
from argosy.drill.report import Report, Say
from argosy.drill.shop import LEASE_S, running_shop, temporary_home
from argosy.drill.storms import STORMS
from argosy.drill.story import Moment, Story, order_no_pay, paid_no_order
from argosy.entry.terminal import as_json, choices, console, fail, settings
from argosy.entry.wiring import running_app

STORIES = {"paid-no-order": paid_no_order, "order-no-pay": order_no_pay}
DRILLS = ("crash", "rush", "same-place", "model", "psp", "postgres", "worker")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("drill", rich_help_panel="Operations")(drill)


def drill(
    which: Annotated[
        str,
        typer.Argument(
            help=f"One of {', '.join(DRILLS)}; or a story: {', '.join(STORIES)}; or `all` drills."
        ),
    ] = "all",
    *,
    seed: Annotated[
        int | None, typer.Option(help="Chance of the drills; a new one unless given.")
    ] = None,
    duration: Annotated[
        float, typer.Option(min=1, help="Seconds for each drill; some need more to end.")
    ] = 20.0,
    only: Annotated[str, typer.Option(help="With `all`: these alone, by comma.")] = "",
    history: Annotated[
        int | None, typer.Option(help="With `model`: play just the history of this seed.")
    ] = None,
    lease: Annotated[
        float, typer.Option(min=1, help="With a story: seconds of a lease (in a shop, 30).")
    ] = LEASE_S,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Hurt a shop on purpose, and check that nothing is lost, doubled or oversold.

    The shop is made for it, with a PostgreSQL, a server, a worker and a sandbox payment provider of
    its own in a temporary folder; yours is not touched. Exit code 1 when a violation was found: the
    report says how to repeat it.
    """
    if settings().env == "production":
        fail("Drills do not run in production.", cure="Run them on another machine.")
    as_document = json or choices.get().json
    if which in STORIES:
        _tell_story(which, lease, as_document=as_document)
        return
    wanted = [which] if which != "all" else [one for one in only.split(",") if one] or list(DRILLS)
    unknown = sorted(set(wanted) - set(DRILLS))
    if unknown:
        fail(f"Unknown: {', '.join(unknown)}.", cure=f"Drills: {', '.join((*DRILLS, *STORIES))}.")
    chosen = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    reports = [_run(name, chosen, duration, history, quiet=as_document) for name in wanted]
    if as_document:
        as_json(reports)
    else:
        for one in reports:
            _show(one)
    if any(one.violations for one in reports):
        raise typer.Exit(1)


def _run(name: str, seed: int, duration: float, history: int | None, *, quiet: bool) -> Report:
    report = Report(drill=name, seed=seed)
    started = time.monotonic()

    async def work(home: Path, say: Say) -> None:
        if name == "crash":
            await crash(running_app, home, report, duration, say)
        elif name == "model":
            await model(running_app, home, report, duration, say, only=history)
        else:
            async with running_shop(running_app, home) as shop:
                await STORMS[name](shop, report, duration, say)
                report.violations += await shop.rest()
                await report.close(shop.till.app)

    _in_a_home(work, f"drill {name}", quiet=quiet)
    report.seconds = round(time.monotonic() - started, 1)
    report.violations = list(dict.fromkeys(report.violations))
    report.again = f"argosy drill {name} --seed {seed} --duration {duration:g}"
    if history is not None:
        report.again = f"argosy drill {name} --history {history}"
    return report


def _in_a_home(work: Callable[[Path, Say], Awaitable[None]], title: str, *, quiet: bool) -> None:
    home = temporary_home()
    started = time.monotonic()
    try:
        with _silence(), _progress(title, quiet=quiet) as say:
            asyncio.run(_awaited(work(home, say)))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    if not quiet:
        console.print(f"[dim]{title}: {time.monotonic() - started:.0f} s[/]")


@contextmanager
def _silence() -> Iterator[None]:
    """No log lines of ours: most would tell of connections that are cut on purpose."""
    before = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        structlog.configure(wrapper_class=before)


async def _awaited(work: Awaitable[None]) -> None:
    await work


@contextmanager
def _progress(title: str, *, quiet: bool) -> Iterator[Say]:
    if quiet:
        yield lambda _: None
        return
    with console.status(f"{title}: starting the shop") as status:
        yield lambda line: status.update(f"{title}: {line}")


def _show(report: Report) -> None:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0), title_justify="left")
    table.title = f"[bold]{report.drill}[/] (seed {report.seed}, {report.seconds:.0f} s)"
    table.add_column("what", max_width=58)
    table.add_column("how often", justify="right")
    for name, count in report.did.items():
        table.add_row(name, f"{count:,}")
    table.add_row("[bold]checked[/]", "")
    for name, count in report.checked.items():
        table.add_row(name, f"{count:,}")
    console.print(table)
    if not report.violations:
        console.print("[green]Nothing lost, nothing doubled, nothing left open.[/]\n")
        return
    console.print(f"[bold red]{len(report.violations)} violations[/]")
    for one in report.violations[:20]:
        console.print(f"  {one}", markup=False)
    for detail in report.details if report.drill == "model" else []:
        console.print(f"  {detail}", markup=False)
    console.print(f"Repeat it: [bold]{report.again}[/]\n")


# --- stories -----------------------------------------------------------------------------------

_OF_WHOM = {
    "shopper": "cyan", "server": "red", "provider": "magenta", "shop": "white",
    "worker": "green", "books": "yellow", "on call": "bold",
}  # fmt: skip


def _tell_story(which: str, lease: float, *, as_document: bool) -> None:
    told: list[Story] = []

    async def work(home: Path, say: Say) -> None:
        quick = {"ARGOSY_PLACING_LEASE_S": f"{lease:g}"}
        async with running_shop(
            running_app, home, stock=0, server_processes=1, settings=quick
        ) as shop:

            def note(moment: Moment) -> None:
                say(f"{moment.at:+.1f} s, {moment.who}")

            told.append(await STORIES[which](shop, note))

    _in_a_home(work, f"drill {which}", quiet=as_document)
    story = told[0]
    if as_document:
        as_json(story)
    else:
        _show_story(story)
    if story.violations:
        raise typer.Exit(1)


def _show_story(story: Story) -> None:
    console.print(
        f"\n[bold]{story.drill}[/]: seconds from the kill; a lease is {story.lease_s:g} s"
    )
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("s", justify="right", no_wrap=True)
    table.add_column("who", no_wrap=True)
    table.add_column("what", max_width=60)
    for moment in story.timeline:
        style = _OF_WHOM[moment.who]
        table.add_row(f"{moment.at:+.1f}", f"[{style}]{moment.who}[/]", moment.what)
    console.print(table)
    if story.violations:
        console.print("[bold red]Not held:[/] " + "; ".join(story.violations))
    else:
        console.print(f"[green]Held:[/] {story.held}.")
    console.print("In a shop of yours, look with:")
    for command in story.see:
        console.print(f"  {command}", markup=False, soft_wrap=True)
