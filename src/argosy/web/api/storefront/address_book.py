"""The signed-in customer's address book, and the export of everything held about them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.openapi.datastructures import ResponseSpec

from argosy.kernel.ids import decode, encode
from argosy.modules import customers, wallets
from argosy.reads.attached import files_of_customer
from argosy.runtime.db import Tx
from argosy.web.addresses import AddressBody
from argosy.web.api.storefront.accounts import ConsentView, CustomerView
from argosy.web.api.storefront.passkeys import PasskeyView
from argosy.web.api.storefront.payment_methods import SavedMethodView
from argosy.web.auth import SIGNED_IN, requires_channel, shop, signed_in
from argosy.web.idempotent import KeyHeader, once


class SaveAddressBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new entry. The first one is the default for shipping and billing."""

    address: AddressBody
    default_shipping: bool = False
    default_billing: bool = False


class ChangeAddressBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; leave out what stays as it is. An address is replaced as a whole."""

    address: AddressBody | None = None
    default_shipping: bool | None = None
    default_billing: bool | None = None


class AddressView(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the address book, in the writing of its country."""

    id: str
    address: AddressBody
    default_shipping: bool
    default_billing: bool

    @classmethod
    def of(cls, entry: customers.SavedAddress) -> "AddressView":
        """As answers show it."""
        return cls(
            id=encode("address", entry.id),
            address=AddressBody.of(entry.address),
            default_shipping=entry.default_shipping,
            default_billing=entry.default_billing,
        )


class AddressList(msgspec.Struct, frozen=True, kw_only=True):
    """The whole address book (at most 50), oldest entry first."""

    items: list[AddressView]
    next_cursor: str | None = None


class DeviceView(msgspec.Struct, frozen=True, kw_only=True):
    """A device that is or was signed in."""

    user_agent: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class ExportedFileView(msgspec.Struct, frozen=True, kw_only=True):
    """A file that the person sent as an answer, the newest 500: to a cart, or with an order, where
    `GET /v1/orders/{id}/files/{file_id}` gives it.
    """

    id: str
    name: str
    format: str
    byte_size: int
    sha256: str
    sent_at: datetime
    order_id: str | None


class ExportView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the account holds about a person. Orders are listed by `GET /v1/orders`,
    reviews by `GET /v1/customers/me/reviews`.
    """

    customer: CustomerView
    addresses: list[AddressView]
    consents: list[ConsentView]
    sessions: list[DeviceView]
    groups: list[str]
    passkeys: list[PasskeyView]
    payment_methods: list[SavedMethodView]
    files: list[ExportedFileView]

    @classmethod
    async def read(cls, tx: Tx, customer_id: UUID) -> "ExportView":
        """What is held now. Raises CustomerNotFound."""
        export = await customers.export_customer(tx, customer_id)
        kept = await wallets.list_methods(tx, customer_id)
        return cls(
            customer=CustomerView.of(export.customer),
            addresses=[AddressView.of(entry) for entry in export.addresses],
            consents=msgspec.convert(export.consents, list[ConsentView], from_attributes=True),
            sessions=msgspec.convert(export.sessions, list[DeviceView], from_attributes=True),
            groups=[group.name for group in export.groups],
            passkeys=[PasskeyView.of(one) for one in export.passkeys],
            files=[
                ExportedFileView(
                    id=encode("attachment", row["id"]),
                    name=row["file_name"],
                    format=row["format"],
                    byte_size=row["byte_size"],
                    sha256=row["sha256"].hex(),
                    sent_at=row["sent_at"],
                    order_id=encode("order", row["cart_id"]) if row["ordered"] else None,
                )
                for row in await files_of_customer(tx, customer_id, 500)
            ],
            payment_methods=SavedMethodView.each(kept, tx.now.date()),
        )


@get("/v1/customers/me/addresses", tags=["Accounts"], security=SIGNED_IN, guards=[requires_channel])
async def list_addresses(request: Request[Any, Any, Any]) -> AddressList:
    """The address book."""
    identity = await signed_in(request)
    async with shop(request).db.reading() as tx:
        entries = await customers.list_addresses(tx, identity.customer_id)
    return AddressList(items=[AddressView.of(entry) for entry in entries])


@post(
    "/v1/customers/me/addresses",
    tags=["Accounts"],
    security=SIGNED_IN,
    guards=[requires_channel],
    problems=[customers.AddressInvalid, customers.AddressBookFull],
    responses={201: ResponseSpec(AddressView, description="The new entry, normalised.")},
)
async def add_address(
    request: Request[Any, Any, Any], data: SaveAddressBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Add an address. It is kept in the writing of its country."""
    identity = await signed_in(request)
    return await once(
        request,
        lambda tx: customers.add_address(
            tx,
            identity.customer_id,
            data.address.address(),
            default_shipping=data.default_shipping,
            default_billing=data.default_billing,
        ),
        show=AddressView.of,
    )


@patch(
    "/v1/customers/me/addresses/{address_id:str}",
    tags=["Accounts"],
    security=SIGNED_IN,
    guards=[requires_channel],
    problems=[customers.AddressNotFound, customers.AddressInvalid],
)
async def change_address(
    request: Request[Any, Any, Any], address_id: str, data: ChangeAddressBody
) -> AddressView:
    """Change an address, or make it a default."""
    identity = await signed_in(request)
    async with shop(request).db.transaction() as tx:
        entry = await customers.change_address(
            tx,
            identity.customer_id,
            decode("address", address_id, field="address_id"),
            address=None if data.address is None else data.address.address(),
            default_shipping=data.default_shipping,
            default_billing=data.default_billing,
        )
    return AddressView.of(entry)


@delete(
    "/v1/customers/me/addresses/{address_id:str}",
    tags=["Accounts"],
    security=SIGNED_IN,
    guards=[requires_channel],
    problems=[customers.AddressNotFound],
)
async def remove_address(request: Request[Any, Any, Any], address_id: str) -> None:
    """Remove an address from the book. Orders keep theirs."""
    identity = await signed_in(request)
    entry_id = decode("address", address_id, field="address_id")
    async with shop(request).db.transaction() as tx:
        await customers.remove_address(tx, identity.customer_id, entry_id)


@get("/v1/customers/me/export", tags=["Accounts"], security=SIGNED_IN, guards=[requires_channel])
async def export_me(request: Request[Any, Any, Any]) -> ExportView:
    """Everything that the account holds about you, machine-readable."""
    identity = await signed_in(request)
    async with shop(request).db.reading() as tx:
        return await ExportView.read(tx, identity.customer_id)


ROUTES = [list_addresses, add_address, change_address, remove_address, export_me]
