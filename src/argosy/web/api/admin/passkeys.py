"""Passkeys of staff: setting one up, signing in with one, proving anew with one.

`GET /admin/v1/me/mfa` lists them, `DELETE /admin/v1/me/mfa/{factor_id}` removes one.
"""

from typing import Annotated, Any

import msgspec
from litestar import Request, post

from argosy.kernel.ids import encode
from argosy.modules import staff
from argosy.runtime.attempts import TooManyTries
from argosy.runtime.passkeys import PasskeyRefused, PasskeysOff
from argosy.web.api.admin.sign_in import StaffSessionView
from argosy.web.auth import ADMINISTRATION, actor, request_id, requires_actor, shop
from argosy.web.passkey_views import (
    CeremonyToken,
    CeremonyView,
    Credential,
    NewPasskeyBody,
    PasskeyBody,
    party_of,
)

Ticket = Annotated[str, msgspec.Meta(max_length=200, examples=["ticket_4fQ..."])]


class TicketBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `ticket` of the problem `auth.second_factor_needed`, or none to sign in by the passkey
    alone.
    """

    ticket: Ticket = ""


class PasskeySignInBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The browser's answer, with the `ticket` that its challenge was asked with, if any."""

    token: CeremonyToken
    credential: Credential
    ticket: Ticket = ""


class AddedPasskeyView(msgspec.Struct, frozen=True, kw_only=True):
    """The new passkey, and recovery codes, shown this once; none if there are some already."""

    id: str
    recovery_codes: list[str]


@post(
    "/admin/v1/me/passkeys/challenge",
    status_code=200,
    tags=["Staff"],
    security=ADMINISTRATION,
    guards=[requires_actor],
    problems=[staff.NotAPerson, staff.ProofNeeded, staff.StaffInvalid, PasskeysOff],
)
async def new_passkey_challenge(request: Request[Any, Any, Any]) -> CeremonyView:
    """Begin to set up a passkey. Its device has to check you (fingerprint, face or PIN)."""
    async with shop(request).db.reading() as tx:
        return CeremonyView.of(
            await staff.ask_for_new_passkey(tx, actor(request), party_of(request))
        )


@post(
    "/admin/v1/me/passkeys",
    tags=["Staff"],
    security=ADMINISTRATION,
    guards=[requires_actor],
    problems=[staff.NotAPerson, staff.ProofNeeded, staff.StaffInvalid, PasskeyRefused, PasskeysOff],
)
async def add_passkey(request: Request[Any, Any, Any], data: NewPasskeyBody) -> AddedPasskeyView:
    """Keep the passkey that the browser made. From now on a password alone does not sign in."""
    factor_id, codes = await staff.add_passkey(
        shop(request).db,
        actor(request),
        party_of(request),
        token=data.token,
        answer=data.credential,
        name=data.name,
    )
    return AddedPasskeyView(id=encode("factor", factor_id), recovery_codes=list(codes))


@post(
    "/admin/v1/sessions/passkey/challenge",
    status_code=200,
    tags=["Staff"],
    problems=[staff.TicketEnded, PasskeysOff],
)
async def passkey_challenge(request: Request[Any, Any, Any], data: TicketBody) -> CeremonyView:
    """Begin to sign in with a passkey: alone, or as the second step after the password."""
    app = shop(request)
    return CeremonyView.of(
        await staff.ask_for_passkey(app.db, party_of(request), ticket=data.ticket)
    )


@post(
    "/admin/v1/sessions/passkey",
    tags=["Staff"],
    problems=[
        PasskeyRefused,
        PasskeysOff,
        staff.TicketEnded,
        staff.CredentialsWrong,
        TooManyTries,
    ],
)
async def sign_in_by_passkey(
    request: Request[Any, Any, Any], data: PasskeySignInBody
) -> StaffSessionView:
    """Sign in with a passkey's answer."""
    session = await staff.sign_in_by_passkey(
        shop(request).db,
        party_of(request),
        token=data.token,
        answer=data.credential,
        ticket=data.ticket,
        user_agent=request.headers.get("user-agent", ""),
        request_id=request_id(request),
    )
    return StaffSessionView.of(session)


@post(
    "/admin/v1/me/proof/passkey/challenge",
    status_code=200,
    tags=["Staff"],
    security=ADMINISTRATION,
    guards=[requires_actor],
    problems=[staff.NotAPerson, PasskeysOff],
)
async def passkey_proof_challenge(request: Request[Any, Any, Any]) -> CeremonyView:
    """Begin to show with a passkey that it is you."""
    async with shop(request).db.reading() as tx:
        return CeremonyView.of(
            await staff.ask_for_own_passkey(tx, actor(request), party_of(request))
        )


@post(
    "/admin/v1/me/proof/passkey",
    status_code=204,
    tags=["Staff"],
    security=ADMINISTRATION,
    guards=[requires_actor],
    problems=[staff.NotAPerson, PasskeyRefused, PasskeysOff, TooManyTries],
)
async def prove_by_passkey(request: Request[Any, Any, Any], data: PasskeyBody) -> None:
    """Show with a passkey that it is you. It holds for fifteen minutes."""
    await staff.prove_by_passkey(
        shop(request).db,
        actor(request),
        party_of(request),
        token=data.token,
        answer=data.credential,
    )


ROUTES = [
    new_passkey_challenge,
    add_passkey,
    passkey_challenge,
    sign_in_by_passkey,
    passkey_proof_challenge,
    prove_by_passkey,
]
