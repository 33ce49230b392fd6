"""What a promotion gives. Goods are reduced unit by unit, and never below nothing (D7)."""

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from argosy.modules.quote.types.goods import Selector
from argosy.modules.quote.types.values import Amounts, Basis, Name, Names, Part, Positive, Whole

PercentBase = Literal["list", "sale", "phase", "running"]
"""What a percentage is of (D1): the price before promotions; after the sale phase; at the start of
the promotion's own phase; or what is left when its turn comes."""
PerWhat = Literal["unit", "line", "order"]


class Percent(Part, frozen=True, kw_only=True, tag="percent"):
    """A percentage off the selected goods, with an optional cap for the whole cart.

    Rounded once (A10): in the sale phase per unit, so that shelf and cart agree; in the line phase
    per variant; in the order phase over all goods, then apportioned (A6).
    """

    percent: Decimal
    of: Selector | None = None
    base: PercentBase = "running"
    cap: Amounts | None = None


class AmountOff(Part, frozen=True, kw_only=True, tag="amount_off"):
    """A fixed amount off each selected unit, each variant, or all of them together ("order").

    More than the goods cost is not taken, and the rest is lost (rule 7).
    """

    amount: Amounts
    per: PerWhat
    of: Selector | None = None


class FixedPrice(Part, frozen=True, kw_only=True, tag="fixed_price"):
    """Each selected unit costs this, unless it costs less already."""

    price: Amounts
    of: Selector | None = None


class OffPercent(Part, frozen=True, kw_only=True, tag="percent"):
    """Reward: a percentage off what each unit costs now; 100 is free. Rounded per unit."""

    percent: Decimal


class OffAmount(Part, frozen=True, kw_only=True, tag="amount_off"):
    """Reward: an amount off each unit."""

    amount: Amounts


class ToPrice(Part, frozen=True, kw_only=True, tag="fixed_price"):
    """Reward: each unit costs this, unless it costs less already."""

    price: Amounts


Reward = OffPercent | OffAmount | ToPrice


class BuyGet(Part, frozen=True, kw_only=True, tag="buy_get"):
    """Buy `buy_quantity`, get the reward on `get_quantity` more: the cheapest eligible (D5).

    `get` of None selects the same goods as `buy`. A unit counts or is rewarded, not both (D4);
    free units take no part. As many sets as the units make, up to `limit`. `pick`: "cheapest" takes
    the cheapest of all eligible units; "nth" lays them out by falling price and rewards the last
    units of each set ("every 2nd at half price"). Units that count are the cheapest that are left,
    and are used up in the promotion's group too, unless `reuse_qualifiers`.
    """

    buy_quantity: Positive
    get_quantity: Positive
    reward: Reward
    buy: Selector | None = None
    get: Selector | None = None
    pick: Literal["cheapest", "nth"] = "cheapest"
    limit: Positive | None = None
    reuse_qualifiers: bool = False


class SetPart(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """So many units of the selected goods belong into a set."""

    quantity: Positive
    of: Selector | None = None


class SetPrice(Part, frozen=True, kw_only=True, tag="set_price"):
    """Sets at a fixed price ("any 3 for 10.00", "shirt and tie for 50.00"), mixed at will.

    A set takes, part by part, the dearest units left; sets are made as long as the goods suffice,
    the price saves something, and up to `limit`. Free units take no part.
    """

    parts: Annotated[tuple[SetPart, ...], msgspec.Meta(min_length=1, max_length=10)]
    price: Amounts
    limit: Positive | None = None


class Tier(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """From this amount or quantity on, this reward. "amount_off" is of the order, once."""

    reward: Reward
    amount: Amounts | None = None
    quantity: Whole | None = None


class Tiered(Part, frozen=True, kw_only=True, tag="tiered"):
    """The highest tier reached decides the reward of all selected goods.

    `by` amount (at `basis`, by default the start of the phase) or quantity of the selected goods.
    """

    by: Literal["amount", "quantity"]
    tiers: Annotated[tuple[Tier, ...], msgspec.Meta(min_length=1, max_length=50)]
    of: Selector | None = None
    basis: Basis | None = None


class Gift(Part, frozen=True, kw_only=True, tag="gift"):
    """A gift line of this variant (D9): free, with its worth on record (B15).

    Only with other goods in the cart, as far as stock lasts, unless the shopper declined it.
    """

    variant: Name
    quantity: Positive = 1


class Shipping(Part, frozen=True, kw_only=True, tag="shipping"):
    """Reduced or free shipping: for the named methods, or else for the cheapest one only (D8)."""

    reward: Reward
    methods: Names | None = None


Action = Percent | AmountOff | FixedPrice | BuyGet | SetPrice | Tiered | Gift | Shipping
