"""Passkeys (W3C Web Authentication, level 3): what a browser is asked, and what it answers.

Asking stores nothing: the challenge travels with its purpose, its owner and its end in an encrypted
and signed token, so that a flood of questions costs no row and tells nobody which accounts exist.
An answer is taken once: the hash of its challenge is stored before it is looked at. What is checked
of it (origin, relying party, signature, presence, verification) is done by the `webauthn` library.

No attestation is asked for. Who makes a passkey is not our business, and its certificates would
only be more text of strangers to parse.
"""

from __future__ import annotations

import hashlib
import secrets
import struct
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import webauthn
from webauthn.helpers import (
    options_to_json_dict,
    parse_attestation_object,
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from argosy.kernel.errors import NotFound, Refused
from argosy.runtime.credentials import locked, unlocked
from argosy.runtime.db import Database, Tx
from argosy.runtime.settings import Settings
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__, "passkeys.sql")

CEREMONY_HOLDS = timedelta(minutes=5)
LONGEST_TOKEN = 2000
LONGEST_ANSWER = 20_000
MOST_PASSKEYS = 20
"""Of one account."""

_FORMATS = frozenset({"none", "packed"})
_TRANSPORTS = {transport.value: transport for transport in AuthenticatorTransport}
# What reading the bytes of strangers can raise beside the library's own errors.
_UNREADABLE = (
    WebAuthnException,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    struct.error,
)

Purpose = Literal["staff enrol", "staff sign-in", "staff proof", "shopper enrol", "shopper sign-in"]


class PasskeyRefused(Refused):
    """The passkey's answer does not hold: it came too late or was sent before, belongs to another
    site or account, or the passkey is not known (any more). Which of these it is is not told.

    Ask for a new challenge and let the browser answer it, or sign in in another way.
    """

    code = "auth.passkey_refused"
    usual_cure = "Ask for a new challenge and let the browser answer it, or sign in in another way."


class PasskeysOff(NotFound):
    """This shop offers no passkeys: its address is not https, or a bare network address. Browsers
    offer passkeys only to sites with a name and TLS (and to `localhost`).
    """

    code = "auth.passkeys_off"
    usual_cure = "Set ARGOSY_PUBLIC_URL to the shop's https address, or ARGOSY_PASSKEY_RP_ID."


class RelyingParty(msgspec.Struct, frozen=True, kw_only=True):
    """For whom passkeys are made: the site's domain, the origins its pages have, and our secret."""

    id: str
    origins: tuple[str, ...]
    secret_key: str


class Ceremony(msgspec.Struct, frozen=True, kw_only=True):
    """What the browser needs: `options` for `navigator.credentials`, as JSON with base64url texts,
    and `token`, which goes back with the answer within five minutes.
    """

    token: str
    options: dict[str, Any]


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """For whom a passkey is made, as the browser shows it."""

    id: UUID
    name: str
    title: str


class KnownCredential(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey that an account has already."""

    credential_id: bytes
    transports: tuple[str, ...] = ()


class NewCredential(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored of a new passkey."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """Which passkey an answer says it is of, and whose; nothing of it is checked yet."""

    credential_id: bytes
    holder: UUID | None


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    purpose: str
    bound_to: str
    challenge: bytes
    expires_at: datetime


def relying_party(settings: Settings) -> RelyingParty | None:
    """Who we are to browsers; None where they would offer no passkeys."""
    public = urlsplit(settings.public_url)
    host, origins = public.hostname or "", [settings.public_url]
    if _is_loopback(host):
        # Browsers take no bare address; the same shop is reached by this name as well.
        host = "localhost"
        port = f":{public.port}" if public.port else ""
        origins.append(f"{public.scheme}://localhost{port}")
    known = settings.passkey_rp_id or host
    if not settings.passkey_rp_id and (
        _is_address(known) or (public.scheme != "https" and known != "localhost")
    ):
        return None
    return RelyingParty(
        id=known,
        origins=tuple(settings.passkey_origins or origins),
        secret_key=settings.secret_key.get_secret_value(),
    )


def party_of(settings: Settings) -> RelyingParty:
    """As `relying_party`. Raises PasskeysOff where there is none."""
    party = relying_party(settings)
    if party is None:
        raise PasskeysOff("Passkeys are not offered here.")
    return party


def ask_for_new(
    party: RelyingParty,
    holder: Holder,
    *,
    purpose: Purpose,
    bound_to: str,
    now: datetime,
    known: Sequence[KnownCredential],
    verified: bool,
) -> Ceremony:
    """Ask the browser to make a passkey that finds its account by itself (discoverable).

    `bound_to` is the session that asks. Those in `known` are not made twice on one device.
    `verified`: the device must check its person (fingerprint, PIN), not only their presence.
    """
    challenge = secrets.token_bytes(32)
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=party.id,
        user_id=holder.id.bytes,
        user_name=holder.name,
        user_display_name=holder.title or holder.name,
        challenge=challenge,
        timeout=int(CEREMONY_HOLDS.total_seconds() * 1000),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=_verification(verified),
        ),
        exclude_credentials=_descriptors(known),
    )
    token = _sealed(party, purpose, bound_to, challenge, now)
    return Ceremony(token=token, options=options_to_json_dict(options))


def ask_for_one(
    party: RelyingParty,
    *,
    purpose: Purpose,
    now: datetime,
    verified: bool,
    bound_to: str = "",
    known: Sequence[KnownCredential] = (),
) -> Ceremony:
    """Ask the browser for a passkey: for one of `known`, or, where nobody has said yet who they
    are, for any that it holds for this site.
    """
    challenge = secrets.token_bytes(32)
    options = webauthn.generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        timeout=int(CEREMONY_HOLDS.total_seconds() * 1000),
        allow_credentials=_descriptors(known) or None,
        user_verification=_verification(verified),
    )
    token = _sealed(party, purpose, bound_to, challenge, now)
    return Ceremony(token=token, options=options_to_json_dict(options))


async def take_challenge(
    db: Database, party: RelyingParty, token: str, *, purpose: Purpose, bound_to: str = ""
) -> bytes:
    """The challenge that was asked under this token, for this purpose and session, this once.

    Raises PasskeyRefused: not ours, too old, for something else, or answered before.
    """
    text = unlocked(party.secret_key, token[:LONGEST_TOKEN].encode("utf-8", "replace"))
    try:
        asked = msgspec.json.decode(text or "", type=_Asked)
    except msgspec.MsgspecError:
        raise refused() from None
    if asked.purpose != purpose or asked.bound_to != bound_to:
        raise refused()
    async with db.reading() as tx:
        if asked.expires_at <= tx.now:
            raise refused()
        hashed = hashlib.sha256(asked.challenge).digest()
        if await tx.run(SQL.use_challenge, hashed, asked.expires_at) != 1:
            raise refused()
    return asked.challenge


def new_credential(
    party: RelyingParty, challenge: bytes, answer: Mapping[str, Any], *, verified: bool
) -> NewCredential:
    """The passkey that the browser made. Raises PasskeyRefused."""
    try:
        made = parse_registration_credential_json(dict(answer))
        if parse_attestation_object(made.response.attestation_object).fmt not in _FORMATS:
            raise refused()
        found = webauthn.verify_registration_response(
            credential=made,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            require_user_verification=verified,
        )
    except _UNREADABLE as error:
        raise refused() from error
    spoken = made.response.transports or []
    return NewCredential(
        credential_id=found.credential_id,
        public_key=found.credential_public_key,
        sign_count=found.sign_count,
        transports=tuple(sorted({transport.value for transport in spoken})),
    )


def claimed_by(answer: Mapping[str, Any]) -> Claimed:
    """Which passkey the answer is of, to look it up. Raises PasskeyRefused."""
    try:
        shown = parse_authentication_credential_json(dict(answer))
        handle = shown.response.user_handle
        holder = UUID(bytes=bytes(handle)) if handle else None
    except _UNREADABLE as error:
        raise refused() from error
    return Claimed(credential_id=bytes(shown.raw_id), holder=holder)


def counted(
    party: RelyingParty,
    challenge: bytes,
    answer: Mapping[str, Any],
    *,
    public_key: bytes,
    verified: bool,
) -> int:
    """The count of signatures of a passkey whose answer holds. Raises PasskeyRefused.

    That it goes up is for the caller to see to, who knows the last one (see `went_back`).
    """
    try:
        shown = webauthn.verify_authentication_response(
            credential=dict(answer),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=verified,
        )
    except _UNREADABLE as error:
        raise refused() from error
    return shown.new_sign_count


def went_back(stored: int, shown: int) -> bool:
    """Whether a count of signatures tells of a copy (WebAuthn 6.1.1): it did not go up. Passkeys
    that do not count show 0 each time.
    """
    return shown <= stored and (shown, stored) != (0, 0)


async def forget_challenges(tx: Tx) -> int:
    """Housekeeping: drop challenges that have ended; how many there were."""
    return await tx.run(SQL.forget_challenges, tx.now)


def refused() -> PasskeyRefused:
    """The one refusal, whatever is wrong."""
    return PasskeyRefused("The passkey was not accepted.")


def _sealed(
    party: RelyingParty, purpose: Purpose, bound_to: str, challenge: bytes, now: datetime
) -> str:
    asked = _Asked(
        purpose=purpose, bound_to=bound_to, challenge=challenge, expires_at=now + CEREMONY_HOLDS
    )
    return locked(party.secret_key, msgspec.json.encode(asked).decode()).decode()


def _verification(verified: bool) -> UserVerificationRequirement:
    return (
        UserVerificationRequirement.REQUIRED if verified else UserVerificationRequirement.PREFERRED
    )


def _descriptors(known: Sequence[KnownCredential]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=one.credential_id,
            transports=[_TRANSPORTS[name] for name in one.transports if name in _TRANSPORTS],
        )
        for one in known
    ]


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return not host
    return True


def _is_loopback(host: str) -> bool:
    return _is_address(host) and host != "" and ip_address(host).is_loopback


__all__ = [
    "MOST_PASSKEYS",
    "Ceremony",
    "Claimed",
    "Holder",
    "KnownCredential",
    "NewCredential",
    "PasskeyRefused",
    "PasskeysOff",
    "RelyingParty",
    "ask_for_new",
    "ask_for_one",
    "claimed_by",
    "counted",
    "forget_challenges",
    "new_credential",
    "party_of",
    "refused",
    "relying_party",
    "take_challenge",
    "went_back",
]
