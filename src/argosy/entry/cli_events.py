"""`argosy events` and `argosy jobs`: what waits, what failed, and trying it again."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import typer
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver

from argosy.entry.terminal import as_json, choices, console, fail, run, show
from argosy.kernel.ids import decode, encode
from argosy.runtime import subscriptions
from argosy.runtime.job_schema import job_queries
from argosy.workflows.app import App

MOST_FAILED = 100_000

events = typer.Typer(help="Event subscriptions: lag, parked events, replay.", no_args_is_help=True)
jobs = typer.Typer(help="Background jobs that failed for good.", no_args_is_help=True)


@events.command("lag")
def lag() -> None:
    """How long the oldest unread event of each subscription has waited."""

    async def read(app: App) -> dict[str, float]:
        async with app.db.reading() as tx:
            return await subscriptions.lags(tx)

    rows = [{"subscription": name, "seconds": round(s, 1)} for name, s in run(read).items()]
    show(rows, columns=("subscription", "seconds"), title="Oldest unread event")


@events.command("parked")
def parked(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Newest entries to show.")] = 50,
) -> None:
    """Events on which a reaction failed, with the error."""

    async def read(app: App) -> list[dict[str, Any]]:
        async with app.db.reading() as tx:
            return await subscriptions.list_parked(tx, limit=limit)

    rows = [
        row | {"event": encode("event", row["event_id"]), "error": row["error"].splitlines()[-1]}
        for row in run(read)
    ]
    show(
        rows, columns=("subscription", "event", "type", "subject", "tries", "next_try_at", "error")
    )


@events.command("replay")
def replay(
    subscription: Annotated[str, typer.Argument(help="Name of the reaction that failed on it.")],
    event: Annotated[str, typer.Argument(help="Id of the event, evt_...")],
) -> None:
    """Try a parked event again now: SUBSCRIPTION and EVENT as `events parked` shows them."""

    async def again(app: App) -> bool:
        async with app.db.transaction() as tx:
            return await subscriptions.replay(tx, subscription, _event_id(event))

    if not run(again):
        fail(f"{subscription} has no parked event {event}.", cure="See `argosy events parked`.")
    console.print("It is due now; the worker takes it up within a second.")


def _event_id(text: str) -> UUID:
    return decode("event", text, field="event")


@jobs.command("failed")
def failed(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Newest entries to show.")] = 50,
) -> None:
    """Jobs that failed their last try, newest first."""

    async def read(app: App) -> list[dict[str, Any]]:
        queries = job_queries(AsyncpgPoolDriver(app.db.pool))
        return [
            {"id": int(job.id), "job": str(job.entrypoint), "tries": job.attempts}
            for job in await queries.list_failed_jobs(limit)
        ]

    show(run(read), columns=("id", "job", "tries"))


@jobs.command("requeue")
def requeue(
    ids: Annotated[list[int], typer.Argument(help="Ids of jobs, as `jobs failed` shows them.")],
) -> None:
    """Put failed jobs back into the queue."""

    async def again(app: App) -> list[int]:
        queries = job_queries(AsyncpgPoolDriver(app.db.pool))
        there = {int(job.id) for job in await queries.list_failed_jobs(MOST_FAILED)}
        missing = [job for job in ids if job not in there]
        if not missing:
            await queries.requeue_jobs(ids)  # type: ignore[arg-type]
        return missing

    missing = run(again)
    if missing:
        named = ", ".join(map(str, missing))
        fail(f"No failed job has the id {named}.", cure="See `argosy jobs failed`.")
    if choices.get().json:
        as_json({"requeued": ids})
    else:
        console.print(f"Queued again: {', '.join(map(str, ids))}.")
