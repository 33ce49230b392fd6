"""Why customers stops.

ArgosyError
├── Unauthenticated ┬─ CredentialsWrong   e-mail or password do not fit
│                   └─ SessionEnded       unknown, expired, idle too long or signed out
├── Refused ── PasswordWrong             the password of the signed-in customer is another
├── NotFound ┬─ CustomerNotFound
│            ├─ AddressNotFound
│            ├─ PasskeyNotFound
│            └─ GroupNotFound
├── Conflict ┬─ CustomerChanged           somebody else changed it meanwhile
│            ├─ GroupChanged
│            ├─ GroupCodeTaken
│            ├─ EmailTaken                the address got an account since it was mailed
│            └─ AddressBookFull
└── Invalid ┬─ AddressInvalid             lists every field that is wrong, and what would be right
            ├─ PhoneInvalid
            ├─ GroupInvalid
            ├─ ProofInvalid               the mailed text is wrong, used or too old
            └─ ProfileInvalid             a name, locale or purpose does not make sense
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound, Refused, Unauthenticated


class CredentialsWrong(Unauthenticated):
    """The e-mail address and the password do not fit together. Whether there is an account with
    this address is not told. Check both, or ask for a new password with `/v1/password-resets`.
    """

    code = "customers.credentials_wrong"
    usual_cure = (
        "Check the e-mail address and the password, or ask for a new password with `POST "
        "/v1/password-resets`."
    )


class SessionEnded(Unauthenticated):
    """The session token is unknown, or the session has expired, was idle too long or was ended,
    for example because the password was changed. Sign in again.
    """

    code = "customers.session_ended"
    usual_cure = "Sign in again with `POST /v1/sessions`."


class PasswordWrong(Refused):
    """A sensitive change needs the customer's present password, and the one sent is not it. The
    session stays as it was.
    """

    code = "customers.password_wrong"
    usual_cure = "Send the present password, or ask for a new one with `POST /v1/password-resets`."


class CustomerNotFound(NotFound):
    """There is no customer with this id."""

    code = "customers.not_found"
    usual_cure = "Use the id of a customer that `GET /admin/v1/customers` lists."


class AddressNotFound(NotFound):
    """There is no such address in this customer's address book."""

    code = "customers.address_not_found"
    usual_cure = "Use the id of an address that `GET /v1/customers/me/addresses` lists."


class PasskeyNotFound(NotFound):
    """This customer has no such passkey."""

    code = "customers.passkey_not_found"
    usual_cure = "Use the id of a passkey that `GET /v1/customers/me/passkeys` lists."


class GroupNotFound(NotFound):
    """There is no customer group with this code."""

    code = "customers.group_not_found"
    usual_cure = "Use the code of a group that `GET /admin/v1/customer-groups` lists."


class GroupChanged(Conflict):
    """The customer group was changed since you read it. Read it again, then decide."""

    code = "customers.group_changed"
    usual_cure = "Read the group again, and repeat the change with the new `ETag` in `If-Match`."


class GroupCodeTaken(Conflict):
    """Another customer group has this code. Codes are unique; choose another."""

    code = "customers.group_code_taken"
    usual_cure = "Choose another code."


class GroupInvalid(Invalid):
    """A setting of the customer group is not possible. `field` names it."""

    code = "customers.group_invalid"
    usual_cure = "Correct the setting that `field` names."


class CustomerChanged(Conflict):
    """The customer was changed since you read it. Read it again, then decide."""

    code = "customers.changed"
    usual_cure = "Read the customer again, and repeat the change with the new `ETag` in `If-Match`."


class EmailTaken(Conflict):
    """Another account has this e-mail address by now. Sign in to that one, or use another."""

    code = "customers.email_taken"
    usual_cure = "Sign in to the account that has this address, or use another address."


class AddressBookFull(Conflict):
    """The address book has its greatest size. Remove an address that is no longer used."""

    code = "customers.address_book_full"
    usual_cure = "Remove an address that is no longer used."


class AddressInvalid(Invalid):
    """The address cannot be delivered to as it is written. `errors` lists each field with what is
    wrong and what would be right in that country; correct all of them and send it again.
    """

    code = "customers.address_invalid"
    usual_cure = "Correct every field that `errors` lists and send the address again."


class PhoneInvalid(Invalid):
    """The telephone number cannot exist. Write it with its country code, as in +49 30 123456."""

    code = "customers.phone_invalid"
    usual_cure = "Write it with its country code, as in +49 30 123456."


class ProofInvalid(Invalid):
    """The text from the mail is not (or no longer) valid: it is mistyped, was used already, has
    expired, or a later mail replaced it. Ask for a new mail.
    """

    code = "customers.proof_invalid"
    usual_cure = "Copy the code of the newest mail in full, or ask for a new mail."


class ProfileInvalid(Invalid):
    """The named field does not make sense here. The message says what would."""

    code = "customers.profile_invalid"
    usual_cure = "Correct the field that `field` names, as the message says."
