"""Random histories of a small shop against a reference model of money and stock.

The model and its acts are argosy.drill.model; here Hypothesis chooses the acts, and makes a history
that fails as short as it can. ARGOSY_FAULTS_EXAMPLES and ARGOSY_FAULTS_STEPS make it longer, and
`argosy drill model` plays for minutes.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    multiple,
    rule,
    run_state_machine_as_test,
)

from argosy.drill.clock import MovableClock
from argosy.drill.model import FATES, MOVES, SECONDS, TOKENS, Bought, History, World
from argosy.runtime.db import Database
from tests.sandbox import API_KEY, Sandbox, webhook_receiver
from tests.workflows.till import open_till

EXAMPLES = int(os.environ.get("ARGOSY_FAULTS_EXAMPLES", "12"))
STEPS = int(os.environ.get("ARGOSY_FAULTS_STEPS", "20"))
PURCHASE = st.tuples(st.integers(1, 3), st.sampled_from(TOKENS), st.sampled_from(FATES))

T = TypeVar("T")


def histories(world: World, run: Callable[..., Any]) -> type[RuleBasedStateMachine]:
    """The state machine that plays in this world."""

    class Machine(RuleBasedStateMachine):
        bought = Bundle("bought")

        def __init__(self) -> None:
            super().__init__()
            self.history = History(world)

        @initialize(target=bought, wanted=st.lists(PURCHASE, min_size=3, max_size=3))
        def open_the_shop(self, wanted: list[tuple[int, str, str]]) -> Any:
            return multiple(*(run(self.history.buy(*one)) for one in wanted))

        @rule(target=bought, wanted=PURCHASE)
        def buy(self, wanted: tuple[int, str, str]) -> Bought:
            return run(self.history.buy(*wanted))

        @rule(one=bought)
        def its_call_arrives(self, one: Bought) -> None:
            run(self.history.its_call_arrives(one))

        @rule(one=bought)
        def send_again(self, one: Bought) -> None:
            run(self.history.send_again(one))

        @rule(one=bought, approve=st.booleans())
        def answer_the_challenge(self, one: Bought, approve: bool) -> None:
            run(self.history.answer_the_challenge(one, approve))

        @rule(one=bought, kinds=st.sampled_from(MOVES), minor=st.none() | st.integers(1, 900))
        def move(self, one: Bought, kinds: tuple[str, ...], minor: int | None) -> None:
            run(self.history.move(one, kinds, minor))

        @rule(one=bought)
        def cancel(self, one: Bought) -> None:
            run(self.history.cancel(one))

        @rule(units=st.integers(-3, 6))
        def correct_stock(self, units: int) -> None:
            run(self.history.correct_stock(units))

        @rule(off_by=st.integers(-3, 6))
        def count_stock(self, off_by: int) -> None:
            run(self.history.count_stock(off_by))

        @rule(one=bought)
        def an_invoice_beside_it(self, one: Bought) -> None:
            run(self.history.an_invoice_beside_it(one))

        @rule(name=st.integers(1, 40))
        def open_an_account(self, name: int) -> None:
            run(self.history.open_an_account(name))

        @rule(seed=st.integers(0, 1000), copies=st.integers(1, 3))
        def webhooks_arrive(self, seed: int, copies: int) -> None:
            run(self.history.webhooks_arrive(seed, copies))

        @rule(seconds=st.sampled_from(SECONDS))
        def time_goes_on(self, seconds: int) -> None:
            run(self.history.time_goes_on(seconds))

        @rule(days=st.sampled_from([0.4, 1.2, 3.1]))
        def days_go_on(self, days: float) -> None:
            run(self.history.days_go_on(days))

        @rule(touches=st.integers(1, 12))
        def worker_dies(self, touches: int) -> None:
            run(self.history.worker_dies(touches))

        @rule()
        def workers_run(self) -> None:
            run(self.history.workers_run())

        def teardown(self) -> None:
            found = run(self.history.end())
            assert found == [], found

    return Machine


def test_random_histories(
    database_url: str, clock: MovableClock, tmp_path: Path, own_sandbox_url: str
) -> None:
    async def opened(stack: AsyncExitStack) -> World:
        db = await Database.open(database_url, clock=clock, min_size=1, max_size=10)
        stack.push_async_callback(db.close)
        till = await stack.enter_async_context(
            open_till(db, database_url, clock, tmp_path, own_sandbox_url)
        )
        headers = {"authorization": f"Bearer {API_KEY}"}
        http = await stack.enter_async_context(
            httpx.AsyncClient(base_url=own_sandbox_url, headers=headers, timeout=15)
        )
        address, mail = await stack.enter_async_context(webhook_receiver())
        world = World(till, Sandbox(own_sandbox_url, http), clock, mail)
        await world.open(address)
        return world

    with asyncio.Runner() as runner:

        def run(work: Awaitable[T]) -> T:
            assert isinstance(work, Coroutine)
            result: T = runner.run(work)
            return result

        stack = AsyncExitStack()
        world = run(opened(stack))
        run_state_machine_as_test(
            histories(world, run),
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                print_blob=True,
            ),
        )
        run(stack.aclose())
