"""Pure decisions about downloads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from argosy.modules.downloads.errors import (
    DownloadAwaitsConsent,
    DownloadNotFound,
    DownloadsInvalid,
    DownloadsOver,
    DownloadsUsedUp,
)
from argosy.modules.downloads.types import (
    MAX_NAME,
    MAX_TITLE,
    WITHDRAWAL,
    Entitlement,
    File,
    Policy,
)


def same_terms(one: Policy, other: Policy) -> bool:
    """Whether two policies of a variant say the same."""
    return (one.deliver_when, one.asks_consent, one.most_downloads, one.days) == (
        other.deliver_when,
        other.asks_consent,
        other.most_downloads,
        other.days,
    )


def check_title(title: str) -> str:
    """The title as it is kept. Raises DownloadsInvalid."""
    found = title.strip()
    if not 1 <= len(found) <= MAX_TITLE or not found.isprintable():
        raise DownloadsInvalid(f"A title has 1 to {MAX_TITLE} characters.", field="title")
    return found


def check_file_name(name: str) -> str:
    """The name that a file is saved under, without folders. Raises DownloadsInvalid."""
    found = name.replace("\\", "/").rpartition("/")[2].strip()
    if not 1 <= len(found) <= MAX_NAME or not found.isprintable() or found in {".", ".."}:
        raise DownloadsInvalid(f"A file name has 1 to {MAX_NAME} characters.", field="file_name")
    return found


def available_at(owed: Entitlement, consented_at: datetime | None) -> datetime:
    """From when the files may be had: at once where nobody need agree, else from the consent, and
    without it when the time of withdrawal is over (Directive 2011/83/EU, Article 16 (m)).
    """
    if not owed.asks_consent:
        return owed.since
    ripe = owed.since + WITHDRAWAL
    return ripe if consented_at is None else min(ripe, max(owed.since, consented_at))


def expires_at(owed: Entitlement, consented_at: datetime | None) -> datetime | None:
    """Until when; None: for good. The days count from when the files could be had."""
    if owed.days is None:
        return None
    until = available_at(owed, consented_at) + timedelta(days=owed.days)
    return until if owed.extended_until is None else max(until, owed.extended_until)


def check_may_download(owed: Entitlement, consented_at: datetime | None, now: datetime) -> None:
    """Raise what keeps the line from a download, but for the count: DownloadNotFound,
    DownloadAwaitsConsent, DownloadsOver.
    """
    if owed.ended_at is not None:
        raise DownloadNotFound("This is not yours to download any more.")
    if now < available_at(owed, consented_at):
        raise DownloadAwaitsConsent("The buyer is to ask for it first.")
    until = expires_at(owed, consented_at)
    if until is not None and until <= now:
        raise DownloadsOver("The time to download this is over.", ended=until.isoformat())


def check_left(owed: Entitlement) -> None:
    """Raise DownloadsUsedUp when no download is left."""
    if owed.left == 0:
        raise DownloadsUsedUp("It was downloaded as often as allowed.", most=owed.most_downloads)


def files_for(owed: Entitlement, files: Iterable[File]) -> list[File]:
    """The files that the line may have: of its variant, with a version, and not retired before it
    was bought.
    """
    return [
        one
        for one in files
        if one.variant_id == owed.variant_id
        and one.newest is not None
        and (one.retired_at is None or owed.since < one.retired_at)
    ]
