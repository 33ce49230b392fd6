"""Staff members and roles."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, patch, post, put

from argosy.kernel.email import EmailInvalid
from argosy.kernel.ids import decode, encode
from argosy.kernel.paging import Page
from argosy.kernel.passwords import PasswordWeak
from argosy.modules import staff
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.newest import newest_after, newest_keys
from argosy.web.paging import CursorText, Limit, filters_of, page_of

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Roles = Annotated[
    list[Annotated[str, msgspec.Meta(max_length=60)]],
    msgspec.Meta(min_length=1, max_length=20, examples=[["support"]]),
]


class NewMemberBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new staff member with a first password (12 to 256 characters)."""

    email: Annotated[str, msgspec.Meta(max_length=254)]
    name: Name
    password: Annotated[str, msgspec.Meta(max_length=1000)]
    roles: Roles


class MemberBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; leave out what stays as it is."""

    name: Name | None = None
    roles: Roles | None = None
    active: bool | None = None


class NewPasswordBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new password for a member (12 to 256 characters)."""

    password: Annotated[str, msgspec.Meta(max_length=1000)]


class MemberView(msgspec.Struct, frozen=True, kw_only=True):
    """A person who runs the shop. `version` counts the changes (see `If-Match`)."""

    id: str
    email: str
    name: str
    roles: list[str]
    active: bool
    last_sign_in_at: datetime | None
    version: int
    created_at: datetime

    @classmethod
    def of(cls, member: staff.Member) -> "MemberView":
        """As answers show it."""
        return cls(
            id=encode("staff", member.id),
            email=member.email,
            name=member.name,
            roles=list(member.roles),
            active=member.active,
            last_sign_in_at=member.last_sign_in_at,
            version=member.version,
            created_at=member.created_at,
        )


class RoleView(msgspec.Struct, frozen=True, kw_only=True):
    """A named set of scopes; `*` is everything, `write` includes `read`. With `second_factor` its
    people must have one.
    """

    name: str
    title: str
    description: str
    scopes: list[str]
    second_factor: bool

    @classmethod
    def of(cls, role: staff.Role) -> "RoleView":
        """As answers show it."""
        return cls(
            name=role.name,
            title=role.title,
            description=role.description,
            scopes=sorted(role.scopes),
            second_factor=role.second_factor,
        )


class RoleList(msgspec.Struct, frozen=True, kw_only=True):
    """All roles, the widest first, and every scope there is."""

    items: list[RoleView]
    scopes: list[str]
    next_cursor: str | None = None


@get("/admin/v1/staff", tags=["Staff"], security=ADMINISTRATION, guards=[requires("staff:read")])
async def list_staff(
    request: Request[Any, Any, Any], limit: Limit = 24, cursor: CursorText = None
) -> Page[MemberView]:
    """Staff members, the newest first."""
    filters = filters_of("staff")
    async with shop(request).db.reading() as tx:
        rows = await staff.list_members(tx, after=newest_after(cursor, filters), limit=limit + 1)
    return page_of(
        rows,
        limit=limit,
        filters=filters,
        keys=keys_of,
        show=MemberView.of,
    )


@post(
    "/admin/v1/staff",
    tags=["Staff"],
    security=ADMINISTRATION,
    guards=[requires("staff:write")],
    problems=[
        staff.MemberExists,
        staff.RoleUnknown,
        staff.BeyondOwnRights,
        staff.ProofNeeded,
        EmailInvalid,
        PasswordWeak,
    ],
)
async def add_staff(request: Request[Any, Any, Any], data: NewMemberBody) -> MemberView:
    """Add a staff member. Nobody can give roles that hold more than they may do themselves."""
    app = shop(request)
    new = staff.AddMember(
        email=data.email, name=data.name, password=data.password, roles=tuple(data.roles)
    )
    return MemberView.of(await staff.add_member(app.db, app.passwords, actor(request), new))


@get(
    "/admin/v1/staff/{staff_id:str}",
    tags=["Staff"],
    security=ADMINISTRATION,
    guards=[requires("staff:read")],
    problems=[staff.MemberNotFound],
)
async def get_staff(request: Request[Any, Any, Any], staff_id: str) -> Response[MemberView]:
    """A staff member."""
    async with shop(request).db.reading() as tx:
        return tagged(await staff.member_by_id(tx, member_id(staff_id)))


@patch(
    "/admin/v1/staff/{staff_id:str}",
    tags=["Staff"],
    security=ADMINISTRATION,
    guards=[requires("staff:write")],
    problems=[
        staff.MemberNotFound,
        staff.MemberChanged,
        staff.LastOwner,
        staff.BeyondOwnRights,
        staff.ProofNeeded,
        staff.RoleUnknown,
    ],
)
async def change_staff(
    request: Request[Any, Any, Any], staff_id: str, data: MemberBody, if_match: RequiredIfMatch
) -> Response[MemberView]:
    """Change name, roles or activity. Disabling ends the member's sessions and stops their keys."""
    change = staff.ChangeMember(
        name=data.name,
        roles=None if data.roles is None else tuple(data.roles),
        active=data.active,
    )
    version = expected_version(request)
    async with shop(request).db.transaction() as tx:
        return tagged(
            await staff.change_member(
                tx, actor(request), member_id(staff_id), change, version=version
            )
        )


@put(
    "/admin/v1/staff/{staff_id:str}/password",
    status_code=204,
    tags=["Staff"],
    security=ADMINISTRATION,
    guards=[requires("staff:write")],
    problems=[
        staff.MemberNotFound,
        staff.BeyondOwnRights,
        staff.ProofNeeded,
        PasswordWeak,
    ],
)
async def set_password(
    request: Request[Any, Any, Any], staff_id: str, data: NewPasswordBody
) -> None:
    """Give a staff member a new password. All their sessions end."""
    app = shop(request)
    await staff.set_password(
        app.db, app.passwords, actor(request), member_id(staff_id), data.password
    )


@get("/admin/v1/roles", tags=["Staff"], security=ADMINISTRATION, guards=[requires("staff:read")])
async def list_roles(request: Request[Any, Any, Any]) -> RoleList:
    """The roles, and every scope there is."""
    async with shop(request).db.reading() as tx:
        roles = await staff.list_roles(tx)
    return RoleList(
        items=[RoleView.of(role) for role in roles],
        scopes=sorted(staff.SCOPES),
    )


def keys_of(member: staff.Member) -> list[str]:
    """The sort keys of a member in the list."""
    return newest_keys(member.created_at, member.id)


def member_id(text: str) -> UUID:
    """Raises MalformedId."""
    return decode("staff", text, field="staff_id")


def tagged(member: staff.Member) -> Response[MemberView]:
    """The member with the tag of its version."""
    return Response(MemberView.of(member), headers={"ETag": version_tag(member.version)})


ROUTES = [list_staff, add_staff, get_staff, change_staff, set_password, list_roles]
