"""Customers as the administration sees them."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.params import Parameter

from argosy.kernel.email import checked_email
from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.modules import customers, staff, wallets
from argosy.modules.fields import FilterInvalid
from argosy.web.api.storefront.accounts import ProfileBody
from argosy.web.api.storefront.address_book import AddressList, AddressView, ExportView
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.field_filters import field_filters, found_by_fields
from argosy.web.newest import newest_after, newest_keys
from argosy.web.paging import CursorText, Limit, filters_of, page_of
from argosy.web.sorting import CustomerSort, SortUnfitting, check_alone, customers_by_name

EmailFilter = Annotated[
    str | None, Parameter(max_length=254, description="Only the customer with this address.")
]


class CustomerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A customer. After erasure nothing personal is left."""

    id: str
    email: str
    email_verified: bool
    name: str
    phone: str
    locale: str
    version: int
    created_at: datetime
    updated_at: datetime
    erased_at: datetime | None

    @classmethod
    def of(cls, customer: customers.Customer) -> "CustomerRow":
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
            updated_at=customer.updated_at,
            erased_at=customer.erased_at,
        )


class KeptMethodRow(msgspec.Struct, frozen=True, kw_only=True):
    """A way to pay that is kept for a customer, as far as staff may know it."""

    gateway: str
    brand: str
    last4: str
    created_at: datetime


class KeptMethodList(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, the customer's default first."""

    items: list[KeptMethodRow]
    next_cursor: str | None = None


@get(
    "/admin/v1/customers",
    tags=["Customers"],
    security=ADMINISTRATION,
    guards=[requires("customers:read")],
    problems=[FilterInvalid, SortUnfitting],
)
async def list_customers(
    request: Request[Any, Any, Any],
    limit: Limit = 24,
    cursor: CursorText = None,
    email: EmailFilter = None,
    sort: CustomerSort = "newest",
) -> Page[CustomerRow]:
    """Customers, the newest first or by `name`, or the one with an e-mail address.
    `field.<code>=<value>` (or `.min`, `.max`) narrows by up to five custom fields
    at once, without other filters.
    """
    if by_fields := field_filters(request):
        async with shop(request).db.reading() as tx:
            ids, following = await found_by_fields(
                tx, "customer", by_fields, limit=limit, cursor=cursor
            )
            known = await customers.customers_by_ids(tx, ids)
        found = [CustomerRow.of(known[customer_id]) for customer_id in ids if customer_id in known]
        return Page(items=found, next_cursor=following)
    normalised = None if email is None else checked_email(email).normalised
    if sort == "name":
        check_alone(email=email)
        async with shop(request).db.reading() as tx:
            page = await customers_by_name(tx, cursor=cursor, limit=limit)
        return Page(items=[CustomerRow.of(one) for one in page.items], next_cursor=page.next_cursor)
    filters = filters_of("customers", email=normalised)
    async with shop(request).db.reading() as tx:
        rows = await customers.list_customers(
            tx,
            after=newest_after(cursor, filters),
            limit=limit + 1,
            email_normalised=normalised,
        )
    return page_of(rows, limit=limit, filters=filters, keys=keys_of, show=CustomerRow.of)


@get(
    "/admin/v1/customers/{customer_id:str}",
    tags=["Customers"],
    security=ADMINISTRATION,
    guards=[requires("customers:read")],
    problems=[customers.CustomerNotFound],
)
async def get_customer(request: Request[Any, Any, Any], customer_id: str) -> Response[CustomerRow]:
    """A customer."""
    found = decode("customer", customer_id, field="customer_id")
    async with shop(request).db.reading() as tx:
        return tagged(await customers.customer_by_id(tx, found))


@patch(
    "/admin/v1/customers/{customer_id:str}",
    tags=["Customers"],
    security=ADMINISTRATION,
    guards=[requires("customers:write")],
    problems=[customers.CustomerNotFound, customers.CustomerChanged, customers.PhoneInvalid],
)
async def change_customer(
    request: Request[Any, Any, Any], customer_id: str, data: ProfileBody, if_match: RequiredIfMatch
) -> Response[CustomerRow]:
    """Change name, telephone number or language of a customer."""
    found, version = decode("customer", customer_id), expected_version(request)
    change = customers.ChangeProfile(**msgspec.structs.asdict(data))
    fields = sorted(k for k, v in msgspec.structs.asdict(data).items() if v is not None)
    async with shop(request).db.transaction() as tx:
        after = await customers.change_profile(tx, found, change, version=version)
        # The trail outlives the person: it names the fields, not what was in them.
        what = {"fields": fields, "version": after.version}
        await staff.audit(tx, actor(request), "customer.changed", customer_id, None, what)
    return tagged(after)


@get(
    "/admin/v1/customers/{customer_id:str}/addresses",
    tags=["Customers"],
    security=ADMINISTRATION,
    guards=[requires("customers:read")],
    problems=[customers.CustomerNotFound],
)
async def list_customer_addresses(request: Request[Any, Any, Any], customer_id: str) -> AddressList:
    """The address book of a customer."""
    found = decode("customer", customer_id, field="customer_id")
    async with shop(request).db.reading() as tx:
        await customers.customer_by_id(tx, found)
        entries = await customers.list_addresses(tx, found)
    return AddressList(items=[AddressView.of(entry) for entry in entries])


@get(
    "/admin/v1/customers/{customer_id:str}/payment-methods",
    tags=["Customers"],
    security=ADMINISTRATION,
    guards=[requires("customers:read")],
    problems=[customers.CustomerNotFound],
)
async def list_customer_payment_methods(
    request: Request[Any, Any, Any], customer_id: str
) -> KeptMethodList:
    """The ways to pay that are kept for a customer. Staff can neither charge nor change them."""
    found = decode("customer", customer_id, field="customer_id")
    async with shop(request).db.reading() as tx:
        await customers.customer_by_id(tx, found)
        kept = await wallets.list_methods(tx, found)
    return KeptMethodList(
        items=[
            KeptMethodRow(
                gateway=one.gateway, brand=one.brand, last4=one.last4, created_at=one.created_at
            )
            for one in kept
        ]
    )


@get(
    "/admin/v1/customers/{customer_id:str}/export",
    tags=["Customers"],
    security=ADMINISTRATION,
    guards=[requires("customers:write")],
    problems=[customers.CustomerNotFound],
)
async def export_customer(request: Request[Any, Any, Any], customer_id: str) -> ExportView:
    """Everything that the account holds about a person, to give to them. It is audited."""
    found = decode("customer", customer_id, field="customer_id")
    async with shop(request).db.transaction() as tx:
        export = await ExportView.read(tx, found)
        await staff.audit(tx, actor(request), "customer.exported", customer_id)
    return export


@post(
    "/admin/v1/customers/{customer_id:str}/sign-out",
    status_code=204,
    tags=["Customers"],
    security=ADMINISTRATION,
    guards=[requires("customers:write")],
    problems=[customers.CustomerNotFound],
)
async def sign_out_customer(request: Request[Any, Any, Any], customer_id: str) -> None:
    """End all sessions of a customer."""
    app, found = shop(request), decode("customer", customer_id, field="customer_id")
    async with app.db.transaction() as tx:
        await customers.end_all_sessions(tx, found)
        await staff.audit(tx, actor(request), "customer.signed_out", customer_id)
    app.cache.forget(customers.SESSIONS_TOPIC, str(found))


@post(
    "/admin/v1/customers/{customer_id:str}/erasure",
    status_code=204,
    tags=["Customers"],
    security=ADMINISTRATION,
    guards=[requires("customers:write")],
    problems=[customers.CustomerNotFound, staff.ProofNeeded],
)
async def erase_customer(request: Request[Any, Any, Any], customer_id: str) -> None:
    """Erase a person for good. Orders stay as the law requires, without the person."""
    app, found = shop(request), decode("customer", customer_id, field="customer_id")
    staff.check_proved(actor(request), app.db.clock())
    async with app.db.transaction() as tx:
        await customers.erase_customer(tx, found)
        await staff.audit(tx, actor(request), "customer.erased", customer_id)
    app.cache.forget(customers.SESSIONS_TOPIC, str(found))


def keys_of(customer: customers.Customer) -> list[str]:
    """The sort keys of a customer in the list."""
    return newest_keys(customer.created_at, customer.id)


def tagged(customer: customers.Customer) -> Response[CustomerRow]:
    """The customer with the tag of its version."""
    return Response(CustomerRow.of(customer), headers={"ETag": version_tag(customer.version)})


ROUTES = [
    list_customers,
    get_customer,
    change_customer,
    list_customer_addresses,
    list_customer_payment_methods,
    export_customer,
    sign_out_customer,
    erase_customer,
]
