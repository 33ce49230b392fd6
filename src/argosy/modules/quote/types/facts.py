"""What promotions are judged by, beyond the lines, the destination and the shipping."""

from datetime import datetime

import msgspec

from argosy.modules.quote.types.lines import RequestLine
from argosy.modules.quote.types.values import FieldFact


class PresentedCoupon(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A code as the shopper typed it, and the pools it is known in."""

    code: str
    pools: tuple[str, ...] = ()


class History(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the customer bought before: placed orders, their worth in the quote's currency."""

    orders: int
    spent_minor: int = 0
    last_order_at: datetime | None = None
    products: frozenset[str] = frozenset()


class GiftOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A variant that may be given: `line` as if bought (its quantity is ignored), and its stock."""

    line: RequestLine
    available: int


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What promotions are judged by, beyond lines, destination and shipping.

    `at` is the quote's instant (UTC). Names are the ones the rules use. `gifts` are the variants
    that rules may give. `had`: since when the cart had a promotion last (D16). `used_up`: ids of
    promotions whose limit is reached, for this customer or at all (D11). `budgets`: what is left
    in each, in the quote's currency (D13). `without`: promotions that are not to be applied.
    `fields` are custom, by `field_key`.
    """

    at: datetime
    channel: str = ""
    customer: str | None = None
    groups: frozenset[str] = frozenset()
    payment_method: str | None = None
    coupons: tuple[PresentedCoupon, ...] = ()
    history: History | None = None
    fields: dict[str, FieldFact] = {}
    gifts: dict[str, GiftOffer] = {}
    declined_gifts: frozenset[str] = frozenset()
    had: dict[str, datetime] = {}
    used_up: frozenset[str] = frozenset()
    budgets: dict[str, int] = {}
    without: frozenset[str] = frozenset()
