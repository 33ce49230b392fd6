"""Contracts: prices that customers were promised, as agreed or by formula."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.openapi.datastructures import ResponseSpec

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import CursorInvalid, Page
from argosy.kernel.wall_clock import in_utc
from argosy.modules import channels, contracts, customers, pricing, staff
from argosy.modules.contracts import Contract, ContractLine, SetContract, Worked
from argosy.runtime.db import Tx
from argosy.web.api.admin.wall_times import Instant
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of
from argosy.workflows import contracting

AnyRequest = Request[Any, Any, Any]
Id = Annotated[str, msgspec.Meta(max_length=60)]
Percent = Annotated[
    str, msgspec.Meta(pattern=r"^[0-9]{1,4}(\.[0-9]{1,4})?$", max_length=9, examples=["12.5"])
]
Text = Annotated[str, msgspec.Meta(max_length=200)]
_KINDS: dict[str, Literal["product", "variant"]] = {"prd": "product", "var": "variant"}


class ClauseBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goods cost: `subject` is a product, a variant, or null for all goods; the narrowest
    counts. `fixed` has an `amount_minor`; `off_list` takes `percent` off the list price,
    `over_cost` adds it to the cost.
    """

    kind: contracts.LineKind
    subject: Id | None = None
    amount_minor: Annotated[int, msgspec.Meta(ge=0, le=10**12)] | None = None
    percent: Percent | None = None
    clause: Text = ""


class TermsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The terms of a contract with one customer, or with all of a company. No formula goes below
    the price that leaves `floor_margin_percent` over the cost, or moves a price by more than
    `max_step_percent` within a day.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200, examples=["Acme 2027"])]
    customer_ids: Annotated[
        list[Id], msgspec.Meta(min_length=1, max_length=contracts.MAX_CUSTOMERS)
    ]
    lines: Annotated[list[ClauseBody], msgspec.Meta(min_length=1, max_length=contracts.MAX_LINES)]
    reference: Text = ""
    priority: Annotated[int, msgspec.Meta(ge=-1000, le=1000)] = 0
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    floor_margin_percent: Percent | None = None
    max_step_percent: Percent | None = None

    def terms(self, code: str, channel_id: UUID) -> SetContract:
        """As the island's word. Raises MalformedId, ContractInvalid, TimeOutOfRange."""
        return SetContract(
            code=code,
            name=self.name,
            channel_id=channel_id,
            customers=tuple(
                decode("customer", text, field=f"customer_ids.{n}")
                for n, text in enumerate(self.customer_ids)
            ),
            lines=tuple(_line(one, f"lines.{n}") for n, one in enumerate(self.lines)),
            reference=self.reference,
            priority=self.priority,
            valid_from=in_utc(self.valid_from, "valid_from"),
            valid_until=in_utc(self.valid_until, "valid_until"),
            floor_margin_percent=_number(self.floor_margin_percent),
            max_step_percent=_number(self.max_step_percent),
        )


class NewContractBody(TermsBody, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new contract in a channel. Its code stays; so does its channel."""

    code: Annotated[
        str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9_-]{0,49}$", max_length=50, examples=["acme"])
    ]
    channel_id: Id


class ClauseRow(msgspec.Struct, frozen=True, kw_only=True):
    """What goods cost by a contract."""

    kind: contracts.LineKind
    subject: str | None
    amount_minor: int | None
    percent: Decimal | None
    clause: str


class ContractRow(msgspec.Struct, frozen=True, kw_only=True):
    """A contract. Its prices are in a price list of its own, as of `refreshed_at`."""

    id: str
    version: int
    state: contracts.State
    code: str
    name: str
    channel_id: str
    customer_ids: list[str]
    lines: list[ClauseRow]
    reference: str
    priority: int
    valid_from: datetime | None
    valid_until: datetime | None
    floor_margin_percent: Decimal | None
    max_step_percent: Decimal | None
    price_list_id: str
    refreshed_at: datetime | None

    @classmethod
    def of(cls, one: Contract) -> "ContractRow":
        """As answers show it."""
        terms = one.terms
        return cls(
            id=encode("contract", one.id),
            version=one.version,
            state=one.state,
            code=terms.code,
            name=terms.name,
            channel_id=encode("channel", terms.channel_id),
            customer_ids=[encode("customer", each) for each in terms.customers],
            lines=[
                ClauseRow(
                    kind=line.kind,
                    subject=None
                    if line.subject_id is None
                    else encode(line.subject_kind, line.subject_id),
                    amount_minor=line.amount_minor,
                    percent=line.percent,
                    clause=line.clause,
                )
                for line in terms.lines
            ],
            reference=terms.reference,
            priority=terms.priority,
            valid_from=terms.valid_from,
            valid_until=terms.valid_until,
            floor_margin_percent=terms.floor_margin_percent,
            max_step_percent=terms.max_step_percent,
            price_list_id=encode("price_list", one.price_list_id),
            refreshed_at=one.refreshed_at,
        )


class ContractPriceRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a contract makes of a variant: by which of its `lines` (from 0), and what kept a formula
    from its result: the `floor`, the largest `step` of a day, or that there is `no_list_price` or
    the cost is unknown (`cost_unknown`), so that there is no contract price.
    """

    variant_id: str
    amount_minor: int | None
    line: int
    cuts: list[contracts.Cut]

    @classmethod
    def of(cls, one: Worked) -> "ContractPriceRow":
        """As answers show it."""
        return cls(
            variant_id=encode("variant", one.variant_id),
            amount_minor=one.amount_minor,
            line=one.line,
            cuts=list(one.cuts),
        )


_TERMS_PROBLEMS = [
    contracts.ContractInvalid,
    channels.ChannelNotFound,
    customers.CustomerNotFound,
    pricing.AssignmentsOverlap,
]
_EXAMPLE = {
    "name": "Acme 2027",
    "customer_ids": [encode("customer", UUID(int=1))],
    "lines": [{"kind": "off_list", "percent": "12.5"}],
    "max_step_percent": "5",
}


@get(
    "/admin/v1/contracts",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:read")],
)
async def list_contracts(
    request: AnyRequest, limit: Limit = 24, cursor: CursorText = None
) -> Page[ContractRow]:
    """Contracts by code, those that ended too."""
    filters = filters_of("contracts")
    keys = after(cursor, filters, length=1)
    async with shop(request).db.reading() as tx:
        rows = await contracts.list_contracts(
            tx, after=None if keys is None else str(keys[0]), limit=limit + 1
        )
    return page_of(
        rows, limit=limit, filters=filters, keys=lambda c: [c.terms.code], show=ContractRow.of
    )


@post(
    "/admin/v1/contracts",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:write")],
    problems=[*_TERMS_PROBLEMS, contracts.ContractCodeTaken],
    responses={201: ResponseSpec(ContractRow, description="The contract.")},
    example=_EXAMPLE | {"code": "acme", "channel_id": encode("channel", UUID(int=1))},
)
async def create_contract(
    request: AnyRequest, data: NewContractBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Make a contract. Its prices are worked out within seconds, and again every hour."""
    wish = data.terms(data.code, decode("channel", data.channel_id, field="channel_id"))

    async def work(tx: Tx) -> Contract:
        made = await contracting.create(tx, wish)
        await _note(tx, request, "contract.created", None, made)
        return made

    return await once(request, work, show=ContractRow.of)


@get(
    "/admin/v1/contracts/{contract_id:str}",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:read")],
    problems=[contracts.ContractNotFound],
)
async def get_contract(request: AnyRequest, contract_id: str) -> Response[ContractRow]:
    """A contract as it is now."""
    async with shop(request).db.reading() as tx:
        return _tagged(await contracts.contract_by_id(tx, _id(contract_id)))


@put(
    "/admin/v1/contracts/{contract_id:str}",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:write")],
    problems=[
        *_TERMS_PROBLEMS,
        contracts.ContractNotFound,
        contracts.ContractChanged,
        contracts.ContractEnded,
    ],
    example=_EXAMPLE,
)
async def replace_contract(
    request: AnyRequest, contract_id: str, data: TermsBody, if_match: RequiredIfMatch
) -> Response[ContractRow]:
    """Make the terms of a contract so; code and channel stay."""
    found, version = _id(contract_id), expected_version(request)
    async with shop(request).db.transaction() as tx:
        present = await contracts.contract_by_id(tx, found)
        wish = data.terms(present.terms.code, present.terms.channel_id)
        before, made = await contracting.change(tx, found, wish, expected_version=version)
        await _note(tx, request, "contract.changed", before, made)
    return _tagged(made)


@delete(
    "/admin/v1/contracts/{contract_id:str}",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:write")],
    problems=[contracts.ContractNotFound, contracts.ContractEnded],
)
async def end_contract(request: AnyRequest, contract_id: str) -> None:
    """End a contract for good: its customers pay what others do, at once."""
    async with shop(request).db.transaction() as tx:
        before = await contracting.end(tx, _id(contract_id))
        await _note(tx, request, "contract.ended", before, None)


@post(
    "/admin/v1/contracts/{contract_id:str}/refresh",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:write")],
    status_code=202,
    problems=[contracts.ContractNotFound, contracts.ContractEnded],
)
async def refresh_contract(request: AnyRequest, contract_id: str) -> ContractRow:
    """Have the prices of a contract worked out within seconds, not within the hour. Repeating it
    changes nothing.
    """
    async with shop(request).db.transaction() as tx:
        asked = await contracts.ask_for_refresh(tx, _id(contract_id))
        await staff.audit(tx, actor(request), "contract.refreshed", contract_id, None, None)
    return ContractRow.of(asked)


@get(
    "/admin/v1/contracts/{contract_id:str}/prices",
    tags=["Prices"],
    security=ADMINISTRATION,
    guards=[requires("prices:read")],
    problems=[contracts.ContractNotFound],
)
async def list_contract_prices(
    request: AnyRequest, contract_id: str, limit: Limit = 24, cursor: CursorText = None
) -> Page[ContractPriceRow]:
    """What a contract makes of each variant, and which clause did it."""
    found = _id(contract_id)
    filters = filters_of("contract-prices", contract=contract_id)
    last = _last(after(cursor, filters, length=1))
    async with shop(request).db.reading() as tx:
        await contracts.contract_by_id(tx, found)
        rows = await contracts.list_worked(tx, found, after=last, limit=limit + 1)
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=lambda one: [one.variant_id.hex],
        show=ContractPriceRow.of,
    )


def _line(given: ClauseBody, field: str) -> ContractLine:
    kind: contracts.SubjectKind = "all"
    subject_id = None
    if given.subject is not None:
        named = _KINDS.get(given.subject.partition("_")[0])
        if named is None:
            raise contracts.ContractInvalid(
                "A clause is about a product, a variant, or all goods.",
                field=f"{field}.subject",
                cure="Send the id of one (prd_... or var_...), or null.",
            )
        kind, subject_id = named, decode(named, given.subject, field=f"{field}.subject")
    return ContractLine(
        subject_kind=kind,
        subject_id=subject_id,
        kind=given.kind,
        amount_minor=given.amount_minor,
        percent=_number(given.percent),
        clause=given.clause,
    )


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _id(text: str) -> UUID:
    return decode("contract", text, field="contract_id")


async def _note(
    tx: Tx, request: AnyRequest, act: str, before: Contract | None, after_: Contract | None
) -> None:
    was, now = (
        None if one is None else msgspec.to_builtins(ContractRow.of(one))
        for one in (before, after_)
    )
    one = after_ or before
    assert one is not None
    await staff.audit(tx, actor(request), act, encode("contract", one.id), was, now)


def _tagged(one: Contract) -> Response[ContractRow]:
    return Response(ContractRow.of(one), headers={"ETag": version_tag(one.version)})


def _last(keys: list[str | int | None] | None) -> UUID | None:
    if keys is None:
        return None
    try:
        return UUID(hex=str(keys[0]))
    except ValueError as error:
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor") from error


ROUTES = [
    list_contracts,
    create_contract,
    get_contract,
    replace_contract,
    end_contract,
    refresh_contract,
    list_contract_prices,
]
