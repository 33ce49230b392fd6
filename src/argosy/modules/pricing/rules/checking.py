"""What lists, prices, assignments, policies and costs must be."""

import re
from typing import Final
from uuid import UUID

from argosy.kernel.iso4217 import EXPONENTS
from argosy.modules.pricing.errors import (
    AssignmentInvalid,
    CostInvalid,
    PolicyInvalid,
    PriceInvalid,
    PriceListInvalid,
)
from argosy.modules.pricing.types import (
    LEVELS,
    AssignPriceList,
    Cost,
    CreatePriceList,
    Policy,
    SetPrice,
)

MAX_AMOUNT_MINOR = 10**12
MAX_QUANTITY = 10**9
MAX_STEP_BP: Final = 1_000_000
MAX_HOLD_MINUTES: Final = 30 * 24 * 60

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_COUNTRY = re.compile(r"[A-Z]{2}")


def check_list(given: CreatePriceList) -> CreatePriceList:
    """Return the list. Raises PriceListInvalid naming the field."""
    for field, fine, cure in (
        ("code", _CODE.fullmatch(given.code), "Lower-case letters, digits, _ and -."),
        ("name", 1 <= len(given.name.strip()) <= 200, "1 to 200 characters."),
        ("currency", given.currency in EXPONENTS, "An ISO 4217 code in capitals, like EUR."),
        (
            "max_step_per_day",
            given.max_step_per_day is None or 1 <= given.max_step_per_day <= MAX_STEP_BP,
            f"From 1 to {MAX_STEP_BP} basis points (100 are 1 %), or null for no limit.",
        ),
    ):
        if not fine:
            raise PriceListInvalid(
                f"The price list's {field} is not possible.", field=field, cure=cure
            )
    return given


def check_price(price: SetPrice, *, index: int = 0) -> None:
    """Raise PriceInvalid naming the field of the price at that place of the request."""
    for field, fine, cure in (
        ("amount_minor", 0 <= price.amount_minor <= MAX_AMOUNT_MINOR, "From 0 to 10^12."),
        (
            "compare_at_minor",
            0 <= (price.compare_at_minor or 0) <= MAX_AMOUNT_MINOR,
            "From 0 to 10^12, or none.",
        ),
        ("min_quantity", 1 <= price.min_quantity <= MAX_QUANTITY, "From 1 on."),
        ("priority", -1000 <= price.priority <= 1000, "From -1000 to 1000."),
        ("valid_until", _is_period(price), "Later than valid_from: the price ends before it."),
        (
            "mix_group",
            price.mix_group is None or _CODE.fullmatch(price.mix_group),
            "Lower-case letters, digits, _ and -, or none.",
        ),
    ):
        if not fine:
            raise PriceInvalid(
                f"The price's {field} is not possible.", field=f"prices.{index}.{field}", cure=cure
            )


def check_assignment(given: AssignPriceList) -> None:
    """Raise AssignmentInvalid naming the field."""
    for field, fine, cure in (
        ("level", given.level != "base", "The base list is a setting of the channel."),
        ("subject", _subject_fits(given), _SUBJECTS[given.level]),
        (
            "channel_id",
            given.level != "channel" or given.channel_id is not None,
            "Name the channel.",
        ),
        ("reference", len(given.reference) <= 200, "At most 200 characters."),
        ("priority", -1000 <= given.priority <= 1000, "From -1000 to 1000."),
        ("valid_until", _is_period(given), "Later than valid_from."),
    ):
        if not fine:
            raise AssignmentInvalid(
                f"The assignment's {field} is not possible.", field=field, cure=cure
            )


_SUBJECTS = {
    "contract": "The id of the customer who has the contract.",
    "customer": "The id of the customer.",
    "group": "The code of a customer group.",
    "segment": "The code of a segment.",
    "market": "The country, by its two letters.",
    "channel": "None: the channel says it all.",
    "base": "None.",
}


def _subject_fits(given: AssignPriceList) -> bool:
    match given.level:
        case "contract" | "customer":
            try:
                return str(UUID(given.subject)) == given.subject
            except ValueError:
                return False
        case "group" | "segment":
            return _CODE.fullmatch(given.subject) is not None
        case "market":
            return _COUNTRY.fullmatch(given.subject) is not None
        case _:
            return not given.subject


def check_policy(policy: Policy) -> None:
    """Raise PolicyInvalid unless every level has its place."""
    if sorted(policy.levels) != sorted(LEVELS):
        raise PolicyInvalid(
            "Every level of price lists has exactly one place.",
            field="levels",
            cure=f"Order all of {', '.join(LEVELS)}.",
        )
    if policy.hold_minutes is not None and not 1 <= policy.hold_minutes <= MAX_HOLD_MINUTES:
        raise PolicyInvalid(
            "Carts cannot hold prices for so long.",
            field="hold_minutes",
            cure=f"From 1 to {MAX_HOLD_MINUTES} minutes, or null for live prices.",
        )


def check_cost(cost: Cost, *, index: int = 0) -> None:
    """Raise CostInvalid naming the field of the cost at that place of the request."""
    for field, fine, cure in (
        ("currency", cost.currency in EXPONENTS, "An ISO 4217 code in capitals, like EUR."),
        ("amount_minor", 0 <= cost.amount_minor <= MAX_AMOUNT_MINOR, "From 0 to 10^12."),
        ("valid_until", _is_period(cost), "Later than valid_from: the cost ends before it."),
    ):
        if not fine:
            raise CostInvalid(
                f"The cost's {field} is not possible.", field=f"costs.{index}.{field}", cure=cure
            )


def _is_period(given: SetPrice | AssignPriceList | Cost) -> bool:
    return (
        given.valid_from is None
        or given.valid_until is None
        or given.valid_from < given.valid_until
    )
