"""Pure decisions about kits. DOMAIN.md E11, F12."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final
from uuid import UUID

from argosy.kernel.bill import Bill, BillGroup, BillOption
from argosy.modules.kits.errors import KitInvalid
from argosy.modules.kits.types import (
    MAX_GROUPS,
    MAX_ITEMS,
    MAX_OPTIONS,
    MAX_PARTS,
    MAX_UNITS,
    Choice,
    ChoiceProblem,
    Part,
)

SEPARATOR: Final = ","
"""Between the codes of several options in one choice."""
PLENTY: Final = 10**9
_CODE: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_MOST_EXTRA: Final = 10**12


def check_bill(variant_id: UUID, bill: Bill) -> None:
    """Raise KitInvalid unless the bill can be that of the variant."""
    if not bill.items and not bill.groups:
        raise _invalid("items", "A kit consists of something.")
    if len(bill.items) > MAX_ITEMS:
        raise _invalid("items", f"A kit has at most {MAX_ITEMS} items.")
    if len(bill.groups) > MAX_GROUPS:
        raise _invalid("groups", f"A kit has at most {MAX_GROUPS} groups.")
    if len(bill.items) + sum(group.most for group in bill.groups) > MAX_PARTS:
        raise _invalid("groups", f"A kit has at most {MAX_PARTS} parts with all choices.")
    _once("items", (item.variant_id for item in bill.items))
    _once("groups", (one.variant_id for group in bill.groups for one in group.options))
    _once("groups", (group.code for group in bill.groups))
    if variant_id in bill.variants():
        raise _invalid("items", "A kit is no component of itself.")
    for n, item in enumerate(bill.items):
        _check_units(f"items[{n}].quantity", item.quantity)
    for n, group in enumerate(bill.groups):
        _check_group(f"groups[{n}]", group)
    if not bill.items and not any(group.least for group in bill.groups):
        raise _invalid("groups", "Something of a kit has to be chosen.")
    _check_price(bill)


def _check_group(field: str, group: BillGroup) -> None:
    if not _CODE.fullmatch(group.code):
        raise _invalid(f"{field}.code", "A code is of a-z, 0-9, - and _, up to 40 characters.")
    if not 1 <= len(group.name) <= 200:
        raise _invalid(f"{field}.name", "A name has 1 to 200 characters.")
    if not 1 <= len(group.options) <= MAX_OPTIONS:
        raise _invalid(f"{field}.options", f"A group has 1 to {MAX_OPTIONS} options.")
    if not 0 <= group.least <= group.most or group.most < 1:
        raise _invalid(f"{field}.most", "At least one, and not less than `least`.")
    if not group.repeats and group.most > len(group.options):
        raise _invalid(f"{field}.most", "More than there are options.")
    _once(f"{field}.options", (option.code for option in group.options))
    for n, option in enumerate(group.options):
        if not _CODE.fullmatch(option.code):
            raise _invalid(
                f"{field}.options[{n}].code", "A code is of a-z, 0-9, - and _, up to 40 characters."
            )
        _check_units(f"{field}.options[{n}].quantity", option.quantity)
        if any(not 0 <= minor <= _MOST_EXTRA for minor in option.extra.values()):
            raise _invalid(f"{field}.options[{n}].extra", "An extra is not negative.")
    if group.defaults and isinstance(_taken(group, list(group.defaults), None), str):
        raise _invalid(f"{field}.defaults", "The defaults are no choice that can be made.")


def _check_price(bill: Bill) -> None:
    if bill.price == "own" and (bill.percent_off is not None or bill.amount_off):
        raise _invalid("price", 'Only a kit that costs the "sum" is cheaper than that.')
    if bill.percent_off is not None and not (
        bill.percent_off.is_finite() and Decimal(0) <= bill.percent_off <= Decimal(100)
    ):
        raise _invalid("percent_off", "A percentage is from 0 to 100.")
    if any(not 0 <= minor <= _MOST_EXTRA for minor in bill.amount_off.values()):
        raise _invalid("amount_off", "An amount is not negative.")


def _check_units(field: str, quantity: int) -> None:
    if not 1 <= quantity <= MAX_UNITS:
        raise _invalid(field, f"A whole number from 1 to {MAX_UNITS}.")


def _once(field: str, found: Iterable[UUID | str]) -> None:
    counts = Counter(found)
    if any(count > 1 for count in counts.values()):
        raise _invalid(field, "Something stands here twice.")


def _invalid(field: str, why: str) -> KitInvalid:
    return KitInvalid(why, field=field)


def chosen(
    bill: Bill, configuration: Mapping[str, str], currency: str | None
) -> Choice | ChoiceProblem:
    """What one kit consists of by a shopper's choice: the fixed items, then the groups in order.

    The choice of a group is under its code: option codes, separated by commas. What else stands in
    the configuration is not for the kit. Without `currency` extras are not looked at.
    """
    parts = [Part(item.variant_id, item.quantity) for item in bill.items]
    for group in bill.groups:
        text = configuration.get(group.code)
        wanted = list(group.defaults) if text is None else _codes(text)
        taken = _taken(group, wanted, currency)
        if isinstance(taken, str):
            return taken
        parts += taken
    return tuple(parts) if parts else "choice_missing"


def normal(bill: Bill, configuration: Mapping[str, str]) -> dict[str, str]:
    """The configuration with each choice in the bill's order: equal choices are equal texts."""
    found = dict(configuration)
    for group in bill.groups:
        if group.code in found:
            places = {option.code: n for n, option in enumerate(group.options)}
            codes = sorted(_codes(found[group.code]), key=lambda code: places.get(code, PLENTY))
            found[group.code] = SEPARATOR.join(codes)
    return found


def _codes(text: str) -> list[str]:
    return [code for part in text.split(SEPARATOR) if (code := part.strip())]


def _taken(group: BillGroup, wanted: list[str], currency: str | None) -> list[Part] | ChoiceProblem:
    if len(wanted) > group.most:
        return "choice_invalid"
    offered = {option.code: option for option in group.options}
    counts = Counter(wanted)
    for code, count in counts.items():
        option = offered.get(code)
        if (
            option is None
            or (count > 1 and not group.repeats)
            or _costs_elsewhere(option, currency)
        ):
            return "choice_invalid"
    if len(wanted) < group.least:
        return "choice_missing"
    return [
        Part(
            option.variant_id,
            option.quantity * counts[option.code],
            0 if currency is None else option.extra.get(currency, 0) * counts[option.code],
            group.code,
            option.code,
        )
        for option in group.options
        if counts[option.code]
    ]


def _costs_elsewhere(option: BillOption, currency: str | None) -> bool:
    """Whether the option has extras, and none in this currency: it must not come for nothing."""
    return currency is not None and bool(option.extra) and currency not in option.extra


def available(bill: Bill, units: Mapping[UUID, int]) -> int:
    """How many kits can be made at once of so many `units` of their components (F12).

    A component that is not in `units` does not run out. Exact: what is fixed is folded first, and
    of each group the fewest are taken, from whatever options have most. Whatever never runs out
    makes PLENTY.
    """
    low, high = 0, PLENTY
    while low < high:
        middle = (low + high + 1) // 2
        if _suffices(bill, units, middle):
            low = middle
        else:
            high = middle - 1
    return low


def _suffices(bill: Bill, units: Mapping[UUID, int], kits: int) -> bool:
    left = dict(units)
    for item in bill.items:
        if item.variant_id in left:
            left[item.variant_id] -= item.quantity * kits
            if left[item.variant_id] < 0:
                return False
    for group in bill.groups:
        # Each kit takes `least` of the options: different ones, unless the group repeats.
        most = kits * group.least if group.repeats else kits
        can = sum(
            most
            if option.variant_id not in left
            else min(most, max(0, left[option.variant_id]) // option.quantity)
            for option in group.options
        )
        if can < kits * group.least:
            return False
    return True
