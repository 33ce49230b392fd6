"""An import waits for the shop windows, and goes on without them when nobody keeps them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.workflows.test_product_import import a_shop, lines

from argosy.drill.clock import MovableClock
from argosy.modules import imports
from argosy.modules.imports import Plan, Windows
from argosy.runtime import subscriptions
from argosy.runtime.db import Database
from argosy.runtime.settings import load_settings
from argosy.runtime.subscriptions import Subscription
from argosy.workflows import product_applying, product_reverting, projecting
from argosy.workflows.app import App
from argosy.workflows.import_pace import windows_behind
from argosy.workflows.product_applying import apply_plan
from argosy.workflows.product_planning import PlanOptions, plan_products
from argosy.workflows.product_reverting import revert_plan

LISTEN = Subscription(
    projecting.note_changes.__name__, projecting.PROJECTION_EVENTS, projecting.note_changes
)
LAG_S = 100.0
"""By the movable clock: so much does not pass by itself."""


async def shown(app: App) -> int:
    """What a worker does, until nothing waits; how many products are shown by it."""
    done = 0
    while await windows_behind(app) > 0:
        await subscriptions.deliver(app.db, LISTEN)
        while count := await projecting.project_changed(app):
            done += count
        await asyncio.sleep(0)
    return done


@pytest.fixture
async def app(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.setattr(product_applying, "BATCH_ROWS", 1)
    monkeypatch.setattr(product_reverting, "BATCH_ROWS", 1)
    shop = await a_shop(db, tmp_path / "home")
    settings = load_settings(import_windows_lag_s=LAG_S, import_windows_wait_s=0.05)
    await subscriptions.register(db, [LISTEN])
    made = cast("App", SimpleNamespace(db=db, storage=shop.storage, settings=settings))
    await shown(made)
    return made


async def planned(app: App, tmp_path: Path, products: int) -> Plan:
    records: list[dict[str, Any]] = [
        {"kind": "product", "title": f"P{n}", "slug": f"p{n}", "status": "active",
         "publications": [{"channel": "us"}],
         "variants": [{"sku": f"P{n}", "prices": {"usd": [{"amount": "5.00"}]}}]}
        for n in range(products)
    ]  # fmt: skip
    return await plan_products(app, lines(tmp_path, *records), options=PlanOptions())


async def test_without_a_worker_it_gives_up_waiting_once_and_says_so(
    app: App, clock: MovableClock, tmp_path: Path
) -> None:
    plan = await planned(app, tmp_path, 4)
    told: list[Windows] = []

    def tick(_done: int, _total: int) -> None:
        clock.advance(seconds=LAG_S + 1)

    done = await apply_plan(app, plan.id, on_progress=tick, on_windows=told.append)
    assert (done.state, done.applied) == ("applied", 4)
    assert told == ["awaited", "behind"]
    assert (done.windows, done.awaited_ms >= 50) == ("behind", True)

    # Who takes it back begins where that ended, and waits again once the windows are current.
    assert await shown(app) == 4
    told.clear()
    taken = await revert_plan(app, plan.id, on_progress=tick, on_windows=told.append)
    assert (taken.state, taken.reverted) == ("reverted", 4)
    assert told == ["current", "awaited", "behind"]


async def test_with_a_worker_no_batch_is_written_while_the_windows_are_behind(
    app: App, clock: MovableClock, tmp_path: Path
) -> None:
    plan = await planned(app, tmp_path, 3)
    patient = load_settings(import_windows_lag_s=LAG_S, import_windows_wait_s=60)
    app = cast("App", SimpleNamespace(db=app.db, storage=app.storage, settings=patient))
    told: list[Windows] = []
    work: list[asyncio.Task[int]] = []

    def tick(_done: int, _total: int) -> None:
        clock.advance(seconds=LAG_S + 1)

    def waits(windows: Windows) -> None:
        told.append(windows)
        if windows == "awaited":
            work.append(asyncio.create_task(shown(app)))

    done = await apply_plan(app, plan.id, on_progress=tick, on_windows=waits)
    assert (done.state, done.applied, done.windows) == ("applied", 3, "current")
    assert told == ["awaited", "current"] * 2
    # Each batch was shown before the next, and the end of the import is not waited for.
    assert [await one for one in work] == [1, 1]
    assert await windows_behind(app) > LAG_S
    async with app.db.reading() as tx:
        assert (await imports.plan_by_id(tx, plan.id)).awaited_ms == done.awaited_ms > 0
