"""What goes into and comes out of staff. Instants are UTC; scopes `<area>:read|write` or `*`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from argosy.kernel.events import Job

ActorKind = Literal["staff", "key", "system"]
FactorChange = Literal[
    "passkey_added",
    "passkey_copied",
    "codes_added",
    "factor_removed",
    "factors_reset",
    "recovery_codes_made",
]


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts in the administration: a signed-in person, a secret key, or the machine itself."""

    kind: ActorKind
    id: UUID | None
    name: str
    scopes: frozenset[str]
    request_id: str = ""
    owner_id: UUID | None = None
    """The staff member a key stands for (DOMAIN.md Q6); of a person, their own id."""
    expires_at: datetime | None = None
    """When a key ends; a key it makes ends no later."""
    session_id: UUID | None = None
    roles: tuple[str, ...] = ()
    email: str = ""
    proved_at: datetime | None = None
    """When a person last showed who they are in this session: at sign-in, or since (`prove`)."""
    factors: tuple[str, ...] = ()
    """The kinds of second factor that a person has (`totp`, `passkey`): how they can prove."""
    must_enrol: bool = False
    """A role of theirs asks for a second factor and they have none: they may only set one up."""


SYSTEM = Actor(kind="system", id=None, name="command line", scopes=frozenset({"*"}))
"""The machine's own operator (CLI, worker): allowed everything, named in the audit trail."""


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """A named set of scopes."""

    name: str
    title: str
    description: str
    scopes: frozenset[str]
    second_factor: bool = False
    """Whether its people must have a second factor."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A person who runs the shop. `version` grows with every change (for If-Match)."""

    id: UUID
    email: str
    name: str
    roles: tuple[str, ...]
    active: bool
    last_sign_in_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


class AddMember(msgspec.Struct, frozen=True, kw_only=True):
    """A new staff member with a first password (at least 12 characters)."""

    email: str
    name: str
    password: str
    roles: tuple[str, ...]


class ChangeMember(msgspec.Struct, frozen=True, kw_only=True):
    """What to change of a member; None leaves a field as it is."""

    name: str | None = None
    roles: tuple[str, ...] | None = None
    active: bool | None = None


class Factor(msgspec.Struct, frozen=True, kw_only=True):
    """A second factor of a member. `confirmed_at` None: not in use yet."""

    id: UUID
    kind: Literal["totp", "recovery", "passkey"]
    name: str
    created_at: datetime
    confirmed_at: datetime | None
    used_at: datetime | None
    copied_at: datetime | None = None
    """When a passkey counted backwards: somebody may hold a copy of it, and it is refused since."""


class KnownPasskey(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey of a member, as its answers are checked against it."""

    factor_id: UUID
    member_id: UUID
    credential_id: bytes
    transports: tuple[str, ...]
    public_key: bytes
    sign_count: int
    copied_at: datetime | None


class NewOneTimeCodes(msgspec.Struct, frozen=True, kw_only=True):
    """What an authenticator app needs: `secret` to type in, or `uri` as a QR code. Shown once."""

    id: UUID
    secret: str
    uri: str


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A new staff session. `token` is shown here and never again."""

    token: str
    expires_at: datetime
    member: Member


class PublishableKey(msgspec.Struct, frozen=True, kw_only=True):
    """What a storefront's key stands for."""

    key_id: UUID
    channel_id: UUID
    expires_at: datetime | None


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it may be shown. `public_token` is None for secret keys: they are never shown again.

    `hint` is the last four characters; `last_used_on` is a UTC date as `YYYY-MM-DD`.
    """

    id: UUID
    kind: Literal["publishable", "secret"]
    name: str
    hint: str
    public_token: str | None
    channel_id: UUID | None
    scopes: tuple[str, ...]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_on: str | None
    revoked_at: datetime | None


class CreatedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A new key with its token; of a secret key this is the only time that it is seen."""

    key: ApiKey
    token: str


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One administrative act. `before` and `after` hold what changed, never a secret."""

    id: UUID
    at: datetime
    actor_kind: ActorKind
    actor_id: UUID | None
    actor_name: str
    action: str
    subject: str
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None
    request_id: str


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries of the trail to list; None does not filter."""

    subject: str | None = None
    action: str | None = None
    actor_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


class TellMember(Job, frozen=True, kw_only=True):
    """Tell a member, by mail, what has changed of that which signs them in."""

    NAME: ClassVar[str] = "staff.tell_member"

    notice_id: UUID
    member_id: UUID
    what: FactorChange
    at: datetime
