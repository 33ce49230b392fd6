"""Staff sessions: signing in and out, who I am, changing my own password."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, delete, get, post

from argosy.kernel.email import EmailInvalid
from argosy.kernel.ids import encode
from argosy.kernel.passwords import PasswordWeak
from argosy.modules import staff
from argosy.runtime.attempts import TooManyTries
from argosy.web.api.admin.staff import MemberView
from argosy.web.auth import ADMINISTRATION, actor, request_id, requires_actor, shop

Password = Annotated[str, msgspec.Meta(max_length=1000)]


class StaffSignInBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The credentials of a staff member."""

    email: Annotated[str, msgspec.Meta(max_length=254)]
    password: Password


class StaffPasswordBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new password (12 to 256 characters), with the present one."""

    current_password: Password
    new_password: Password


class StaffSessionView(msgspec.Struct, frozen=True, kw_only=True):
    """A staff session. Send `token` as `Authorization: Bearer`; it is not shown again."""

    token: str
    expires_at: datetime
    member: MemberView

    @classmethod
    def of(cls, session: staff.SignedIn) -> "StaffSessionView":
        """As answers show it."""
        return cls(
            token=session.token,
            expires_at=session.expires_at,
            member=MemberView.of(session.member),
        )


class ActorView(msgspec.Struct, frozen=True, kw_only=True):
    """Who sends this request, and what they may do. `write` includes `read`, `*` is everything."""

    kind: Literal["staff", "key", "system"]
    id: str | None
    name: str
    roles: list[str]
    scopes: list[str]
    expires_at: datetime | None

    @classmethod
    def of(cls, found: staff.Actor) -> "ActorView":
        """As answers show it."""
        return cls(
            kind=found.kind,
            id=None if found.id is None else encode(found.kind, found.id),
            name=found.name,
            roles=list(found.roles),
            scopes=sorted(found.scopes),
            expires_at=found.expires_at,
        )


@post(
    "/admin/v1/sessions",
    tags=["Staff"],
    problems=[staff.CredentialsWrong, staff.SecondFactorNeeded, TooManyTries, EmailInvalid],
)
async def sign_in(request: Request[Any, Any, Any], data: StaffSignInBody) -> StaffSessionView:
    """Sign in. A session lasts 12 hours, 2 hours idle. Who has a second factor is answered
    `auth.second_factor_needed` with a `ticket` for `POST /admin/v1/sessions/second-factor`.
    """
    app = shop(request)
    session = await staff.sign_in(
        app.db,
        app.passwords,
        email=data.email,
        password=data.password,
        user_agent=request.headers.get("user-agent", ""),
        request_id=request_id(request),
    )
    return StaffSessionView.of(session)


@delete(
    "/admin/v1/sessions/current", tags=["Staff"], security=ADMINISTRATION, guards=[requires_actor]
)
async def sign_out(request: Request[Any, Any, Any]) -> None:
    """Sign out: this session ends. A secret key has no session and stays valid."""
    async with shop(request).db.transaction() as tx:
        await staff.sign_out(tx, actor(request))


@get("/admin/v1/me", tags=["Staff"], security=ADMINISTRATION, guards=[requires_actor])
async def who_am_i(request: Request[Any, Any, Any]) -> ActorView:
    """Who I am, and what I may do."""
    return ActorView.of(actor(request))


@post(
    "/admin/v1/me/password",
    status_code=200,
    tags=["Staff"],
    security=ADMINISTRATION,
    guards=[requires_actor],
    problems=[
        staff.NotAPerson,
        staff.PasswordWrong,
        staff.ProofNeeded,
        PasswordWeak,
        TooManyTries,
    ],
)
async def change_own_password(
    request: Request[Any, Any, Any], data: StaffPasswordBody
) -> StaffSessionView:
    """Change my password. All my sessions end; the answer holds a new one."""
    app = shop(request)
    session = await staff.change_own_password(
        app.db,
        app.passwords,
        actor(request),
        current=data.current_password,
        new=data.new_password,
        user_agent=request.headers.get("user-agent", ""),
    )
    return StaffSessionView.of(session)


ROUTES = [sign_in, sign_out, who_am_i, change_own_password]
