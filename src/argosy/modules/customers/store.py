"""The only file of customers that runs SQL; statements live in store.sql."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.email import Email
from argosy.modules.customers.errors import (
    AddressNotFound,
    CustomerChanged,
    CustomerNotFound,
    EmailTaken,
    GroupCodeTaken,
    GroupNotFound,
)
from argosy.modules.customers.types import (
    Consent,
    Customer,
    CustomerGroup,
    Identity,
    KnownPasskey,
    Passkey,
    Proof,
    SavedAddress,
    Session,
)
from argosy.runtime.db import IntegrityError, Record, Tx, constraint
from argosy.runtime.passkeys import NewCredential
from argosy.runtime.statements import load_statements

SQL = load_statements(__package__)


async def register(
    tx: Tx, customer_id: UUID, email: Email, *, password_hash: str, name: str, locale: str
) -> tuple[UUID, str, bool] | None:
    """Id and shown e-mail address of the new customer, or of the one who has the address, and
    whether it is new. None when another transaction is just making it.
    """
    row = await tx.maybe(
        SQL.register,
        customer_id,
        email.shown,
        email.normalised,
        password_hash,
        name,
        locale,
        tx.now,
    )
    return None if row is None else (row["id"], row["email"], row["is_new"])


async def customer(tx: Tx, customer_id: UUID) -> Customer:
    """Raises CustomerNotFound."""
    return _found(await tx.maybe(SQL.customer, customer_id))


async def customers_by_ids(tx: Tx, customer_ids: Sequence[UUID]) -> list[Customer]:
    """Those of the customers that there are."""
    return [Customer(**row) for row in await tx.many(SQL.customers_by_ids, list(customer_ids))]


async def customer_by_email(tx: Tx, normalised: str) -> Customer | None:
    """The customer with this compared form of the e-mail address."""
    row = await tx.maybe(SQL.customer_by_email, normalised)
    return None if row is None else Customer(**row)


async def customers(
    tx: Tx, after: tuple[datetime, UUID] | None, limit: int, *, email_normalised: str | None
) -> list[Customer]:
    """Newest first, those after the keyset."""
    at, last = after or (None, None)
    rows = await tx.many(SQL.customers, at, last, limit, email_normalised)
    return [Customer(**row) for row in rows]


async def lock_customer(tx: Tx, customer_id: UUID) -> Customer:
    """Raises CustomerNotFound, also for an erased one."""
    return _found(await tx.maybe(SQL.lock_customer, customer_id))


async def change_profile(tx: Tx, wanted: Customer, version: int) -> Customer:
    """Compare-and-set on `version`. Raises CustomerChanged."""
    row = await tx.maybe(
        SQL.change_profile, wanted.id, version, wanted.name, wanted.phone, wanted.locale, tx.now
    )
    if row is None:
        raise CustomerChanged("The customer was changed meanwhile.")
    return Customer(**row)


async def credentials(tx: Tx, normalised: str) -> tuple[UUID, str | None] | None:
    """Id and password hash of the account with this e-mail address."""
    row = await tx.maybe(SQL.credentials, normalised)
    return None if row is None else (row["id"], row["password_hash"])


async def password_of(tx: Tx, customer_id: UUID) -> tuple[str | None, str]:
    """Password hash and e-mail address. Raises CustomerNotFound."""
    row = await tx.maybe(SQL.password_of, customer_id)
    if row is None:
        raise CustomerNotFound("There is no such customer.")
    return row["password_hash"], row["email"]


async def set_password(tx: Tx, customer_id: UUID, new_hash: str) -> bool:
    """False when there is no such customer (any more)."""
    return await tx.run(SQL.set_password, customer_id, new_hash, tx.now) == 1


async def replace_hash(tx: Tx, customer_id: UUID, old_hash: str, new_hash: str) -> None:
    """The same password under newer parameters; nothing if it was changed meanwhile."""
    await tx.run(SQL.replace_hash, customer_id, old_hash, new_hash)


async def verify_email(tx: Tx, customer_id: UUID, email: str) -> bool:
    """True when the address was not verified before and is now."""
    return await tx.run(SQL.verify_email, customer_id, email, tx.now) == 1


async def set_email(tx: Tx, customer_id: UUID, email: Email) -> bool:
    """Change and verify the address. Raises EmailTaken."""
    try:
        done = await tx.run(SQL.set_email, customer_id, email.shown, email.normalised, tx.now)
    except IntegrityError as error:
        if constraint(error) == "customer_email_unique":
            raise EmailTaken("Another account has this e-mail address.") from error
        raise
    return done == 1


async def erase_customer(tx: Tx, customer_id: UUID) -> None:
    """Pseudonymise the row of a person, and delete sessions, passkeys, proofs, addresses and
    memberships.
    """
    await tx.run(SQL.erase_customer, customer_id, tx.now)
    await tx.run(SQL.delete_sessions, customer_id)
    await tx.run(SQL.delete_passkeys, customer_id)
    await tx.run(SQL.delete_proofs, customer_id)
    await tx.run(SQL.delete_addresses, customer_id)
    await tx.run(SQL.leave_groups, customer_id)


async def open_session(
    tx: Tx,
    session_id: UUID,
    customer_id: UUID,
    token_hash: bytes,
    *,
    checked_hash: str,
    user_agent: str,
    expires_at: datetime,
) -> Customer | None:
    """None when the password was changed, or the customer erased, since it was checked."""
    row = await tx.maybe(
        SQL.open_session,
        session_id,
        customer_id,
        token_hash,
        user_agent,
        expires_at,
        tx.now,
        checked_hash,
    )
    return None if row is None else Customer(**row)


async def identity(tx: Tx, token_hash: bytes, idle: timedelta) -> Identity | None:
    """Whose session this is, if it still runs."""
    row = await tx.maybe(SQL.identity, token_hash, tx.now, idle)
    return None if row is None else Identity(**row)


async def sessions(tx: Tx, customer_id: UUID, limit: int) -> list[Session]:
    """Newest first."""
    return [Session(**row) for row in await tx.many(SQL.sessions, customer_id, limit)]


async def end_session(tx: Tx, session_id: UUID) -> None:
    """Repeating it does nothing."""
    await tx.run(SQL.end_session, session_id, tx.now)


async def end_sessions(tx: Tx, customer_id: UUID) -> None:
    """End all sessions of a customer."""
    await tx.run(SQL.end_sessions, customer_id, tx.now)


async def forget(tx: Tx, before: datetime) -> int:
    """Delete sessions and proofs that ended before; how many there were."""
    return await tx.run(SQL.forget_sessions, before) + await tx.run(SQL.forget_proofs, before)


async def insert_proof(tx: Tx, proof: Proof) -> None:
    """Store a proof that somebody will be mailed."""
    await tx.run(
        SQL.insert_proof,
        proof.id,
        proof.customer_id,
        proof.purpose,
        proof.email,
        tx.now,
        proof.expires_at,
    )


async def proof(tx: Tx, proof_id: UUID) -> Proof | None:
    """A proof that is neither used nor too old."""
    row = await tx.maybe(SQL.proof, proof_id, tx.now)
    return None if row is None else Proof(**row)


async def use_proof(tx: Tx, proof_id: UUID) -> Proof | None:
    """Compare-and-set: None when it is unknown, used or too old."""
    row = await tx.maybe(SQL.use_proof, proof_id, tx.now)
    return None if row is None else Proof(**row)


async def void_proofs(tx: Tx, customer_id: UUID, purposes: Sequence[str]) -> None:
    """Proofs of these purposes are no longer good."""
    await tx.run(SQL.void_proofs, customer_id, list(purposes), tx.now)


async def insert_address(tx: Tx, customer_id: UUID, entry: SavedAddress) -> SavedAddress:
    """Add to the address book."""
    row = await tx.one(
        SQL.insert_address,
        entry.id,
        customer_id,
        entry.address,
        entry.default_shipping,
        entry.default_billing,
        tx.now,
    )
    return _address(row)


async def update_address(tx: Tx, customer_id: UUID, entry: SavedAddress) -> SavedAddress:
    """Raises AddressNotFound."""
    row = await tx.maybe(
        SQL.update_address,
        customer_id,
        entry.id,
        entry.address,
        entry.default_shipping,
        entry.default_billing,
        tx.now,
    )
    return _found_address(row)


async def clear_defaults(tx: Tx, customer_id: UUID, entry: SavedAddress) -> None:
    """Take the defaults that `entry` has from all other entries."""
    await tx.run(
        SQL.clear_defaults, customer_id, entry.id, entry.default_shipping, entry.default_billing
    )


async def address(tx: Tx, customer_id: UUID, address_id: UUID) -> SavedAddress:
    """Raises AddressNotFound, also for another customer's."""
    return _found_address(await tx.maybe(SQL.address, customer_id, address_id))


async def addresses(tx: Tx, customer_id: UUID) -> list[SavedAddress]:
    """Oldest first; an address book is small."""
    return [_address(row) for row in await tx.many(SQL.addresses, customer_id)]


async def count_addresses(tx: Tx, customer_id: UUID) -> int:
    """How many entries the address book has."""
    count: int = (await tx.one(SQL.count_addresses, customer_id))["count"]
    return count


async def delete_address(tx: Tx, customer_id: UUID, address_id: UUID) -> bool:
    """False when it is not there."""
    return await tx.run(SQL.delete_address, customer_id, address_id) == 1


async def insert_consent(tx: Tx, consent_id: UUID, customer_id: UUID, consent: Consent) -> None:
    """Add what a person agreed to or withdrew."""
    await tx.run(
        SQL.insert_consent,
        consent_id,
        customer_id,
        consent.purpose,
        consent.document_version,
        consent.granted,
        consent.source,
        consent.at,
    )


async def consents(tx: Tx, customer_id: UUID) -> list[Consent]:
    """All of them, in order."""
    return [Consent(**row) for row in await tx.many(SQL.consents, customer_id)]


def _found(row: Record | None) -> Customer:
    if row is None:
        raise CustomerNotFound("There is no such customer.")
    return Customer(**row)


def _found_address(row: Record | None) -> SavedAddress:
    if row is None:
        raise AddressNotFound("There is no such address in this address book.")
    return _address(row)


def _address(row: Record) -> SavedAddress:
    return SavedAddress(**{**row, "address": msgspec.convert(row["address"], Address)})


async def insert_group(tx: Tx, group: CustomerGroup) -> None:
    """Raises GroupCodeTaken."""
    try:
        await tx.run(SQL.insert_group, group.code, group.name, group.kind, tx.now)
    except IntegrityError as error:
        if constraint(error) == "customer_group_pkey":
            raise GroupCodeTaken(
                f"There is a customer group {group.code!r} already.", field="code"
            ) from error
        raise


async def rename_group(tx: Tx, code: str, version: int, name: str) -> CustomerGroup | None:
    """The group under its new name, None if its version is another by now."""
    row = await tx.maybe(SQL.rename_group, code, version, name, tx.now)
    return None if row is None else CustomerGroup(**row)


async def delete_group(tx: Tx, code: str) -> list[UUID]:
    """Delete a group; who was in it."""
    members = [row["customer_id"] for row in await tx.many(SQL.empty_group, code)]
    await tx.run(SQL.delete_group, code)
    return members


async def groups(tx: Tx, after: str | None, limit: int) -> list[CustomerGroup]:
    """Groups by code."""
    return [CustomerGroup(**row) for row in await tx.many(SQL.groups, None, after, limit)]


async def group(tx: Tx, code: str) -> CustomerGroup:
    """Raises GroupNotFound."""
    rows = await tx.many(SQL.groups, code, None, 1)
    if not rows:
        raise GroupNotFound("There is no such customer group.")
    return CustomerGroup(**rows[0])


async def groups_of_customers(
    tx: Tx, customer_ids: Sequence[UUID]
) -> dict[UUID, list[CustomerGroup]]:
    """The groups of each customer by code; customers without any are absent."""
    found: dict[UUID, list[CustomerGroup]] = {}
    for row in await tx.many(SQL.groups_of_customers, list(customer_ids)):
        group = CustomerGroup(
            code=row["code"], name=row["name"], kind=row["kind"], version=row["version"]
        )
        found.setdefault(row["customer_id"], []).append(group)
    return found


async def members(tx: Tx, code: str, after: UUID | None, limit: int) -> list[Customer]:
    """The members of a group by id."""
    return [Customer(**row) for row in await tx.many(SQL.members, code, after, limit)]


async def missing_customers(tx: Tx, customer_ids: Sequence[UUID]) -> list[UUID]:
    """Those of the ids that are no customer's, or an erased one's."""
    rows = await tx.many(SQL.present_customers, list(customer_ids))
    return sorted(set(customer_ids) - {row["id"] for row in rows})


async def add_members(tx: Tx, code: str, customer_ids: Sequence[UUID]) -> list[UUID]:
    """Those that were not in the group."""
    rows = await tx.many(SQL.add_members, code, list(customer_ids), tx.now)
    return [row["customer_id"] for row in rows]


async def remove_members(tx: Tx, code: str, customer_ids: Sequence[UUID]) -> list[UUID]:
    """Those that were in the group."""
    rows = await tx.many(SQL.remove_members, code, list(customer_ids))
    return [row["customer_id"] for row in rows]


async def insert_passkey(
    tx: Tx, passkey_id: UUID, customer_id: UUID, *, name: str, made: NewCredential
) -> bool:
    """False when this passkey is known already."""
    done = await tx.run(
        SQL.insert_passkey,
        passkey_id,
        customer_id,
        name,
        made.credential_id,
        made.public_key,
        made.sign_count,
        list(made.transports),
        tx.now,
    )
    return done == 1


async def passkeys_of(tx: Tx, customer_id: UUID) -> list[KnownPasskey]:
    """The customer's passkeys with what answers are checked against, the oldest first."""
    return [_passkey(row) for row in await tx.many(SQL.passkeys_of, customer_id)]


async def list_passkeys(tx: Tx, customer_id: UUID) -> list[Passkey]:
    """The customer's passkeys, the oldest first."""
    return [Passkey(**row) for row in await tx.many(SQL.list_passkeys, customer_id)]


async def passkey(tx: Tx, credential_id: bytes) -> KnownPasskey | None:
    """The passkey with this id of its own, unless its customer was erased."""
    row = await tx.maybe(SQL.passkey, credential_id)
    return None if row is None else _passkey(row)


async def lock_passkey(tx: Tx, passkey_id: UUID) -> KnownPasskey | None:
    """None when it was removed meanwhile."""
    row = await tx.maybe(SQL.lock_passkey, passkey_id)
    return None if row is None else _passkey(row)


async def note_passkey(tx: Tx, passkey_id: UUID, sign_count: int) -> None:
    """It was used now, and has signed so often."""
    await tx.run(SQL.note_passkey, passkey_id, sign_count, tx.now)


async def mark_copied(tx: Tx, passkey_id: UUID) -> None:
    """It counted backwards."""
    await tx.run(SQL.mark_copied, passkey_id, tx.now)


async def rename_passkey(tx: Tx, passkey_id: UUID, customer_id: UUID, name: str) -> bool:
    """False when the customer has no such passkey."""
    return await tx.run(SQL.rename_passkey, passkey_id, customer_id, name) == 1


async def remove_passkey(tx: Tx, passkey_id: UUID, customer_id: UUID) -> bool:
    """False when the customer has no such passkey."""
    return await tx.run(SQL.remove_passkey, passkey_id, customer_id) == 1


def _passkey(row: Record) -> KnownPasskey:
    return KnownPasskey(**{**row, "transports": tuple(row["transports"])})
