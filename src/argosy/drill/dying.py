"""The end of a server or a worker in the middle of its work, without a process of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import msgspec

from argosy.drill.till import Till
from argosy.modules.payments import Gateway, Operation, Outcome
from argosy.modules.payments.ports import Vault
from argosy.runtime.db import Tx
from argosy.runtime.subscriptions import Delivered, Subscription
from argosy.workflows.app import App


class ServerDied(BaseException):
    """Stands for the end of the process: nothing catches it."""


class DyingAround:
    """A gateway at whose call the process ends: before it is made, or before its answer is read."""

    def __init__(self, real: Gateway, asked: bool) -> None:
        self._real = real
        self._asked = asked
        self._sent: Operation | None = None
        if isinstance(real, Vault):
            # Written out: from Python 3.12 on, what __getattr__ gives is not seen by isinstance.
            self.kept, self.forget = real.kept, real.forget

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


class Fuse:
    """The process ends at its n-th touch of the world; what is dead stays dead."""

    def __init__(self, touches: int) -> None:
        self._left = touches

    def burn(self) -> None:
        """One touch. Raises ServerDied."""
        self._left -= 1
        if self._left <= 0:
            raise ServerDied


CALLS = frozenset({"authorise", "capture", "void", "refund", "abandon", "lookup", "facts"})


class DyingBeside:
    """A gateway whose calls burn the fuse, before and after."""

    def __init__(self, real: Gateway, fuse: Fuse) -> None:
        self._real = real
        self._fuse = fuse

    def __getattr__(self, name: str) -> object:
        real: Any = getattr(self._real, name)
        if name not in CALLS:
            return real

        async def call(*args: Any) -> Any:
            self._fuse.burn()
            answer = await real(*args)
            self._fuse.burn()
            return answer

        return call


def dying_worker(
    app: App, reactions: Sequence[Subscription], touches: int
) -> tuple[App, list[Subscription]]:
    """The app and its reactions for a worker that dies (raising ServerDied) at its n-th touch: a
    call of a provider, its answer, or an effect that is not committed yet.
    """
    fuse = Fuse(touches)

    def mortal(one: Subscription) -> Subscription:
        async def handle(tx: Tx, events: Sequence[Delivered]) -> None:
            await one.handle(tx, events)
            fuse.burn()

        return msgspec.structs.replace(one, handle=handle)

    gateways: Any = {name: DyingBeside(one, fuse) for name, one in app.gateways.items()}
    return dataclasses.replace(app, gateways=gateways), [mortal(one) for one in reactions]


def dying_app(till: Till, *, asked: bool) -> App:
    """The till's app, about to die (raising ServerDied) at the next card payment."""
    dying: Any = DyingAround(till.app.gateways["sandbox"], asked)
    return dataclasses.replace(till.app, gateways={"sandbox": dying})


async def call_arrives(dead: App) -> None:
    """What `dead` sent as it died reaches the provider only now; nobody waits for the answer."""
    gateway: Any = dead.gateways["sandbox"]
    await gateway.arrive()
