"""Reading use cases of customers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from argosy.modules.customers import rules, store
from argosy.modules.customers.errors import SessionEnded
from argosy.modules.customers.types import (
    Consent,
    Customer,
    CustomerExport,
    CustomerGroup,
    Identity,
    Passkey,
    Proof,
    SavedAddress,
)
from argosy.runtime.credentials import is_token, sealed, token_hash
from argosy.runtime.db import Tx

After = tuple[datetime, UUID] | None

_MOST_SESSIONS = 1000


async def identity_by_session(tx: Tx, token: str) -> Identity:
    """Who is signed in with this shopper session token. One statement.

    Raises SessionEnded when it is unknown, expired, idle for longer than two weeks or ended.
    """
    identity = None
    if is_token(token, "shopper"):
        identity = await store.identity(tx, token_hash(token), rules.SESSION_IDLE)
    if identity is None:
        raise SessionEnded("The session has ended.", cure="Sign in again.")
    return identity


async def customer_by_id(tx: Tx, customer_id: UUID) -> Customer:
    """Raises CustomerNotFound. An erased customer is found, without anything personal."""
    return await store.customer(tx, customer_id)


async def customers_by_ids(tx: Tx, customer_ids: Sequence[UUID]) -> dict[UUID, Customer]:
    """Those of the customers that there are, by id, erased ones included. One statement."""
    return {one.id: one for one in await store.customers_by_ids(tx, customer_ids)}


async def customer_by_email(tx: Tx, normalised: str) -> Customer | None:
    """The customer with this compared form of the e-mail address (kernel/email.py)."""
    return await store.customer_by_email(tx, normalised)


async def list_customers(
    tx: Tx, *, after: After = None, limit: int, email_normalised: str | None = None
) -> list[Customer]:
    """Newest first; `after` is the (created_at, id) of the last one seen."""
    return await store.customers(tx, after, limit, email_normalised=email_normalised)


async def list_addresses(tx: Tx, customer_id: UUID) -> list[SavedAddress]:
    """The whole address book (at most 50), oldest entry first."""
    return await store.addresses(tx, customer_id)


async def address_by_id(tx: Tx, customer_id: UUID, address_id: UUID) -> SavedAddress:
    """Raises AddressNotFound, also when the address is another customer's."""
    return await store.address(tx, customer_id, address_id)


async def list_consents(tx: Tx, customer_id: UUID) -> list[Consent]:
    """Everything agreed to and withdrawn, in order; the last one of a purpose holds."""
    return await store.consents(tx, customer_id)


async def export_customer(tx: Tx, customer_id: UUID) -> CustomerExport:
    """Everything held here about a person (DOMAIN.md rule 39). Raises CustomerNotFound."""
    return CustomerExport(
        customer=await store.customer(tx, customer_id),
        addresses=await store.addresses(tx, customer_id),
        consents=await store.consents(tx, customer_id),
        sessions=await store.sessions(tx, customer_id, _MOST_SESSIONS),
        groups=await groups_of(tx, customer_id),
        passkeys=await store.list_passkeys(tx, customer_id),
    )


async def list_passkeys(tx: Tx, customer_id: UUID) -> list[Passkey]:
    """The customer's passkeys (at most twenty), the oldest first."""
    return await store.list_passkeys(tx, customer_id)


async def group_by_code(tx: Tx, code: str) -> CustomerGroup:
    """Raises GroupNotFound."""
    return await store.group(tx, code)


async def list_groups(tx: Tx, *, after: str | None = None, limit: int) -> list[CustomerGroup]:
    """Groups and segments in the order of their codes, those after the code given."""
    return await store.groups(tx, after, limit)


async def groups_of_customers(
    tx: Tx, customer_ids: Sequence[UUID]
) -> dict[UUID, list[CustomerGroup]]:
    """The groups and segments of each of several customers, in one statement."""
    return await store.groups_of_customers(tx, customer_ids)


async def groups_of(tx: Tx, customer_id: UUID) -> list[CustomerGroup]:
    """The groups and segments that a customer belongs to, by code. One statement."""
    return (await store.groups_of_customers(tx, [customer_id])).get(customer_id, [])


async def list_members(
    tx: Tx, code: str, *, after: UUID | None = None, limit: int
) -> list[Customer]:
    """The members of a group by id, those after the id given."""
    return await store.members(tx, code, after, limit)


async def proof_by_id(tx: Tx, proof_id: UUID) -> Proof | None:
    """A proof to write a mail for; None when it was used or has expired meanwhile.

    A proof without an address of its own goes to the account's present address.
    """
    proof = await store.proof(tx, proof_id)
    if proof is None or proof.email:
        return proof
    customer = await store.customer(tx, proof.customer_id)
    return msgspec.structs.replace(proof, email=customer.email)


def proof_text(secret_key: str, proof: Proof) -> str:
    """The secret text to put into the mail: whoever sends it back has read that mail.

    Computed from the proof's id with the shop's secret key and stored nowhere. Never log it and
    never answer it in an API.
    """
    return sealed(secret_key, proof.purpose, proof.id)
