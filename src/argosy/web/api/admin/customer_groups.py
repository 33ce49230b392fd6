"""Groups and segments of customers: what prices and promotions can be offered to."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.openapi.datastructures import ResponseSpec

from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import CursorInvalid, Page
from argosy.modules import customers, staff
from argosy.runtime.db import Tx
from argosy.web.api.admin.customers import CustomerRow
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.idempotent import KeyHeader, once
from argosy.web.paging import CursorText, Limit, after, filters_of, page_of

Code = Annotated[
    str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9_-]{0,62}$", max_length=63, examples=["dealers"])
]
Name = Annotated[
    str, msgspec.Meta(pattern=r"\S", min_length=1, max_length=120, examples=["Dealers"])
]
CustomerId = Annotated[str, msgspec.Meta(max_length=60)]


class NewGroupBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new, empty group. People put a `group` together, a computation a `segment`."""

    code: Code
    name: Name
    kind: Literal["group", "segment"] = "group"


class GroupChangeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The group's new name."""

    name: Name


class GroupRow(msgspec.Struct, frozen=True, kw_only=True):
    """A group or segment of customers."""

    code: str
    name: str
    kind: Literal["group", "segment"]
    version: int

    @classmethod
    def of(cls, group: customers.CustomerGroup) -> "GroupRow":
        """As answers show it."""
        return cls(code=group.code, name=group.name, kind=group.kind, version=group.version)


class GroupList(msgspec.Struct, frozen=True, kw_only=True):
    """All groups of one customer; never more than one page."""

    items: list[GroupRow]
    next_cursor: str | None = None


class MembersBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to 1,000 customers."""

    customer_ids: Annotated[
        list[CustomerId], msgspec.Meta(min_length=1, max_length=customers.MAX_MEMBERS)
    ]


class MembersChanged(msgspec.Struct, frozen=True, kw_only=True):
    """How many customers came in or left; the others had been so already."""

    changed: int


@get(
    "/admin/v1/customer-groups",
    tags=["Customers"],
    security=ADMINISTRATION,
    guards=[requires("customers:read")],
)
async def list_groups(
    request: Request[Any, Any, Any], limit: Limit = 24, cursor: CursorText = None
) -> Page[GroupRow]:
    """Groups and segments by code."""
    filters = filters_of("customer-groups")
    keys = after(cursor, filters, length=1)
    async with shop(request).db.reading() as tx:
        rows = await customers.list_groups(
            tx, after=None if keys is None else str(keys[0]), limit=limit + 1
        )
    return page_of(rows, limit=limit, filters=filters, keys=lambda g: [g.code], show=GroupRow.of)


@post(
    "/admin/v1/customer-groups",
    tags=["Customers"],
    security=ADMINISTRATION,
    guards=[requires("customers:write")],
    problems=[customers.GroupInvalid, customers.GroupCodeTaken],
    responses={201: ResponseSpec(GroupRow, description="The new, empty group.")},
)
async def create_group(
    request: Request[Any, Any, Any], data: NewGroupBody, idempotency_key: KeyHeader = None
) -> Response[bytes]:
    """Make an empty group or segment."""

    async def work(tx: Tx) -> customers.CustomerGroup:
        made = await customers.create_group(tx, data.code, data.name, kind=data.kind)
        what = msgspec.structs.asdict(data)
        await staff.audit(tx, actor(request), "customer_group.created", data.code, None, what)
        return made

    return await once(request, work, show=GroupRow.of)


@get(
    "/admin/v1/customer-groups/{code:str}",
    tags=["Customers"],
    security=ADMINISTRATION,
    guards=[requires("customers:read")],
    problems=[customers.GroupNotFound],
)
async def get_group(request: Request[Any, Any, Any], code: str) -> Response[GroupRow]:
    """A group or segment."""
    async with shop(request).db.reading() as tx:
        return tagged(await customers.group_by_code(tx, code))


@patch(
    "/admin/v1/customer-groups/{code:str}",
    tags=["Customers"],
    security=ADMINISTRATION,
    guards=[requires("customers:write")],
    problems=[customers.GroupNotFound, customers.GroupInvalid, customers.GroupChanged],
)
async def rename_group(
    request: Request[Any, Any, Any], code: str, data: GroupChangeBody, if_match: RequiredIfMatch
) -> Response[GroupRow]:
    """Rename a group; its code and kind stay."""
    async with shop(request).db.transaction() as tx:
        before = await customers.group_by_code(tx, code)
        version = expected_version(request) or before.version
        renamed = await customers.rename_group(tx, code, data.name, expected_version=version)
        was, now = {"name": before.name}, {"name": renamed.name}
        await staff.audit(tx, actor(request), "customer_group.renamed", code, was, now)
    return tagged(renamed)


@delete(
    "/admin/v1/customer-groups/{code:str}",
    tags=["Customers"],
    security=ADMINISTRATION,
    guards=[requires("customers:write")],
    problems=[customers.GroupNotFound],
)
async def delete_group(request: Request[Any, Any, Any], code: str) -> None:
    """Delete a group. Its members stay customers; what it was offered reaches nobody any more."""
    async with shop(request).db.transaction() as tx:
        await customers.delete_group(tx, code)
        await staff.audit(tx, actor(request), "customer_group.deleted", code)


@get(
    "/admin/v1/customer-groups/{code:str}/members",
    tags=["Customers"],
    security=ADMINISTRATION,
    guards=[requires("customers:read")],
    problems=[customers.GroupNotFound],
)
async def list_members(
    request: Request[Any, Any, Any], code: str, limit: Limit = 24, cursor: CursorText = None
) -> Page[CustomerRow]:
    """The members of a group."""
    filters = filters_of("members", code=code)
    last = _last(after(cursor, filters, length=1))
    async with shop(request).db.reading() as tx:
        group = await customers.group_by_code(tx, code)
        rows = await customers.list_members(tx, group.code, after=last, limit=limit + 1)
    return page_of(
        rows, limit=limit, filters=filters, keys=lambda c: [c.id.hex], show=CustomerRow.of
    )


@post(
    "/admin/v1/customer-groups/{code:str}/members",
    tags=["Customers"],
    security=ADMINISTRATION,
    guards=[requires("customers:write")],
    status_code=200,
    problems=[customers.GroupNotFound, customers.CustomerNotFound],
    responses={200: ResponseSpec(MembersChanged, description="How many came in.")},
    example={"customer_ids": [encode("customer", UUID(int=1))]},
)
async def add_members(
    request: Request[Any, Any, Any],
    code: str,
    data: MembersBody,
    idempotency_key: KeyHeader = None,
) -> Response[bytes]:
    """Put customers into a group, all or none. Who is in it already stays."""
    wanted = customer_ids(data)

    async def work(tx: Tx) -> int:
        changed = await customers.add_members(tx, code, wanted)
        what = {"added": changed}
        await staff.audit(tx, actor(request), "customer_group.members_added", code, None, what)
        return changed

    return await once(request, work, status=200, show=lambda n: MembersChanged(changed=n))


@post(
    "/admin/v1/customer-groups/{code:str}/members/removal",
    tags=["Customers"],
    security=ADMINISTRATION,
    guards=[requires("customers:write")],
    status_code=200,
    problems=[customers.GroupNotFound],
    responses={200: ResponseSpec(MembersChanged, description="How many left.")},
    example={"customer_ids": [encode("customer", UUID(int=1))]},
)
async def remove_members(
    request: Request[Any, Any, Any],
    code: str,
    data: MembersBody,
    idempotency_key: KeyHeader = None,
) -> Response[bytes]:
    """Take customers out of a group."""
    wanted = customer_ids(data)

    async def work(tx: Tx) -> int:
        changed = await customers.remove_members(tx, code, wanted)
        what = {"removed": changed}
        await staff.audit(tx, actor(request), "customer_group.members_removed", code, None, what)
        return changed

    return await once(request, work, status=200, show=lambda n: MembersChanged(changed=n))


@get(
    "/admin/v1/customers/{customer_id:str}/groups",
    tags=["Customers"],
    security=ADMINISTRATION,
    guards=[requires("customers:read")],
    problems=[customers.CustomerNotFound],
)
async def list_groups_of_customer(request: Request[Any, Any, Any], customer_id: str) -> GroupList:
    """The groups and segments that a customer belongs to."""
    found = decode("customer", customer_id, field="customer_id")
    async with shop(request).db.reading() as tx:
        await customers.customer_by_id(tx, found)
        groups = await customers.groups_of(tx, found)
    return GroupList(items=[GroupRow.of(group) for group in groups])


def customer_ids(data: MembersBody) -> list[UUID]:
    """The ids in a body. Raises MalformedId."""
    return [
        decode("customer", text, field=f"customer_ids.{n}")
        for n, text in enumerate(data.customer_ids)
    ]


def tagged(group: customers.CustomerGroup) -> Response[GroupRow]:
    """The group with the tag of its version."""
    return Response(GroupRow.of(group), headers={"ETag": version_tag(group.version)})


def _last(keys: list[str | int | None] | None) -> UUID | None:
    if keys is None:
        return None
    try:
        return UUID(hex=str(keys[0]))
    except ValueError as error:
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor") from error


ROUTES = [
    list_groups,
    create_group,
    get_group,
    rename_group,
    delete_group,
    list_members,
    add_members,
    remove_members,
    list_groups_of_customer,
]
