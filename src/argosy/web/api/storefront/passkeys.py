"""Passkeys of shoppers: beside the password, they open the same account."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, delete, get, patch, post

from argosy.kernel.ids import decode, encode
from argosy.modules import customers
from argosy.runtime.attempts import TooManyTries
from argosy.runtime.passkeys import PasskeyRefused, PasskeysOff
from argosy.web.api.storefront.accounts import Password, SessionView
from argosy.web.auth import PUBLISHABLE, SIGNED_IN, requires_channel, shop, signed_in
from argosy.web.passkey_views import (
    CeremonyView,
    NewPasskeyBody,
    PasskeyBody,
    PasskeyName,
    party_of,
)


class PasswordAgainBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The password, needed once the sign-in is older than fifteen minutes."""

    password: Password = ""


class PasskeyNameBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the passkey shall be called."""

    name: PasskeyName


class PasskeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey. `copied_at`: it counted backwards, so somebody may hold a copy of it; it opens
    nothing since, and should be removed.
    """

    id: str
    name: str
    created_at: datetime
    used_at: datetime | None
    copied_at: datetime | None

    @classmethod
    def of(cls, one: customers.Passkey) -> "PasskeyView":
        """As answers show it."""
        return cls(
            id=encode("passkey", one.id),
            name=one.name,
            created_at=one.created_at,
            used_at=one.used_at,
            copied_at=one.copied_at,
        )


class PasskeyList(msgspec.Struct, frozen=True, kw_only=True):
    """All passkeys of the account, at most twenty, the oldest first."""

    items: list[PasskeyView]
    next_cursor: str | None = None


class AddedPasskey(msgspec.Struct, frozen=True, kw_only=True):
    """The new passkey."""

    id: str


@post(
    "/v1/sessions/passkey/challenge",
    status_code=200,
    tags=["Accounts"],
    security=PUBLISHABLE,
    guards=[requires_channel],
    problems=[PasskeysOff],
)
async def passkey_challenge(request: Request[Any, Any, Any]) -> CeremonyView:
    """Begin to sign in with a passkey: any that the device holds for this shop."""
    return CeremonyView.of(await customers.ask_for_passkey(shop(request).db, party_of(request)))


@post(
    "/v1/sessions/passkey",
    tags=["Accounts"],
    security=PUBLISHABLE,
    guards=[requires_channel],
    problems=[PasskeyRefused, PasskeysOff, TooManyTries],
)
async def sign_in_by_passkey(request: Request[Any, Any, Any], data: PasskeyBody) -> SessionView:
    """Sign in with a passkey's answer."""
    session = await customers.sign_in_by_passkey(
        shop(request).db,
        party_of(request),
        token=data.token,
        answer=data.credential,
        user_agent=request.headers.get("user-agent", ""),
    )
    return SessionView.of(session)


@get("/v1/customers/me/passkeys", tags=["Accounts"], security=SIGNED_IN, guards=[requires_channel])
async def list_passkeys(request: Request[Any, Any, Any]) -> PasskeyList:
    """The account's passkeys."""
    identity = await signed_in(request)
    async with shop(request).db.reading() as tx:
        found = await customers.list_passkeys(tx, identity.customer_id)
    return PasskeyList(items=[PasskeyView.of(one) for one in found])


@post(
    "/v1/customers/me/passkeys/challenge",
    status_code=200,
    tags=["Accounts"],
    security=SIGNED_IN,
    guards=[requires_channel],
    problems=[customers.PasswordWrong, customers.ProfileInvalid, TooManyTries, PasskeysOff],
)
async def new_passkey_challenge(
    request: Request[Any, Any, Any], data: PasswordAgainBody
) -> CeremonyView:
    """Begin to set up a passkey."""
    app, identity = shop(request), await signed_in(request)
    return CeremonyView.of(
        await customers.ask_for_new_passkey(
            app.db, app.passwords, identity, party_of(request), password=data.password
        )
    )


@post(
    "/v1/customers/me/passkeys",
    tags=["Accounts"],
    security=SIGNED_IN,
    guards=[requires_channel],
    problems=[PasskeyRefused, PasskeysOff, customers.ProfileInvalid],
)
async def add_passkey(request: Request[Any, Any, Any], data: NewPasskeyBody) -> AddedPasskey:
    """Keep the passkey that the browser made."""
    identity = await signed_in(request)
    made = await customers.add_passkey(
        shop(request).db,
        identity,
        party_of(request),
        token=data.token,
        answer=data.credential,
        name=data.name,
    )
    return AddedPasskey(id=encode("passkey", made))


@patch(
    "/v1/customers/me/passkeys/{passkey_id:str}",
    status_code=204,
    tags=["Accounts"],
    security=SIGNED_IN,
    guards=[requires_channel],
    problems=[customers.PasskeyNotFound, customers.ProfileInvalid],
)
async def rename_passkey(
    request: Request[Any, Any, Any], passkey_id: str, data: PasskeyNameBody
) -> None:
    """Call a passkey by another name."""
    identity = await signed_in(request)
    async with shop(request).db.transaction() as tx:
        await customers.rename_passkey(tx, identity.customer_id, passkey(passkey_id), data.name)


@delete(
    "/v1/customers/me/passkeys/{passkey_id:str}",
    tags=["Accounts"],
    security=SIGNED_IN,
    guards=[requires_channel],
    problems=[customers.PasskeyNotFound],
)
async def remove_passkey(request: Request[Any, Any, Any], passkey_id: str) -> None:
    """Remove a passkey: it opens the account no longer."""
    identity = await signed_in(request)
    async with shop(request).db.transaction() as tx:
        await customers.remove_passkey(tx, identity.customer_id, passkey(passkey_id))


def passkey(text: str) -> UUID:
    """Raises MalformedId."""
    return decode("passkey", text, field="passkey_id")


ROUTES = [
    passkey_challenge,
    sign_in_by_passkey,
    list_passkeys,
    new_passkey_challenge,
    add_passkey,
    rename_passkey,
    remove_passkey,
]
