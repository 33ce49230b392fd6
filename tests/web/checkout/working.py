"""The worker in small: what was announced is heard, what was asked for is done."""

from __future__ import annotations

import asyncio

import msgspec

from argosy.modules import customers
from argosy.runtime.statements import Statement
from argosy.runtime.subscriptions import deliver, register
from argosy.workflows.app import App
from argosy.workflows.forgetting import ForgetPerson
from argosy.workflows.mailing import SendProof
from argosy.workflows.reactions import JOBS, subscriptions

_KINDS = (ForgetPerson, SendProof, customers.IssueReset)
_TAKE = Statement(
    "test",
    "many",
    "delete from jobs.pgqueuer where entrypoint = any($1) returning entrypoint, payload",
    "test",
)
_UNHEARD = """
select exists (
  select from runtime.outbox o join runtime.subscription s on (o.xid, o.id) > (s.xid, s.id)
  where s.name in ('ask_for_mail', 'ask_to_forget'))
"""


async def listen(app: App) -> None:
    """Begin to hear about people, as a worker does at its start."""
    await register(app.db, _about_people(app))


async def work(app: App) -> int:
    """Hear what was announced about people, and do the jobs, due or not; how many there were.

    An event is heard once no older transaction runs on the server, those of other tests included.
    """
    async with asyncio.timeout(30):
        while await app.db.pool.fetchval(_UNHEARD):
            for subscription in _about_people(app):
                await deliver(app.db, subscription)
            await asyncio.sleep(0.02)
    kinds = {kind.NAME: kind for kind in _KINDS}
    async with app.db.transaction() as tx:
        jobs = await tx.many(_TAKE, list(kinds))
    for job in jobs:
        kind = kinds[job["entrypoint"]]
        _, command = msgspec.json.decode(job["payload"], type=tuple[str | None, kind])
        for _ in range(2):  # a job may run twice
            await JOBS[kind](app, command)
    return len(jobs)


def _about_people(app: App) -> list:
    return [s for s in subscriptions(app) if s.name in {"ask_for_mail", "ask_to_forget"}]
