"""`argosy doctor`: whether the storage of media can be used, and what its refusals mean."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import httpx

from argosy.adapters.storage import S3Storage, StorageUnavailable, bucket_of, fault_code
from argosy.adapters.storage.s3_settings import Bucket
from argosy.entry.findings import Finding
from argosy.runtime.settings import Settings

MAX_SKEW: Final = timedelta(minutes=5)
_RIGHTS = "s3:GetObject, s3:PutObject, s3:DeleteObject on its objects and s3:ListBucket on it"

_CURES: Final = {
    "NoSuchBucket": "Make the bucket, or correct ARGOSY_S3_BUCKET.",
    "InvalidBucketName": "Correct ARGOSY_S3_BUCKET; behind a server of your own, set "
    "ARGOSY_S3_PATH_STYLE=true.",
    "AccessDenied": f"Give our key the rights {_RIGHTS}.",
    "AllAccessDisabled": "The account may not use S3: ask the provider.",
    "InvalidAccessKeyId": "Correct ARGOSY_S3_ACCESS_KEY_ID: the server does not know it.",
    "SignatureDoesNotMatch": "Correct ARGOSY_S3_SECRET_ACCESS_KEY.",
    "RequestTimeTooSkewed": "Synchronise the clock of this machine with NTP.",
    "AuthorizationHeaderMalformed": "Set ARGOSY_S3_REGION to the region of the bucket.",
    "AuthorizationQueryParametersError": "Set ARGOSY_S3_REGION to the region of the bucket.",
    "IllegalLocationConstraintException": "Set ARGOSY_S3_REGION to the region of the bucket.",
    "PermanentRedirect": "Set ARGOSY_S3_REGION to the region of the bucket, or "
    "ARGOSY_S3_ENDPOINT_URL to the address of its server.",
    "TemporaryRedirect": "The bucket is new: try again in an hour.",
    "Status404": "Correct ARGOSY_S3_BUCKET and ARGOSY_S3_ENDPOINT_URL.",
    "QuotaExceeded": "Free space in the bucket, or raise its quota.",
}


async def storage(configured: Settings) -> AsyncIterator[Finding]:
    """What is wrong with the storage of media, tried with a small file of our own."""
    if configured.media_cdn_url and configured.media_storage != "s3":
        yield Finding(
            "warning",
            "ARGOSY_MEDIA_CDN_URL is set, but files are not in S3: it has no effect.",
            "Unset it, or set ARGOSY_MEDIA_STORAGE=s3.",
        )
    if configured.media_also_read == configured.media_storage:
        yield Finding(
            "warning",
            "ARGOSY_MEDIA_ALSO_READ names the storage that is in use anyway.",
            "Unset it, or name the old storage while files move.",
        )
    if "s3" not in {configured.media_storage, configured.media_also_read}:
        return
    if not configured.s3_bucket:
        yield Finding(
            "error",
            "Media are to be kept in S3, and no bucket is named.",
            "Set ARGOSY_S3_BUCKET to a bucket that exists.",
        )
        return
    bucket = bucket_of(configured)
    skew = await clock_skew(bucket)
    if skew is not None and skew > MAX_SKEW:
        yield Finding(
            "error",
            f"The clocks of this machine and of S3 differ by {skew.total_seconds():.0f} s: it "
            "refuses what we sign.",
            "Synchronise the clock of this machine with NTP.",
        )
        return
    with TemporaryDirectory() as folder:
        fault = await tried(bucket, Path(folder))
    yield fault or Finding("ok", f"The bucket {bucket.name} takes, gives, lists and deletes files.")


async def tried(bucket: Bucket, folder: Path) -> Finding | None:
    """The first thing that cannot be done with the bucket, or None."""
    s3 = S3Storage(bucket, folder)
    source, back = folder / "sent", folder / "back"
    source.write_bytes(secrets.token_bytes(64))
    sent = source.read_bytes()
    key = s3.new_upload(suffix=".bin")
    act = "list"
    try:
        # First, because some servers make a bucket that is written to.
        await s3.kept_after("", 1)
        act = "write to"
        await s3.put_upload(source, suffix=".bin", key=key)
        act = "read from"
        if not await s3.take_upload(key, back) or back.read_bytes() != sent:
            return Finding(
                "error",
                f"The bucket {bucket.name} does not give back what it was given.",
                "Look whether ARGOSY_S3_ENDPOINT_URL is the address of one server, not of several "
                "that differ.",
            )
        act = "delete from"
        await s3.drop_upload(key)
    except StorageUnavailable as error:
        return _fault(bucket, act, error)
    return None


def _fault(bucket: Bucket, act: str, error: StorageUnavailable) -> Finding:
    code = fault_code(error.__cause__) if error.__cause__ else ""
    if not code and error.__cause__ is not None and error.__cause__.__cause__ is not None:
        code = fault_code(error.__cause__.__cause__)
    if not code:
        where = bucket.endpoint or f"Amazon S3 in {bucket.region}"
        return Finding(
            "error",
            f"{where} does not answer: nothing can be stored.",
            "Look whether ARGOSY_S3_ENDPOINT_URL and ARGOSY_S3_REGION are right and whether this "
            "machine reaches it.",
        )
    cure = _CURES.get(code, "Look the code up in the documents of the provider.")
    return Finding("error", f"We may not {act} the bucket {bucket.name}: {code}.", cure)


async def clock_skew(bucket: Bucket) -> timedelta | None:
    """How far our clock is from the server's, by the date of any answer; None without one."""
    try:
        async with httpx.AsyncClient(timeout=3) as client:
            answer = await client.head(bucket.origin)
        said = parsedate_to_datetime(answer.headers["date"])
    except (httpx.HTTPError, KeyError, ValueError):
        return None
    return abs(datetime.now(UTC) - said)
