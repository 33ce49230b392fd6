"""To whom price lists are offered, how a channel chooses, and why a price applies."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import CursorInvalid, Page
from argosy.kernel.wall_clock import ZoneUnknown, in_utc
from argosy.modules import channels, contracts, customers, pricing, staff
from argosy.runtime.db import Tx
from argosy.web.api.admin.prices import PriceRow, of_list, of_variant
from argosy.web.api.admin.wall_times import Time, TimeNotice, Times
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.workflows.price_offers import (
    PriceAnswer,
    PriceQuestion,
    explain_price,
    offer_price_list,
)

AssignedLevel = Literal["contract", "customer", "group", "segment", "market", "channel"]
Id = Annotated[str, msgspec.Meta(max_length=60)]
Filter = Annotated[str | None, Parameter(max_length=60)]
Country = Annotated[
    str | None, Parameter(pattern="^[A-Z]{2}$", description="Where it goes; else the default.")
]
Units = Annotated[int, Parameter(ge=1, le=10**9, description="Units on the line.")]
At = Annotated[datetime | None, Parameter(description="As of this time (UTC); now without it.")]


class AssignmentBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Offer a list in [valid_from, valid_until). Without `channel_id`: in all of its currency.

    `subject`: of `contract` and `customer` the customer's id, of `group` and `segment` the code, of
    `market` the country, of `channel` nothing. `reference` names the contract or clause.
    """

    price_list_id: Id
    level: AssignedLevel
    channel_id: Id | None = None
    subject: Annotated[str, msgspec.Meta(max_length=63)] = ""
    reference: Annotated[str, msgspec.Meta(max_length=200)] = ""
    priority: Annotated[int, msgspec.Meta(ge=-1000, le=1000)] = 0
    valid_from: Time = None
    valid_until: Time = None

    def command(self, times: Times) -> pricing.AssignPriceList:
        """The assignment to make. Raises MalformedId, ZoneUnknown, TimeOutOfRange."""
        subject = self.subject
        if self.level in {"contract", "customer"}:
            subject = str(decode("customer", subject, field="subject"))
        channel = self.channel_id
        return pricing.AssignPriceList(
            price_list_id=decode("price_list", self.price_list_id, field="price_list_id"),
            level=self.level,
            channel_id=None if channel is None else decode("channel", channel, field="channel_id"),
            subject=subject,
            reference=self.reference,
            priority=self.priority,
            valid_from=times.read(self.valid_from, "valid_from"),
            valid_until=times.read(self.valid_until, "valid_until"),
        )


class AssignmentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A price list that is offered. `notices` come with the answer that made it."""

    id: str
    price_list_id: str
    level: AssignedLevel
    channel_id: str | None
    subject: str
    reference: str
    currency: str
    priority: int
    valid_from: datetime | None
    valid_until: datetime | None
    created_at: datetime
    notices: list[TimeNotice] = []

    @classmethod
    def of(
        cls, made: pricing.Assignment, notices: list[TimeNotice] | None = None
    ) -> "AssignmentRow":
        """As answers show it."""
        personal = made.level in {"contract", "customer"}
        return cls(
            id=encode("price_assignment", made.id),
            price_list_id=encode("price_list", made.price_list_id),
            level=made.level,  # type: ignore[arg-type]
            channel_id=None if made.channel_id is None else encode("channel", made.channel_id),
            subject=encode("customer", UUID(made.subject)) if personal else made.subject,
            reference=made.reference,
            currency=made.currency,
            priority=made.priority,
            valid_from=made.valid_from,
            valid_until=made.valid_until,
            created_at=made.created_at,
            notices=notices or [],
        )


class PolicyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a channel chooses prices: the first list by `levels` that has one, or the lowest of all.

    `gross_policy`: elsewhere the gross price stays, or the net one. `was_price`: former prices are
    shown as entered, or (EU) only the lowest of the 30 days before a reduction.
    `hold_minutes`: so long a line of a cart costs no more than when it was added; null: carts go by
    the prices of the moment. `tell_personal`: shoppers are told where a price is made for them.
    """

    choice: pricing.PriceChoice = "precedence"
    levels: Annotated[tuple[pricing.Level, ...], msgspec.Meta(min_length=7, max_length=7)] = (
        pricing.LEVELS
    )
    gross_policy: pricing.GrossPolicy = "gross_fixed"
    was_price: pricing.WasPrice = "free"
    hold_minutes: Annotated[int, msgspec.Meta(ge=1, le=43_200)] | None = None
    tell_personal: bool = False


class PolicyRow(PolicyBody, frozen=True, kw_only=True):
    """How a channel chooses prices. Version 0 was never changed."""

    version: int


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A price that did not apply: of which list, and why not."""

    price_list_id: str
    price_list: str
    price: PriceRow
    reason: pricing.Lost


class ContractClause(msgspec.Struct, frozen=True, kw_only=True):
    """The clause of a contract that priced a line; `cuts` kept a formula from its result."""

    contract_id: str
    code: str
    reference: str
    clause: str
    kind: contracts.LineKind
    percent: Decimal | None
    cuts: list[contracts.Cut]


class ChannelPriceExplanation(msgspec.Struct, frozen=True, kw_only=True):
    """Which price applies to so many units, and why each other one does not.

    `applies` null: the variant cannot be bought. `counted` are the units that reached the tier;
    `subtotal_minor` is what the units cost. `prior_minor` is the lowest price of the 30 days before
    the present reduction, null if there is none. Who may read costs is told `cost_minor` of a unit
    and `margin_minor`: what is left of all units without tax.
    """

    at: datetime
    choice: pricing.PriceChoice
    applies: PriceRow | None
    price_list_id: str | None
    price_list: str | None
    level: pricing.Level | None
    counted: int
    subtotal_minor: int | None
    others: list[Candidate]
    prior_minor: int | None
    unit_price_minor: int | None
    unit_price_per: str | None
    cost_minor: int | None = None
    margin_minor: int | None = None
    contract: ContractClause | None = None


@get(
    "/admin/v1/price-assignments",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:read")],
)
async def list_assignments(  # noqa: PLR0917 - the query's parameters
    request: Request[Any, Any, Any],
    limit: Limit = 24,
    cursor: CursorText = None,
    price_list_id: Filter = None,
    channel_id: Filter = None,
    subject: Filter = None,
) -> Page[AssignmentRow]:
    """What is offered now or later, in the order in which it was. `subject`: a customer's id, the
    code of a group or a country.
    """
    of_prices = None if price_list_id is None else of_list(price_list_id)
    of_channel = None if channel_id is None else decode("channel", channel_id, field="channel_id")
    of_subject = subject
    if subject is not None and subject.startswith("cus_"):
        of_subject = str(decode("customer", subject, field="subject"))
    filters = filters_of(
        "assignments", price_list_id=price_list_id, channel_id=channel_id, subject=subject
    )
    last = _last(after(cursor, filters, length=1))
    async with shop(request).db.reading() as tx:
        rows = await pricing.list_assignments(
            tx,
            price_list_id=of_prices,
            channel_id=of_channel,
            subject=of_subject,
            after=last,
            limit=limit + 1,
        )
    return page_of(
        rows, limit=limit, filters=filters, keys=lambda a: [a.id.hex], show=AssignmentRow.of
    )


@post(
    "/admin/v1/price-assignments",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:write")],
    problems=[
        pricing.AssignmentInvalid,
        pricing.AssignmentsOverlap,
        pricing.CurrencyDiffers,
        pricing.PriceListNotFound,
        channels.ChannelNotFound,
        customers.CustomerNotFound,
        customers.GroupNotFound,
        ZoneUnknown,
    ],
    responses={201: ResponseSpec(AssignmentRow, description="The list is offered.")},
    example={
        "price_list_id": encode("price_list", UUID(int=1)),
        "level": "group",
        "subject": "dealers",
        "valid_from": {"local": "2026-11-27T00:00:00", "time_zone": "Europe/Berlin"},
    },
)
async def assign_price_list(
    request: Request[Any, Any, Any], data: AssignmentBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Offer a price list to a customer, group, segment, country or channel. Of equal rank no two
    may be offered at the same time.
    """
    times = Times()
    given = data.command(times)

    async def work(tx: Tx) -> pricing.Assignment:
        made = await offer_price_list(tx, given)
        shown = encode("price_assignment", made.id)
        what = msgspec.to_builtins(AssignmentRow.of(made))
        await staff.audit(tx, actor(request), "price_list.assigned", shown, None, what)
        return made

    return await once(request, work, show=lambda made: AssignmentRow.of(made, times.notices))


@delete(
    "/admin/v1/price-assignments/{assignment_id:str}",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:write")],
    problems=[pricing.AssignmentNotFound],
)
async def end_assignment(request: Request[Any, Any, Any], assignment_id: str) -> None:
    """Offer a price list no longer, from now on. What was offered stays known."""
    found = decode("price_assignment", assignment_id, field="assignment_id")
    async with shop(request).db.transaction() as tx:
        ended = await pricing.end_assignment(tx, found)
        was = msgspec.to_builtins(AssignmentRow.of(ended))
        await staff.audit(tx, actor(request), "price_list.unassigned", assignment_id, was, None)


@get(
    "/admin/v1/channels/{channel_id:str}/price-policy",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:read")],
    problems=[channels.ChannelNotFound],
)
async def get_policy(request: Request[Any, Any, Any], channel_id: str) -> Response[PolicyRow]:
    """How a channel chooses its prices and shows former ones."""
    found = decode("channel", channel_id, field="channel_id")
    async with shop(request).db.reading() as tx:
        await channels.channel_by_id(tx, found)
        return _tagged(await pricing.policy_of(tx, found))


@put(
    "/admin/v1/channels/{channel_id:str}/price-policy",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:write")],
    problems=[channels.ChannelNotFound, pricing.PolicyInvalid, pricing.PolicyChanged],
    example={"choice": "lowest", "was_price": "omnibus"},
)
async def set_policy(
    request: Request[Any, Any, Any], channel_id: str, data: PolicyBody, if_match: RequiredIfMatch
) -> Response[PolicyRow]:
    """Say how a channel chooses its prices and shows former ones."""
    found = decode("channel", channel_id, field="channel_id")
    given = msgspec.structs.asdict(data)
    async with shop(request).db.transaction() as tx:
        await channels.channel_by_id(tx, found)
        before = await pricing.policy_of(tx, found)
        expected = expected_version(request)
        policy = await pricing.set_policy(
            tx,
            found,
            pricing.Policy(**given),
            expected_version=before.version if expected is None else expected,
        )
        was = msgspec.to_builtins(before)
        await staff.audit(tx, actor(request), "price_policy.set", channel_id, was, given)
    return _tagged(policy)


@get(
    "/admin/v1/channels/{channel_id:str}/price-explanation",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:read")],
    problems=[channels.ChannelNotFound, customers.CustomerNotFound],
)
async def explain_channel_price(  # noqa: PLR0917 - the query's parameters
    request: Request[Any, Any, Any],
    channel_id: str,
    variant_id: Annotated[str, Parameter(max_length=60, description="The variant.")],
    quantity: Units = 1,
    customer_id: Filter = None,
    country: Country = None,
    at: At = None,
) -> ChannelPriceExplanation:
    """Say which price of a variant applies in a channel to a customer (or a guest), and why every
    other price of it, in whatever list, does not.
    """
    asked = PriceQuestion(
        channel_id=decode("channel", channel_id, field="channel_id"),
        variant_id=of_variant(variant_id),
        quantity=quantity,
        customer_id=None
        if customer_id is None
        else decode("customer", customer_id, field="customer_id"),
        country=country,
        at=in_utc(at, "at") or shop(request).db.clock().astimezone(UTC),
    )
    async with shop(request).db.reading() as tx:
        found = await explain_price(tx, asked)
    return explanation(asked, found, with_cost=staff.covers(actor(request).scopes, "costs:read"))


def explanation(
    asked: PriceQuestion, found: PriceAnswer, *, with_cost: bool
) -> ChannelPriceExplanation:
    """As answers show it."""
    priced = found.priced
    terms = None if priced.taken is None else priced.terms
    subtotal = priced.subtotal_minor
    if subtotal is None and priced.taken is not None:
        subtotal = priced.taken.amount_minor * asked.quantity
    cost = None if found.cost_minor is None or not with_cost else found.cost_minor
    measure = found.measure
    return ChannelPriceExplanation(
        at=asked.at,
        choice=found.policy.choice,
        applies=None if priced.taken is None else PriceRow.of(priced.taken),
        price_list_id=None if terms is None else encode("price_list", terms.price_list_id),
        price_list=None if terms is None else found.lists[terms.price_list_id].code,
        level=None if terms is None else terms.level,
        counted=priced.counted,
        subtotal_minor=subtotal,
        others=[
            Candidate(
                price_list_id=encode("price_list", loser.price_list_id),
                price_list=found.lists[loser.price_list_id].code,
                price=PriceRow.of(loser),
                reason=why,
            )
            for loser, why in priced.lost
        ],
        prior_minor=found.prior_minor,
        unit_price_minor=found.unit_price_minor,
        unit_price_per=None
        if measure is None
        else f"{measure.base_quantity.normalize():f} {measure.base_unit}",
        cost_minor=cost,
        margin_minor=None
        if cost is None or found.net_minor is None
        else found.net_minor - cost * asked.quantity,
        contract=_contract(found),
    )


def _contract(found: PriceAnswer) -> ContractClause | None:
    contract, worked = found.contract, found.worked
    if contract is None or worked is None or worked.line >= len(contract.terms.lines):
        return None
    line = contract.terms.lines[worked.line]
    return ContractClause(
        contract_id=encode("contract", contract.id),
        code=contract.terms.code,
        reference=contract.terms.reference,
        clause=line.clause,
        kind=line.kind,
        percent=line.percent,
        cuts=list(worked.cuts),
    )


def _tagged(policy: pricing.Policy) -> Response[PolicyRow]:
    row = PolicyRow(**msgspec.structs.asdict(policy))
    return Response(row, headers={"ETag": version_tag(policy.version)})


def _last(keys: list[str | int | None] | None) -> UUID | None:
    if keys is None:
        return None
    try:
        return UUID(hex=str(keys[0]))
    except ValueError as error:
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor") from error


ROUTES = [
    list_assignments,
    assign_price_list,
    end_assignment,
    get_policy,
    set_policy,
    explain_channel_price,
]
