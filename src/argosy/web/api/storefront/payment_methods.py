"""The ways to pay that a customer has let us keep."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from litestar import Request, delete, get, post

from argosy.kernel.ids import decode, encode
from argosy.modules import wallets
from argosy.web.auth import SIGNED_IN, requires_channel, shop, signed_in

_PATH = "/v1/customers/me/payment-methods"


class SavedMethodView(msgspec.Struct, frozen=True, kw_only=True):
    """A kept way to pay. Send its `id` as `payment.saved_method`, and its `gateway`, when placing.

    One that is `expired` will be declined. `default`: show it first.
    """

    id: str
    gateway: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    expired: bool
    default: bool
    created_at: datetime

    @classmethod
    def each(cls, kept: Sequence[wallets.SavedMethod], today: date) -> "list[SavedMethodView]":
        """As answers show them; the first is the default."""
        return [
            cls(
                id=encode("saved_method", one.id),
                gateway=one.gateway,
                brand=one.brand,
                last4=one.last4,
                exp_month=one.exp_month,
                exp_year=one.exp_year,
                expired=wallets.is_expired(one, today),
                default=place == 0,
                created_at=one.created_at,
            )
            for place, one in enumerate(kept)
        ]


class SavedMethodList(msgspec.Struct, frozen=True, kw_only=True):
    """All kept ways to pay, at most ten, the default first."""

    items: list[SavedMethodView]
    next_cursor: str | None = None


@get(_PATH, tags=["Accounts"], security=SIGNED_IN, guards=[requires_channel])
async def list_saved_methods(request: Request[Any, Any, Any]) -> SavedMethodList:
    """The ways to pay that are kept for me. The payment provider keeps the cards."""
    identity = await signed_in(request)
    async with shop(request).db.reading() as tx:
        kept = await wallets.list_methods(tx, identity.customer_id)
        return SavedMethodList(items=SavedMethodView.each(kept, tx.now.date()))


@post(
    f"{_PATH}/{{method_id:str}}/default",
    status_code=204,
    tags=["Accounts"],
    security=SIGNED_IN,
    guards=[requires_channel],
    problems=[wallets.SavedMethodNotFound],
)
async def prefer_saved_method(request: Request[Any, Any, Any], method_id: str) -> None:
    """Let this way to pay come first. Repeating it changes nothing."""
    identity = await signed_in(request)
    found = decode("saved_method", method_id, field="method_id")
    async with shop(request).db.transaction() as tx:
        await wallets.prefer_method(tx, identity.customer_id, found)


@delete(
    f"{_PATH}/{{method_id:str}}",
    tags=["Accounts"],
    security=SIGNED_IN,
    guards=[requires_channel],
    problems=[wallets.SavedMethodNotFound],
)
async def remove_saved_method(request: Request[Any, Any, Any], method_id: str) -> None:
    """Remove a way to pay: it cannot be paid with any more, and the provider forgets it."""
    identity = await signed_in(request)
    found = decode("saved_method", method_id, field="method_id")
    async with shop(request).db.transaction() as tx:
        await wallets.remove_method(tx, identity.customer_id, found)


ROUTES = [list_saved_methods, prefer_saved_method, remove_saved_method]
