"""Pools of licence keys, what is owed of them, and what was given."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple
from uuid import UUID

import msgspec

MAX_KEYS: Final = 1000
"""So many keys are added at a time."""
MAX_KEY_LENGTH: Final = 500
WITHDRAWAL: Final = timedelta(days=15)
"""Fourteen days, and the rest of the day of the purchase, in whichever time zone."""

DeliverWhen = Literal["captured", "authorised"]


class Pool(msgspec.Struct, frozen=True, kw_only=True):
    """How a variant is delivered. `deliver_when`: its order is paid, or the money is held.
    `asks_consent`: the buyer is to agree before a key is given within the time of withdrawal.
    """

    variant_id: UUID
    deliver_when: DeliverWhen = "captured"
    asks_consent: bool = True
    version: int = 1


class PoolCounts(NamedTuple):
    """How many keys are free, were given, and are waited for by paid lines."""

    free: int
    given: int
    waiting: int


class NewKey(NamedTuple):
    """A key on its way in: what it is known by, and itself, encrypted."""

    digest: bytes
    box: bytes


class OwedLine(NamedTuple):
    """A paid line of a variant with a pool."""

    line_id: UUID
    order_id: UUID
    variant_id: UUID
    units: int
    asks_consent: bool


class GivenKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key of a line, encrypted; `unit` counts from 1. Revoked ones are not to be used."""

    line_id: UUID
    unit: int
    box: bytes
    allotted_at: datetime
    revoked_at: datetime | None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What an order is owed: keys that were given, how many are still to come, and whether that
    waits for the buyer's consent.
    """

    keys: tuple[GivenKey, ...] = ()
    missing: int = 0
    asks_consent: bool = False
    consented_at: datetime | None = None
