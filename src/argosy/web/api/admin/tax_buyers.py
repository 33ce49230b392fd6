"""Channels' tax policies, exemption certificates of customers, and what registers said."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from argosy.kernel.ids import decode, encode
from argosy.kernel.money import Money
from argosy.kernel.paging import Page
from argosy.kernel.wall_clock import day_given
from argosy.modules import channels, customers, staff, tax
from argosy.runtime.db import Tx
from argosy.web.addresses import AddressBody
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.cart_views import shown_address
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of

Country = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$", examples=["US"])]
Text = Annotated[str, msgspec.Meta(max_length=200)]
Codes = Annotated[list[Annotated[str, msgspec.Meta(max_length=64)]], msgspec.Meta(max_length=100)]

FilingState = Annotated[
    tax.FilingState | None, Parameter(query="state", description="Only filings in this state.")
]


class TaxPolicyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the channel decides about taxes. `waived_price`: who keeps a tax that a price contains
    and a buyer does not owe: `net` the buyer, `gross` the shop. `unverified`: what a VAT id is good
    for while its register does not confirm it: `charge` nothing, `recent` a valid answer of the
    last `recent_days` counts, `accept` it counts and the order says so. `engine` computes the
    taxes from `origin`, for the seller `engine_company`; it is told of a sale when that is
    `engine_commit`. Purchases above `refuse_above_minor` are not placed while it is down.
    `ioss_number` is the seller's number in the import one-stop shop: goods from outside the EU
    (from `origin`, else `seller_country`) worth up to 150 EUR without tax are sold with the VAT of
    their destination, dearer ones and those of `excise_classes` without any.
    """

    seller_country: Annotated[str, msgspec.Meta(pattern="^([A-Z]{2})?$", examples=["DE"])] = ""
    seller_tax_id: Annotated[str, msgspec.Meta(max_length=60, examples=["DE136695976"])] = ""
    waived_price: Literal["net", "gross"] = "net"
    unverified: Literal["charge", "recent", "accept"] = "charge"
    recheck_s: Annotated[int, msgspec.Meta(ge=0, le=31_622_400)] = 86_400
    recent_days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 30
    engine: Annotated[str, msgspec.Meta(max_length=60, examples=[""])] = ""
    engine_company: Annotated[str, msgspec.Meta(max_length=50)] = ""
    engine_commit: Literal["placed", "captured"] = "placed"
    refuse_above_minor: Annotated[int, msgspec.Meta(ge=0)] | None = None
    origin: AddressBody | None = None
    engine_codes: Annotated[
        dict[str, Annotated[str, msgspec.Meta(max_length=25)]], msgspec.Meta(max_length=200)
    ] = {}
    ioss_number: Annotated[str, msgspec.Meta(max_length=12, examples=[""])] = ""
    excise_classes: Codes = []

    def command(self) -> tax.SetTaxPolicy:
        """As the island's word."""
        fields = msgspec.structs.asdict(self)
        fields["origin"] = None if self.origin is None else self.origin.address()
        return tax.SetTaxPolicy(**fields | {"excise_classes": tuple(self.excise_classes)})


class TaxPolicyRow(TaxPolicyBody, frozen=True, kw_only=True):
    """A channel's tax policy; version 0: nobody has set one."""

    version: int

    @classmethod
    def of(cls, policy: tax.TaxPolicy) -> "TaxPolicyRow":
        """As answers show it."""
        fields = {name: getattr(policy, name) for name in cls.__struct_fields__}
        shown = {"origin": shown_address(policy.origin)}
        return cls(**fields | shown | {"excise_classes": list(policy.excise_classes)})


class JurisdictionBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the certificate holds, on days [valid_from, valid_until); without a region all over
    the country, without an end until it is revoked.
    """

    country: Country
    valid_from: date
    region: Annotated[str, msgspec.Meta(pattern="^[A-Z0-9]{0,3}$", examples=["CA"])] = ""
    valid_until: Annotated[date, msgspec.Meta(examples=[None])] | None = None


class CertificateBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An exemption certificate. No `tax_classes`: for all goods. No `taxes` (codes of rates): from
    all taxes there. `document` says where the paper is kept.
    """

    number: Annotated[
        str, msgspec.Meta(min_length=1, max_length=100, pattern=r"\S", examples=["SR-100-2345"])
    ]
    reason: tax.ExemptionReason
    jurisdictions: Annotated[list[JurisdictionBody], msgspec.Meta(min_length=1, max_length=100)]
    tax_classes: Codes = []
    taxes: Codes = []
    document: Text = ""

    def command(self) -> tax.SetCertificate:
        """As the island's word. Raises TimeOutOfRange."""
        for number, one in enumerate(self.jurisdictions):
            day_given(one.valid_from, f"jurisdictions.{number}.valid_from")
            day_given(one.valid_until, f"jurisdictions.{number}.valid_until")
        places = (tax.Jurisdiction(**msgspec.structs.asdict(one)) for one in self.jurisdictions)
        return tax.SetCertificate(
            number=self.number,
            reason=self.reason,
            jurisdictions=tuple(places),
            tax_classes=tuple(self.tax_classes),
            taxes=tuple(self.taxes),
            document=self.document,
        )


class CertificateRow(CertificateBody, frozen=True, kw_only=True):
    """A customer's exemption certificate. A revoked one counts no more."""

    id: str
    customer_id: str
    revoked_at: datetime | None
    version: int

    @classmethod
    def of(cls, found: tax.Certificate) -> "CertificateRow":
        """As answers show it."""
        return cls(
            id=encode("tax_certificate", found.id),
            customer_id=encode("customer", found.customer_id),
            number=found.number,
            reason=found.reason,
            jurisdictions=[
                JurisdictionBody(**msgspec.structs.asdict(place)) for place in found.jurisdictions
            ],
            tax_classes=list(found.tax_classes),
            taxes=list(found.taxes),
            document=found.document,
            revoked_at=found.revoked_at,
            version=found.version,
        )


class CertificateList(msgspec.Struct, frozen=True, kw_only=True):
    """All certificates of one customer; never more than one page."""

    items: list[CertificateRow]
    next_cursor: str | None = None


class TaxFilingRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a tax engine is told of an order. `degraded`: the order was placed with taxes of our own
    tables, because the engine was down; `due_tax` is its word, once it is there.
    """

    order_id: str
    engine: str
    state: tax.FilingState
    degraded: bool
    charged_tax: Money
    due_tax: Money | None
    reason: str
    tries: int
    next_at: datetime | None

    @classmethod
    def of(cls, filing: tax.Filing) -> "TaxFilingRow":
        """As answers show it."""
        due = filing.due_tax_minor
        return cls(
            order_id=encode("order", filing.order_id),
            engine=filing.engine,
            state=filing.state,
            degraded=filing.degraded,
            charged_tax=Money(filing.charged_tax_minor, filing.currency),
            due_tax=None if due is None else Money(due, filing.currency),
            reason=filing.reason,
            tries=filing.tries,
            next_at=filing.next_at,
        )


class TaxIdCheckRow(msgspec.Struct, frozen=True, kw_only=True):
    """A consultation of a register. `status` `silent`: it did not answer, and `reason` says why."""

    id: str
    tax_id: str
    country: str
    register: str
    requester: str
    status: Literal["valid", "invalid", "silent"]
    reason: str
    request_id: str
    name: str
    address: str
    asked_at: datetime

    @classmethod
    def of(cls, check: tax.TaxIdCheck) -> "TaxIdCheckRow":
        """As answers show it."""
        return cls(
            id=encode("tax_check", check.id),
            tax_id=check.tax_id,
            country=check.country,
            register=check.register,
            requester=check.requester,
            asked_at=check.asked_at,
            **msgspec.structs.asdict(check.answer),
        )


@get(
    "/admin/v1/channels/{channel_id:str}/tax-policy",
    tags=["Taxes"],
    security=ADMINISTRATION,
    guards=[requires("taxes:read")],
    problems=[channels.ChannelNotFound],
)
async def get_tax_policy(
    request: Request[Any, Any, Any], channel_id: str
) -> Response[TaxPolicyRow]:
    """How the channel decides about taxes."""
    found = decode("channel", channel_id, field="channel_id")
    async with shop(request).db.reading() as tx:
        await channels.channel_by_id(tx, found)
        policy = (await tax.taxes_of_channel(tx, found)).policy
    return _tagged(policy)


@put(
    "/admin/v1/channels/{channel_id:str}/tax-policy",
    tags=["Taxes"],
    security=ADMINISTRATION,
    guards=[requires("taxes:write")],
    problems=[
        channels.ChannelNotFound,
        tax.TaxPolicyInvalid,
        tax.TaxIdInvalid,
        tax.TaxPolicyChanged,
    ],
    example={"seller_country": "DE", "seller_tax_id": "DE136695976", "unverified": "charge"},
)
async def set_tax_policy(
    request: Request[Any, Any, Any], channel_id: str, data: TaxPolicyBody, if_match: RequiredIfMatch
) -> Response[TaxPolicyRow]:
    """Set how the channel decides about taxes. Orders keep what they were placed with."""
    found, version = decode("channel", channel_id, field="channel_id"), expected_version(request)
    async with shop(request).db.transaction() as tx:
        channel = await channels.channel_by_id(tx, found)
        before = (await tax.taxes_of_channel(tx, found)).policy
        policy = await tax.set_policy(
            tx,
            found,
            data.command(),
            expected_version=before.version if version is None else version,
            engines=tuple(shop(request).tax_engines),
            currency=channel.currency,
        )
        was, now = (msgspec.to_builtins(TaxPolicyRow.of(one)) for one in (before, policy))
        await staff.audit(tx, actor(request), "tax_policy.set", channel_id, was, now)
    return _tagged(policy)


@get(
    "/admin/v1/customers/{customer_id:str}/tax-certificates",
    tags=["Taxes"],
    security=ADMINISTRATION,
    guards=[requires("taxes:read")],
    problems=[customers.CustomerNotFound],
)
async def list_certificates(request: Request[Any, Any, Any], customer_id: str) -> CertificateList:
    """The customer's exemption certificates by number, revoked ones too."""
    found = decode("customer", customer_id, field="customer_id")
    async with shop(request).db.reading() as tx:
        await customers.customer_by_id(tx, found)
        rows = await tax.certificates_of(tx, found)
    return CertificateList(items=[CertificateRow.of(row) for row in rows])


@post(
    "/admin/v1/customers/{customer_id:str}/tax-certificates",
    tags=["Taxes"],
    security=ADMINISTRATION,
    guards=[requires("taxes:write")],
    problems=[customers.CustomerNotFound, tax.CertificateInvalid, tax.CertificateTaken],
    responses={201: ResponseSpec(CertificateRow, description="The new certificate.")},
    example={
        "number": "SR-100-2345",
        "reason": "resale",
        "jurisdictions": [{"country": "US", "region": "CA", "valid_from": "2026-01-01"}],
    },
)
async def add_certificate(
    request: Request[Any, Any, Any],
    customer_id: str,
    data: CertificateBody,
    idempotency_key: KeyHeader = None,
) -> Response[bytes]:
    """Store an exemption certificate; it counts for what the customer buys from now on."""
    found = decode("customer", customer_id, field="customer_id")

    async def work(tx: Tx) -> tax.Certificate:
        await customers.customer_by_id(tx, found)
        made = await tax.add_certificate(tx, found, data.command())
        await _note(tx, request, "tax_certificate.added", None, made)
        return made

    return await once(request, work, show=CertificateRow.of)


@get(
    "/admin/v1/customers/{customer_id:str}/tax-certificates/{certificate_id:str}",
    tags=["Taxes"],
    security=ADMINISTRATION,
    guards=[requires("taxes:read")],
    problems=[tax.CertificateNotFound],
)
async def get_certificate(
    request: Request[Any, Any, Any], customer_id: str, certificate_id: str
) -> Response[CertificateRow]:
    """An exemption certificate, with the `ETag` that replacing it asks for."""
    owner, found = _ids(customer_id, certificate_id)
    async with shop(request).db.reading() as tx:
        shown = await tax.certificate_by_id(tx, owner, found)
    return Response(CertificateRow.of(shown), headers={"ETag": version_tag(shown.version)})


@put(
    "/admin/v1/customers/{customer_id:str}/tax-certificates/{certificate_id:str}",
    tags=["Taxes"],
    security=ADMINISTRATION,
    guards=[requires("taxes:write")],
    problems=[
        tax.CertificateNotFound,
        tax.CertificateInvalid,
        tax.CertificateTaken,
        tax.CertificateChanged,
    ],
)
async def replace_certificate(
    request: Request[Any, Any, Any],
    customer_id: str,
    certificate_id: str,
    data: CertificateBody,
    if_match: RequiredIfMatch,
) -> Response[CertificateRow]:
    """Replace an exemption certificate. Orders keep what they were placed with."""
    owner, found = _ids(customer_id, certificate_id)
    version = expected_version(request)
    async with shop(request).db.transaction() as tx:
        before = await tax.certificate_by_id(tx, owner, found)
        after_ = await tax.replace_certificate(
            tx, owner, found, data.command(), expected_version=version or before.version
        )
        await _note(tx, request, "tax_certificate.replaced", before, after_)
    return Response(CertificateRow.of(after_), headers={"ETag": version_tag(after_.version)})


@post(
    "/admin/v1/customers/{customer_id:str}/tax-certificates/{certificate_id:str}/revoke",
    status_code=200,
    tags=["Taxes"],
    security=ADMINISTRATION,
    guards=[requires("taxes:write")],
    problems=[tax.CertificateNotFound],
)
async def revoke_certificate(
    request: Request[Any, Any, Any], customer_id: str, certificate_id: str
) -> CertificateRow:
    """Let a certificate count no more. Repeatable."""
    owner, found = _ids(customer_id, certificate_id)
    async with shop(request).db.transaction() as tx:
        before = await tax.certificate_by_id(tx, owner, found)
        revoked = await tax.revoke_certificate(tx, owner, found)
        await _note(tx, request, "tax_certificate.revoked", before, revoked)
    return CertificateRow.of(revoked)


@get(
    "/admin/v1/tax-id-checks",
    tags=["Taxes"],
    security=ADMINISTRATION,
    guards=[requires("taxes:read")],
    problems=[tax.TaxIdInvalid],
)
async def list_tax_id_checks(
    request: Request[Any, Any, Any],
    tax_id: Annotated[
        str,
        Parameter(
            query="tax_id",
            min_length=4,
            max_length=60,
            description="The tax id whose consultations are wanted.",
        ),
    ],
    limit: Limit = 24,
    cursor: CursorText = None,
) -> Page[TaxIdCheckRow]:
    """What registers said of a tax id, newest first: the evidence for an audit."""
    value = tax.canonical(tax_id)
    filters = filters_of("tax-id-checks", tax_id=value)
    keys = after(cursor, filters, length=1)
    async with shop(request).db.reading() as tx:
        rows = await tax.checks_of(
            tx, value, before=None if keys is None else UUID(str(keys[0])), limit=limit + 1
        )
    return page_of(
        rows, limit=limit, filters=filters, keys=lambda c: [str(c.id)], show=TaxIdCheckRow.of
    )


@get(
    "/admin/v1/tax-filings",
    tags=["Taxes"],
    security=ADMINISTRATION,
    guards=[requires("taxes:read")],
)
async def list_tax_filings(
    request: Request[Any, Any, Any],
    filing_state: FilingState = None,
    degraded: bool | None = None,
    limit: Limit = 24,
    cursor: CursorText = None,
) -> Page[TaxFilingRow]:
    """What tax engines are told of orders, newest order first."""
    filters = filters_of("tax-filings", state=filing_state, degraded=degraded)
    keys = after(cursor, filters, length=1)
    async with shop(request).db.reading() as tx:
        rows = await tax.list_filings(
            tx,
            state=filing_state,
            degraded=degraded,
            before=None if keys is None else UUID(str(keys[0])),
            limit=limit + 1,
        )
    return page_of(
        rows, limit=limit, filters=filters, keys=lambda f: [str(f.order_id)], show=TaxFilingRow.of
    )


def _ids(customer_id: str, certificate_id: str) -> tuple[UUID, UUID]:
    return (
        decode("customer", customer_id, field="customer_id"),
        decode("tax_certificate", certificate_id, field="certificate_id"),
    )


def _tagged(policy: tax.TaxPolicy) -> Response[TaxPolicyRow]:
    return Response(TaxPolicyRow.of(policy), headers={"ETag": version_tag(policy.version)})


async def _note(
    tx: Tx,
    request: Request[Any, Any, Any],
    action: str,
    before: tax.Certificate | None,
    now: tax.Certificate,
) -> None:
    was = None if before is None else msgspec.to_builtins(CertificateRow.of(before))
    what = msgspec.to_builtins(CertificateRow.of(now))
    await staff.audit(tx, actor(request), action, encode("customer", now.customer_id), was, what)


ROUTES = [
    get_tax_policy,
    set_tax_policy,
    list_certificates,
    add_certificate,
    get_certificate,
    replace_certificate,
    revoke_certificate,
    list_tax_id_checks,
    list_tax_filings,
]
