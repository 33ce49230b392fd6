"""The end of the process around a provider call, without a process of its own."""

from __future__ import annotations

import dataclasses
from typing import Any

from argosy.drill.till import Till
from argosy.modules.payments import Gateway, Operation, Outcome
from argosy.workflows.app import App


class ServerDied(BaseException):
    """Stands for the end of the process: nothing catches it."""


class DyingAround:
    """A gateway at whose call the process ends: before it is made, or before its answer is read."""

    def __init__(self, real: Gateway, asked: bool) -> None:
        self._real = real
        self._asked = asked
        self._sent: Operation | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    async def authorise(self, operation: Operation) -> Outcome:
        if self._asked:
            await self._real.authorise(operation)
        self._sent = operation
        raise ServerDied

    async def arrive(self) -> None:
        """The call that the process made as it died was under way until now."""
        assert self._sent is not None, "somebody died in it"
        await self._real.authorise(self._sent)


def dying_app(till: Till, *, asked: bool) -> App:
    """The till's app, about to die (raising ServerDied) at the next card payment."""
    dying: Any = DyingAround(till.app.gateways["sandbox"], asked)
    return dataclasses.replace(till.app, gateways={"sandbox": dying})


async def call_arrives(dead: App) -> None:
    """What `dead` sent as it died reaches the provider only now; nobody waits for the answer."""
    gateway: Any = dead.gateways["sandbox"]
    await gateway.arrive()
