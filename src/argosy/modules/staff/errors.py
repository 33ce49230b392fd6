"""Why staff stops.

ArgosyError
├── Unauthenticated ┬─ CredentialsWrong   e-mail or password do not fit
│                   ├─ SessionEnded       unknown, expired, idle too long or signed out
│                   ├─ SecretKeyUnknown   no such secret key, or revoked
│                   └─ KeyExpired         the key's time is over
├── Refused ┬─ PasswordWrong              the password of the signed-in member is another
│           ├─ NotAPerson                 a key asks for what only a person has
│           ├─ Forbidden                  a scope is missing
│           ├─ BeyondOwnRights            would give away more than one has
│           └─ LastOwner                  somebody must remain who may do everything
├── NotFound ┬─ MemberNotFound
│            └─ KeyNotFound
├── Conflict ┬─ MemberExists              the e-mail is taken
│            └─ MemberChanged             somebody else changed it meanwhile
└── Invalid ┬─ RoleUnknown
            ├─ ScopeUnknown
            └─ StaffInvalid               a name or date does not make sense
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound, Refused, Unauthenticated


class CredentialsWrong(Unauthenticated):
    """The e-mail address and the password do not fit together, or the account may not sign in.
    Which of these it is is not told. Check both, or ask an owner to set a new password.
    """

    code = "auth.credentials_wrong"
    usual_cure = "Check the e-mail address and the password, or ask an owner to set a new password."


class SessionEnded(Unauthenticated):
    """The session token is unknown, or the session has expired, was idle too long or was ended.
    Sign in again.
    """

    code = "auth.session_ended"
    usual_cure = "Sign in again with `POST /admin/v1/sessions`."


class SecretKeyUnknown(Unauthenticated):
    """The secret key is unknown or was revoked. Send a valid `sk_` key as a bearer token."""

    code = "auth.secret_key_invalid"
    usual_cure = "Send a valid `sk_` key as a bearer token; `argosy keys create` makes one."


class KeyExpired(Unauthenticated):
    """The key was valid until the moment named in `expired_at`. Make a new one and use that."""

    code = "auth.key_expired"
    usual_cure = "Make a new key with `argosy keys create` or `POST /admin/v1/keys`, and use that."


class Forbidden(Refused):
    """The operation needs the scope named in `scope`, which the key or the roles of the person do
    not include. Use a key that has it, or ask an owner for a role that has it.
    """

    code = "auth.forbidden"
    usual_cure = (
        "Use a key that has the scope named in `scope`, or ask an owner for a role that has it."
    )


class PasswordWrong(Refused):
    """Changing the password needs the present one, and the one sent is not it. The session stays
    as it was.
    """

    code = "staff.password_wrong"
    usual_cure = "Send your present password, or ask an owner to set a new one."


class NotAPerson(Refused):
    """A key has no password. Sign in as a staff member to change your own."""

    code = "staff.not_a_person"
    usual_cure = "Sign in as a staff member to change your own password."


class BeyondOwnRights(Refused):
    """Nobody can give, or act on, more rights than they have themselves (the scopes named in
    `missing`). Let somebody with these rights do it.
    """

    code = "staff.beyond_own_rights"
    usual_cure = "Let somebody do it who has the scopes named in `missing`."


class LastOwner(Refused):
    """The change would leave no active owner, and nobody could manage the shop any more. Make
    somebody else an owner first.
    """

    code = "staff.last_owner"
    usual_cure = "Make somebody else an owner first."


class MemberNotFound(NotFound):
    """There is no staff member with this id. List `/admin/v1/staff` to find the right one."""

    code = "staff.not_found"
    usual_cure = "Use the id of a member that `GET /admin/v1/staff` lists."


class KeyNotFound(NotFound):
    """There is no key with this id. List `/admin/v1/keys` to find the right one."""

    code = "keys.not_found"
    usual_cure = "Use the id of a key that `GET /admin/v1/keys` lists."


class MemberExists(Conflict):
    """A staff member with this e-mail address exists already. Change that one instead."""

    code = "staff.exists"
    usual_cure = "Change the member with this e-mail address instead."


class MemberChanged(Conflict):
    """Somebody changed this staff member since you read it. Read it again, then decide."""

    code = "staff.changed"
    usual_cure = "Read the member again, and repeat the change with the new `ETag` in `If-Match`."


class RoleUnknown(Invalid):
    """There is no role of that name. `/admin/v1/roles` lists them."""

    code = "staff.role_unknown"
    usual_cure = "Use a role that `GET /admin/v1/roles` lists."


class ScopeUnknown(Invalid):
    """A scope is written `<area>:read` or `<area>:write`; the areas are in the message. `write`
    includes `read`.
    """

    code = "keys.scope_unknown"
    usual_cure = "Write each scope as `<area>:read` or `<area>:write`, with one of the areas named."


class StaffInvalid(Invalid):
    """The named field does not make sense here. The message says what would."""

    code = "staff.invalid"
    usual_cure = "Correct the field that `field` names, as the message says."
