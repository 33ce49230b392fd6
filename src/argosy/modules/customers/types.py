"""What goes into and comes out of customers. Instants are UTC."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.events import Job


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """A person with an account. `email` is as typed; `phone` is E.164 or empty; `locale` BCP 47 or
    empty. After erasure only `id`, the times and `erased_at` mean anything.
    """

    id: UUID
    email: str
    email_verified_at: datetime | None
    name: str
    phone: str
    locale: str
    version: int
    created_at: datetime
    updated_at: datetime
    erased_at: datetime | None


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who a shopper's session token stands for, until `expires_at` at the latest."""

    customer_id: UUID
    session_id: UUID
    email: str
    email_verified: bool
    expires_at: datetime


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A new session. `token` is shown here and never again."""

    token: str
    expires_at: datetime
    customer: Customer


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """A wish for an account."""

    email: str
    password: str
    name: str = ""
    locale: str = ""


class ChangeProfile(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a customer; None leaves a field as it is, "" empties it."""

    name: str | None = None
    phone: str | None = None
    locale: str | None = None


class SavedAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the address book."""

    id: UUID
    address: Address
    default_shipping: bool
    default_billing: bool
    created_at: datetime
    updated_at: datetime


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """A mailed proof: who asked for what, and where its mail goes. The secret is not in it."""

    id: UUID
    customer_id: UUID
    purpose: str
    email: str
    expires_at: datetime


GroupKind = Literal["group", "segment"]


class CustomerGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Customers who are treated alike. People put a `group` together, a computation a `segment`."""

    code: str
    name: str
    kind: GroupKind
    version: int


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """What a person agreed to or withdrew: purpose, version of the text, where and when (Q5)."""

    purpose: str
    document_version: str
    granted: bool
    source: str
    at: datetime


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A device that is or was signed in."""

    id: UUID
    user_agent: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey of a customer. `copied_at`: it counted backwards, somebody may hold a copy of it,
    and it is refused since.
    """

    id: UUID
    name: str
    created_at: datetime
    used_at: datetime | None
    copied_at: datetime | None


class KnownPasskey(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey as its answers are checked against it."""

    id: UUID
    customer_id: UUID
    credential_id: bytes
    transports: tuple[str, ...]
    public_key: bytes
    sign_count: int
    copied_at: datetime | None


class CustomerExport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that this island holds about a person (DOMAIN.md rule 39)."""

    customer: Customer
    addresses: list[SavedAddress]
    consents: list[Consent]
    sessions: list[Session]
    groups: list[CustomerGroup] = []
    passkeys: list[Passkey] = []


class IssueReset(Job, frozen=True, kw_only=True):
    """Look for the account of a compared e-mail address and mail it a reset, if there is one."""

    NAME: ClassVar[str] = "customers.issue_reset"

    email_normalised: str


class IssueSignInLink(Job, frozen=True, kw_only=True):
    """Look for the account of a compared e-mail address and mail it a sign-in, if there is one."""

    NAME: ClassVar[str] = "customers.issue_sign_in_link"

    email_normalised: str
