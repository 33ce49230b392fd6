"""Pure decisions: what contracts must be, which clause counts, what it makes of a price (C11)."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final
from uuid import UUID

from argosy.kernel.rounding import DEFAULT_ROUNDING, Rounding, rounded
from argosy.modules.contracts.errors import ContractInvalid
from argosy.modules.contracts.types import ContractLine, Cut, SetContract, Worked

MAX_LINES: Final = 1000
MAX_CUSTOMERS: Final = 100
STEP_TIME: Final = timedelta(days=1)
_MAX_MINOR: Final = 10**12
_MAX_PERCENT: Final = Decimal(1000)
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")


def check_contract(given: SetContract) -> None:
    """Raise ContractInvalid naming the field."""
    times = given.valid_from is not None and given.valid_until is not None
    for field, fine, cure in (
        ("code", _CODE.fullmatch(given.code), "Up to 50 lower-case letters, digits, _ and -."),
        ("name", 1 <= len(given.name.strip()) <= 200, "1 to 200 characters."),
        ("reference", len(given.reference) <= 200, "At most 200 characters."),
        (
            "customer_ids",
            1 <= len(given.customers) <= MAX_CUSTOMERS
            and len(set(given.customers)) == len(given.customers),
            f"1 to {MAX_CUSTOMERS} customers, each once.",
        ),
        ("priority", -1000 <= given.priority <= 1000, "From -1000 to 1000."),
        (
            "valid_until",
            not times or given.valid_from < given.valid_until,  # type: ignore[operator]
            "Later than valid_from.",
        ),
        (
            "floor_margin_percent",
            _percent(given.floor_margin_percent, Decimal("99.99")),
            "From 0 to 99.99.",
        ),
        ("max_step_percent", _percent(given.max_step_percent, Decimal(100)), "From 0 to 100."),
        ("lines", 1 <= len(given.lines) <= MAX_LINES, f"1 to {MAX_LINES} clauses."),
    ):
        if not fine:
            raise ContractInvalid(
                f"The contract's {field} is not possible.", field=field, cure=cure
            )
    seen: set[UUID | None] = set()
    for index, line in enumerate(given.lines):
        _check_line(line, f"lines.{index}")
        if line.subject_id in seen:
            raise ContractInvalid(
                "Two clauses are about the same goods.", field=f"lines.{index}.subject"
            )
        seen.add(line.subject_id)


def _check_line(line: ContractLine, path: str) -> None:
    fixed = line.kind == "fixed"
    highest = Decimal(100) if line.kind == "off_list" else _MAX_PERCENT
    for field, fine, cure in (
        (
            "amount_minor",
            (line.amount_minor is not None) == fixed
            and 0 <= (line.amount_minor or 0) <= _MAX_MINOR,
            "Given for a fixed price only.",
        ),
        (
            "percent",
            (line.percent is None) == fixed and _percent(line.percent, highest),
            f"Given for a formula only, from 0 to {highest}.",
        ),
        (
            "kind",
            not (fixed and line.subject_kind == "all"),
            "A fixed price is of a product or a variant.",
        ),
        ("clause", len(line.clause) <= 200, "At most 200 characters."),
    ):
        if not fine:
            raise ContractInvalid(
                f"The clause's {field} is not possible.", field=f"{path}.{field}", cure=cure
            )


def _percent(value: Decimal | None, highest: Decimal) -> bool:
    return value is None or (value.is_finite() and 0 <= value <= highest)


def line_for(lines: Sequence[ContractLine], *, product_id: UUID, variant_id: UUID) -> int | None:
    """Return the place of the clause that counts for a variant; None if there is none."""
    ranks = {"variant": 0, "product": 1, "all": 2}
    fitting = [
        (ranks[line.subject_kind], place)
        for place, line in enumerate(lines)
        if line.subject_kind == "all" or line.subject_id in {product_id, variant_id}
    ]
    return min(fitting)[1] if fitting else None


def work_out(  # noqa: PLR0917 - what a contract price is made from
    terms: SetContract,
    place: int,
    variant_id: UUID,
    listed_minor: int | None,
    cost_minor: int | None,
    before: Worked | None,
    *,
    at: datetime,
    mode: Rounding = DEFAULT_ROUNDING,
) -> Worked:
    """Return what the clause at `place` makes of a variant.

    `listed_minor` is what everybody pays, `cost_minor` the cost with the tax that prices contain.
    `before` is what the contract made of it last: a formula moves its price by `max_step_percent`
    of what it was when the day of steps began, no further; but never below the floor.
    """
    line = terms.lines[place]
    if line.kind == "fixed":
        return Worked(
            variant_id=variant_id,
            amount_minor=line.amount_minor,
            line=place,
            cuts=(),
            anchor_minor=None,
            anchored_at=None,
        )
    why = _lacking(terms, line, listed_minor, cost_minor)
    if why is not None:
        return Worked(
            variant_id=variant_id,
            amount_minor=None,
            line=place,
            cuts=(why,),
            anchor_minor=None,
            anchored_at=None,
        )
    base = listed_minor if line.kind == "off_list" else cost_minor
    assert base is not None
    assert line.percent is not None
    share = Fraction(line.percent) / 100
    amount = rounded(base * (1 - share if line.kind == "off_list" else 1 + share), mode)
    cuts: list[Cut] = []
    anchor, since = _anchor(before, at)
    if anchor is not None and terms.max_step_percent is not None:
        step = Fraction(terms.max_step_percent) / 100
        lowest, highest = -(-anchor * (1 - step) // 1), anchor * (1 + step) // 1
        if not lowest <= amount <= highest:
            amount = min(max(amount, int(lowest)), int(highest))
            cuts.append("step")
    if terms.floor_margin_percent is not None and cost_minor is not None:
        least = -(-cost_minor // (1 - Fraction(terms.floor_margin_percent) / 100))
        if amount < least:
            amount = int(least)
            cuts.append("floor")
    return Worked(
        variant_id=variant_id,
        amount_minor=amount,
        line=place,
        cuts=tuple(cuts),
        anchor_minor=amount if anchor is None else anchor,
        anchored_at=since,
    )


def _lacking(
    terms: SetContract, line: ContractLine, listed_minor: int | None, cost_minor: int | None
) -> Cut | None:
    if line.kind == "off_list" and listed_minor is None:
        return "no_list_price"
    needs_cost = line.kind == "over_cost" or terms.floor_margin_percent is not None
    return "cost_unknown" if needs_cost and cost_minor is None else None


def _anchor(before: Worked | None, at: datetime) -> tuple[int | None, datetime]:
    if before is None or before.amount_minor is None:
        return None, at
    if before.anchor_minor is None or before.anchored_at is None:
        return before.amount_minor, at
    if at - before.anchored_at >= STEP_TIME:
        return before.amount_minor, at
    return before.anchor_minor, before.anchored_at
