"""VIES, the European Commission's register of VAT ids, by its REST interface.

It forwards each question to the member state, whose server may be down or busy: then it is silent,
which is no answer about the id. A requester of the Union gets a consultation number as evidence.
"""

from __future__ import annotations

from typing import Final
from uuid import uuid4

import msgspec

from argosy.modules.tax import VIES, RegisterAnswer, TaxId, vies_parts
from argosy.runtime.breaker import BreakerRules
from argosy.runtime.providers import Answered, Limits, Provider
from argosy.runtime.settings import Settings

UNASSIGNED: Final = frozenset({"", "---"})
"""What VIES writes where a member state does not tell."""


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    """What VIES says of an id. `user_error` tells of trouble with the id or the state's server."""

    valid: bool
    request_identifier: str | None = ""
    name: str | None = ""
    address: str | None = ""
    user_error: str | None = ""


class Trouble(msgspec.Struct, frozen=True):
    """One reason why VIES did not answer."""

    error: str = ""


class Troubles(msgspec.Struct, frozen=True, rename="camel"):
    """The reasons why VIES did not answer."""

    error_wrappers: tuple[Trouble, ...] = ()


class Vies:
    """The register."""

    name = VIES

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    async def check(self, tax_id: TaxId, requester: TaxId | None) -> RegisterAnswer:
        """Ask about an id. Whatever is not a clear word about it is silence."""
        prefix, number = vies_parts(tax_id)
        body = {"countryCode": prefix, "vatNumber": number}
        if requester is not None:
            state, own = vies_parts(requester)
            body |= {"requesterMemberStateCode": state, "requesterNumber": own}
        # A question may be asked twice: the key only tells the caller that it may be repeated.
        called = await self.provider.call(
            "check", "POST", "/check-vat-number", body=body, idempotency_key=str(uuid4())
        )
        if not isinstance(called, Answered):
            return RegisterAnswer(status="silent", reason=called.reason)
        return _meaning(called)

    async def close(self) -> None:
        """Close the connections."""
        await self.provider.close()


def _meaning(called: Answered) -> RegisterAnswer:
    try:
        answer = msgspec.json.decode(called.body, type=Answer)
    except msgspec.DecodeError:
        return RegisterAnswer(status="silent", reason=_trouble(called.body))
    if not called.ok:
        return RegisterAnswer(status="silent", reason="refused")
    word = answer.user_error or ""
    if not answer.valid and word not in {"", "INVALID"}:
        return RegisterAnswer(status="silent", reason=word.lower())
    return RegisterAnswer(
        status="valid" if answer.valid else "invalid",
        request_id=answer.request_identifier or "",
        name=_told(answer.name),
        address=_told(answer.address),
    )


def _trouble(body: bytes) -> str:
    try:
        found = msgspec.json.decode(body, type=Troubles).error_wrappers
    except msgspec.DecodeError:
        found = ()
    return found[0].error.lower()[:60] if found and found[0].error else "malformed_answer"


def _told(text: str | None) -> str:
    return "" if text is None or text in UNASSIGNED else " ".join(text.split())


def open_vies(settings: Settings) -> Vies:
    """The register at the address that the settings give."""
    assert settings.vies_url is not None
    deadline = settings.vies_timeout_s
    return Vies(
        Provider(
            VIES,
            settings.vies_url,
            limits=Limits(
                connect_s=min(2.0, deadline),
                deadline_s=deadline,
                read_s=deadline * 0.8,
                tries=2,
                at_once=8,
                breaker=BreakerRules(
                    pause_s=settings.provider_pause_s,
                    longest_pause_s=max(60.0, settings.provider_pause_s),
                ),
            ),
        )
    )
