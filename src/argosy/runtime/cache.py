"""What a process remembers between requests, forgotten in every process when it changes.

An entry says which topics it was made from. `tx.notify(topic, payload)` reaches every process at
commit (PostgreSQL LISTEN/NOTIFY) and drops the entries made from `topic:payload` or from `topic` as
a whole; the payload `*` drops everything of the topic. Three rules keep old answers out:

- A value whose topic was reported while it was being loaded is given to those who wait, not kept.
- Without a listening connection nothing is kept; when it is lost, everything is dropped. A
  heartbeat notices a connection that died silently.
- An entry ends at its `expires_at` by the database's clock, for what changes by schedule alone.

Only what is the same for every shopper of a channel belongs here (DOMAIN.md C10).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Hashable, Iterable
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

import asyncpg
import structlog

from argosy.runtime.db import Clock, utc_now
from argosy.runtime.tasks import is_cancelled

EVERYTHING = "*"
TOPICS = (
    "catalog",
    "channels",
    "customer_groups",
    "customer_sessions",
    "keys",
    "merchandising",
    "projections",
    "rules",
    "synonyms",
    "tax_buyers",
    "windows",
)
"""The notices that processes send one another. An entry of another topic would never be dropped."""

DEFAULT_MAX_BYTES = 128 * 1024 * 1024
_ENTRY_OVERHEAD = 600
_HEARTBEAT_S = 0.5
_ANSWER_WITHIN_S = 1.0
_RECONNECT_S = 0.2

T = TypeVar("T")
Notice = Callable[[str, str], Awaitable[None] | None]

log = structlog.get_logger(__name__)


class Fill(Generic[T]):
    """A loaded value: what it was made from, its size in bytes, and when it ends by schedule."""

    __slots__ = ("expires_at", "links", "size", "topics", "used", "value")

    def __init__(
        self,
        value: T,
        *,
        topics: Iterable[str],
        size: int = 0,
        expires_at: datetime | None = None,
    ) -> None:
        self.value = value
        self.topics = frozenset(topics)
        self.size = size + _ENTRY_OVERHEAD
        self.expires_at = expires_at
        self.used = False
        self.links: set[Hashable] = set()
        unheard = {topic.partition(":")[0] for topic in self.topics} - set(TOPICS)
        assert not unheard, f"nobody would report {unheard}"

    def made_from(self, noticed: set[str]) -> bool:
        """Whether one of the notices concerns this value. A notice is `topic:payload`."""
        for notice in noticed:
            topic, _, payload = notice.partition(":")
            if topic in self.topics or notice in self.topics:
                return True
            if payload == EVERYTHING and any(_is_of(topic, own) for own in self.topics):
                return True
        return False


class _Flight:
    """One load that any number of requests wait for."""

    __slots__ = ("noticed", "overtaken", "task")

    def __init__(self) -> None:
        self.noticed: set[str] = set()
        self.overtaken = False
        self.task: asyncio.Task[Any]


class _Link(Generic[T]):
    """A value found by a name of its own while two entries are kept: its own and another."""

    __slots__ = ("expires_at", "fill", "other", "value")

    def __init__(self, fill: Fill[T], other: Fill[Any]) -> None:
        self.fill = fill
        self.other = other
        self.value = fill.value
        ends = [f.expires_at for f in (fill, other) if f.expires_at is not None]
        self.expires_at = min(ends, default=None)


class Cache:
    """Bounded by bytes: the oldest goes first, unless it was asked for since its last turn.

    For one event loop.
    """

    def __init__(self, *, max_bytes: int = DEFAULT_MAX_BYTES, clock: Clock = utc_now) -> None:
        self._max_bytes = max_bytes
        self._clock = clock
        self._entries: OrderedDict[Hashable, Fill[Any]] = OrderedDict()
        self._links: dict[Hashable, _Link[Any]] = {}
        self._bytes = 0
        self._by_topic: defaultdict[str, set[Hashable]] = defaultdict(set)
        self._flights: dict[Hashable, _Flight] = {}
        self._callbacks: defaultdict[str, list[Notice]] = defaultdict(list)
        self._listener: asyncio.Task[None] | None = None
        self._calls: set[asyncio.Future[Any]] = set()
        self._listening = asyncio.Event()

    # --- asking -----------------------------------------------------------

    def peek(self, key: Hashable) -> Any | None:
        """The value kept for `key`, or None. Never waits."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.expires_at is not None and entry.expires_at <= self._clock():
            self._remove(key)
            return None
        entry.used = True
        return entry.value

    def link(
        self, name: Hashable, key: Hashable, *, other: Hashable, most: int | None = None
    ) -> None:
        """Let `found(name)` give the value of `key` for as long as it and `other` are both kept.

        Does nothing when one of them is not, or when `key` has `most` names already.
        """
        fill, beside = self._entries.get(key), self._entries.get(other)
        if fill is not None and beside is not None:
            if most is not None and len(fill.links) >= most:
                return
            if name in self._links:
                self._unlink(name)
            self._links[name] = _Link(fill, beside)
            fill.links.add(name)
            beside.links.add(name)

    def found(self, name: Hashable) -> Any | None:
        """What is linked to `name`, or None: one look-up where `peek` would take two."""
        link = self._links.get(name)
        if link is None:
            return None
        if link.expires_at is not None and link.expires_at <= self._clock():
            self._unlink(name)
            return None
        link.fill.used = link.other.used = True
        return link.value

    async def get(self, key: Hashable, load: Callable[[], Awaitable[Fill[T]]]) -> T:
        """The value for `key`; `load` is run once however many ask for it at the same time.

        What `load` raises is raised to all who wait and is not kept.
        """
        while True:
            kept = self.peek(key)
            if kept is not None:
                return cast("T", kept)
            flight = self._flights.get(key)
            if flight is None:
                flight = self._take_off(key, load)
            joined_late = bool(flight.noticed)
            # Shielded: a client that hangs up must not fail the others.
            value = await asyncio.shield(flight.task)
            if not (joined_late and flight.overtaken):
                return cast("T", value)

    def _take_off(self, key: Hashable, load: Callable[[], Awaitable[Fill[Any]]]) -> _Flight:
        flight = _Flight()
        flight.task = asyncio.create_task(self._load(key, flight, load))
        flight.task.add_done_callback(_ignore_unasked_error)
        self._flights[key] = flight
        return flight

    async def _load(
        self, key: Hashable, flight: _Flight, load: Callable[[], Awaitable[Fill[Any]]]
    ) -> Any:
        was_listening = self.is_listening
        try:
            fill = await load()
        finally:
            del self._flights[key]
        flight.overtaken = EVERYTHING in flight.noticed or fill.made_from(flight.noticed)
        if was_listening and self.is_listening and not flight.overtaken:
            self._keep(key, fill)
        return fill.value

    # --- keeping and dropping -----------------------------------------------------------

    def _keep(self, key: Hashable, fill: Fill[Any]) -> None:
        if fill.size > self._max_bytes // 8:
            return
        if key in self._entries:
            self._remove(key)
        self._entries[key] = fill
        self._bytes += fill.size
        for topic in fill.topics:
            self._by_topic[topic].add(key)
        while self._bytes > self._max_bytes:
            oldest, kept = next(iter(self._entries.items()))
            if kept.used:
                kept.used = False
                self._entries.move_to_end(oldest)
            else:
                self._remove(oldest)

    def _remove(self, key: Hashable) -> None:
        fill = self._entries.pop(key)
        self._bytes -= fill.size
        for name in tuple(fill.links):
            self._unlink(name)
        for topic in fill.topics:
            keys = self._by_topic[topic]
            keys.discard(key)
            if not keys:
                del self._by_topic[topic]

    def _unlink(self, name: Hashable) -> None:
        link = self._links.pop(name)
        link.fill.links.discard(name)
        link.other.links.discard(name)

    def drop(self, key: Hashable) -> None:
        """Forget one entry in this process: who keeps it knows that it does not hold."""
        if key in self._entries:
            self._remove(key)

    def forget(self, topic: str, payload: str) -> None:
        """Drop in this process what was made from `topic:payload`. `tx.notify` does so in all."""
        for flight in self._flights.values():
            flight.noticed.add(f"{topic}:{payload}")
        stale = self._by_topic.get(topic, set()) | self._by_topic.get(f"{topic}:{payload}", set())
        if payload == EVERYTHING:
            for own, keys in self._by_topic.items():
                if _is_of(topic, own):
                    stale |= keys
        for key in stale:
            self._remove(key)
        for callback in self._callbacks[topic]:
            called = callback(topic, payload)
            if called is not None:
                call = asyncio.ensure_future(called)
                self._calls.add(call)
                call.add_done_callback(self._calls.discard)

    def forget_everything(self) -> None:
        """Drop all entries, and tell all who listen that anything may have changed."""
        for flight in self._flights.values():
            flight.noticed.add(EVERYTHING)
        self._entries.clear()
        self._links.clear()
        self._by_topic.clear()
        self._bytes = 0
        for topic in TOPICS:
            self.forget(topic, EVERYTHING)

    def on_notice(self, topic: str, callback: Notice) -> None:
        """Call back at every notice of `topic` with its payload, and with `*` after a gap."""
        assert topic in TOPICS, f"nobody listens to {topic!r}"
        self._callbacks[topic].append(callback)

    # --- listening -----------------------------------------------------------

    @property
    def is_listening(self) -> bool:
        """Whether notices arrive; while they do not, nothing is kept."""
        return self._listening.is_set()

    @property
    def kept_bytes(self) -> int:
        """Size of what is kept."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._entries)

    async def start(self, url: str) -> None:
        """Listen on a connection of its own (not through a transaction pooler) until `close`.

        Returns as soon as notices arrive, or after a second: a database that is away comes back.
        """
        self._listener = asyncio.create_task(self._listen_forever(url))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._listening.wait(), _ANSWER_WITHIN_S)

    async def close(self) -> None:
        """Stop listening and drop everything."""
        if self._listener is not None:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener
            self._listener = None
        self._lose()

    def _lose(self) -> None:
        self._listening.clear()
        self.forget_everything()

    async def _listen_forever(self, url: str) -> None:
        while True:
            try:
                await self._listen(url)
            except Exception as error:  # noqa: BLE001 - who stops listening stops for good
                # The driver has many words for a connection that died in the middle of a word.
                log.warning("cache.not_listening", error=type(error).__name__)
            except asyncio.CancelledError:
                if is_cancelled():
                    raise
                log.warning("cache.not_listening", error="CancelledError")
            finally:
                self._lose()
            await asyncio.sleep(_RECONNECT_S)

    async def _listen(self, url: str) -> None:
        connection = await asyncpg.connect(
            url, timeout=5, server_settings={"application_name": "argosy notices"}
        )
        try:
            for topic in TOPICS:
                await connection.add_listener(topic, self._noticed)
            # What was loaded before LISTEN may have missed its notice.
            self.forget_everything()
            self._listening.set()
            while True:
                await asyncio.sleep(_HEARTBEAT_S)
                await connection.execute("select 1", timeout=_ANSWER_WITHIN_S)
        finally:
            connection.terminate()

    def _noticed(self, _connection: object, _pid: int, topic: str, payload: str) -> None:
        self.forget(topic, payload)


def _is_of(topic: str, own: str) -> bool:
    return own == topic or own.startswith(f"{topic}:")


def _ignore_unasked_error(task: asyncio.Task[Any]) -> None:
    # All who waited may have hung up; their error is then nobody's.
    if not task.cancelled():
        task.exception()
