"""What goes into and comes out of wallets. Instants are UTC."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from argosy.kernel.events import Job


class NewMethod(msgspec.Struct, frozen=True, kw_only=True):
    """A way to pay that a provider keeps. `reference` and `holder_reference` are its names for the
    card and for its holder; at `payment_id` its holder agreed to this.
    """

    gateway: str
    reference: str
    holder_reference: str
    payment_id: UUID
    brand: str
    last4: str
    exp_month: int
    exp_year: int


class SavedMethod(NewMethod, frozen=True, kw_only=True):
    """A way to pay that a customer has let us keep."""

    id: UUID
    customer_id: UUID
    created_at: datetime
    removed_at: datetime | None = None


class ForgetMethod(Job, frozen=True, kw_only=True):
    """Have the provider forget a way to pay that was removed."""

    NAME: ClassVar[str] = "wallets.forget_method"

    method_id: UUID
