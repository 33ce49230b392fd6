"""AvaTax, the tax engine of Avalara (REST v2): estimate, commit, adjust and void a sale.

A sale is filed with `createoradjust` under the order's id, which replaces what is there: a repeat
files nothing twice (B16). Amounts travel as decimal numbers, never as floats.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.money import Money
from argosy.modules.tax import (
    Assessed,
    EngineAnswer,
    EngineDocument,
    EngineRefused,
    EngineSilent,
    LineTax,
    Voided,
)
from argosy.runtime.breaker import BreakerRules
from argosy.runtime.providers import Answered, CallOutcome, Limits, Provider
from argosy.runtime.settings import Settings

NAME: Final = "avalara"
CLIENT: Final = "Argosy; 1.0; Custom; 1.0"
_CREATE: Final = "/api/v2/transactions/create"
_FILE: Final = "/api/v2/transactions/createoradjust"
_LONGEST: Final = {"description": 2096, "itemCode": 50, "taxCode": 25, "customerCode": 50}
_LONGEST_ID: Final = 25


class Detail(msgspec.Struct, frozen=True, rename="camel"):
    """The tax of one jurisdiction on one line."""

    juris_code: str = ""
    juris_name: str = ""
    jurisdiction_type: str = ""
    country: str = ""
    region: str = ""
    tax_name: str = ""
    rate: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)


class Line(msgspec.Struct, frozen=True, rename="camel"):
    """A line as it was taxed."""

    line_number: str
    tax: Decimal
    details: tuple[Detail, ...] | None = ()


class Transaction(msgspec.Struct, frozen=True, rename="camel"):
    """A document as it was taxed."""

    total_tax: Decimal
    lines: tuple[Line, ...]


class Fault(msgspec.Struct, frozen=True):
    """Why a request was refused."""

    code: str = "unspecified"


class Refusal(msgspec.Struct, frozen=True):
    """The answer of a refused request."""

    error: Fault = Fault()


class AvalaraEngine:
    """The engine."""

    name = NAME

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    async def estimate(self, document: EngineDocument) -> EngineAnswer:
        """A sales order: computed, not kept."""
        called = await self._call("estimate", _CREATE, sale(document, kind="SalesOrder"))
        return _assessed(called, document)

    async def commit(self, code: str, document: EngineDocument) -> EngineAnswer:
        """A committed sales invoice under the code; a repeat replaces it by the same."""
        model = sale(document, kind="SalesInvoice", code=code)
        called = await self._call("commit", _FILE, {"createTransactionModel": model})
        return _assessed(called, document)

    async def adjust(self, code: str, document: EngineDocument) -> EngineAnswer:
        """The invoice of that code becomes this one."""
        body = {
            "adjustmentReason": "ProductReturned",
            "createTransactionModel": sale(document, kind="SalesInvoice", code=code),
        }
        return _assessed(await self._call("adjust", _FILE, body), document)

    async def void(
        self, code: str, document: EngineDocument
    ) -> Voided | EngineRefused | EngineSilent:
        """The invoice of that code counts no more. Voided, too, if there is none."""
        company = quote(document.company, safe="")
        path = f"/api/v2/companies/{company}/transactions/{quote(code, safe='')}/void"
        called = await self._call("void", path, {"code": "DocVoided"})
        if isinstance(called, Answered) and (called.ok or called.status == 404):
            return Voided()
        return _unanswered(called)

    async def close(self) -> None:
        """Close the connections."""
        await self.provider.close()

    async def _call(self, operation: str, path: str, body: Mapping[str, Any]) -> CallOutcome:
        # Each of these calls may be repeated: an estimate keeps nothing, the others have a code.
        return await self.provider.call(
            operation, "POST", path, body=body, idempotency_key=str(uuid4())
        )


def sale(document: EngineDocument, *, kind: str, code: str | None = None) -> dict[str, Any]:
    """A CreateTransactionModel. Without a code it is an estimate, which is never committed."""
    model: dict[str, Any] = {
        "type": kind,
        "companyCode": document.company,
        "date": document.day.isoformat(),
        "customerCode": document.customer[: _LONGEST["customerCode"]],
        "currencyCode": document.currency,
        "commit": code is not None,
        "addresses": {
            "shipFrom": _address(document.origin),
            "shipTo": _address(document.destination),
        },
        "lines": [
            {
                "number": str(number),
                "quantity": line.quantity,
                "amount": _number(Money(line.amount_minor, document.currency)),
                "taxIncluded": document.tax_inclusive,
                "itemCode": line.item[: _LONGEST["itemCode"]],
                "description": line.description[: _LONGEST["description"]],
                "taxCode": line.tax_code[: _LONGEST["taxCode"]],
            }
            for number, line in enumerate(document.lines, start=1)
        ],
    }
    if code is not None:
        model["code"] = code
    if document.tax_id:
        model["businessIdentificationNo"] = document.tax_id[:_LONGEST_ID]
    if document.exemption:
        model["exemptionNo"] = document.exemption[:_LONGEST_ID]
    return model


def _number(amount: Money) -> msgspec.Raw:
    return msgspec.Raw(f"{amount.to_decimal():f}".encode())


def _address(address: Address) -> dict[str, str]:
    named = {
        "line1": address.line1[:100],
        "line2": address.line2[:100],
        "city": address.city[:50],
        "region": address.region,
        "postalCode": address.postal_code[:11],
        "country": address.country,
    }
    return {name: value for name, value in named.items() if value}


def _assessed(called: CallOutcome, document: EngineDocument) -> EngineAnswer:
    if not isinstance(called, Answered) or not called.ok:
        return _unanswered(called)
    try:
        answer = msgspec.json.decode(called.body, type=Transaction)
        keys = {str(n): line.key for n, line in enumerate(document.lines, start=1)}
        lines = {keys[line.line_number]: _taxes(line, document.currency) for line in answer.lines}
    except (msgspec.DecodeError, KeyError, ValueError):
        return EngineSilent(reason="malformed_answer")
    if lines.keys() != set(keys.values()):
        return EngineSilent(reason="incomplete_answer")
    return Assessed(lines=lines)


def _taxes(line: Line, currency: str) -> tuple[LineTax, ...]:
    """The line's taxes by jurisdiction; they add up to its tax, which has the word (B11)."""
    found = [
        LineTax(
            code=f"{detail.country}.{detail.jurisdiction_type}.{detail.juris_code}".strip("."),
            name=detail.tax_name or detail.juris_name,
            jurisdiction="-".join(part for part in _place(detail) if part),
            rate=detail.rate,
            tax_minor=Money.from_decimal(detail.tax, currency).minor,
        )
        for detail in line.details or ()
    ]
    total = Money.from_decimal(line.tax, currency).minor
    rest = total - sum(part.tax_minor for part in found)
    if rest:
        other = LineTax(
            code=f"{NAME}.other",
            name="Other taxes",
            jurisdiction="",
            rate=Decimal(0),
            tax_minor=rest,
        )
        found.append(other)
    return tuple(found)


def _place(detail: Detail) -> tuple[str, ...]:
    if detail.jurisdiction_type in {"", "Country"}:
        return (detail.country,)
    if detail.jurisdiction_type == "State":
        return detail.country, detail.region
    return detail.country, detail.region, detail.juris_name


def _unanswered(called: CallOutcome) -> EngineRefused | EngineSilent:
    if not isinstance(called, Answered):
        return EngineSilent(reason=called.reason)
    if called.status in {401, 403}:
        return EngineSilent(reason="engine_refused_our_key")
    try:
        code = msgspec.json.decode(called.body, type=Refusal).error.code
    except msgspec.DecodeError:
        code = "unspecified"
    return EngineRefused(reason=code[:60])


def open_avalara(settings: Settings) -> AvalaraEngine:
    """The engine at the address that the settings give."""
    assert settings.avalara_url is not None
    key = f"{settings.avalara_account}:{settings.avalara_license_key.get_secret_value()}"
    deadline = settings.tax_engine_timeout_s
    return AvalaraEngine(
        Provider(
            NAME,
            settings.avalara_url,
            headers={
                "authorization": f"Basic {b64encode(key.encode()).decode()}",
                "x-avalara-client": CLIENT,
            },
            limits=Limits(
                connect_s=min(2.0, deadline),
                deadline_s=deadline,
                read_s=deadline * 0.8,
                tries=2,
                breaker=BreakerRules(
                    pause_s=settings.provider_pause_s,
                    longest_pause_s=max(60.0, settings.provider_pause_s),
                ),
            ),
        )
    )
