"""Accounts of shoppers: registering, signing in, the profile, its proofs and its privacy.

Registering, signing in and resetting answer alike whether or not an account exists (DOMAIN.md
rule 38). Secrets from mails are only ever sent to us, never answered.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.openapi.datastructures import ResponseSpec

from argosy.kernel.email import EmailInvalid
from argosy.kernel.ids import encode
from argosy.kernel.passwords import PasswordWeak
from argosy.modules import customers
from argosy.runtime.attempts import TooManyTries
from argosy.web.auth import PUBLISHABLE, SIGNED_IN, requires_channel, shop, signed_in
from argosy.web.etag import IfMatch, expected_version, version_tag
from argosy.web.idempotent import KeyHeader, once

Password = Annotated[str, msgspec.Meta(max_length=1000, description="8 to 256 characters.")]
EmailText = Annotated[str, msgspec.Meta(max_length=254, examples=["ada@example.com"])]
Name = Annotated[str, msgspec.Meta(max_length=120)]
MailedText = Annotated[
    str, msgspec.Meta(min_length=1, max_length=200, description="The text from the mail.")
]


class RegisterBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A wish for an account."""

    email: EmailText
    password: Password
    name: Name = ""
    locale: Annotated[str, msgspec.Meta(max_length=35)] = ""


class SignInBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The credentials of an account."""

    email: EmailText
    password: Password


class ProfileBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; leave out what stays as it is. A phone number carries its country code."""

    name: Name | None = None
    phone: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    locale: Annotated[str, msgspec.Meta(max_length=35)] | None = None


class PasswordBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new password, with the present one."""

    current_password: Password
    new_password: Password


class EmailBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new e-mail address, with the password."""

    email: EmailText
    password: Password


class AskResetBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The address to send a reset to."""

    email: EmailText


class ResetBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The text from the mail, and the new password."""

    token: MailedText
    new_password: Password


class ConfirmBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The text from the mail."""

    token: MailedText


class EraseBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The password, to be sure that it is the holder who asks."""

    password: Password


class ConsentBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is agreed to, or withdrawn."""

    purpose: Annotated[
        str,
        msgspec.Meta(min_length=1, max_length=50, pattern="^[a-z]", examples=["newsletter"]),
    ]
    document_version: Annotated[
        str, msgspec.Meta(min_length=1, max_length=50, examples=["2026-01"])
    ]
    granted: bool
    source: Annotated[str, msgspec.Meta(max_length=50, examples=["account_page"])] = "storefront"


class CustomerView(msgspec.Struct, frozen=True, kw_only=True):
    """A customer. `version` counts the changes (see `If-Match`)."""

    id: str
    email: str
    email_verified: bool
    name: str
    phone: str
    locale: str
    version: int
    created_at: datetime

    @classmethod
    def of(cls, customer: customers.Customer) -> "CustomerView":
        """As answers show it."""
        return cls(
            id=encode("customer", customer.id),
            email=customer.email,
            email_verified=customer.email_verified_at is not None,
            name=customer.name,
            phone=customer.phone,
            locale=customer.locale,
            version=customer.version,
            created_at=customer.created_at,
        )


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """A session. Send `token` as `Authorization: Bearer`; it is not shown again."""

    token: str
    expires_at: datetime
    customer: CustomerView

    @classmethod
    def of(cls, session: customers.SignedIn) -> "SessionView":
        """As answers show it."""
        return cls(
            token=session.token,
            expires_at=session.expires_at,
            customer=CustomerView.of(session.customer),
        )


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for is on its way, if there is anything to do."""

    status: Literal["accepted"] = "accepted"


class ConsentView(msgspec.Struct, frozen=True, kw_only=True):
    """What was agreed to or withdrawn; the newest of a purpose holds."""

    purpose: str
    document_version: str
    granted: bool
    source: str
    at: datetime


class Consents(msgspec.Struct, frozen=True, kw_only=True):
    """The record of consents, oldest first."""

    items: list[ConsentView]
    next_cursor: str | None = None


@post(
    "/v1/customers",
    status_code=202,
    tags=["Accounts"],
    security=PUBLISHABLE,
    guards=[requires_channel],
    problems=[EmailInvalid, PasswordWeak, customers.ProfileInvalid, TooManyTries],
)
async def register(request: Request[Any, Any, Any], data: RegisterBody) -> Accepted:
    """Register. The answer is the same if the address has an account already: then its holder is
    told by mail and nothing changes. Sign in afterwards with `POST /v1/sessions`.
    """
    app = shop(request)
    wish = customers.Register(**msgspec.structs.asdict(data))
    await customers.register(app.db, app.passwords, wish)
    return Accepted()


@post(
    "/v1/sessions",
    tags=["Accounts"],
    security=PUBLISHABLE,
    guards=[requires_channel],
    problems=[customers.CredentialsWrong, TooManyTries, EmailInvalid],
)
async def sign_in(request: Request[Any, Any, Any], data: SignInBody) -> SessionView:
    """Sign in. Each sign-in opens a session of its own: 30 days, 14 days idle."""
    app = shop(request)
    session = await customers.sign_in(
        app.db,
        app.passwords,
        email=data.email,
        password=data.password,
        user_agent=request.headers.get("user-agent", ""),
    )
    return SessionView.of(session)


@delete("/v1/sessions/current", tags=["Accounts"], security=SIGNED_IN, guards=[requires_channel])
async def sign_out(request: Request[Any, Any, Any]) -> None:
    """Sign out: this session ends."""
    app, identity = shop(request), await signed_in(request)
    async with app.db.transaction() as tx:
        await customers.sign_out(tx, identity)
    app.cache.forget(customers.SESSIONS_TOPIC, str(identity.customer_id))


@get("/v1/customers/me", tags=["Accounts"], security=SIGNED_IN, guards=[requires_channel])
async def get_me(request: Request[Any, Any, Any]) -> Response[CustomerView]:
    """The signed-in customer."""
    identity = await signed_in(request)
    async with shop(request).db.reading() as tx:
        return tagged(await customers.customer_by_id(tx, identity.customer_id))


@patch(
    "/v1/customers/me",
    tags=["Accounts"],
    security=SIGNED_IN,
    guards=[requires_channel],
    problems=[customers.CustomerChanged, customers.PhoneInvalid, customers.ProfileInvalid],
)
async def change_me(
    request: Request[Any, Any, Any], data: ProfileBody, if_match: IfMatch = None
) -> Response[CustomerView]:
    """Change name, telephone number or language."""
    identity, version = await signed_in(request), expected_version(request)
    change = customers.ChangeProfile(**msgspec.structs.asdict(data))
    async with shop(request).db.transaction() as tx:
        return tagged(
            await customers.change_profile(tx, identity.customer_id, change, version=version)
        )


@post(
    "/v1/customers/me/password",
    status_code=200,
    tags=["Accounts"],
    security=SIGNED_IN,
    guards=[requires_channel],
    problems=[customers.PasswordWrong, PasswordWeak, TooManyTries],
)
async def change_password(request: Request[Any, Any, Any], data: PasswordBody) -> SessionView:
    """Change the password. All sessions end; the answer holds a new one."""
    app, identity = shop(request), await signed_in(request)
    session = await customers.change_password(
        app.db,
        app.passwords,
        identity,
        current=data.current_password,
        new=data.new_password,
        user_agent=request.headers.get("user-agent", ""),
    )
    app.cache.forget(customers.SESSIONS_TOPIC, str(identity.customer_id))
    return SessionView.of(session)


@post(
    "/v1/customers/me/email",
    status_code=202,
    tags=["Accounts"],
    security=SIGNED_IN,
    guards=[requires_channel],
    problems=[customers.PasswordWrong, EmailInvalid, TooManyTries],
)
async def ask_email_change(request: Request[Any, Any, Any], data: EmailBody) -> Accepted:
    """Ask for another e-mail address. It changes when the mail to the new address is answered with
    `POST /v1/email-proofs`; then all sessions end, and the old address can take it back for a week.
    """
    app, identity = shop(request), await signed_in(request)
    await customers.ask_email_change(
        app.db, app.passwords, identity, email=data.email, password=data.password
    )
    return Accepted()


@post(
    "/v1/customers/me/email-verification",
    status_code=202,
    tags=["Accounts"],
    security=SIGNED_IN,
    guards=[requires_channel],
    problems=[TooManyTries],
)
async def ask_verification(request: Request[Any, Any, Any]) -> Accepted:
    """Ask for a mail that proves the account's e-mail address (needed to claim guest orders)."""
    identity = await signed_in(request)
    await customers.ask_verification(shop(request).db, identity)
    return Accepted()


@post(
    "/v1/email-proofs",
    status_code=200,
    tags=["Accounts"],
    security=PUBLISHABLE,
    guards=[requires_channel],
    problems=[customers.ProofInvalid, customers.EmailTaken],
)
async def confirm_email(request: Request[Any, Any, Any], data: ConfirmBody) -> Accepted:
    """Answer a mail: verify an address, change to it, or take a change back."""
    app = shop(request)
    secret = app.settings.secret_key.get_secret_value()
    async with app.db.transaction() as tx:
        await customers.confirm_email(tx, secret_key=secret, text=data.token)
    return Accepted()


@post(
    "/v1/password-resets",
    status_code=202,
    tags=["Accounts"],
    security=PUBLISHABLE,
    guards=[requires_channel],
    problems=[EmailInvalid, TooManyTries],
)
async def ask_reset(request: Request[Any, Any, Any], data: AskResetBody) -> Accepted:
    """Ask for a mail with which a new password can be set. The answer is always the same."""
    await customers.ask_reset(shop(request).db, data.email)
    return Accepted()


@post(
    "/v1/password-resets/complete",
    status_code=200,
    tags=["Accounts"],
    security=PUBLISHABLE,
    guards=[requires_channel],
    problems=[customers.ProofInvalid, PasswordWeak],
)
async def reset_password(request: Request[Any, Any, Any], data: ResetBody) -> Accepted:
    """Set a new password with the text from the mail. All sessions end; sign in afterwards."""
    app = shop(request)
    await customers.reset_password(
        app.db,
        app.passwords,
        secret_key=app.settings.secret_key.get_secret_value(),
        text=data.token,
        new=data.new_password,
    )
    return Accepted()


@get("/v1/customers/me/consents", tags=["Accounts"], security=SIGNED_IN, guards=[requires_channel])
async def list_consents(request: Request[Any, Any, Any]) -> Consents:
    """Everything agreed to and withdrawn, oldest first."""
    identity = await signed_in(request)
    async with shop(request).db.reading() as tx:
        found = await customers.list_consents(tx, identity.customer_id)
    return Consents(items=[msgspec.convert(c, ConsentView, from_attributes=True) for c in found])


@post(
    "/v1/customers/me/consents",
    tags=["Accounts"],
    security=SIGNED_IN,
    guards=[requires_channel],
    problems=[customers.ProfileInvalid],
    responses={201: ResponseSpec(ConsentView, description="Recorded.")},
)
async def record_consent(
    request: Request[Any, Any, Any], data: ConsentBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Agree to something, or withdraw it. The record only grows."""
    identity = await signed_in(request)
    given = msgspec.structs.asdict(data)
    return await once(
        request, lambda tx: customers.record_consent(tx, identity.customer_id, **given)
    )


@post(
    "/v1/customers/me/erasure",
    status_code=202,
    tags=["Accounts"],
    security=SIGNED_IN,
    guards=[requires_channel],
    problems=[customers.PasswordWrong, TooManyTries],
)
async def erase_me(request: Request[Any, Any, Any], data: EraseBody) -> Accepted:
    """Erase the account for good. Orders stay as the law requires, without the person."""
    app, identity = shop(request), await signed_in(request)
    await customers.erase_myself(app.db, app.passwords, identity, password=data.password)
    app.cache.forget(customers.SESSIONS_TOPIC, str(identity.customer_id))
    return Accepted()


def tagged(customer: customers.Customer) -> Response[CustomerView]:
    """The customer with the tag of its version."""
    return Response(CustomerView.of(customer), headers={"ETag": version_tag(customer.version)})


ROUTES = [
    register,
    sign_in,
    sign_out,
    get_me,
    change_me,
    change_password,
    ask_email_change,
    ask_verification,
    confirm_email,
    ask_reset,
    reset_password,
    list_consents,
    record_consent,
    erase_me,
]
