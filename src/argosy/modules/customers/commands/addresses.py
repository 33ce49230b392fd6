"""The address book."""

from __future__ import annotations

from uuid import UUID

import msgspec

from argosy.kernel.address import Address
from argosy.kernel.ids import new_id
from argosy.modules.customers import rules, store
from argosy.modules.customers.errors import AddressBookFull, AddressNotFound
from argosy.modules.customers.types import SavedAddress
from argosy.runtime.db import Tx


async def add_address(
    tx: Tx,
    customer_id: UUID,
    address: Address,
    *,
    default_shipping: bool = False,
    default_billing: bool = False,
) -> SavedAddress:
    """Add a normalised address; a default takes the place of the one before. The first address is
    the default of both kinds.

    Raises AddressInvalid, AddressBookFull (50), CustomerNotFound.
    """
    checked = rules.check_address(address, field="address")
    await store.lock_customer(tx, customer_id)
    count = await store.count_addresses(tx, customer_id)
    if count >= rules.MOST_ADDRESSES:
        raise AddressBookFull(f"An address book has at most {rules.MOST_ADDRESSES} addresses.")
    entry = SavedAddress(
        id=new_id(),
        address=checked,
        default_shipping=default_shipping or count == 0,
        default_billing=default_billing or count == 0,
        created_at=tx.now,
        updated_at=tx.now,
    )
    await store.clear_defaults(tx, customer_id, entry)
    return await store.insert_address(tx, customer_id, entry)


async def change_address(
    tx: Tx,
    customer_id: UUID,
    address_id: UUID,
    *,
    address: Address | None = None,
    default_shipping: bool | None = None,
    default_billing: bool | None = None,
) -> SavedAddress:
    """Change what is not None. Raises AddressInvalid, AddressNotFound, CustomerNotFound."""
    checked = None if address is None else rules.check_address(address, field="address")
    await store.lock_customer(tx, customer_id)
    before = await store.address(tx, customer_id, address_id)
    entry = msgspec.structs.replace(
        before,
        address=before.address if checked is None else checked,
        default_shipping=before.default_shipping if default_shipping is None else default_shipping,
        default_billing=before.default_billing if default_billing is None else default_billing,
    )
    await store.clear_defaults(tx, customer_id, entry)
    return await store.update_address(tx, customer_id, entry)


async def remove_address(tx: Tx, customer_id: UUID, address_id: UUID) -> None:
    """Raises AddressNotFound."""
    if not await store.delete_address(tx, customer_id, address_id):
        raise AddressNotFound("There is no such address in this address book.")
