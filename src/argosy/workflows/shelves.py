"""What a process remembers of the products that searches find, so that a search asks nothing.

    a search -- products --> how each is shown, what of it is sold, its card, the labels of facets:
                             what is not on the shelf is read, and put there
    a process starts -- fill --> what its windows show is put there ahead (search_warming.py)
    a product is projected -- notice of its topic --> it is taken off the shelves of every process
                           -- the log of changes  --> answers that it is in hold no longer

The rules are those of runtime/cache.py: what was reported while it was read is not kept, nothing is
kept without a listening connection, and all is dropped when that is lost. An answer says which
products it was made from (`Basis`); it is compared with what changed since when it is asked for
again, so that a change of stock ends the answers that show the product, and no others.

Only what a channel or window shows to all who see it is here (DOMAIN.md C10).
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final, cast
from uuid import UUID

from argosy.modules import projections
from argosy.modules.projections import ShowingKey, Showings, SoldAt, Term
from argosy.modules.projections.ports import Shelf
from argosy.runtime.cache import EVERYTHING, Cache
from argosy.runtime.db import Database
from argosy.workflows.app import App

MAX_BYTES: Final = 64 * 1024 * 1024
"""So much is kept in a process, about; then what was put there first makes room."""

LOG: Final = 8192
"""So many changes are remembered at most: older answers are made anew."""

_PRODUCT_BYTES: Final = 900
_SOLD_BYTES: Final = 160
_MOST_TERMS: Final = 100_000
_HALF: Final = 2**64 - 1
_FILLED: Final = 0.75
_AT_ONCE: Final = 100


class _Product:
    """How a product is shown; what is sold of it and its cards, by slot, once they were asked for.

    One that is taken off the shelf while something of it is being read gets it all the same, and
    nobody will see it.
    """

    __slots__ = ("cards", "showings", "size", "sold")

    def __init__(self, showings: Showings) -> None:
        self.showings = showings
        self.sold: dict[int, Sequence[SoldAt]] = {}
        self.cards: dict[int, bytes] = {}
        self.size = _PRODUCT_BYTES


class _Window:
    """What is kept of a channel, or of one of its windows."""

    __slots__ = ("numbers", "products", "size", "terms")

    def __init__(self) -> None:
        self.products: dict[int, _Product] = {}
        self.terms: dict[int, Term] = {}
        self.numbers: dict[tuple[str, str], int] = {}
        self.size = 0

    def drop(self, number: int) -> None:
        """Take a product off."""
        if (product := self.products.pop(number, None)) is not None:
            self.size -= product.size

    def grow(self, number: int, product: _Product, size: int) -> None:
        """Note that more is kept of a product, if it is still there."""
        if self.products.get(number) is product:
            product.size += size
            self.size += size


class Basis:
    """The products that an answer was made from, and the last change that it has seen."""

    __slots__ = ("_members", "_products", "seen")

    def __init__(self, products: Sequence[UUID], seen: int) -> None:
        self._products = products
        self._members: array[int] | None = None
        self.seen = seen

    def __len__(self) -> int:
        return len(self._products) if self._members is None else len(self._members)

    def has(self, changed: int) -> bool:
        """Whether a changed product is among them."""
        members = self._members
        if members is None:
            # Half of an id is as good: two products with the same one end each other's answers.
            members = array("Q", sorted(id_.int & _HALF for id_ in self._products))
            self._members, self._products = members, ()
        at = bisect_left(members, changed)
        return at < len(members) and members[at] == changed


class Shelves:
    """All shelves of a process. For one event loop."""

    def __init__(self) -> None:
        self._windows: dict[UUID, _Window] = {}
        self._log: list[int] = []
        self._forgotten = 0
        self._cache: Cache | None = None

    # --- changes ---------------------------------------------------------------------------------

    def listen(self, cache: Cache) -> None:
        """Follow the notices of a cache; once is enough."""
        if self._cache is None:
            self._cache = cache
            cache.on_notice("projections", self._noticed)

    @property
    def changes(self) -> int:
        """How many changes were noticed so far."""
        return self._forgotten + len(self._log)

    def holds(self, basis: Basis) -> bool:
        """Whether none of its products has changed since."""
        if basis.seen == self.changes:
            return True
        if basis.seen < self._forgotten or any(map(basis.has, self._since(basis.seen))):
            return False
        basis.seen = self.changes
        return True

    def _since(self, seen: int) -> list[int]:
        return self._log[seen - self._forgotten :]

    def _noticed(self, _topic: str, payload: str) -> None:
        what, _, name = payload.partition(":")
        if what == "product":
            number = int(name, 16)
            for window in self._windows.values():
                window.drop(number)
            self._log.append(number & _HALF)
            if len(self._log) > LOG:
                self._forget_log(LOG // 2)
        elif what == "directory":
            if (shown := self._windows.get(UUID(name))) is not None:
                shown.terms, shown.numbers = {}, {}
        elif what == EVERYTHING:
            self._windows.clear()
            self._forget_log(len(self._log))
            self._forgotten += 1

    def _forget_log(self, count: int) -> None:
        del self._log[:count]
        self._forgotten += count

    # --- keeping ---------------------------------------------------------------------------------

    @property
    def is_keeping(self) -> bool:
        """Whether notices arrive."""
        return self._cache is not None and self._cache.is_listening

    @property
    def kept_bytes(self) -> int:
        """About so much is kept."""
        return sum(window.size for window in self._windows.values())

    def window(self, window_id: UUID) -> _Window:
        """What is kept of it; made when it is first asked for."""
        return self._windows.setdefault(window_id, _Window())

    def put(self, window_id: UUID, products: Mapping[int, _Product], seen: int) -> None:
        """Keep these products, which were read after the change `seen` was noticed."""
        if not self.is_keeping or seen < self._forgotten:
            return
        window = self.window(window_id)
        overtaken = set(self._since(seen))
        for number, product in products.items():
            if number & _HALF not in overtaken:
                window.drop(number)
                window.products[number] = product
                window.size += product.size
        self.make_room()

    def make_room(self) -> None:
        """Drop what was put there first, if there is too much."""
        kept = self.kept_bytes
        while kept > MAX_BYTES:
            largest = max(self._windows.values(), key=lambda window: window.size)
            for number in list(largest.products)[: len(largest.products) // 4 + 1]:
                largest.drop(number)
            kept = self.kept_bytes


class _Remembered:
    """The shelf of one request: what is remembered, else what the database says."""

    def __init__(self, shelves: Shelves, db: Database, window_id: UUID) -> None:
        self._shelves = shelves
        self._db = db
        self._window_id = window_id
        self._products: dict[int, _Product] = {}

    async def showings(self, products: Sequence[int]) -> list[Showings]:
        """See Shelf."""
        kept = self._shelves.window(self._window_id).products.get
        found = [kept(number) for number in products]
        missing = [n for n, one in zip(products, found, strict=True) if one is None]
        if missing:
            seen = self._shelves.changes
            async with self._db.reading() as tx:
                read = await projections.shelf_of(tx, self._window_id).showings(missing)
            fresh = {n: _Product(one) for n, one in zip(missing, read, strict=True)}
            self._shelves.put(self._window_id, fresh, seen)
            found = [one or fresh[n] for n, one in zip(products, found, strict=True)]
        whole = cast("list[_Product]", found)
        self._products = dict(zip(products, whole, strict=True))
        return [one.showings for one in whole]

    async def sold(self, showings: Sequence[ShowingKey]) -> dict[ShowingKey, Sequence[SoldAt]]:
        """See Shelf."""
        own = self._products
        missing = [(n, slot) for n, slot in showings if slot not in own[n].sold]
        if missing:
            async with self._db.reading() as tx:
                read = await projections.shelf_of(tx, self._window_id).sold(missing)
            window = self._shelves.window(self._window_id)
            for (number, slot), offers in read.items():
                own[number].sold[slot] = offers
                window.grow(number, own[number], _SOLD_BYTES * len(offers))
            self._shelves.make_room()
        return {(n, slot): own[n].sold[slot] for n, slot in showings}

    async def cards(self, showings: Sequence[ShowingKey]) -> dict[ShowingKey, bytes]:
        """See Shelf."""
        own = self._products
        missing = [(n, slot) for n, slot in showings if slot not in own[n].cards]
        if missing:
            async with self._db.reading() as tx:
                read = await projections.shelf_of(tx, self._window_id).cards(missing)
            window = self._shelves.window(self._window_id)
            for (number, slot), card in read.items():
                own[number].cards[slot] = card
                window.grow(number, own[number], len(card))
            self._shelves.make_room()
        return {(n, slot): own[n].cards[slot] for n, slot in showings if slot in own[n].cards}

    async def terms(self, numbers: Iterable[int]) -> Mapping[int, Term]:
        """See Shelf."""
        # When labels change the window begins a new dict: what is read meanwhile goes into this.
        window = self._shelves.window(self._window_id)
        kept = window.terms
        missing = [number for number in numbers if number not in kept]
        if not missing:
            return kept
        async with self._db.reading() as tx:
            read = await projections.shelf_of(tx, self._window_id).terms(missing)
        if not self._shelves.is_keeping or len(kept) > _MOST_TERMS:
            window.terms = {}
            return {**kept, **read}
        kept.update(read)
        return kept

    async def numbers(self, values: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
        """See Shelf."""
        # Only values that there are: what anybody may ask for is not kept.
        kept = self._shelves.window(self._window_id).numbers
        missing = [one for one in values if one not in kept]
        if not missing:
            return kept
        async with self._db.reading() as tx:
            read = await projections.shelf_of(tx, self._window_id).numbers(missing)
        if not self._shelves.is_keeping:
            return {**kept, **read}
        kept.update(read)
        return kept


def shelves_of(app: App) -> Shelves:
    """Those of this process."""
    shelves = app.part(Shelves)
    shelves.listen(app.cache)
    return shelves


def shelf_of(app: App, window_id: UUID) -> Shelf:
    """What is shown in a channel or window, for one request."""
    return _Remembered(shelves_of(app), app.db, window_id)


async def fill(
    app: App, window_id: UUID, *, rest: Callable[[float], Awaitable[None]], until: float
) -> int:
    """Put what a channel or window shows on its shelf, the oldest products first, so that whoever
    asks what nobody has asked before need not wait for statements; how many products were looked
    at. Three quarters of the room are filled at most, and nothing after `until` (monotonic).

    `rest` is awaited with the seconds that each page of products took.
    """
    after, count = UUID(int=0), 0
    shelves = shelves_of(app)
    while shelves.is_keeping and shelves.kept_bytes < _FILLED * MAX_BYTES:
        began = time.monotonic()
        if began > until:
            break
        async with app.db.reading() as tx:
            ids = await projections.shown_after(tx, window_id, after, _AT_ONCE)
        if not ids:
            break
        shelf, numbers = shelf_of(app, window_id), [id_.int for id_ in ids]
        found = await shelf.showings(numbers)
        shown = [(n, one) for n, showings in zip(numbers, found, strict=True) for one in showings]
        await shelf.cards([(number, one.slot) for number, one in shown])
        await shelf.terms({term for _, one in shown for term in one.facets})
        after, count = ids[-1], count + len(ids)
        await rest(time.monotonic() - began)
    return count
