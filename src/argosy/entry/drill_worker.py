"""`python -m argosy.entry.drill_worker`: the worker, counting the effects of its reactions."""

from __future__ import annotations

import asyncio

from argosy.drill.effects import counted
from argosy.entry.databases import database_for
from argosy.entry.terminal import settings
from argosy.entry.worker import run_worker

if __name__ == "__main__":
    configured = settings()
    with database_for(configured) as url:
        asyncio.run(run_worker(configured, url, companions=counted))
