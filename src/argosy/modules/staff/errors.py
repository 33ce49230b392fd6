"""Why staff stops.

ArgosyError
├── Unauthenticated ┬─ CredentialsWrong   e-mail or password do not fit
│                   ├─ SessionEnded       unknown, expired, idle too long or signed out
│                   ├─ SecretKeyUnknown   no such secret key, or revoked
│                   ├─ KeyExpired         the key's time is over
│                   ├─ SecondFactorNeeded the password was right, a code must follow
│                   └─ TicketEnded        the code came too late
├── Refused ┬─ PasswordWrong              the password of the signed-in member is another
│           ├─ CodeWrong                  the one-time or recovery code is wrong, or was used
│           ├─ ProofNeeded                a dangerous act, and the last proof is old
│           ├─ SecondFactorRequired       a role asks for a second factor, and there is none
│           ├─ NotAPerson                 a key asks for what only a person has
│           ├─ Forbidden                  a scope is missing
│           ├─ BeyondOwnRights            would give away more than one has
│           └─ LastOwner                  somebody must remain who may do everything
├── NotFound ┬─ MemberNotFound
│            ├─ KeyNotFound
│            └─ FactorNotFound
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


class SecondFactorNeeded(Unauthenticated):
    """The password was right, and the member has a second factor. Send a code of the authenticator
    app, or a recovery code, with the `ticket` of this problem within five minutes.
    """

    code = "auth.second_factor_needed"
    usual_cure = (
        "Send `ticket` and a code to `POST /admin/v1/sessions/second-factor` within five minutes."
    )


class TicketEnded(Unauthenticated):
    """The second step of a sign-in came too late, or it was done already. Begin again with the
    password.
    """

    code = "auth.ticket_ended"
    usual_cure = "Sign in again with `POST /admin/v1/sessions`."


class CodeWrong(Refused):
    """The code is not the present one of the authenticator app, was used already, or is no recovery
    code that is left. Each code is good for one time.
    """

    code = "auth.code_wrong"
    usual_cure = "Wait for the next code of the app, or use another recovery code."


class ProofNeeded(Refused):
    """This act is dangerous, and it is more than fifteen minutes ago that you showed who you are.
    Show it once more, by a code or your password, then do it again.
    """

    code = "auth.proof_needed"
    usual_cure = "Send a code or your password to `POST /admin/v1/me/proof`, then do it again."


class SecondFactorRequired(Refused):
    """One of your roles asks for a second factor, and you have none yet. Until you set one up, you
    may do nothing else.
    """

    code = "auth.second_factor_required"
    usual_cure = "Set up an authenticator app with `POST /admin/v1/me/mfa/totp`."


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


class FactorNotFound(NotFound):
    """You have no such factor, or nothing that waits to be confirmed. `/admin/v1/me/mfa` lists
    yours.
    """

    code = "staff.factor_not_found"
    usual_cure = "Use the id of a factor that `GET /admin/v1/me/mfa` lists."


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
