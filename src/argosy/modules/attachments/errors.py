"""Why attachments stop.

ArgosyError
├── Invalid ─── AttachmentInvalid
├── NotFound ── AttachmentNotFound
├── Conflict ── AttachmentsFull
└── TooMany ─── TooManyAttachments
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound, TooMany


class AttachmentInvalid(Invalid):
    """The file cannot be taken: it is none of JPEG, PNG, WebP and PDF, or it is a picture that
    moves, or it is larger than `ARGOSY_ANSWER_FILE_LIMIT_BYTES` allows. Nothing was kept.
    """

    code = "attachments.invalid"
    usual_cure = "Send one JPEG, PNG, WebP or PDF file that is small enough."


class AttachmentNotFound(NotFound):
    """There is no such file in this cart or order, or its link is over."""

    code = "attachments.not_found"
    usual_cure = "Read the cart or order again for a new link, or send the file again."


class AttachmentsFull(Conflict):
    """The cart holds as many files, or as many bytes of them, as it may."""

    code = "attachments.cart_full"
    usual_cure = "Place the cart, or use files that are in it already."


class TooManyAttachments(TooMany):
    """So many bytes were sent from this address within a day that no more are taken now."""

    code = "attachments.too_many"
    usual_cure = "Wait for the seconds in `Retry-After`, then send it again."
