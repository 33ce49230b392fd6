"""A buyer's tax id with what is known of it: a word that carts, tax and orders share."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

TaxIdStatus = Literal["valid", "invalid", "unverified"]


class TaxIdEvidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A tax id that is well formed, and what its register said of it (DOMAIN.md B7).

    `value` is canonical, an EU VAT id with its prefix (`FR40303265045`); `country` is ISO 3166-1.
    `unverified`: nobody was asked, or nobody answered; `reason` says which. `check_id` names the
    stored answer, `request_id` is the register's own number for it.
    """

    value: str
    country: str
    status: TaxIdStatus
    reason: str = ""
    check_id: UUID | None = None
    request_id: str = ""
    checked_at: datetime | None = None
