"""Facts that customers announces: ids only, never an address, a name or a secret.

Events with a `proof_id` ask a notifier to write a mail: it reads the proof (`proof_by_id`) and
makes the secret text with `proof_text`, inside the process; nothing that opens an account is ever
in an event.
"""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from argosy.kernel.events import Event


class _OfCustomer(Event, frozen=True, kw_only=True):
    SUBJECT_KIND: ClassVar[str] = "customer"
    SUBJECT_FIELD: ClassVar[str] = "customer_id"

    customer_id: UUID


class CustomerRegistered(_OfCustomer, frozen=True, kw_only=True):
    """A new account; the proof asks to confirm its e-mail address."""

    TYPE: ClassVar[str] = "argosy.customers.customer_registered.v1"

    proof_id: UUID


class RegistrationRepeated(_OfCustomer, frozen=True, kw_only=True):
    """Somebody tried to register an address that has an account: tell its holder, with a reset."""

    TYPE: ClassVar[str] = "argosy.customers.registration_repeated.v1"

    proof_id: UUID


class PasswordResetAsked(_OfCustomer, frozen=True, kw_only=True):
    """Mail the holder the proof that lets them set a new password."""

    TYPE: ClassVar[str] = "argosy.customers.password_reset_asked.v1"

    proof_id: UUID


class SignInLinkAsked(_OfCustomer, frozen=True, kw_only=True):
    """Mail the holder the proof that signs them in."""

    TYPE: ClassVar[str] = "argosy.customers.sign_in_link_asked.v1"

    proof_id: UUID


class EmailProofAsked(_OfCustomer, frozen=True, kw_only=True):
    """Mail the proof to the address it names: to confirm it, or to change to it."""

    TYPE: ClassVar[str] = "argosy.customers.email_proof_asked.v1"

    proof_id: UUID


class EmailVerified(_OfCustomer, frozen=True, kw_only=True):
    """The account's address is known to be its holder's (DOMAIN.md G10)."""

    TYPE: ClassVar[str] = "argosy.customers.email_verified.v1"


class EmailChanged(_OfCustomer, frozen=True, kw_only=True):
    """The account has another address; the proof, for the old one, takes it back (DOMAIN.md Q2)."""

    TYPE: ClassVar[str] = "argosy.customers.email_changed.v1"

    proof_id: UUID


class PasswordChanged(_OfCustomer, frozen=True, kw_only=True):
    """The password is another one; all sessions have ended. Tell the holder."""

    TYPE: ClassVar[str] = "argosy.customers.password_changed.v1"


class PasskeyAdded(_OfCustomer, frozen=True, kw_only=True):
    """A new passkey opens the account."""

    TYPE: ClassVar[str] = "argosy.customers.passkey_added.v1"


class PasskeyRemoved(_OfCustomer, frozen=True, kw_only=True):
    """A passkey opens the account no longer."""

    TYPE: ClassVar[str] = "argosy.customers.passkey_removed.v1"


class CustomerErased(_OfCustomer, frozen=True, kw_only=True):
    """The person is pseudonymised here; other parts do the same with what they hold (Q4)."""

    TYPE: ClassVar[str] = "argosy.customers.customer_erased.v1"


class CustomerGroupsChanged(_OfCustomer, frozen=True, kw_only=True):
    """The customer belongs to exactly these groups and segments now, by code."""

    TYPE: ClassVar[str] = "argosy.customers.customer_groups_changed.v1"

    groups: tuple[str, ...]
