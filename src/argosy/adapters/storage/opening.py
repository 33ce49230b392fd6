"""The storage that the settings name."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from argosy.adapters.storage.both import BothStorages
from argosy.adapters.storage.files import StorageUnavailable
from argosy.adapters.storage.local import LocalStorage
from argosy.adapters.storage.s3 import S3Storage
from argosy.adapters.storage.s3_settings import bucket_of
from argosy.modules.catalog.ports import Storage
from argosy.runtime.settings import Settings

StorageName = Literal["files", "s3"]


def open_storage(settings: Settings, home: Path) -> Storage:
    """Where media are kept. Asks nobody yet. Raises StorageUnavailable when no bucket is named."""
    first = storage_named(settings, home, settings.media_storage)
    if settings.media_also_read in {"", settings.media_storage}:
        return first
    second: StorageName = "files" if settings.media_storage == "s3" else "s3"
    return BothStorages(first, storage_named(settings, home, second))


def storage_named(settings: Settings, home: Path, name: StorageName) -> Storage:
    """One storage by itself. Raises StorageUnavailable when no bucket is named."""
    if name == "files":
        return LocalStorage(home)
    if not settings.s3_bucket:
        raise StorageUnavailable(
            "No bucket is named.", cure="Set ARGOSY_S3_BUCKET to a bucket that exists."
        )
    return S3Storage(bucket_of(settings), home, cdn_url=settings.media_cdn_url.rstrip("/"))
