"""A circuit breaker: stop asking who does not answer, and find out gently when it does again.

              failures >= ratio of a minimum volume in the window,
              or as many calls as that volume failed one after the other
    closed ---------------------------------------------------------> open
      ^                                                                |
      |  enough probes in a row succeed                                | after the pause
      +------------------------------- half-open <---------------------+
                                           |  one probe fails: open, the pause doubles
                                           +--------------------------------------------> open

Half-open lets a few probes through and refuses the rest. A person can hold it open or closed.
The library we looked at (purgatory) opens after N failures in a row, lets everybody through when
half-open, and knows neither a minimum volume nor a manual hold, which at a payment provider means
a breaker that never opens on half-broken days and a stampede on the first good second. The ratio
alone is not enough either: at peak the good calls of the last seconds outnumber for half a window
those that now wait for their time-out, and so long every shopper would wait with them.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Literal

import msgspec

BreakerState = Literal["closed", "open", "half_open"]


class BreakerRules(msgspec.Struct, frozen=True, kw_only=True):
    """When to open, for how long, and how to close again. Times are seconds."""

    window_s: float = 20.0
    minimum_calls: int = 8
    failure_ratio: float = 0.5
    pause_s: float = 5.0
    longest_pause_s: float = 60.0
    probes: int = 2
    successes_to_close: int = 3


class Breaker:
    """One breaker, for one operation of one provider, in one process."""

    def __init__(
        self,
        rules: BreakerRules | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        on_change: Callable[[BreakerState], None] | None = None,
    ) -> None:
        self.rules = rules or BreakerRules()
        self.held: BreakerState | None = None
        self._clock = clock
        self._on_change = on_change
        self._state: BreakerState = "closed"
        self._calls: deque[tuple[float, bool]] = deque(maxlen=1000)
        self._reopen_at = 0.0
        self._pause_s = self.rules.pause_s
        self._probing = 0
        self._good = 0

    @property
    def state(self) -> BreakerState:
        """What the next caller meets: `open` becomes `half_open` when the pause is over."""
        if self.held is not None:
            return self.held
        if self._state == "open" and self._clock() >= self._reopen_at:
            self._become("half_open")
        return self._state

    def hold(self, state: Literal["open", "closed"] | None) -> None:
        """Keep it open or closed until told otherwise; None gives it back to its rules."""
        self.held = state
        if state is None:
            self._become("closed")
        elif self._on_change:
            self._on_change(state)

    def allows(self) -> bool:
        """Whether a call may go out now. True must be followed by exactly one `report`."""
        state = self.state
        if state == "half_open" and self.held is None:
            if self._probing >= self.rules.probes:
                return False
            self._probing += 1
            return True
        return state == "closed"

    def report(self, succeeded: bool | None) -> None:
        """How an allowed call went; None when it said nothing about the provider (cancelled)."""
        if self._state == "half_open":
            self._probing = max(0, self._probing - 1)
            if succeeded is False:
                self._open(min(self._pause_s * 2, self.rules.longest_pause_s))
            elif succeeded:
                self._good += 1
                if self._good >= self.rules.successes_to_close:
                    self._become("closed")
            return
        if succeeded is None or self._state == "open":
            return
        now = self._clock()
        self._calls.append((now, succeeded))
        while self._calls[0][0] < now - self.rules.window_s:
            self._calls.popleft()
        failures = sum(not good for _, good in self._calls)
        if succeeded or len(self._calls) < self.rules.minimum_calls:
            return
        last = islice(reversed(self._calls), self.rules.minimum_calls)
        if failures >= self.rules.failure_ratio * len(self._calls) or not any(g for _, g in last):
            self._open(self.rules.pause_s)

    def _open(self, pause_s: float) -> None:
        self._pause_s = pause_s
        self._reopen_at = self._clock() + pause_s
        self._become("open")

    def _become(self, state: BreakerState) -> None:
        if state == self._state:
            return
        self._state = state
        self._probing = self._good = 0
        if state == "closed":
            self._calls.clear()
            self._pause_s = self.rules.pause_s
        if self._on_change and self.held is None:
            self._on_change(state)
