"""What belongs beside prices: what units cost the shop itself, and what they hold."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import CursorInvalid
from argosy.kernel.wall_clock import in_utc
from argosy.modules import pricing, staff
from argosy.runtime.db import Tx
from argosy.web.api.admin.wall_times import Instant
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of

Id = Annotated[str, msgspec.Meta(max_length=60)]
Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$", max_length=3, examples=["EUR"])]
Minor = Annotated[int, msgspec.Meta(ge=0, le=10**12, examples=[1250])]
Measured = Annotated[
    str, msgspec.Meta(pattern=r"^[0-9]{1,9}(\.[0-9]{1,6})?$", max_length=16, examples=["500"])
]
Version = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Unit = Annotated[str, msgspec.Meta(min_length=1, max_length=10, examples=["ml"])]
Variants = Annotated[
    list[str] | None,
    Parameter(
        query="variant",
        min_items=1,
        max_items=100,
        description="Variant ids, up to 100: all that is known of these, in one page."
        " Leave it out to list what is known of every variant, page by page.",
    ),
]


class CostBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a unit of a variant costs the shop, without tax; in [valid_from, valid_until) if one of
    them is given. A cost with a period goes before the one without. To set one, `version` is that
    of the cost that was read (0: there was none); left out, whichever there is is replaced.
    """

    variant_id: Id
    currency: Currency
    amount_minor: Minor
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    version: Version | None = None


class CostsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to 1,000 costs, set together or not at all."""

    costs: Annotated[list[CostBody], msgspec.Meta(min_length=1, max_length=pricing.MAX_FACTS)]


class CostToRemove(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which cost of a variant and currency: that of exactly this period, or that without; at the
    `version` that was read, or at whichever.
    """

    variant_id: Id
    currency: Currency
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    version: Version | None = None


class CostsToRemove(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to 1,000 costs."""

    costs: Annotated[list[CostToRemove], msgspec.Meta(min_length=1, max_length=pricing.MAX_FACTS)]


class CostList(msgspec.Struct, frozen=True, kw_only=True):
    """The costs of the variants that were asked for, in one page; or a page of all costs."""

    items: list[CostBody]
    next_cursor: str | None = None


class MeasureBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a unit of a variant holds: decimal text and its unit (mg, g, kg, oz, lb, ml, cl, l, m3,
    fl_oz, mm, cm, m, cm2, m2, piece). `drained` counts instead where there is one. The price is
    told per `base_quantity` `base_unit`: per kg, l, m, m2 or piece if not given. To set one,
    `version` is that of the measure that was read (0: there was none); left out, whichever there is
    is replaced.
    """

    variant_id: Id
    content: Measured
    unit: Unit
    drained: Measured | None = None
    base_quantity: Measured = "1"
    base_unit: Unit | None = None
    version: Version | None = None


class MeasuresBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to 1,000 measures, set together or not at all."""

    measures: Annotated[list[MeasureBody], msgspec.Meta(min_length=1, max_length=pricing.MAX_FACTS)]


class MeasureList(msgspec.Struct, frozen=True, kw_only=True):
    """The measures of the variants that were asked for, in one page; or a page of all."""

    items: list[MeasureBody]
    next_cursor: str | None = None


class VariantsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to 1,000 variants. `versions` by variant id: those of the measures that were read; of the
    others, whichever there is is removed.
    """

    variant_ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=pricing.MAX_FACTS)]
    versions: Annotated[dict[Id, Version], msgspec.Meta(max_length=pricing.MAX_FACTS)] = {}


class FactsChanged(msgspec.Struct, frozen=True, kw_only=True):
    """How many are new or different."""

    changed: int


@get(
    "/admin/v1/costs",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("costs:read")],
    problems=[CursorInvalid],
)
async def list_costs(
    request: Request[Any, Any, Any],
    variants: Variants = None,
    limit: Limit = 24,
    cursor: CursorText = None,
) -> CostList:
    """What units of variants cost the shop, past and future costs too; by variant, currency and
    period.
    """
    f = filters_of("costs")
    async with shop(request).db.reading() as tx:
        if variants:
            return CostList(
                items=[_cost_view(c) for c in await pricing.costs_of(tx, _ids(variants))]
            )
        place = _cost_at(after(cursor, f, length=4))
        rows = await pricing.list_costs(tx, after=place, limit=limit + 1)
    page = page_of(rows, limit=limit, filters=f, keys=_cost_key, show=_cost_view)
    return CostList(items=list(page.items), next_cursor=page.next_cursor)


def _cost_view(cost: pricing.Cost) -> CostBody:
    return CostBody(
        variant_id=encode("variant", cost.variant_id),
        currency=cost.currency,
        amount_minor=cost.amount_minor,
        valid_from=cost.valid_from,
        valid_until=cost.valid_until,
        version=cost.version,
    )


def _cost_key(cost: pricing.Cost) -> tuple[str | None, ...]:
    ends = (cost.valid_from, cost.valid_until)
    return (cost.variant_id.hex, cost.currency, *(at.isoformat() if at else None for at in ends))


def _cost_at(keys: Sequence[str | int | None] | None) -> pricing.Cost | None:
    if keys is None:
        return None
    variant, currency, start, end = keys
    try:
        ends = [datetime.fromisoformat(str(one)) if one else None for one in (start, end)]
        return pricing.Cost(
            variant_id=UUID(hex=str(variant)), currency=str(currency), amount_minor=0,
            valid_from=ends[0], valid_until=ends[1],
        )  # fmt: skip
    except ValueError as error:
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor") from error


@post(
    "/admin/v1/costs",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("costs:write")],
    status_code=200,
    problems=[pricing.CostInvalid, pricing.CostsOverlap, pricing.FactChanged],
    responses={200: ResponseSpec(FactsChanged, description="What changed.")},
    example={
        "costs": [
            {"variant_id": encode("variant", UUID(int=1)), "currency": "EUR", "amount_minor": 1250}
        ]
    },
)
async def set_costs(
    request: Request[Any, Any, Any], data: CostsBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Say what units of variants cost the shop. No shopper is ever told."""
    costs = [
        pricing.Cost(
            variant_id=decode("variant", cost.variant_id, field=f"costs.{index}.variant_id"),
            currency=cost.currency,
            amount_minor=cost.amount_minor,
            valid_from=in_utc(cost.valid_from, f"costs.{index}.valid_from"),
            valid_until=in_utc(cost.valid_until, f"costs.{index}.valid_until"),
            version=cost.version,
        )
        for index, cost in enumerate(data.costs)
    ]

    async def work(tx: Tx) -> int:
        changed = await pricing.set_costs(tx, costs)
        shown = {"changed": changed} | _one_cost(costs)
        await staff.audit(tx, actor(request), "costs.set", _subject("costs", costs), None, shown)
        return changed

    return await once(request, work, status=200, show=lambda n: FactsChanged(changed=n))


@post(
    "/admin/v1/costs/removal",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("costs:write")],
    status_code=200,
    problems=[pricing.CostInvalid, pricing.FactChanged],
    responses={200: ResponseSpec(FactsChanged, description="How many there were.")},
    example={"costs": [{"variant_id": encode("variant", UUID(int=1)), "currency": "EUR"}]},
)
async def remove_costs(
    request: Request[Any, Any, Any], data: CostsToRemove, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Forget costs: those of a period with its exact ends, that without a period by neither."""
    costs = [
        pricing.Cost(
            variant_id=decode("variant", cost.variant_id, field=f"costs.{index}.variant_id"),
            currency=cost.currency,
            amount_minor=0,
            valid_from=in_utc(cost.valid_from, f"costs.{index}.valid_from"),
            valid_until=in_utc(cost.valid_until, f"costs.{index}.valid_until"),
            version=cost.version,
        )
        for index, cost in enumerate(data.costs)
    ]

    async def work(tx: Tx) -> int:
        dropped = await pricing.drop_costs(tx, costs)
        subject, what = _subject("costs", costs), {"changed": dropped} | _one_cost(costs)
        what.pop("amount_minor", None)  # The body of a removal names none.
        await staff.audit(tx, actor(request), "costs.removed", subject, None, what)
        return dropped

    return await once(request, work, status=200, show=lambda n: FactsChanged(changed=n))


@get(
    "/admin/v1/measures",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:read")],
    problems=[CursorInvalid],
)
async def list_measures(
    request: Request[Any, Any, Any],
    variants: Variants = None,
    limit: Limit = 24,
    cursor: CursorText = None,
) -> MeasureList:
    """What units of variants hold, by variant."""
    f = filters_of("measures")
    async with shop(request).db.reading() as tx:
        if variants:
            found = await pricing.measures_of(tx, _ids(variants))
            return MeasureList(items=[_measure_view(one) for one in found])
        keys = after(cursor, f, length=1)
        rows = await pricing.list_measures(tx, after=_variant_at(keys), limit=limit + 1)
    page = page_of(
        rows, limit=limit, filters=f, keys=lambda m: (m.variant_id.hex,), show=_measure_view
    )
    return MeasureList(items=list(page.items), next_cursor=page.next_cursor)


def _variant_at(keys: Sequence[str | int | None] | None) -> UUID | None:
    try:
        return UUID(hex=str(keys[0])) if keys else None
    except ValueError as error:
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor") from error


def _measure_view(measure: pricing.Measure) -> MeasureBody:
    return MeasureBody(
        variant_id=encode("variant", measure.variant_id),
        content=_text(measure.content),
        unit=measure.unit,
        drained=None if measure.drained is None else _text(measure.drained),
        base_quantity=_text(measure.base_quantity),
        base_unit=measure.base_unit,
        version=measure.version,
    )


@post(
    "/admin/v1/measures",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:write")],
    status_code=200,
    problems=[pricing.MeasureInvalid, pricing.FactChanged],
    responses={200: ResponseSpec(FactsChanged, description="What changed.")},
    example={
        "measures": [{"variant_id": encode("variant", UUID(int=1)), "content": "500", "unit": "ml"}]
    },
)
async def set_measures(
    request: Request[Any, Any, Any], data: MeasuresBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Say what units of variants hold: the shop then shows the price per kilogram or litre."""
    measures = [_measure(measure, index) for index, measure in enumerate(data.measures)]

    async def work(tx: Tx) -> int:
        changed = await pricing.set_measures(tx, measures)
        subject, what = _subject("measures", measures), dict[str, Any](changed=changed)
        if len(measures) == 1:
            what |= _without_version(_measure_view(measures[0]))
        await staff.audit(tx, actor(request), "measures.set", subject, None, what)
        return changed

    return await once(request, work, status=200, show=lambda n: FactsChanged(changed=n))


@post(
    "/admin/v1/measures/removal",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:write")],
    status_code=200,
    problems=[pricing.FactChanged],
    responses={200: ResponseSpec(FactsChanged, description="How many there were.")},
    example={"variant_ids": [encode("variant", UUID(int=1))]},
)
async def remove_measures(
    request: Request[Any, Any, Any], data: VariantsBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Forget what units of variants hold."""
    wanted = _ids(data.variant_ids)
    read = {decode("variant", one, field="versions"): v for one, v in data.versions.items()}

    async def work(tx: Tx) -> int:
        changed = await pricing.drop_measures(tx, wanted, versions=read)
        subject = encode("variant", wanted[0]) if len(wanted) == 1 else "measures"
        what = {"changed": changed}
        await staff.audit(tx, actor(request), "measures.removed", subject, None, what)
        return changed

    return await once(request, work, status=200, show=lambda n: FactsChanged(changed=n))


def _subject(kind: str, facts: Sequence[pricing.Cost] | Sequence[pricing.Measure]) -> str:
    """Whose history the act belongs to: the variant's, where it is of one."""
    ids = {one.variant_id for one in facts}
    return encode("variant", ids.pop()) if len(ids) == 1 else kind


def _one_cost(costs: Sequence[pricing.Cost]) -> dict[str, Any]:
    return _without_version(_cost_view(costs[0])) if len(costs) == 1 else {}


def _without_version(view: CostBody | MeasureBody) -> dict[str, Any]:
    """As the audit trail keeps it."""
    return {k: v for k, v in msgspec.to_builtins(view).items() if k != "version"}


def _measure(given: MeasureBody, index: int) -> pricing.Measure:
    path = f"measures.{index}"
    base = given.base_unit
    return pricing.Measure(
        variant_id=decode("variant", given.variant_id, field=f"{path}.variant_id"),
        content=_decimal(given.content, f"{path}.content"),
        unit=given.unit,
        drained=None if given.drained is None else _decimal(given.drained, f"{path}.drained"),
        base_quantity=_decimal(given.base_quantity, f"{path}.base_quantity"),
        base_unit=pricing.default_base(given.unit) if base is None else base,
        version=given.version,
    )


def _decimal(text: str, field: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise pricing.MeasureInvalid(f"{text!r} is no number.", field=field) from error


def _text(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _ids(texts: list[str]) -> list[UUID]:
    return list(dict.fromkeys(decode("variant", text, field="variant") for text in texts))


ROUTES = [list_costs, set_costs, remove_costs, list_measures, set_measures, remove_measures]
