"""Why downloads stop.

ArgosyError
├── NotFound ── PolicyNotFound, DownloadFileNotFound, DownloadNotFound
├── Invalid ─── DownloadsInvalid
├── Conflict ── PolicyChangedMeanwhile
└── Refused ─── DownloadAwaitsConsent, DownloadsUsedUp, DownloadsOver
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound, Refused


class PolicyNotFound(NotFound):
    """The variant is not delivered as files."""

    code = "downloads.policy_not_found"
    usual_cure = "Say how it is delivered with `PUT /admin/v1/variants/{id}/downloads` first."


class DownloadFileNotFound(NotFound):
    """There is no such file among the downloads, or the version was withdrawn."""

    code = "downloads.file_not_found"
    usual_cure = "List the downloads of the order, or of the variant, again."


class DownloadNotFound(NotFound):
    """The order has no such download: the line is not of a variant with files, is not paid yet, or
    was cancelled or refunded; or the link was not made by us.
    """

    code = "downloads.not_found"
    usual_cure = "List the downloads of the order again, and make a new link."


class DownloadsInvalid(Invalid):
    """A title has 1 to 200 characters, a file name as many; a variant has at most 50 files, each
    with at most 100 versions.
    """

    code = "downloads.invalid"
    usual_cure = "Correct what is named, and send it again."


class PolicyChangedMeanwhile(Conflict):
    """Somebody else changed how the variant is delivered since it was read."""

    code = "downloads.changed"
    usual_cure = "Read it again, and send your change with its present version."


class DownloadAwaitsConsent(Refused):
    """The files are given within the time of withdrawal only to a buyer who asks for that."""

    code = "downloads.awaits_consent"
    usual_cure = "Send the buyer's consent with `PUT /v1/orders/{id}/digital-consent`, or wait."


class DownloadsUsedUp(Refused):
    """The line was downloaded as often as its purchase allows."""

    code = "downloads.used_up"
    usual_cure = "Ask the shop for more: staff may extend the downloads of an order."


class DownloadsOver(Refused):
    """The time in which the line may be downloaded is over, or that of the link is."""

    code = "downloads.over"
    usual_cure = "Make a new link; where the time of the purchase is over, ask the shop for more."
