"""The second factor of staff: signing in with one, setting one up, who must have one."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, delete, get, patch, post

from argosy.kernel.ids import decode, encode
from argosy.modules import staff
from argosy.runtime.attempts import TooManyTries
from argosy.web.api.admin.sign_in import Password, StaffSessionView
from argosy.web.api.admin.staff import RoleView, member_id
from argosy.web.auth import ADMINISTRATION, actor, request_id, requires, requires_actor, shop

Code = Annotated[str, msgspec.Meta(min_length=1, max_length=40, examples=["123456"])]


class SecondFactorBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `ticket` of the problem `auth.second_factor_needed`, and a code of the authenticator app
    or a recovery code.
    """

    ticket: Annotated[str, msgspec.Meta(max_length=200, examples=["ticket_4fQ..."])]
    code: Code


class CodeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code that the app shows now."""

    code: Code


class ProofBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code of the authenticator app or a recovery code; the password if one has no such app."""

    code: Annotated[str, msgspec.Meta(max_length=40)] = ""
    password: Password = ""


class NewAppBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the app, or the device it is on, is called."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120, examples=["Phone"])]


class RoleBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether people of the role must have a second factor."""

    second_factor: bool


class FactorView(msgspec.Struct, frozen=True, kw_only=True):
    """A second factor. It counts once it is confirmed. `copied_at`: a passkey counted backwards, so
    somebody may hold a copy of it; it opens nothing since, and should be removed.
    """

    id: str
    kind: Literal["one_time_codes", "passkey"]
    name: str
    created_at: datetime
    confirmed_at: datetime | None
    used_at: datetime | None
    copied_at: datetime | None


class FactorsView(msgspec.Struct, frozen=True, kw_only=True):
    """My factors, how many recovery codes are left, and whether I must set one up now."""

    items: list[FactorView]
    recovery_codes_left: int
    must_enrol: bool


class NewAppView(msgspec.Struct, frozen=True, kw_only=True):
    """What the app needs, shown this once: `uri` as a QR code, or `secret` to type in."""

    id: str
    secret: str
    uri: str


class RecoveryCodesView(msgspec.Struct, frozen=True, kw_only=True):
    """Recovery codes, shown this once, good for one time each; none if there are some already."""

    recovery_codes: list[str]


@post(
    "/admin/v1/sessions/second-factor",
    tags=["Staff"],
    problems=[staff.TicketEnded, staff.CodeWrong, staff.CredentialsWrong, TooManyTries],
)
async def finish_sign_in(
    request: Request[Any, Any, Any], data: SecondFactorBody
) -> StaffSessionView:
    """Finish a sign-in that was answered with `auth.second_factor_needed`."""
    app = shop(request)
    session = await staff.finish_sign_in(
        app.db,
        secret_key=app.settings.secret_key.get_secret_value(),
        ticket=data.ticket,
        code=data.code,
        user_agent=request.headers.get("user-agent", ""),
        request_id=request_id(request),
    )
    return StaffSessionView.of(session)


@get("/admin/v1/me/mfa", tags=["Staff"], security=ADMINISTRATION, guards=[requires_actor])
async def list_factors(request: Request[Any, Any, Any]) -> FactorsView:
    """My second factors."""
    who = actor(request)
    found = []
    if who.kind == "staff" and who.id is not None:
        async with shop(request).db.reading() as tx:
            found = await staff.list_factors(tx, who.id)
    return FactorsView(
        items=[
            FactorView(
                id=encode("factor", one.id),
                kind="passkey" if one.kind == "passkey" else "one_time_codes",
                name=one.name,
                created_at=one.created_at,
                confirmed_at=one.confirmed_at,
                used_at=one.used_at,
                copied_at=one.copied_at,
            )
            for one in found
            if one.kind != "recovery"
        ],
        recovery_codes_left=sum(one.kind == "recovery" for one in found),
        must_enrol=who.must_enrol,
    )


@post(
    "/admin/v1/me/mfa/totp",
    tags=["Staff"],
    security=ADMINISTRATION,
    guards=[requires_actor],
    problems=[staff.NotAPerson, staff.ProofNeeded],
)
async def add_app(request: Request[Any, Any, Any], data: NewAppBody) -> NewAppView:
    """Begin to use an authenticator app (RFC 6238: six digits, SHA-1, 30 s). It counts once a code
    of it is confirmed.
    """
    app = shop(request)
    async with app.db.transaction() as tx:
        made = await staff.add_one_time_codes(
            tx,
            actor(request),
            secret_key=app.settings.secret_key.get_secret_value(),
            name=data.name,
        )
    return NewAppView(id=encode("factor", made.id), secret=made.secret, uri=made.uri)


@post(
    "/admin/v1/me/mfa/totp/{factor_id:str}/confirm",
    status_code=200,
    tags=["Staff"],
    security=ADMINISTRATION,
    guards=[requires_actor],
    problems=[staff.NotAPerson, staff.FactorNotFound, staff.CodeWrong, TooManyTries],
)
async def confirm_app(
    request: Request[Any, Any, Any], factor_id: str, data: CodeBody
) -> RecoveryCodesView:
    """Prove that the app shows the right codes. From now on signing in asks for one."""
    app = shop(request)
    codes = await staff.confirm_one_time_codes(
        app.db,
        actor(request),
        decode("factor", factor_id, field="factor_id"),
        data.code,
        secret_key=app.settings.secret_key.get_secret_value(),
    )
    return RecoveryCodesView(recovery_codes=list(codes))


@post(
    "/admin/v1/me/mfa/recovery-codes",
    tags=["Staff"],
    security=ADMINISTRATION,
    guards=[requires_actor],
    problems=[staff.NotAPerson, staff.ProofNeeded, staff.FactorNotFound],
)
async def new_recovery_codes(request: Request[Any, Any, Any]) -> RecoveryCodesView:
    """Ten new recovery codes; the old ones end."""
    app = shop(request)
    async with app.db.transaction() as tx:
        codes = await staff.new_recovery_codes(
            tx, actor(request), secret_key=app.settings.secret_key.get_secret_value()
        )
    return RecoveryCodesView(recovery_codes=list(codes))


@delete(
    "/admin/v1/me/mfa/{factor_id:str}",
    tags=["Staff"],
    security=ADMINISTRATION,
    guards=[requires_actor],
    problems=[staff.NotAPerson, staff.ProofNeeded, staff.FactorNotFound],
)
async def remove_factor(request: Request[Any, Any, Any], factor_id: str) -> None:
    """Stop using a factor; with the last one the recovery codes end."""
    found = decode("factor", factor_id, field="factor_id")
    async with shop(request).db.transaction() as tx:
        await staff.remove_factor(tx, actor(request), found)


@post(
    "/admin/v1/me/proof",
    status_code=204,
    tags=["Staff"],
    security=ADMINISTRATION,
    guards=[requires_actor],
    problems=[staff.NotAPerson, staff.CodeWrong, staff.PasswordWrong, TooManyTries],
    example={"password": "a long and quiet sentence"},
)
async def prove(request: Request[Any, Any, Any], data: ProofBody) -> None:
    """Show once more that it is you: dangerous acts ask for it fifteen minutes after the last
    time.
    """
    app = shop(request)
    await staff.prove(
        app.db,
        app.passwords,
        actor(request),
        secret_key=app.settings.secret_key.get_secret_value(),
        password=data.password,
        code=data.code,
    )


@delete(
    "/admin/v1/staff/{staff_id:str}/mfa",
    tags=["Staff"],
    security=ADMINISTRATION,
    guards=[requires("staff:write")],
    problems=[staff.MemberNotFound, staff.BeyondOwnRights, staff.ProofNeeded],
)
async def remove_factors_of(request: Request[Any, Any, Any], staff_id: str) -> None:
    """Remove all second factors of a member whose phone and codes are lost. Their sessions end."""
    async with shop(request).db.transaction() as tx:
        await staff.remove_factors_of(tx, actor(request), member_id(staff_id))


@patch(
    "/admin/v1/roles/{role_name:str}",
    tags=["Staff"],
    security=ADMINISTRATION,
    guards=[requires("staff:write")],
    problems=[staff.RoleUnknown, staff.BeyondOwnRights, staff.ProofNeeded],
)
async def change_role(request: Request[Any, Any, Any], role_name: str, data: RoleBody) -> RoleView:
    """Whether people of a role must have a second factor. Who has none may do nothing but set one
    up, from their next request on.
    """
    async with shop(request).db.transaction() as tx:
        changed = await staff.require_factor(
            tx, actor(request), role_name, required=data.second_factor
        )
    return RoleView.of(changed)


ROUTES = [
    finish_sign_in,
    list_factors,
    add_app,
    confirm_app,
    new_recovery_codes,
    remove_factor,
    prove,
    remove_factors_of,
    change_role,
]
