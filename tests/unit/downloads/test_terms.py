"""When downloads may be had, until when, and which files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from argosy.kernel.ids import new_id
from argosy.modules import downloads
from argosy.modules.downloads import Entitlement, File, Version
from argosy.modules.downloads.rules import check_may_download, files_for

BOUGHT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
VARIANT = new_id()


def owed(**given: object) -> Entitlement:
    terms: dict[str, object] = {
        "line_id": new_id(), "order_id": new_id(), "variant_id": VARIANT, "asks_consent": True,
        "most_downloads": 5, "days": 10, "since": BOUGHT,
    }  # fmt: skip
    return Entitlement(**(terms | given))  # type: ignore[arg-type]


def test_files_wait_for_consent_or_the_end_of_the_time_to_withdraw() -> None:
    line = owed()
    assert downloads.available_at(line, None) == BOUGHT + 15 * DAY
    assert downloads.available_at(line, BOUGHT - DAY) == BOUGHT, "asked for at the checkout"
    assert downloads.available_at(line, BOUGHT + 3 * DAY) == BOUGHT + 3 * DAY
    assert downloads.available_at(line, BOUGHT + 30 * DAY) == BOUGHT + 15 * DAY
    assert downloads.available_at(owed(asks_consent=False), None) == BOUGHT
    with pytest.raises(downloads.DownloadAwaitsConsent):
        check_may_download(line, None, BOUGHT + 15 * DAY - timedelta(microseconds=1))
    check_may_download(line, None, BOUGHT + 15 * DAY)


def test_the_days_count_from_when_the_files_could_be_had() -> None:
    assert downloads.expires_at(owed(), None) == BOUGHT + 25 * DAY
    assert downloads.expires_at(owed(), BOUGHT) == BOUGHT + 10 * DAY
    assert downloads.expires_at(owed(days=None), BOUGHT) is None
    longer = owed(extended_until=BOUGHT + 40 * DAY)
    assert downloads.expires_at(longer, BOUGHT) == BOUGHT + 40 * DAY
    with pytest.raises(downloads.DownloadsOver):
        check_may_download(owed(), BOUGHT, BOUGHT + 10 * DAY)
    check_may_download(longer, BOUGHT, BOUGHT + 10 * DAY)
    with pytest.raises(downloads.DownloadNotFound):
        check_may_download(owed(ended_at=BOUGHT), BOUGHT, BOUGHT)


def test_a_line_has_what_was_sold_when_it_was_bought_in_the_newest_version() -> None:
    def file(variant: UUID = VARIANT, withdrawn: tuple[int, ...] = (), **given: object) -> File:
        file_id = new_id()
        versions = tuple(
            Version(
                file_id=file_id, n=n, storage_key="k", file_name="a", byte_size=1, sha256=b"",
                added_at=BOUGHT, withdrawn_at=BOUGHT if n in withdrawn else None,
            )
            for n in (1, 2)
        )  # fmt: skip
        return File(
            id=file_id, variant_id=variant, title="t", added_at=BOUGHT, versions=versions, **given
        )  # type: ignore[arg-type]

    good, older = file(), file(withdrawn=(2,))
    gone, other = file(withdrawn=(1, 2)), file(variant=new_id())
    before, since = file(retired_at=BOUGHT - DAY), file(retired_at=BOUGHT + DAY)
    found = files_for(owed(), [good, older, gone, other, before, since])
    assert found == [good, older, since]
    assert [one.newest and one.newest.n for one in found] == [2, 1, 2]


@pytest.mark.parametrize("name", ["", "  ", "..", "a\nb", "x" * 201, "folder/"])
def test_file_names_that_nobody_can_save_are_refused(name: str) -> None:
    with pytest.raises(downloads.DownloadsInvalid):
        downloads.check_file_name(name)
    assert downloads.check_file_name("C:\\me\\Mein Buch.epub") == "Mein Buch.epub"
