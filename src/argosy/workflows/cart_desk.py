"""Where carts are read and changed: those that come together share their statements (ADR 0009).

One desk for a process. A batch of wishes, for new carts and for changes, is: the carts (from
memory, or one statement), the goods that are not known yet (one statement), each wish and its quote
in Python, and one statement that writes all. Memory only proposes: an answer is given after the
change was written over the version that memory knew. Refusals and repeats are decided by what the
database says, in a second round.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import NamedTuple
from uuid import UUID

from argosy.kernel.errors import ArgosyError
from argosy.modules import cart as carts
from argosy.modules import tax
from argosy.modules.cart import Cart
from argosy.modules.channels import Channel
from argosy.runtime.coalesce import Coalescer
from argosy.runtime.db import Database, DatabaseUnavailable, Tx
from argosy.runtime.idempotency import Key
from argosy.workflows.baskets import Basket, basket_of, holding_prices
from argosy.workflows.discounting import (
    NOBODY,
    Asking,
    Buyer,
    asks_for_nothing,
    read_buyers,
)
from argosy.workflows.live_promotions import lacks, read_lacking
from argosy.workflows.quoting import ShopRules
from argosy.workflows.shelf import Goods, Place, Shelf

TRIES = 10
LARGEST_BATCH = 32
_KEPT = 2_048
_KEPT_S = 60.0


class Seller(NamedTuple):
    """In which channel, and for which customer (None: a guest). `locale` is the language in which
    carts are shown; "": in their own.
    """

    channel: Channel
    customer_id: UUID | None
    locale: str = ""


class Counter(NamedTuple):
    """Where and by what rules a cart is read or changed, and what is known of the buyer."""

    db: Database
    seller: Seller
    rules: ShopRules
    tax_buyer: tax.Buyer = tax.NOBODY


class Shown(NamedTuple):
    """A cart with what it costs. `replayed`: the change had been made before, under its key."""

    cart: Cart
    basket: Basket
    replayed: bool = False


class Change(NamedTuple):
    """A wish to change a cart: `apply` is pure, `check` refuses what came of it. `buys` is the
    variant that it adds, `presents` the code; `mark` its Idempotency-Key's (`carts.mark_of`).
    """

    counter: Counter
    cart_id: UUID
    apply: Callable[[Cart], Cart]
    check: Callable[[Basket], None]
    keep_days: int
    buys: UUID | None = None
    mark: str | None = None
    presents: str | None = None


class Creation(NamedTuple):
    """A wish for a new cart, filled; `check` refuses what it holds."""

    counter: Counter
    cart: Cart
    check: Callable[[Basket], None]
    key: Key | None = None

    @property
    def cart_id(self) -> UUID:
        """The new cart's."""
        return self.cart.id


class Reading(NamedTuple):
    """A wish to see a cart."""

    counter: Counter
    cart_id: UUID


class _Told(NamedTuple):
    """What its wishes make of a cart, and the answer to each if it can be written so. `made`: it is
    a new one.
    """

    was: Cart | None
    now: Cart | None
    answers: list[Shown | ArgosyError]
    made: Creation | None = None

    @property
    def is_news(self) -> bool:
        return self.now is not self.was


class CartDesk:
    """The carts of one process. Safe for any number of tasks of one event loop."""

    def __init__(self) -> None:
        self._wishes = Coalescer(self._grant_all, largest=LARGEST_BATCH, name="cart wishes")
        self._readings = Coalescer(self._read_all, largest=LARGEST_BATCH, lanes=2, name="carts")
        self._kept: OrderedDict[UUID, tuple[float, Cart]] = OrderedDict()
        self._shelf = Shelf()

    async def change(self, change: Change) -> Shown:
        """The cart after `change`. Raises CartNotFound, CartNotOpen, CartExpired, CartBusy,
        KeyReused, DatabaseUnavailable, and what `apply` and `check` raise.
        """
        for attempt in range(TRIES):
            shown = await self._wishes.ask(change)
            if shown is not None:
                return shown
            await asyncio.sleep(min(0.002 * 2**attempt, 0.25))
        raise carts.CartBusy("The cart is changed by several requests at once.", retry_after=1)

    async def create(self, creation: Creation) -> Shown | None:
        """The new cart; None: its key was seen before. Raises what `check` raises."""
        return await self._wishes.ask(creation)

    async def read(self, reading: Reading) -> Shown:
        """The cart with the prices of this moment. Raises CartNotFound."""
        return await self._readings.ask(reading)

    # --- reading ----------------------------------------------------------------------------------

    async def _read_all(self, asked: Sequence[Reading]) -> list[Shown | Exception]:
        db = asked[0].counter.db
        wanted = {reading.cart_id for reading in asked}
        async with db.reading() as tx:
            found = await self._carts(tx, wanted, exact=True)
            shown = [
                (reading.counter.rules, _variants(reading.counter, found.get(reading.cart_id)))
                for reading in asked
            ]
            goods = await self._shelf.goods(tx, shown, exact=True)
            buyers = await _buyers(
                tx,
                [(found[one.cart_id], one.counter, None) for one in asked if one.cart_id in found],
                goods,
            )
        return [
            _show(found.get(reading.cart_id), reading, goods, buyers, tx.now) for reading in asked
        ]

    # --- making and changing ----------------------------------------------------------------------

    async def _grant_all(
        self, asked: Sequence[Change | Creation]
    ) -> list[Shown | Exception | None]:
        answers: list[Shown | Exception | None] = [None] * len(asked)
        groups: dict[UUID, list[int]] = {}
        for n, wish in enumerate(asked):
            groups.setdefault(wish.cart_id, []).append(n)
        left = await self._round(asked, groups, answers, exact=False)
        if left:
            await self._round(asked, left, answers, exact=True)
        return answers

    async def _round(
        self,
        asked: Sequence[Change | Creation],
        groups: Mapping[UUID, Sequence[int]],
        answers: list[Shown | Exception | None],
        *,
        exact: bool,
    ) -> dict[UUID, Sequence[int]]:
        """Decide the wishes for each cart; those that are left for the exact round."""
        again: dict[UUID, Sequence[int]] = {}
        told: dict[UUID, _Told] = {}
        try:
            async with asked[0].counter.db.reading() as tx:
                told = await self._told(tx, asked, groups, exact=exact)
                if not exact:
                    again = {one: groups[one] for one in told if not _is_settled(told[one])}
                    for cart_id in again:
                        del told[cart_id]
                written = await _write(tx, told.values())
        except DatabaseUnavailable as error:
            if not told and not exact:
                raise  # nothing was written yet
            # They may be written: whether to ask again is for the client to decide.
            for cart_id in told or groups:
                self._kept.pop(cart_id, None)
                for n in groups[cart_id]:
                    answers[n] = error
            return again
        for cart_id, one in told.items():
            if cart_id in written or not one.is_news:
                if one.now is not None:
                    self._keep(one.now)
                for n, answer in zip(groups[cart_id], one.answers, strict=True):
                    answers[n] = answer
            else:
                self._kept.pop(cart_id, None)
                if not exact and one.made is None:
                    again[cart_id] = groups[cart_id]
        return again

    async def _told(
        self,
        tx: Tx,
        asked: Sequence[Change | Creation],
        groups: Mapping[UUID, Sequence[int]],
        *,
        exact: bool,
    ) -> dict[UUID, _Told]:
        made: dict[UUID, Creation] = {}
        changes: dict[UUID, list[Change]] = {}
        for cart_id, members in groups.items():
            for wish in (asked[n] for n in members):
                if isinstance(wish, Creation):
                    made[cart_id] = wish
                else:
                    changes.setdefault(cart_id, []).append(wish)
        found = await self._carts(tx, changes, exact=exact)
        wanted = [
            (wish.counter.rules, _variants(wish.counter, wish.cart)) for wish in made.values()
        ]
        wanted += [
            (change.counter.rules, _variants(change.counter, found.get(cart_id), change.buys))
            for cart_id, its in changes.items()
            for change in its
        ]
        goods = await self._shelf.goods(tx, wanted, exact=exact)
        buyers = await _buyers(
            tx,
            [
                *((wish.cart, wish.counter, None) for wish in made.values()),
                *(
                    (found[cart_id], change.counter, change.presents)
                    for cart_id, its in changes.items()
                    if cart_id in found
                    for change in its
                ),
            ],
            goods,
        )
        told = {cart_id: _tell_new(wish, goods, buyers, tx.now) for cart_id, wish in made.items()}
        for cart_id, its in changes.items():
            told[cart_id] = _tell(its, found.get(cart_id), goods, buyers, tx.now)
        return told

    # --- remembering ------------------------------------------------------------------------------

    async def _carts(self, tx: Tx, wanted: Collection[UUID], *, exact: bool) -> dict[UUID, Cart]:
        found: dict[UUID, Cart] = {}
        now = monotonic()
        if not exact:
            for cart_id in wanted:
                kept = self._kept.get(cart_id)
                if kept is not None and kept[0] > now:
                    found[cart_id] = kept[1]
        unknown = [cart_id for cart_id in wanted if cart_id not in found]
        if unknown:
            found |= await carts.carts_by_id(tx, unknown)
        return found

    def _keep(self, cart: Cart) -> None:
        self._kept[cart.id] = (monotonic() + _KEPT_S, cart)
        self._kept.move_to_end(cart.id)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)


async def _write(tx: Tx, told: Collection[_Told]) -> set[UUID]:
    """Write what is new in one statement; the ids of the carts that are written."""
    made, changed = [], []
    for one in told:
        if one.now is None or not one.is_news:
            continue
        if one.made is not None:
            made.append((one.now, one.made.key))
        elif one.was is not None:
            changed.append((one.was, one.now))
    return await carts.write(tx, made=made, changed=changed) if made or changed else set()


def _tell_new(wish: Creation, goods: Mapping[Place, Goods], buyers: Buyers, now: datetime) -> _Told:
    counter = wish.counter
    cart = holding_prices(wish.cart, None, counter.rules, goods[counter.rules.shelf], at=now)
    try:
        basket = _priced(cart, counter, goods, buyers, now)
        wish.check(basket)
    except ArgosyError as error:
        return _Told(None, None, [error], wish)
    return _Told(None, cart, [Shown(cart, basket)], wish)


def _tell(
    changes: Sequence[Change],
    was: Cart | None,
    goods: Mapping[Place, Goods],
    buyers: Buyers,
    now: datetime,
) -> _Told:
    """Apply the changes one after another; one that is refused leaves the cart to the next."""
    cart, answers = was, list[Shown | ArgosyError]()
    for change in changes:
        try:
            open_cart = _theirs(cart, change.counter.seller)
            if change.mark is not None and carts.was_applied(open_cart, change.mark):
                basket = _priced(open_cart, change.counter, goods, buyers, now)
                answers.append(Shown(open_cart, basket, replayed=True))
                continue
            carts.check_open(open_cart, now)
            changed = carts.touched(change.apply(open_cart), now, change.keep_days)
            if change.mark is not None:
                changed = carts.with_mark(changed, change.mark)
            rules = change.counter.rules
            changed = holding_prices(changed, open_cart, rules, goods[rules.shelf], at=now)
            basket = _priced(changed, change.counter, goods, buyers, now)
            change.check(basket)
        except ArgosyError as error:
            answers.append(error)
        else:
            answers.append(Shown(changed, basket))
            cart = changed
    return _Told(was, cart, answers)


def _show(
    cart: Cart | None,
    reading: Reading,
    goods: Mapping[Place, Goods],
    buyers: Buyers,
    now: datetime,
) -> Shown | Exception:
    try:
        theirs = _theirs(cart, reading.counter.seller)
        return Shown(theirs, _priced(theirs, reading.counter, goods, buyers, now))
    except ArgosyError as error:
        return error


def _is_settled(told: _Told) -> bool:
    """Whether all its changes were made: only then is memory good enough."""
    return all(isinstance(answer, Shown) and not answer.replayed for answer in told.answers)


def _theirs(cart: Cart | None, seller: Seller) -> Cart:
    return carts.check_theirs(cart, channel_id=seller.channel.id, customer_id=seller.customer_id)


def _variants(counter: Counter, cart: Cart | None, buys: UUID | None = None) -> list[UUID]:
    """Which goods must be known: those of the cart, what it is about to hold, what may be given."""
    variants = [line.variant_id for line in cart.lines] if cart is not None else []
    if buys is not None:
        variants.append(buys)
    live = counter.rules.promotions
    return [*variants, *live.gifts] if live is not None and variants else variants


Buyers = Mapping[UUID, Buyer]


async def _buyers(
    tx: Tx,
    asked: Sequence[tuple[Cart, Counter, str | None]],
    goods: Mapping[Place, Goods],
) -> Buyers:
    """What live promotions ask of the carts and their buyers: no statement if they ask nothing."""
    asking = [Asking(cart, counter.rules.promotions, presents) for cart, counter, presents in asked]
    places = {counter.rules.shelf: counter.rules.promotions for _, counter, _ in asked}
    lacking = {place: lacks(live, goods.get(place, {})) for place, live in places.items()}
    if asks_for_nothing(asking) and not any(lacking.values()):
        return {}
    for place, what in lacking.items():
        live = places[place]
        if what and live is not None:
            await read_lacking(tx, live, what)
    return await read_buyers(tx, asking)


def _priced(
    cart: Cart, counter: Counter, goods: Mapping[Place, Goods], buyers: Buyers, now: datetime
) -> Basket:
    channel = counter.seller.channel
    return basket_of(
        cart,
        channel,
        counter.rules,
        goods[counter.rules.shelf],
        at=now,
        buyer=buyers.get(cart.id, NOBODY),
        tax_buyer=counter.tax_buyer,
        bound=False,
        locale=counter.seller.locale,
    )
