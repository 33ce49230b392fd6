"""Why a use case stopped. One tree; `web/problems.py` maps a kind to an HTTP status.

ArgosyError
├── Invalid          422  the request could never succeed as written
├── Unauthenticated  401  nobody we know is asking
├── Refused          403  a business rule, a permission or another party said no
├── PaymentRequired  402  the payment was declined; nothing was charged
├── NotFound         404  the thing named does not exist (for this caller)
├── Conflict         409  it clashes with the current state; re-read, then decide
├── TooMany          429  slow down; retry after `retry_after` seconds
└── Unavailable      503  nothing was decided; send the very same request again later

Every concrete error has a stable `code` ("area.snake_case", never renamed or reused) and a
`usual_cure`: one sentence that tells the caller what to do, sent with every problem. Its docstring
is the text of its page in docs/reference/errors.md: what happened and what to do.
"""

from __future__ import annotations

from typing import ClassVar


class ArgosyError(Exception):
    """The root of all expected failures.

    `field` names the input at fault (dotted path), `cure` says what would be right (the class's
    `usual_cure`, unless the raiser knows better), `details` are further members of the problem
    document (JSON-serialisable, no personal data).
    """

    code: ClassVar[str] = "error"
    usual_cure: ClassVar[str]
    http_status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        cure: str | None = None,
        retry_after: int | None = None,
        **details: object,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.cure = cure or self.usual_cure
        self.retry_after = retry_after
        self.details = details


class Invalid(ArgosyError):
    """The request could never succeed as it is written. Correct the named field and try again."""

    code = "request.invalid"
    usual_cure = "Correct the request to what the operation's schema at `/schema` asks for."
    http_status = 422


class Unauthenticated(ArgosyError):
    """No valid credentials came with the request. Sign in, or send a valid key or token."""

    code = "auth.unauthenticated"
    usual_cure = "Send a valid session token or key in `Authorization: Bearer`."
    http_status = 401


class Refused(ArgosyError):
    """A rule or a permission does not allow this. Repeating the request will not help."""

    code = "request.refused"
    usual_cure = "Ask somebody who has the right to do this."
    http_status = 403


class PaymentRequired(ArgosyError):
    """The payment was not approved and nothing was charged. Offer another way to pay."""

    code = "payments.declined"
    usual_cure = "Offer another way to pay."
    http_status = 402


class NotFound(ArgosyError):
    """What the request names does not exist, or not for this caller."""

    code = "request.not_found"
    usual_cure = "Check the id and that it belongs to this channel and caller."
    http_status = 404


class Conflict(ArgosyError):
    """The request clashes with the current state. Read the current state, then decide again."""

    code = "request.conflict"
    usual_cure = "Read the current state, then decide again."
    http_status = 409


class TooMany(ArgosyError):
    """Too many requests in a short time. Wait for the seconds in `Retry-After`."""

    code = "request.too_many"
    usual_cure = "Wait for the seconds in `Retry-After`."
    http_status = 429
    retryable = True


class Unavailable(ArgosyError):
    """Something we depend on did not answer. Nothing was decided: send the same request again."""

    code = "service.unavailable"
    usual_cure = "Send the same request again after `Retry-After`."
    http_status = 503
    retryable = True
